#include "krules/glob_table.h"

#include <algorithm>

namespace krules {

namespace {

constexpr std::string_view kWildCards = "*?";
/// So few are not worth another look-up.
constexpr size_t kFew = 4;

std::string_view beginning_of(std::string_view text) {
  return text.substr(0, text.find_first_of(kWildCards));
}

std::string_view end_of(std::string_view text) {
  const size_t last = text.find_last_of(kWildCards);
  return last == std::string_view::npos ? text : text.substr(last + 1);
}

}  // namespace

// ---------------------------------------------------------------- one order

bool GlobTable::Order::is_before(std::string_view a, std::string_view b) const {
  if (way_ == Way::kForwards) return a < b;
  return std::lexicographical_compare(a.rbegin(), a.rend(), b.rbegin(), b.rend());
}

void GlobTable::Order::finish() {
  std::sort(entries_.begin(), entries_.end(), [&](const Entry& a, const Entry& b) {
    return a.key == b.key ? a.number < b.number : is_before(a.key, b.key);
  });
  for (size_t begin = 0, end = 0; begin < entries_.size(); begin = end) {
    const std::string_view key = entries_[begin].key;
    while (end < entries_.size() && entries_[end].key == key) ++end;
    places_.emplace(key, std::pair(begin, end));
    if (lengths_.size() <= key.size()) lengths_.resize(key.size() + 1, 0);
    lengths_[key.size()] = 1;
  }
}

template <class Visit>
void GlobTable::Order::for_each_run(std::string_view key, const Visit& visit) const {
  for (size_t length = 0; length < std::min(key.size(), lengths_.size()); ++length) {
    if (lengths_[length] == 0) continue;
    const size_t from = way_ == Way::kForwards ? 0 : key.size() - length;
    const auto found = places_.find(key.substr(from, length));
    if (found != places_.end()) visit(found->second.first, found->second.second);
  }
  if (key.size() >= lengths_.size()) return;
  // Those that go on behind it lie side by side.
  const auto before = [&](const Entry& entry, std::string_view text) { return is_before(entry.key, text); };
  const auto begin = std::lower_bound(entries_.begin(), entries_.end(), key, before);
  const auto end = std::partition_point(begin, entries_.end(),
                                        [&](const Entry& entry) { return begins_with(entry.key, key); });
  visit(static_cast<size_t>(begin - entries_.begin()), static_cast<size_t>(end - entries_.begin()));
}

size_t GlobTable::Order::count(std::string_view key) const {
  size_t sum = 0;
  for_each_run(key, [&](size_t begin, size_t end) { sum += end - begin; });
  return sum;
}

void GlobTable::Order::append(std::string_view key, std::vector<uint32_t>& numbers) const {
  for_each_run(key, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) numbers.push_back(entries_[i].number);
  });
}

// ---------------------------------------------------------------- the table

void GlobTable::Half::finish() {
  by_begin.finish();
  by_end.finish();
  by_subject.finish();
}

void GlobTable::Half::append_near(std::string_view text, std::string_view subject,
                                  std::vector<uint32_t>& numbers) const {
  if (size == 0) return;
  const std::string_view beginning = beginning_of(text);
  const size_t begin_alike = by_begin.count(beginning);
  if (begin_alike == 0) return;
  const std::string_view end = end_of(text);
  const size_t end_alike = by_end.count(end);
  if (end_alike == 0) return;
  const size_t fewest = std::min(begin_alike, end_alike);
  const std::string_view of = beginning_of(subject);
  if (fewest > kFew && !of.empty() && by_subject.count(of) < fewest) {
    by_subject.append(of, numbers);
  } else if (begin_alike <= end_alike) {
    by_begin.append(beginning, numbers);
  } else {
    by_end.append(end, numbers);
  }
}

void GlobTable::add(std::string_view text, const std::vector<std::string_view>& subjects, uint32_t number) {
  const std::string_view beginning = beginning_of(text);
  Half& half = beginning.empty() && !text.empty() ? floating_ : anchored_;
  ++half.size;
  half.by_begin.add(beginning, number);
  half.by_end.add(end_of(text), number);
  if (subjects.empty()) half.by_subject.add({}, number);
  for (const std::string_view subject : subjects) half.by_subject.add(beginning_of(subject), number);
}

void GlobTable::finish() {
  anchored_.finish();
  floating_.finish();
}

std::vector<uint32_t> GlobTable::near(std::string_view text, std::string_view subject) const {
  std::vector<uint32_t> numbers;
  anchored_.append_near(text, subject, numbers);
  floating_.append_near(text, subject, numbers);
  return numbers;
}

}  // namespace krules
