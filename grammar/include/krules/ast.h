#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "krules/source.h"

/// The syntax tree of one rule file, as written: plain structs with spans, no behaviour. Passes over it visit
/// the variants and list every case. All spans are byte ranges of Module::source.
namespace krules::ast {

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

// ---------------------------------------------------------------- expressions

struct NullLiteral {};
struct BoolLiteral {
  bool value;
};
struct IntLiteral {
  int64_t value;
};
struct FloatLiteral {
  double value;
};
/// `250ms 2s 5m 1h30m 7d`.
struct DurationLiteral {
  int64_t microseconds;
};

/// A string; `"a {x} b"` has three parts: text, expression, text. A string without interpolation has at most
/// one part. Escapes are already resolved.
struct StringLiteral {
  using Part = std::variant<std::string, ExprPtr>;
  std::vector<Part> parts;
  bool raw = false;
};

/// A bare name: local, parameter, constant, or a built-in such as `subject`, `payload`, `event`, `old`.
struct Name {
  std::string name;
};
/// `object.name`.
struct Member {
  ExprPtr object;
  std::string name;
  Span name_span;
};
/// `object[key]`.
struct Index {
  ExprPtr object;
  ExprPtr key;
};
/// An argument; `name` is empty unless written `name: value`.
struct Argument {
  std::string name;
  Span name_span;
  ExprPtr value;
};
/// `callee(arguments)`.
struct Call {
  std::string callee;
  Span callee_span;
  std::vector<Argument> arguments;
};
/// `object.name(arguments)`: the same as `name(object, arguments)`.
struct MethodCall {
  ExprPtr object;
  std::string name;
  Span name_span;
  std::vector<Argument> arguments;
};
/// `x => body` or `(x, y) => body`; only as an argument of a list function.
struct Lambda {
  struct Parameter {
    std::string name;
    Span span;
  };
  std::vector<Parameter> parameters;
  ExprPtr body;
};

enum class UnaryOp : uint8_t { kNot, kNegate };
struct Unary {
  UnaryOp op;
  ExprPtr operand;
};

enum class BinaryOp : uint8_t {
  kOr,
  kAnd,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kIn,
  kNotIn,
  kMatches,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kIntDivide,
  kModulo,
  kPower,
  kCoalesce,
};
struct Binary {
  BinaryOp op;
  Span op_span;
  ExprPtr left;
  ExprPtr right;
};

struct IfExpr {
  ExprPtr condition;
  ExprPtr then_value;
  ExprPtr else_value;
};
/// `match value { "a" -> 1, "b" | "c" -> 2, _ -> 0 }`. An arm without patterns is the `_` arm.
struct MatchExpr {
  struct Arm {
    std::vector<ExprPtr> patterns;
    ExprPtr value;
    Span span;
  };
  ExprPtr value;
  std::vector<Arm> arms;
};

/// `[1, 2, ...more]`.
struct ListLiteral {
  struct Item {
    ExprPtr value;
    bool spread = false;
  };
  std::vector<Item> items;
};
/// `{ key: value, "quoted{i}": value, payload.amount, ...payload }`.
struct MapLiteral {
  enum class EntryKind : uint8_t { kKeyValue, kPath, kSpread };
  struct Entry {
    EntryKind kind;
    /// kKeyValue: the key, a StringLiteral for quoted keys, otherwise a one-part StringLiteral made of the
    /// bare word. kPath: a one-part StringLiteral with the last name of the path. kSpread: null.
    ExprPtr key;
    ExprPtr value;
    Span span;
  };
  std::vector<Entry> entries;
};

struct Expr {
  using Node = std::variant<NullLiteral, BoolLiteral, IntLiteral, FloatLiteral, DurationLiteral,
                            StringLiteral, Name, Member, Index, Call, MethodCall, Lambda, Unary, Binary,
                            IfExpr, MatchExpr, ListLiteral, MapLiteral>;
  Span span;
  Node node;
  bool parenthesised = false;
};

// ---------------------------------------------------------------- statements

struct Stmt;
struct Block {
  Span span;
  std::vector<Stmt> statements;
};

/// What a `set` or `delete` names.
struct Target {
  enum class Kind : uint8_t { kProperty, kExtended, kMeta };
  Kind kind = Kind::kProperty;
  /// The name: a one-part StringLiteral for a bare or plain quoted word, any StringLiteral when computed.
  ExprPtr name;
  /// `set address.city = ..`: {"city"}. Empty for a whole property.
  std::vector<std::string> path;
  Span span;
};

/// The trailing clauses of set, delete, emit, call and cancel, each absent unless written. The parser has
/// refused those that do not belong to the statement.
struct Clauses {
  ExprPtr on;     ///< `on S`: another subject
  ExprPtr with;   ///< `with { ... }`
  ExprPtr after;  ///< `after 2s`: emit only
  ExprPtr key;    ///< `key "off"`: emit only, and only where there is an `after`
  bool muted = false;
  bool direct = false;
  Span span;
};

enum class AssignOp : uint8_t { kAssign, kAdd, kSubtract, kMultiply, kAppend, kIfNull };
struct Set {
  Target target;
  AssignOp op = AssignOp::kAssign;
  ExprPtr value;
  ExprPtr from;  ///< `from 0`: the value of an absent property; null when not written
  Clauses clauses;
};
/// `set { name: payload.name, payload.email }`.
struct SetMany {
  ExprPtr map;  ///< a MapLiteral
  Clauses clauses;
};
struct Delete {
  Target target;
  Clauses clauses;
};
struct DeleteSubject {
  Clauses clauses;
};
/// `emit order.validated { ... }`; `type` is a StringLiteral, computed ones included.
struct Emit {
  ExprPtr type;
  ExprPtr payload;  ///< null when not written: `{}`
  Clauses clauses;
};
struct Let {
  std::string name;
  Span name_span;
  ExprPtr value;
};
struct If {
  ExprPtr condition;
  Block then_block;
  /// Empty statements when there is no else; `else if` is a block with one If.
  Block else_block;
  bool has_else = false;
};
struct For {
  std::string first;  ///< `for x in list` and `for i, x in list`, `for k, v in map`
  Span first_span;
  std::string second;  ///< empty when there is one name
  Span second_span;
  ExprPtr sequence;
  Block body;
};
struct Fail {
  bool cascade = false;
  ExprPtr reason;
};
struct Try {
  Block body;
  std::string error_name;
  Span error_span;
  Block handler;
};
struct Stop {};
enum class LogLevel : uint8_t { kDebug, kInfo, kWarn, kError };
struct Log {
  LogLevel level;
  ExprPtr message;
  ExprPtr data;  ///< null when not written
};
/// `as SUBJECT { ... }`.
struct As {
  ExprPtr subject;
  Block body;
};
/// `next`: the rest of the chain. The parser takes it in any body.
struct Next {};
/// `cancel "off"`: ends the subject's timer of that key.
struct Cancel {
  ExprPtr key;
  Clauses clauses;  ///< `on` alone
};
/// `call http.post("https://...", { body: payload }) reply api.replied timeout 5s retry 3 backoff 1s`.
struct CallAction {
  std::string action;  ///< `http.post`
  Span action_span;
  std::vector<Argument> arguments;
  ExprPtr reply;    ///< a StringLiteral like Emit::type, computed ones included; null when not written
  ExprPtr timeout;  ///< null when not written, like the next two
  ExprPtr retry;
  ExprPtr backoff;  ///< only where there is a `retry`
  Clauses clauses;  ///< `on` and `with`
};

struct Stmt {
  using Node = std::variant<Set, SetMany, Delete, DeleteSubject, Emit, Let, If, For, Fail, Try, Stop, Log, As,
                            Next, Cancel, CallAction>;
  Span span;
  Node node;
};

// ---------------------------------------------------------------- declarations

/// An event type, property name or subject name, perhaps with `*` and `?`.
struct Pattern {
  std::string text;
  Span span;
  bool is_glob = false;
  /// Has `{name}` of parameters in it, for where it stands in a module that is used.
  bool has_parameters = false;
};

/// One `on` group, or one `every` or `at`: what fires the rule, and for which subjects (none: all). A rule
/// has either groups of `on` or clocks, not both.
struct Trigger {
  enum class Kind : uint8_t {
    kEvent,           ///< patterns are event types
    kChanged,         ///< `changed a, b`: patterns are property names; none means any
    kDeleted,         ///< `deleted a`: likewise
    kSubjectDeleted,  ///< `subject deleted`: no patterns
    kEvery,           ///< `every 5m`: no patterns
    kAt,              ///< `at "0 3 * * *" in "Europe/Rome"`: no patterns
  };
  Kind kind = Kind::kEvent;
  std::vector<Pattern> patterns;
  std::vector<Pattern> subjects;
  /// kEvery: a duration, a name (a const, param or parameter of a module), or any expression in parentheses;
  /// null otherwise.
  ExprPtr every;
  ExprPtr at;    ///< kAt: a string or a name; null otherwise
  ExprPtr zone;  ///< kAt: likewise; null when not written
  Span span;
};

/// `let`s and `when`s of a rule head in the order written.
struct When {
  ExprPtr condition;
  Span span;
};
using HeadClause = std::variant<Let, When>;

struct Rule {
  std::string name;      ///< empty when not written
  std::string instance;  ///< of a module's rule: what the `use` is called; empty otherwise
  Span name_span;        ///< the first `on`, `every` or `at` when there is no name
  Span head_span;        ///< from `rule`/`on`/`every`/`at` to before the body
  std::vector<Trigger> triggers;
  std::vector<HeadClause> head;
  std::optional<std::string> allow_cycle;
  Span allow_cycle_span;
  Block body;
  /// Statements that did not parse and are missing from the body. Such a rule is there to be looked at, with
  /// the file's error; it cannot run.
  std::vector<Span> skipped;
};
enum class Kind : uint8_t {
  kAny,
  kBool,
  kInt,
  kFloat,
  kNumber,
  kString,
  kDuration,
  kTimestamp,
  kList,
  kMap,
};
struct KindSpec {
  Kind kind = Kind::kAny;
  bool optional = false;
  Span span;
};

struct Const {
  std::string name;
  Span name_span;
  ExprPtr value;
  std::optional<KindSpec> kind;  ///< of a module's parameter that has a value; not written otherwise
};

struct Param {
  std::string name;
  Span name_span;
  KindSpec kind;
  ExprPtr default_value;  ///< null: must be given at start
};
struct Fn {
  struct Parameter {
    std::string name;
    Span span;
  };
  std::string name;
  Span name_span;
  std::vector<Parameter> parameters;
  ExprPtr body;
};
struct Input {
  struct Field {
    std::string name;
    KindSpec kind;
    Span span;
  };
  Pattern type;
  std::vector<Field> fields;
  bool has_fields = false;  ///< false: `input login.failed` without braces, any payload fits
  ExprPtr subject;          ///< `on "ip:{payload.src}"`; null when not written
};
struct Output {
  std::vector<Pattern> types;
};

/// A parameter of a middleware, a gate or a module: `threshold: int = 5`, `name`.
struct ModuleParameter {
  std::string name;
  Span span;  ///< of the name
  std::optional<KindSpec> kind;
  ExprPtr default_value;  ///< null: must be given where it is used
};
/// `middleware NAME(a: int = 3) on PATTERN when ... { ... }`, and the same with `gate`.
struct Wrapper {
  enum class Kind : uint8_t { kMiddleware, kGate };
  Kind kind = Kind::kMiddleware;
  std::string name;
  std::string instance;  ///< as for a Rule
  Span name_span;
  Span head_span;  ///< from its first word to before the body
  std::vector<ModuleParameter> parameters;
  std::vector<Trigger> triggers;  ///< groups of `on`; empty where it runs only through `use`
  std::vector<HeadClause> head;
  std::optional<std::string> allow_cycle;
  Span allow_cycle_span;
  Block body;
  std::vector<Span> skipped;  ///< as for a Rule
};

struct Declaration;
/// `module NAME(a: string) { ... }`: rules, gates, middleware, consts and functions that are used together.
/// Nothing else stands in one, modules neither.
struct ModuleDecl {
  std::string name;
  Span name_span;
  std::vector<ModuleParameter> parameters;
  std::vector<Declaration> declarations;
};
/// `use std.circuit_breaker(threshold: 5) on api.* when ... as breaker`.
struct Use {
  std::string path;  ///< `std.circuit_breaker` or `my_gate`
  Span path_span;
  std::vector<Argument> arguments;
  std::vector<Trigger> triggers;  ///< groups of `on`
  std::vector<HeadClause> head;   ///< `when`s alone
  std::string as_name;            ///< empty when not written
  Span as_span;                   ///< of the name
};
/// `secret api_key`.
struct Secret {
  std::string name;
  Span name_span;
};

// ---------------------------------------------------------------- tests

/// `given "order-1" { total: 10 } ext { tags: [] }`; at least one of the two maps is written.
struct Given {
  ExprPtr subject;
  ExprPtr properties;  ///< null when not written
  ExprPtr extended;    ///< null when not written
};
/// `send order.submitted { total: 1 } on "order-1" with { topic: "web" }`.
struct Send {
  ExprPtr type;     ///< like Emit::type
  ExprPtr payload;  ///< null when not written: `{}`
  Clauses clauses;  ///< `on` and `with`
};
/// `advance 2s`.
struct Advance {
  ExprPtr by;
};
/// `expect emitted order.* { total: 1 } on "order-1" times 2`.
struct ExpectEmitted {
  bool negated = false;
  Pattern type;
  ExprPtr payload;  ///< null when not written, like the next two
  ExprPtr on;
  ExprPtr times;
};
/// `expect called http.post { url: "..." } times 2`.
struct ExpectCalled {
  bool negated = false;
  std::string action;
  Span action_span;
  ExprPtr arguments;  ///< a map; null when not written
  ExprPtr times;      ///< null when not written
};
/// `expect failed take_payment`.
struct ExpectFailed {
  bool negated = false;
  std::string rule;
  Span rule_span;
};
/// `expect subject("order-1").status == "shipped"`.
struct ExpectTrue {
  ExprPtr condition;
};
/// `param debug = true`: for this test, before all other steps.
struct SetParam {
  std::string name;
  Span name_span;
  ExprPtr value;
};
/// `reply http.post { ok: true, status: 200 }`: what the next call of that action answers.
struct Reply {
  std::string action;
  Span action_span;
  ExprPtr answer;
};
struct TestStep {
  using Node = std::variant<Given, Send, Advance, ExpectEmitted, ExpectCalled, ExpectFailed, ExpectTrue, Let,
                            SetParam, Reply>;
  Span span;
  Node node;
};
/// `test "an order ships" { ... }`.
struct Test {
  std::string name;
  Span name_span;  ///< with its quotes
  std::vector<TestStep> steps;
  std::vector<Span> skipped;  ///< steps that did not parse, as for a Rule
};

struct Declaration {
  using Node = std::variant<Rule, Const, Param, Fn, Input, Output, Wrapper, ModuleDecl, Use, Secret, Test>;
  Span span;
  std::string doc;  ///< the `##` lines above it, joined by line ends
  Node node;
};

/// A comment, kept beside the tree for the formatter.
struct Comment {
  Span span;
};

struct Module {
  SourcePtr source;
  std::vector<Declaration> declarations;
  std::vector<Comment> comments;
  /// Where the file has errors, in order. Without any, all of it is here.
  std::vector<Span> errors;
  /// The names of consts, params and functions that did not parse.
  std::vector<std::string> unparsed;
};

}  // namespace krules::ast
