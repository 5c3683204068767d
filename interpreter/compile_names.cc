#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "compiler.h"

namespace krules {

namespace {

using namespace program_codes;

struct BuiltinName {
  std::string_view text;
  Builtin builtin;
};
constexpr auto kBuiltins = std::to_array<BuiltinName>({
    {"subject", Builtin::kSubject},
    {"origin", Builtin::kOrigin},
    {"payload", Builtin::kPayload},
    {"event", Builtin::kEvent},
    {"property", Builtin::kProperty},
    {"old", Builtin::kOld},
    {"new", Builtin::kNew},
    {"extra", Builtin::kExtra},
    {"meta", Builtin::kMeta},
});
constexpr std::string_view kExtended = "ext";

const BuiltinName* find_builtin(std::string_view name) {
  for (const BuiltinName& each : kBuiltins) {
    if (each.text == name) return &each;
  }
  return nullptr;
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// What `None`, `True` and the like are called here; empty for other names.
std::string_view name_of_another_language(std::string_view name) {
  for (const std::string_view null : {"None", "nil", "undefined", "Null", "NULL", "nothing"}) {
    if (name == null) return "null";
  }
  if (name == "True" || name == "TRUE") return "true";
  if (name == "False" || name == "FALSE") return "false";
  if (name == "this" || name == "self") return "subject";
  return {};
}

/// `cpu-load` where `span` is the `load` of `subject.cpu-load`, which was meant as one name; else empty.
std::string dashed_name(std::string_view text, Span span) {
  size_t begin = span.begin;
  while (begin > 0 && (is_word(text[begin - 1]) || text[begin - 1] == '-')) --begin;
  const std::string_view name = text.substr(begin, span.end - begin);
  const bool read_of_something = begin > 0 && text[begin - 1] == '.';
  const bool dashed = span.begin > begin + 1 && name.front() != '-' && name[span.begin - begin - 1] == '-';
  return read_of_something && dashed ? std::string(name) : std::string();
}

}  // namespace

bool is_builtin_value(std::string_view name) {
  return name == kExtended || find_builtin(name) != nullptr;
}

uint32_t UnitCompiler::take_slot() {
  const uint32_t slot = next_slot_++;
  most_slots_ = std::max(most_slots_, next_slot_);
  return slot;
}

void UnitCompiler::close_scope(const Scope& scope) {
  gone_.insert(gone_.end(), locals_.begin() + static_cast<ptrdiff_t>(scope.locals), locals_.end());
  locals_.resize(scope.locals);
  next_slot_ = scope.slots;
}

const UnitCompiler::Local* UnitCompiler::find_local(std::string_view name) const {
  const auto found =
      std::find_if(locals_.rbegin(), locals_.rend(), [&](const Local& l) { return l.name == name; });
  return found != locals_.rend() ? &*found : nullptr;
}

uint32_t UnitCompiler::declare(std::string_view name, Span span) {
  if (is_builtin_value(name)) {
    report(kBuiltinName, span, fmt::format("`{}` is a built-in name", name)).helps = {"choose another name"};
  } else if (const Local* other = find_local(name)) {
    Diagnostic& diagnostic = report(kHidesName, span, fmt::format("`{}` is declared already", name));
    diagnostic.related = {program_.label(source_, other->span, "here")};
    diagnostic.helps = {"a local is never reassigned: choose another name"};
  } else if (const Definition* definition = program_.find_definition(name);
             definition != nullptr && definition->kind != Definition::Kind::kFn) {
    Diagnostic& diagnostic = report(kHidesName, span,
                                    fmt::format("`{}` is a {} of the program", name,
                                                definition->kind == Definition::Kind::kConst   ? "const"
                                                : definition->kind == Definition::Kind::kParam ? "param"
                                                                                               : "secret"));
    diagnostic.related = {program_.label(definition->source, definition->name_span, "here")};
    diagnostic.helps = {"choose another name"};
  }
  const uint32_t slot = take_slot();
  locals_.push_back({name, span, slot, nullptr, false, kReadsLocals});
  return slot;
}

void UnitCompiler::declare_lazy(const ast::Let& let) {
  const Node* init = expression(*let.value);
  // The slots that the value itself uses stay its own: it may be computed at any later time.
  next_slot_ = most_slots_;
  const bool is_subject = is_subject_value(*let.value);
  const uint32_t slot = declare(let.name, let.name_span);
  locals_.back().init = init;
  locals_.back().is_subject = is_subject;
  locals_.back().flags = init->flags | kReadsLocals;
  lazy_slots_.push_back(slot);
}

const Node* UnitCompiler::read_local(const Local& local, Span span) {
  auto* node = make<LocalNode>(span);
  node->slot = local.slot;
  node->init = local.init;
  node->flags = local.flags;
  node->kind = local.init != nullptr ? NodeKind::kLazyLocal : NodeKind::kOther;
  node->eval = local.init != nullptr ? lazy_local_function() : local_function();
  return complete(node);
}

// Whether what an event or a subject gives can be read in this unit; says so where it cannot.
bool UnitCompiler::available(std::string_view text, Span span, bool subject) {
  if (kind_ == Kind::kConst) {
    report(kNotConstant, span, fmt::format("`{}` is not known when the rules are loaded", text)).helps = {
        "a const and the default of a param can use literals, other consts and pure functions"};
    return false;
  }
  if (kind_ == Kind::kInput && subject) {
    report(kNotAvailable, span, fmt::format("`{}` does not exist before the event's subject is known", text))
        .helps = {"compute the subject from `payload`"};
    return false;
  }
  return true;
}

/// A test stands outside of events; says so where one is read.
bool UnitCompiler::has_own_event(std::string_view text, Span span) {
  if (kind_ != Kind::kTest) return true;
  const bool subject = text == "subject" || text == "origin" || text == "ext";
  report(kNotAvailable, span, fmt::format("a test has no `{}` of its own", text)).helps = {
      text == "ext" ? "name the subject: `subject(\"order-1\").ext.tags`"
      : subject     ? "name the subject: `subject(\"order-1\").total`"
                    : "what was emitted is held against a map: `expect emitted order.shipped { total: 10 }`"};
  return false;
}

const Node* UnitCompiler::builtin(Builtin which, std::string_view text, Span span) {
  const bool subject = which == Builtin::kSubject || which == Builtin::kOrigin;
  if (!available(text, span, subject) || !has_own_event(text, span)) return broken(span);
  const bool of_property_event =
      which == Builtin::kProperty || which == Builtin::kOld || which == Builtin::kNew;
  if (of_property_event && kind_ == Kind::kRule && !property_events) {
    report(kNoPropertyEvent, span, fmt::format("`{}` is null here: no property event fires this rule", text))
        .helps = {fmt::format(
        "`{}` is there for `on changed NAME` and `on deleted NAME`; a field of the event's data is "
        "`payload.{}`",
        text, text)};
    return broken(span);
  }
  auto* node = make<Node>(span);
  node->eval = builtin_function(which);
  node->flags = subject ? kReadsSubjectName | kReadsOwnSubject : kReadsEvent;
  switch (which) {
    case Builtin::kSubject:
      node->kind = NodeKind::kSubjectName;
      break;
    case Builtin::kPayload:
      node->kind = NodeKind::kPayload;
      break;
    case Builtin::kEvent:
      node->kind = NodeKind::kEventType;
      break;
    case Builtin::kProperty:
      node->kind = NodeKind::kPropertyName;
      break;
    case Builtin::kOld:
      node->kind = NodeKind::kOld;
      break;
    case Builtin::kNew:
      node->kind = NodeKind::kNew;
      break;
    default:
      break;
  }
  return complete(node);
}

const Node* UnitCompiler::name(const ast::Expr& expr, const ast::Name& name) {
  if (const Local* local = find_local(name.name)) return read_local(*local, expr.span);
  if (const BuiltinName* found = find_builtin(name.name))
    return builtin(found->builtin, name.name, expr.span);
  if (name.name == kExtended) {
    SubjectPath path;
    path.extended = true;
    return subject_read(path, nullptr, nullptr, expr.span, false);
  }
  if (const Definition* definition = program_.find_definition(name.name)) {
    if (definition->broken) return broken(expr.span);
    if (definition->kind == Definition::Kind::kSecret) return secret(*definition, name.name, expr.span);
    if (definition->kind != Definition::Kind::kFn) return constant(definition->value, expr.span, false);
    report(kUnknownName, expr.span, fmt::format("`{}` is a function, not a value", name.name)).helps = {
        fmt::format("call it: `{}(...)`", name.name)};
    return broken(expr.span);
  }
  unknown_name(name.name, expr.span);
  return broken(expr.span);
}

/// Whether a statement that did not parse has the name in it, and so may declare it.
bool UnitCompiler::may_be_skipped(std::string_view name) const {
  return std::any_of(skipped.begin(), skipped.end(), [&](Span span) {
    const std::string_view text = program_.program().sources[source_]->text(span);
    for (size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
      const size_t end = at + name.size();
      if ((at == 0 || !is_word(text[at - 1])) && (end == text.size() || !is_word(text[end]))) return true;
    }
    return false;
  });
}

void UnitCompiler::unknown_name(std::string_view name, Span span) {
  if (program_.is_unparsed(name) || may_be_skipped(name)) return;
  if (program_.is_in_error(program_.program().sources[source_].get(), span)) return;
  const auto same = [&](const Unknown& each) { return each.span.begin == span.begin; };
  if (std::any_of(unknown_.begin(), unknown_.end(), same)) return;
  Unknown unknown{name, span, {}};
  for (const Local& local : locals_) unknown.candidates.push_back(local.name);
  unknown_.push_back(std::move(unknown));
}

void UnitCompiler::finish() {
  gone_.insert(gone_.end(), locals_.begin(), locals_.end());
  for (Unknown& unknown : unknown_) {
    const auto local = std::find_if(gone_.begin(), gone_.end(),
                                    [&](const Local& each) { return each.name == unknown.name; });
    if (local != gone_.end()) {
      if (!skipped.empty()) continue;  // its block may have ended too early
      const bool before = unknown.span.begin < local->span.begin;
      Diagnostic& diagnostic =
          report(kOutOfReach, unknown.span,
                 before ? fmt::format("`{}` is used before it is declared", unknown.name)
                        : fmt::format("`{}` exists only inside the block that declares it", unknown.name));
      diagnostic.related = {program_.label(source_, local->span, "declared here")};
      diagnostic.helps = {before ? "move the `let` up" : "declare it before the block"};
      continue;
    }
    Diagnostic& diagnostic =
        report(kUnknownName, unknown.span, fmt::format("unknown name `{}`", unknown.name));
    const FunctionTable* functions = program_.functions();
    if (functions != nullptr && functions->find(unknown.name) != nullptr) {
      diagnostic.message = fmt::format("`{}` is a function, not a value", unknown.name);
      diagnostic.helps = {fmt::format("call it: `{}(...)`", unknown.name)};
      continue;
    }
    if (const std::string name =
            dashed_name(program_.label(source_, unknown.span, {}).where.source->text(), unknown.span);
        !name.empty()) {
      diagnostic.helps = {fmt::format("a property or field called `{0}` is read with `[\"{0}\"]`", name),
                          "to subtract put spaces around the `-`"};
      continue;
    }
    if (const std::string_view here = name_of_another_language(unknown.name); !here.empty()) {
      diagnostic.helps = {fmt::format("write `{}`", here)};
      continue;
    }
    std::vector<std::string_view> candidates = unknown.candidates;
    for (const BuiltinName& each : kBuiltins) candidates.push_back(each.text);
    candidates.push_back(kExtended);
    program_.add_values(candidates);
    const std::string_view near = nearest_name(unknown.name, candidates);
    if (!near.empty()) {
      diagnostic.helps = {fmt::format("did you mean `{}`?", near)};
      continue;
    }
    diagnostic.helps = {fmt::format(
        "a text stands in quotes: \"{0}\"; a property is `subject.{0}`, a field of the event's data "
        "`payload.{0}`",
        unknown.name)};
  }
}

}  // namespace krules
