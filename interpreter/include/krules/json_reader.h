#pragma once

#include <simdjson.h>

#include <string>
#include <vector>

#include "krules/json.h"
#include "krules/symbol.h"
#include "krules/value.h"

namespace krules {

/// Turns simdjson's on-demand documents into values, for readers of a known envelope; JsonTexts serves
/// everybody else. simdjson is large: only source files include this. Keeps its buffers and remembers the
/// order in which keys came, so that a stream of like documents costs no hashing. Not thread-safe.
class JsonReader {
 public:
  /// Reads one whole text, with kJsonPadding readable bytes behind it. False: see error().
  bool read(std::string_view text, JsonStyle style, Arena& arena, const SymbolTable& symbols, Value& value);

  /// To take values out of a document one by one: open it, begin.
  simdjson::simdjson_result<simdjson::ondemand::document> open(std::string_view padded_text);
  void begin(JsonStyle style, Arena& arena, const SymbolTable& symbols);
  bool read_value(simdjson::ondemand::value from, Value& value);
  /// Copies the string out of the parser's buffer.
  bool read_string(simdjson::ondemand::value from, std::string_view& text);
  /// The interned or foreign symbol of a field's key; null when it is malformed. Consumes the key.
  const Symbol* key(simdjson::ondemand::field& field);

  const std::string& error() const { return error_; }
  bool fail(simdjson::error_code code);
  bool fail(std::string message);

 private:
  static constexpr size_t kExpectedKeys = 64;
  static constexpr uint32_t kExpectedKeyLength = simdjson::SIMDJSON_PADDING - 8;

  template <class Source>
  bool read_any(Source& from, Value& value, int depth);
  bool read_object(simdjson::ondemand::object object, Value& value, int depth);
  bool read_array(simdjson::ondemand::array array, Value& value, int depth);
  template <class Source>
  bool read_number(Source& from, simdjson::ondemand::number number, Value& value);
  bool untag(Value& value);

  simdjson::ondemand::parser parser_;
  JsonStyle style_ = JsonStyle::kPlain;
  Arena* arena_ = nullptr;
  const SymbolTable* symbols_ = nullptr;
  std::vector<const Symbol*> expected_keys_;
  size_t next_key_ = 0;
  bool next_is_wrapped_ = false;        // the next object is what a `$map` wraps: its own keys are no tags
  std::vector<MapRep::Entry> entries_;  // of the objects being read, innermost last
  std::vector<Value> items_;            // of the arrays being read
  std::string error_;
};

}  // namespace krules
