#pragma once

#include <cstdint>
#include <string_view>

#include "krules/ast.h"
#include "krules/program.h"
#include "krules/value.h"

/// What a program is made of once it is resolved: trees of nodes, each with the functions that evaluate it.
/// All nodes lie in the program's arena and are trivially destructible. Which function a node gets is decided
/// when it is made (see make_*.h), so that nothing is looked up or switched over when rules run.
namespace krules {

/// How a condition came out. With kError, Frame::failure holds the error.
enum class Truth : uint8_t { kFalse, kTrue, kError };

using EvalFunction = Value (*)(const Node&, Frame&);
using TruthFunction = Truth (*)(const Node&, Frame&);

/// What a node is, as far as whoever builds upon it cares.
enum class NodeKind : uint8_t {
  kOther,
  kConst,
  kPayload,       ///< the whole payload
  kPayloadField,  ///< FieldNode: payload.field
  kProperty,      ///< FieldNode: subject.field
  kLazyLocal,
  kPropertyName,  ///< `property`
  kEventType,     ///< `event`
  kOld,
  kNew,
  kSubjectName,
  kStateName,        ///< StateNameNode
  kEqual,            ///< BinaryNode
  kIn,               ///< BinaryNode
  kCompare,          ///< BinaryNode: any other comparison
  kMatchesConstant,  ///< UnaryNode
  kNot,              ///< UnaryNode
  kAnd,              ///< ListNode
  kOr,               ///< ListNode
  kCall,             ///< NativeCallNode
  kBroken,           ///< stands for what has been reported as an error
};

/// What the value of a node depends on, its parts included.
enum NodeFlag : uint8_t {
  kReadsSubjects = 1,  ///< properties, which a rule can change
  kReadsEvent = 2,     ///< payload, subject's name, meta, ...
  kImpure = 4,         ///< now(), uuid(), env(), ...
  kReadsLocals = 8,
  kCallsFunction = 16,  ///< one declared with `fn`
  kReadsSubjectName = 32,
};

/// The smallest members come last here and first in the nodes made from it: there they share a word.
struct Node {
  EvalFunction eval = nullptr;
  TruthFunction truth = nullptr;
  Span span;
  uint32_t source = 0;
  NodeKind kind = NodeKind::kOther;
  uint8_t flags = 0;
};

struct ConstNode : Node {
  bool literal = false;  ///< written in place, not the value of a const or param
  Value value;
};

/// payload.field and subject.field.
struct FieldNode : Node {
  const Symbol* field = nullptr;
  /// Where the last look-up found it: of a payload the bytes from its first entry, of a subject the slot.
  mutable uint32_t hint = 0;
};

struct UnaryNode : Node {
  const Node* operand = nullptr;
};

struct BinaryNode : Node {
  ast::BinaryOp op{};
  const Node* left = nullptr;
  const Node* right = nullptr;
};

/// `and`, `or`, list literals.
struct ListNode : Node {
  const Node* const* items = nullptr;
  uint32_t count = 0;

  const Node* const* begin() const { return items; }
  const Node* const* end() const { return items + count; }
};

struct LocalNode : Node {
  uint32_t slot = 0;
  const Node* init = nullptr;  ///< of a lazy local: evaluated when it is first read
};

/// A whole parameter list and body; what Value::lambda points to.
struct LambdaNode : Node {
  uint32_t first_slot = 0;
  uint32_t count = 0;
  const Node* body = nullptr;
};

/// A function declared in the program.
struct CompiledFn {
  std::string_view name;
  const Node* body = nullptr;
  uint32_t parameter_count = 0;
  uint32_t local_count = 0;
};

/// Why an evaluation failed, as `err.kind` shows it.
namespace error_kind {
inline constexpr std::string_view kKind = "kind";
inline constexpr std::string_view kOverflow = "overflow";
inline constexpr std::string_view kDivision = "division by zero";
inline constexpr std::string_view kNoMatch = "match";
inline constexpr std::string_view kBudget = "budget";
inline constexpr std::string_view kValue = "value";
inline constexpr std::string_view kFail = "fail";
inline constexpr std::string_view kCascade = "cascade";
}  // namespace error_kind

/// In ErrorRep::source: raised by a native function, which does not know where it was called.
inline constexpr uint32_t kNoSource = UINT32_MAX;

/// The error value of an evaluation that failed at `at`. The message is copied; `kind` must be one of
/// error_kind.
Value make_error(Frame& frame, const Node& at, std::string_view kind, std::string_view message);
/// Ends a rule for good: `try` does not catch it.
Value make_fatal_error(Frame& frame, Span span, uint32_t source, std::string_view kind,
                       std::string_view message);
/// Fills in the place of an error that a native function or a host raised.
Value with_place(Frame& frame, const Node& at, const Value& error);
Value budget_error(Frame& frame);

/// Takes steps from the budget. False when it is used up.
inline bool take_steps(Frame& frame, uint64_t steps) {
  if (steps > frame.steps_left) [[unlikely]] {
    frame.steps_left = 0;
    return false;
  }
  frame.steps_left -= steps;
  return true;
}

/// Making `bytes` of text costs this much.
inline uint64_t text_steps(size_t bytes) {
  return bytes / 32;
}

/// Pays for going through all of `value`, as comparing, copying and printing do: parts are counted as often
/// as they are reached, because a value whose parts are shared can be small in memory and endless to walk. An
/// error value when the budget is used up or lists and maps nest deeper than kMaxValueDepth; else null.
Value pay_for_walk(Frame& frame, Span span, uint32_t source, const Value& value);
inline bool is_container(const Value& value) {
  return value.is(ValueKind::kList) || value.is(ValueKind::kMap);
}

/// The two ways from one evaluation function to the other, for nodes that have only one of their own.
Truth truth_of_value(const Node& node, Frame& frame);
Value value_of_truth(const Node& node, Frame& frame);

/// Evaluates to the name of a subject for `on S`, `as S`, `subject(S)`: null when that failed, with
/// frame.failure set.
Subject* find_subject(const Node& name, Frame& frame);

/// How a statement ended. With kFail, Frame::failure holds the error.
enum class Flow : uint8_t { kNext, kStop, kFail };

struct StmtNode {
  Flow (*run)(const StmtNode&, Frame&) = nullptr;
  Span span;
  uint32_t source = 0;
};

struct BlockNode {
  const StmtNode* const* statements = nullptr;
  uint32_t count = 0;
};

inline Flow run_block(const BlockNode& block, Frame& frame) {
  for (uint32_t i = 0; i < block.count; ++i) {
    const Flow flow = block.statements[i]->run(*block.statements[i], frame);
    if (flow != Flow::kNext) return flow;
  }
  return Flow::kNext;
}

}  // namespace krules
