#pragma once

#include <string>
#include <string_view>

namespace krules {

/// A pattern over whole names: `*` is any run of characters (dots included), `?` exactly one character (a
/// code point). The one matcher that rules, commands and the checker use.
class Glob {
 public:
  Glob() = default;
  explicit Glob(std::string_view pattern);

  bool matches(std::string_view text) const {
    switch (shape_) {
      case Shape::kExact:
        return text == pattern_;
      case Shape::kPrefix:
        return text.starts_with(fixed_);
      case Shape::kSuffix:
        return text.ends_with(fixed_);
      case Shape::kAny:
        return true;
      case Shape::kGeneral:
        return matches_general(text);
    }
    return false;
  }
  const std::string& pattern() const { return pattern_; }
  /// No `*` and no `?`: matches that one text.
  bool is_exact() const { return shape_ == Shape::kExact; }

 private:
  enum class Shape : unsigned char { kExact, kPrefix, kSuffix, kAny, kGeneral };
  bool matches_general(std::string_view text) const;

  std::string pattern_;
  std::string fixed_;  // the prefix or suffix
  Shape shape_ = Shape::kExact;
};

}  // namespace krules
