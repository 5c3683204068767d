#include "near_names.h"

#include <algorithm>
#include <string>

namespace krules::check {

namespace {

constexpr size_t kShortestWord = 4;
constexpr size_t kLongWord = 6;
/// Names that share a key and are compared.
constexpr size_t kMostCompared = 16;

bool is_separator(char c) {
  return c == '.' || c == '_' || c == '-' || c == ':' || c == '/' || c == '@';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::vector<std::string_view> words_of(std::string_view name) {
  std::vector<std::string_view> words;
  size_t begin = 0;
  for (size_t i = 0; i <= name.size(); ++i) {
    if (i < name.size() && !is_separator(name[i])) continue;
    words.push_back(name.substr(begin, i - begin));
    begin = i + 1;
  }
  return words;
}

/// Its letters alone, all of one case.
std::string folded(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (is_separator(c)) continue;
    text.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return text;
}

bool is_slip_of_word(std::string_view a, std::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  if (a.size() < kShortestWord || b.size() - a.size() > 1) return false;
  if (std::any_of(a.begin(), a.end(), is_digit) || std::any_of(b.begin(), b.end(), is_digit)) return false;
  const auto at = static_cast<size_t>(std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin());
  const bool is_doubled = at > 0 && at < b.size() && b[at] == b[at - 1];
  if (at == 0) return false;
  if (a.size() < b.size()) {
    if (at == a.size()) return is_doubled && b[at] != 's';
    return a.substr(at) == b.substr(at + 1);
  }
  if (at + 1 >= a.size()) return false;
  if (a[at] == b[at + 1] && a[at + 1] == b[at] && a.substr(at + 2) == b.substr(at + 2)) return true;
  return a.size() >= kLongWord && a.substr(at + 1) == b.substr(at + 1);
}

constexpr uint64_t kSeed = 0xcbf29ce484222325;

uint64_t mixed(uint64_t hash, std::string_view text) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

/// Two names that are a slip of each other have a key in common: what remains when a letter is left out.
std::vector<uint64_t> keys_of(std::string_view name) {
  std::vector<uint64_t> keys = {mixed(kSeed, folded(name))};
  const std::vector<std::string_view> words = words_of(name);
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i].size() < kShortestWord) continue;
    uint64_t before = kSeed + i + 1;
    for (size_t k = 0; k < words.size(); ++k) {
      if (k != i) before = mixed(mixed(before, words[k]), ".");
    }
    keys.push_back(mixed(before, words[i]));
    for (size_t out = 1; out < words[i].size(); ++out)
      keys.push_back(mixed(mixed(before, words[i].substr(0, out)), words[i].substr(out + 1)));
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

}  // namespace

bool is_slip(std::string_view a, std::string_view b) {
  if (a == b || a.size() < kShortestWord || b.size() < kShortestWord) return false;
  if (folded(a) == folded(b)) return true;
  const std::vector<std::string_view> first = words_of(a);
  const std::vector<std::string_view> second = words_of(b);
  if (first.size() != second.size()) return false;
  size_t different = first.size();
  for (size_t i = 0; i < first.size(); ++i) {
    if (first[i] == second[i]) continue;
    if (different != first.size()) return false;
    different = i;
  }
  return different != first.size() && is_slip_of_word(first[different], second[different]);
}

void NearNames::expect(std::string_view name) {
  for (const uint64_t key : keys_of(name)) by_key_.try_emplace(key);
}

void NearNames::add(std::string_view name) {
  if (by_key_.empty()) return;
  for (const uint64_t key : keys_of(name)) {
    const auto found = by_key_.find(key);
    if (found != by_key_.end() && found->second.size() < kMostCompared) found->second.push_back(name);
  }
}

std::string_view NearNames::find(std::string_view name) const {
  for (const uint64_t key : keys_of(name)) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) continue;
    for (const std::string_view other : found->second) {
      if (is_slip(name, other)) return other;
    }
  }
  return {};
}

}  // namespace krules::check
