#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "krules/ast.h"
#include "krules/glob.h"

namespace krules {

/// What the rules of a program emit and call, as far as their text tells: what a test can wait for. Copies,
/// because trees are given back while rules compile.
struct TestNames {
  std::set<std::string, std::less<>> emitted;
  /// Of computed types: `alert.*` for `emit "alert.{kind}"`.
  std::vector<std::string> emitted_globs;
  std::set<std::string, std::less<>> called;

  void collect(const ast::Block& block);
  /// Whether something can emit what the pattern fits.
  bool may_emit(const ast::Pattern& pattern) const;

 private:
  void add_type(const ast::ExprPtr& type);
};

}  // namespace krules
