#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
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
  bool operator==(const Literal&) const = default;
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
  bool in_loop = false;     ///< may happen any number of times in one run
  bool delayed = false;     ///< kEmit: the event begins a cascade of its own, later
  bool sets_first = false;  ///< kDelete: of what the same run has set, so that it is there in any case
  bool is_reply = false;    ///< kEmit: the answer to a call; `context` is its `extra`
  TermId delay = 0;         ///< kEmit: of `after`
  TermId key = 0;           ///< kEmit: of the timer, null without
  TermId subject = 0;       ///< the name of the subject it is about
  TermId name = 0;          ///< the event type, or the property's name
  TermId payload = 0;       ///< kEmit
  TermId before = 0;        ///< of a property: its value when the rule starts
  TermId after = 0;         ///< kChange: its value when the rule has ended
  TermId context = 0;       ///< what `with` gives: `extra`, for kEmit `meta`; null without
  uint32_t place = 0;       ///< events of one run are queued in the order of these
  Span span;                ///< the statement
};

/// One way through a rule: when all of `when` holds, the rule has all of these effects (or fails, and has
/// none). What a middleware does around a rule is a way of that rule, too, which happens beside one of its
/// own ways; it may be without the effects behind some place where it fails.
struct RulePath {
  uint32_t rule = 0;  ///< whose event it is
  uint32_t unit = 0;  ///< whose text it is: the rule's own, or that of a middleware around it
  bool is_beside() const { return unit != rule; }
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

/// A rule, or a gate, which is like a rule of its own before the others. A middleware has no ways of its own.
struct RuleModel {
  const ast::Rule* syntax = nullptr;      ///< of a rule
  const ast::Wrapper* wrapper = nullptr;  ///< of a gate or a middleware
  const CompiledRule* compiled = nullptr;
  uint32_t source = 0;  ///< index of its module
  /// Paths of the rule in Model::paths, its own first, then those of middleware around it.
  uint32_t first_path = 0;
  uint32_t path_count = 0;
  uint32_t own_paths = 0;

  const std::vector<ast::Trigger>& triggers() const {
    return syntax != nullptr ? syntax->triggers : wrapper->triggers;
  }
  const std::vector<ast::HeadClause>& head() const {
    return syntax != nullptr ? syntax->head : wrapper->head;
  }
  const ast::Block& body() const { return syntax != nullptr ? syntax->body : wrapper->body; }
  Span head_span() const { return syntax != nullptr ? syntax->head_span : wrapper->head_span; }
  const std::optional<std::string>& allow_cycle() const {
    return syntax != nullptr ? syntax->allow_cycle : wrapper->allow_cycle;
  }
  Span allow_cycle_span() const {
    return syntax != nullptr ? syntax->allow_cycle_span : wrapper->allow_cycle_span;
  }
  bool is_of_module() const {
    return syntax != nullptr ? !syntax->instance.empty() : !wrapper->instance.empty();
  }
  bool is_middleware() const { return compiled->role == CompiledRule::Role::kMiddleware; }
  bool is_gate() const { return compiled->role == CompiledRule::Role::kGate; }
};

struct Model {
  TermPool terms;
  std::vector<RuleModel> rules;  ///< by Program::unit(): the rules, and behind them gates and middleware
  uint32_t rule_count = 0;       ///< the rules alone
  std::vector<RulePath> paths;
  const std::vector<ast::Module>* modules = nullptr;
  const Program* program = nullptr;
  /// Something writes fields of `meta` for the rules that come after.
  bool sets_meta = false;
};

/// What a rule that the event of this effect fires finds as `meta`: the fields that `with` gave, those of a
/// trace, and no others. `meta` is a `meta` of the run that is fired, for what is not known. 0 (null) where
/// all of it may be anything.
TermId meta_after(Model& model, const Effect& effect, TermId meta, TermId context);

/// The most of `count_of(path)` that one run of a rule comes to: of its own ways one is taken, and of each
/// middleware around it.
template <class Count, class CountOf>
Count most_of_run(const Model& model, uint32_t rule, const CountOf& count_of) {
  const RuleModel& target = model.rules[rule];
  Count sum = 0;
  Count most = 0;
  for (uint32_t path = target.first_path; path < target.first_path + target.path_count; ++path) {
    if (path > target.first_path && model.paths[path].unit != model.paths[path - 1].unit) {
      sum += most;
      most = 0;
    }
    most = std::max<Count>(most, count_of(path));
  }
  return sum + most;
}

/// That the event of a run is one that these triggers wait for, as a term; what is too long to say is true.
TermId trigger_term(TermPool& terms, const std::vector<CompiledTrigger>& triggers);

/// `program` is compiled from `modules`.
void build_model(const std::vector<ast::Module>& modules, const Program& program,
                 const FunctionTable& functions, Model& model);

}  // namespace krules::check
