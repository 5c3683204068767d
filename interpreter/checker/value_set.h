#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "term.h"

namespace krules::check {

/// What a term may be: a set of values, described from outside (never less than what is possible).
struct ValueSet {
  enum Kind : uint16_t {
    kNull = 1,  ///< absent properties too
    kFalse = 2,
    kTrue = 4,
    kInt = 8,
    kFloat = 16,
    kString = 32,
    kDuration = 64,
    kTimestamp = 128,
    kList = 256,
    kMap = 512,
    kNumber = kInt | kFloat,
    kAll = 1023,
  };
  static constexpr double kInfinity = std::numeric_limits<double>::infinity();

  uint16_t kinds = kAll;
  // Of its numbers:
  double low = -kInfinity;
  double high = kInfinity;
  bool low_open = false;
  bool high_open = false;
  std::vector<double> not_numbers;
  // Of its strings: these alone, or all but these. Constant terms.
  bool strings_listed = false;
  std::vector<TermId> strings;

  bool is_empty() const { return kinds == 0; }
  /// Nothing but integers.
  bool is_whole() const { return (kinds & ~kInt) == 0; }
  bool is_number() const { return (kinds & ~kNumber) == 0; }
  bool may_be(uint16_t some) const { return (kinds & some) != 0; }

  static ValueSet nothing();
  static ValueSet of_kinds(uint16_t kinds);
  static ValueSet of(const TermPool& terms, TermId constant);

  /// Each returns whether anything changed.
  bool keep_kinds(uint16_t kept);
  bool excludes(double number) const;
  bool raise_low(double bound, bool open);
  bool lower_high(double bound, bool open);
  void exclude(const TermPool& terms, TermId constant);
  void meet(const ValueSet& other);
  void join(const ValueSet& other);
  /// join(), where a bound that still moves goes to infinity.
  void widen(const ValueSet& other, std::span<const double> stops);
  bool contains(const TermPool& terms, TermId constant) const;
  /// Its only value, where it is one string, true or null.
  bool is_single(const TermPool& terms, TermId& value) const;

  bool operator==(const ValueSet& other) const = default;

 private:
  /// Drops kinds of which no value is left, tightens bounds of integers.
  void tidy();
};

}  // namespace krules::check
