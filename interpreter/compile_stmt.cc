#include <fmt/format.h>

#include "compiler.h"

namespace krules {

using namespace program_codes;

namespace {

LogSeverity severity_of(ast::LogLevel level) {
  switch (level) {
    case ast::LogLevel::kDebug:
      return LogSeverity::kDebug;
    case ast::LogLevel::kInfo:
      return LogSeverity::kInfo;
    case ast::LogLevel::kWarn:
      return LogSeverity::kWarn;
    case ast::LogLevel::kError:
      return LogSeverity::kError;
  }
  return LogSeverity::kInfo;
}

bool is_builtin_type(std::string_view type) {
  return type == kPropertyChangedType || type == kPropertyDeletedType || type == kSubjectDeletedType;
}

}  // namespace

BlockNode UnitCompiler::block(const ast::Block& block) {
  const Scope scope = open_scope();
  std::vector<const StmtNode*> statements;
  statements.reserve(block.statements.size());
  const ast::Stmt* ran = nullptr;
  for (const ast::Stmt& each : block.statements) {
    statements.push_back(statement(each));
    if (!std::holds_alternative<ast::Next>(each.node) || role != CompiledRule::Role::kMiddleware) continue;
    if (ran != nullptr) {
      report(kNext, each.span, "`next` runs once at most, and has run above").related = {
          program_.label(source_, ran->span, "here")};
    }
    ran = &each;
  }
  close_scope(scope);
  return {copied(statements), static_cast<uint32_t>(statements.size())};
}

const Node* UnitCompiler::declare_value(const ast::Let& let, uint32_t& slot) {
  const Node* value = expression(*let.value);
  const bool is_subject = is_subject_value(*let.value);
  slot = declare(let.name, let.name_span);
  locals_.back().is_subject = is_subject;
  return value;
}

const StmtNode* UnitCompiler::statement(const ast::Stmt& stmt) {
  struct Visitor {
    UnitCompiler& unit;
    const ast::Stmt& stmt;

    const StmtNode* operator()(const ast::Set& set) { return unit.set(stmt, set); }
    const StmtNode* operator()(const ast::SetMany& set) {
      auto* node = unit.make<SetManyStmt>(stmt.span);
      node->map = unit.expression(*set.map);
      for (const auto& entry : std::get<ast::MapLiteral>(set.map->node).entries) {
        const auto* key = entry.key != nullptr ? std::get_if<ast::StringLiteral>(&entry.key->node) : nullptr;
        const bool known = key != nullptr && key->parts.size() == 1 &&
                           std::holds_alternative<std::string>(key->parts[0]) &&
                           std::get<std::string>(key->parts[0]) != "name";
        if (!known) unit.program_.note_name_is_set();
      }
      node->clauses = unit.clauses(set.clauses);
      node->run = set_many_statement();
      return node;
    }
    const StmtNode* operator()(const ast::Delete& del) {
      auto* node = unit.make<DeleteStmt>(stmt.span);
      unit.check_meta_clauses(del.target, del.clauses);
      node->target = unit.target(del.target);
      node->clauses = unit.clauses(del.clauses);
      node->run = delete_statement();
      return node;
    }
    const StmtNode* operator()(const ast::DeleteSubject& del) {
      auto* node = unit.make<DeleteStmt>(stmt.span);
      node->clauses = unit.clauses(del.clauses);
      node->run = delete_subject_statement();
      return node;
    }
    const StmtNode* operator()(const ast::Emit& emit) { return unit.emit(stmt, emit); }
    const StmtNode* operator()(const ast::Let& let) {
      auto* node = unit.make<LetStmt>(stmt.span);
      node->value = unit.declare_value(let, node->slot);
      node->run = let_statement();
      return node;
    }
    const StmtNode* operator()(const ast::If& branch) {
      auto* node = unit.make<IfStmt>(stmt.span);
      node->condition = unit.expression(*branch.condition);
      node->then_block = unit.block(branch.then_block);
      if (branch.has_else) node->else_block = unit.block(branch.else_block);
      node->run = if_statement();
      return node;
    }
    const StmtNode* operator()(const ast::For& loop) { return unit.for_loop(stmt, loop); }
    const StmtNode* operator()(const ast::Fail& fail) {
      auto* node = unit.make<FailStmt>(stmt.span);
      node->cascade = fail.cascade;
      node->reason = unit.expression(*fail.reason);
      node->run = fail_statement();
      return node;
    }
    const StmtNode* operator()(const ast::Try& node) { return unit.try_catch(stmt, node); }
    const StmtNode* operator()(const ast::Stop&) {
      auto* node = unit.make<StmtNode>(stmt.span);
      node->run = stop_statement();
      return node;
    }
    const StmtNode* operator()(const ast::Log& log) {
      auto* node = unit.make<LogStmt>(stmt.span);
      node->severity = severity_of(log.level);
      node->message = unit.expression(*log.message);
      if (log.data != nullptr) node->data = unit.expression(*log.data);
      node->run = log_statement();
      return node;
    }
    const StmtNode* operator()(const ast::As& as) {
      auto* node = unit.make<AsStmt>(stmt.span);
      node->subject = unit.expression(*as.subject);
      node->body = unit.block(as.body);
      node->run = as_statement();
      return node;
    }
    const StmtNode* operator()(const ast::Next&) { return unit.next(stmt); }
    const StmtNode* operator()(const ast::Cancel& cancel) {
      auto* node = unit.make<CancelStmt>(stmt.span);
      node->key = unit.expression(*cancel.key);
      node->clauses = unit.clauses(cancel.clauses);
      node->run = cancel_statement();
      return node;
    }
    const StmtNode* operator()(const ast::CallAction& call) { return unit.call_action(stmt, call); }
  };
  return std::visit(Visitor{*this, stmt}, stmt.node);
}

const StmtNode* UnitCompiler::next(const ast::Stmt& stmt) {
  if (role == CompiledRule::Role::kGate) {
    report(kNext, stmt.span, "a gate has no `next`: it runs once before all rules of an event").helps = {
        "the event goes on where the gate ends; `stop` drops it"};
  } else if (role == CompiledRule::Role::kRule) {
    report(kNext, stmt.span, "`next` stands in middleware alone, where it runs the rule that is wrapped")
        .helps = {"to run other rules emit an event that they wait for"};
  } else if (loops_ > 0) {
    report(kNext, stmt.span, "`next` runs once at most, and does not stand in a `for`");
  }
  auto* node = make<StmtNode>(stmt.span);
  node->run = next_statement();
  return node;
}

TargetPart UnitCompiler::target(const ast::Target& target) {
  TargetPart part;
  part.kind = target.kind;
  const Node* name = expression(*target.name);
  if (is_const(name)) {
    const std::string_view text = const_value(name).text();
    if (text.empty()) report(kAlwaysFails, target.span, "a property's name is not empty");
    part.name = program_.symbols().intern(text);
    if (text == "name") program_.note_name_is_set();
  } else {
    part.computed = name;
    program_.note_name_is_set();
  }
  std::vector<const Symbol*> path;
  for (const std::string& step : target.path) path.push_back(program_.symbols().intern(step));
  part.path = copied(path);
  part.path_size = static_cast<uint32_t>(path.size());
  return part;
}

ClausePart UnitCompiler::clauses(const ast::Clauses& clauses) {
  ClausePart part;
  if (clauses.on != nullptr) part.on = expression(*clauses.on);
  if (clauses.with != nullptr) part.with = expression(*clauses.with);
  part.muted = clauses.muted;
  part.direct = clauses.direct;
  return part;
}

// Clauses that only a property's change could honour.
void UnitCompiler::check_meta_clauses(const ast::Target& target, const ast::Clauses& clauses) {
  if (target.kind == ast::Target::Kind::kProperty) return;
  const bool meta = target.kind == ast::Target::Kind::kMeta;
  const std::string_view what = meta ? "the event's meta" : "an extended property";
  const auto refuse = [&](Span span, std::string_view clause, std::string_view why) {
    report(kClauseHere, span, fmt::format("`{}` has no meaning for {}: {}", clause, what, why)).helps = {
        fmt::format("leave `{}` out", clause)};
  };
  if (clauses.with != nullptr) refuse(clauses.with->span, "with", "no event follows");
  if (clauses.muted) refuse(clauses.span, "muted", "no event follows");
  if (!meta) return;
  if (clauses.on != nullptr) refuse(clauses.on->span, "on", "it belongs to the event");
  if (clauses.direct) refuse(clauses.span, "direct", "it is not stored");
}

const StmtNode* UnitCompiler::set(const ast::Stmt& stmt, const ast::Set& set) {
  auto* node = make<SetStmt>(stmt.span);
  check_meta_clauses(set.target, set.clauses);
  node->target = target(set.target);
  node->clauses = clauses(set.clauses);
  node->op = set.op;
  node->value = expression(*set.value);
  if (set.from != nullptr) node->from = expression(*set.from);
  node->run = set_statement(*node);
  return node;
}

bool UnitCompiler::check_emit_type(const ast::Expr& type, std::string_view text, std::string_view word) {
  if (text.empty()) {
    report(kEmitType, type.span, "an event's type is not empty");
    return false;
  }
  if (is_builtin_type(text)) {
    report(kEmitType, type.span, fmt::format("`{}` is emitted by what happens, not by rules", text)).helps = {
        "`set` and `delete` cause it"};
    return false;
  }
  const std::string_view written = program_.program().sources[source_]->text(type.span);
  if (written.starts_with('"') || written.starts_with('\'')) return true;
  const std::string_view first = text.substr(0, text.find('.'));
  const bool local = find_local(first) != nullptr;
  if (!local && !is_builtin_value(first)) return true;
  report(kEmitType, type.span,
         fmt::format("`{}` is {}, but a bare event type is taken as it is written", first,
                     local ? "a local" : "a built-in name"))
      .helps = {fmt::format("for the value of `{0}` write `{1} \"{{{0}}}\"`", text, word),
                fmt::format("for the type `{0}` itself write `{1} \"{0}\"`", text, word)};
  return false;
}

void UnitCompiler::check_delay(const Value& delay, Span span) {
  if (!delay.is(ValueKind::kDuration)) {
    report(kAlwaysFails, span, fmt::format("`after` takes a duration, got {}", kind_name(delay.kind())))
        .helps = {"write it with its unit: `after 2s`, `after 1h30m`"};
  } else if (delay.as_microseconds() < 0) {
    report(kAlwaysFails, span, "`after` takes a duration that is not negative");
  }
}

const StmtNode* UnitCompiler::emit(const ast::Stmt& stmt, const ast::Emit& emit) {
  auto* node = make<EmitStmt>(stmt.span);
  const Node* type = expression(*emit.type);
  if (is_const(type)) {
    const std::string_view text = const_value(type).text();
    if (check_emit_type(*emit.type, text, "emit")) node->type = program_.symbols().intern(text);
  } else {
    node->computed = type;
  }
  if (emit.payload != nullptr) node->payload = expression(*emit.payload);
  node->clauses = clauses(emit.clauses);
  if (emit.clauses.after != nullptr) {
    node->after = expression(*emit.clauses.after);
    if (is_const(node->after)) check_delay(const_value(node->after), emit.clauses.after->span);
  }
  if (emit.clauses.key != nullptr) node->key = expression(*emit.clauses.key);
  node->run = emit_statement();
  return node;
}

const StmtNode* UnitCompiler::for_loop(const ast::Stmt& stmt, const ast::For& loop) {
  auto* node = make<ForStmt>(stmt.span);
  node->sequence = expression(*loop.sequence);
  const Scope scope = open_scope();
  node->first = declare(loop.first, loop.first_span);
  if (!loop.second.empty()) node->second = declare(loop.second, loop.second_span);
  ++loops_;
  node->body = block(loop.body);
  --loops_;
  close_scope(scope);
  node->run = for_statement();
  return node;
}

const StmtNode* UnitCompiler::try_catch(const ast::Stmt& stmt, const ast::Try& try_node) {
  auto* node = make<TryStmt>(stmt.span);
  node->body = block(try_node.body);
  const Scope scope = open_scope();
  node->error_slot = declare(try_node.error_name, try_node.error_span);
  locals_.back().is_error = true;
  node->handler = block(try_node.handler);
  close_scope(scope);
  static constexpr std::string_view kKeys[] = {"message", "kind", "rule", "line"};
  for (size_t i = 0; i < std::size(kKeys); ++i) node->keys[i] = program_.symbols().intern(kKeys[i]);
  node->run = try_statement();
  return node;
}

}  // namespace krules
