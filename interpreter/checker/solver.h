#pragma once

#include <cstdint>
#include <vector>

#include "model.h"
#include "value_set.h"

namespace krules::check {

/// What is known about terms before any condition: of properties from all that is ever written to them, of
/// payloads from all who make them.
class KnownValues {
 public:
  virtual ~KnownValues() = default;
  /// Narrows `set` by what is known of a term that is no operator (a read, a field, `new`, an unknown).
  virtual void narrow(const TermPool& terms, TermId term, ValueSet& set) const = 0;
};

/// Decides whether conditions can hold together. One-sided: "no" is proved, "yes" may be for want of effort.
class Solver {
 public:
  explicit Solver(TermPool& terms, const KnownValues* known = nullptr) : terms_(terms), known_(known) {}

  /// No values make all of them as they should be.
  bool is_contradiction(const std::vector<Literal>& literals);

  /// All that `term` can be where the literals hold.
  ValueSet values(TermId term, const std::vector<Literal>& literals);

  /// Work done so far, in steps that mean the same on any machine.
  uint64_t steps() const { return steps_; }

 private:
  class Case;
  static constexpr uint32_t kMostCases = 48;

  template <class AtEnd>
  void split(std::vector<Literal> literals, std::vector<TermId> results, uint32_t& cases,
             const AtEnd& at_end);
  /// A part of the literals (or results) of which two cases must be told apart.
  bool find_choice(TermId term, TermId& choice) const;
  TermId replaced(TermId term, TermId from, TermId to);

  TermPool& terms_;
  const KnownValues* known_;
  uint64_t steps_ = 0;
};

}  // namespace krules::check
