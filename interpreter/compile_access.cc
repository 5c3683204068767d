#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "compiler.h"

namespace krules {

using namespace program_codes;

namespace {

constexpr auto kErrorFields = std::to_array<std::string_view>({"message", "kind", "rule", "line"});

}  // namespace

bool UnitCompiler::is_builtin_name(const ast::Expr& expr, std::string_view text) const {
  const auto* name = std::get_if<ast::Name>(&expr.node);
  return name != nullptr && name->name == text;
}

/// Whether the value is the name of a subject in a way that its properties can be read: `subject("x")` and
/// locals that hold it.
bool UnitCompiler::is_subject_value(const ast::Expr& expr) const {
  if (const auto* call = std::get_if<ast::Call>(&expr.node))
    return call->callee == "subject" || call->callee == "state";
  const auto* name = std::get_if<ast::Name>(&expr.node);
  if (name == nullptr) return false;
  if (name->name == "subject" || name->name == "origin") return true;
  const Local* local = find_local(name->name);
  return local != nullptr && local->is_subject;
}

bool UnitCompiler::subject_path(const ast::Expr& expr, SubjectPath& path) {
  if (is_builtin_name(expr, "ext")) {
    path.extended = true;
    return true;
  }
  if (const auto* member = std::get_if<ast::Member>(&expr.node)) {
    if (member->name != "ext" || !is_subject_value(*member->object)) return false;
    subject_path(*member->object, path);
    path.extended = true;
    return true;
  }
  if (!is_subject_value(expr)) return false;
  if (is_builtin_name(expr, "origin")) {
    path.which = WhichSubject::kOrigin;
  } else if (!is_builtin_name(expr, "subject")) {
    const auto* call = std::get_if<ast::Call>(&expr.node);
    path.which = WhichSubject::kNamed;
    path.name = expression(expr);
    path.extended = call != nullptr && call->callee == "state";
  }
  return true;
}

const Node* UnitCompiler::subject_read(const SubjectPath& path, const Symbol* name, const Node* computed,
                                       Span span, bool has) {
  if (path.name != nullptr && is_broken(path.name)) return path.name;
  const bool of_current = path.which != WhichSubject::kNamed;
  if (!available(of_current ? (path.extended ? "ext" : "subject") : "subject(...)", span, of_current)) {
    return broken(span);
  }
  if (of_current && !has_own_event(path.extended ? "ext" : "subject", span)) return broken(span);
  const uint8_t reads = of_current ? kReadsSubjects | kReadsOwnSubject : kReadsSubjects;
  if (path.which == WhichSubject::kCurrent && !path.extended && name != nullptr && !has) {
    auto* node = make<FieldNode>(span);
    node->kind = NodeKind::kProperty;
    node->field = name;
    node->flags = reads;
    node->eval = property_function();
    return complete(node);
  }
  auto* node = make<SubjectNode>(span);
  node->which = path.which;
  node->extended = path.extended;
  node->subject_name = path.name;
  node->name = name;
  node->computed = computed;
  node->flags = reads;
  if (path.name != nullptr) node->flags |= path.name->flags;
  if (computed != nullptr) node->flags |= computed->flags;
  if (has) {
    node->truth = has_property_function();
  } else {
    node->eval = subject_function();
  }
  return complete(node);
}

const Node* UnitCompiler::payload_field(std::string_view field, Span span, Span name_span) {
  if (!available("payload", span, false) || !has_own_event("payload", span)) return broken(span);
  if (payload_fields != nullptr &&
      std::find(payload_fields->begin(), payload_fields->end(), field) == payload_fields->end()) {
    Diagnostic& diagnostic = report(kUnknownField, name_span,
                                    fmt::format("the event's `input` declaration has no field `{}`", field));
    const std::string_view near = nearest_name(field, *payload_fields);
    if (!near.empty()) diagnostic.helps.push_back(fmt::format("did you mean `{}`?", near));
    diagnostic.helps.push_back(fmt::format("or declare it there: `{}: any?`", field));
  }
  auto* node = make<FieldNode>(span);
  node->kind = NodeKind::kPayloadField;
  node->field = program_.symbols().intern(field);
  node->flags = kReadsEvent;
  node->eval = payload_field_function();
  return complete(node);
}

// False, with a message, for a field that the error of a `catch` does not have.
bool UnitCompiler::has_error_field(const ast::Expr& object, std::string_view name, Span span) {
  const auto* read = std::get_if<ast::Name>(&object.node);
  const Local* local = read != nullptr ? find_local(read->name) : nullptr;
  if (local == nullptr || !local->is_error) return true;
  if (std::find(kErrorFields.begin(), kErrorFields.end(), name) != kErrorFields.end()) return true;
  Diagnostic& diagnostic = report(kNoFields, span, fmt::format("an error has no field `{}`", name));
  const std::string_view near = nearest_name(name, {kErrorFields.begin(), kErrorFields.end()});
  if (!near.empty()) diagnostic.helps.push_back(fmt::format("did you mean `{}`?", near));
  diagnostic.helps.push_back(
      fmt::format("it has `{0}.message`, `{0}.kind`, `{0}.rule` and `{0}.line`", read->name));
  return false;
}

const Node* UnitCompiler::field_of(const Node* object, std::string_view name, Span span) {
  if (is_broken(object)) return object;
  auto* node = make<MemberNode>(span);
  node->object = object;
  node->name = program_.symbols().intern(name);
  node->flags = object->flags;
  node->eval = member_function();
  complete(node);
  return is_const(object) ? folded(node, is_literal(object)) : node;
}

const Node* UnitCompiler::element_of(const Node* object, const Node* key, Span span) {
  if (is_broken(object) || is_broken(key)) return broken(span);
  if (is_const(key) && const_value(key).is(ValueKind::kString) && !is_const(object)) {
    // A list read with a string is told so by the general form only when it runs; maps are what has string
    // keys.
    return field_of(object, const_value(key).text(), span);
  }
  auto* node = make<BinaryNode>(span);
  node->left = object;
  node->right = key;
  node->flags = object->flags | key->flags;
  node->eval = index_function();
  complete(node);
  return is_const(object) && is_const(key) ? folded(node, is_literal(object) && is_literal(key)) : node;
}

const Node* UnitCompiler::member(const ast::Expr& expr, const ast::Member& member) {
  const std::string& name = member.name;
  SubjectPath whole;
  if (subject_path(expr, whole)) return subject_read(whole, nullptr, nullptr, expr.span, false);
  SubjectPath path;
  if (subject_path(*member.object, path)) {
    if (name == "name" && !path.extended && is_builtin_name(*member.object, "subject")) {
      program_.note_name_is_read(source_, expr.span);
    }
    return subject_read(path, program_.symbols().intern(name), nullptr, expr.span, false);
  }
  if (is_builtin_name(*member.object, "payload")) return payload_field(name, expr.span, member.name_span);
  for (const std::string_view text : {"event", "property"}) {
    if (!is_builtin_name(*member.object, text)) continue;
    Diagnostic& diagnostic =
        report(kNoFields, member.name_span, fmt::format("`{}` is a text and has no fields", text));
    diagnostic.helps = {
        text == "event" ? fmt::format("`event` is the event's type; its data is `payload.{}`", name)
                        : fmt::format("`property` is the property's name; its values are `old` and `new`")};
    return broken(expr.span);
  }
  if (!has_error_field(*member.object, name, member.name_span)) return broken(expr.span);
  return field_of(expression(*member.object), name, expr.span);
}

const Node* UnitCompiler::index(const ast::Expr& expr, const ast::Index& index) {
  SubjectPath path;
  const bool of_subject = subject_path(*index.object, path);
  const Node* key = expression(*index.key);
  if (is_broken(key)) return key;
  const bool constant_text = is_const(key) && const_value(key).is(ValueKind::kString);
  if (of_subject) {
    if (constant_text) {
      const Symbol* name = program_.symbols().intern(const_value(key).text());
      return subject_read(path, name, nullptr, expr.span, false);
    }
    return subject_read(path, nullptr, key, expr.span, false);
  }
  if (constant_text && is_builtin_name(*index.object, "payload")) {
    return payload_field(const_value(key).text(), expr.span, index.key->span);
  }
  if (constant_text && !has_error_field(*index.object, const_value(key).text(), index.key->span)) {
    return broken(expr.span);
  }
  return element_of(expression(*index.object), key, expr.span);
}

const Node* UnitCompiler::has(const ast::Expr& expr, const ast::Call& call) {
  const ast::Expr* place = call.arguments.size() == 1 ? call.arguments[0].value.get() : nullptr;
  const ast::Member* member = place != nullptr ? std::get_if<ast::Member>(&place->node) : nullptr;
  const ast::Index* index = place != nullptr ? std::get_if<ast::Index>(&place->node) : nullptr;
  if (member == nullptr && index == nullptr) {
    report(kHas, place != nullptr ? place->span : expr.span,
           "`has` asks whether a place is filled, and takes the place")
        .helps = {"`has(subject.total)`, `has(payload.note)`, `has(subject(\"user-7\").tier)`"};
    return broken(expr.span);
  }
  const ast::Expr& object_expr = member != nullptr ? *member->object : *index->object;
  SubjectPath path;
  const bool of_subject = subject_path(object_expr, path);
  const Node* key = member != nullptr ? constant(text_value(member->name), member->name_span, true)
                                      : expression(*index->key);
  if (is_broken(key)) return key;
  if (of_subject) {
    if (is_const(key) && const_value(key).is(ValueKind::kString)) {
      const Symbol* name = program_.symbols().intern(const_value(key).text());
      return subject_read(path, name, nullptr, expr.span, true);
    }
    return subject_read(path, nullptr, key, expr.span, true);
  }
  const Node* object = expression(object_expr);
  if (is_broken(object)) return object;
  auto* node = make<BinaryNode>(expr.span);
  node->left = object;
  node->right = key;
  node->flags = object->flags | key->flags;
  node->truth = has_key_function();
  return complete(node);
}

const Node* UnitCompiler::subject_call(const ast::Expr& expr, const ast::Call& call) {
  if (call.arguments.size() != 1 || !call.arguments[0].name.empty()) {
    report(kArguments, expr.span, "`subject` takes one name").helps = {"`subject(\"user-7\").tier`"};
    return broken(expr.span);
  }
  const Node* name = expression(*call.arguments[0].value);
  if (is_broken(name)) return name;
  auto* node = make<UnaryNode>(expr.span);
  node->operand = name;
  node->flags = name->flags;
  node->eval = subject_name_function();
  complete(node);
  return is_const(name) ? folded(node, is_literal(name)) : node;
}

const Node* UnitCompiler::pending(const ast::Expr& expr, const ast::Call& call) {
  const size_t count = call.arguments.size();
  const bool named = std::any_of(call.arguments.begin(), call.arguments.end(),
                                 [](const ast::Argument& argument) { return !argument.name.empty(); });
  if (count < 1 || count > 2 || named) {
    report(kArguments, expr.span, "`pending` takes the key of a timer, and perhaps a subject's name")
        .helps = {"`pending(\"off\")` is when this subject's timer `off` is due, or null"};
    return broken(expr.span);
  }
  if (count == 1 && kind_ == Kind::kTest) {
    report(kArguments, expr.span, "a test has no subject of its own, and `pending` needs one").helps = {
        "name it: `pending(\"off\", \"lamp-1\")`"};
    return broken(expr.span);
  }
  auto* node = make<BinaryNode>(expr.span);
  node->left = expression(*call.arguments[0].value);
  node->flags = node->left->flags | kReadsSubjects | kImpure;
  if (count == 2) {
    node->right = expression(*call.arguments[1].value);
    node->flags |= node->right->flags;
  } else {
    node->flags |= kReadsOwnSubject;
  }
  node->eval = pending_function();
  return complete(node);
}

// The name of the subject that keeps, in its extended properties, what belongs to the key.
const Node* UnitCompiler::state(const ast::Expr& expr, const ast::Call& call) {
  if (call.arguments.size() != 1 || !call.arguments[0].name.empty()) {
    report(kArguments, expr.span, "`state` takes one key").helps = {
        "`state(subject).count` reads it, `set ext.count = 1 on state(subject)` writes it"};
    return broken(expr.span);
  }
  if (instance.empty()) {
    report(kNotAvailable, expr.span,
           "`state` is what a rule, gate or middleware keeps, and stands in one of them");
    return broken(expr.span);
  }
  const Node* key = expression(*call.arguments[0].value);
  if (is_broken(key)) return key;
  std::vector<const Node*> parts = {
      constant(text_value("state:" + std::string(instance) + ":"), expr.span, true), key};
  auto* node = make<StateNameNode>(expr.span);
  node->kind = NodeKind::kStateName;
  if (key->kind == NodeKind::kSubjectName) {
    if (state_memory_ == nullptr) {
      state_memory_ = new (program_.program().arena.allocate(sizeof(StateMemory))) StateMemory();
    }
    node->memory = state_memory_;
  }
  node->items = copied(parts);
  node->count = 2;
  node->flags = key->flags;
  node->eval = interpolation_function();
  return complete(node);
}

}  // namespace krules
