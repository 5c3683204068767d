#include <fmt/format.h>

#include "make_nodes.h"
#include "operands.h"
#include "program_impl.h"

namespace krules {

namespace {

Value no_fields(const Node& node, const Value& object, std::string_view name, Frame& frame) {
  const bool of_many = object.is(ValueKind::kList) || object.is(ValueKind::kString);
  const bool size = of_many && (name == "length" || name == "size" || name == "count" || name == "len");
  return make_error(frame, node, error_kind::kKind,
                    fmt::format("cannot read `{}` of {}: {}", name, kind_name(object.kind()),
                                size ? "how long it is says `.len()`" : "only maps have fields"));
}

Value found_or_null(const Value* value) {
  return value != nullptr ? *value : Value::null();
}

uint32_t entry_number(const MapRep& map, const Value* value) {
  const auto offset = reinterpret_cast<const char*>(value) - reinterpret_cast<const char*>(map.begin());
  return static_cast<uint32_t>(static_cast<size_t>(offset) / sizeof(MapRep::Entry));
}

Value constant(const Node& node, Frame&) {
  return static_cast<const ConstNode&>(node).value;
}

Value read_payload_field(const Node& node, Frame& frame) {
  return payload_field(static_cast<const FieldNode&>(node), frame);
}

Value read_property(const Node& node, Frame& frame) {
  return subject_property(static_cast<const FieldNode&>(node), frame);
}

Value local(const Node& node, Frame& frame) {
  return frame.locals[static_cast<const LocalNode&>(node).slot];
}

Value lazy_local(const Node& node, Frame& frame) {
  const auto& self = static_cast<const LocalNode&>(node);
  Value value = frame.locals[self.slot];
  if (value.is(ValueKind::kMissing)) {
    value = self.init->eval(*self.init, frame);
    frame.locals[self.slot] = value;
  }
  return value;
}

Value member(const Node& node, Frame& frame) {
  const auto& self = static_cast<const MemberNode&>(node);
  const Value object = self.object->eval(*self.object, frame);
  if (object.is(ValueKind::kMap)) [[likely]] {
    const MapRep& map = object.as_map();
    if (self.hint < map.size && map.begin()[self.hint].key == self.name) return map.begin()[self.hint].value;
    const Value* value = map.find(self.name);
    if (value == nullptr) return Value::null();
    self.hint = entry_number(map, value);
    return *value;
  }
  if (object.is_null() || object.is_error()) return object;
  return no_fields(node, object, self.name->text(), frame);
}

Value index(const Node& node, Frame& frame) {
  const auto& self = static_cast<const BinaryNode&>(node);
  const Value object = self.left->eval(*self.left, frame);
  if (object.is_error()) return object;
  const Value key = self.right->eval(*self.right, frame);
  if (key.is_error() || object.is_null()) return key.is_error() ? key : object;
  if (object.is(ValueKind::kMap)) {
    if (key.is(ValueKind::kString)) return found_or_null(object.as_map().find(key.text()));
    return make_error(frame, node, error_kind::kKind,
                      fmt::format("a map is read with a string in [ ], got {}", kind_name(key.kind())));
  }
  if (object.is(ValueKind::kList)) {
    if (!key.is(ValueKind::kInt)) {
      return make_error(frame, node, error_kind::kKind,
                        fmt::format("a list is read with an int in [ ], got {}", kind_name(key.kind())));
    }
    const auto size = static_cast<int64_t>(object.as_list().size);
    const int64_t at = key.as_int() < 0 ? key.as_int() + size : key.as_int();
    return at >= 0 && at < size ? object.as_list().begin()[at] : Value::null();
  }
  return make_error(frame, node, error_kind::kKind,
                    fmt::format("[ ] reads a list or a map, got {}", kind_name(object.kind())));
}

template <Builtin B>
Value builtin(const Node&, Frame& frame) {
  const Event& event = *frame.event;
  switch (B) {
    case Builtin::kSubject:
      return frame.subject->name_value();
    case Builtin::kOrigin:
      return frame.origin->name_value();
    case Builtin::kPayload:
      return event.payload;
    case Builtin::kEvent:
      return Value::string_view(event.type->text());
    case Builtin::kProperty:
      return event.property != nullptr ? Value::string_view(event.property->text()) : Value::null();
    case Builtin::kOld:
      return event.old_value;
    case Builtin::kNew:
      return event.new_value;
    case Builtin::kExtra:
      return event.extra;
    case Builtin::kMeta:
      return event.meta;
  }
  return Value::null();
}

// ------------------------------------------------------------- subjects

Subject* subject_of(const SubjectNode& node, Frame& frame) {
  switch (node.which) {
    case WhichSubject::kCurrent:
      return frame.subject;
    case WhichSubject::kOrigin:
      return frame.origin;
    case WhichSubject::kNamed:
      return find_subject(*node.subject_name, frame);
  }
  return nullptr;
}

Value all_properties(const SubjectNode& node, const PropertySet* properties, Frame& frame) {
  if (properties == nullptr || properties->size() == 0) return Value::map(&empty_map());
  if (!take_steps(frame, properties->size())) return with_place(frame, node, budget_error(frame));
  MapBuilder map(*frame.arena, properties->size());
  for (const PropertySlot& slot : *properties) map.add(slot.name, slot.value);
  return map.finish();
}

// The name that a SubjectNode reads: known or computed. Null with frame.failure set when it is no string.
const Symbol* name_of(const SubjectNode& node, Frame& frame) {
  if (node.computed == nullptr) return node.name;
  const Value name = node.computed->eval(*node.computed, frame);
  if (name.is(ValueKind::kString)) return frame.host->symbol(name.text());
  frame.failure = name.is_error() ? name
                                  : make_error(frame, node, error_kind::kKind,
                                               fmt::format("a property is read with a string in [ ], got {}",
                                                           kind_name(name.kind())));
  return nullptr;
}

Value read_subject(const Node& node, Frame& frame) {
  const auto& self = static_cast<const SubjectNode&>(node);
  Subject* subject = subject_of(self, frame);
  if (subject == nullptr) return frame.failure;
  PropertySet* properties = self.extended ? subject->extended.get() : &subject->properties;
  if (self.name == nullptr && self.computed == nullptr) return all_properties(self, properties, frame);
  const Symbol* name = name_of(self, frame);
  if (name == nullptr) return frame.failure;
  if (properties == nullptr) return Value::null();
  const PropertySlot* slot = properties->find(name, self.hint);
  return slot != nullptr ? slot->value : Value::null();
}

Truth has_property(const Node& node, Frame& frame) {
  const auto& self = static_cast<const SubjectNode&>(node);
  Subject* subject = subject_of(self, frame);
  if (subject == nullptr) return Truth::kError;
  const Symbol* name = name_of(self, frame);
  if (name == nullptr) return Truth::kError;
  PropertySet* properties = self.extended ? subject->extended.get() : &subject->properties;
  return properties != nullptr && properties->find(name, self.hint) != nullptr ? Truth::kTrue : Truth::kFalse;
}

Truth has_key(const Node& node, Frame& frame) {
  const auto& self = static_cast<const BinaryNode&>(node);
  const Value object = self.left->eval(*self.left, frame);
  const Value key = self.right->eval(*self.right, frame);
  if (object.is_error() || key.is_error()) {
    frame.failure = object.is_error() ? object : key;
    return Truth::kError;
  }
  if (object.is_null()) return Truth::kFalse;
  if (object.is(ValueKind::kMap) && key.is(ValueKind::kString)) {
    return object.as_map().find(key.text()) != nullptr ? Truth::kTrue : Truth::kFalse;
  }
  if (object.is(ValueKind::kList) && key.is(ValueKind::kInt)) {
    const auto size = static_cast<int64_t>(object.as_list().size);
    return key.as_int() >= -size && key.as_int() < size ? Truth::kTrue : Truth::kFalse;
  }
  frame.failure = make_error(
      frame, node, error_kind::kKind,
      fmt::format("`has` cannot look for {} in {}", kind_name(key.kind()), kind_name(object.kind())));
  return Truth::kError;
}

Value no_subject_name(const Node& node, const Value& name, Frame& frame) {
  if (name.is_error()) return name;
  if (name.is(ValueKind::kString))
    return make_error(frame, node, error_kind::kValue, "a subject's name is not empty");
  return make_error(frame, node, error_kind::kKind,
                    fmt::format("a subject's name is a string, got {}", kind_name(name.kind())));
}

bool is_subject_name(const Value& name) {
  return name.is(ValueKind::kString) && !name.text().empty();
}

Value subject_name(const Node& node, Frame& frame) {
  const auto& self = static_cast<const UnaryNode&>(node);
  const Value name = self.operand->eval(*self.operand, frame);
  return is_subject_name(name) ? name : no_subject_name(node, name, frame);
}

// The name is put together in place; most keep something for the subject at hand, and ask for it several
// times.
Subject* find_state(const StateNameNode& node, Frame& frame) {
  StateMemory* const memory = node.memory;
  const uint64_t cascade = frame.program->impl().cascade;
  if (memory != nullptr && memory->cascade == cascade && memory->of == frame.subject) return memory->state;
  const Value name = node.eval(node, frame);
  if (name.is_error()) {
    frame.failure = name;
    return nullptr;
  }
  Subject* state = frame.host->subject(name.text());
  if (state == nullptr) {
    frame.failure = with_place(frame, node, frame.host->store_error());
  } else if (memory != nullptr) {
    *memory = {cascade, frame.subject, state};
  }
  return state;
}

}  // namespace

Value find_payload_field(const FieldNode& node, Frame& frame) {
  const Value& payload = frame.event->payload;
  if (payload.is(ValueKind::kMap)) {
    const MapRep& map = payload.as_map();
    const Value* value = map.find(node.field);
    if (value == nullptr) return Value::null();
    node.hint = entry_number(map, value) * sizeof(MapRep::Entry);
    return *value;
  }
  return payload.is_null() ? payload : no_fields(node, payload, node.field->text(), frame);
}

Value find_property(const FieldNode& node, Frame& frame) {
  const PropertySlot* slot = frame.subject->properties.find(node.field, node.hint);
  return slot != nullptr ? slot->value : Value::null();
}

static Value pending(const Node& node, Frame& frame) {
  const auto& self = static_cast<const BinaryNode&>(node);
  const Value key = self.left->eval(*self.left, frame);
  if (key.is_error()) return key;
  if (!key.is(ValueKind::kString)) {
    return make_error(frame, node, error_kind::kKind,
                      fmt::format("the key of a timer is a text, got {}", kind_name(key.kind())));
  }
  Subject* subject = self.right == nullptr ? frame.subject : find_subject(*self.right, frame);
  return subject == nullptr ? frame.failure : frame.host->pending_timer(*subject, key.text());
}

Subject* find_subject(const Node& name_node, Frame& frame) {
  if (name_node.kind == NodeKind::kStateName)
    return find_state(static_cast<const StateNameNode&>(name_node), frame);
  const Value name = name_node.eval(name_node, frame);
  if (!is_subject_name(name)) {
    frame.failure = no_subject_name(name_node, name, frame);
    return nullptr;
  }
  Subject* subject = frame.host->subject(name.text());
  if (subject == nullptr) frame.failure = with_place(frame, name_node, frame.host->store_error());
  return subject;
}

EvalFunction constant_function() {
  return constant;
}
EvalFunction payload_field_function() {
  return read_payload_field;
}
EvalFunction property_function() {
  return read_property;
}
EvalFunction local_function() {
  return local;
}
EvalFunction lazy_local_function() {
  return lazy_local;
}

EvalFunction builtin_function(Builtin which) {
  switch (which) {
    case Builtin::kSubject:
      return builtin<Builtin::kSubject>;
    case Builtin::kOrigin:
      return builtin<Builtin::kOrigin>;
    case Builtin::kPayload:
      return builtin<Builtin::kPayload>;
    case Builtin::kEvent:
      return builtin<Builtin::kEvent>;
    case Builtin::kProperty:
      return builtin<Builtin::kProperty>;
    case Builtin::kOld:
      return builtin<Builtin::kOld>;
    case Builtin::kNew:
      return builtin<Builtin::kNew>;
    case Builtin::kExtra:
      return builtin<Builtin::kExtra>;
    case Builtin::kMeta:
      return builtin<Builtin::kMeta>;
  }
  return nullptr;
}

EvalFunction member_function() {
  return member;
}
EvalFunction index_function() {
  return index;
}
EvalFunction subject_function() {
  return read_subject;
}
TruthFunction has_property_function() {
  return has_property;
}
TruthFunction has_key_function() {
  return has_key;
}
EvalFunction pending_function() {
  return pending;
}
EvalFunction subject_name_function() {
  return subject_name;
}

}  // namespace krules
