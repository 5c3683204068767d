#include <algorithm>
#include <array>

#include "krules/parser.h"
#include "path_text.h"
#include "slips.h"
#include "words.h"

namespace krules::grammar {

namespace {

using Slip = std::optional<Diagnostic>;

struct Hint {
  std::string_view word;
  std::string_view help;
};

template <size_t N>
std::string_view find_hint(std::string_view word, const std::array<Hint, N>& hints) {
  const auto* found =
      std::find_if(hints.begin(), hints.end(), [&](const Hint& hint) { return hint.word == word; });
  return found == hints.end() ? std::string_view{} : found->help;
}

/// Words that compare in other languages.
constexpr auto kForeignComparisons = std::to_array<Hint>({
    {"is", "values are compared with `==` and `!=`: `old != null`"},
    {"between", "write both bounds: `x >= 0 and x <= 5`"},
    {"not_in", "these are two words: `not in`"},
    {"notin", "these are two words: `not in`"},
    {"like", "a pattern is `matches \"home*\"`"},
    {"equals", "values are compared with `==` and `!=`"},
    {"eq", "values are compared with `==` and `!=`"},
    {"contains", "write `x in list`, or `text.contains(\"part\")`"},
    {"exists", "write `has(subject.total)`"},
});

/// Between the patterns of an `on`.
constexpr auto kForeignJoints = std::to_array<Hint>({
    {"or", "between two patterns stands a comma: `on order.paid, order.refunded`"},
    {"and", "one event fires a rule: keep in a property that the other one came, and ask for it with `when`"},
});

constexpr std::string_view kLambda = "a lambda is written `x => ...`";

/// The slip at hand, and shorthands.
class Look {
 public:
  Look(const Context& context, uint32_t offset, const Expected& expected)
      : context_(context), offset_(offset), expected_(expected) {}

  Slip find() const {
    switch (expected_.place) {
      case Place::kTrigger:
        return at_trigger();
      case Place::kHead:
      case Place::kWrapperHead:
        return at_head();
      case Place::kName:
        return at_name();
      case Place::kTarget:
        return at_target();
      case Place::kBlock:
        return comparison();
      case Place::kStatement:
        return at_statement();
      case Place::kStep:
        return at_step();
      case Place::kExpression:
      case Place::kOperand:
        return at_value();
      case Place::kMapEntry:
        return at_map_entry();
      case Place::kClose:
        return at_close();
      default:
        return {};
    }
  }

 private:
  std::string_view rest() const { return context_.text().substr(offset_); }
  std::string_view word() const { return word_at(context_, offset_); }
  std::string_view before() const { return word_before(context_, offset_); }
  char char_before(uint32_t offset) const { return offset == 0 ? '\n' : context_.text()[offset - 1]; }

  Diagnostic error(std::string_view code, std::string_view help) const {
    return context_.diagnostic(
        code, context_.token_at(offset_),
        "expected " + std::string(expected_.what) + ", found " + context_.describe(offset_),
        std::string(help));
  }

  /// `rückgabe`: a letter of another alphabet in the name of a rule.
  Slip at_trigger() const {
    if (static_cast<unsigned char>(rest()[0]) < 0x80 || !is_word_char(char_before(offset_))) return {};
    return context_.diagnostic(codes::kBadName, context_.token_at(offset_),
                               "the name of a rule has letters a to z, digits and `_`",
                               "write it without " + context_.describe(offset_));
  }

  Slip comparison() const {
    const std::string_view help = find_hint(word(), kForeignComparisons);
    return help.empty() ? Slip() : error(codes::kUnexpected, help);
  }

  Slip at_head() const {
    if (!is_in_condition(context_, offset_)) {
      const std::string_view help = find_hint(word(), kForeignJoints);
      return help.empty() ? Slip() : error(codes::kUnexpected, help);
    }
    if (Slip slip = comparison()) return slip;
    const bool value =
        rest()[0] == '"' || rest()[0] == '\'' || (!word().empty() && !is_reserved_word(word()));
    if (!value) return {};
    return error(codes::kUnexpected, "a condition goes on with an operator such as `==`, `and` or `or`");
  }

  Slip at_name() const {
    if (rest()[0] != '(' || before() != "for") return {};
    return error(codes::kUnexpected, "`for` has no parentheses: `for x in list { ... }`");
  }

  Slip at_target() const {
    if (rest()[0] != '(' || before() != "delete") return {};
    return error(codes::kTarget, "`delete` has no parentheses: `delete name`, `delete subject`");
  }

  Slip at_statement() const {
    if (Slip slip = subject_without_quotes()) return slip;
    if (context_.first_on_line(offset_)) return {};
    if (Slip slip = comparison()) return slip;
    const std::string_view text = context_.text();
    const size_t line = text.rfind('\n', offset_);
    const std::string_view so_far = text.substr(line == std::string_view::npos ? 0 : line,
                                                offset_ - (line == std::string_view::npos ? 0 : line));
    if (so_far.find("emit ") == std::string_view::npos) return {};
    if (word() == "to")
      return error(codes::kNoStatement,
                   "another subject is named with `on`: `emit type { ... } on \"user-7\"`");
    if (word() == "in")
      return error(codes::kNoStatement, "a delay is named with `after`: `emit type { ... } after 5m`");
    return {};
  }

  /// `on depot:rome`, `as user:1`: a subject's name, whose first part was taken for a name of the rule.
  Slip subject_without_quotes() const {
    const char first = rest()[0];
    if (first != ':' && first != '-' && first != '/' && first != '@') return {};
    const std::string_view text = context_.text();
    uint32_t begin = offset_;
    uint32_t end = offset_;
    while (begin > 0 && is_bare_char(text[begin - 1])) --begin;
    while (end < text.size() && is_bare_char(text[end])) ++end;
    if (begin == offset_ || word_before(context_, begin) != "on") return {};
    const std::string name(text.substr(begin, end - begin));
    return context_.diagnostic(codes::kNoStatement, {begin, end}, "the name of a subject stands in quotes",
                               "write `on \"" + name + "\"`");
  }

  /// `expect loan.begun { ... }`
  Slip at_step() const {
    if (Slip slip = subject_without_quotes()) return slip;
    if (rest()[0] != '{') return {};
    uint32_t end = offset_;
    while (end > 0 && (char_before(end) == ' ' || char_before(end) == '\t')) --end;
    const uint32_t begin = path_that_ends(context_, end);
    const std::string path(context_.text({begin, end}));
    if (path.empty() || path.starts_with("subject") || word_before(context_, begin) != "expect") return {};
    return context_.diagnostic(codes::kNoStatement, {begin, end},
                               "an event is expected with the word `emitted`",
                               "write `expect emitted " + path + " { ... }`");
  }

  Slip at_value() const {
    if (word() == "call") {
      return error(
          codes::kNoExpression,
          "a call gives no value: its answer is an event, `call http.get(...) reply stock.came`, which "
          "another rule waits for");
    }
    if (rest()[0] == '|') return error(codes::kNoExpression, kLambda);
    if (rest()[0] == '/' && before() == "matches") {
      return error(codes::kNoExpression,
                   "a pattern stands in quotes: `matches \"home*\"`; a regular expression is "
                   "`text.re_match('^home')`");
    }
    return {};
  }

  /// `matches home* { ... }`: the body was taken for a factor.
  Slip at_map_entry() const {
    const uint32_t brace = context_.openers.back().span.begin;
    const std::string_view text = context_.text();
    uint32_t end = brace;
    while (end > 0 && (char_before(end) == ' ' || char_before(end) == '\t')) --end;
    uint32_t begin = end;
    while (begin > 0 && is_pattern_char(text[begin - 1])) --begin;
    const std::string pattern(text.substr(begin, end - begin));
    if (!pattern.ends_with('*') || word_before(context_, begin) != "matches") return {};
    return context_.diagnostic(codes::kNoExpression, {begin, end}, "a pattern stands in quotes",
                               "write `matches \"" + pattern + "\"`");
  }

  Slip at_close() const {
    const bool arguments = expected_.what == "`,` or `)`";
    if (arguments && (rest().starts_with("->") || before() == "lambda"))
      return error(codes::kUnexpected, kLambda);
    const bool string = rest()[0] == '"' || rest()[0] == '\'';
    if (string && is_word_start(char_before(offset_))) {
      return error(
          codes::kUnexpected,
          "a string has no letter before it: `\"at most {limit}\"` has a value put in, and one in single "
          "quotes is taken as it stands");
    }
    const std::string_view key = before();
    const bool value = string || is_digit(rest()[0]) || (!word().empty() && !is_reserved_word(word()));
    if (expected_.what != "`,` or `}`" || key.empty() || !value) return {};
    const std::string_view text = context_.text();
    const size_t sign = text.substr(0, context_.offset(key.data())).find_last_not_of(" \t\r\n");
    if (sign == std::string_view::npos || (text[sign] != '{' && text[sign] != ',')) return {};
    Diagnostic slip = error(codes::kUnexpected, std::string(expected_.help) +
                                                    "; an entry is a key, a colon and a value: `" +
                                                    std::string(key) + ": ...`");
    slip.related.push_back(context_.label(context_.openers.back().span, "opened here"));
    return slip;
  }

  const Context& context_;
  uint32_t offset_;
  const Expected& expected_;
};

}  // namespace

std::optional<Diagnostic> find_slip_of_habits(const Context& context, uint32_t offset,
                                              const Expected& expected) {
  return Look(context, offset, expected).find();
}

}  // namespace krules::grammar
