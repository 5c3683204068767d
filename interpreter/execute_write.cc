#include <fmt/format.h>

#include "make_nodes.h"
#include "statements.h"

namespace krules {

namespace {

using ast::AssignOp;

// The name that is set or deleted; null with frame.failure set when it cannot be one.
const Symbol* name_of(const StmtNode& statement, const TargetPart& target, Frame& frame) {
  if (target.computed == nullptr) return target.name;
  const Value name = target.computed->eval(*target.computed, frame);
  if (name.is_error()) {
    fail_with(statement, frame, name);
    return nullptr;
  }
  if (name.text().empty()) {
    fail_with(statement, frame, error_kind::kValue, "a property's name is not empty");
    return nullptr;
  }
  return frame.host->symbol(name.text());
}

struct Place {
  Subject* subject = nullptr;
  const Symbol* name = nullptr;
};

bool find_place(const StmtNode& statement, const TargetPart& target, const ClausePart& clauses, Frame& frame,
                Place& place) {
  place.subject = subject_of(clauses, frame);
  if (place.subject == nullptr) return false;
  place.name = name_of(statement, target, frame);
  return place.name != nullptr;
}

/// What stands there now; null (the pointer) when nothing does.
const Value* current_value(const TargetPart& target, const Place& place, Frame& frame) {
  if (target.kind == ast::Target::Kind::kMeta) {
    return frame.event->meta.is(ValueKind::kMap) ? frame.event->meta.as_map().find(place.name) : nullptr;
  }
  PropertySet* properties = target.kind == ast::Target::Kind::kProperty ? &place.subject->properties
                                                                        : place.subject->extended.get();
  if (properties == nullptr) return nullptr;
  const PropertySlot* slot = properties->find(place.name);
  return slot != nullptr ? &slot->value : nullptr;
}

Value write(const TargetPart& target, const Place& place, const Value& value, const WriteOptions& options,
            Frame& frame) {
  switch (target.kind) {
    case ast::Target::Kind::kProperty:
      return frame.host->set_property(*place.subject, place.name, value, options);
    case ast::Target::Kind::kExtended:
      return frame.host->set_extended(*place.subject, place.name, value, options.direct);
    case ast::Target::Kind::kMeta:
      return frame.host->set_meta(place.name, value);
  }
  return Value::null();
}

/// `whole` with the value at path replaced (or taken out where `value` is null, the pointer). An error value
/// where something on the way is no map.
Value rewritten(const Value& whole, const Symbol* const* path, uint32_t size, const Value* value,
                Frame& frame) {
  if (!whole.is_null() && !whole.is(ValueKind::kMap)) {
    CallContext context(frame);
    return context.error(error_kind::kKind, fmt::format("cannot set `{}` in {}: only maps have fields",
                                                        path[0]->text(), kind_name(whole.kind())));
  }
  const MapRep& map = whole.is_null() ? empty_map() : whole.as_map();
  if (!take_steps(frame, map.size / 8 + 1)) return budget_error(frame);
  Value inner;
  bool keep = value != nullptr;
  if (size == 1) {
    if (keep) inner = *value;
  } else {
    const Value* before = map.find(path[0]);
    if (before == nullptr && value == nullptr) return whole;
    inner = rewritten(before != nullptr ? *before : Value::null(), path + 1, size - 1, value, frame);
    if (inner.is_error()) return inner;
    keep = true;
  }
  MapBuilder builder(*frame.arena, map.size + 1);
  for (const MapRep::Entry& entry : map.entries()) {
    if (keep || !same_symbol(entry.key, path[0])) builder.add(entry.key, entry.value);
  }
  if (keep) builder.add(path[0], inner);
  return builder.finish();
}

Value value_at(const Value& whole, const Symbol* const* path, uint32_t size) {
  Value value = whole;
  for (uint32_t i = 0; i < size && value.is(ValueKind::kMap); ++i) {
    const Value* inner = value.as_map().find(path[i]);
    value = inner != nullptr ? *inner : Value::null();
  }
  return value;
}

ast::BinaryOp operator_of(AssignOp op) {
  switch (op) {
    case AssignOp::kSubtract:
      return ast::BinaryOp::kSubtract;
    case AssignOp::kMultiply:
      return ast::BinaryOp::kMultiply;
    default:
      return ast::BinaryOp::kAdd;
  }
}

Value appended(const SetStmt& self, const Value& list, const Value& item, Frame& frame) {
  if (!list.is(ValueKind::kList)) {
    return make_error(frame, *self.value, error_kind::kKind,
                      fmt::format("`++=` appends to a list, got {}", kind_name(list.kind())));
  }
  const ListRep& old = list.as_list();
  if (!take_steps(frame, old.size / 8 + 1)) return budget_error(frame);
  ListRep* rep = new_list(size_t{old.size} + 1, *frame.arena);
  *std::copy(old.begin(), old.end(), rep->mutable_items()) = item;
  return Value::list(rep);
}

// The value to write for `current op= value`; kMissing when nothing is to be written.
Value assigned(const SetStmt& self, const Value& present, bool is_property, Frame& frame) {
  if (self.op == AssignOp::kIfNull) {
    return present.is_null() ? self.value->eval(*self.value, frame) : Value::missing();
  }
  const Value operand = self.value->eval(*self.value, frame);
  if (operand.is_error()) return operand;
  Value current = present;
  if (current.is_null()) {
    if (self.from == nullptr) {
      return make_error(frame, *self.value, error_kind::kKind,
                        fmt::format("the {} has no value yet: say with `from` where to start",
                                    is_property ? "property" : "field"));
    }
    current = self.from->eval(*self.from, frame);
    if (current.is_error()) return current;
  }
  if (self.op == AssignOp::kAppend) return appended(self, current, operand, frame);
  return arithmetic_slowly(*self.value, operator_of(self.op), current, operand, frame);
}

Flow run_set(const StmtNode& statement, Frame& frame) {
  const auto& self = static_cast<const SetStmt&>(statement);
  const TargetPart& target = self.target;
  Place place;
  if (!find_place(self, target, self.clauses, frame, place)) return Flow::kFail;
  const Value* present = current_value(target, place, frame);
  const Value whole = present != nullptr ? *present : Value::null();
  Value value = self.op == AssignOp::kAssign ? self.value->eval(*self.value, frame)
                                             : assigned(self, value_at(whole, target.path, target.path_size),
                                                        target.path_size == 0, frame);
  if (value.is(ValueKind::kMissing)) return Flow::kNext;
  if (value.is_error()) return fail_with(self, frame, value);
  if (target.path_size != 0) {
    const Value inner = value;
    value = rewritten(whole, target.path, target.path_size, &inner, frame);
    if (value.is_error()) return fail_with(self, frame, value);
  }
  if (!can_be_kept(self, frame, value)) return Flow::kFail;
  WriteOptions options{.muted = self.clauses.muted, .direct = self.clauses.direct, .extra = {}};
  if (!read_with(self, self.clauses, frame, options.extra)) return Flow::kFail;
  const Value result = write(target, place, value, options, frame);
  return result.is_error() ? fail_with(self, frame, result) : Flow::kNext;
}

// `set name = value`, nothing else.
Flow run_plain_set(const StmtNode& statement, Frame& frame) {
  const auto& self = static_cast<const SetStmt&>(statement);
  const Value value = self.value->eval(*self.value, frame);
  if (value.is_error()) return fail_with(self, frame, value);
  if (!can_be_kept(self, frame, value)) return Flow::kFail;
  const Value result = frame.host->set_property(*frame.subject, self.target.name, value,
                                                {.muted = self.clauses.muted, .direct = false, .extra = {}});
  return result.is_error() ? fail_with(self, frame, result) : Flow::kNext;
}

Flow run_set_many(const StmtNode& statement, Frame& frame) {
  const auto& self = static_cast<const SetManyStmt&>(statement);
  Subject* subject = subject_of(self.clauses, frame);
  if (subject == nullptr) return Flow::kFail;
  const Value map = self.map->eval(*self.map, frame);
  if (map.is_error()) return fail_with(self, frame, map);
  if (!can_be_kept(self, frame, map)) return Flow::kFail;
  WriteOptions options{.muted = self.clauses.muted, .direct = self.clauses.direct, .extra = {}};
  if (!read_with(self, self.clauses, frame, options.extra)) return Flow::kFail;
  for (const MapRep::Entry& entry : map.as_map().entries()) {
    if (entry.key->length == 0) {
      return fail_with(self, frame, error_kind::kValue, "a property's name is not empty");
    }
    const Value result = frame.host->set_property(*subject, entry.key, entry.value, options);
    if (result.is_error()) return fail_with(self, frame, result);
  }
  return Flow::kNext;
}

Flow run_delete(const StmtNode& statement, Frame& frame) {
  const auto& self = static_cast<const DeleteStmt&>(statement);
  const TargetPart& target = self.target;
  Place place;
  if (!find_place(self, target, self.clauses, frame, place)) return Flow::kFail;
  WriteOptions options{.muted = self.clauses.muted, .direct = self.clauses.direct, .extra = {}};
  if (!read_with(self, self.clauses, frame, options.extra)) return Flow::kFail;
  Value result;
  if (target.path_size != 0) {
    const Value* present = current_value(target, place, frame);
    if (present == nullptr || present->is_null()) return Flow::kNext;
    const Value value = rewritten(*present, target.path, target.path_size, nullptr, frame);
    if (value.is_error()) return fail_with(self, frame, value);
    result = write(target, place, value, options, frame);
  } else {
    switch (target.kind) {
      case ast::Target::Kind::kProperty:
        result = frame.host->delete_property(*place.subject, place.name, options);
        break;
      case ast::Target::Kind::kExtended:
        result = frame.host->delete_extended(*place.subject, place.name, options.direct);
        break;
      case ast::Target::Kind::kMeta:
        result = frame.host->delete_meta(place.name);
        break;
    }
  }
  return result.is_error() ? fail_with(self, frame, result) : Flow::kNext;
}

Flow run_delete_subject(const StmtNode& statement, Frame& frame) {
  const auto& self = static_cast<const DeleteStmt&>(statement);
  Subject* subject = subject_of(self.clauses, frame);
  if (subject == nullptr) return Flow::kFail;
  WriteOptions options{.muted = self.clauses.muted, .direct = self.clauses.direct, .extra = {}};
  if (!read_with(self, self.clauses, frame, options.extra)) return Flow::kFail;
  const Value result = frame.host->delete_subject(*subject, options);
  return result.is_error() ? fail_with(self, frame, result) : Flow::kNext;
}

bool is_builtin_type(std::string_view type) {
  return type == kPropertyChangedType || type == kPropertyDeletedType || type == kSubjectDeletedType;
}

// The name of a timer: a text that is not empty. False, with frame.failure set, where it is none.
bool read_key(const StmtNode& statement, const Node& node, Frame& frame, Value& key) {
  key = node.eval(node, frame);
  if (key.is(ValueKind::kString) && !key.text().empty()) return true;
  if (key.is_error()) {
    fail_with(statement, frame, key);
  } else {
    fail_with(statement, frame, error_kind::kKind,
              fmt::format("the key of a timer is a text, got {}",
                          key.is(ValueKind::kString) ? "an empty one" : kind_name(key.kind())));
  }
  return false;
}

Flow emit_later(const EmitStmt& self, const EmitRequest& request, Frame& frame) {
  const Value after = self.after->eval(*self.after, frame);
  if (after.is_error()) return fail_with(self, frame, after);
  if (!after.is(ValueKind::kDuration)) {
    return fail_with(self, frame, error_kind::kKind,
                     fmt::format("`after` takes a duration such as `2s`, got {}", kind_name(after.kind())));
  }
  const int64_t delay = after.as_microseconds();
  if (delay < 0)
    return fail_with(self, frame, error_kind::kValue, "`after` takes a duration that is not negative");
  Value key;
  if (self.key != nullptr && !read_key(self, *self.key, frame, key)) return Flow::kFail;
  const Value result =
      frame.host->set_timer(request, delay, self.key != nullptr ? key.text() : std::string_view());
  return result.is_error() ? fail_with(self, frame, result) : Flow::kNext;
}

Flow run_emit(const StmtNode& statement, Frame& frame) {
  const auto& self = static_cast<const EmitStmt&>(statement);
  EmitRequest request{.type = self.type, .subject = nullptr, .payload = Value::map(&empty_map()), .meta = {}};
  if (self.computed != nullptr) {
    const Value type = self.computed->eval(*self.computed, frame);
    if (type.is_error()) return fail_with(self, frame, type);
    if (type.text().empty())
      return fail_with(self, frame, error_kind::kValue, "an event's type is not empty");
    if (is_builtin_type(type.text())) {
      return fail_with(self, frame, error_kind::kValue,
                       fmt::format("`{}` is emitted by what happens, not by rules", type.text()));
    }
    request.type = frame.host->symbol(type.text());
  }
  request.subject = subject_of(self.clauses, frame);
  if (request.subject == nullptr) return Flow::kFail;
  if (self.payload != nullptr) {
    request.payload = self.payload->eval(*self.payload, frame);
    if (request.payload.is_error()) return fail_with(self, frame, request.payload);
    if (!request.payload.same_bits(frame.event->payload) && !can_be_kept(self, frame, request.payload)) {
      return Flow::kFail;
    }
  }
  if (!read_with(self, self.clauses, frame, request.meta)) return Flow::kFail;
  if (self.after != nullptr) return emit_later(self, request, frame);
  const Value result = frame.host->emit(request);
  return result.is_error() ? fail_with(self, frame, result) : Flow::kNext;
}

Flow run_cancel(const StmtNode& statement, Frame& frame) {
  const auto& self = static_cast<const CancelStmt&>(statement);
  Subject* subject = subject_of(self.clauses, frame);
  if (subject == nullptr) return Flow::kFail;
  Value key;
  if (!read_key(self, *self.key, frame, key)) return Flow::kFail;
  frame.host->cancel_timer(*subject, key.text());
  return Flow::kNext;
}

}  // namespace

Subject* subject_of(const ClausePart& clauses, Frame& frame) {
  return clauses.on == nullptr ? frame.subject : find_subject(*clauses.on, frame);
}

bool read_with(const StmtNode& statement, const ClausePart& clauses, Frame& frame, Value& with) {
  if (clauses.with == nullptr) return true;
  with = clauses.with->eval(*clauses.with, frame);
  if (with.is_null()) return true;
  if (with.is(ValueKind::kMap)) return can_be_kept(statement, frame, with);
  if (with.is_error()) {
    fail_with(statement, frame, with);
  } else {
    fail_with(statement, frame, error_kind::kKind,
              fmt::format("`with` takes a map, got {}", kind_name(with.kind())));
  }
  return false;
}

RunFunction set_statement(const SetStmt& statement) {
  const bool plain = statement.target.kind == ast::Target::Kind::kProperty &&
                     statement.target.name != nullptr && statement.target.path_size == 0 &&
                     statement.op == AssignOp::kAssign && statement.clauses.on == nullptr &&
                     statement.clauses.with == nullptr && !statement.clauses.direct;
  return plain ? run_plain_set : run_set;
}

RunFunction set_many_statement() {
  return run_set_many;
}
RunFunction delete_statement() {
  return run_delete;
}
RunFunction delete_subject_statement() {
  return run_delete_subject;
}
RunFunction emit_statement() {
  return run_emit;
}
RunFunction cancel_statement() {
  return run_cancel;
}

}  // namespace krules
