#include "solver.h"

#include <algorithm>

#include "solver_case.h"

namespace krules::check {

namespace {

bool is_call(const TermPool& terms, TermId term, std::string_view name, size_t arguments) {
  return terms.op(term) == Op::kCall && terms.args(term).size() == arguments + 1 &&
         terms.text(terms.arg(term, 0)) == name;
}

}  // namespace

// Two values of which one counts: `a ?? b`, `if`, min, max, abs, clamp.
bool Solver::find_choice(TermId term, TermId& choice) const {
  const Op op = terms_.op(term);
  if (op == Op::kCoalesce || op == Op::kIf || is_call(terms_, term, "min", 2) ||
      is_call(terms_, term, "max", 2) || is_call(terms_, term, "clamp", 3) ||
      is_call(terms_, term, "abs", 1)) {
    // The outermost first: whether one inside is come to at all is decided by it.
    choice = term;
    return true;
  }
  // What a property's subject or name may be is one value, whatever it is.
  if (terms_.is_const(term) || is_local(op) || op == Op::kAnd || op == Op::kOr) return false;
  for (const TermId arg : terms_.args(term)) {
    if (find_choice(arg, choice)) return true;
  }
  return false;
}

TermId Solver::replaced(TermId term, TermId from, TermId to) {
  if (term == from) return to;
  const Term node = terms_[term];
  if (node.count == 0 || is_local(node.op) || node.op == Op::kParam) return term;
  std::vector<TermId> args(terms_.args(term).begin(), terms_.args(term).end());
  bool changed = false;
  for (TermId& arg : args) {
    const TermId made = replaced(arg, from, to);
    changed |= made != arg;
    arg = made;
  }
  return changed ? terms_.apply(node.op, args) : term;
}

// Calls `at_end(case, results)` for every way to satisfy the literals that is not contradictory; at_end
// returns whether to go on. `cases` counts down; at 0 at_end gets null for what was not looked at.
template <class AtEnd>
void Solver::split(std::vector<Literal> literals, std::vector<TermId> results, uint32_t& cases,
                   const AtEnd& at_end) {
  if (cases == 0) {
    at_end(nullptr, results);
    return;
  }
  ++steps_;
  // First what must hold in any case: it may be enough.
  Case now(terms_, known_);
  std::vector<Literal> choices;
  TermId choice = 0;
  bool has_choice = false;
  // What stands in one side of an `or` need not be come to: sides are told apart before what is in them.
  const auto take = [&](const auto& self, const Literal& literal) -> void {
    const Op op = terms_.op(literal.term);
    TermId found = 0;
    if (op == Op::kNot) {
      self(self, {terms_.arg(literal.term, 0), !literal.truth});
    } else if (op == Op::kAnd || op == Op::kOr) {
      if ((op == Op::kAnd) != literal.truth) {
        choices.push_back(literal);
        return;
      }
      for (const size_t side : {0, 1}) self(self, {terms_.arg(literal.term, side), literal.truth});
    } else if (find_choice(literal.term, found)) {
      if (!has_choice) choice = found;
      has_choice = true;
    } else {
      now.assume(literal, choices);
    }
  };
  for (const Literal& literal : literals) take(take, literal);
  if (now.is_contradiction()) return;
  for (const TermId result : results) {
    if (has_choice) break;
    has_choice = find_choice(result, choice);
  }
  if (!has_choice && choices.empty()) {
    --cases;
    at_end(&now, results);
    return;
  }
  const auto with = [&](TermId from, TermId to, std::initializer_list<Literal> more) {
    std::vector<Literal> next = literals;
    std::vector<TermId> next_results = results;
    for (Literal& literal : next) literal.term = replaced(literal.term, from, to);
    for (TermId& result : next_results) result = replaced(result, from, to);
    for (const Literal& literal : more) next.push_back({replaced(literal.term, from, to), literal.truth});
    split(std::move(next), std::move(next_results), cases, at_end);
  };
  if (has_choice) {
    const std::vector<TermId> args(terms_.args(choice).begin(), terms_.args(choice).end());
    switch (terms_.op(choice)) {
      case Op::kCoalesce: {
        const TermId is_null = terms_.apply(Op::kEqual, {args[0], terms_.null()});
        with(choice, args[0], {{is_null, false}});
        with(choice, args[1], {{is_null, true}});
        return;
      }
      case Op::kIf:
        with(choice, args[1], {{args[0], true}});
        with(choice, args[2], {{args[0], false}});
        return;
      default:
        break;
    }
    if (is_call(terms_, choice, "abs", 1)) {
      const TermId negative = terms_.apply(Op::kLess, {args[1], terms_.number(0)});
      with(choice, args[1], {{negative, false}});
      with(choice, terms_.apply(Op::kSubtract, {terms_.number(0), args[1]}), {{negative, true}});
      // Of a duration: one of which nothing more is known.
      const TermId is_number = terms_.apply(Op::kCall, {terms_.text_constant("is number"), args[1]});
      with(choice, terms_.apply(Op::kCall, {terms_.text_constant("abs of a duration"), args[1]}),
           {{is_number, false}});
    } else if (is_call(terms_, choice, "clamp", 3)) {
      const TermId low = terms_.apply(Op::kLess, {args[1], args[2]});
      const TermId high = terms_.apply(Op::kLess, {args[3], args[1]});
      with(choice, args[2], {{low, true}});
      with(choice, args[3], {{high, true}});
      with(choice, args[1], {{low, false}, {high, false}});
    } else {
      const TermId first_less = terms_.apply(Op::kLessEqual, {args[1], args[2]});
      const bool least = is_call(terms_, choice, "min", 2);
      with(choice, args[least ? 1 : 2], {{first_less, true}});
      with(choice, args[least ? 2 : 1], {{first_less, false}});
    }
    return;
  }
  // An `or` that holds, an `and` that does not: one side or the other.
  const Literal open = choices.front();
  const std::vector<TermId> sides(terms_.args(open.term).begin(), terms_.args(open.term).end());
  const auto chosen = std::find_if(literals.begin(), literals.end(), [&](const Literal& literal) {
    return literal.term == open.term && literal.truth == open.truth;
  });
  for (const TermId side : sides) {
    std::vector<Literal> next = literals;
    if (chosen != literals.end()) {
      next[static_cast<size_t>(chosen - literals.begin())] = {side, open.truth};
    } else {
      // It stands inside another one, which is taken apart by this.
      next.insert(next.begin(), {side, open.truth});
      for (Literal& literal : next) {
        if (&literal != &next.front())
          literal.term = replaced(literal.term, open.term, terms_.truth(open.truth));
      }
    }
    split(std::move(next), results, cases, at_end);
  }
}

bool Solver::is_contradiction(const std::vector<Literal>& literals) {
  uint32_t cases = kMostCases;
  bool possible = false;
  split(literals, {}, cases, [&](Case*, const std::vector<TermId>&) {
    possible = true;
    cases = 0;
  });
  return !possible;
}

ValueSet Solver::values(TermId term, const std::vector<Literal>& literals) {
  uint32_t cases = kMostCases;
  ValueSet all = ValueSet::nothing();
  split(literals, {term}, cases, [&](Case* end, const std::vector<TermId>& results) {
    all.join(end != nullptr ? end->values(results.front()) : ValueSet());
  });
  return all;
}

}  // namespace krules::check
