#include "test_match.h"

#include <fmt/format.h>

#include <algorithm>

#include "krules/json.h"

namespace krules {

namespace {

constexpr size_t kMostDifferences = 5;

void add_differences(const std::string& path, const Value& wanted, const Value& got,
                     std::vector<std::string>& found) {
  if (found.size() >= kMostDifferences || fits(wanted, got)) return;
  if (wanted.is(ValueKind::kMap) && got.is(ValueKind::kMap)) {
    for (const MapRep::Entry& entry : wanted.as_map().entries()) {
      const Value* field = got.as_map().find(entry.key->text());
      const std::string name(entry.key->text());
      add_differences(path.empty() ? name : path + "." + name, entry.value,
                      field != nullptr ? *field : Value::missing(), found);
    }
    return;
  }
  if (wanted.is(ValueKind::kList) && got.is(ValueKind::kList) &&
      wanted.as_list().size == got.as_list().size) {
    for (uint32_t i = 0; i < wanted.as_list().size; ++i) {
      add_differences(fmt::format("{}[{}]", path, i), wanted.as_list().begin()[i], got.as_list().begin()[i],
                      found);
    }
    return;
  }
  const std::string name = path.empty() ? "the data" : "`" + path + "`";
  found.push_back(got.is(ValueKind::kMissing)
                      ? fmt::format("{} is absent, not {}", name, shown_value(wanted))
                      : fmt::format("{} is {}, not {}", name, shown_value(got), shown_value(wanted)));
}

}  // namespace

bool fits(const Value& wanted, const Value& got) {
  if (got.is(ValueKind::kMissing)) return wanted.is_null();
  if (wanted.is(ValueKind::kMap) && got.is(ValueKind::kMap)) {
    const auto entries = wanted.as_map().entries();
    return std::all_of(entries.begin(), entries.end(), [&](const MapRep::Entry& entry) {
      const Value* field = got.as_map().find(entry.key->text());
      return fits(entry.value, field != nullptr ? *field : Value::missing());
    });
  }
  if (wanted.is(ValueKind::kList) && got.is(ValueKind::kList)) {
    const auto a = wanted.as_list().items();
    const auto b = got.as_list().items();
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), fits);
  }
  return equal(wanted, got);
}

std::vector<std::string> differences(const Value& wanted, const Value& got) {
  std::vector<std::string> found;
  add_differences({}, wanted, got, found);
  return found;
}

std::string shown_value(const Value& value) {
  constexpr size_t kLongest = 200;
  std::string text;
  if (value.is(ValueKind::kDuration) || value.is(ValueKind::kTimestamp)) {
    append_display(text, value);
  } else {
    append_json(text, value);
  }
  if (text.size() <= kLongest) return text;
  size_t end = kLongest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end) + "...";
}

std::string how_often(uint64_t count) {
  return count == 1 ? "once" : count == 2 ? "twice" : fmt::format("{} times", count);
}

std::string instead_of(int64_t wanted) {
  return wanted < 0 ? std::string() : fmt::format(", not {}", how_often(static_cast<uint64_t>(wanted)));
}

size_t common_beginning(std::string_view a, std::string_view b) {
  return static_cast<size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

}  // namespace krules
