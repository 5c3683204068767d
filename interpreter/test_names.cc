#include "test_names.h"

#include <algorithm>

#include "checker/glob_meet.h"
#include "checker/syntax_walk.h"
#include "krules/event.h"

namespace krules {

void TestNames::add_type(const ast::ExprPtr& type) {
  if (type == nullptr) return;
  const auto* literal = std::get_if<ast::StringLiteral>(&type->node);
  std::string text;
  bool computed = literal == nullptr;
  if (literal != nullptr) {
    for (const auto& part : literal->parts) {
      const auto* plain = std::get_if<std::string>(&part);
      text += plain != nullptr ? *plain : "*";
      computed = computed || plain == nullptr;
    }
  }
  if (!computed) {
    emitted.insert(std::move(text));
  } else {
    emitted_globs.push_back(text.empty() ? "*" : std::move(text));
  }
}

void TestNames::collect(const ast::Block& block) {
  check::for_each_stmt(block, [this](const ast::Stmt& stmt) {
    if (const auto* emit = std::get_if<ast::Emit>(&stmt.node)) add_type(emit->type);
    if (const auto* call = std::get_if<ast::CallAction>(&stmt.node)) {
      called.insert(call->action);
      add_type(call->reply);
    }
  });
}

bool TestNames::may_emit(const ast::Pattern& pattern) const {
  const auto meets = [&](std::string_view type) { return check::globs_meet(pattern.text, type); };
  return meets(kPropertyChangedType) || meets(kPropertyDeletedType) || meets(kSubjectDeletedType) ||
         std::any_of(emitted_globs.begin(), emitted_globs.end(), meets) ||
         (pattern.is_glob ? std::any_of(emitted.begin(), emitted.end(), meets)
                          : emitted.contains(pattern.text));
}

}  // namespace krules
