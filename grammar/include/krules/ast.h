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

/// The trailing clauses of set, delete and emit, each absent unless written.
struct Clauses {
  ExprPtr on;    ///< `on S`: another subject
  ExprPtr with;  ///< `with { ... }`
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

struct Stmt {
  using Node =
      std::variant<Set, SetMany, Delete, DeleteSubject, Emit, Let, If, For, Fail, Try, Stop, Log, As>;
  Span span;
  Node node;
};

// ---------------------------------------------------------------- declarations

/// An event type, property name or subject name, perhaps with `*` and `?`.
struct Pattern {
  std::string text;
  Span span;
  bool is_glob = false;
};

/// One `on` group: what fires the rule, and for which subjects (none: all).
struct Trigger {
  enum class Kind : uint8_t {
    kEvent,           ///< patterns are event types
    kChanged,         ///< `changed a, b`: patterns are property names; none means any
    kDeleted,         ///< `deleted a`: likewise
    kSubjectDeleted,  ///< `subject deleted`: no patterns
  };
  Kind kind = Kind::kEvent;
  std::vector<Pattern> patterns;
  std::vector<Pattern> subjects;
  Span span;
};

/// `let`s and `when`s of a rule head in the order written.
struct When {
  ExprPtr condition;
  Span span;
};
using HeadClause = std::variant<Let, When>;

struct Rule {
  std::string name;  ///< empty when not written
  Span name_span;    ///< the `on` word when there is no name
  Span head_span;    ///< from `rule`/`on` to before the body
  std::vector<Trigger> triggers;
  std::vector<HeadClause> head;
  std::optional<std::string> allow_cycle;
  Span allow_cycle_span;
  Block body;
  /// Statements that did not parse and are missing from the body. Such a rule is there to be looked at, with
  /// the file's error; it cannot run.
  std::vector<Span> skipped;
};
struct Const {
  std::string name;
  Span name_span;
  ExprPtr value;
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

struct Declaration {
  using Node = std::variant<Rule, Const, Param, Fn, Input, Output>;
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
