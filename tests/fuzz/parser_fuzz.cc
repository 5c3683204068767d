#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "krules/parser.h"

/// Any bytes as a rule file: the parser answers, every span lies within the text, and what it answers can be
/// shown.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto source = std::make_shared<const krules::Source>(
      "fuzz.krules", std::string(reinterpret_cast<const char*>(data), size));
  const krules::ParseResult result = krules::parse(source);
  for (const krules::Diagnostic& diagnostic : result.diagnostics) {
    const krules::Span span = diagnostic.primary.where.span;
    if (span.begin > span.end || span.end > source->text().size()) std::abort();
    if (krules::render_text(diagnostic).empty() || krules::render_json(diagnostic).empty()) std::abort();
  }
  if (krules::dump_json(result.module).empty()) std::abort();
  krules::dump_tree(result.module);
  const krules::ExpressionResult expression = krules::parse_expression(source);
  if (expression.value == nullptr && expression.diagnostics.empty()) std::abort();
  return 0;
}
