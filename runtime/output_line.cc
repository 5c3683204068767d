#include "output_line.h"

#include <algorithm>
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

void append_identity(std::string& out, const CascadeIdentity& identity) {
  constexpr char kHex[] = "0123456789abcdef";
  char buffer[32];
  for (int i = 0; i < 16; ++i) {
    buffer[15 - i] = kHex[(identity.high >> (4 * i)) & 15];
    buffer[31 - i] = kHex[(identity.low >> (4 * i)) & 15];
  }
  out.append(buffer, sizeof buffer);
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
  if (fraction != 0) {
    char digits[7] = {'.'};
    int64_t left = fraction;
    for (int i = 6; i > 0; --i, left /= 10) digits[i] = static_cast<char>('0' + left % 10);
    size_t length = sizeof digits;
    while (digits[length - 1] == '0') --length;
    out.append(digits, length);
  }
  out.push_back('Z');
}

void OutputFormatter::append(std::string& out, const Event& event, const CascadeIdentity& identity,
                             uint32_t number, int64_t time) {
  out.append("{\"specversion\":\"1.0\",\"id\":\"");
  append_identity(out, identity);
  out.push_back('-');
  char digits[12];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
  out.append("\",\"source\":\"krules\",\"type\":");
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
