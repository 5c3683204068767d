#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "krules/parser.h"
#include "krules/program.h"
#include "krules/stdlib.h"

namespace {

bool can_be_shown(const krules::Diagnostic& diagnostic, const krules::Source& source) {
  const krules::Span span = diagnostic.primary.where.span;
  return span.begin <= span.end && span.end <= source.text().size() &&
         !krules::render_text(diagnostic).empty() && !krules::render_json(diagnostic).empty();
}

}  // namespace

/// Any bytes as a rule file: the parser and the compiler answer, every span lies within the text, and what
/// they answer can be shown.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto source = std::make_shared<const krules::Source>(
      "fuzz.krules", std::string(reinterpret_cast<const char*>(data), size));
  static const krules::FunctionTable functions = [] {
    krules::FunctionTable table;
    krules::add_standard_functions(table, {});
    return table;
  }();
  std::vector<krules::ast::Module> modules;
  krules::ParseResult result = krules::parse(source);
  for (const krules::Diagnostic& diagnostic : result.diagnostics) {
    if (!can_be_shown(diagnostic, *source)) std::abort();
  }
  if (krules::dump_json(result.module).empty()) std::abort();
  krules::dump_tree(result.module);
  const bool parsed = result.ok();
  modules.push_back(std::move(result.module));
  krules::CompileOptions options;
  options.functions = &functions;
  const krules::CompileResult compiled = krules::compile(modules, options);
  for (const krules::Diagnostic& diagnostic : compiled.diagnostics) {
    if (!can_be_shown(diagnostic, *source)) std::abort();
  }
  if (!parsed && compiled.program != nullptr) std::abort();
  const krules::ExpressionResult expression = krules::parse_expression(source);
  if (expression.value == nullptr && expression.diagnostics.empty()) std::abort();
  return 0;
}
