#pragma once

#include <string>
#include <vector>

#include "dice.h"
#include "krules/check.h"

namespace krules::test {

/// An event that may come from outside, as the program declares it.
struct MadeInput {
  std::string type;
  std::string number_kind;  ///< of the field `p`: "int", "number", "any"
};

/// A small program made by chance.
struct MadeProgram {
  std::vector<MadeInput> inputs;
  std::vector<std::string> rules;  ///< the text of each

  std::string text() const;
};

MadeProgram make_program(Dice& dice);

/// One to four events for it, as they may come from outside.
ReplaySeed make_inputs(const MadeProgram& program, Dice& dice);

}  // namespace krules::test
