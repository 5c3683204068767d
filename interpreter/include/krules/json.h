#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "krules/value.h"

namespace krules {

/// How kinds that JSON does not have are written.
enum class JsonStyle : uint8_t {
  kPlain,   ///< for the outside: timestamps as RFC 3339 text, durations as `1h30m` text
  kTagged,  ///< for the store: {"$timestamp": "..."} and {"$duration": "..."}; a map whose first key begins
            ///< with `$` is wrapped as {"$map": {...}}, so that reading gives back the same value
  kTaggedRow,  ///< reading alone: kTagged within an object that is a row of properties, and no tag itself
};

/// Appends `value` as JSON without spaces. Ints as integers, floats so that they read back the same and as
/// floats ("1.0").
void append_json(std::string& out, const Value& value, JsonStyle style = JsonStyle::kPlain);
void append_json_string(std::string& out, std::string_view text);

struct JsonResult {
  Value value;
  std::string error;  ///< empty when it went well; else a sentence: "not valid JSON: ..."
};
/// Reads one JSON text. Numbers without fraction or exponent are ints; one that does not fit 64 bits is an
/// error. Of repeated keys the last wins. Nesting deeper than kMaxValueDepth is an error. All memory comes
/// from `arena`; keys that `symbols` does not know become foreign symbols.
JsonResult parse_json(std::string_view text, JsonStyle style, Arena& arena, const SymbolTable& symbols);

/// The same for many texts: keeps its buffers, and remembers the order in which keys came, so that a stream
/// of like texts costs no hashing. Not thread-safe.
class JsonTexts {
 public:
  JsonTexts();
  ~JsonTexts();
  JsonTexts(const JsonTexts&) = delete;
  JsonTexts& operator=(const JsonTexts&) = delete;

  /// False: see error().
  bool read(std::string_view text, JsonStyle style, Arena& arena, const SymbolTable& symbols, Value& value);
  const std::string& error() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Whether all of `text` is well-formed UTF-8, as every string of the language is.
bool is_utf8(std::string_view text);

/// Parsers read so many bytes behind the end of a text that they are given in place; what is there does not
/// matter.
inline constexpr size_t kJsonPadding = 64;

/// The moments that RFC 3339 can write, from 0000-01-01T00:00:00Z to the last microsecond of 9999. Nothing
/// makes a timestamp beyond them.
inline constexpr int64_t kFirstTimestamp = -62'167'219'200'000'000;
inline constexpr int64_t kLastTimestamp = 253'402'300'799'999'999;
constexpr bool is_timestamp(int64_t microseconds) {
  return microseconds >= kFirstTimestamp && microseconds <= kLastTimestamp;
}

/// "2026-11-23T21:30:00Z", with a fraction of up to six digits where there is one.
void append_timestamp(std::string& out, int64_t microseconds);
/// RFC 3339 with Z or an offset, also a date alone ("2026-11-23": midnight UTC). False when it is none, not a
/// date, or no moment of the years 0 to 9999.
bool parse_timestamp(std::string_view text, int64_t& microseconds);
/// The same for what append_timestamp() wrote to a store: stores of earlier versions hold moments of other
/// years, too.
bool parse_stored_timestamp(std::string_view text, int64_t& microseconds);
/// "1h30m", "250ms", "-5s", "0s": the largest units first, as duration literals are written.
void append_duration(std::string& out, int64_t microseconds);
bool parse_duration(std::string_view text, int64_t& microseconds);

/// The text of a value in "{x}": strings as they are, null as "null", others as plain JSON.
void append_display(std::string& out, const Value& value);

}  // namespace krules
