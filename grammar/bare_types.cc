#include "bare_types.h"

#include "krules/parser.h"
#include "path_text.h"
#include "words.h"

namespace krules::grammar {

namespace {

std::string quoted(std::string_view text) {
  std::string out(1, '"');
  out += text;
  out += '"';
  return out;
}
bool ends_badly(std::string_view text) {
  return text.ends_with('.') || text.ends_with(':') || text.ends_with('-') || text.ends_with('/');
}

bool is_pattern_word(std::string_view text) {
  return is_reserved_word(text) || text == "changed" || text == "deleted";
}

/// What holds for every run; `follows` is the kind of word that stands there where the run was forgotten.
void check_run(Context& context, Span run, WordUse follows) {
  const std::string_view text = context.text(run);
  if (text.find("//") != std::string_view::npos) {
    const auto at = run.begin + static_cast<uint32_t>(text.find("//"));
    context.report(
        context.diagnostic(codes::kForeignComment, {at, at + 2}, "`//` does not begin a comment",
                           "a comment begins with `#`; if it belongs to the name, quote the whole: " +
                               backquoted(quoted(text))));
    return;
  }
  if (ends_badly(text)) {
    context.report(
        context.diagnostic(codes::kBareType, run,
                           backquoted(text) + " cannot end in " + backquoted(text.substr(text.size() - 1)),
                           "if this is the whole name, quote it: " + backquoted(quoted(text))));
    return;
  }
  if (is_word_for(text, follows) && context.first_on_line(run.begin)) {
    context.fail(codes::kUnexpected, run, "expected an event type or a name, found " + backquoted(text),
                 "if this is the whole name, quote it: " + backquoted(quoted(text)));
  }
  if (is_pattern_word(text)) {
    // `on changed on when ...`: the second `on` was to be a property.
    const std::string_view on = word_before(context, run.begin);
    const std::string word(on == "on" ? word_before(context, context.offset(on.data())) : std::string_view());
    if (word == "changed" || word == "deleted") {
      const uint32_t begin = context.offset(on.data());
      context.fail(codes::kReserved, {begin, begin + 2}, "`on` is a word of the language",
                   "quote it: `on " + word + " \"on\"`");
    }
    context.report(context.diagnostic(codes::kReserved, run, backquoted(text) + " is a word of the language",
                                      "quote it: " + backquoted(quoted(text))));
    return;
  }
}

}  // namespace

void check_emitted_type(Context& context, Span run) {
  const std::string_view text = context.text(run);
  if (text.find_first_of("*?") != std::string_view::npos) {
    const std::string word(word_before(context, run.begin));
    context.report(
        context.diagnostic(codes::kBareType, run,
                           backquoted(word) + " needs one event type, " + backquoted(text) + " is a pattern",
                           std::string("name the type") + (word == "emit" ? " that is emitted" : "") +
                               "; to compute it, write `" + word + " \"alert.{kind}\"`"));
    return;
  }
  check_run(context, run, WordUse::kStatement);
}

void check_pattern_run(Context& context, Span run, RunUse use) {
  const std::string_view text = context.text(run);
  if (use == RunUse::kProperty && text.find('.') != std::string_view::npos) {
    const std::string first(text.substr(0, text.find('.')));
    Diagnostic error = context.diagnostic(
        codes::kPropertyList, run, backquoted(text) + " has a dot, and a list of properties has plain names");
    error.helps.push_back("for the event type begin another group: `on " + std::string(text) + "`");
    if (!first.empty()) {
      error.helps.push_back("a property changes as a whole: name `" + first +
                            "`; or quote the name: " + backquoted(quoted(text)));
    }
    context.report(std::move(error));
    return;
  }
  if (use == RunUse::kEventPattern && text == "held") {
    context.fail(codes::kNotYet, run, "`held` is not yet part of krules",
                 "the word is kept for a later version");
  }
  const bool brace_follows = run.end < context.text().size() && context.text()[run.end] == '{';
  if (use == RunUse::kSubjectPattern && brace_follows && ends_badly(text)) {
    context.fail(codes::kNotYet, {run.begin, run.end + 1},
                 "a part of a subject pattern in braces is not yet part of krules",
                 "write `*` and take the part from `subject`, which is text");
  }
  WordUse follows = WordUse::kHead;
  if (use == RunUse::kDeclaredType) follows = WordUse::kDeclaration;
  if (use == RunUse::kExpectedType) follows = WordUse::kStep;
  check_run(context, run, follows);
}

}  // namespace krules::grammar
