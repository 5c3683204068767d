#include "verify_cases.h"

#include <algorithm>
#include <cmath>

#include "krules/glob.h"

namespace krules::check {

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
    if (std::abs(point) <= Region::kExact &&
        std::find(points_.begin(), points_.end(), point) == points_.end() && points_.size() < kMostPoints)
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
  if (all.may_be(Region::kNumbers)) {
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
      const uint16_t kinds = point == std::floor(point) ? Region::kNumbers : Region::kFloat;
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
  made.low = std::isnan(low) || std::abs(low) > Region::kExact ? -Region::kInfinity : low;
  made.high = std::isnan(high) || std::abs(high) > Region::kExact ? Region::kInfinity : high;
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
