#include "verify_cases.h"

#include <algorithm>
#include <cmath>

#include "krules/glob.h"

namespace krules::check {

namespace {

constexpr uint16_t kNumbers = Region::kInt | Region::kFloat;
constexpr uint16_t kTruths = Region::kTrue | Region::kFalse;
/// Integers up to here are exact as doubles.
constexpr double kExact = 9e15;
/// Floats up to here change when this much is added to them.
constexpr double kDense = 1e9;
constexpr double kNoticed = 1e-5;

bool is_sum(Op op) {
  return op == Op::kAdd || op == Op::kSubtract || op == Op::kMultiply || op == Op::kNegate;
}

bool is_reckoned(Op op) {
  return is_sum(op) || op == Op::kDivide || op == Op::kIntDivide || op == Op::kModulo;
}

}  // namespace

Region Region::none() {
  Region made;
  made.kinds = 0;
  made.low = kInfinity;
  made.high = -kInfinity;
  made.listed = true;
  return made;
}

Region Region::of_kinds(uint16_t kinds) {
  Region made;
  made.kinds = kinds;
  return made;
}

Region Region::number(uint16_t kinds, double low, double high, bool open) {
  Region made = of_kinds(kinds);
  made.low = low;
  made.high = high;
  made.low_open = made.high_open = open;
  return made;
}

Region Region::of(const Value& value, TermId text) {
  Region made = none();
  switch (value.kind()) {
    case ValueKind::kNull:
      made.kinds = kNull;
      break;
    case ValueKind::kBool:
      made.kinds = value.as_bool() ? kTrue : kFalse;
      break;
    case ValueKind::kInt:
    case ValueKind::kFloat:
      made.kinds = value.is(ValueKind::kInt) ? kInt : kFloat;
      made.low = made.high = value.as_number();
      if (std::abs(made.low) > kExact) {
        made.low = -kInfinity;
        made.high = kInfinity;
      }
      break;
    case ValueKind::kString:
      made.kinds = kText;
      made.texts = {text};
      break;
    case ValueKind::kDuration:
      made.kinds = kDuration;
      break;
    case ValueKind::kTimestamp:
      made.kinds = kTimestamp;
      break;
    case ValueKind::kList:
      made.kinds = kList;
      break;
    case ValueKind::kMap:
      made.kinds = kMap;
      break;
    default:
      return {};
  }
  return made;
}

void Region::join(const Region& other) {
  if (other.may_be(kNumbers)) {
    if (!may_be(kNumbers) || other.low < low) {
      low = other.low;
      low_open = other.low_open;
    } else if (other.low == low) {
      low_open = low_open && other.low_open;
    }
    if (!may_be(kNumbers) || other.high > high) {
      high = other.high;
      high_open = other.high_open;
    } else if (other.high == high) {
      high_open = high_open && other.high_open;
    }
  }
  if (other.may_be(kText)) {
    if (!may_be(kText)) {
      listed = other.listed;
      texts = other.texts;
    } else {
      std::vector<TermId> both;
      if (listed == other.listed) {
        if (listed) {
          std::set_union(texts.begin(), texts.end(), other.texts.begin(), other.texts.end(),
                         std::back_inserter(both));
        } else {
          std::set_intersection(texts.begin(), texts.end(), other.texts.begin(), other.texts.end(),
                                std::back_inserter(both));
        }
      } else {
        const Region& open = listed ? other : *this;
        const Region& shut = listed ? *this : other;
        std::set_difference(open.texts.begin(), open.texts.end(), shut.texts.begin(), shut.texts.end(),
                            std::back_inserter(both));
        listed = false;
      }
      texts = std::move(both);
    }
  }
  kinds |= other.kinds;
}

void Region::meet(const Region& other) {
  kinds &= other.kinds;
  if (may_be(kNumbers)) {
    if (other.low > low || (other.low == low && other.low_open)) {
      low = other.low;
      low_open = other.low_open;
    }
    if (other.high < high || (other.high == high && other.high_open)) {
      high = other.high;
      high_open = other.high_open;
    }
    if (low > high || (low == high && (low_open || high_open))) kinds &= static_cast<uint16_t>(~kNumbers);
  }
  if (may_be(kText)) {
    std::vector<TermId> both;
    if (listed && other.listed) {
      std::set_intersection(texts.begin(), texts.end(), other.texts.begin(), other.texts.end(),
                            std::back_inserter(both));
    } else if (!listed && !other.listed) {
      std::set_union(texts.begin(), texts.end(), other.texts.begin(), other.texts.end(),
                     std::back_inserter(both));
    } else {
      const Region& open = listed ? other : *this;
      const Region& shut = listed ? *this : other;
      std::set_difference(shut.texts.begin(), shut.texts.end(), open.texts.begin(), open.texts.end(),
                          std::back_inserter(both));
      listed = true;
    }
    texts = std::move(both);
    if (listed && texts.empty()) kinds &= static_cast<uint16_t>(~kText);
  }
}

bool Cases::is_call(TermId term, std::string_view name, size_t arguments) const {
  return terms_.op(term) == Op::kCall && terms_.args(term).size() == arguments + 1 &&
         terms_.text(terms_.arg(term, 0)) == name;
}

bool Cases::is_variable(TermId term) const {
  if (is_call(term, "min", 2) || is_call(term, "max", 2)) return false;
  const Op op = terms_.op(term);
  return is_local(op) || op == Op::kNow || op == Op::kParam || op == Op::kField || op == Op::kConcat ||
         op == Op::kCall || op == Op::kPower || op == Op::kMatches;
}

// ---------------------------------------------------------------- what the conditions speak of

void Cases::flatten(const Literal& literal) {
  const Op op = terms_.op(literal.term);
  if (op == Op::kNot) return flatten({terms_.arg(literal.term, 0), !literal.truth});
  if ((op == Op::kAnd && literal.truth) || (op == Op::kOr && !literal.truth)) {
    const TermId sides[] = {terms_.arg(literal.term, 0), terms_.arg(literal.term, 1)};
    for (const TermId side : sides) flatten({side, literal.truth});
    return;
  }
  literals_.push_back(literal);
}

// Not into what tells 1 from 1.0.
TermId Cases::replaced(TermId term, TermId from, TermId to, bool in_sums) {
  if (term == from) return to;
  const Term node = terms_[term];
  if (is_reckoned(node.op) && !in_sums) return term;
  if (node.count == 0 || is_variable(term) || node.op == Op::kList || node.op == Op::kMap ||
      node.op == Op::kDivide || node.op == Op::kIntDivide || node.op == Op::kModulo)
    return term;
  std::vector<TermId> args(terms_.args(term).begin(), terms_.args(term).end());
  bool changed = false;
  for (TermId& arg : args) {
    const TermId made = replaced(arg, from, to, in_sums);
    changed |= made != arg;
    arg = made;
  }
  return changed ? terms_.apply(node.op, args) : term;
}

// Two variables that are equal are one.
void Cases::substitute() {
  for (size_t i = 0; i < literals_.size(); ++i) {
    const Literal literal = literals_[i];
    if (!literal.truth || terms_.op(literal.term) != Op::kEqual) continue;
    TermId from = terms_.arg(literal.term, 1);
    TermId to = terms_.arg(literal.term, 0);
    if (from == to || !is_variable(from) || !is_variable(to)) continue;
    // Sums of integers are exact, of the same as a float they may not be.
    const bool in_sums = !known_(from).may_be(Region::kFloat) && !known_(to).may_be(Region::kFloat);
    for (size_t k = 0; k < literals_.size(); ++k) {
      if (k != i) literals_[k].term = replaced(literals_[k].term, from, to, in_sums);
    }
  }
}

void Cases::note_order(const Literal& literal) {
  const Op op = terms_.op(literal.term);
  if (op != Op::kEqual && op != Op::kLess && op != Op::kLessEqual) return;
  const TermId a = terms_.arg(literal.term, 0);
  const TermId b = terms_.arg(literal.term, 1);
  uint8_t allowed = op == Op::kEqual ? kSame : op == Op::kLess ? kBelow : kBelow | kSame;
  if (!literal.truth) allowed = static_cast<uint8_t>(kAllOrders & ~allowed);
  if (op != Op::kEqual) allowed &= static_cast<uint8_t>(~kApart);
  const auto note = [&](TermId x, TermId y, uint8_t mask) {
    const auto [place, is_new] = orders_.try_emplace({x, y}, mask);
    if (!is_new) place->second &= mask;
  };
  note(a, b, allowed);
  uint8_t turned = allowed & static_cast<uint8_t>(kSame | kApart);
  if ((allowed & kBelow) != 0) turned |= kAbove;
  if ((allowed & kAbove) != 0) turned |= kBelow;
  note(b, a, turned);
}

void Cases::find_variables(TermId term) {
  if (terms_.is_const(term)) return;
  if (is_variable(term)) {
    if (now_.count(term) == 0) {
      now_.emplace(term, known_(term));
      variables_.push_back({term, {}});
    }
    if (terms_.op(term) != Op::kMatches) return;
  }
  const std::vector<TermId> args(terms_.args(term).begin(), terms_.args(term).end());
  for (const TermId arg : args) find_variables(arg);
}

void Cases::find_constants(TermId term) {
  const auto add_point = [&](double point) {
    if (std::abs(point) <= kExact && std::find(points_.begin(), points_.end(), point) == points_.end() &&
        points_.size() < kMostPoints)
      points_.push_back(point);
  };
  const auto add = [&](const Value& value, TermId id) {
    if (value.is_number()) add_point(value.as_number());
    if (value.is(ValueKind::kString) && std::find(texts_.begin(), texts_.end(), id) == texts_.end())
      texts_.push_back(id);
  };
  if (terms_.is_const(term)) {
    const Value value = terms_.value(term);
    add(value, term);
    if (value.is(ValueKind::kList)) {
      for (const Value& item : value.as_list().items()) add(item, terms_.constant(item));
    }
    return;
  }
  const Op op = terms_.op(term);
  if (op == Op::kEqual || op == Op::kLess || op == Op::kLessEqual) {
    // Where a sum of one variable crosses: 3 for `n + 1 < 4`.
    const Sum a = sum(terms_.arg(term, 0));
    const Sum b = sum(terms_.arg(term, 1));
    if (a.is_known && b.is_known) {
      std::map<TermId, double> parts = a.parts;
      for (const auto& [part, factor] : b.parts) parts[part] -= factor;
      std::erase_if(parts, [](const auto& each) { return each.second == 0; });
      if (parts.size() == 1) add_point((b.constant - a.constant) / parts.begin()->second);
    }
  }
  if (is_variable(term) && op != Op::kMatches) return;
  const std::vector<TermId> args(terms_.args(term).begin(), terms_.args(term).end());
  for (const TermId arg : args) find_constants(arg);
}

// The regions between all constants.
std::vector<Region> Cases::cells_of(TermId term) {
  const Region all = now_.at(term);
  std::vector<Region> cells;
  const auto add = [&](Region cell) {
    cell.meet(all);
    if (cell.kinds != 0) cells.push_back(std::move(cell));
  };
  for (const uint16_t kind : {Region::kNull, Region::kFalse, Region::kTrue, Region::kDuration,
                              Region::kTimestamp, Region::kList, Region::kMap})
    add(Region::of_kinds(kind));
  if (all.may_be(Region::kText)) {
    for (const TermId text : texts_) {
      Region one = Region::of_kinds(Region::kText);
      one.listed = true;
      one.texts = {text};
      add(std::move(one));
    }
    Region other = Region::of_kinds(Region::kText);
    other.texts = texts_;
    std::sort(other.texts.begin(), other.texts.end());
    add(std::move(other));
  }
  if (all.may_be(kNumbers)) {
    std::vector<double> points = points_;
    std::sort(points.begin(), points.end());
    double before = -Region::kInfinity;
    const auto between = [&](double low, double high) {
      if (all.may_be(Region::kFloat)) add(Region::number(Region::kFloat, low, high, true));
      const double first = std::isfinite(low) ? std::floor(low) + 1 : low;
      const double last = std::isfinite(high) ? std::ceil(high) - 1 : high;
      if (first <= last && all.may_be(Region::kInt)) add(Region::number(Region::kInt, first, last, false));
    };
    for (const double point : points) {
      between(before, point);
      const uint16_t kinds = point == std::floor(point) ? kNumbers : uint16_t{Region::kFloat};
      add(Region::number(kinds, point, point, false));
      before = point;
    }
    between(before, Region::kInfinity);
  }
  return cells;
}

// ---------------------------------------------------------------- what a term is now

Region Cases::arithmetic(Op op, const Region& a, const Region& b) {
  Region made = Region::of_kinds(0);
  made.listed = true;
  constexpr uint16_t kTimes = Region::kDuration | Region::kTimestamp;
  const bool sums = op == Op::kAdd || op == Op::kSubtract;
  const bool time = sums ? a.may_be(kTimes) && b.may_be(kTimes) : a.may_be(kTimes) || b.may_be(kTimes);
  const bool divides = op == Op::kDivide || op == Op::kIntDivide || op == Op::kModulo;
  if (time) made.kinds |= Region::kDuration | Region::kTimestamp | (divides ? kNumbers : 0);
  if (op == Op::kAdd && a.may_be(Region::kText | Region::kList) && b.may_be(Region::kText | Region::kList)) {
    made.kinds |= Region::kText | Region::kList;
    made.listed = false;
  }
  if (!a.may_be(kNumbers) || !b.may_be(kNumbers)) return made;
  const bool whole = (a.kinds & kNumbers) == Region::kInt && (b.kinds & kNumbers) == Region::kInt;
  made.kinds |= whole && op != Op::kDivide ? +Region::kInt : kNumbers;
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
      if (b.low >= 1 && a.low >= 0) {
        low = 0;
        high = a.high;
      }
      break;
    case Op::kModulo:
      if (b.low > 0) {
        low = 0;
        high = b.high;
      }
      break;
    default:
      break;
  }
  made.low = std::isnan(low) || std::abs(low) > kExact ? -Region::kInfinity : low;
  made.high = std::isnan(high) || std::abs(high) > kExact ? Region::kInfinity : high;
  return made;
}

Region Cases::evaluate(TermId term) {
  if (terms_.is_const(term)) return Region::of(terms_.value(term), term);
  const auto known = now_.find(term);
  if (known != now_.end()) return known->second;
  const Op op = terms_.op(term);
  if (is_variable(term)) return known_(term);
  switch (op) {
    case Op::kNegate:
      return arithmetic(Op::kSubtract, Region::of(Value::integer(0), 0), evaluate(terms_.arg(term, 0)));
    case Op::kAdd:
    case Op::kSubtract:
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
    case Op::kCall: {
      Region a = evaluate(terms_.arg(term, 1));
      const Region b = evaluate(terms_.arg(term, 2));
      if (!a.is_number() || !b.is_number()) return {};
      const bool least = is_call(term, "min", 2);
      Region made = a;
      made.join(b);
      made.low_open = made.high_open = false;
      if (least) made.high = std::min(a.high, b.high);
      if (!least) made.low = std::max(a.low, b.low);
      return made;
    }
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
    const uint8_t orders = order(terms_.arg(term, 1), terms_.arg(term, 2));
    const bool least = is_call(term, "min", 2);
    if ((orders & ~(kBelow | kSame)) == 0) return chosen(terms_.arg(term, least ? 1 : 2));
    if ((orders & ~(kAbove | kSame)) == 0) return chosen(terms_.arg(term, least ? 2 : 1));
  }
  return term;
}

Cases::Sum Cases::sum(TermId term) {
  term = chosen(term);
  Sum made;
  if (terms_.is_const(term)) {
    const Value& value = terms_.value(term);
    made.is_known = value.is_number() && std::abs(value.as_number()) < kExact;
    if (made.is_known) made.constant = value.as_number();
    made.exact = value.is(ValueKind::kInt);
    return made;
  }
  const Op op = terms_.op(term);
  const auto add = [&](const Sum& other, double factor) {
    for (const auto& [part, count] : other.parts) made.parts[part] += count * factor;
    made.constant += other.constant * factor;
    made.exact = made.exact && other.exact;
    made.is_known = made.is_known && other.is_known;
  };
  if (op == Op::kAdd || op == Op::kSubtract) {
    add(sum(terms_.arg(term, 0)), 1);
    add(sum(terms_.arg(term, 1)), op == Op::kAdd ? 1 : -1);
    return made;
  }
  if (op == Op::kNegate) {
    add(sum(terms_.arg(term, 0)), -1);
    return made;
  }
  if (op == Op::kMultiply) {
    const TermId a = terms_.arg(term, 0);
    const TermId b = terms_.arg(term, 1);
    if (terms_.is_const(b) || terms_.is_const(a)) {
      const Sum factor = sum(terms_.is_const(b) ? b : a);
      add(sum(terms_.is_const(b) ? a : b), factor.constant);
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

// Both are numbers.
uint8_t Cases::order_by_sum(TermId a, TermId b) {
  Sum one = sum(a);
  const Sum other = sum(b);
  if (!one.is_known || !other.is_known || !one.exact || !other.exact) return kAllOrders;
  for (const auto& [part, factor] : other.parts) one.parts[part] -= factor;
  double low = one.constant - other.constant;
  double high = low;
  for (const auto& [part, factor] : one.parts) {
    if (factor == 0) continue;
    const Region region = evaluate(part);
    low += factor > 0 ? factor * region.low : factor * region.high;
    high += factor > 0 ? factor * region.high : factor * region.low;
  }
  uint8_t orders = 0;
  if (std::isnan(low) || std::isnan(high)) return kAllOrders;
  if (low < 0) orders |= kBelow;
  if (low <= 0 && high >= 0) orders |= kSame;
  if (high > 0) orders |= kAbove;
  return orders;
}

// `n + step` against `n`, floats included: what is not negative makes nothing smaller.
uint8_t Cases::order_by_step(TermId a, TermId b) {
  const Op op = terms_.op(a);
  if (op == Op::kCall && !is_variable(a)) {
    if (chosen(terms_.arg(a, 1)) != b && chosen(terms_.arg(a, 2)) != b) return kAllOrders;
    if (!evaluate(a).is_number()) return kAllOrders;
    return is_call(a, "min", 2) ? kBelow | kSame : kAbove | kSame;
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
  uint8_t orders = 0;
  const Region x = evaluate(a);
  const Region y = evaluate(b);
  if (x.may_be(kNumbers) && y.may_be(kNumbers)) {
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
  const auto common = static_cast<uint16_t>(x.kinds & y.kinds & ~kNumbers);
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
    uint16_t made = kinds & static_cast<uint16_t>(~kNumbers);
    if ((kinds & kNumbers) != 0) made |= Region::kInt;
    return made;
  };
  const uint16_t one = group(x.kinds);
  const uint16_t other = group(y.kinds);
  if (one != other || (one & (one - 1)) != 0) orders |= kApart;
  if (const auto known = orders_.find({first, second}); known != orders_.end()) orders &= known->second;
  if (const auto known = orders_.find({a, b}); known != orders_.end()) orders &= known->second;
  return orders;
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
      const uint16_t ordered = kNumbers | Region::kText | Region::kDuration | Region::kTimestamp;
      if (!evaluate(a).may_be(ordered) || !evaluate(b).may_be(ordered)) orders = kApart;
      return of_orders(orders, op == Op::kLess ? kBelow : kBelow | kSame, true);
    }
    case Op::kIn: {
      const TermId list = terms_.arg(term, 1);
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
    case Op::kMatches: {
      const TermId pattern = terms_.arg(term, 1);
      const Region of = evaluate(terms_.arg(term, 0));
      if (!terms_.is_const(pattern) || of.kinds != Region::kText || !of.listed) break;
      uint8_t made = 0;
      const std::string text(terms_.text(pattern));
      const Glob glob(text);
      for (const TermId each : of.texts) made |= glob.matches(terms_.text(each)) ? kHolds : kFails;
      return made;
    }
    default:
      break;
  }
  const Region is = evaluate(term);
  uint8_t made = 0;
  if (is.may_be(Region::kTrue)) made |= kHolds;
  if (is.may_be(Region::kFalse | Region::kNull)) made |= kFails;
  if ((is.kinds & ~(kTruths | Region::kNull)) != 0) made |= kError;
  return made;
}

// ---------------------------------------------------------------- trying

bool Cases::all_may_hold() {
  return std::all_of(literals_.begin(), literals_.end(), [&](const Literal& literal) {
    return (test(literal.term) & (literal.truth ? kHolds : kFails)) != 0;
  });
}

bool Cases::all_hold() {
  return std::all_of(literals_.begin(), literals_.end(), [&](const Literal& literal) {
    return test(literal.term) == (literal.truth ? kHolds : kFails);
  });
}

void Cases::assign(const Variable& variable) {
  Region all = Region::none();
  for (const Region& cell : variable.cells) all.join(cell);
  now_[variable.term] = all;
}

// Leaves the cells of each variable that are possible whatever the others are. False: there are none.
bool Cases::prune() {
  bool moved = true;
  for (int round = 0; moved && round < 4; ++round) {
    moved = false;
    for (Variable& variable : variables_) {
      const size_t before = variable.cells.size();
      std::erase_if(variable.cells, [&](const Region& cell) {
        now_[variable.term] = cell;
        return !all_may_hold();
      });
      if (variable.cells.empty()) return false;
      assign(variable);
      moved |= variable.cells.size() != before;
    }
  }
  return true;
}

bool Cases::prepare(const std::vector<Literal>& literals) {
  literals_.clear();
  variables_.clear();
  now_.clear();
  orders_.clear();
  points_.clear();
  texts_.clear();
  tries_ = 0;
  for (const Literal& literal : literals) flatten(literal);
  for (const Literal& one : literals_) {
    for (const Literal& other : literals_) {
      if (terms_.op(one.term) == Op::kHas && one.term == other.term && one.truth != other.truth) return false;
    }
  }
  substitute();
  for (const Literal& literal : literals_) {
    note_order(literal);
    find_variables(literal.term);
  }
  for (const Literal& literal : literals_) find_constants(literal.term);
  for (Variable& variable : variables_) {
    variable.cells = cells_of(variable.term);
    if (variable.cells.empty()) return false;
  }
  return all_may_hold() && prune();
}

bool Cases::try_cells(size_t next) {
  if (++tries_ > kMostTries) return true;
  if (!all_may_hold()) return false;
  if (next == variables_.size() || next == kMostVariables || all_hold()) return true;
  for (const Region& cell : variables_[next].cells) {
    now_[variables_[next].term] = cell;
    if (try_cells(next + 1)) return true;
  }
  assign(variables_[next]);
  return false;
}

bool Cases::is_impossible(const std::vector<Literal>& literals) {
  if (!prepare(literals)) return true;
  std::sort(variables_.begin(), variables_.end(),
            [](const Variable& a, const Variable& b) { return a.cells.size() < b.cells.size(); });
  return !try_cells(0);
}

Region Cases::values(TermId term, const std::vector<Literal>& literals) {
  if (!prepare(literals)) return Region::none();
  return evaluate(term);
}

}  // namespace krules::check
