#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "krules/ast.h"
#include "krules/program.h"
#include "krules/program_codes.h"
#include "make_nodes.h"
#include "program_impl.h"
#include "statements.h"

namespace krules {

struct TestNames;

/// A NodeFlag more, of what reads the subject whose event it is, or its name. It counts for tests, which have
/// no event.
inline constexpr uint8_t kReadsOwnSubject = 64;

/// What becomes of the `test`s of a program.
enum class Tests : uint8_t { kChecked, kKept };

/// A const, param, fn or secret of the program.
struct Definition {
  enum class Kind : uint8_t { kConst, kParam, kFn, kSecret };
  Kind kind;
  uint32_t source;
  Span name_span;
  const ast::Declaration* declaration;
  bool broken = false;  ///< an error was reported; uses of it are passed over in silence
  Value value;          ///< of a const or param; of a secret the text that stands for it
  CompiledFn* fn = nullptr;
  uint8_t flags = 0;     ///< of a fn's body
  uint32_t levels = 0;   ///< how deep calls nest below a fn
  bool inlined = false;  ///< a fn whose body may stand in place of a call
};

/// Compiles a whole program. Made for one compile() and gone after it.
class ProgramCompiler {
 public:
  ProgramCompiler(const std::vector<ast::Module>& modules, const CompileOptions& options);
  /// Gives the rules' heads and bodies back as it goes, once `may_release` is true.
  ProgramCompiler(std::vector<ast::Module>* spent, const std::atomic<bool>* may_release,
                  const CompileOptions& options)
      : ProgramCompiler(*spent, options) {
    spent_ = spent;
    may_release_ = may_release;
  }

  ~ProgramCompiler();

  /// Before compile(): the tests stay, and the program counts what runs.
  void keep_tests(const std::map<std::string, Value>& parameters) {
    tests_ = Tests::kKept;
    parameter_values_ = &parameters;
  }
  CompileResult compile();

  // For the units of the program:
  Program::Impl& program() { return *impl_; }
  SymbolTable& symbols() { return *symbols_; }
  const FunctionTable* functions() const { return options_.functions; }
  size_t report_count() const { return diagnostics_.size(); }
  const TestNames& test_names() const { return *test_names_; }
  Definition* find_definition(std::string_view name);
  /// Whether a declaration of that name did not parse, which was said; uses of it are passed over in silence.
  bool is_unparsed(std::string_view name) const;
  /// Whether an error was found where the span stands when its file was parsed.
  bool is_in_error(const Source* source, Span span) const;
  /// Whether all files parsed without errors.
  bool is_whole() const { return whole_; }
  /// Candidates for suggestions.
  void add_values(std::vector<std::string_view>& names) const;
  void add_functions(std::vector<std::string_view>& names) const;
  void add_parameters(std::vector<std::string_view>& names) const;
  Diagnostic& report(std::string_view code, uint32_t source, Span span, std::string message);
  Label label(uint32_t source, Span span, std::string text) const;
  /// The syntax is there, and no meaning yet.
  void report_not_built(uint32_t source, Span span, std::string_view word);
  /// Evaluates a node that depends on nothing, with so many steps at most. Memory is the program's.
  Value evaluate(const Node& node, uint64_t steps, uint32_t local_count = 0);
  /// A copy in the program's memory.
  template <class T>
  std::span<const T> kept(const std::vector<T>& items) {
    T* array = impl_->arena.allocate_array<T>(items.size());
    std::copy(items.begin(), items.end(), array);
    return {array, items.size()};
  }
  /// A rule sets a property of that name, or names that only the run will tell: then reading `subject.name`
  /// is meant.
  void note_name_is_set() { name_is_set_ = true; }
  /// `subject.name` was read.
  void note_name_is_read(uint32_t source, Span span) { name_reads_.push_back({source, span}); }

 private:
  struct Circle;

  void collect_definitions();
  void order_definitions(std::vector<Definition*>& order);
  void report_circle(const std::vector<Definition*>& path);
  void compile_definition(Definition& definition);
  void compile_const(Definition& definition, const ast::Const& declaration);
  void compile_param(Definition& definition, const ast::Param& declaration);
  void compile_fn(Definition& definition, const ast::Fn& declaration);
  void compile_secret(Definition& definition, const ast::Secret& declaration);
  Value parameter_value(const std::string& text, const ast::KindSpec& spec);
  void check_unknown_parameters();

  void compile_inputs();
  void compile_outputs();
  void compile_rules();
  void refuse_what_is_not_built();
  void compile_wrappers();
  /// Of a rule, middleware or gate: what both have in common.
  template <class Declared>
  void compile_unit(const ast::Declaration& declaration, const Declared& declared, uint32_t source,
                    CompiledRule& made);
  void collect_test_names();
  void compile_tests();
  void compile_schedules();
  void check_clock(const ast::Trigger& trigger, const CompiledSchedule& made, uint32_t source);
  void compile_schedule(const ast::Trigger& trigger, CompiledRule& rule, uint32_t source);
  /// The value of a constant expression in a rule's head; an error value after a report.
  Value head_constant(const ast::Expr& expr, uint32_t source, std::string_view what);
  void compile_rule(const ast::Declaration& declaration, const ast::Rule& rule, uint32_t source);
  std::string name_of(const ast::Rule& rule, uint32_t source) const;
  void check_rule_names();
  void tell_uses();
  void drop_what_was_said();
  /// The fields that payloads of the rule's events can have by declaration, or null when that is not known.
  const std::vector<std::string_view>* declared_fields(const std::vector<ast::Trigger>& triggers);
  void collect_emitted_fields();

  NamePattern name_pattern(const ast::Pattern& pattern);
  NamePattern exact_pattern(std::string_view text);
  std::vector<CompiledTrigger> triggers_of(const std::vector<ast::Trigger>& triggers);

  const std::vector<ast::Module>& modules_;
  std::vector<ast::Module>* spent_ = nullptr;  ///< the same, where rules are to be given back
  const std::atomic<bool>* may_release_ = nullptr;
  const CompileOptions& options_;
  std::unique_ptr<Program::Impl> owned_impl_;
  Program::Impl* impl_;
  std::shared_ptr<SymbolTable> symbols_;
  std::shared_ptr<Program> program_;
  std::deque<Definition> definitions_;
  std::unordered_map<std::string_view, Definition*> by_name_;
  std::vector<Diagnostic> diagnostics_;
  static constexpr uint32_t kNoModule = UINT32_MAX;
  std::vector<uint32_t> reported_in_;  // the place of the module, by diagnostic; more may follow without one
  bool whole_ = true;                  ///< all files parsed without errors
  uint64_t definitions_hash_ = 0;

  struct Place {
    uint32_t source;
    Span span;
  };
  std::vector<std::pair<Place, bool>> rule_places_;  ///< by rule number; whether the name was written
  bool name_is_set_ = false;
  std::vector<Place> name_reads_;

  /// What the program itself emits of an event type: the fields, or that it cannot be known.
  struct EmittedFields {
    bool open = false;
    std::vector<std::string_view> names;
  };
  std::unordered_map<std::string_view, EmittedFields> emitted_fields_;
  std::vector<std::string_view> known_fields_;
  Tests tests_ = Tests::kChecked;
  const std::map<std::string, Value>* parameter_values_ = nullptr;
  std::unique_ptr<TestNames> test_names_;  ///< where there are tests
};

/// Compiles one rule, function, constant, input or test: whatever has locals of its own.
class UnitCompiler {
 public:
  enum class Kind : uint8_t { kRule, kFn, kConst, kInput, kTest };

  UnitCompiler(ProgramCompiler& program, Kind kind, uint32_t source)
      : program_(program), kind_(kind), source_(source) {}

  const Node* expression(const ast::Expr& expr);
  BlockNode block(const ast::Block& block);
  /// The unit's end: reports names that were not found.
  void finish();

  /// Declares a local that can be seen from here to the end of the block, and gives its slot.
  uint32_t declare(std::string_view name, Span span);
  /// `let` in a body or a test: gives the value, and the slot that it goes to.
  const Node* declare_value(const ast::Let& let, uint32_t& slot);
  /// `let` in a rule's head.
  void declare_lazy(const ast::Let& let);

  uint32_t slot_count() const { return most_slots_; }
  const std::vector<uint32_t>& lazy_slots() const { return lazy_slots_; }
  uint32_t levels() const { return levels_; }

  /// What it belongs to; `next` stands in middleware alone.
  CompiledRule::Role role = CompiledRule::Role::kRule;
  /// Of a rule, gate or middleware: whose state `state(key)` is.
  std::string_view instance;
  /// Of a rule: whether a property event may fire it.
  bool property_events = true;
  /// Of a rule: see ProgramCompiler::declared_fields().
  const std::vector<std::string_view>* payload_fields = nullptr;
  /// Of a rule: its statements that did not parse. What they declare is not known.
  std::span<const Span> skipped;

 private:
  struct Local {
    std::string_view name;
    Span span;
    uint32_t slot;
    const Node* init;  ///< of a lazy local
    bool is_subject;   ///< holds subject("x"): its properties can be read
    uint8_t flags;
    bool is_error = false;  ///< of `catch`
  };
  struct Scope {
    size_t locals;
    uint32_t slots;
  };
  /// A name that was not found where it stands; said at the unit's end, when all locals are known.
  struct Unknown {
    std::string_view name;
    Span span;
    std::vector<std::string_view> candidates;
  };
  /// What is read from: subject, origin, subject("x"), or their extended properties.
  struct SubjectPath {
    WhichSubject which = WhichSubject::kCurrent;
    const Node* name = nullptr;
    bool extended = false;
  };
  struct Parameters;

  // compile_names.cc
  Scope open_scope() const { return {locals_.size(), next_slot_}; }
  void close_scope(const Scope& scope);
  const Local* find_local(std::string_view name) const;
  const Node* name(const ast::Expr& expr, const ast::Name& name);
  const Node* read_local(const Local& local, Span span);
  const Node* builtin(Builtin which, std::string_view text, Span span);
  bool available(std::string_view text, Span span, bool subject);
  bool has_own_event(std::string_view text, Span span);
  void unknown_name(std::string_view name, Span span);
  bool may_be_skipped(std::string_view name) const;
  uint32_t take_slot();

  // compile_expr.cc
  const Node* any_expression(const ast::Expr& expr);
  const Node* constant(const Value& value, Span span, bool literal);
  const Node* broken(Span span);
  const Node* string(const ast::Expr& expr, const ast::StringLiteral& literal);
  const Node* if_expr(const ast::Expr& expr, const ast::IfExpr& node);
  const Node* match(const ast::Expr& expr, const ast::MatchExpr& node);
  void match_patterns(const ast::MatchExpr::Arm& arm, std::vector<Value>& patterns,
                      std::vector<std::pair<Value, Span>>& seen);
  const Node* list(const ast::Expr& expr, const ast::ListLiteral& literal);
  const Node* map(const ast::Expr& expr, const ast::MapLiteral& literal);

  // compile_operators.cc
  const Node* unary(const ast::Expr& expr, const ast::Unary& node);
  const Node* negation(const Node* operand, Span span);
  const Node* binary(const ast::Expr& expr, const ast::Binary& node);
  const Node* apply(const ast::Expr& expr, const ast::Binary& node, const Node* left, const Node* right);
  const Node* comparison(ast::BinaryOp op, const Node* left, const Node* right, Span span);
  const Node* matches(const Node* left, const Node* right, Span span);
  const Node* chain(const ast::Expr& expr, ast::BinaryOp op);
  const Node* join_equalities(std::vector<const Node*>& terms, Span span);

  // compile_access.cc
  bool is_subject_value(const ast::Expr& expr) const;
  bool subject_path(const ast::Expr& expr, SubjectPath& path);
  bool is_builtin_name(const ast::Expr& expr, std::string_view text) const;
  const Node* member(const ast::Expr& expr, const ast::Member& node);
  const Node* index(const ast::Expr& expr, const ast::Index& node);
  const Node* payload_field(std::string_view field, Span span, Span name_span);
  const Node* subject_read(const SubjectPath& path, const Symbol* name, const Node* computed, Span span,
                           bool has);
  bool has_error_field(const ast::Expr& object, std::string_view name, Span span);
  const Node* field_of(const Node* object, std::string_view name, Span span);
  const Node* element_of(const Node* object, const Node* key, Span span);
  const Node* has(const ast::Expr& expr, const ast::Call& call);
  const Node* subject_call(const ast::Expr& expr, const ast::Call& call);
  const Node* pending(const ast::Expr& expr, const ast::Call& call);
  const Node* state(const ast::Expr& expr, const ast::Call& call);

  // compile_call.cc
  const Node* call(const ast::Expr& expr, const ast::Call& call);
  const Node* method_call(const ast::Expr& expr, const ast::MethodCall& call);
  const Node* call_function(const ast::Expr& expr, std::string_view name, Span name_span,
                            const ast::Expr* object, const std::vector<ast::Argument>& arguments);
  const Node* call_native(const ast::Expr& expr, const FunctionSpec& spec, Span name_span,
                          const ast::Expr* object, const std::vector<ast::Argument>& arguments);
  const Node* call_fn(const ast::Expr& expr, Definition& definition, std::string_view name, Span name_span,
                      const ast::Expr* object, const std::vector<ast::Argument>& arguments);
  const Node* lambda(const ast::Expr& expr, const ast::Lambda& node);
  bool bind(const Parameters& parameters, std::string_view name, Span name_span, const ast::Expr* object,
            const std::vector<ast::Argument>& arguments, std::vector<const ast::Expr*>& bound);
  void unknown_function(std::string_view name, Span span);
  bool try_constants(const FunctionSpec& spec, Span span, const std::vector<const ast::Expr*>& bound,
                     const std::vector<const Node*>& values);

  // compile_stmt.cc
  const StmtNode* statement(const ast::Stmt& stmt);
  const StmtNode* set(const ast::Stmt& stmt, const ast::Set& set);
  const StmtNode* emit(const ast::Stmt& stmt, const ast::Emit& emit);
  const StmtNode* for_loop(const ast::Stmt& stmt, const ast::For& loop);
  const StmtNode* try_catch(const ast::Stmt& stmt, const ast::Try& node);
  TargetPart target(const ast::Target& target);
  ClausePart clauses(const ast::Clauses& clauses);
  void check_meta_clauses(const ast::Target& target, const ast::Clauses& clauses);
  void check_delay(const Value& delay, Span span);
  const StmtNode* next(const ast::Stmt& stmt);
  bool check_emit_type(const ast::Expr& type, std::string_view text, std::string_view word);

  // compile_action.cc
  const StmtNode* call_action(const ast::Stmt& stmt, const ast::CallAction& call);
  const ActionSpec* find_action(const ast::CallAction& call);
  bool bind_action(const ast::CallAction& call, const ActionSpec& spec, std::vector<const ast::Expr*>& bound);
  void check_argument(const ActionSpec& spec, const ActionSpec::Parameter& parameter, const ast::Expr& expr,
                      const Node* node);
  const Node* call_duration(const ast::Expr& expr, std::string_view clause, bool may_be_zero);
  void note_call(const ast::CallAction& call, const ast::Expr& first, const Node* value);
  const Node* secret(const Definition& definition, std::string_view name, Span span);

  // Making nodes.
  template <class T>
  T* make(Span span) {
    T* node = new (program_.program().arena.allocate(sizeof(T), alignof(T))) T();
    node->span = span;
    node->source = source_;
    return node;
  }
  template <class T>
  const T* copied(const std::vector<T>& items) {
    return program_.kept(items).data();
  }
  /// Gives a node the evaluation function that it lacks.
  static const Node* complete(Node* node) {
    if (node->truth == nullptr) node->truth = truth_of_value;
    if (node->eval == nullptr) node->eval = value_of_truth;
    return node;
  }
  /// The constant that a node with only constant parts comes to, or the node.
  const Node* folded(const Node* node, bool literal_parts);
  static bool is_const(const Node* node) { return node->kind == NodeKind::kConst; }
  static bool is_literal(const Node* node) {
    return is_const(node) && static_cast<const ConstNode*>(node)->literal;
  }
  static bool is_broken(const Node* node) { return node->kind == NodeKind::kBroken; }
  static const Value& const_value(const Node* node) { return static_cast<const ConstNode*>(node)->value; }

  Diagnostic& report(std::string_view code, Span span, std::string message) {
    return program_.report(code, source_, span, std::move(message));
  }
  Value text_value(std::string_view text) { return Value::string(text, program_.program().arena); }

  ProgramCompiler& program_;
  Kind kind_;
  uint32_t source_;
  std::vector<Local> locals_;
  std::vector<Local> gone_;  ///< locals whose block has ended
  std::vector<Unknown> unknown_;
  uint32_t next_slot_ = 0;
  uint32_t most_slots_ = 0;
  uint32_t levels_ = 0;
  uint32_t loops_ = 0;                          ///< how many `for` stand around
  bool in_call_ = false;                        ///< in the arguments of a `call`
  std::vector<SecretMark>* secrets_ = nullptr;  ///< where secrets may stand: those that do
  StateMemory* state_memory_ = nullptr;         // made by the first `state(subject)`
  std::vector<uint32_t> lazy_slots_;
};

/// The equality guards that follow from a rule's conditions.
std::vector<EqualityGuard> guards_of(std::span<const CompiledRule::HeadStep> whens);

/// Whether `name` is one of subject, payload, event, ...
bool is_builtin_value(std::string_view name);

}  // namespace krules
