#include "value_set.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace krules::check {

namespace {

constexpr size_t kMostListed = 24;
/// Whole numbers up to here are exact as doubles; of larger ones it is only known that they are larger.
constexpr double kExact = 9e15;

uint16_t kind_bit(const Value& value) {
  switch (value.kind()) {
    case ValueKind::kNull:
      return ValueSet::kNull;
    case ValueKind::kBool:
      return value.as_bool() ? ValueSet::kTrue : ValueSet::kFalse;
    case ValueKind::kInt:
      return ValueSet::kInt;
    case ValueKind::kFloat:
      return ValueSet::kFloat;
    case ValueKind::kString:
      return ValueSet::kString;
    case ValueKind::kDuration:
      return ValueSet::kDuration;
    case ValueKind::kTimestamp:
      return ValueSet::kTimestamp;
    case ValueKind::kList:
      return ValueSet::kList;
    case ValueKind::kMap:
      return ValueSet::kMap;
    default:
      return ValueSet::kAll;
  }
}

void keep_sorted(std::vector<TermId>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

std::vector<TermId> both(const std::vector<TermId>& a, const std::vector<TermId>& b) {
  std::vector<TermId> result;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(result));
  return result;
}

std::vector<TermId> less(const std::vector<TermId>& a, const std::vector<TermId>& b) {
  std::vector<TermId> result;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(result));
  return result;
}

std::vector<TermId> either(const std::vector<TermId>& a, const std::vector<TermId>& b) {
  std::vector<TermId> result;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(result));
  return result;
}

}  // namespace

ValueSet ValueSet::nothing() {
  return of_kinds(0);
}

ValueSet ValueSet::of_kinds(uint16_t kinds) {
  ValueSet set;
  set.kinds = kinds;
  return set;
}

ValueSet ValueSet::of(const TermPool& terms, TermId constant) {
  const Value& value = terms.value(constant);
  ValueSet set = of_kinds(kind_bit(value));
  if (value.is_number()) {
    set.low = set.high = value.as_number();
    // 1 and 1.0 are equal: a set of numbers tells them apart by kind alone.
    if (value.is(ValueKind::kInt) && std::abs(set.low) > kExact) set.low = -kInfinity, set.high = kInfinity;
  }
  if (value.is(ValueKind::kString)) {
    set.strings_listed = true;
    set.strings = {constant};
  }
  return set;
}

void ValueSet::tidy() {
  if (may_be(kNumber)) {
    // Round bounds inwards for integers; leave out ends that are excluded.
    if ((kinds & kNumber) == kInt) {
      bool moved = true;
      while (moved) {
        moved = false;
        if (std::isfinite(low) && (low_open || low != std::floor(low))) {
          low = low_open ? std::floor(low) + 1 : std::ceil(low);
          low_open = false;
        }
        if (std::isfinite(high) && (high_open || high != std::floor(high))) {
          high = high_open ? std::ceil(high) - 1 : std::floor(high);
          high_open = false;
        }
        for (const double excluded : not_numbers) {
          if (excluded == low && low <= high) low += 1, moved = true;
          if (excluded == high && low <= high) high -= 1, moved = true;
        }
      }
    } else {
      for (const double excluded : not_numbers) {
        if (excluded == low) low_open = true;
        if (excluded == high) high_open = true;
      }
    }
    if (low > high || (low == high && (low_open || high_open))) kinds &= static_cast<uint16_t>(~kNumber);
  }
  if (!may_be(kNumber)) {
    low = -kInfinity;
    high = kInfinity;
    low_open = high_open = false;
    not_numbers.clear();
  }
  if (may_be(kString) && strings_listed && strings.empty()) kinds &= static_cast<uint16_t>(~kString);
  if (!may_be(kString)) {
    strings_listed = false;
    strings.clear();
  }
}

bool ValueSet::keep_kinds(uint16_t kept) {
  if ((kinds & kept) == kinds) return false;
  kinds &= kept;
  tidy();
  return true;
}

bool ValueSet::excludes(double number) const {
  return std::find(not_numbers.begin(), not_numbers.end(), number) != not_numbers.end();
}

bool ValueSet::raise_low(double bound, bool open) {
  if (bound < -kExact) return false;
  if (bound > kExact) bound = kExact, open = false;
  if (bound < low || (bound == low && (low_open || !open))) return false;
  low = bound;
  low_open = open;
  tidy();
  return true;
}

bool ValueSet::lower_high(double bound, bool open) {
  if (bound > kExact) return false;
  if (bound < -kExact) bound = -kExact, open = false;
  if (bound > high || (bound == high && (high_open || !open))) return false;
  high = bound;
  high_open = open;
  tidy();
  return true;
}

void ValueSet::exclude(const TermPool& terms, TermId constant) {
  const Value& value = terms.value(constant);
  if (value.is_number()) {
    if (std::abs(value.as_number()) <= kExact && !excludes(value.as_number())) {
      not_numbers.push_back(value.as_number());
      std::sort(not_numbers.begin(), not_numbers.end());
    }
  } else if (value.is(ValueKind::kString)) {
    if (strings_listed) {
      std::erase(strings, constant);
    } else {
      strings.push_back(constant);
      keep_sorted(strings);
    }
  } else if (value.is_null() || value.is(ValueKind::kBool)) {
    kinds &= static_cast<uint16_t>(~kind_bit(value));
  }
  tidy();
}

void ValueSet::meet(const ValueSet& other) {
  // 1 is both an int and a float's equal: sets of values that are compared by `==` meet across the two kinds.
  kinds &= other.kinds;
  if (other.low > low || (other.low == low && other.low_open)) low = other.low, low_open = other.low_open;
  if (other.high < high || (other.high == high && other.high_open))
    high = other.high, high_open = other.high_open;
  for (const double excluded : other.not_numbers) {
    if (std::find(not_numbers.begin(), not_numbers.end(), excluded) == not_numbers.end())
      not_numbers.push_back(excluded);
  }
  std::sort(not_numbers.begin(), not_numbers.end());
  if (may_be(kString)) {
    if (strings_listed && other.strings_listed) {
      strings = both(strings, other.strings);
    } else if (strings_listed) {
      strings = less(strings, other.strings);
    } else if (other.strings_listed) {
      strings = less(other.strings, strings);
      strings_listed = true;
    } else {
      strings = either(strings, other.strings);
    }
  }
  tidy();
}

void ValueSet::join(const ValueSet& other) {
  if (other.may_be(kNumber)) {
    if (!may_be(kNumber)) {
      low = other.low;
      high = other.high;
      low_open = other.low_open;
      high_open = other.high_open;
      not_numbers = other.not_numbers;
    } else {
      std::vector<double> excluded;
      const auto is_in = [](const ValueSet& set, double x) {
        return x >= set.low && x <= set.high && !(x == set.low && set.low_open) &&
               !(x == set.high && set.high_open) &&
               std::find(set.not_numbers.begin(), set.not_numbers.end(), x) == set.not_numbers.end();
      };
      for (const std::vector<double>* list : {&std::as_const(not_numbers), &other.not_numbers}) {
        for (const double x : *list) {
          if (!is_in(*this, x) && !is_in(other, x)) excluded.push_back(x);
        }
      }
      std::sort(excluded.begin(), excluded.end());
      excluded.erase(std::unique(excluded.begin(), excluded.end()), excluded.end());
      if (other.low < low || (other.low == low && !other.low_open))
        low = other.low, low_open = other.low_open;
      if (other.high > high || (other.high == high && !other.high_open))
        high = other.high, high_open = other.high_open;
      not_numbers = std::move(excluded);
    }
  }
  if (other.may_be(kString)) {
    if (!may_be(kString)) {
      strings_listed = other.strings_listed;
      strings = other.strings;
    } else if (strings_listed && other.strings_listed) {
      strings = either(strings, other.strings);
      if (strings.size() > kMostListed) {
        strings_listed = false;
        strings.clear();
      }
    } else if (strings_listed) {
      strings = less(other.strings, strings);
      strings_listed = false;
    } else if (other.strings_listed) {
      strings = less(strings, other.strings);
    } else {
      strings = both(strings, other.strings);
    }
  }
  kinds |= other.kinds;
  tidy();
}

void ValueSet::widen(const ValueSet& other, std::span<const double> stops) {
  const double low_before = may_be(kNumber) ? low : kInfinity;
  const double high_before = may_be(kNumber) ? high : -kInfinity;
  const bool had_numbers = may_be(kNumber);
  join(other);
  if (!had_numbers) return;
  // The signs are worth keeping.
  if (low < low_before) {
    double stop = low >= 0 ? 0 : -kInfinity;
    for (const double each : stops) stop = each <= low ? std::max(stop, each) : stop;
    low = stop;
    low_open = false;
  }
  if (high > high_before) {
    double stop = high <= 0 ? 0 : kInfinity;
    for (const double each : stops) stop = each >= high ? std::min(stop, each) : stop;
    high = stop;
    high_open = false;
  }
}

bool ValueSet::contains(const TermPool& terms, TermId constant) const {
  ValueSet one = of(terms, constant);
  if (one.may_be(kNumber)) one.kinds = kNumber;
  one.meet(*this);
  return !one.is_empty();
}

bool ValueSet::is_single(const TermPool& terms, TermId& value) const {
  if (kinds == kTrue || kinds == kFalse) {
    value = terms.truth(kinds == kTrue);
    return true;
  }
  if (kinds == kNull) {
    value = terms.null();
    return true;
  }
  if (kinds == kString && strings_listed && strings.size() == 1) {
    value = strings.front();
    return true;
  }
  return false;
}

}  // namespace krules::check
