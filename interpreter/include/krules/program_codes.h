#pragma once

#include <array>
#include <string_view>

/// The stable codes of everything that compile() can say, each with a one-line meaning. The single place
/// where a code K02xx is given out.
#define KRULES_PROGRAM_CODES(X)                                                                        \
  X(kUnknownName, "K0200", "a name that nothing declares")                                             \
  X(kUnknownFunction, "K0201", "a call of a function that does not exist")                             \
  X(kArguments, "K0202", "a call with too few or too many arguments")                                  \
  X(kUnknownArgument, "K0203", "a named argument that the function does not have, or one given twice") \
  X(kDeclaredTwice, "K0204", "a name is declared twice")                                               \
  X(kBuiltinName, "K0205", "a built-in name is used for something of one's own")                       \
  X(kHidesName, "K0206", "a local has the name of something that can be seen already")                 \
  X(kOutOfReach, "K0207", "a local is used where it does not exist")                                   \
  X(kEmitType, "K0208", "an event type that cannot be emitted, or is not meant as written")            \
  X(kReadsName, "K0209", "`subject.name` reads a property called name")                                \
  X(kLambda, "K0210", "a lambda stands where no function takes one, or is missing where one does")     \
  X(kNoPropertyEvent, "K0211", "`property`, `old` or `new` in a rule that no property event fires")    \
  X(kUnknownField, "K0212", "a field of the payload that the `input` declaration does not have")       \
  X(kCircle, "K0213", "functions or constants that need themselves")                                   \
  X(kNotConstant, "K0214", "a constant that depends on what happens at run time")                      \
  X(kParameter, "K0215", "a `param` without a value, with one of the wrong kind, or an unknown one")   \
  X(kAlwaysFails, "K0216", "an expression that can only fail")                                         \
  X(kArm, "K0217", "an arm of a `match` that is not constant, or that is never reached")               \
  X(kRepeatedKey, "K0218", "a key stands twice in a map")                                              \
  X(kHas, "K0219", "`has` of something that is not read from a place")                                 \
  X(kNoFields, "K0220", "a field is read of something that has none, or not that one")                 \
  X(kClauseHere, "K0221", "a clause that has no meaning for this target")                              \
  X(kCallsTooDeep, "K0222", "functions that call each other through too many levels")                  \
  X(kNotAvailable, "K0223", "something is read where it does not exist")                               \
  X(kNext, "K0224", "`next` where there is nothing for it to run")                                     \
  X(kClock, "K0225", "an `every` or `at` that is no time, or never comes")                             \
  X(kModule, "K0226", "a `use` of something that cannot be used so")                                   \
  X(kAction, "K0227", "a `call` of an action that does not exist, or not with what it takes")          \
  X(kSecret, "K0228", "a secret is used outside of a call, or has no value")                           \
  X(kNotGranted, "K0229", "a `call` of a host that is not granted")                                    \
  X(kTestStep, "K0240", "a step of a test that cannot be taken as it is written")                      \
  X(kTestEvent, "K0241", "a test names an event that nothing hears or emits, or a call nobody makes")  \
  X(kTestWithoutExpectation, "K0242", "a test that cannot fail")                                       \
  X(kTestFailed, "K0243", "an expectation of a test does not hold, or a step of it failed when it ran")

namespace krules::program_codes {

#define KRULES_CODE(name, code, meaning) inline constexpr std::string_view name = code;
KRULES_PROGRAM_CODES(KRULES_CODE)
#undef KRULES_CODE

struct Meaning {
  std::string_view code;
  std::string_view meaning;
};

/// Every code of compile() in order, for documentation and tests.
inline constexpr auto kAll = std::to_array<Meaning>({
#define KRULES_CODE(name, code, meaning) {code, meaning},
    KRULES_PROGRAM_CODES(KRULES_CODE)
#undef KRULES_CODE
});

}  // namespace krules::program_codes

#undef KRULES_PROGRAM_CODES
