#include "krules/json_reader.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

namespace krules {

namespace sj = simdjson;

static_assert(kJsonPadding >= sj::SIMDJSON_PADDING);

namespace {

// The text of a number, also after it was read; white space may follow.
std::string_view token_of(sj::ondemand::value& from) {
  return from.raw_json_token();
}
std::string_view token_of(sj::ondemand::document& from) {
  std::string_view text;
  return from.raw_json_token().get(text) ? std::string_view() : text;
}

}  // namespace

bool JsonReader::fail(sj::error_code code) {
  switch (code) {
    case sj::NUMBER_OUT_OF_RANGE:
      error_ = "a number does not fit in 64 bits";
      break;
    case sj::NUMBER_ERROR:
      error_ = "a number is malformed or does not fit in 64 bits";
      break;
    case sj::UTF8_ERROR:
      error_ = "the text is not valid UTF-8";
      break;
    case sj::EMPTY:
      error_ = "the text is empty";
      break;
    case sj::UNCLOSED_STRING:
      error_ = "a string is not closed";
      break;
    case sj::DEPTH_ERROR:
      error_ = "lists and maps nest too deep";
      break;
    case sj::STRING_ERROR:
      error_ = "a string has an invalid escape";
      break;
    case sj::CAPACITY:
      error_ = "the text is longer than 4 GiB";
      break;
    case sj::MEMALLOC:
      error_ = "out of memory";
      break;
    default:
      error_ = "not valid JSON";
      break;
  }
  return false;
}

bool JsonReader::fail(std::string message) {
  error_ = std::move(message);
  return false;
}

sj::simdjson_result<sj::ondemand::document> JsonReader::open(std::string_view padded_text) {
  return parser_.iterate(padded_text.data(), padded_text.size(), padded_text.size() + sj::SIMDJSON_PADDING);
}

void JsonReader::begin(JsonStyle style, Arena& arena, const SymbolTable& symbols) {
  const bool is_row = style == JsonStyle::kTaggedRow;
  style_ = is_row ? JsonStyle::kTagged : style;
  arena_ = &arena;
  if (symbols_ != &symbols) expected_keys_.clear();
  symbols_ = &symbols;
  next_key_ = 0;
  entries_.clear();
  items_.clear();
  next_is_wrapped_ = is_row;
}

bool JsonReader::read(std::string_view text, JsonStyle style, Arena& arena, const SymbolTable& symbols,
                      Value& value) {
  begin(style, arena, symbols);
  sj::ondemand::document document;
  if (auto code = open(text).get(document)) return fail(code);
  if (!read_any(document, value, 0)) return false;
  if (!document.current_location().error()) return fail("something follows the JSON text");
  return true;
}

const Symbol* JsonReader::key(sj::ondemand::field& field) {
  const size_t place = next_key_++;
  if (place < expected_keys_.size()) {
    // Within the padding behind every text, so the comparison never reads outside the buffer.
    const Symbol* expected = expected_keys_[place];
    const char* raw = field.key().raw();
    if (expected != nullptr && std::memcmp(raw, expected->chars, expected->length) == 0 &&
        raw[expected->length] == '"') {
      return expected;
    }
  }
  std::string_view text;
  if (auto code = field.unescaped_key().get(text)) {
    fail(code);
    return nullptr;
  }
  const Symbol* symbol = symbols_->find_or_foreign(text, *arena_);
  if (symbol->interned() && place < kExpectedKeys && symbol->length < kExpectedKeyLength) {
    if (place >= expected_keys_.size()) expected_keys_.resize(place + 1);
    expected_keys_[place] = symbol;
  }
  return symbol;
}

bool JsonReader::read_string(sj::ondemand::value from, std::string_view& text) {
  std::string_view unescaped;
  if (auto code = from.get_string().get(unescaped)) return fail(code);
  text = arena_->copy(unescaped);
  return true;
}

bool JsonReader::read_value(sj::ondemand::value from, Value& value) {
  return read_any(from, value, 0);
}

template <class Source>
bool JsonReader::read_any(Source& from, Value& value, int depth) {
  sj::ondemand::json_type type;
  if (auto code = from.type().get(type)) return fail(code);
  switch (type) {
    case sj::ondemand::json_type::number: {
      sj::ondemand::number number;
      if (auto code = from.get_number().get(number)) return fail(code);
      return read_number(from, number, value);
    }
    case sj::ondemand::json_type::string: {
      std::string_view text;
      if (auto code = from.get_string().get(text)) return fail(code);
      value = Value::string(text, *arena_);
      return true;
    }
    case sj::ondemand::json_type::boolean: {
      bool truth;
      if (auto code = from.get_bool().get(truth)) return fail(code);
      value = Value::boolean(truth);
      return true;
    }
    case sj::ondemand::json_type::null: {
      bool is_null;
      if (auto code = from.is_null().get(is_null)) return fail(code);
      if (!is_null) return fail(sj::TAPE_ERROR);
      value = Value::null();
      return true;
    }
    case sj::ondemand::json_type::object: {
      if (depth >= kMaxValueDepth) return fail(sj::DEPTH_ERROR);
      sj::ondemand::object object;
      if (auto code = from.get_object().get(object)) return fail(code);
      return read_object(object, value, depth + 1);
    }
    case sj::ondemand::json_type::array: {
      if (depth >= kMaxValueDepth) return fail(sj::DEPTH_ERROR);
      sj::ondemand::array array;
      if (auto code = from.get_array().get(array)) return fail(code);
      return read_array(array, value, depth + 1);
    }
  }
  return fail(sj::TAPE_ERROR);
}

template <class Source>
bool JsonReader::read_number(Source& from, sj::ondemand::number number, Value& value) {
  if (number.is_int64()) {
    value = Value::integer(number.get_int64());
    return true;
  }
  if (number.is_uint64()) return fail(sj::NUMBER_OUT_OF_RANGE);
  double floating = number.get_double();
  // simdjson loses the value of a float of more digits than its quick way takes, and says 0. It has seen to
  // it that the text is a number, and one that is not too large; one that is too small stays 0.
  if (floating == 0) {
    const std::string_view text = token_of(from);
    floating = text.starts_with('-') ? -0.0 : 0.0;
    std::from_chars(text.data(), text.data() + text.size(), floating);
  }
  value = Value::floating(floating);
  return true;
}

bool JsonReader::read_object(sj::ondemand::object object, Value& value, int depth) {
  const size_t first = entries_.size();
  const bool is_wrapped = std::exchange(next_is_wrapped_, false);
  for (auto result : object) {
    sj::ondemand::field field;
    if (auto code = std::move(result).get(field)) return fail(code);
    const Symbol* symbol = key(field);
    if (symbol == nullptr) return false;
    next_is_wrapped_ =
        style_ == JsonStyle::kTagged && !is_wrapped && entries_.size() == first && symbol->text() == "$map";
    Value item;
    if (!read_any(field.value(), item, depth)) return false;
    next_is_wrapped_ = false;
    entries_.push_back({symbol, item});
  }
  MapBuilder builder(*arena_, entries_.size() - first);
  for (size_t i = first; i < entries_.size(); ++i) builder.add(entries_[i].key, entries_[i].value);
  entries_.resize(first);
  value = builder.finish();
  return style_ == JsonStyle::kPlain || is_wrapped || untag(value);
}

bool JsonReader::read_array(sj::ondemand::array array, Value& value, int depth) {
  const size_t first = items_.size();
  for (auto result : array) {
    sj::ondemand::value element;
    if (auto code = std::move(result).get(element)) return fail(code);
    Value item;
    if (!read_any(element, item, depth)) return false;
    items_.push_back(item);
  }
  ListRep* list = new_list(items_.size() - first, *arena_);
  std::copy(items_.begin() + static_cast<ptrdiff_t>(first), items_.end(), list->mutable_items());
  items_.resize(first);
  value = Value::list(list);
  return true;
}

bool JsonReader::untag(Value& value) {
  const MapRep& map = value.as_map();
  if (map.size != 1) return true;
  const MapRep::Entry& entry = map.begin()[0];
  const std::string_view tag = entry.key->text();
  if (!tag.starts_with('$')) return true;
  int64_t microseconds = 0;
  if (tag == "$timestamp" && entry.value.is(ValueKind::kString) &&
      parse_stored_timestamp(entry.value.text(), microseconds)) {
    value = Value::timestamp(microseconds);
    return true;
  }
  if (tag == "$duration" && entry.value.is(ValueKind::kString) &&
      parse_duration(entry.value.text(), microseconds)) {
    value = Value::duration(microseconds);
    return true;
  }
  if (tag == "$map" && entry.value.is(ValueKind::kMap)) {
    value = entry.value;
    return true;
  }
  return fail("a value has an unknown tag");
}

bool is_utf8(std::string_view text) {
  return sj::validate_utf8(text);
}

// ---------------------------------------------------------------- whole texts

struct JsonTexts::Impl {
  JsonReader reader;
  std::string padded;
};

JsonTexts::JsonTexts() : impl_(std::make_unique<Impl>()) {}
JsonTexts::~JsonTexts() = default;

bool JsonTexts::read(std::string_view text, JsonStyle style, Arena& arena, const SymbolTable& symbols,
                     Value& value) {
  impl_->padded.reserve(text.size() + kJsonPadding);
  impl_->padded.assign(text);
  return impl_->reader.read({impl_->padded.data(), text.size()}, style, arena, symbols, value);
}

const std::string& JsonTexts::error() const {
  return impl_->reader.error();
}

}  // namespace krules
