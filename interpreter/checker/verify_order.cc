#include <algorithm>
#include <cmath>

#include "krules/glob.h"
#include "verify_cases.h"

/// What is below what, and which conditions hold, while values are tried.
namespace krules::check {

namespace {

/// Floats up to here change when this much is added to them.
constexpr double kDense = 1e9;
constexpr double kNoticed = 1e-5;

}  // namespace

// `n + step` against `n`, floats included: what is not negative makes nothing smaller.
uint8_t Cases::order_by_step(TermId a, TermId b) {
  const Op op = terms_.op(a);
  if (is_call(a, "abs", 1)) {
    const bool of_it = chosen(terms_.arg(a, 1)) == b && evaluate(b).is_number();
    return of_it ? kAbove | kSame : kAllOrders;
  }
  if (is_call(a, "min", 2) || is_call(a, "max", 2)) {
    if (chosen(terms_.arg(a, 1)) != b && chosen(terms_.arg(a, 2)) != b) return kAllOrders;
    if (!evaluate(a).is_number()) return kAllOrders;
    return is_call(a, "min", 2) ? kBelow | kSame : kAbove | kSame;
  }
  if (op == Op::kModulo && chosen(terms_.arg(a, 1)) == b) {
    // The rest is less than what was divided by; of floats it may be rounded up to that.
    const Region by = evaluate(b);
    if (!by.is_number() || by.low < 0 || (by.low == 0 && !by.low_open)) return kAllOrders;
    return by.is_whole() && evaluate(terms_.arg(a, 0)).is_whole() ? kBelow : kBelow | kSame;
  }
  if (!is_reckoned(op) || terms_.args(a).size() != 2 || chosen(terms_.arg(a, 0)) != b) return kAllOrders;
  const Region from = evaluate(b);
  const Region by = evaluate(terms_.arg(a, 1));
  if (!from.is_number() || !by.is_number()) return kAllOrders;
  const bool positive = from.low >= 0;
  bool up = false;
  bool down = false;
  switch (op) {
    case Op::kAdd:
      up = by.low >= 0;
      down = by.high <= 0;
      break;
    case Op::kSubtract:
      up = by.high <= 0;
      down = by.low >= 0;
      break;
    case Op::kMultiply:
      up = positive && by.low >= 1;
      down = positive && by.low >= 0 && by.high <= 1;
      break;
    case Op::kDivide:
    case Op::kIntDivide:
      down = positive && by.low >= 1;
      break;
    case Op::kModulo:
      down = positive && by.low > 0;
      break;
    default:
      break;
  }
  uint8_t orders = kBelow | kSame | kAbove;
  if (up) orders &= static_cast<uint8_t>(~kBelow);
  if (down) orders &= static_cast<uint8_t>(~kAbove);
  const bool divides = op == Op::kDivide || op == Op::kIntDivide;
  if (divides && by.low >= 2 && (from.low > 0 || (from.low == 0 && from.low_open)))
    orders &= static_cast<uint8_t>(~kSame);
  const double size = std::min(std::abs(by.low), std::abs(by.high));
  if ((op == Op::kAdd || op == Op::kSubtract) && by.low * by.high > 0 && size >= kNoticed &&
      from.low >= -kDense && from.high <= kDense)
    orders &= static_cast<uint8_t>(~kSame);
  return orders;
}

// How a can stand to b. kApart: not equal, and not to be compared as numbers.
uint8_t Cases::order(TermId first, TermId second) {
  const TermId a = chosen(first);
  const TermId b = chosen(second);
  if (a == b) return kSame;
  // Time does not go back.
  if (terms_.op(a) == Op::kNow && terms_.op(b) == Op::kNow)
    return kSame | (terms_[a].epoch > terms_[b].epoch ? kAbove : kBelow);
  uint8_t orders = 0;
  const Region x = evaluate(a);
  const Region y = evaluate(b);
  if (x.may_be(Region::kNumbers) && y.may_be(Region::kNumbers)) {
    uint8_t numbers = 0;
    if (x.low < y.high) numbers |= kBelow;
    if (x.high > y.low) numbers |= kAbove;
    const bool touch_low = x.low < y.high || (x.low == y.high && !x.low_open && !y.high_open);
    const bool touch_high = x.high > y.low || (x.high == y.low && !x.high_open && !y.low_open);
    if (touch_low && touch_high) numbers |= kSame;
    if (x.is_number() && y.is_number()) {
      numbers &= order_by_sum(a, b) & order_by_step(a, b);
      const uint8_t turned = order_by_step(b, a);
      uint8_t allowed = turned & kSame;
      if ((turned & kBelow) != 0) allowed |= kAbove;
      if ((turned & kAbove) != 0) allowed |= kBelow;
      numbers &= allowed;
    }
    orders |= numbers;
  }
  const auto common = static_cast<uint16_t>(x.kinds & y.kinds & ~Region::kNumbers);
  if ((common & (Region::kDuration | Region::kTimestamp)) != 0) orders |= kBelow | kSame | kAbove;
  if ((common & (Region::kList | Region::kMap)) != 0) orders |= kSame | kApart;
  if ((common & (Region::kNull | Region::kTrue | Region::kFalse)) != 0) orders |= kSame;
  if ((common & Region::kText) != 0) {
    Region both = Region::of_kinds(Region::kText);
    both.meet(x);
    both.meet(y);
    if (both.kinds != 0) orders |= kSame;
    const bool one_text = x.listed && y.listed && x.texts.size() == 1 && x.texts == y.texts;
    if (!one_text) orders |= kBelow | kAbove;
  }
  // Of different kinds.
  const auto group = [](uint16_t kinds) {
    uint16_t made = kinds & static_cast<uint16_t>(~Region::kNumbers);
    if ((kinds & Region::kNumbers) != 0) made |= Region::kInt;
    return made;
  };
  const uint16_t one = group(x.kinds);
  const uint16_t other = group(y.kinds);
  if (one != other || (one & (one - 1)) != 0) orders |= kApart;
  if (const auto known = orders_.find({first, second}); known != orders_.end()) orders &= known->second;
  if (const auto known = orders_.find({a, b}); known != orders_.end()) orders &= known->second;
  return orders;
}

// Of a text that is one of some; 0 where that is not known.
uint8_t Cases::test_text(TermId term) {
  const bool is_glob = terms_.op(term) == Op::kMatches;
  const TermId pattern = terms_.arg(term, is_glob ? 1 : 2);
  const Region of = evaluate(terms_.arg(term, is_glob ? 0 : 1));
  if (!terms_.is_const(pattern) || !terms_.value(pattern).is(ValueKind::kString) ||
      of.kinds != Region::kText || !of.listed)
    return 0;
  const std::string wanted(terms_.text(pattern));
  const Glob glob(is_glob ? wanted : "");
  uint8_t made = 0;
  for (const TermId each : of.texts) {
    const std::string_view text = terms_.text(each);
    const bool fits = is_glob                           ? glob.matches(text)
                      : is_call(term, "starts_with", 2) ? text.starts_with(wanted)
                      : is_call(term, "ends_with", 2)   ? text.ends_with(wanted)
                                                        : text.find(wanted) != std::string_view::npos;
    made |= fits ? kHolds : kFails;
  }
  return made;
}

uint8_t Cases::test(TermId term) {
  const Op op = terms_.op(term);
  const auto of_orders = [](uint8_t orders, uint8_t wanted, bool ordered) {
    uint8_t made = 0;
    if ((orders & wanted) != 0) made |= kHolds;
    if (ordered && (orders & kApart) != 0) made |= kError;
    if ((orders & ~wanted & ~(ordered ? kApart : 0)) != 0) made |= kFails;
    return made;
  };
  switch (op) {
    case Op::kNot: {
      const uint8_t inner = test(terms_.arg(term, 0));
      uint8_t made = inner & kError;
      if ((inner & kHolds) != 0) made |= kFails;
      if ((inner & kFails) != 0) made |= kHolds;
      return made;
    }
    case Op::kAnd:
    case Op::kOr: {
      // One side decides alone, whatever the other one does.
      const uint8_t winner = op == Op::kAnd ? kFails : kHolds;
      const uint8_t loser = op == Op::kAnd ? kHolds : kFails;
      const uint8_t a = test(terms_.arg(term, 0));
      const uint8_t b = test(terms_.arg(term, 1));
      uint8_t made = (a | b) & winner;
      if (a == 0 || b == 0) return 0;
      made |= a & b & loser;
      if (((a & kError) != 0 && (b & ~winner) != 0) || ((b & kError) != 0 && (a & ~winner) != 0))
        made |= kError;
      return made;
    }
    case Op::kEqual:
      return of_orders(order(terms_.arg(term, 0), terms_.arg(term, 1)), kSame, false);
    case Op::kLess:
    case Op::kLessEqual: {
      const TermId a = terms_.arg(term, 0);
      const TermId b = terms_.arg(term, 1);
      uint8_t orders = order(a, b);
      // What is equal and no number, text or time is an error.
      const uint16_t ordered = Region::kNumbers | Region::kText | Region::kDuration | Region::kTimestamp;
      if (!evaluate(a).may_be(ordered) || !evaluate(b).may_be(ordered)) orders = kApart;
      return of_orders(orders, op == Op::kLess ? kBelow : kBelow | kSame, true);
    }
    case Op::kIn: {
      const TermId list = chosen(terms_.arg(term, 1));
      if (is_call(list, "append", 2)) {
        // What it was put behind, or what was in it.
        if (order(terms_.arg(term, 0), terms_.arg(list, 2)) == kSame) return kHolds;
        return kHolds | kFails | kError;
      }
      const TermId wanted = terms_.arg(term, 0);
      std::vector<TermId> items;
      if (terms_.op(list) == Op::kList) {
        items.assign(terms_.args(list).begin(), terms_.args(list).end());
      } else if (terms_.is_const(list) && terms_.value(list).is(ValueKind::kList)) {
        const auto values = terms_.value(list).as_list().items();
        for (const Value& item : std::vector<Value>(values.begin(), values.end()))
          items.push_back(terms_.constant(item));
      } else {
        return kHolds | kFails | kError;
      }
      uint8_t made = kFails;
      for (const TermId item : items) {
        const uint8_t orders = order(wanted, item);
        if (orders == kSame) return kHolds;
        if ((orders & kSame) != 0) made |= kHolds;
      }
      return made;
    }
    case Op::kHas: {
      const Region of = evaluate(terms_.arg(term, 0));
      return of.may_be(Region::kNull) ? kHolds | kFails : kHolds;
    }
    case Op::kMatches:
    case Op::kCall:
      if (is_text_test(term)) {
        const uint8_t made = test_text(term);
        if (made != 0) return made;
      }
      break;
    default:
      break;
  }
  const Region is = evaluate(term);
  uint8_t made = 0;
  if (is.may_be(Region::kTrue)) made |= kHolds;
  if (is.may_be(Region::kFalse | Region::kNull)) made |= kFails;
  if ((is.kinds & ~(Region::kTruths | Region::kNull)) != 0) made |= kError;
  return made;
}

}  // namespace krules::check
