#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "krules/ast.h"
#include "krules/diagnostic.h"
#include "krules/event.h"
#include "krules/function_table.h"
#include "krules/glob.h"
#include "krules/host.h"
#include "krules/symbol.h"
#include "krules/value.h"

namespace krules {

struct Node;      // a resolved expression (private to interpreter/)
struct StmtNode;  // a resolved statement
struct CompiledInput;

/// A name or a glob to hold against event types, property names or subject names.
struct NamePattern {
  std::string text;
  const Symbol* exact = nullptr;  ///< set when it is not a glob
  Glob glob;
};

/// One `on` group of a rule, sugar removed: `changed cpu of device:*` is the event subject-property-changed
/// with a list of properties.
struct CompiledTrigger {
  std::vector<NamePattern> types;       ///< any of
  std::vector<NamePattern> properties;  ///< any of; none: any. Only for property events
  std::vector<NamePattern> subjects;    ///< any of; none: any
};

/// A condition that must hold for the rule to fire, found in its `when`s: what `source` reads equals one of
/// `values`. It depends on the event alone, so the engine may look it up in a hash before it looks at the
/// rule.
struct EqualityGuard {
  enum class Source : uint8_t { kPayloadField, kProperty, kNewValue, kOldValue, kSubjectName };
  Source source;
  const Symbol* field = nullptr;  ///< kPayloadField: `payload.field`
  std::vector<Value> values;
};

/// An `every` or `at` of a rule: when the event `timer.RULE` comes.
struct CompiledSchedule {
  uint32_t rule = 0;             ///< its number
  const Symbol* type = nullptr;  ///< `timer.RULE`
  int64_t every = 0;             ///< microseconds; 0 for an `at`
  std::string cron;              ///< of an `at`
  std::string zone;              ///< likewise; empty: UTC
  std::string text;  ///< "every 5m", "at 0 3 * * * in Europe/Rome": the same clock has the same text
  std::vector<NamePattern> subjects;  ///< once for each subject that matches any; none: once, on `timer:RULE`
  Location where;
};

/// A `secret` that is declared.
struct SecretDeclaration {
  std::string name;
  Location where;
};

/// A `call` of a rule, middleware or gate.
struct CallSite {
  std::string action;
  std::string first_text;  ///< the first argument (the URL) as far as it is constant and has a host; else ""
  Location where;          ///< of that argument; of the action where there is none
};

/// What the engine needs to test and run a rule comes first, in one cache line; what is to be said about it
/// follows. Arrays and nodes lie in the program's arena.
struct alignas(64) CompiledRule {
  enum class Role : uint8_t { kRule, kMiddleware, kGate };
  struct HeadStep {
    const Node* condition = nullptr;  ///< a `when`; lets are lazy slots and need no step
  };
  std::span<const HeadStep> whens;
  std::span<const uint32_t> lazy_slots;  ///< to be marked unset before a run
  const StmtNode* body = nullptr;
  std::span<const std::byte> code;  ///< all its nodes; empty where they are not in one piece
  uint32_t local_count = 0;
  uint32_t number = 0;  ///< its place in the order in which rules run; of others, behind all rules
  Role role = Role::kRule;

  std::string name;
  Location where;  ///< the rule's head
  std::string doc;
  /// Same text (names resolved): equal across reloads when the rule did not change.
  uint64_t content_hash = 0;
  std::vector<CompiledTrigger> triggers;
  std::vector<EqualityGuard> guards;
  bool reads_subject_before_body = true;
};

/// Has what a run of the rule reads brought into the cache, all at once: a rule that has not run lately would
/// otherwise wait for each of its nodes in turn.
inline void prefetch(const CompiledRule& rule) {
  constexpr size_t kLine = 64;
  constexpr size_t kMost = 32 * kLine;
  const size_t size = std::min(rule.code.size(), kMost);
  for (size_t at = 0; at < size; at += kLine) __builtin_prefetch(rule.code.data() + at);
}

enum class RunResult : uint8_t { kDone, kStopped, kFailed, kFailedCascade };

/// What `next` in a middleware runs: the middleware behind it, and at the end of the chain the rule.
class RestOfChain {
 public:
  virtual ~RestOfChain() = default;
  /// With kFailed and kFailedCascade Frame::failure says why; what the rule did is undone then. The frame is
  /// as before otherwise. kDone also when nothing was left to run.
  virtual RunResult next(struct Frame& frame) = 0;
  /// What is at the end of the chain.
  virtual const CompiledRule& wrapped_rule() const = 0;
};

/// Everything an evaluation reads and writes. One per engine, reused for each rule.
struct Frame {
  Host* host = nullptr;
  Arena* arena = nullptr;
  const class Program* program = nullptr;
  const CompiledRule* rule = nullptr;
  const Event* event = nullptr;
  Subject* subject = nullptr;  ///< changes inside `as`
  Subject* origin = nullptr;
  Value* locals = nullptr;
  uint64_t steps_left = 0;
  uint32_t entropy_used = 0;
  Value failure;                 ///< the error a rule ended with
  RestOfChain* chain = nullptr;  ///< of a middleware
  bool next_failed = false;      ///< `failure` came out of `next`
  /// Where the entries of the event's payload begin and end; nowhere, both 0, when it is no map. Kept by
  /// evaluate_whens() and input_subject().
  uintptr_t payload_begin = 0;
  uintptr_t payload_end = 0;
  std::string scratch;  ///< where text is put together before it is copied to the arena
};

enum class WhenResult : uint8_t { kHolds, kDoesNotHold, kError };

/// Given to compile().
struct CompileOptions {
  const FunctionTable* functions = nullptr;
  /// The names known so far, to be extended; null: start afresh.
  std::shared_ptr<const SymbolTable> symbols;
  /// `--set debug=true`: raw text by parameter name.
  std::map<std::string, std::string> parameters;
  /// What is wrong with a cron line in a time zone ("" for UTC), in one sentence; "" where nothing is. Not
  /// set: clocks are not looked at.
  std::function<std::string(std::string_view line, std::string_view zone)> clock_problem;
  /// Of modules that a `use` put in: where it stands, by their place among the modules (Expansion::uses).
  std::vector<Location> uses;
};

/// A resolved, immutable rule program. Names are slots and symbols, constants are folded, nothing is looked
/// up by string when it runs. Evaluation updates look-up hints inside, so one Program belongs to one engine
/// thread.
class Program {
 public:
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  const std::vector<CompiledRule>& rules() const;
  /// Middleware and gates, in the order declared.
  const std::vector<CompiledRule>& wrappers() const;
  /// The rule, or middleware or gate, of that number.
  const CompiledRule& unit(uint32_t number) const {
    return number < rules().size() ? rules()[number] : wrappers()[number - rules().size()];
  }
  /// In the order of their rules.
  const std::vector<CompiledSchedule>& schedules() const;
  const std::vector<SecretDeclaration>& secrets() const;
  /// Those of rules first, each in the order of the text.
  const std::vector<CallSite>& calls() const;
  const std::shared_ptr<const SymbolTable>& symbols() const;
  const std::vector<SourcePtr>& sources() const;

  bool has_inputs() const;
  /// The declaration for an event type from outside, null if there is none.
  const CompiledInput* input(const Symbol* type) const;
  /// Null when the payload fits; else an error value that says which field does not.
  Value check_input(const CompiledInput& input, const Value& payload, Arena& arena) const;
  /// The payload as rules see it: in fields of kind timestamp and duration the times that their texts say.
  /// For payloads that fit.
  Value read_input(const CompiledInput& input, const Value& payload, Arena& arena) const;
  /// The subject that the declaration computes, null when it has no `on`; an error value when that fails.
  /// Frame: host, arena, event (payload), steps_left.
  Value input_subject(const CompiledInput& input, Frame& frame) const;

  const std::vector<NamePattern>& outputs() const;

  struct Impl;
  explicit Program(std::unique_ptr<Impl> impl);
  const Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

struct CompileResult {
  std::shared_ptr<const Program> program;  ///< null when a diagnostic is an error
  std::vector<Diagnostic> diagnostics;
};

/// Resolves modules (in rule order: files by path) into one program and reports everything that is wrong in
/// one go.
CompileResult compile(const std::vector<ast::Module>& modules, const CompileOptions& options);

/// Tests the rule's whens in order (frame: host, arena, program, event, subject, steps_left set by the
/// caller; rule and locals are set here). kError: frame.failure says why, and the rule counts as not
/// matching.
WhenResult evaluate_whens(const CompiledRule& rule, Frame& frame);
/// Runs the body of a rule whose whens held, in the same frame. kFailed: frame.failure says why; the caller
/// undoes its effects.
RunResult run_body(const CompiledRule& rule, Frame& frame);

}  // namespace krules
