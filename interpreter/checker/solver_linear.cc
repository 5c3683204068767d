#include <algorithm>
#include <cmath>

#include "solver_case.h"

/// What the conditions of a case say about sums of its numbers.
namespace krules::check {

namespace {

using Kind = ValueSet::Kind;

/// Up to here floats are dense enough for sums of numbers of ordinary size.
constexpr double kTrustedFloat = 1e9;
/// Rounding of floats, relative.
constexpr double kRounding = 1e-9;
/// Less than this may be lost when it is added to a float.
constexpr double kLeastAddend = 1e-6;

}  // namespace

std::optional<LinearForm> Solver::Case::linear(TermId term, bool& exact) {
  LinearForm form;
  if (terms_.is_const(term)) {
    if (!terms_.value(term).is_number()) return std::nullopt;
    form.constant = terms_.value(term).as_number();
    if (std::abs(form.constant) > 1e15) return std::nullopt;
    if (!terms_.value(term).is(ValueKind::kInt)) exact = false;
    return form;
  }
  const auto single = [&] {
    const uint32_t at = variable(term);
    LinearForm one;
    one.terms = {{at, 1.0}};
    if (!variables_[at].set.is_whole()) exact = false;
    return one;
  };
  const Op op = terms_.op(term);
  // What is reckoned with is a number, or the rule fails.
  if (is_arithmetic(term) && only_number(term)) {
    for (const TermId arg : terms_.args(term)) {
      if (terms_.is_const(arg) || is_arithmetic(arg)) continue;
      ValueSet& set = variables_[variable(arg)].set;
      set.keep_kinds(Kind::kNumber);
      if (set.is_empty()) fail();
    }
  }
  // A float may be so large that adding 1 changes nothing.
  const auto trusted = [&](const LinearForm& part) {
    return std::all_of(part.terms.begin(), part.terms.end(), [&](const auto& each) {
      const ValueSet& set = variables_[each.first].set;
      return set.is_whole() || (set.low >= -kTrustedFloat && set.high <= kTrustedFloat);
    });
  };
  const auto is_lost = [](const LinearForm& part) {
    return (part.constant != 0 && std::abs(part.constant) < kLeastAddend) ||
           std::any_of(part.terms.begin(), part.terms.end(),
                       [](const auto& each) { return std::abs(each.second) < kLeastAddend; });
  };
  if (op == Op::kAdd || op == Op::kSubtract) {
    const auto a = linear(terms_.arg(term, 0), exact);
    const auto b = linear(terms_.arg(term, 1), exact);
    if (!a.has_value() || !b.has_value() || !trusted(*a) || !trusted(*b)) return single();
    if (is_lost(*a) || is_lost(*b)) return single();
    form = *a;
    form.add(*b, op == Op::kAdd ? 1 : -1);
    return form;
  }
  if (op == Op::kNegate) {
    const auto a = linear(terms_.arg(term, 0), exact);
    if (!a.has_value()) return single();
    form.add(*a, -1);
    return form;
  }
  if (op == Op::kMultiply || op == Op::kDivide) {
    TermId factor = terms_.arg(term, 1);
    TermId other = terms_.arg(term, 0);
    if (op == Op::kMultiply && terms_.is_const(other)) std::swap(factor, other);
    if (!terms_.is_const(factor) || !terms_.value(factor).is_number()) return single();
    double by = terms_.value(factor).as_number();
    if (op == Op::kDivide) {
      if (by == 0) return single();
      by = 1 / by;
      exact = false;
    }
    const auto a = linear(other, exact);
    if (!a.has_value() || by == 0 || std::abs(by) > 1e6) return single();
    // An int divided is a float: the same care.
    if (!trusted(*a) ||
        (op == Op::kDivide && !std::all_of(a->terms.begin(), a->terms.end(), [&](const auto& each) {
           return std::abs(variables_[each.first].set.low) <= 4e15 &&
                  std::abs(variables_[each.first].set.high) <= 4e15;
         })))
      return single();
    form.add(*a, by);
    return form;
  }
  if (op == Op::kIntDivide) {
    const TermId by = terms_.arg(term, 1);
    bool inner_exact = true;
    if (terms_.is_const(by) && terms_.value(by).is(ValueKind::kInt) && terms_.value(by).as_int() > 0) {
      const auto divisor = static_cast<double>(terms_.value(by).as_int());
      const auto a = linear(terms_.arg(term, 0), inner_exact);
      if (a.has_value() && inner_exact) {
        // q = floor(a / n): n q <= a and a <= n q + n - 1.
        const uint32_t at = variable(term);
        variables_[at].set.keep_kinds(Kind::kInt);
        LinearForm quotient;
        quotient.terms = {{at, 1.0}};
        LinearForm above;
        above.add(quotient, divisor);
        above.add(*a, -1);
        rows_.push_back({above, false});
        LinearForm below;
        below.add(*a, 1);
        below.add(quotient, -divisor);
        below.constant -= divisor - 1;
        rows_.push_back({below, false});
        return quotient;
      }
    }
  }
  if (op == Op::kModulo) {
    // Of whole numbers: divided by what is positive the rest is not negative, and smaller.
    const TermId divisor = terms_.arg(term, 1);
    const uint32_t at = variable(term);
    if (variables_[at].set.is_whole() && !terms_.is_const(divisor) && !is_arithmetic(divisor) &&
        variables_[variable(divisor)].set.low > 0) {
      LinearForm rest;
      rest.terms = {{at, 1.0}};
      LinearForm below = rest;
      below.terms.emplace_back(variable(divisor), -1.0);
      rows_.push_back({below, true});
      LinearForm above;
      above.add(rest, -1);
      rows_.push_back({above, false});
      return rest;
    }
  }
  return single();
}

void Solver::Case::add_row(const LinearForm& form, bool strict, bool exact) {
  LinearRow row{form, strict};
  // Sums of floats are rounded; a variable held against a variable or a bound is not.
  const bool plain = std::all_of(form.terms.begin(), form.terms.end(),
                                 [](const auto& term) { return std::abs(term.second) == 1; }) &&
                     (form.terms.size() < 2 || form.constant == 0);
  if (!exact && !plain) {
    row.strict = false;
    double size = std::abs(form.constant);
    for (const auto& term : form.terms) {
      const ValueSet& set = variables_[term.first].set;
      const double most = std::max(std::abs(set.low), std::abs(set.high));
      if (std::isfinite(most)) size += most * std::abs(term.second);
    }
    row.form.constant -= kRounding * (1 + size);
  }
  rows_.push_back(std::move(row));
}

LinearSystem Solver::Case::system() {
  rows_.clear();
  for (const Comparison& each : comparisons_) {
    bool exact = true;
    const auto a = linear(each.a, exact);
    const auto b = linear(each.b, exact);
    if (!a.has_value() || !b.has_value()) continue;
    LinearForm difference = *a;
    difference.add(*b, -1);
    add_row(difference, each.strict, exact);
    if (each.equal) {
      LinearForm turned;
      turned.add(difference, -1);
      add_row(turned, false, exact);
    }
  }
  std::vector<bool> whole;
  whole.reserve(variables_.size());
  for (const Variable& each : variables_) whole.push_back(each.set.is_whole());
  LinearSystem made(whole);
  for (LinearRow& row : rows_) {
    // Classes may have been joined since the variable was seen.
    LinearForm form;
    form.constant = row.form.constant;
    for (const auto& term : row.form.terms) {
      LinearForm one;
      one.terms = {{root(term.first), term.second}};
      form.add(one, 1);
    }
    made.add({std::move(form), row.strict});
  }
  for (uint32_t i = 0; i < variables_.size(); ++i) {
    if (root(i) != i) continue;
    const ValueSet& set = variables_[i].set;
    if (!set.may_be(Kind::kNumber)) continue;
    if (std::isfinite(set.low)) made.add({{{{i, -1.0}}, set.low}, set.low_open});
    if (std::isfinite(set.high)) made.add({{{{i, 1.0}}, -set.high}, set.high_open});
  }
  return made;
}

}  // namespace krules::check
