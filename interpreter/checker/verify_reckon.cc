#include <algorithm>
#include <cmath>

#include "verify_cases.h"

/// What terms can be while values are tried.
namespace krules::check {

Region Cases::arithmetic(Op op, const Region& a, const Region& b) {
  Region made = Region::of_kinds(0);
  made.listed = true;
  constexpr uint16_t kTimes = Region::kDuration | Region::kTimestamp;
  const bool sums = op == Op::kAdd || op == Op::kSubtract;
  const bool time = sums ? a.may_be(kTimes) && b.may_be(kTimes) : a.may_be(kTimes) || b.may_be(kTimes);
  const bool divides = op == Op::kDivide || op == Op::kIntDivide || op == Op::kModulo;
  if (time) made.kinds |= Region::kDuration | Region::kTimestamp | (divides ? Region::kNumbers : 0);
  if (op == Op::kAdd && a.may_be(Region::kText | Region::kList) && b.may_be(Region::kText | Region::kList)) {
    made.kinds |= Region::kText | Region::kList;
    made.listed = false;
  }
  if (!a.may_be(Region::kNumbers) || !b.may_be(Region::kNumbers)) return made;
  const bool whole =
      (a.kinds & Region::kNumbers) == Region::kInt && (b.kinds & Region::kNumbers) == Region::kInt;
  made.kinds |= whole && op != Op::kDivide ? +Region::kInt : Region::kNumbers;
  if (time && divides) return made;
  double low = -Region::kInfinity;
  double high = Region::kInfinity;
  switch (op) {
    case Op::kAdd:
      low = a.low + b.low;
      high = a.high + b.high;
      break;
    case Op::kSubtract:
      low = a.low - b.high;
      high = a.high - b.low;
      break;
    case Op::kMultiply:
      if (std::isfinite(a.low) && std::isfinite(a.high) && std::isfinite(b.low) && std::isfinite(b.high)) {
        const double all[] = {a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high};
        low = *std::min_element(std::begin(all), std::end(all));
        high = *std::max_element(std::begin(all), std::end(all));
      } else if (a.low >= 0 && b.low >= 0) {
        low = a.low * b.low;
      }
      break;
    case Op::kDivide:
    case Op::kIntDivide:
      if (op == Op::kIntDivide && whole && b.low >= 1 && b.low == b.high) {
        low = std::floor(a.low / b.low);
        high = std::floor(a.high / b.low);
      } else if (b.low >= 1 && a.low >= 0) {
        low = 0;
        high = a.high;
      }
      break;
    case Op::kModulo:
      if (b.low > 0) {
        low = 0;
        high = whole ? b.high - 1 : b.high;
      }
      break;
    default:
      break;
  }
  made.low = std::isnan(low) || std::abs(low) > Region::kExact ? -Region::kInfinity : low;
  made.high = std::isnan(high) || std::abs(high) > Region::kExact ? Region::kInfinity : high;
  return made;
}

Region Cases::evaluate(TermId term) {
  if (terms_.is_const(term)) return Region::of(terms_.value(term), term);
  const auto known = now_.find(term);
  if (known != now_.end()) return known->second;
  if (is_variable(term)) return known_(term);
  Region made = reckoned(term);
  if (const auto asked = asked_.find(term); asked != asked_.end()) {
    made.meet(asked->second);
    made.tighten();
  }
  return made;
}

// The difference of two numbers has the sign of what stands between them.
Region Cases::difference(TermId term) {
  const TermId a = terms_.arg(term, 0);
  const TermId b = terms_.arg(term, 1);
  const Region x = evaluate(a);
  const Region y = evaluate(b);
  Region made = arithmetic(Op::kSubtract, x, y);
  if (!x.is_number() || !y.is_number()) return made;
  const uint8_t orders = order(a, b);
  const double least = made.is_whole() && (orders & kSame) == 0 ? 1 : 0;
  if ((orders & kBelow) == 0) made.low = std::max(made.low, least);
  if ((orders & kAbove) == 0) made.high = std::min(made.high, -least);
  return made;
}

// Of min, max, clamp and abs. Numbers go with numbers, or the call fails.
Region Cases::chosen_by_call(TermId term) {
  std::vector<Region> args;
  bool is_number = false;
  for (const TermId arg : terms_.args(term).subspan(1)) {
    args.push_back(evaluate(arg));
    if (args.back().kinds == 0) return Region::none();
    is_number = is_number || args.back().is_number();
  }
  if (!is_number) return {};
  Region made = Region::none();
  for (Region& arg : args) {
    arg.kinds &= Region::kNumbers;
    if (arg.kinds == 0) return Region::none();
    made.join(arg);
  }
  made.low_open = made.high_open = false;
  const Region& first = args.front();
  if (is_call(term, "min", 2)) made.high = std::min(first.high, args[1].high);
  if (is_call(term, "max", 2)) made.low = std::max(first.low, args[1].low);
  if (is_call(term, "clamp", 3)) {
    made.low = std::max(args[1].low, std::min(first.low, args[2].low));
    made.high = std::min(args[2].high, std::max(first.high, args[1].high));
  }
  if (is_call(term, "abs", 1)) {
    made.high = std::max(std::abs(first.low), std::abs(first.high));
    made.low = std::max({0.0, first.low, -first.high});
  }
  return made;
}

Region Cases::reckoned(TermId term) {
  const Op op = terms_.op(term);
  switch (op) {
    case Op::kNegate:
      return arithmetic(Op::kSubtract, Region::of(Value::integer(0), 0), evaluate(terms_.arg(term, 0)));
    case Op::kSubtract:
      return difference(term);
    case Op::kAdd:
    case Op::kMultiply:
    case Op::kDivide:
    case Op::kIntDivide:
    case Op::kModulo:
      return arithmetic(op, evaluate(terms_.arg(term, 0)), evaluate(terms_.arg(term, 1)));
    case Op::kCoalesce: {
      Region first = evaluate(terms_.arg(term, 0));
      if (!first.may_be(Region::kNull)) return first;
      first.kinds &= static_cast<uint16_t>(~Region::kNull);
      first.join(evaluate(terms_.arg(term, 1)));
      return first;
    }
    case Op::kIf: {
      const uint8_t chosen = test(terms_.arg(term, 0));
      Region made = Region::none();
      if ((chosen & kHolds) != 0) made.join(evaluate(terms_.arg(term, 1)));
      if ((chosen & kFails) != 0) made.join(evaluate(terms_.arg(term, 2)));
      return made;
    }
    case Op::kCall:
      return chosen_by_call(term);
    case Op::kList:
      return Region::of_kinds(Region::kList);
    case Op::kMap:
      return Region::of_kinds(Region::kMap);
    case Op::kNot:
    case Op::kAnd:
    case Op::kOr:
    case Op::kEqual:
    case Op::kLess:
    case Op::kLessEqual:
    case Op::kIn:
    case Op::kHas: {
      const uint8_t outcome = test(term);
      Region made = Region::none();
      if ((outcome & kHolds) != 0) made.kinds |= Region::kTrue;
      if ((outcome & kFails) != 0) made.kinds |= Region::kFalse;
      return made;
    }
    default:
      return {};
  }
}

// The argument that min, max, clamp or abs gives. Where two are equal it may be either: that is the same only
// where both are of one kind.
TermId Cases::chosen_argument(TermId term) {
  const std::vector<TermId> args(terms_.args(term).begin() + 1, terms_.args(term).end());
  const auto stands = [&](TermId a, TermId b, uint8_t wanted) {
    const uint8_t orders = order(a, b);
    const bool alike = evaluate(a).is_whole() && evaluate(b).is_whole();
    return orders != 0 && (orders & ~(alike ? wanted | kSame : wanted)) == 0;
  };
  if (is_call(term, "abs", 1)) {
    const Region of = evaluate(args[0]);
    return of.is_number() && of.low >= 0 ? chosen(args[0]) : term;
  }
  if (is_call(term, "clamp", 3)) {
    const Region low = evaluate(args[1]);
    const Region high = evaluate(args[2]);
    const Region of = evaluate(args[0]);
    if (!of.is_number() || !low.is_number() || !high.is_number()) return term;
    if (stands(args[0], args[1], kBelow)) return chosen(args[1]);
    if (stands(args[0], args[2], kAbove)) return chosen(args[2]);
    // What is equal to a bound is given itself.
    const uint8_t inside = order(args[0], args[1]) & kBelow;
    return inside == 0 && (order(args[0], args[2]) & kAbove) == 0 ? chosen(args[0]) : term;
  }
  const bool least = is_call(term, "min", 2);
  if (stands(args[0], args[1], kBelow)) return chosen(args[least ? 0 : 1]);
  if (stands(args[0], args[1], kAbove)) return chosen(args[least ? 1 : 0]);
  return term;
}

// Of values of which one counts the one that does, where that is known now.
TermId Cases::chosen(TermId term) {
  const Op op = terms_.op(term);
  if (op == Op::kCoalesce) {
    const Region first = evaluate(terms_.arg(term, 0));
    if (!first.may_be(Region::kNull)) return chosen(terms_.arg(term, 0));
    if (first.kinds == Region::kNull) return chosen(terms_.arg(term, 1));
  } else if (op == Op::kIf) {
    const uint8_t outcome = test(terms_.arg(term, 0));
    if (outcome == kHolds) return chosen(terms_.arg(term, 1));
    if (outcome == kFails) return chosen(terms_.arg(term, 2));
  } else if (op == Op::kCall && !is_variable(term)) {
    return chosen_argument(term);
  }
  return term;
}

// ---------------------------------------------------------------- sums

void Cases::Sum::add(const Sum& other, double factor) {
  for (const auto& [part, count] : other.parts) parts[part] += count * factor;
  constant += other.constant * factor;
  exact = exact && other.exact;
  is_known = is_known && other.is_known;
}

Cases::Sum Cases::sum(TermId term) {
  term = chosen(term);
  Sum made;
  if (terms_.is_const(term)) {
    const Value& value = terms_.value(term);
    made.is_known = value.is_number() && std::abs(value.as_number()) < Region::kExact;
    if (made.is_known) made.constant = value.as_number();
    made.exact = value.is(ValueKind::kInt);
    return made;
  }
  const Op op = terms_.op(term);
  if (op == Op::kAdd || op == Op::kSubtract) {
    made.add(sum(terms_.arg(term, 0)), 1);
    made.add(sum(terms_.arg(term, 1)), op == Op::kAdd ? 1 : -1);
    return made;
  }
  if (op == Op::kNegate) {
    made.add(sum(terms_.arg(term, 0)), -1);
    return made;
  }
  if (op == Op::kMultiply) {
    const TermId a = terms_.arg(term, 0);
    const TermId b = terms_.arg(term, 1);
    if (terms_.is_const(b) || terms_.is_const(a)) {
      const Sum factor = sum(terms_.is_const(b) ? b : a);
      made.add(sum(terms_.is_const(b) ? a : b), factor.constant);
      made.exact = made.exact && factor.exact;
      made.is_known = made.is_known && factor.is_known;
      return made;
    }
  }
  const auto known = now_.find(term);
  made.exact = known != now_.end() ? known->second.is_whole() : evaluate(term).is_whole();
  made.parts[term] = 1;
  return made;
}

// From where to where a sum of whole numbers can be, by what each part can be.
Cases::Bounds Cases::bounds_by_parts(const Sum& sum) {
  Bounds made{sum.constant, sum.constant};
  for (const auto& [part, factor] : sum.parts) {
    if (factor == 0) continue;
    const Region region = evaluate(part);
    made.low += factor > 0 ? factor * region.low : factor * region.high;
    made.high += factor > 0 ? factor * region.high : factor * region.low;
  }
  if (std::isnan(made.low) || std::abs(made.low) > Region::kExact) made.low = -Region::kInfinity;
  if (std::isnan(made.high) || std::abs(made.high) > Region::kExact) made.high = Region::kInfinity;
  return made;
}

// By what either argument makes of it, where the lesser or the greater of two is a part.
void Cases::narrow_by_choice(const Sum& sum, Bounds& made) {
  if (choices_ == kMostChoices) return;
  ++choices_;
  for (const auto& [part, factor] : sum.parts) {
    const bool least = is_call(part, "min", 2);
    if (factor == 0 || (!least && !is_call(part, "max", 2))) continue;
    Bounds of[2];
    bool known = true;
    for (const size_t i : {0, 1}) {
      const Sum argument = this->sum(terms_.arg(part, i + 1));
      known = known && argument.is_known && argument.exact;
      if (!known) break;
      Sum rest = sum;
      rest.parts.erase(part);
      rest.add(argument, factor);
      of[i] = bounds(rest);
    }
    if (!known) continue;
    // The least of two is not more than each of them.
    const bool below_both = least == (factor > 0);
    const auto [low, high] = std::minmax(of[0].low, of[1].low);
    const auto [lower, higher] = std::minmax(of[0].high, of[1].high);
    made.low = std::max(made.low, below_both ? low : high);
    made.high = std::min(made.high, below_both ? lower : higher);
  }
  --choices_;
}

// And by what one of the conditions says: a is below b, so b - a is at least 1.
Cases::Bounds Cases::bounds(const Sum& sum) {
  Bounds made = bounds_by_parts(sum);
  narrow_by_choice(sum, made);
  if (looks_at_facts_) return made;
  looks_at_facts_ = true;
  for (const Fact& fact : facts_) {
    Sum gap = this->sum(fact.high);
    gap.add(this->sum(fact.low), -1);
    if (!gap.is_known || !gap.exact) continue;
    const double least = fact.strict ? 1 : 0;
    Sum rest = sum;
    rest.add(gap, -1);
    made.low = std::max(made.low, bounds_by_parts(rest).low + least);
    if (fact.equal) made.high = std::min(made.high, bounds_by_parts(rest).high);
    rest = sum;
    rest.add(gap, 1);
    made.high = std::min(made.high, bounds_by_parts(rest).high - least);
    if (fact.equal) made.low = std::max(made.low, bounds_by_parts(rest).low);
  }
  looks_at_facts_ = false;
  return made;
}

// Without the first part that is a whole number divided: n times the sum, with `x - r` for `n (x div n)`,
// where r is from 0 to n - 1.
bool Cases::multiply_out(Sum& sum, double& by, Bounds& more) {
  for (const auto& [part, factor] : sum.parts) {
    if (factor == 0 || terms_.op(part) != Op::kIntDivide || !terms_.is_const(terms_.arg(part, 1))) continue;
    const Value& value = terms_.value(terms_.arg(part, 1));
    const Sum divided = this->sum(terms_.arg(part, 0));
    if (!value.is(ValueKind::kInt) || value.as_int() < 1 || value.as_int() > 1'000'000) continue;
    if (!divided.is_known || !divided.exact) continue;
    by = static_cast<double>(value.as_int());
    more = {std::min(0.0, -factor * (by - 1)), std::max(0.0, -factor * (by - 1))};
    Sum made;
    const TermId gone = part;
    const double times = factor;
    made.add(sum, by);
    made.parts.erase(gone);
    made.add(divided, times);
    sum = std::move(made);
    return true;
  }
  return false;
}

// Both are numbers.
uint8_t Cases::order_by_sum(TermId a, TermId b) {
  Sum one = sum(a);
  one.add(sum(b), -1);
  if (!one.is_known || !one.exact) return kAllOrders;
  Bounds gap = bounds(one);
  double by = 1;
  Bounds more{0, 0};
  if (multiply_out(one, by, more)) {
    const Bounds other = bounds(one);
    gap.low = std::max(gap.low, (other.low + more.low) / by);
    gap.high = std::min(gap.high, (other.high + more.high) / by);
  }
  uint8_t orders = 0;
  if (gap.low < 0) orders |= kBelow;
  if (gap.low <= 0 && gap.high >= 0) orders |= kSame;
  if (gap.high > 0) orders |= kAbove;
  return orders;
}

}  // namespace krules::check
