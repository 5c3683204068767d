#pragma once

#include <array>
#include <string_view>

/// The stable codes of everything that `krules check` can say beyond compile(), each with a one-line meaning.
/// The single place where a code K03xx (cascades) or K04xx (findings) is given out.
#define KRULES_CHECK_CODES(X)                                                                               \
  X(kCertainLoop, "K0301", "a cascade that never ends; a replay shows it")                                  \
  X(kPossibleCycle, "K0302", "rules that set each other off, without a proof that it ends")                 \
  X(kPerpetual, "K0303", "rules that wake each other up for ever, with delays between")                     \
  X(kBeyondFuse, "K0304", "a cascade that ends, but not before it may have more events than a cascade may") \
  X(kNeedlessAllowance, "K0305", "`allow cycle` on a rule that needs none")                                 \
  X(kOrderDependence, "K0401", "two rules on one event, where the order of declaration decides")            \
  X(kRevertedWrite, "K0402", "a write that its own cascade takes back")                                     \
  X(kDeadRule, "K0403", "a rule that no event can fire")                                                    \
  X(kUnhandledEvent, "K0404", "an event that no rule waits for and no `output` names")                      \
  X(kNeverHolds, "K0405", "a condition that never holds")                                                   \
  X(kAlwaysHolds, "K0406", "a condition that always holds")                                                 \
  X(kCovered, "K0407", "a rule that does what an earlier one does already")                                 \
  X(kNearMiss, "K0408", "a name that looks like a misspelling of another")                                  \
  X(kNaming, "K0409", "an event type that is not named `entity.action`")                                    \
  X(kKindsDoNotFit, "K0410", "an operator gets kinds of values that it cannot take")                        \
  X(kUnused, "K0411", "a name that nothing uses")                                                           \
  X(kCatchHides, "K0412", "a `catch` that hides every failure")                                             \
  X(kStaleNew, "K0413", "`new` is read where the property may have changed since")                          \
  X(kNeedlessAllow, "K0414", "a comment allows a finding that is not there")                                \
  X(kUnnamedRule, "K0415", "a rule without a name")                                                         \
  X(kMalformedAllow, "K0416", "a comment that is to allow a finding and is not written rightly")

namespace krules::check_codes {

#define KRULES_CODE(name, code, meaning) inline constexpr std::string_view name = code;
KRULES_CHECK_CODES(KRULES_CODE)
#undef KRULES_CODE

struct Meaning {
  std::string_view code;
  std::string_view meaning;
};

/// Every code of the checker in order, for documentation and tests.
inline constexpr auto kAll = std::to_array<Meaning>({
#define KRULES_CODE(name, code, meaning) {code, meaning},
    KRULES_CHECK_CODES(KRULES_CODE)
#undef KRULES_CODE
});

}  // namespace krules::check_codes

#undef KRULES_CHECK_CODES
