#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "facts.h"
#include "krules/check.h"
#include "model.h"

namespace krules::check {

/// What a program's rules tell about values that are worth trying.
class SeedHints {
 public:
  SeedHints(const Model& model, const Writers& writers);

  /// Whether a field of payloads, or a property, of this name is taken for the name of a subject.
  bool names_subject(TermId key) const { return names_.count(key) != 0; }

  /// Likewise for a list of such names.
  bool lists_subjects(TermId key) const { return lists_.count(key) != 0; }

  /// Puts fields into the data of an input that its declaration asks for and that are not there.
  void complete(ReplaySeed::Input& input) const;

  /// After how many events a run of this seed is taken to go on for ever: rules may count up to the numbers
  /// that they, or the seed, speak of, in each property and each field of a payload, one such loop inside
  /// another. 0 where that is too far to tell. `least`
  /// where the paths, each time, make texts or lists longer, which soon fill the memory.
  uint32_t far_enough(const ReplaySeed& seed, const std::vector<uint32_t>& paths, uint32_t least) const;

 private:
  void look(TermId term);
  bool swells(TermId term) const;
  double count_states(const std::vector<uint32_t>& paths, double largest) const;

  const Model& model_;
  std::set<TermId> names_;
  std::set<TermId> lists_;
  double largest_ = 1;  // number in the rules
};

}  // namespace krules::check
