#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "krules/ast.h"
#include "krules/function_table.h"
#include "krules/program.h"
#include "term.h"

/// What rules do, in the form that the checker reasons about: every way through a rule's body, with its
/// conditions and effects as terms over what the rule finds when it starts.
namespace krules::check {

/// A condition that holds (or does not) on a path.
struct Literal {
  TermId term;
  bool truth;
};

/// Something that a path does: an event, a change of the state, mostly both.
struct Effect {
  enum class Kind : uint8_t {
    kEmit,
    kChange,         ///< of a property: the whole rule's effect on it, from `before` to `after`
    kDelete,         ///< likewise
    kDeleteSubject,  ///< all properties go
  };
  Kind kind;
  bool makes_event = true;  ///< not where it is muted or extended
  bool extended = false;
  bool in_loop = false;  ///< may happen any number of times in one run
  TermId subject = 0;    ///< the name of the subject it is about
  TermId name = 0;       ///< the event type, or the property's name
  TermId payload = 0;    ///< kEmit
  TermId before = 0;     ///< of a property: its value when the rule starts
  TermId after = 0;      ///< kChange: its value when the rule has ended
  TermId context = 0;    ///< what `with` gives: `extra`, for kEmit `meta`; null without
  uint32_t place = 0;    ///< events of one run are queued in the order of these
  Span span;             ///< the statement
};

/// One way through a rule: when all of `when` holds, the rule has all of these effects (or fails, and has
/// none).
struct RulePath {
  uint32_t rule = 0;
  std::vector<Literal> when;
  std::vector<Effect> effects;
  /// Made without looking at the ways through the body, which are too many: what is done is right, the
  /// conditions are only the rule's head.
  bool coarse = false;
  /// What is computed on the way besides conditions and effects: where it fails the rule fails.
  std::vector<TermId> computed;
  /// Something that is not told here decides, too, whether this way is taken to its end.
  bool is_unsure = false;
};

struct RuleModel {
  const ast::Rule* syntax = nullptr;
  const CompiledRule* compiled = nullptr;
  uint32_t source = 0;  ///< index of its module
  /// Paths of the rule in Model::paths.
  uint32_t first_path = 0;
  uint32_t path_count = 0;
};

struct Model {
  TermPool terms;
  std::vector<RuleModel> rules;  ///< by number
  std::vector<RulePath> paths;
  const std::vector<ast::Module>* modules = nullptr;
  const Program* program = nullptr;
};

/// `program` is compiled from `modules`.
void build_model(const std::vector<ast::Module>& modules, const Program& program,
                 const FunctionTable& functions, Model& model);

}  // namespace krules::check
