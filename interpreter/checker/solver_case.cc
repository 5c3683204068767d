#include "solver_case.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "glob_meet.h"
#include "krules/glob.h"

namespace krules::check {

namespace {

using Kind = ValueSet::Kind;

bool is_arithmetic_op(Op op) {
  return op == Op::kAdd || op == Op::kSubtract || op == Op::kMultiply || op == Op::kDivide ||
         op == Op::kIntDivide || op == Op::kModulo || op == Op::kNegate;
}

}  // namespace

uint32_t Solver::Case::root(uint32_t variable) {
  while (variables_[variable].parent != variable) variable = variables_[variable].parent;
  return variable;
}

void Solver::Case::narrow_by_nature(TermId term, ValueSet& set) {
  switch (terms_.op(term)) {
    case Op::kSubject:
    case Op::kEvent:
    case Op::kConcat:
      set.keep_kinds(Kind::kString);
      break;
    case Op::kProperty:
      set.keep_kinds(Kind::kString | Kind::kNull);
      break;
    case Op::kNow:
      set.keep_kinds(Kind::kTimestamp);
      break;
    case Op::kNot:
    case Op::kAnd:
    case Op::kOr:
    case Op::kEqual:
    case Op::kLess:
    case Op::kLessEqual:
    case Op::kIn:
    case Op::kMatches:
    case Op::kHas:
      set.keep_kinds(Kind::kTrue | Kind::kFalse);
      break;
    case Op::kDivide:
    case Op::kPower:
      set.keep_kinds(Kind::kNumber | Kind::kDuration);
      break;
    case Op::kModulo: {
      const bool whole = is_whole(terms_.arg(term, 0)) && is_whole(terms_.arg(term, 1));
      if (whole) set.keep_kinds(Kind::kInt);
      const TermId by = terms_.arg(term, 1);
      if (!terms_.is_const(by) || !terms_.value(by).is_number() || terms_.value(by).as_number() <= 0) break;
      set.keep_kinds(Kind::kNumber);
      set.raise_low(0, false);
      // Of floats the rest may be rounded up to the divisor.
      set.lower_high(terms_.value(by).as_number(), whole);
      break;
    }
    case Op::kList:
      set.keep_kinds(Kind::kList);
      break;
    case Op::kMap:
    case Op::kProps:
      set.keep_kinds(Kind::kMap);
      break;
    case Op::kCall: {
      const std::string name(terms_.text(terms_.arg(term, 0)));
      if (name == "len" || name == "count" || name == "size") {
        set.keep_kinds(Kind::kInt | Kind::kNull);
        set.raise_low(0, false);
      } else if (name == "int" && terms_.args(term).size() > 2) {
        // What is given for what is no number may be anything.
      } else if (name == "int" || name == "round" || name == "floor" || name == "ceil") {
        set.keep_kinds(name == "int" ? Kind::kInt : Kind::kNumber);
      } else if (name == "abs of a duration") {
        set.keep_kinds(Kind::kDuration);
      } else if (name == "append") {
        set.keep_kinds(Kind::kList);
      } else if (name == "overlay") {
        set.keep_kinds(Kind::kMap);
      } else if (name == "set path") {
        set.keep_kinds(Kind::kMap | Kind::kList);
      } else if (name == "lower" || name == "upper" || name == "trim" || name == "replace") {
        set.keep_kinds(Kind::kString | Kind::kNull);
      }
      break;
    }
    default:
      break;
  }
}

uint32_t Solver::Case::variable(TermId term) {
  // There are few.
  for (uint32_t i = 0; i < variables_.size(); ++i) {
    if (variables_[i].term == term) return root(i);
  }
  Variable made{term, 0, {}};
  narrow_by_nature(term, made.set);
  if (known_ != nullptr) known_->narrow(terms_, term, made.set);
  if (made.set.is_empty()) fail();
  const auto number = static_cast<uint32_t>(variables_.size());  // there may be more than before
  made.parent = number;
  variables_.push_back(std::move(made));
  return number;
}

void Solver::Case::join_classes(uint32_t a, uint32_t b) {
  a = root(a);
  b = root(b);
  if (a == b) return;
  ValueSet& into = variables_[a].set;
  ValueSet other = variables_[b].set;
  // 1 == 1.0: where both are numbers of different kinds they are whole.
  if (into.may_be(Kind::kNumber) && other.may_be(Kind::kNumber) &&
      (into.kinds & other.kinds & Kind::kNumber) == 0) {
    into.keep_kinds(static_cast<uint16_t>(into.kinds & ~Kind::kFloat));
    into.kinds |= Kind::kInt;
    other.kinds |= Kind::kInt;
  }
  into.meet(other);
  variables_[b].parent = a;
  if (into.is_empty()) fail();
}

bool Solver::Case::only_number(TermId term) {
  if (terms_.is_const(term)) return terms_.value(term).is_number();
  const Op op = terms_.op(term);
  if (op == Op::kAdd || op == Op::kSubtract) {
    // What goes together with a number alone: a null would be a failure.
    const auto is_with_numbers = [&](TermId side) {
      if (terms_.is_const(side) || is_arithmetic(side)) return only_number(side);
      return !variables_[variable(side)].set.may_be(Kind::kString | Kind::kList | Kind::kDuration |
                                                    Kind::kTimestamp);
    };
    return is_with_numbers(terms_.arg(term, 0)) || is_with_numbers(terms_.arg(term, 1));
  }
  if (op == Op::kIntDivide) return true;
  // A duration may be the rest of one.
  if (op == Op::kModulo) return only_number(terms_.arg(term, 0)) || only_number(terms_.arg(term, 1));
  if (op == Op::kMultiply || op == Op::kDivide)
    return only_number(terms_.arg(term, 0)) && only_number(terms_.arg(term, 1));
  if (op == Op::kNegate) return only_number(terms_.arg(term, 0));
  return variables_[variable(term)].set.is_number();
}

bool Solver::Case::is_whole(TermId term) {
  if (terms_.is_const(term)) return terms_.value(term).is(ValueKind::kInt);
  if (!is_arithmetic(term)) return variables_[variable(term)].set.is_whole();
  const Op op = terms_.op(term);
  if (op == Op::kDivide || op == Op::kPower) return false;
  const std::span<const TermId> args = terms_.args(term);
  return std::all_of(args.begin(), args.end(), [this](TermId arg) { return is_whole(arg); });
}

bool Solver::Case::is_arithmetic(TermId term) const {
  return is_arithmetic_op(terms_.op(term));
}

void Solver::Case::hold(TermId term, bool truth) {
  ValueSet& set = variables_[variable(term)].set;
  set.keep_kinds(truth ? Kind::kTrue : Kind::kFalse | Kind::kNull);
  if (set.is_empty()) fail();
}

void Solver::Case::set_equal(TermId a, TermId b) {
  if (a == b) return;
  if (terms_.is_const(a)) std::swap(a, b);
  if (terms_.is_const(a)) {
    if (!equal(terms_.value(a), terms_.value(b))) fail();
    return;
  }
  if (is_arithmetic(a) || is_arithmetic(b)) {
    if (only_number(a) || only_number(b)) {
      comparisons_.push_back({a, b, false, true});
      for (const TermId side : {a, b}) {
        if (terms_.is_const(side) && !terms_.value(side).is_number()) fail();
        if (terms_.is_const(side) || is_arithmetic(side)) continue;
        ValueSet& set = variables_[variable(side)].set;
        set.keep_kinds(Kind::kNumber);
        if (set.is_empty()) fail();
      }
      return;
    }
  }
  const uint32_t at = variable(a);
  if (!terms_.is_const(b)) {
    join_classes(at, variable(b));
    return;
  }
  ValueSet& set = variables_[at].set;
  const Value value = terms_.value(b);
  if (value.is_number()) {
    set.keep_kinds(Kind::kNumber);
    set.raise_low(value.as_number(), false);
    set.lower_high(value.as_number(), false);
    if (set.excludes(value.as_number())) fail();
  } else {
    set.meet(ValueSet::of(terms_, b));
  }
  if (set.is_empty()) fail();
}

void Solver::Case::set_different(TermId a, TermId b) {
  if (a == b) return fail();
  if (terms_.is_const(a)) std::swap(a, b);
  if (terms_.is_const(a)) {
    if (equal(terms_.value(a), terms_.value(b))) fail();
    return;
  }
  const uint32_t at = variable(a);
  if (!terms_.is_const(b)) {
    different_.emplace_back(at, variable(b));
    return;
  }
  variables_[at].set.exclude(terms_, b);
  if (variables_[at].set.is_empty()) fail();
}

// a < b, or a <= b. Both are numbers, or both are not.
void Solver::Case::compare(TermId a, TermId b, bool strict) {
  if (a == b) {
    if (strict) fail();
    return;
  }
  // Adding what is not negative makes no number smaller, floats of any size included.
  const auto adds = [&](TermId sum, TermId to, Op op) {
    if (terms_.op(sum) != op || terms_.arg(sum, 0) != to) return false;
    const TermId step = terms_.arg(sum, 1);
    return terms_.is_const(step) && terms_.value(step).is_number() && terms_.value(step).as_number() >= 0;
  };
  if (strict && (adds(a, b, Op::kAdd) || adds(b, a, Op::kSubtract))) return fail();
  // Time does not go back.
  if (strict && terms_.op(a) == Op::kNow && terms_.op(b) == Op::kNow && terms_[a].epoch > terms_[b].epoch)
    return fail();
  const bool numbers = only_number(a) || only_number(b);
  for (const TermId side : {a, b}) {
    if (terms_.is_const(side)) {
      if (numbers && !terms_.value(side).is_number()) fail();
      if (!terms_.value(side).is_number()) return;
      continue;
    }
    if (!numbers || is_arithmetic(side)) continue;
    ValueSet& set = variables_[variable(side)].set;
    set.keep_kinds(Kind::kNumber);
    if (set.is_empty()) return fail();
  }
  if (!numbers) {
    for (const TermId side : {a, b}) {
      ValueSet& set = variables_[variable(side)].set;
      set.keep_kinds(Kind::kNumber | Kind::kString | Kind::kDuration | Kind::kTimestamp);
      if (set.is_empty()) return fail();
    }
  }
  if (terms_.is_const(b) && !is_arithmetic(a)) {
    ValueSet& set = variables_[variable(a)].set;
    set.lower_high(terms_.value(b).as_number(), strict);
    if (set.is_empty()) fail();
  } else if (terms_.is_const(a) && !is_arithmetic(b)) {
    ValueSet& set = variables_[variable(b)].set;
    set.raise_low(terms_.value(a).as_number(), strict);
    if (set.is_empty()) fail();
  } else {
    comparisons_.push_back({a, b, strict, false});
  }
}

// Of what is one of `range(from, to)`.
void Solver::Case::keep_in_range(TermId term, TermId list) {
  if (terms_.op(list) != Op::kCall || !terms_.is_text(terms_.arg(list, 0), "range") ||
      terms_.args(list).size() != 3 || terms_.is_const(term) || is_arithmetic(term))
    return;
  const TermId from = terms_.arg(list, 1);
  const TermId to = terms_.arg(list, 2);
  if (!terms_.is_const(from) || !terms_.is_const(to) || !terms_.value(from).is_number() ||
      !terms_.value(to).is_number())
    return;
  ValueSet& set = variables_[variable(term)].set;
  set.keep_kinds(Kind::kNumber);
  set.raise_low(terms_.value(from).as_number(), false);
  set.lower_high(terms_.value(to).as_number(), true);
  if (set.is_empty()) fail();
}

void Solver::Case::assume(Literal literal, std::vector<Literal>& choices) {
  const TermId term = literal.term;
  const bool truth = literal.truth;
  const auto args = [&](size_t i) { return terms_.arg(term, i); };
  switch (terms_.op(term)) {
    case Op::kConst: {
      const Value& value = terms_.value(term);
      if (!value.is_null() && !value.is(ValueKind::kBool)) return fail();
      if (value.is_true() != truth) fail();
      return;
    }
    case Op::kNot:
      return assume({args(0), !truth}, choices);
    case Op::kAnd:
    case Op::kOr:
      if ((terms_.op(term) == Op::kAnd) != truth) {
        choices.push_back(literal);
        return;
      }
      assume({args(0), truth}, choices);
      return assume({args(1), truth}, choices);
    case Op::kEqual:
      return truth ? set_equal(args(0), args(1)) : set_different(args(0), args(1));
    case Op::kLess:
    case Op::kLessEqual: {
      const bool less = terms_.op(term) == Op::kLess;
      return truth ? compare(args(0), args(1), less) : compare(args(1), args(0), !less);
    }
    case Op::kHas:
      if (terms_.is_const(args(0))) {
        if (!truth && args(0) != terms_.null()) fail();
        return;
      }
      hold(term, truth);
      if (!truth) set_equal(args(0), terms_.null());
      return;
    case Op::kIn: {
      const TermId list = args(1);
      std::vector<TermId> items;
      if (terms_.op(list) == Op::kList) {
        items.assign(terms_.args(list).begin(), terms_.args(list).end());
      } else if (terms_.is_const(list) && terms_.value(list).is(ValueKind::kList)) {
        for (const Value& item : terms_.value(list).as_list().items()) items.push_back(terms_.constant(item));
      } else {
        if (truth) keep_in_range(args(0), list);
        return hold(term, truth);
      }
      const TermId wanted = args(0);
      if (!truth) {
        for (const TermId item : items) set_different(wanted, item);
        return;
      }
      if (terms_.is_const(wanted) || is_arithmetic(wanted)) return;
      ValueSet any = ValueSet::nothing();
      for (const TermId item : items) {
        if (!terms_.is_const(item)) return;
        ValueSet one = ValueSet::of(terms_, item);
        if (one.may_be(Kind::kNumber)) one.kinds = Kind::kNumber;
        any.join(one);
      }
      ValueSet& set = variables_[variable(wanted)].set;
      set.meet(any);
      if (set.is_empty()) fail();
      return;
    }
    case Op::kMatches:
    case Op::kCall: {
      if (terms_.op(term) == Op::kCall &&
          (terms_.text(args(0)) == "is number" || terms_.text(args(0)) == "is_number")) {
        if (terms_.is_const(args(1))) {
          if (terms_.value(args(1)).is_number() != truth) fail();
        } else if (is_arithmetic(args(1))) {
          if (!truth && only_number(args(1))) fail();
        } else {
          ValueSet& set = variables_[variable(args(1))].set;
          set.keep_kinds(static_cast<uint16_t>(truth ? +Kind::kNumber : Kind::kAll & ~Kind::kNumber));
          if (set.is_empty()) fail();
        }
        return;
      }
      const size_t first = terms_.op(term) == Op::kMatches ? 0 : 1;
      const bool predicate = terms_.args(term).size() == first + 2 && !terms_.text(args(first + 1)).empty();
      hold(term, truth);
      if (!predicate) return;
      if (terms_.is_const(args(first))) {
        const Test test{0, term, truth};
        if (const auto result = tested(test, args(first)); result.has_value() && *result != truth) fail();
        return;
      }
      const uint32_t at = variable(args(first));
      tests_.push_back({at, term, truth});
      return;
    }
    default:
      return hold(term, truth);
  }
}

// What a test of a text says of a constant; none where it is a test that is not known here.
std::optional<bool> Solver::Case::tested(const Test& test, TermId value) {
  const bool glob = terms_.op(test.predicate) == Op::kMatches;
  const std::string name(glob ? "matches" : std::string(terms_.text(terms_.arg(test.predicate, 0))));
  const std::string pattern(terms_.text(terms_.arg(test.predicate, glob ? 1 : 2)));
  if (!terms_.value(value).is(ValueKind::kString)) {
    if (value == terms_.null()) return false;
    return std::nullopt;
  }
  const std::string text(terms_.text(value));
  if (glob) return Glob(pattern).matches(text);
  if (name == "starts_with") return text.starts_with(pattern);
  if (name == "ends_with") return text.ends_with(pattern);
  if (name == "contains") return text.find(pattern) != std::string::npos;
  return std::nullopt;
}

bool Solver::Case::is_contradiction() {
  if (contradiction_) return true;
  // Texts: every test on what is listed; patterns against each other.
  for (const Test& test : tests_) {
    ValueSet& set = variables_[root(test.variable)].set;
    if (test.truth) set.keep_kinds(static_cast<uint16_t>(~Kind::kNull));
    if (set.strings_listed) {
      std::erase_if(set.strings, [&](TermId value) {
        const auto result = tested(test, value);
        return result.has_value() && *result != test.truth;
      });
      if (set.strings.empty()) set.keep_kinds(static_cast<uint16_t>(~Kind::kString));
    }
    if (set.is_empty()) return true;
  }
  const auto pattern_of = [&](const Test& test) -> std::string {
    const bool glob = terms_.op(test.predicate) == Op::kMatches;
    const std::string text(terms_.text(terms_.arg(test.predicate, glob ? 1 : 2)));
    if (glob) return text;
    const std::string name(terms_.text(terms_.arg(test.predicate, 0)));
    if (name == "starts_with") return text + "*";
    if (name == "ends_with") return "*" + text;
    return "*";
  };
  for (size_t i = 0; i < tests_.size(); ++i) {
    if (!tests_[i].truth) continue;
    const std::string mine = pattern_of(tests_[i]);
    const TermId own = variables_[tests_[i].variable].term;
    if (!globs_meet(mine, shape_of(terms_, own))) return true;
    for (size_t k = i + 1; k < tests_.size(); ++k) {
      if (root(tests_[k].variable) != root(tests_[i].variable)) continue;
      if (tests_[k].truth && !globs_meet(mine, pattern_of(tests_[k]))) return true;
    }
  }
  // Computed texts against what their class may be.
  for (const Variable& each : variables_) {
    if (terms_.op(each.term) != Op::kConcat) continue;
    const uint32_t at = root(static_cast<uint32_t>(&each - variables_.data()));
    const ValueSet& set = variables_[at].set;
    if (!set.strings_listed) continue;
    const std::string shape = shape_of(terms_, each.term);
    if (std::none_of(set.strings.begin(), set.strings.end(),
                     [&](TermId value) { return globs_meet(shape, std::string(terms_.text(value))); }))
      return true;
  }
  for (const auto& [a, b] : different_) {
    if (root(a) == root(b)) return true;
    TermId first = 0;
    TermId second = 0;
    if (variables_[root(a)].set.is_single(terms_, first) &&
        variables_[root(b)].set.is_single(terms_, second) && first == second)
      return true;
    const ValueSet& one = variables_[root(a)].set;
    const ValueSet& other = variables_[root(b)].set;
    if (one.is_number() && other.is_number() && one.low == one.high && other.low == other.high &&
        one.low == other.low)
      return true;
  }
  if (comparisons_.empty()) return false;
  const LinearSystem made = system();
  return contradiction_ || made.is_contradiction();
}

ValueSet Solver::Case::values(TermId term) {
  if (terms_.is_const(term)) return ValueSet::of(terms_, term);
  const auto bounded = [](ValueSet set, const LinearSystem::Bounds& bounds) {
    if (bounds.empty) return ValueSet::nothing();
    set.raise_low(bounds.low, bounds.low_open);
    set.lower_high(bounds.high, bounds.high_open);
    return set;
  };
  if (!is_arithmetic(term) || !only_number(term)) {
    const uint32_t at = variable(term);
    ValueSet set = variables_[at].set;
    if (comparisons_.empty() || !set.may_be(Kind::kNumber)) return set;
    return bounded(set, system().bounds(at));
  }
  // A stand-in that equals the sum.
  bool exact = true;
  const auto form = linear(term, exact);
  if (contradiction_) return ValueSet::nothing();
  if (!form.has_value()) return ValueSet::of_kinds(Kind::kNumber);
  const TermId stand_in = terms_.opaque();
  const uint32_t at = variable(stand_in);
  const bool whole = std::all_of(form->terms.begin(), form->terms.end(), [&](const auto& each) {
    return variables_[each.first].set.is_whole() && each.second == std::floor(each.second);
  });
  variables_[at].set.keep_kinds(
      whole && form->constant == std::floor(form->constant) && exact ? Kind::kInt : Kind::kNumber);
  comparisons_.push_back({term, stand_in, false, true});
  const ValueSet set = bounded(variables_[at].set, system().bounds(at));
  comparisons_.pop_back();
  return set;
}

}  // namespace krules::check
