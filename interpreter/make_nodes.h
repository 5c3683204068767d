#pragma once

#include "nodes.h"

/// Which evaluation functions a node gets. The compiler fills in the node's fields and asks here.
namespace krules {

// ------------------------------------------------------------- operators

/// + - * / div % **
EvalFunction arithmetic_function(ast::BinaryOp op, const Node& left, const Node& right);
EvalFunction negate_function();
/// What arithmetic does with any two values, also for `set x += y`.
Value arithmetic_slowly(const Node& node, ast::BinaryOp op, Value left, Value right, Frame& frame);

/// == != < <= > >= in, not in.
TruthFunction comparison_function(ast::BinaryOp op, const Node& left, const Node& right);
/// `left in right`, both no errors.
Truth contains(const Node& node, Value item, Value container, Frame& frame);

struct GlobNode : UnaryNode {
  const Glob* glob = nullptr;  ///< owned by the program
};
TruthFunction matches_constant_function();

/// `event matches "..."`, which stands in many gates and middleware.
struct EventGlobNode : GlobNode {
  struct Outcome {
    const Symbol* type = nullptr;
    bool matches = false;
  };
  static constexpr uint32_t kOutcomes = 4;
  /// How types of events came out last, by their numbers: there are few, and they come again and again.
  mutable Outcome outcomes[kOutcomes];
};
TruthFunction event_matches_function();

TruthFunction matches_function();

TruthFunction and_function(uint32_t count);
TruthFunction or_function(uint32_t count);
TruthFunction not_function();
EvalFunction coalesce_function();

struct IfNode : Node {
  const Node* condition = nullptr;
  const Node* then_value = nullptr;
  const Node* else_value = nullptr;
};
EvalFunction if_function();
TruthFunction if_truth_function();

struct MatchNode : Node {
  struct Arm {
    const Value* patterns;
    uint32_t count;  ///< 0: fits anything
    const Node* value;
  };
  const Node* value = nullptr;
  const Arm* arms = nullptr;
  uint32_t count = 0;
};
EvalFunction match_function();

// ------------------------------------------------------------- reading

EvalFunction constant_function();
EvalFunction payload_field_function();
EvalFunction property_function();
EvalFunction local_function();
EvalFunction lazy_local_function();

enum class Builtin : uint8_t { kSubject, kOrigin, kPayload, kEvent, kProperty, kOld, kNew, kExtra, kMeta };
EvalFunction builtin_function(Builtin builtin);

/// object.name of any map.
struct MemberNode : Node {
  const Node* object = nullptr;
  const Symbol* name = nullptr;
  mutable uint32_t hint = 0;
};
EvalFunction member_function();
/// object[key]; BinaryNode.
EvalFunction index_function();

/// Which subject a SubjectNode reads.
enum class WhichSubject : uint8_t { kCurrent, kOrigin, kNamed };
/// Everything of a subject that is not `subject.name`: other subjects, computed names, extended properties,
/// all at once.
struct SubjectNode : Node {
  WhichSubject which = WhichSubject::kCurrent;
  bool extended = false;
  const Node* subject_name = nullptr;  ///< kNamed
  const Symbol* name = nullptr;        ///< a name known when compiled,
  const Node* computed = nullptr;      ///< or one that is not; neither: all
  mutable uint32_t hint = 0;
};
EvalFunction subject_function();

/// Where `state(subject)` was found last. Subjects stay where they are as long as one cascade.
struct StateMemory {
  uint64_t cascade = 0;
  const Subject* of = nullptr;
  Subject* state = nullptr;
};

/// The name of what is kept under a key: a constant text and the key, as an interpolation has them.
struct StateNameNode : ListNode {
  StateMemory* memory = nullptr;  ///< shared by all of a unit whose key is `subject`; else null
};

/// has(subject.x) and its like.
TruthFunction has_property_function();
/// has(object.name), has(object[key]); BinaryNode.
TruthFunction has_key_function();
/// pending(key [, subject]); BinaryNode, `right` null for the subject of the event.
EvalFunction pending_function();
/// subject("x") as a value: its name.
EvalFunction subject_name_function();

// ------------------------------------------------------------- making values

/// ListNode; the items that are to be spread are SpreadNodes.
EvalFunction list_function();
struct SpreadNode : UnaryNode {};
bool is_spread(const Node& node);
EvalFunction spread_function();

struct MapNode : Node {
  struct Entry {
    const Symbol* key;     ///< known when compiled,
    const Node* computed;  ///< or a string to be computed; neither: spread
    const Node* value;
  };
  const Entry* entries = nullptr;
  uint32_t count = 0;
};
EvalFunction map_function();

/// "text {expr} text"; ListNode of constants and expressions.
EvalFunction interpolation_function();

// ------------------------------------------------------------- calls

struct NativeCallNode : Node {
  const FunctionSpec* spec = nullptr;
  const Node* const* arguments = nullptr;  ///< null: not given
  uint32_t count = 0;
};
EvalFunction native_call_function();
/// A call of a function that has a string_predicate, with two arguments.
TruthFunction string_predicate_function(const NativeCallNode& call);
struct FnCallNode : Node {
  const CompiledFn* fn = nullptr;
  const Node* const* arguments = nullptr;
};
EvalFunction fn_call_function();
EvalFunction lambda_function();

}  // namespace krules
