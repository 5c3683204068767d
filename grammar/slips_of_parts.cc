#include <algorithm>
#include <array>

#include "krules/parser.h"
#include "path_text.h"
#include "slips.h"
#include "words.h"

namespace krules::grammar {

namespace {

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

/// What authors write in a test who think of rules, or of another tool for tests.
constexpr auto kForeignSteps = std::to_array<Hint>({
    {"emit", "an event comes from outside: `send order.submitted { ... } on \"order-1\"`"},
    {"set", "what is there before is said with `given \"order-1\" { total: 10 }`"},
    {"delete", "what is there before is said with `given \"order-1\" { total: 10 }`"},
    {"call", "say what the next call answers, `reply http.post { ok: true }`, and `expect called http.post`"},
    {"if", "a test is a list of steps, each is taken: write two tests"},
    {"for", "a test is a list of steps, each is taken once"},
    {"log", "a test that fails shows by itself what happened"},
    {"assert", "write `expect subject(\"order-1\").status == \"shipped\"`"},
    {"should", "write `expect subject(\"order-1\").status == \"shipped\"`"},
    {"check", "write `expect subject(\"order-1\").status == \"shipped\"`"},
    {"when", "write `send order.submitted on \"order-1\"`"},
    {"then", "write `expect ...`"},
    {"and", "each step begins with its own word"},
    {"wait", "write `advance 2s`: the time of a test is its own"},
    {"sleep", "write `advance 2s`: the time of a test is its own"},
    {"after", "write `advance 2s`: the time of a test is its own"},
});

std::string expectation(const Context& context, uint32_t offset, const Expected& expected) {
  return "expected " + std::string(expected.what) + ", found " + context.describe(offset);
}

/// `rate-limit`, `my.gate`: a sign in the name of a declaration.
std::optional<Diagnostic> name_with_sign(const Context& context, uint32_t offset, std::string_view what) {
  const std::string_view text = context.text();
  if ((text[offset] != '-' && text[offset] != '.') || offset == 0 || !is_word_char(text[offset - 1]))
    return {};
  uint32_t begin = offset;
  uint32_t end = offset;
  while (begin > 0 && is_bare_char(text[begin - 1])) --begin;
  while (end < text.size() && is_bare_char(text[end])) ++end;
  std::string mended(text.substr(begin, end - begin));
  std::replace_if(
      mended.begin(), mended.end(), [](char ch) { return !is_word_char(ch); }, '_');
  return context.diagnostic(codes::kBadName, {begin, end},
                            "the name of " + std::string(what) + " has letters, digits and `_`, not " +
                                backquoted(text.substr(offset, 1)),
                            "write " + backquoted(mended));
}

/// `in Europe/Rome`: a time zone without quotes.
std::optional<Diagnostic> at_rule_head(const Context& context, uint32_t offset) {
  const std::string_view text = context.text();
  const std::string_view area = word_before(context, offset);
  if (text[offset] != '/' || area.empty()) return {};
  const uint32_t begin = context.offset(area.data());
  if (word_before(context, begin) != "in") return {};
  uint32_t end = offset;
  while (end < text.size() && is_bare_char(text[end])) ++end;
  const std::string zone(text.substr(begin, end - begin));
  return context.diagnostic(codes::kUnexpected, {begin, end}, "a time zone stands in quotes",
                            "write `in \"" + zone + "\"`");
}

std::optional<Diagnostic> at_wrapper_head(const Context& context, uint32_t offset, const Expected& expected) {
  if (auto slip = name_with_sign(context, offset, "middleware or a gate")) return slip;
  const std::string_view word = word_at(context, offset);
  if (word == "every" || word == "at") {
    return context.diagnostic(
        codes::kClause, context.token_at(offset),
        backquoted(word) + " fires rules alone; middleware and gates run where events do",
        "write `rule name " + std::string(word) + " ... { ... }`");
  }
  if (word == "of") {
    return context.diagnostic(codes::kUnexpected, context.token_at(offset),
                              expectation(context, offset, expected),
                              "`of` belongs behind `on`: `on * of vip:*`");
  }
  return {};
}

std::optional<Diagnostic> at_step(const Context& context, uint32_t offset, const Expected& expected) {
  const std::string_view word = word_at(context, offset);
  const std::string_view help = find_hint(word, kForeignSteps);
  if (!help.empty()) {
    return context.diagnostic(codes::kForeignStatement, context.token_at(offset),
                              backquoted(word) + " is not a step of a test", std::string(help));
  }
  if (is_word_for(word, WordUse::kStatement)) {
    return context.diagnostic(codes::kForeignStatement, context.token_at(offset),
                              backquoted(word) + " is not a step of a test",
                              "it is a statement of rules; a test sends events and expects what follows");
  }
  if (is_word_for(word, WordUse::kClause) || word == "times" || word == "ext") {
    return context.diagnostic(
        codes::kNoStatement, context.token_at(offset), expectation(context, offset, expected),
        "the parts of a step stand in this order: `send TYPE MAP on S`, `expect emitted "
        "TYPE MAP on S times N`, `given S MAP ext MAP`");
  }
  return {};
}

/// `emit a.b 3`: a payload that is neither a map nor a name.
std::optional<Diagnostic> plain_payload(const Context& context, uint32_t offset) {
  const char first = context.text()[offset];
  if (!(first >= '0' && first <= '9') && first != '"' && first != '\'' && first != '[') return {};
  const std::string_view text = context.text().substr(0, offset);
  const size_t last = text.find_last_not_of(" \t");
  if (last == std::string_view::npos || !is_bare_char(text[last])) return {};
  auto begin = static_cast<uint32_t>(last);
  while (begin > 0 && is_bare_char(text[begin - 1])) --begin;
  if (word_before(context, begin) != "emit") return {};
  const std::string type(text.substr(begin, last + 1 - begin));
  return context.diagnostic(codes::kNoStatement, context.token_at(offset),
                            "the data of an event is a map, a name, or stands in parentheses",
                            "write `emit " + type + " { value: ... }`, or `emit " + type + " (...)`");
}

std::optional<Diagnostic> at_statement(const Context& context, uint32_t offset) {
  const std::string_view word = word_at(context, offset);
  if (word == "given" || word == "advance" || word == "expect") {
    return context.diagnostic(codes::kForeignStatement, context.token_at(offset),
                              backquoted(word) + " is a step of a test, not a statement of a rule",
                              "tests stand beside the rules: `test \"an order ships\" { ... }`");
  }
  if (word == "elif" || word == "elseif" || word == "elsif") {
    return context.diagnostic(codes::kForeignStatement, context.token_at(offset),
                              backquoted(word) + " is not a statement of a rule",
                              "write `else if c { ... }`");
  }
  if (word == "is") {
    return context.diagnostic(codes::kForeignStatement, context.token_at(offset),
                              "`is` is not a word of the language",
                              "values are compared with `==` and `!=`: `payload.total == null`");
  }
  if (auto slip = plain_payload(context, offset)) return slip;
  if (word == "yield" || word == "proceed") {
    return context.diagnostic(codes::kForeignStatement, context.token_at(offset),
                              backquoted(word) + " is not a statement of a rule",
                              "in middleware `next` runs the rest");
  }
  if (word == "http" || word == "fetch" || word == "request") {
    return context.diagnostic(codes::kForeignStatement, context.token_at(offset),
                              backquoted(word) + " is not a statement of a rule",
                              "write `call http.post(\"https://...\", { body: payload }) reply api.replied`");
  }
  return {};
}

/// `set payload.x = 1`: an event is never changed.
std::optional<Diagnostic> at_data_target(const Context& context, uint32_t offset) {
  const std::string name(word_at(context, offset));
  const std::string path(context.text({offset, end_of_path(context, offset)}));
  return context.diagnostic(codes::kTarget, {offset, end_of_path(context, offset)},
                            backquoted(path) + " belongs to the event, and events are never changed",
                            "a property is written by its own name; one that is called " + backquoted(name) +
                                " is quoted: `\"" + name + "\"" + path.substr(name.size()) + "`");
}

std::optional<Diagnostic> at_declaration(const Context& context, uint32_t offset, const Expected& expected) {
  const std::string_view word = word_at(context, offset);
  if (is_word_for(word, WordUse::kStep) && !is_word_for(word, WordUse::kDeclaration) && word != "let") {
    return context.diagnostic(codes::kNoDeclaration, context.token_at(offset),
                              backquoted(word) + " stands outside of a test",
                              "the steps of a test stand in its braces: `test \"an order ships\" { ... }`");
  }
  if (word == "describe" || word == "it" || word == "scenario") {
    return context.diagnostic(codes::kNoDeclaration, context.token_at(offset),
                              expectation(context, offset, expected),
                              "write `test \"an order ships\" { ... }`");
  }
  if (word == "plugin" || word == "extends" || word == "with") {
    return context.diagnostic(codes::kNoDeclaration, context.token_at(offset),
                              expectation(context, offset, expected),
                              "a module is brought in with `use std.rate_limit(...) on api.*`");
  }
  return {};
}

}  // namespace

std::optional<Diagnostic> find_slip_of_parts(const Context& context, uint32_t offset,
                                             const Expected& expected) {
  switch (expected.place) {
    case Place::kTrigger:
      return name_with_sign(context, offset, "a rule");
    case Place::kHead:
      return at_rule_head(context, offset);
    case Place::kWrapperHead:
      return at_wrapper_head(context, offset, expected);
    case Place::kOpenDeclared:
      return name_with_sign(context, offset, "a module");
    case Place::kDataTarget:
      return at_data_target(context, offset);
    case Place::kStep:
      return at_step(context, offset, expected);
    case Place::kStatement:
      return at_statement(context, offset);
    case Place::kDeclaration:
      return at_declaration(context, offset, expected);
    default:
      return {};
  }
}

}  // namespace krules::grammar
