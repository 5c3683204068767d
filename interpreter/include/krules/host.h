#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "krules/event.h"

namespace krules {

struct Frame;

/// How a write is to be done.
struct WriteOptions {
  bool muted = false;   ///< no event
  bool direct = false;  ///< in the store before the event is acknowledged
  Value extra;          ///< the map of `with`, or null
};

struct EmitRequest {
  /// The type; interned where the program knows it.
  const Symbol* type;
  Subject* subject;
  Value payload;
  Value meta;  ///< the map of `with`, or null
};

/// A secret in the arguments of a call: the text that stands for it until the call is made.
struct SecretMark {
  std::string_view name;
  std::string_view mark;  ///< nobody can guess it; the same as long as the rules stay loaded
};

/// What a `call` asks for.
struct CallRequest {
  std::string_view action;  ///< "http.post"
  Value arguments;          ///< a map by the names of the action's parameters
  std::span<const SecretMark> secrets;
  const Symbol* reply = nullptr;  ///< the event that brings the outcome, as EmitRequest::type; null: none
  Subject* subject = nullptr;     ///< of that event
  Value extra;                    ///< the map of `with`, or null
  int64_t timeout = 0;            ///< of each attempt, in microseconds, above 0
  uint32_t retries = 0;
  int64_t backoff = 0;  ///< before the first retry, in microseconds, not negative
};

enum class LogSeverity : uint8_t { kDebug, kInfo, kWarn, kError };

/// What a rule body acts on: the engine's side of the interpreter. All writes are seen at once by later reads
/// and take effect (events, store) only when the rule ends well. Functions that return Value give null, or an
/// error that the rule fails with.
class Host {
 public:
  virtual ~Host() = default;

  /// The subject of that name, empty where it does not exist. Null when the store does not answer (the
  /// cascade must end: take the error from store_error()).
  virtual Subject* subject(std::string_view name) = 0;
  virtual Value store_error() = 0;

  virtual Value set_property(Subject& subject, const Symbol* name, const Value& value,
                             const WriteOptions& options) = 0;
  virtual Value delete_property(Subject& subject, const Symbol* name, const WriteOptions& options) = 0;
  virtual Value set_extended(Subject& subject, const Symbol* name, const Value& value, bool direct) = 0;
  virtual Value delete_extended(Subject& subject, const Symbol* name, bool direct) = 0;
  virtual Value delete_subject(Subject& subject, const WriteOptions& options) = 0;
  /// Sets (or with null value and `remove` deletes) a field of the current event's meta.
  virtual Value set_meta(const Symbol* name, const Value& value) = 0;
  virtual Value delete_meta(const Symbol* name) = 0;
  virtual Value emit(const EmitRequest& request) = 0;

  /// `emit ... after`: the same event, to come `delay` microseconds (not negative) after now(). Where `key`
  /// is not empty it takes the place of the subject's timer of that key.
  virtual Value set_timer(const EmitRequest& request, int64_t delay, std::string_view key) = 0;
  /// Ends the subject's timer of that key, if there is one.
  virtual void cancel_timer(Subject& subject, std::string_view key) = 0;
  /// When the subject's timer of that key is due: a timestamp, or null when there is none.
  virtual Value pending_timer(Subject& subject, std::string_view key) = 0;

  /// An outside action, to be done when the cascade is committed.
  virtual Value call(const CallRequest& request) = 0;

  /// The symbol for a computed name: interned where the program knows it, else alive to the cascade's end.
  virtual const Symbol* symbol(std::string_view text) = 0;

  /// For `try`: everything written and emitted after savepoint() is undone by rollback().
  virtual size_t savepoint() = 0;
  virtual void rollback(size_t savepoint) = 0;

  /// When the cascade's first event was accepted: microseconds since 1970. The same for the whole cascade.
  virtual int64_t now() = 0;
  /// 128 bits fixed by event, rule and `n`: the n-th random thing of this rule run.
  virtual std::array<uint64_t, 2> entropy(uint32_t n) = 0;

  virtual void log(LogSeverity severity, std::string_view message, const Value& data) = 0;
};

}  // namespace krules
