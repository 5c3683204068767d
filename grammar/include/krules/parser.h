#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "krules/ast.h"
#include "krules/diagnostic.h"

namespace krules {

struct ParseResult {
  ast::Module module;
  std::vector<Diagnostic> diagnostics;

  bool ok() const;  ///< no diagnostic of severity error
};

/// Parses one rule file. Total: after an error it goes on with the next statement or declaration, so that the
/// module holds every declaration that is whole, and rules without the statements that are not, and
/// `diagnostics` every error of the file. Never throws on any input.
ParseResult parse(SourcePtr source);

/// Parses `text` as a single expression (tests, benchmarks, tools). `value` is null when there are errors.
struct ExpressionResult {
  SourcePtr source;
  ast::ExprPtr value;
  std::vector<Diagnostic> diagnostics;
};
ExpressionResult parse_expression(SourcePtr source);

/// The tree for a person (`krules parse FILE`): one node a line, indented, with line:column.
std::string dump_tree(const ast::Module& module);
/// The same as JSON.
std::string dump_json(const ast::Module& module);

/// Whether `word` belongs to the language and so cannot be a bare name.
bool is_reserved_word(std::string_view word);

}  // namespace krules
