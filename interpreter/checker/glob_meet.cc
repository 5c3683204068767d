#include "glob_meet.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace krules::check {

namespace {

// The bytes of each character as one number: a `?` takes all of them.
std::vector<uint32_t> characters(std::string_view text) {
  std::vector<uint32_t> found;
  found.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) == 0x80U && !found.empty()) {
      found.back() = found.back() << 8U | byte;
    } else {
      found.push_back(byte);
    }
  }
  return found;
}

}  // namespace

// Both patterns are walked side by side; `reached[j]`: the first i characters of `a` can go with the first j
// of `b`.
bool globs_meet(std::string_view a, std::string_view b) {
  const auto is_wild = [](char c) { return c == '*' || c == '?'; };
  // What both begin and end with in so many letters decides most.
  size_t i = 0;
  for (; i < a.size() && i < b.size() && !is_wild(a[i]) && !is_wild(b[i]); ++i) {
    if (a[i] != b[i]) return false;
  }
  a.remove_prefix(i);
  b.remove_prefix(i);
  while (!a.empty() && !b.empty() && !is_wild(a.back()) && !is_wild(b.back())) {
    if (a.back() != b.back()) return false;
    a.remove_suffix(1);
    b.remove_suffix(1);
  }
  if (a == "*" || b == "*") return true;
  if (a.find_first_of("*?") == std::string_view::npos && b.find_first_of("*?") == std::string_view::npos)
    return a == b;
  const std::vector<uint32_t> mine = characters(a);
  const std::vector<uint32_t> theirs = characters(b);
  std::vector<char> reached(theirs.size() + 1, 0);
  std::vector<char> next(theirs.size() + 1, 0);
  const auto stars = [&](std::vector<char>& row) {
    for (size_t j = 0; j < theirs.size(); ++j) {
      if (row[j] != 0 && theirs[j] == '*') row[j + 1] = 1;
    }
  };
  reached[0] = 1;
  stars(reached);
  for (const uint32_t from_a : mine) {
    std::fill(next.begin(), next.end(), 0);
    for (size_t j = 0; j <= theirs.size(); ++j) {
      if (reached[j] == 0) continue;
      if (from_a == '*') next[j] = 1;
      if (j == theirs.size()) continue;
      const uint32_t from_b = theirs[j];
      if (from_b == '*') {
        next[j] = 1;  // the star takes what `a` has
      } else if (from_a == from_b || from_a == '?' || from_b == '?') {
        next[j + 1] = 1;
      }
    }
    if (from_a == '*') {
      // The star takes any of what `b` has.
      for (size_t j = 0; j < theirs.size(); ++j) {
        if (next[j] != 0) next[j + 1] = 1;
      }
    }
    stars(next);
    reached.swap(next);
  }
  return reached[theirs.size()] != 0;
}

// A star of `part` can be anything, which only a star takes; a `?` of it any character.
bool glob_covers(std::string_view all, std::string_view part) {
  std::vector<char> reached(part.size() + 1, 0);  // by how much of `part` is taken
  reached[0] = 1;
  for (const char from_all : all) {
    std::vector<char> next(part.size() + 1, 0);
    bool open = false;  // a star has begun
    for (size_t i = 0; i <= part.size(); ++i) {
      if (from_all == '*') {
        open = open || reached[i] != 0;
        next[i] = open ? 1 : 0;
      } else if (i > 0 && reached[i - 1] != 0 && part[i - 1] != '*') {
        next[i] = from_all == part[i - 1] || (from_all == '?' && part[i - 1] == '?') ? 1 : 0;
      }
    }
    reached.swap(next);
  }
  return reached[part.size()] != 0;
}

std::string shape_of(const TermPool& terms, TermId term) {
  if (terms.is_const(term)) {
    const std::string_view text = terms.text(term);
    return text.empty() ? "*" : std::string(text);
  }
  if (terms.op(term) != Op::kConcat) return "*";
  std::string shape;
  for (const TermId part : terms.args(term)) {
    const std::string one = shape_of(terms, part);
    if (one == "*" && shape.ends_with('*')) continue;
    shape += one;
  }
  return shape;
}

}  // namespace krules::check
