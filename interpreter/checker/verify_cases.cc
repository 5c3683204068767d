#include "verify_cases.h"

#include <algorithm>
#include <cmath>

#include "krules/glob.h"

namespace krules::check {

bool Cases::is_call(TermId term, std::string_view name, size_t arguments) const {
  return terms_.op(term) == Op::kCall && terms_.args(term).size() == arguments + 1 &&
         terms_.text(terms_.arg(term, 0)) == name;
}

// What gives one of its arguments, or that without its sign.
bool Cases::is_choosing_call(TermId term) const {
  return is_call(term, "min", 2) || is_call(term, "max", 2) || is_call(term, "clamp", 3) ||
         is_call(term, "abs", 1);
}

// Whether a text fits a pattern, begins or ends so, or has some text in it.
bool Cases::is_text_test(TermId term) const {
  if (terms_.op(term) == Op::kMatches) return true;
  return is_call(term, "starts_with", 2) || is_call(term, "ends_with", 2) || is_call(term, "contains", 2);
}

bool Cases::is_variable(TermId term) const {
  if (is_choosing_call(term)) return false;
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
  if (op == Op::kIn && literal.truth && is_call(terms_.arg(literal.term, 1), "range", 2)) {
    // It equals one of these whole numbers.
    const TermId wanted = terms_.arg(literal.term, 0);
    const TermId range = terms_.arg(literal.term, 1);
    const TermId ends[] = {terms_.arg(range, 1), terms_.arg(range, 2)};
    literals_.push_back({terms_.apply(Op::kLessEqual, {ends[0], wanted}), true});
    literals_.push_back({terms_.apply(Op::kLess, {wanted, ends[1]}), true});
  }
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
    substitutions_.push_back({from, to, in_sums});
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
  if (terms_.is_const(a) || terms_.is_const(b)) {
    note_asked(a, b, allowed);
    note_asked(b, a, turned);
  } else if (op != Op::kEqual || literal.truth) {
    // From the lower to the higher one.
    const bool up = (allowed & kAbove) == 0;
    facts_.push_back({up ? a : b, up ? b : a, (allowed & kSame) == 0, op == Op::kEqual});
  }
}

// What stands so to a constant number.
void Cases::note_asked(TermId term, TermId other, uint8_t orders) {
  if (terms_.is_const(term) || !terms_.is_const(other) || (orders & kApart) != 0) return;
  const Value& value = terms_.value(other);
  if (!value.is_number() || std::abs(value.as_number()) > Region::kExact) return;
  Region asked = Region::of_kinds(Region::kNumbers);
  if ((orders & kBelow) == 0) asked.low = value.as_number();
  if ((orders & kAbove) == 0) asked.high = value.as_number();
  asked.low_open = asked.high_open = (orders & kSame) == 0;
  const auto [place, is_new] = asked_.try_emplace(term, asked);
  if (!is_new) place->second.meet(asked);
}

void Cases::find_variables(TermId term) {
  if (terms_.is_const(term)) return;
  if (is_variable(term)) {
    if (now_.count(term) == 0) {
      now_.emplace(term, known_(term));
      variables_.push_back({term, {}});
    }
    if (!is_text_test(term)) return;
  }
  const std::vector<TermId> args(terms_.args(term).begin(), terms_.args(term).end());
  for (const TermId arg : args) find_variables(arg);
}

void Cases::add_point(double point) {
  if (std::abs(point) <= Region::kExact &&
      std::find(points_.begin(), points_.end(), point) == points_.end() && points_.size() < kMostPoints)
    points_.push_back(point);
}

// Where `(9 n + 1) div 10` comes to a number: where what is divided comes to ten times as much.
void Cases::add_divided(TermId term, double at) {
  if (terms_.op(term) != Op::kIntDivide || !terms_.is_const(terms_.arg(term, 1))) return;
  const Value& by = terms_.value(terms_.arg(term, 1));
  const Sum divided = sum(terms_.arg(term, 0));
  if (!by.is(ValueKind::kInt) || !divided.is_known || divided.parts.size() != 1) return;
  const auto& [part, factor] = *divided.parts.begin();
  for (const double end : {at, at + 1}) {
    const double point = (end * by.as_number() - divided.constant) / factor;
    if (factor != 0 && std::isfinite(point)) add_point(point);
  }
}

void Cases::find_constants(TermId term) {
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
      if (parts.size() == 1) {
        const double at = (b.constant - a.constant) / parts.begin()->second;
        add_point(at);
        add_divided(parts.begin()->first, at);
      }
    }
  }
  if (is_variable(term) && !is_text_test(term)) return;
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
      if (first > last || !all.may_be(Region::kInt)) return;
      if (last - first >= kFewNumbers) return add(Region::number(Region::kInt, first, last, false));
      for (double each = first; each <= last; each += 1) add(Region::number(Region::kInt, each, each, false));
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
  asked_.clear();
  substitutions_.clear();
  facts_.clear();
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
  for (const Variable& variable : variables_) {
    const Region& region = now_.at(variable.term);
    if (region.may_be(Region::kNumbers) && std::isfinite(region.low)) add_point(region.low);
    if (region.may_be(Region::kNumbers) && std::isfinite(region.high)) add_point(region.high);
  }
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
  for (const Substitution& each : substitutions_) term = replaced(term, each.from, each.to, each.in_sums);
  return evaluate(term);
}

}  // namespace krules::check
