#include "krules/parser.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <thread>
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

/// Files larger than this are parsed in two halves at once.
constexpr size_t kParseInHalves = 256 * 1024;

/// Where the second half of a large text begins: at a rule behind an empty line, so that no declaration and
/// no comment that belongs to one is cut. The end of the text where there is no such place, or no need.
size_t second_half(std::string_view text) {
  constexpr std::string_view kBoundary = "\n\nrule ";
  if (text.size() < kParseInHalves) return text.size();
  const size_t found = text.find(kBoundary, text.size() / 2);
  return found == std::string_view::npos ? text.size() : found + 2;
}

/// How many rules begin a line.
size_t count_rules(std::string_view text) {
  constexpr std::string_view kBeginning = "\nrule ";
  size_t count = text.starts_with(kBeginning.substr(1)) ? 1 : 0;
  for (size_t at = text.find(kBeginning); at != std::string_view::npos; at = text.find(kBeginning, at + 1))
    ++count;
  return count;
}

/// Parses the text from `begin` to `end` as a file of its own. False when anything at all is to be said about
/// it.
bool parse_part(State& state, size_t begin, size_t end) {
  const std::string_view text = state.context.text();
  try {
    Input in(text.data() + begin, text.data() + end, "");
    static_cast<void>(tao::pegtl::parse<grammar::rules::file, grammar::action, grammar::control>(in, state));
  } catch (const SyntaxError&) {
    return false;
  }
  return state.context.diagnostics.empty();
}

/// Both halves of a large text at once. Empty where there is something to say: then the text is parsed as a
/// whole, so that what is said does not depend on where it was cut.
std::optional<ParseResult> parse_in_halves(const SourcePtr& source) {
  const std::string_view text = source->text();
  const size_t middle = second_half(text);
  if (middle == text.size() || grammar::first_invalid_utf8(text) != std::string_view::npos)
    return std::nullopt;
  State first(source);
  State second(source);
  // The declarations of both come to lie in one piece.
  const size_t rules = count_rules(text);
  first.declarations.declarations.reserve(rules);
  second.declarations.declarations.reserve(rules / 2);
  bool second_is_clean = false;
  std::thread other([&] { second_is_clean = parse_part(second, middle, text.size()); });
  const bool first_is_clean = parse_part(first, 0, middle);
  other.join();
  if (!first_is_clean || !second_is_clean) return std::nullopt;
  ParseResult result;
  result.module.source = source;
  result.module.declarations = std::move(first.declarations.declarations);
  std::move(second.declarations.declarations.begin(), second.declarations.declarations.end(),
            std::back_inserter(result.module.declarations));
  result.module.comments = std::move(first.context.comments);
  result.module.comments.insert(result.module.comments.end(), second.context.comments.begin(),
                                second.context.comments.end());
  return result;
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
  if (std::optional<ParseResult> halves = parse_in_halves(source)) return *std::move(halves);
  State state(source);
  run<grammar::rules::file>(state);
  ParseResult result;
  result.module.source = std::move(source);
  result.module.declarations = std::move(state.declarations.declarations);
  result.module.comments = std::move(state.context.comments);
  result.module.unparsed = std::move(state.declarations.unparsed);
  result.diagnostics = std::move(state.context.diagnostics);
  for (const Diagnostic& each : result.diagnostics) result.module.errors.push_back(each.primary.where.span);
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
