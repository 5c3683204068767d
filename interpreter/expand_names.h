#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "krules/ast.h"

namespace krules {

/// The names that one use of a module gives to what is declared in it.
class Renaming {
 public:
  /// `instance`: what the use is called.
  explicit Renaming(std::string instance) : instance_(std::move(instance)) {}

  void add(const std::string& name, std::string full) { names_[name] = std::move(full); }
  /// A const or function of the module.
  void add_declared(const ast::Declaration& declaration);
  /// What `{name}` stands for in patterns: the text of `value`, or nothing for null. False: it is neither.
  bool set_text(const std::string& name, const ast::Expr& value);

  /// Replaces `{name}` in the patterns of a rule, gate or middleware. The name of one that stands for no text
  /// where there is such; "" else.
  std::string fill_patterns(ast::Declaration& declaration) const;
  /// Gives the declaration, and all that it reads, the full names.
  void apply(ast::Declaration& declaration) const;

 private:
  std::string fill(ast::Pattern& pattern) const;
  void apply(ast::Expr& root, const std::set<std::string_view>& locals) const;
  void apply(ast::Block& block, const std::set<std::string_view>& locals) const;

  std::string instance_;
  std::map<std::string, std::string, std::less<>> names_;
  std::map<std::string, std::string, std::less<>> texts_;
};

}  // namespace krules
