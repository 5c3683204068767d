#include "krules/parser.h"

#include <algorithm>
#include <utility>

#include "actions.hpp"
#include "messages.hpp"
#include "utf8.h"

namespace krules {

namespace {

using grammar::State;
using grammar::SyntaxError;

using Input = tao::pegtl::memory_input<tao::pegtl::tracking_mode::lazy, tao::pegtl::eol::lf, const char*>;

/// Every place where the text is not UTF-8: one error a run of bad bytes.
void check_encoding(grammar::Context& context) {
  const std::string_view text = context.text();
  size_t at = grammar::first_invalid_utf8(text);
  while (at != std::string_view::npos) {
    size_t end = at + 1;
    while (end < text.size() && grammar::utf8_length(text.substr(end)) == 0) ++end;
    context.report(context.diagnostic(codes::kEncoding,
                                      {static_cast<uint32_t>(at), static_cast<uint32_t>(end)},
                                      "this is not valid UTF-8", "save the file in UTF-8"));
    at = grammar::first_invalid_utf8(text, end);
  }
}

/// Runs `Rule` over the whole text; every error ends up in the state's diagnostics.
template <typename Rule>
void run(State& state) {
  constexpr size_t kLargestFile = 0xFFFFFFF0U;
  const std::string_view text = state.context.text();
  try {
    if (text.size() > kLargestFile) {
      state.context.fail(codes::kTooMany, {0, 0}, "this file is larger than 4 GB",
                         "split it into several files");
    }
    check_encoding(state.context);
    Input in(text.data(), text.data() + text.size(), "");
    static_cast<void>(tao::pegtl::parse<Rule, grammar::action, grammar::control>(in, state));
  } catch (const SyntaxError& error) {
    if (error.reach != SyntaxError::Reach::kReported) state.context.diagnostics.push_back(error.diagnostic);
  }
  std::stable_sort(state.context.diagnostics.begin(), state.context.diagnostics.end(),
                   [](const Diagnostic& a, const Diagnostic& b) {
                     return a.primary.where.span.begin < b.primary.where.span.begin;
                   });
}

}  // namespace

bool ParseResult::ok() const {
  return std::none_of(diagnostics.begin(), diagnostics.end(),
                      [](const Diagnostic& d) { return d.severity == Severity::kError; });
}

ParseResult parse(SourcePtr source) {
  State state(source);
  run<grammar::rules::file>(state);
  ParseResult result;
  result.module.source = std::move(source);
  result.module.declarations = std::move(state.declarations.declarations);
  result.module.comments = std::move(state.context.comments);
  result.diagnostics = std::move(state.context.diagnostics);
  return result;
}

ExpressionResult parse_expression(SourcePtr source) {
  State state(source);
  run<grammar::rules::single_expression>(state);
  ExpressionResult result;
  result.source = std::move(source);
  if (state.context.diagnostics.empty()) result.value = state.expressions.take();
  result.diagnostics = std::move(state.context.diagnostics);
  return result;
}

}  // namespace krules
