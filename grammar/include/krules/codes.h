#pragma once

#include <array>
#include <string_view>

/// The stable codes of everything the parser can say, each with a one-line meaning. The single place where a
/// code of the syntax (K01xx) is given out; the tables below are made from it.
#define KRULES_SYNTAX_CODES(X)                                                                       \
  X(kUnexpected, "K0100", "something else stands where a certain word or sign is needed")            \
  X(kNoDeclaration, "K0101", "what stands between declarations is not a declaration")                \
  X(kNoStatement, "K0102", "what stands in a body is not a statement")                               \
  X(kNoExpression, "K0103", "a value is missing, or is not one")                                     \
  X(kUnclosed, "K0104", "a bracket, brace or parenthesis is not closed")                             \
  X(kUnclosedString, "K0105", "a string is not closed on its line")                                  \
  X(kEscape, "K0106", "a string has an escape that the language does not know")                      \
  X(kInterpolation, "K0107", "a string's interpolation is empty, stray, or not allowed there")       \
  X(kNumber, "K0108", "a number is malformed or does not fit")                                       \
  X(kDuration, "K0109", "a duration is malformed or does not fit")                                   \
  X(kNotYet, "K0110", "the construct belongs to a later version of the language")                    \
  X(kReserved, "K0111", "a word of the language is used as a name")                                  \
  X(kChained, "K0112", "comparisons are chained")                                                    \
  X(kForeignOperator, "K0113", "an operator of another language")                                    \
  X(kForeignComment, "K0114", "a comment of another language")                                       \
  X(kSemicolon, "K0115", "a semicolon")                                                              \
  X(kTarget, "K0116", "`set` or `delete` cannot name its target like this")                          \
  X(kBareType, "K0117", "an event type, pattern or property name needs quotes or has no place here") \
  X(kPropertyList, "K0118", "a dotted name stands in a list of properties")                          \
  X(kDuplicate, "K0119", "a clause is given twice")                                                  \
  X(kClause, "K0120", "a clause does not belong to this statement or declaration")                   \
  X(kTooDeep, "K0121", "nested too deep")                                                            \
  X(kEncoding, "K0122", "the file is not valid UTF-8")                                               \
  X(kBadName, "K0123", "a name has characters that names cannot have")                               \
  X(kMapEntry, "K0124", "an entry of a map has no key, or one that is not allowed there")            \
  X(kPayloadPlace, "K0125", "the payload of an `emit` stands in the wrong place")                    \
  X(kNeedsParentheses, "K0126", "an operand must be put in parentheses")                             \
  X(kForeignStatement, "K0127", "a statement of another language")                                   \
  X(kNoTrigger, "K0128", "a rule without `on`")                                                      \
  X(kTooMany, "K0129", "too many errors in one file, or a file too large")                           \
  X(kMisplaced, "K0130", "a statement, a step or a declaration stands where it has no meaning")

namespace krules::codes {

#define KRULES_CODE(name, code, meaning) inline constexpr std::string_view name = code;
KRULES_SYNTAX_CODES(KRULES_CODE)
#undef KRULES_CODE

struct Meaning {
  std::string_view code;
  std::string_view meaning;
};

/// Every code of the parser in order, for documentation and tests.
inline constexpr auto kSyntax = std::to_array<Meaning>({
#define KRULES_CODE(name, code, meaning) {code, meaning},
    KRULES_SYNTAX_CODES(KRULES_CODE)
#undef KRULES_CODE
});

}  // namespace krules::codes

#undef KRULES_SYNTAX_CODES
