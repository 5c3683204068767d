#pragma once

#include <string_view>
#include <unordered_map>
#include <vector>

#include "model.h"

namespace krules::check {

/// How a run of a rule stands after some of its statements: what must have been true, what it has done.
struct RunState {
  enum class Flow : uint8_t { kGoesOn, kStopped, kFailed, kGone };
  struct Local {
    std::string_view name;
    TermId term;
    bool is_subject;
    const ast::Expr* lazy;   ///< not computed yet, or not for sure
    bool met = false;        ///< it may be computed already: as `term`
    uint32_t met_after = 0;  ///< so many changes
  };
  struct Written {
    Effect effect;
    bool any_unmuted;
    bool unsure;           ///< what a loop left behind: reading it gives something unknown
    bool foreign = false;  ///< what another unit of the same event may have written: no effect of this one
  };

  Flow flow = Flow::kGoesOn;
  TermId subject = 0;  ///< what `subject` means: changes inside `as`
  bool in_loop = false;
  bool all_unsure = false;   ///< reads of properties give something unknown
  bool meta_unsure = false;  ///< `meta` may have been set since
  bool next_failed = false;  ///< kFailed came out of `next`: what was done before it stays
  bool way_unsure = false;   ///< RulePath::is_unsure
  uint32_t places = 0;       ///< events so far
  uint32_t changes = 0;      ///< of what reads give, so far
  std::vector<TermId> computed;
  std::vector<Literal> when;
  std::vector<Local> locals;
  std::vector<Written> written;
  std::vector<Effect> emitted;
  std::vector<Effect> settled;  ///< writes of a middleware before its `next`

  bool has_effects() const;
  /// Whether a local of the head is still to be computed, perhaps.
  bool has_lazy() const;
};

/// Turns rules into paths by running them over terms. One for a whole program.
class Lowering {
 public:
  Lowering(const std::vector<ast::Module>& modules, const FunctionTable& functions, Model& model);

  /// What middleware writes, before any rule.
  void prepare_middleware();
  /// A rule with the middleware around it, or a gate.
  void rule(uint32_t number);

 private:
  using Way = std::vector<Literal>;
  /// What `next` runs, for the middleware around it.
  struct Inside {
    std::vector<Way> failures;  ///< when it may fail
    std::vector<RunState::Written> writes;
    bool sets_meta = false;
    bool writes_anything = false;  ///< too much to list
  };
  /// The middleware of the program.
  struct Middleware {
    uint32_t number;
    std::vector<RunState::Written> writes = {};
    bool sets_meta = false;
    bool writes_anything = false;
  };
  struct Lowered {
    TermId term;
    bool is_subject = false;   ///< stands for a subject: `.name` reads its property
    bool is_extended = false;  ///< stands for a subject's extended properties
  };
  using States = std::vector<RunState>;

  // lower_expr.cc
  Lowered lower(const ast::Expr& expr, RunState& state);
  TermId term(const ast::Expr& expr, RunState& state) { return lower(expr, state).term; }
  /// Of what may not be computed at all: the right side of `and`, a branch.
  TermId maybe(const ast::Expr& expr, RunState& state);
  Lowered name(std::string_view name, RunState& state);
  void meet_lazy(size_t local, RunState& state);
  void settle(const ast::Expr& condition, bool truth, RunState& state);
  void look_inside(const ast::Lambda& lambda, RunState& state);
  Lowered member(const Lowered& object, TermId key, RunState& state);
  Lowered call(std::string_view name, const ast::Expr* object, const std::vector<ast::Argument>& arguments,
               RunState& state);
  TermId binary(const ast::Binary& node, RunState& state);
  TermId match(const ast::MatchExpr& node, RunState& state);
  TermId list(const ast::ListLiteral& node, RunState& state);
  TermId map(const ast::MapLiteral& node, RunState& state);
  TermId string(const ast::StringLiteral& node, RunState& state);
  TermId read(TermId subject, TermId name, bool extended, RunState& state);
  bool may_be_same(TermId a, TermId b) const;

  // lower_stmt.cc
  States block(const ast::Block& block, States states);
  void statement(const ast::Stmt& stmt, RunState state, States& after);
  void set(const ast::Stmt& stmt, const ast::Set& node, RunState& state);
  void set_many(const ast::Stmt& stmt, const ast::SetMany& node, RunState& state);
  void remove(const ast::Stmt& stmt, const ast::Delete& node, RunState& state);
  void remove_subject(const ast::Stmt& stmt, const ast::DeleteSubject& node, RunState& state);
  void emit(const ast::Stmt& stmt, const ast::Emit& node, RunState& state);
  void call_action(const ast::Stmt& stmt, const ast::CallAction& node, RunState& state);
  bool each_item(const ast::For& node, TermId sequence, const RunState& state, States& after);
  void for_loop(const ast::For& node, RunState state, States& after);
  void try_catch(const ast::Try& node, RunState state, States& after);
  RunState after_some(const ast::Block& block, const RunState& state);
  void forget_lazy(const ast::Block& block, RunState& state);
  void write(RunState& state, Effect effect, bool unmuted);
  void finish(uint32_t rule, RunState&& state, bool coarse);
  void coarse_block(uint32_t rule, const ast::Block& block, const RunState& head, RunState& scope);

  // lower_wrappers.cc
  std::vector<const Middleware*> middleware_around(uint32_t rule) const;
  void middleware(uint32_t rule, const Middleware& middleware, const RunState& head, Inside& inside);
  void next(RunState state, States& after) const;
  void add_foreign(RunState& state, const Middleware& middleware) const;
  static void add_foreign(RunState& state, const std::vector<RunState::Written>& writes);
  void add_head(uint32_t number, RunState& state);
  TermId event_of(uint32_t rule) const;
  void add_failure(std::vector<Way>& failures, const RunState& end, const Way& always) const;

  // may_fail.cc
  bool may_fail(const ast::Expr& expr, const RunState& state) const;
  bool may_fail(const ast::MapLiteral& map, const RunState& state) const;
  bool may_fail(const ast::Call& call, const RunState& state) const;
  bool may_fail(const ast::Clauses& clauses, const RunState& state) const;
  /// Of what stands in the statement itself, not in its blocks.
  bool may_fail(const ast::Stmt& stmt, const RunState& state) const;
  bool may_fail(const ast::Block& block, const RunState& state) const;

  Model& model_;
  TermPool& terms_;
  const FunctionTable& functions_;
  std::unordered_map<std::string_view, const ast::Fn*> fns_;
  std::unordered_map<std::string_view, const ast::Expr*> consts_;
  std::unordered_map<std::string_view, TermId> const_terms_;
  std::unordered_map<std::string_view, const ast::Param*> params_;
  std::vector<Middleware> middleware_;
  const Inside* inside_ = nullptr;  // of the middleware that is looked at
  uint32_t unit_ = 0;               // whose text is looked at
  TermId event_ = 0;                // what `event` means there
  uint32_t maybe_depth_ = 0;
  uint32_t fn_depth_ = 0;
  bool too_many_ = false;
};

}  // namespace krules::check
