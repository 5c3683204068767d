#include "call.h"

#include <cmath>

#include "krules/json.h"

namespace krules::library {

void Call::wrong_kind(size_t i, std::string_view parameter, std::string_view expected) {
  if (failed()) return;
  failure_ = context_.kind_error(function_, parameter, expected, arguments_[i]);
}

int64_t Call::integer(size_t i, std::string_view parameter) {
  const Value& value = arguments_[i];
  if (value.is(ValueKind::kInt)) return value.as_int();
  if (value.is(ValueKind::kFloat)) {
    const double f = value.as_float();
    if (f == std::trunc(f) && std::abs(f) < 9007199254740992.0) return static_cast<int64_t>(f);
    fail(error("value", "`{}` takes a whole number as `{}`, got {}", function_, parameter, shown(value)));
    return 0;
  }
  wrong_kind(i, parameter, "int");
  return 0;
}

double Call::number(size_t i, std::string_view parameter) {
  if (arguments_[i].is_number()) return arguments_[i].as_number();
  wrong_kind(i, parameter, "number");
  return 0;
}

int64_t Call::duration(size_t i, std::string_view parameter) {
  if (arguments_[i].is(ValueKind::kDuration)) return arguments_[i].as_microseconds();
  wrong_kind(i, parameter, "duration");
  return 0;
}

int64_t Call::timestamp(size_t i, std::string_view parameter) {
  if (arguments_[i].is(ValueKind::kTimestamp)) return arguments_[i].as_microseconds();
  wrong_kind(i, parameter, "timestamp");
  return 0;
}

bool Call::charge(uint64_t steps) {
  if (failed()) return false;
  fail(context_.charge(steps));
  return !failed();
}

bool Call::charge_list(uint64_t items) {
  if (items > kMaxItems) {
    fail(error("limit", "`{}` would make {} items; at most {} are allowed", function_, items, kMaxItems));
    return false;
  }
  return charge(items);
}

bool Call::charge_result(uint64_t bytes) {
  if (bytes > kMaxTextBytes) {
    fail(error("limit", "`{}` would make a string of {} bytes; at most {} are allowed", function_, bytes,
               kMaxTextBytes));
    return false;
  }
  return charge_text(bytes);
}

bool Call::charge_value(const Value& value) {
  if (!value.has_memory()) return !failed();
  Extent extent;
  return measure(value, 0, extent) && charge(extent.items + extent.bytes / kBytesPerStep);
}

bool Call::measure(const Value& value, int depth, Extent& extent) {
  if (depth > kMaxValueDepth) {
    fail(error("limit", "`{}` got lists and maps that nest deeper than {}", function_, kMaxValueDepth));
    return false;
  }
  ++extent.items;
  if (value.is(ValueKind::kString)) extent.bytes += value.text().size();
  if (extent.items > kMaxItems || extent.bytes > kMaxTextBytes) {
    fail(error("limit", "`{}` got a value of more than {} parts or {} bytes", function_, kMaxItems,
               kMaxTextBytes));
    return false;
  }
  if (value.is(ValueKind::kList)) {
    for (const Value& item : value.as_list().items()) {
      if (!measure(item, depth + 1, extent)) return false;
    }
  } else if (value.is(ValueKind::kMap)) {
    for (const MapRep::Entry& entry : value.as_map().entries()) {
      extent.bytes += entry.key->length;
      if (!measure(entry.value, depth + 1, extent)) return false;
    }
  }
  return true;
}

bool is_ordered(const Value& value) {
  return value.is_number() || value.is(ValueKind::kString) || value.is(ValueKind::kDuration) ||
         value.is(ValueKind::kTimestamp);
}

bool same_order(const Value& a, const Value& b) {
  return (a.is_number() && b.is_number()) || (a.kind() == b.kind() && is_ordered(a));
}

int compare_ordered(const Value& a, const Value& b) {
  if (a.is_number()) return compare_numbers(a, b);
  if (a.is(ValueKind::kString)) {
    const int order = a.text().compare(b.text());
    return order < 0 ? -1 : order > 0 ? 1 : 0;
  }
  return a.as_microseconds() < b.as_microseconds() ? -1 : a.as_microseconds() > b.as_microseconds() ? 1 : 0;
}

namespace {

constexpr size_t kShownBytes = 40;

}  // namespace

std::string shown_text(std::string_view text) {
  if (text.size() <= kShownBytes) return std::string(text);
  size_t end = kShownBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

std::string shown(const Value& value) {
  if (value.is(ValueKind::kString)) return "\"" + shown_text(value.text()) + "\"";
  if (value.has_memory()) return "a " + std::string(kind_name(value.kind()));
  std::string text;
  append_display(text, value);
  return text;
}

}  // namespace krules::library
