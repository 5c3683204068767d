#include "slips.h"

#include <algorithm>
#include <array>

#include "krules/parser.h"
#include "path_text.h"
#include "words.h"

namespace krules::grammar {

namespace {

/// The slip at hand: what find_slip was asked, and shorthands.
struct Case {
  const Context& context;
  uint32_t offset;
  const Expected& expected;

  Span span() const { return context.token_at(offset); }
  std::string_view token() const { return context.text(span()); }
  std::string_view word() const { return word_at(context, offset); }
  std::string_view rest() const { return context.text().substr(offset); }
  std::string expectation() const {
    return "expected " + std::string(expected.what) + ", found " + context.describe(offset);
  }
  Diagnostic error(std::string_view code, std::string message, std::string help) const {
    return context.diagnostic(code, span(), std::move(message), std::move(help));
  }
};
using Slip = std::optional<Diagnostic>;

bool is_operator_word(std::string_view word) {
  return word == "or" || word == "and" || word == "in" || word == "not" || word == "matches" || word == "div";
}

struct Hint {
  std::string_view word;
  std::string_view help;
};

std::string_view find_hint(std::string_view word, const Hint* begin, const Hint* end) {
  const Hint* found = std::find_if(begin, end, [&](const Hint& hint) { return hint.word == word; });
  return found == end ? std::string_view{} : found->help;
}

constexpr auto kForeignStatements = std::to_array<Hint>({
    {"while",
     "every rule ends: loop over a list with `for x in range(n) { ... }`, or emit an event to go on later"},
    {"loop", "every rule ends: loop over a list with `for x in range(n) { ... }`"},
    {"return", "`stop` ends a rule; a function is one expression without `return`"},
    {"break", "a `for` goes over the whole list: shorten the list first, with `take` or `filter`"},
    {"continue", "put the rest of the loop's body into an `if`"},
    {"var", "a local is `let x = ...`, a property is `set x = ...`"},
    {"const", "a local is `let x = ...`; a `const` stands outside of rules"},
    {"rule", "rules do not stand in rules: close the one above with `}`"},
    {"def", "a function stands outside of rules: `fn name(x) = ...`"},
    {"fn", "a function stands outside of rules: `fn name(x) = ...`"},
    {"function", "a function stands outside of rules: `fn name(x) = ...`"},
    {"print", "write `log info \"...\"`"},
    {"raise", "write `fail \"reason\"`"},
    {"throw", "write `fail \"reason\"`"},
    {"del", "write `delete name`"},
    {"unset", "write `delete name`"},
    {"remove", "write `delete name`"},
    {"update", "write `set name = value`"},
    {"send", "write `emit type { ... }`"},
    {"publish", "write `emit type { ... }`"},
    {"trigger", "write `emit type { ... }`"},
    {"switch",
     "`match x { \"a\" -> 1, _ -> 0 }` gives a value; for statements write `if ... { } else if ... { }`"},
    {"match",
     "`match` gives a value: `set x = match ...`; for statements write `if ... { } else if ... { }`"},
    {"unless", "write `if not ... { }`"},
    {"except", "write `try { ... } catch err { ... }`"},
    {"finally", "what stands behind a `try` runs anyway"},
    {"when", "`when` stands before the body of a rule; inside it write `if ... { }`"},
});

constexpr auto kForeignHeads = std::to_array<Hint>({
    {"if", "a condition of the rule is `when ...`"},
    {"where", "a condition of the rule is `when ...`"},
    {"unless", "write `when not ...`"},
    {"do", "the body stands in braces: `{ ... }`"},
    {"then", "the body stands in braces: `{ ... }`"},
    {"for", "the subjects of a rule are `of PATTERN`: `on order.submitted of vip:*`"},
    {"from", "the subjects of a rule are `of PATTERN`: `on order.submitted of vip:*`"},
    {"in", "the subjects of a rule are `of PATTERN`: `on order.submitted of vip:*`"},
});

constexpr auto kForeignDeclarations = std::to_array<Hint>({
    {"def", "a function is `fn name(x) = ...`"},
    {"function", "a function is `fn name(x) = ...`"},
    {"func", "a function is `fn name(x) = ...`"},
    {"import", "all files of one run form one program, nothing is imported"},
    {"include", "all files of one run form one program, nothing is included"},
    {"when", "a rule begins with `rule NAME on EVENT`, `when` follows"},
    {"let", "a value for all rules is `const name = ...`"},
    {"var", "a value for all rules is `const name = ...`"},
    {"event", "events from outside are declared with `input order.submitted { total: number }`"},
});

Slip at_subject_target(const Case& c) {
  const Span span{c.offset, end_of_path(c.context, c.offset)};
  const Mend mend = mend_of(c.context, c.offset);
  const size_t before = c.context.text().substr(0, c.offset).find_last_not_of(" \t\r\n");
  const bool deleting =
      before != std::string_view::npos && before >= 5 && c.context.text().substr(before - 5, 6) == "delete";
  const std::string help = deleting ? "write `delete " + mend.target + mend.clause + "`"
                                    : "write `set " + mend.target + " = ..." + mend.clause + "`";
  const std::string message = mend.clause.empty()
                                  ? "the target is named without `subject`: it is the rule's own subject"
                                  : "another subject is named behind the value, with `on`";
  return c.context.diagnostic(codes::kTarget, span, message, help);
}

Slip at_assign(const Case& c) {
  const std::string_view rest = c.rest();
  if (rest.starts_with("==")) return c.error(codes::kTarget, "`==` compares, it does not set", "write `=`");
  if (rest.starts_with("++") || rest.starts_with("--")) {
    return c.error(codes::kTarget, "krules has no " + backquoted(rest.substr(0, 2)),
                   std::string("write `set name ") + rest[0] + "= 1`");
  }
  if (rest.starts_with("/=") || rest.starts_with("%=")) {
    return c.error(codes::kTarget, "krules has no " + backquoted(rest.substr(0, 2)),
                   std::string("write `set name = subject.name ") + rest[0] + " ...`");
  }
  if (rest.starts_with(":")) return c.error(codes::kTarget, c.expectation(), "write `=`");
  if (c.word() == "to" || c.word() == "is") return c.error(codes::kTarget, c.expectation(), "write `=`");
  if (word_before(c.context, c.offset) == "on") {
    return c.error(codes::kTarget, c.expectation(),
                   "another subject is named behind the value: `set name = value on \"user-7\"`");
  }
  if (rest[0] == '-' || rest[0] == ':' || rest[0] == '/' || rest[0] == '@') {
    uint32_t begin = c.offset;
    uint32_t end = c.offset;
    const std::string_view text = c.context.text();
    while (begin > 0 && is_bare_char(text[begin - 1])) --begin;
    while (end < text.size() && is_bare_char(text[end])) ++end;
    if (begin < c.offset && end > c.offset + 1) {
      const std::string name(text.substr(begin, end - begin));
      return c.context.diagnostic(codes::kTarget, {begin, end}, backquoted(name) + " is not a plain name",
                                  "quote it: `set \"" + name + "\" = ...`");
    }
  }
  return {};
}

/// Behind `emit a.b WORD`, where the word was taken for the payload and was meant as a statement.
Slip misspelt_before(const Case& c) {
  const std::string_view word = word_before(c.context, c.offset);
  const uint32_t begin = c.context.offset(word.data());
  const uint32_t end = begin + static_cast<uint32_t>(word.size());
  if (word.empty() || !c.context.first_on_line(begin)) return {};
  if (is_reserved_word(word)) return {};
  const std::string_view near = nearest_name(word, words_for(WordUse::kStatement));
  if (near.empty()) return {};
  return c.context.diagnostic(codes::kNoStatement, {begin, end},
                              "expected a statement or `}`, found " + backquoted(word),
                              "did you mean " + backquoted(near) + "?");
}

/// `emit "a." + x`: an event type that is put together.
Slip added_to_type(const Case& c) {
  if (!c.rest().starts_with('+')) return {};
  const std::string_view text = c.context.text().substr(0, c.offset);
  const size_t last = text.find_last_not_of(" \t");
  if (last == std::string_view::npos || (text[last] != '"' && text[last] != '\'')) return {};
  const size_t first = text.substr(0, last).find_last_of(text[last]);
  if (first == std::string_view::npos) return {};
  if (word_before(c.context, static_cast<uint32_t>(first)) != "emit") return {};
  const std::string type(text.substr(first + 1, last - first - 1));
  const std::string_view behind = c.context.text().substr(c.offset + 1);
  const size_t blanks = std::min(behind.find_first_not_of(" \t"), behind.size());
  const uint32_t begin = c.offset + 1 + static_cast<uint32_t>(blanks);
  const std::string path(c.context.text({begin, end_of_path(c.context, begin)}));
  return c.error(codes::kBareType, "an event type is one text, nothing is added to it",
                 "write `emit \"" + type + "{" + (path.empty() ? "expression" : path) + "}\"`");
}

std::string clause_place(std::string_view word) {
  if (word == "after" || word == "key") return "an `emit`";
  if (word == "reply" || word == "timeout" || word == "retry" || word == "backoff") return "a `call`";
  return "a `set`, `delete` or `emit`";
}

Slip at_statement(const Case& c) {
  const std::string_view word = c.word();
  const std::string_view hint = find_hint(word, kForeignStatements.begin(), kForeignStatements.end());
  if (!hint.empty()) {
    return c.error(codes::kForeignStatement, backquoted(word) + " is not a statement of a rule",
                   std::string(hint));
  }
  if (word == "else") {
    return c.error(codes::kNoStatement, "this `else` has no `if`",
                   "it stands directly behind the `}` of an `if`");
  }
  if (word == "catch") {
    return c.error(codes::kNoStatement, "this `catch` has no `try`", "write `try { ... } catch err { ... }`");
  }
  if (word == "then") {
    return c.error(codes::kForeignStatement, "an `if` among statements has no `then`",
                   "write `if c { ... }`");
  }
  if (is_word_for(word, WordUse::kClause)) {
    return c.error(codes::kClause, backquoted(word) + " belongs behind " + clause_place(word),
                   "put it at the end of that statement");
  }
  if (Slip misspelt = misspelt_before(c)) return misspelt;
  if (Slip added = added_to_type(c)) return added;
  if (!word.empty() && c.offset > 0 && c.context.text()[c.offset - 1] == '\'') {
    return c.error(codes::kNoStatement, "the string ends before " + backquoted(word),
                   "a quote inside of a raw string is written twice: `''`");
  }
  if (!word.empty() && !is_reserved_word(word) && is_assignment(c.context, c.offset)) {
    const Span span{c.offset, end_of_path(c.context, c.offset)};
    const std::string path(c.context.text(span));
    const bool of_subject = word == "subject" && path.size() > word.size();
    const Mend mend = of_subject ? mend_of(c.context, c.offset) : Mend{path, {}};
    return c.context.diagnostic(codes::kNoStatement, span, "a statement begins with its own word",
                                "to set a property write `set " + mend.target + " = ..." + mend.clause +
                                    "`, to name a value `let " + std::string(word == "subject" ? "x" : word) +
                                    " = ...`");
  }
  if (c.rest().starts_with(",")) {
    return c.error(codes::kNoStatement, c.expectation(),
                   "several properties at once are `set { a: 1, b: 2 }`; otherwise write one `set` for each");
  }
  return {};
}

Slip at_late_payload(const Case& c) {
  const std::string word = c.expected.what.starts_with("a step") ? "send" : "emit";
  return c.error(codes::kPayloadPlace, "the payload stands directly behind the event type",
                 "write `" + word + " type { ... } on S`, with the other clauses behind the payload");
}

Slip at_trigger(const Case& c) {
  const std::string_view near = c.word().empty() || is_reserved_word(c.word())
                                    ? std::string_view{}
                                    : nearest_name(c.word(), {"on", "every"});
  return c.error(codes::kNoTrigger, c.expectation(),
                 near.empty() ? "say which event fires the rule: `rule name on order.submitted { ... }`"
                              : "did you mean " + backquoted(near) + "?");
}

Slip at_head(const Case& c) {
  const std::string_view word = c.word();
  const std::string_view hint = find_hint(word, kForeignHeads.begin(), kForeignHeads.end());
  if (!hint.empty()) return c.error(codes::kUnexpected, c.expectation(), std::string(hint));
  if (is_word_for(word, WordUse::kStatement)) {
    return c.error(codes::kUnexpected, c.expectation(),
                   "the statements of a rule stand in braces: `{ ... }`");
  }
  if (c.rest().starts_with(':') || c.rest().starts_with("=>") || c.rest().starts_with("->")) {
    return c.error(codes::kUnexpected, c.expectation(),
                   "the statements of a rule stand in braces: `{ ... }`");
  }
  const bool quote = c.rest().starts_with('"') || c.rest().starts_with('\'');
  const bool name =
      !word.empty() && !is_reserved_word(word) && nearest_name(word, words_for(WordUse::kHead)).empty();
  if (quote || name) {
    const std::string_view near = nearest_name(word_before(c.context, c.offset), {"changed", "deleted"});
    return c.error(
        codes::kUnexpected, c.expectation(),
        near.empty() ? "between two patterns stands a comma" : "did you mean " + backquoted(near) + "?");
  }
  return {};
}

Slip at_declaration(const Case& c) {
  const std::string_view word = c.word();
  const std::string_view hint = find_hint(word, kForeignDeclarations.begin(), kForeignDeclarations.end());
  if (!hint.empty()) return c.error(codes::kNoDeclaration, c.expectation(), std::string(hint));
  if (is_word_for(word, WordUse::kStatement)) {
    return c.error(codes::kNoDeclaration, backquoted(word) + " stands outside of a rule",
                   "statements stand in the body of a rule: `rule name on event { ... }`");
  }
  if (c.rest().starts_with('}')) {
    return c.error(codes::kNoDeclaration, "this `}` closes nothing",
                   "remove it, or look for a `{` missing above");
  }
  return {};
}

Slip at_block(const Case& c) {
  const std::string_view word = c.word();
  if (word == "then" || word == "do" || c.rest().starts_with(':') || is_word_for(word, WordUse::kStatement)) {
    return c.error(codes::kUnexpected, c.expectation(),
                   "statements stand in braces: `if c { ... } else { ... }`");
  }
  return {};
}

Slip at_value(const Case& c) {
  const std::string_view rest = c.rest();
  if (c.word() == "if") {
    return c.error(codes::kNeedsParentheses, "an `if` among operands needs parentheses",
                   "write `(if c then a else b)`");
  }
  if (c.word() == "not") {
    return c.error(codes::kNeedsParentheses, "`not` needs parentheses here", "write `(not ...)`");
  }
  if (rest.size() > 1 && rest[0] == '.' && is_digit(rest[1])) {
    return c.error(codes::kNumber, "a number begins with a digit", "write `0.5`");
  }
  if (rest.starts_with('+')) return c.error(codes::kNoExpression, c.expectation(), "leave out the `+`");
  if (rest.starts_with('=')) {
    return c.error(codes::kForeignOperator, c.expectation(),
                   "values are compared with `==`, `!=`, `<=`, `>=`");
  }
  if (rest.starts_with('>') && c.offset > 0 && c.context.text()[c.offset - 1] == '<') {
    return c.context.diagnostic(codes::kForeignOperator, {c.offset - 1, c.offset + 1}, "`<>` is written `!=`",
                                "write `!=`");
  }
  if (rest.starts_with('$') || rest.starts_with('@') || rest.starts_with('`')) {
    return c.error(
        codes::kNoExpression, c.expectation(),
        "names stand without signs, strings in `\"`; `\"... {name} ...\"` puts a value into a string");
  }
  return {};
}

/// `{ payload.a + 1 }`: a path in a map that goes on as a computed value.
Slip entry_without_key(const Case& c) {
  const std::string_view rest = c.rest();
  const bool sign = std::string_view("+-*/%<>=!?").find(rest[0]) != std::string_view::npos;
  const bool word = is_operator_word(c.word());
  if (!sign && !word) return {};
  const std::string_view name = word_before(c.context, c.offset);
  if (name.empty()) {
    return c.error(codes::kMapEntry, "a computed value of a map needs a key",
                   "give it a name: `total: payload.price * 2`");
  }
  const uint32_t end = c.context.offset(name.data()) + static_cast<uint32_t>(name.size());
  const uint32_t begin = path_that_ends(c.context, end);
  const std::string_view text = c.context.text();
  const size_t before = text.substr(0, begin).find_last_not_of(" \t\r\n");
  // Behind a colon stands a value already, or the kind of a field.
  if (before == std::string_view::npos || (text[before] != '{' && text[before] != ',')) return {};
  const std::string path(text.substr(begin, end - begin));
  const size_t line_end = std::min(rest.find_first_of(",}#\n\r"), rest.size());
  std::string_view computed = rest.substr(0, line_end);
  while (computed.ends_with(' ')) computed.remove_suffix(1);
  if (rest[0] == '=' && (!rest.starts_with("==") || path == name)) {
    computed.remove_prefix(std::min(computed.find_first_not_of("= "), computed.size()));
    return c.error(codes::kMapEntry, c.expectation(),
                   "an entry is a key, a colon and a value: `" + std::string(name) + ": " +
                       (computed.empty() ? "..." : std::string(computed)) + "`");
  }
  return c.error(codes::kMapEntry, "a computed value of a map needs a key",
                 "give it a name: `" + std::string(name) + ": " + path + " " + std::string(computed) + "`");
}

/// Two items with nothing between them, a bracket of another kind, or a computed value without its key.
Slip at_close(const Case& c) {
  const char first = c.rest()[0];
  if (first == ')' || first == ']' || first == '}') {
    Diagnostic error =
        c.error(codes::kUnexpected, c.expectation(),
                "add the missing `" + std::string(1, c.expected.what[c.expected.what.size() - 2]) + "`");
    error.related.push_back(c.context.label(c.context.openers.back().span, "opened here"));
    return error;
  }
  if (c.expected.what == "`,` or `}`") {
    if (Slip slip = entry_without_key(c)) return slip;
  }
  const bool begins_value = is_digit(first) || first == '"' || first == '\'' ||
                            (is_word_start(first) && !is_reserved_word(c.word()));
  if (!begins_value || !c.expected.what.starts_with("`,`")) return {};
  Diagnostic error = c.error(codes::kUnexpected, c.expectation(), std::string(c.expected.help));
  error.related.push_back(c.context.label(c.context.openers.back().span, "opened here"));
  return error;
}

Slip at_interpolation(const Case& c) {
  if (c.expected.what == "a value") {
    if (c.rest().starts_with('}')) {
      return c.error(codes::kInterpolation, "this interpolation is empty",
                     "put a value between the braces; braces of the text are written `\\{` and `\\}`");
    }
    return at_value(c);
  }
  Diagnostic error =
      c.error(codes::kInterpolation, c.expectation(),
              c.rest().starts_with(':') ? "there are no formats here: call a function, such as `{x.round(2)}`"
                                        : "a brace of the text is written `\\{`");
  error.related.push_back(c.context.label(c.context.openers.back().span, "the interpolation begins here"));
  return error;
}

Slip at_emit_type(const Case& c) {
  if (c.rest().starts_with('(')) {
    return c.error(codes::kBareType, c.expectation(), "to compute the type write `emit \"{expression}\"`");
  }
  if (c.rest().starts_with('{'))
    return c.error(codes::kBareType, c.expectation(), "the type comes before the payload");
  if (c.rest().starts_with('.') || c.rest().starts_with('-') || c.rest().starts_with(':')) {
    return c.error(codes::kBareType, "an event type does not begin with " + backquoted(c.rest().substr(0, 1)),
                   "if it is part of the name, quote the whole");
  }
  return {};
}

Slip at_name(const Case& c) {
  const std::string_view rest = c.rest();
  if (is_digit(rest[0]))
    return c.error(codes::kBadName, "a name does not begin with a digit", "begin it with a letter");
  if (rest[0] == '"' || rest[0] == '\'') {
    return c.error(codes::kBadName, c.expectation(), "names stand without quotes: letters, digits and `_`");
  }
  if (static_cast<unsigned char>(rest[0]) >= 0x80) {
    return c.error(codes::kBadName, "a name has letters a to z, digits and `_`",
                   "names of properties can be quoted");
  }
  return {};
}

/// Signs of other languages and of word processors, wherever they stand.
Slip anywhere(const Case& c) {
  const std::string_view rest = c.rest();
  if (rest.empty()) return {};
  if (rest.starts_with("=>") && c.expected.what.starts_with("`->`")) {
    return c.error(codes::kForeignOperator, c.expectation(), "write `->`");
  }
  if ((rest[0] == '.' || rest[0] == '[' || rest[0] == '(') && c.expected.what.starts_with("`->`")) {
    return c.error(codes::kUnexpected, "an arm of a `match` is a literal or the name of a constant, no more",
                   "a field of a constant is given a name first, `const low = limits.low`; what is known "
                   "only when the rule "
                   "runs is compared with `if ... then ... else ...`");
  }
  if (rest.starts_with("=>")) {
    return c.error(codes::kUnexpected, c.expectation(),
                   "a lambda stands only as an argument: `readings.map(r => r.value)`");
  }
  if (rest.starts_with('?') && !rest.starts_with("??")) {
    return c.error(codes::kForeignOperator, c.expectation(), "a choice is written `if c then a else b`");
  }
  for (const std::string_view quote :
       {"\u201C", "\u201D", "\u2018", "\u2019", "\u201E", "\u00AB", "\u00BB"}) {
    if (rest.starts_with(quote)) {
      return c.error(codes::kUnexpected, backquoted(quote) + " is not a quote of the language",
                     "strings stand in `\"` or `'`");
    }
  }
  if (rest.starts_with("\u00A0") || rest.starts_with("\u200B") || rest.starts_with("\u2028")) {
    return c.error(codes::kUnexpected, "a special space stands here", "replace it by a plain space");
  }
  if (rest[0] == '&' || rest[0] == '^' || rest[0] == '~' || rest.starts_with("<<")) {
    return c.error(codes::kForeignOperator, c.expectation(),
                   "krules has no operators on bits; `and` and `or` are words");
  }
  return {};
}

}  // namespace

std::optional<Diagnostic> find_slip(const Context& context, uint32_t offset, const Expected& expected) {
  const Case c{context, offset, expected};
  if (offset >= context.text().size()) return {};
  if (Slip slip = anywhere(c)) return slip;
  if (Slip slip = find_slip_of_parts(context, offset, expected)) return slip;
  if (Slip slip = find_slip_of_habits(context, offset, expected)) return slip;
  switch (expected.place) {
    case Place::kDeclaration:
      return at_declaration(c);
    case Place::kName:
      return at_name(c);
    case Place::kTrigger:
      return at_trigger(c);
    case Place::kHead:
    case Place::kWrapperHead:
      return at_head(c);
    case Place::kStatement:
      return at_statement(c);
    case Place::kSubjectTarget:
      return at_subject_target(c);
    case Place::kAssign:
      return at_assign(c);
    case Place::kEmitType:
    case Place::kPattern:
      return at_emit_type(c);
    case Place::kLatePayload:
      return at_late_payload(c);
    case Place::kBlock:
      return at_block(c);
    case Place::kExpression:
    case Place::kOperand:
      return at_value(c);
    case Place::kInterpolation:
      return at_interpolation(c);
    case Place::kClose:
      return at_close(c);
    case Place::kThen:
      if (c.rest().starts_with('{')) {
        return c.error(codes::kUnexpected, c.expectation(),
                       "an `if` that gives a value is `if c then a else b`");
      }
      return {};
    case Place::kElse:
      return c.error(codes::kUnexpected, c.expectation(),
                     "an `if` that gives a value says both: `if c then a else b`");
    case Place::kStep:
    case Place::kOpenDeclared:
    case Place::kTarget:
    case Place::kDataTarget:
    case Place::kMapEntry:
    case Place::kString:
    case Place::kLogLevel:
    case Place::kFnBody:
    case Place::kEnd:
    case Place::kOther:
      return {};
  }
  return {};
}

}  // namespace krules::grammar
