#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "linear.h"
#include "solver.h"

namespace krules::check {

/// Conditions that all hold, without alternatives: what each variable can be, which are equal, which
/// inequalities bind them.
class Solver::Case {
 public:
  Case(TermPool& terms, const KnownValues* known) : terms_(terms), known_(known) {}

  /// Takes in one literal. Alternatives are left in `choices`.
  void assume(Literal literal, std::vector<Literal>& choices);
  /// After the last assume(): whether nothing fits.
  bool is_contradiction();
  ValueSet values(TermId term);

 private:
  struct Variable {
    TermId term;
    uint32_t parent;
    ValueSet set;
  };
  struct Test {  // of a text
    uint32_t variable;
    TermId predicate;  // a kMatches or kCall term, whose first operand is the variable's term
    bool truth;
  };

  uint32_t variable(TermId term);
  uint32_t root(uint32_t variable);
  void narrow_by_nature(TermId term, ValueSet& set);
  void join_classes(uint32_t a, uint32_t b);
  void set_equal(TermId a, TermId b);
  void set_different(TermId a, TermId b);
  void compare(TermId a, TermId b, bool strict);
  void hold(TermId term, bool truth);
  void keep_in_range(TermId term, TermId list);
  bool is_arithmetic(TermId term) const;
  bool is_whole(TermId term);
  bool only_number(TermId term);
  /// The term as a sum; none where its numbers cannot be trusted to behave (floats without bounds).
  std::optional<LinearForm> linear(TermId term, bool& exact);
  LinearSystem system();
  void add_row(const LinearForm& form, bool strict, bool exact);
  void fail() { contradiction_ = true; }
  std::optional<bool> tested(const Test& test, TermId value);

  TermPool& terms_;
  const KnownValues* known_;
  bool contradiction_ = false;
  std::vector<Variable> variables_;
  struct Comparison {
    TermId a;
    TermId b;
    bool strict;
    bool equal;
  };
  std::vector<Comparison> comparisons_;
  std::vector<std::pair<uint32_t, uint32_t>> different_;
  std::vector<Test> tests_;
  std::vector<LinearRow> rows_;
};

}  // namespace krules::check
