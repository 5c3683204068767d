#include "output_line.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "krules/json.h"

namespace krules {

namespace {

bool is_attribute_name(std::string_view name) {
  return !name.empty() && name.size() <= 20 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  });
}

bool is_core_attribute(std::string_view name) {
  return name == "id" || name == "source" || name == "time" || name == "type" || name == "subject" ||
         name == "data" || name == "specversion" || name == "datacontenttype" || name == "dataschema";
}

/// Every byte in hexadecimal.
constexpr auto kHexPairs = [] {
  std::array<std::array<char, 2>, 256> pairs{};
  constexpr char kDigits[] = "0123456789abcdef";
  for (size_t byte = 0; byte < pairs.size(); ++byte) pairs[byte] = {kDigits[byte >> 4], kDigits[byte & 15]};
  return pairs;
}();
constexpr size_t kIdentitySize = 32;

// Each of these puts something at `to` and gives the place behind it.
char* put(char* to, std::string_view text) {
  return std::copy(text.begin(), text.end(), to);
}
/// "0123456789abcdef0123456789abcdef".
char* put_identity(char* to, const CascadeIdentity& identity) {
  for (const uint64_t half : {identity.high, identity.low}) {
    for (int shift = 56; shift >= 0; shift -= 8) {
      const auto& pair = kHexPairs[half >> shift & 0xFF];
      to = std::copy(pair.begin(), pair.end(), to);
    }
  }
  return to;
}

void append_property_event(std::string& out, const Event& event) {
  out.append("{\"property\":");
  append_json_string(out, event.property->text());
  out.append(",\"old\":");
  append_json(out, event.old_value);
  if (event.kind == EventKind::kPropertyChanged) {
    out.append(",\"new\":");
    append_json(out, event.new_value);
  }
  out.push_back('}');
}

}  // namespace

std::string identity_text(const CascadeIdentity& identity) {
  char text[kIdentitySize];
  return {text, put_identity(text, identity)};
}

OutputFormatter::OutputFormatter(const std::vector<std::string>& globs) {
  for (const std::string& glob : globs) globs_.emplace_back(glob);
  wants_built_in_ = std::any_of(globs_.begin(), globs_.end(), [](const Glob& glob) {
    return glob.matches(kPropertyChangedType) || glob.matches(kPropertyDeletedType) ||
           glob.matches(kSubjectDeletedType);
  });
}

bool OutputFormatter::wants(const Symbol* type) {
  if (globs_.empty()) return true;
  auto ask = [&] {
    return std::any_of(globs_.begin(), globs_.end(), [&](const Glob& g) { return g.matches(type->text()); });
  };
  if (!type->interned()) return ask();
  if (known_.size() <= type->number) known_.resize(type->number + 1);
  uint8_t& known = known_[type->number];
  if (known == 0) known = ask() ? 2 : 1;
  return known == 2;
}

void OutputFormatter::append_time(std::string& out, int64_t time) {
  constexpr int64_t kSecond = 1'000'000;
  const int64_t fraction = (time % kSecond + kSecond) % kSecond;
  const int64_t second = time - fraction;
  if (second != second_) {
    second_ = second;
    second_text_.clear();
    append_timestamp(second_text_, second);
    second_text_.pop_back();  // the Z
  }
  out.append(second_text_);
  char digits[8] = {'.'};
  size_t length = 0;
  if (fraction != 0) {
    int64_t left = fraction;
    for (int i = 6; i > 0; --i, left /= 10) digits[i] = static_cast<char>('0' + left % 10);
    length = 7;
    while (digits[length - 1] == '0') --length;
  }
  digits[length] = 'Z';
  out.append(digits, length + 1);
}

void OutputFormatter::append(std::string& out, const Event& event, const CascadeIdentity& identity,
                             uint32_t number, int64_t time) {
  constexpr std::string_view kBegin = R"({"specversion":"1.0","id":")";
  constexpr std::string_view kSource = R"(","source":"krules","type":)";
  constexpr size_t kMostDigits = 10;
  char head[kBegin.size() + kIdentitySize + 1 + kMostDigits + kSource.size()];
  char* at = put_identity(put(head, kBegin), identity);
  *at++ = '-';
  at = std::to_chars(at, at + kMostDigits, number).ptr;
  at = put(at, kSource);
  out.append(head, at);
  append_json_string(out, event.type->text());
  out.append(",\"subject\":");
  append_json_string(out, event.subject->name());
  out.append(",\"time\":\"");
  append_time(out, time);
  out.push_back('"');
  if (event.meta.is(ValueKind::kMap)) {
    for (const MapRep::Entry& entry : event.meta.as_map().entries()) {
      const std::string_view name = entry.key->text();
      const bool is_scalar = entry.value.is(ValueKind::kString) || entry.value.is(ValueKind::kInt) ||
                             entry.value.is(ValueKind::kBool) || entry.value.is(ValueKind::kTimestamp);
      if (!is_scalar || !is_attribute_name(name) || is_core_attribute(name)) continue;
      out.append(",\"").append(name).append("\":");
      append_json(out, entry.value);
    }
  }
  out.append(",\"data\":");
  if (event.property != nullptr) {
    append_property_event(out, event);
  } else {
    append_json(out, event.payload);
  }
  out.append("}\n");
}

}  // namespace krules
