#include "krules/glob.h"

#include <cstddef>

namespace krules {

namespace {

size_t next_code_point(std::string_view text, size_t at) {
  ++at;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
  return at;
}

}  // namespace

Glob::Glob(std::string_view pattern) : pattern_(pattern) {
  const size_t wild = pattern.find_first_of("*?");
  if (wild == std::string_view::npos) {
    shape_ = Shape::kExact;
  } else if (pattern == "*") {
    shape_ = Shape::kAny;
  } else if (wild == pattern.size() - 1 && pattern[wild] == '*') {
    shape_ = Shape::kPrefix;
    fixed_ = pattern.substr(0, wild);
  } else if (wild == 0 && pattern[0] == '*' && pattern.find_first_of("*?", 1) == std::string_view::npos) {
    shape_ = Shape::kSuffix;
    fixed_ = pattern.substr(1);
  } else {
    shape_ = Shape::kGeneral;
  }
}

// Greedy with one point of return: linear in practice, at worst pattern x text.
bool Glob::matches_general(std::string_view text) const {
  const std::string_view pattern = pattern_;
  size_t p = 0;
  size_t t = 0;
  size_t star = std::string_view::npos;
  size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == '?') {
      ++p;
      t = next_code_point(text, t);
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      resume = next_code_point(text, resume);
      t = resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace krules
