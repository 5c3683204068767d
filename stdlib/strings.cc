#include <algorithm>
#include <array>
#include <cstring>

#include "call.h"
#include "krules/json.h"
#include "library.h"
#include "utf8.h"

namespace krules::library {

namespace {

Value string_of(const char* memory, const char* end) {
  return Value::string_view({memory, static_cast<size_t>(end - memory)});
}

template <uint32_t (*kConvert)(uint32_t)>
Value change_case(Call& call) {
  const std::string_view text = call.text(0, "text");
  if (call.failed() || !call.charge_text(text.size())) return call.failure();
  const char* end = text.data() + text.size();
  size_t bytes = 0;
  bool changes = false;
  for (const char* at = text.data(); at != end;) {
    const uint32_t before = next_code_point(at, end);
    const uint32_t after = kConvert(before);
    changes |= before != after;
    bytes += code_point_bytes(after);
  }
  if (!changes) return call.argument(0);
  if (!call.charge_result(bytes)) return call.failure();
  char* memory = call.arena().allocate_array<char>(bytes);
  char* to = memory;
  for (const char* at = text.data(); at != end;) to = put_code_point(to, kConvert(next_code_point(at, end)));
  return string_of(memory, to);
}

Value lower(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "lower", arguments);
  return change_case<to_lower>(call);
}

Value upper(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "upper", arguments);
  return change_case<to_upper>(call);
}

enum class Side : uint8_t { kStart, kEnd, kBoth };

Value trim_side(Call& call, Side side) {
  std::string_view text = call.text(0, "text");
  const std::string_view set = call.given(1) ? call.text(1, "characters") : std::string_view{};
  if (call.failed() || !call.charge_text(text.size())) return call.failure();
  auto drops = [&](uint32_t code_point) {
    if (!call.given(1)) return is_space(code_point);
    const char* end = set.data() + set.size();
    for (const char* at = set.data(); at != end;) {
      if (next_code_point(at, end) == code_point) return true;
    }
    return false;
  };
  const char* begin = text.data();
  const char* end = begin + text.size();
  while (side != Side::kEnd && begin != end) {
    const char* at = begin;
    if (!drops(next_code_point(at, end))) break;
    begin = at;
  }
  while (side != Side::kStart && begin != end) {
    const char* at = end;
    if (!drops(previous_code_point(begin, at))) break;
    end = at;
  }
  return Value::string_view({begin, static_cast<size_t>(end - begin)});
}

Value trim(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "trim", arguments);
  return trim_side(call, Side::kBoth);
}
Value trim_start(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "trim_start", arguments);
  return trim_side(call, Side::kStart);
}
Value trim_end(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "trim_end", arguments);
  return trim_side(call, Side::kEnd);
}

// Calls `piece(begin, end)` for each piece of `text`, in order.
template <class Piece>
void for_each_piece(std::string_view text, std::string_view separator, Piece piece) {
  for (size_t at = 0;;) {
    const void* found = memmem(text.data() + at, text.size() - at, separator.data(), separator.size());
    if (found == nullptr) {
      piece(text.substr(at));
      return;
    }
    const auto offset = static_cast<size_t>(static_cast<const char*>(found) - text.data());
    piece(text.substr(at, offset - at));
    at = offset + separator.size();
  }
}

template <class Piece>
void for_each_word(std::string_view text, Piece piece) {
  const char* end = text.data() + text.size();
  const char* word = nullptr;
  for (const char* at = text.data(); at != end;) {
    const char* here = at;
    const bool space = is_space(next_code_point(at, end));
    if (space && word != nullptr) {
      piece(std::string_view(word, static_cast<size_t>(here - word)));
      word = nullptr;
    } else if (!space && word == nullptr) {
      word = here;
    }
  }
  if (word != nullptr) piece(std::string_view(word, static_cast<size_t>(end - word)));
}

template <class Piece>
void for_each_character(std::string_view text, Piece piece) {
  const char* end = text.data() + text.size();
  for (const char* at = text.data(); at != end;) {
    const char* here = at;
    next_code_point(at, end);
    piece(std::string_view(here, static_cast<size_t>(at - here)));
  }
}

template <class Piece>
void for_each_line(std::string_view text, Piece piece) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    piece(line);
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

// A list of the pieces that `walk` reports; they point into a text that outlives the call, so nothing is
// copied.
template <class Walk>
Value list_of_pieces(Call& call, Walk walk) {
  size_t count = 0;
  walk([&count](std::string_view) { ++count; });
  if (!call.charge_list(count)) return call.failure();
  ListRep* list = new_list(count, call.arena());
  Value* to = list->mutable_items();
  walk([&to](std::string_view piece) { *to++ = Value::string_view(piece); });
  return Value::list(list);
}

// The text of an argument for results that point into it. A short one lies inside the argument, which ends
// with the call, but pieces of it are short too and are copied.
Value split(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "split", arguments);
  const std::string_view text = call.text(0, "text");
  const std::string_view separator = call.given(1) ? call.text(1, "separator") : std::string_view{};
  if (call.failed() || !call.charge_text(text.size())) return call.failure();
  if (!call.given(1)) return list_of_pieces(call, [text](auto piece) { for_each_word(text, piece); });
  if (separator.empty()) return list_of_pieces(call, [text](auto piece) { for_each_character(text, piece); });
  return list_of_pieces(call, [text, separator](auto piece) { for_each_piece(text, separator, piece); });
}

Value lines(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "lines", arguments);
  const std::string_view text = call.text(0, "text");
  if (call.failed() || !call.charge_text(text.size())) return call.failure();
  return list_of_pieces(call, [text](auto piece) { for_each_line(text, piece); });
}

// `a * b`, or more than any text may have.
uint64_t bounded_product(uint64_t a, uint64_t b) {
  uint64_t product;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<uint64_t>::max() : product;
}

Value join(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "join", arguments);
  const ListRep& list = call.list(0, "list");
  const std::string_view separator = call.given(1) ? call.text(1, "separator") : std::string_view{};
  if (!call.charge(list.size) || !call.charge_value(arguments[0])) return call.failure();
  const uint64_t between = list.size == 0 ? 0 : bounded_product(separator.size(), list.size - 1);
  if (!call.charge_result(between)) return call.failure();
  std::string joined;
  for (uint32_t i = 0; i < list.size; ++i) {
    if (i > 0) joined += separator;
    append_display(joined, list.begin()[i]);
  }
  if (!call.charge_result(joined.size())) return call.failure();
  return call.string(joined);
}

Value replace(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "replace", arguments);
  const std::string_view text = call.text(0, "text");
  const std::string_view from = call.text(1, "old");
  const std::string_view with = call.text(2, "new");
  if (call.failed() || !call.charge_text(text.size())) return call.failure();
  if (from.empty()) return call.error("value", "`replace` takes a text to look for that is not empty");
  uint64_t found = 0;
  for_each_piece(text, from, [&found](std::string_view) { ++found; });
  --found;  // between the pieces
  if (found == 0) return arguments[0];
  const uint64_t bytes = text.size() - found * from.size() + found * with.size();
  if (!call.charge_result(bytes)) return call.failure();
  char* memory = call.arena().allocate_array<char>(bytes);
  char* to = memory;
  bool first = true;
  for_each_piece(text, from, [&](std::string_view piece) {
    if (!first) to = std::copy(with.begin(), with.end(), to);
    first = false;
    to = std::copy(piece.begin(), piece.end(), to);
  });
  return string_of(memory, to);
}

char* put_times(char* to, std::string_view text, uint64_t times) {
  for (uint64_t i = 0; i < times; ++i) to = std::copy(text.begin(), text.end(), to);
  return to;
}

Value repeat(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "repeat", arguments);
  const std::string_view text = call.text(0, "text");
  const int64_t times = call.integer(1, "times");
  if (call.failed()) return call.failure();
  if (times < 0) return call.error("value", "`repeat` takes 0 or more as `times`, got {}", times);
  const uint64_t bytes = bounded_product(text.size(), static_cast<uint64_t>(times));
  if (!call.charge_result(bytes)) return call.failure();
  if (bytes == 0) return Value::string_view({});
  char* memory = call.arena().allocate_array<char>(bytes);
  return string_of(memory, put_times(memory, text, static_cast<uint64_t>(times)));
}

Value pad(Call& call, Side side) {
  const std::string_view text = call.text(0, "text");
  const int64_t width = call.integer(1, "width");
  const std::string_view fill = call.given(2) ? call.text(2, "fill") : std::string_view(" ");
  if (call.failed() || !call.charge_text(text.size())) return call.failure();
  if (count_code_points(fill) != 1) {
    return call.error("value", "`{}` takes one character as `fill`, got \"{}\"", call.function(),
                      shown_text(fill));
  }
  const auto length = static_cast<int64_t>(count_code_points(text));
  if (width <= length) return call.argument(0);
  const auto missing = static_cast<uint64_t>(width - length);
  const uint64_t added = bounded_product(missing, fill.size());
  if (!call.charge_result(added > kMaxTextBytes ? added : added + text.size())) return call.failure();
  char* memory = call.arena().allocate_array<char>(added + text.size());
  char* to = memory;
  if (side == Side::kStart) to = put_times(to, fill, missing);
  to = std::copy(text.begin(), text.end(), to);
  if (side == Side::kEnd) to = put_times(to, fill, missing);
  return string_of(memory, to);
}

Value pad_start(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "pad_start", arguments);
  return pad(call, Side::kStart);
}
Value pad_end(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "pad_end", arguments);
  return pad(call, Side::kEnd);
}

Value substr(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "substr", arguments);
  const std::string_view text = call.text(0, "text");
  const int64_t start = call.integer(1, "start");
  const int64_t length = call.integer_or(2, "length", std::numeric_limits<int64_t>::max());
  if (call.failed() || !call.charge_text(text.size())) return call.failure();
  if (start < 0 || length < 0) {
    return call.error("value",
                      "`substr` takes 0 or more as `start` and `length`; `slice` counts from the end");
  }
  const std::string_view rest = text.substr(offset_of_code_point(text, static_cast<size_t>(start)));
  return Value::string_view(rest.substr(0, offset_of_code_point(rest, static_cast<size_t>(length))));
}

}  // namespace

void add_strings(FunctionTable& functions) {
  const std::string category = "strings";
  const Category add(functions, category);
  add("lower", {{"text", "string"}}, "string", "the text in small letters, of every script",
      R"("Größe ΑΒΓ".lower()  # "größe αβγ")", lower);
  add("upper", {{"text", "string"}}, "string", "the text in capital letters, of every script",
      R"("débit".upper()  # "DÉBIT")", upper);
  add("trim", {{"text", "string"}, {"characters", "string", true}}, "string",
      "the text without white space (or the given characters) at both ends", R"("  on ".trim()  # "on")",
      trim);
  add("trim_start", {{"text", "string"}, {"characters", "string", true}}, "string",
      "the text without white space (or the given characters) at its start",
      R"("007".trim_start("0")  # "7")", trim_start);
  add("trim_end", {{"text", "string"}, {"characters", "string", true}}, "string",
      "the text without white space (or the given characters) at its end",
      R"("a/b//".trim_end("/")  # "a/b")", trim_end);
  add("split", {{"text", "string"}, {"separator", "string", true}}, "list",
      R"(the pieces between the separators; by white space when none is given, into characters by "")",
      R"("a,b,,c".split(",")  # ["a", "b", "", "c"])", split);
  add("lines", {{"text", "string"}}, "list", "the lines of a text, without their line ends",
      R"("one\ntwo\r\n".lines()  # ["one", "two"])", lines);
  add("join", {{"list", "list"}, {"separator", "string", true}}, "string",
      "the items as one text, with the separator between them", R"(["a", 1, true].join("-")  # "a-1-true")",
      join);
  add("replace", {{"text", "string"}, {"old", "string"}, {"new", "string"}}, "string",
      "the text with every `old` replaced by `new`", R"("a.b.c".replace(".", "/")  # "a/b/c")", replace);
  add("repeat", {{"text", "string"}, {"times", "int"}}, "string", "the text that many times over",
      R"("ab".repeat(3)  # "ababab")", repeat);
  const ParameterSpec fill{.name = "fill", .kinds = "string", .optional = true, .checked = true};
  add("pad_start", {{"text", "string"}, {"width", "int"}, fill}, "string",
      "the text with spaces (or another character) before it, up to that width",
      R"("7".pad_start(3, "0")  # "007")", pad_start);
  add("pad_end", {{"text", "string"}, {"width", "int"}, fill}, "string",
      "the text with spaces (or another character) behind it, up to that width",
      R"("ab".pad_end(4, ".")  # "ab..")", pad_end);
  add("substr", {{"text", "string"}, {"start", "int"}, {"length", "int", true}}, "string",
      "the part that begins at character `start` (the first is 0)", R"("krules".substr(1, 3)  # "rul")",
      substr);
}

}  // namespace krules::library
