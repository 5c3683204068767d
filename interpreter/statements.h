#pragma once

#include "nodes.h"

/// Resolved statements. The compiler fills them in and takes their functions from here.
namespace krules {

/// What `set` and `delete` name.
struct TargetPart {
  ast::Target::Kind kind = ast::Target::Kind::kProperty;
  uint32_t path_size = 0;
  const Symbol* const* path = nullptr;
  const Symbol* name = nullptr;    ///< known when compiled,
  const Node* computed = nullptr;  ///< or not
};

struct ClausePart {
  const Node* on = nullptr;
  const Node* with = nullptr;
  bool muted = false;
  bool direct = false;
};

struct SetStmt : StmtNode {
  ast::AssignOp op{};
  TargetPart target;
  ClausePart clauses;
  const Node* value = nullptr;
  const Node* from = nullptr;
};
struct SetManyStmt : StmtNode {
  ClausePart clauses;
  const Node* map = nullptr;
};
struct DeleteStmt : StmtNode {
  TargetPart target;  ///< unused by `delete subject`
  ClausePart clauses;
};
struct EmitStmt : StmtNode {
  ClausePart clauses;
  const Symbol* type = nullptr;    ///< known when compiled,
  const Node* computed = nullptr;  ///< or not
  const Node* payload = nullptr;   ///< null: {}
  const Node* after = nullptr;     ///< null: at once
  const Node* key = nullptr;       ///< of the timer; null: none
};
struct CancelStmt : StmtNode {
  ClausePart clauses;
  const Node* key = nullptr;
};
struct CallStmt : StmtNode {
  struct Argument {
    const Symbol* name = nullptr;
    const Node* value = nullptr;
    const ActionSpec::Parameter* parameter = nullptr;
  };
  static constexpr int64_t kMostRetries = 1000;
  /// Whether `retry` can take it.
  static bool is_count(const Value& value);

  ClausePart clauses;
  const ActionSpec* spec = nullptr;
  std::span<const Argument> arguments;
  std::span<const SecretMark> secrets;
  const Symbol* reply = nullptr;         ///< known when compiled,
  const Node* computed_reply = nullptr;  ///< or not, or both null: none
  const Node* timeout = nullptr;         ///< null: the usual, like the next two
  const Node* retry = nullptr;
  const Node* backoff = nullptr;
};
struct LetStmt : StmtNode {
  uint32_t slot = 0;
  const Node* value = nullptr;
};
struct IfStmt : StmtNode {
  const Node* condition = nullptr;
  BlockNode then_block;
  BlockNode else_block;
};
struct ForStmt : StmtNode {
  static constexpr uint32_t kNone = UINT32_MAX;
  const Node* sequence = nullptr;
  uint32_t first = 0;
  uint32_t second = kNone;
  BlockNode body;
};
struct FailStmt : StmtNode {
  bool cascade = false;
  const Node* reason = nullptr;
};
struct TryStmt : StmtNode {
  BlockNode body;
  uint32_t error_slot = 0;
  /// message, kind, rule, line: the keys of what is caught.
  const Symbol* keys[4] = {};
  BlockNode handler;
};
struct LogStmt : StmtNode {
  LogSeverity severity{};
  const Node* message = nullptr;
  const Node* data = nullptr;
};
struct AsStmt : StmtNode {
  const Node* subject = nullptr;
  BlockNode body;
};
/// A body, and any block on its own.
struct BodyStmt : StmtNode {
  BlockNode block;
};

using RunFunction = Flow (*)(const StmtNode&, Frame&);

RunFunction set_statement(const SetStmt& statement);
RunFunction set_many_statement();
RunFunction delete_statement();
RunFunction delete_subject_statement();
RunFunction emit_statement();
RunFunction cancel_statement();
RunFunction call_statement();

RunFunction let_statement();
RunFunction if_statement();
RunFunction for_statement();
RunFunction fail_statement();
RunFunction try_statement();
RunFunction stop_statement();
RunFunction log_statement();
RunFunction as_statement();
RunFunction body_statement();
RunFunction next_statement();

/// Fails the statement with `error`, whose place is filled in where it has none.
Flow fail_with(const StmtNode& statement, Frame& frame, const Value& error);
Flow fail_with(const StmtNode& statement, Frame& frame, std::string_view kind, std::string_view message);

/// The subject of `on`, or the frame's; null, with the statement failed, when the clause gives none.
Subject* subject_of(const ClausePart& clauses, Frame& frame);
/// The map of `with`, or null. False, with the statement failed, when it is none.
bool read_with(const StmtNode& statement, const ClausePart& clauses, Frame& frame, Value& with);

/// Pays for keeping `value`, which is copied then. False, with the statement failed, when it cannot be kept.
bool can_be_kept(const StmtNode& statement, Frame& frame, const Value& value);

}  // namespace krules
