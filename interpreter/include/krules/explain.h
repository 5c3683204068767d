#pragma once

#include <cstdint>
#include <vector>

#include "krules/program.h"
#include "krules/source.h"
#include "krules/value.h"

/// Why a condition came out as it did.
namespace krules {

/// What a part of a condition was.
struct ExplainedPart {
  Span span;
  Value value;  ///< perhaps an error
};

/// The `when` that held a rule back.
struct WhenExplanation {
  uint32_t source = 0;               ///< its place in Program::sources(); behind them where it stands in none
  Span when;                         ///< all of it
  Span decided;                      ///< the part that is false: within an `and` that one alone
  std::vector<ExplainedPart> parts;  ///< what was compared there, constants left out; a few at most
};

/// As evaluate_whens(), and where the whens do not hold: why. What the parts read is read a second time, by
/// the same frame: it gives the same values.
WhenResult explain_whens(const CompiledRule& rule, Frame& frame, WhenExplanation& explanation);

}  // namespace krules
