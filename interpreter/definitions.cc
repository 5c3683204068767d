#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "compiler.h"
#include "folding_host.h"
#include "krules/json.h"
#include "visit_expressions.h"

namespace krules {

using namespace program_codes;

namespace {

/// Steps that the value of a const may take when rules are loaded.
constexpr uint64_t kConstSteps = 1'000'000;

const ast::Expr* expression_of(const Definition& definition) {
  switch (definition.kind) {
    case Definition::Kind::kConst:
      return std::get<ast::Const>(definition.declaration->node).value.get();
    case Definition::Kind::kParam:
      return std::get<ast::Param>(definition.declaration->node).default_value.get();
    case Definition::Kind::kFn:
      return std::get<ast::Fn>(definition.declaration->node).body.get();
    case Definition::Kind::kSecret:
      return nullptr;
  }
  return nullptr;
}

}  // namespace

Definition* ProgramCompiler::find_definition(std::string_view name) {
  const auto found = by_name_.find(name);
  return found != by_name_.end() ? found->second : nullptr;
}

bool ProgramCompiler::is_unparsed(std::string_view name) const {
  return !whole_ && std::any_of(modules_.begin(), modules_.end(), [&](const ast::Module& module) {
    return std::find(module.unparsed.begin(), module.unparsed.end(), name) != module.unparsed.end();
  });
}

bool ProgramCompiler::is_in_error(const Source* source, Span span) const {
  return !whole_ && std::any_of(modules_.begin(), modules_.end(), [&](const ast::Module& module) {
    return module.source.get() == source &&
           std::any_of(module.errors.begin(), module.errors.end(),
                       [&](Span error) { return error.begin <= span.begin && error.end >= span.end; });
  });
}

void ProgramCompiler::add_values(std::vector<std::string_view>& names) const {
  for (const auto& [name, definition] : by_name_) {
    if (definition->kind != Definition::Kind::kFn) names.push_back(name);
  }
}

void ProgramCompiler::add_functions(std::vector<std::string_view>& names) const {
  for (const auto& [name, definition] : by_name_) {
    if (definition->kind == Definition::Kind::kFn) names.push_back(name);
  }
  if (options_.functions == nullptr) return;
  for (const FunctionSpec* spec : options_.functions->all()) names.push_back(spec->name);
}

void ProgramCompiler::collect_definitions() {
  const auto add = [&](Definition::Kind kind, std::string_view name, Span span,
                       const ast::Declaration& declaration, uint32_t source) {
    definitions_hash_ ^= hash_text(modules_[source].source->text(declaration.span));
    definitions_hash_ *= 0x9E3779B97F4A7C15U;
    Definition& definition = definitions_.emplace_back(Definition{
        .kind = kind, .source = source, .name_span = span, .declaration = &declaration, .value = {}});
    if (is_builtin_value(name) || name == "has" || name == "pending" || name == "state") {
      report(kBuiltinName, source, span, fmt::format("`{}` is a built-in name", name)).helps = {
          "choose another name"};
      definition.broken = true;
      return;
    }
    if (kind == Definition::Kind::kFn && options_.functions != nullptr &&
        options_.functions->find(name) != nullptr) {
      report(kBuiltinName, source, span, fmt::format("`{}` is a built-in function", name)).helps = {
          "choose another name"};
      definition.broken = true;
      return;
    }
    const auto [place, is_new] = by_name_.emplace(name, &definition);
    if (is_new) return;
    Diagnostic& diagnostic =
        report(kDeclaredTwice, source, span, fmt::format("`{}` is declared twice", name));
    diagnostic.related = {label(place->second->source, place->second->name_span, "first here")};
    diagnostic.helps = {"all files of a program share their names: choose another one"};
    definition.broken = true;
  };
  for (uint32_t source = 0; source < modules_.size(); ++source) {
    for (const ast::Declaration& declaration : modules_[source].declarations) {
      if (const auto* node = std::get_if<ast::Const>(&declaration.node)) {
        add(Definition::Kind::kConst, node->name, node->name_span, declaration, source);
      } else if (const auto* param = std::get_if<ast::Param>(&declaration.node)) {
        add(Definition::Kind::kParam, param->name, param->name_span, declaration, source);
      } else if (const auto* fn = std::get_if<ast::Fn>(&declaration.node)) {
        add(Definition::Kind::kFn, fn->name, fn->name_span, declaration, source);
      } else if (const auto* secret = std::get_if<ast::Secret>(&declaration.node)) {
        add(Definition::Kind::kSecret, secret->name, secret->name_span, declaration, source);
      }
    }
  }
  for (const auto& [name, text] : options_.parameters) definitions_hash_ ^= hash_text(name + "=" + text);
}

// Those that others need come first. Circles are reported and their members broken.
void ProgramCompiler::order_definitions(std::vector<Definition*>& order) {
  enum class State : uint8_t { kNew, kOpen, kDone };
  struct Visit {
    Definition* definition;
    std::vector<Definition*> needs;
    size_t next = 0;
  };
  std::unordered_map<const Definition*, State> states;
  std::vector<Visit> stack;
  const auto open = [&](Definition& definition) {
    states[&definition] = State::kOpen;
    Visit visit{&definition, {}};
    if (const ast::Expr* root = expression_of(definition)) {
      for_each_expression(*root, [&](const ast::Expr& expr) {
        const auto* name = std::get_if<ast::Name>(&expr.node);
        const auto* call = std::get_if<ast::Call>(&expr.node);
        const auto* method = std::get_if<ast::MethodCall>(&expr.node);
        Definition* needed = nullptr;
        if (name != nullptr) needed = find_definition(name->name);
        if (call != nullptr) needed = find_definition(call->callee);
        if (method != nullptr) needed = find_definition(method->name);
        const bool is_call = name == nullptr;
        if (needed != nullptr && is_call == (needed->kind == Definition::Kind::kFn))
          visit.needs.push_back(needed);
      });
    }
    // Found from the back: keep the order of the text, which decides how a circle is told.
    std::reverse(visit.needs.begin(), visit.needs.end());
    stack.push_back(std::move(visit));
  };
  for (Definition& root : definitions_) {
    if (states[&root] != State::kNew) continue;
    open(root);
    while (!stack.empty()) {
      Visit& top = stack.back();
      if (top.next == top.needs.size()) {
        states[top.definition] = State::kDone;
        order.push_back(top.definition);
        stack.pop_back();
        continue;
      }
      Definition* needed = top.needs[top.next++];
      if (states[needed] == State::kNew) {
        open(*needed);
      } else if (states[needed] == State::kOpen && !needed->broken) {
        std::vector<Definition*> path;
        const auto first = std::find_if(stack.begin(), stack.end(),
                                        [&](const Visit& visit) { return visit.definition == needed; });
        for (auto at = first; at != stack.end(); ++at) path.push_back(at->definition);
        report_circle(path);
      }
    }
  }
}

void ProgramCompiler::report_circle(const std::vector<Definition*>& path) {
  const auto name = [&](const Definition* definition) {
    return fmt::format("`{}`", modules_[definition->source].source->text(definition->name_span));
  };
  std::string circle;
  for (const Definition* each : path) circle += name(each) + " -> ";
  circle += name(path.front());
  Diagnostic& diagnostic =
      report(kCircle, path.front()->source, path.front()->name_span,
             path.size() == 1 ? fmt::format("{} needs itself", name(path.front()))
                              : fmt::format("{} needs itself: {}", name(path.front()), circle));
  for (size_t i = 1; i < path.size(); ++i) {
    diagnostic.related.push_back(label(path[i]->source, path[i]->name_span,
                                       fmt::format("{} is needed by {}", name(path[i]), name(path[i - 1]))));
  }
  const bool of_functions = std::any_of(
      path.begin(), path.end(), [](const Definition* each) { return each->kind == Definition::Kind::kFn; });
  diagnostic.helps = {of_functions
                          ? "there is no recursion: go through lists with `map`, `filter` and the like"
                          : "one of them must have a value that does not need the others"};
  for (Definition* each : path) each->broken = true;
}

void ProgramCompiler::compile_definition(Definition& definition) {
  if (definition.broken && definition.kind != Definition::Kind::kFn) return;
  switch (definition.kind) {
    case Definition::Kind::kConst:
      compile_const(definition, std::get<ast::Const>(definition.declaration->node));
      return;
    case Definition::Kind::kParam:
      compile_param(definition, std::get<ast::Param>(definition.declaration->node));
      return;
    case Definition::Kind::kFn:
      compile_fn(definition, std::get<ast::Fn>(definition.declaration->node));
      return;
    case Definition::Kind::kSecret:
      compile_secret(definition, std::get<ast::Secret>(definition.declaration->node));
      return;
  }
}

void ProgramCompiler::compile_const(Definition& definition, const ast::Const& declaration) {
  UnitCompiler unit(*this, UnitCompiler::Kind::kConst, definition.source);
  const Node* node = unit.expression(*declaration.value);
  unit.finish();
  definition.broken = node->kind == NodeKind::kBroken;
  if (definition.broken) return;
  definition.value = evaluate(*node, kConstSteps, unit.slot_count());
  if (!definition.value.is_error()) {
    if (!declaration.kind.has_value() || fits_kind(definition.value, *declaration.kind)) return;
    definition.broken = true;
    report(kModule, definition.source, declaration.value->span,
           fmt::format("`{}` is of kind {}, got {}", declaration.name, spelled(*declaration.kind),
                       kind_name(definition.value.kind())));
    return;
  }
  definition.broken = true;
  report(
      kAlwaysFails, definition.source, declaration.value->span,
      fmt::format("the const `{}` has no value: {}", declaration.name, definition.value.as_error().message));
}

void ProgramCompiler::compile_param(Definition& definition, const ast::Param& declaration) {
  const std::string kind = spelled(declaration.kind);
  if (declaration.default_value != nullptr) {
    UnitCompiler unit(*this, UnitCompiler::Kind::kConst, definition.source);
    const Node* node = unit.expression(*declaration.default_value);
    unit.finish();
    definition.broken = node->kind == NodeKind::kBroken;
    if (definition.broken) return;
    definition.value = evaluate(*node, kConstSteps, unit.slot_count());
    if (definition.value.is_error()) {
      definition.broken = true;
      report(kAlwaysFails, definition.source, declaration.default_value->span,
             fmt::format("the default of `{}` has no value: {}", declaration.name,
                         definition.value.as_error().message));
      return;
    }
    if (!fits_kind(definition.value, declaration.kind)) {
      definition.broken = true;
      report(kParameter, definition.source, declaration.default_value->span,
             fmt::format("the default of `{}` is {}, not {}", declaration.name,
                         kind_name(definition.value.kind()), kind))
          .helps = {fmt::format("give it a default of kind {}, or declare another kind: `{}: {}`", kind,
                                declaration.name, kind_name(definition.value.kind()))};
      return;
    }
  }
  if (parameter_values_ != nullptr) {
    if (const auto value = parameter_values_->find(declaration.name); value != parameter_values_->end()) {
      definition.value = clone_into(value->second, impl_->arena);
      return;
    }
  }
  const auto given = options_.parameters.find(declaration.name);
  if (given == options_.parameters.end()) {
    if (declaration.default_value != nullptr) return;
    if (declaration.kind.optional) return;
    definition.broken = true;
    report(kParameter, definition.source, declaration.name_span,
           fmt::format("the param `{}` has no value", declaration.name))
        .helps = {fmt::format("give it at start: `--set {}=...`", declaration.name),
                  "or give it a default: `= ...`"};
    return;
  }
  if (!is_utf8(given->second)) {
    definition.broken = true;
    report(
        kParameter, definition.source, declaration.name_span,
        fmt::format("what is given for the param `{}` is no text: its bytes are not UTF-8", declaration.name))
        .helps = {fmt::format("give another value at start: `--set {}=...`", declaration.name)};
    return;
  }
  definition.value = parameter_value(given->second, declaration.kind);
  if (fits_kind(definition.value, declaration.kind)) return;
  definition.broken = true;
  report(kParameter, definition.source, declaration.name_span,
         fmt::format("the param `{}` is of kind {}, and `{}` is none", declaration.name, kind, given->second))
      .helps = {fmt::format("give another value at start: `--set {}=...`", declaration.name)};
}

// The value of `--set name=text`. Where the text cannot be read as the kind asked for, a value that does not
// fit it.
Value ProgramCompiler::parameter_value(const std::string& text, const ast::KindSpec& spec) {
  Arena& arena = impl_->arena;
  if (spec.optional && text == "null") return Value::null();
  int64_t microseconds = 0;
  switch (spec.kind) {
    case ast::Kind::kString:
      return Value::string(text, arena);
    case ast::Kind::kDuration:
      return parse_duration(text, microseconds) ? Value::duration(microseconds) : Value::missing();
    case ast::Kind::kTimestamp:
      return parse_timestamp(text, microseconds) ? Value::timestamp(microseconds) : Value::missing();
    default:
      break;
  }
  const JsonResult json = parse_json(text, JsonStyle::kPlain, arena, *symbols_);
  if (json.error.empty()) return json.value;
  return spec.kind == ast::Kind::kAny ? Value::string(text, arena) : Value::missing();
}

void ProgramCompiler::check_unknown_parameters() {
  for (const auto& [name, text] : options_.parameters) {
    const Definition* definition = find_definition(name);
    if (definition != nullptr && definition->kind == Definition::Kind::kParam) continue;
    std::vector<std::string_view> names;
    for (const auto& [other, each] : by_name_) {
      if (each->kind == Definition::Kind::kParam) names.push_back(other);
    }
    Diagnostic diagnostic;
    diagnostic.code = kParameter;
    diagnostic.message = fmt::format("`--set {}={}`: no file declares a param `{}`", name, text, name);
    const std::string_view near = nearest_name(name, names);
    if (!near.empty()) {
      diagnostic.helps = {fmt::format("did you mean `{}`?", near)};
    } else if (names.empty()) {
      diagnostic.helps = {fmt::format("declare it in a rule file: `param {}: any`", name)};
    } else {
      std::sort(names.begin(), names.end());
      diagnostic.helps = {fmt::format("there is `{}`", fmt::join(names, "`, `"))};
    }
    diagnostics_.push_back(std::move(diagnostic));
  }
}

void ProgramCompiler::compile_fn(Definition& definition, const ast::Fn& declaration) {
  UnitCompiler unit(*this, UnitCompiler::Kind::kFn, definition.source);
  for (const ast::Fn::Parameter& parameter : declaration.parameters)
    unit.declare(parameter.name, parameter.span);
  const Node* body = unit.expression(*declaration.body);
  unit.finish();
  definition.broken = definition.broken || body->kind == NodeKind::kBroken;
  definition.flags = body->flags;
  definition.levels = unit.levels();
  auto* fn = new (impl_->arena.allocate(sizeof(CompiledFn), alignof(CompiledFn))) CompiledFn();
  fn->name = impl_->arena.copy(declaration.name);
  fn->body = body;
  fn->parameter_count = static_cast<uint32_t>(declaration.parameters.size());
  fn->local_count = unit.slot_count();
  definition.fn = fn;
  definition.inlined = fn->local_count == 0 && (body->flags & kCallsFunction) == 0;
}

// What stands for it in the arguments of a call, in a form that no data can bring along.
void ProgramCompiler::compile_secret(Definition& definition, const ast::Secret& declaration) {
  std::random_device chance;
  const std::string mark = fmt::format("<secret {} {:08x}{:08x}{:08x}{:08x}>", declaration.name, chance(),
                                       chance(), chance(), chance());
  definition.value = Value::string(mark, impl_->arena);
  impl_->secrets.push_back({declaration.name, {impl_->sources[definition.source], definition.name_span}});
}

Value ProgramCompiler::evaluate(const Node& node, uint64_t steps, uint32_t local_count) {
  FoldingHost host(*symbols_, impl_->arena);
  Frame frame;
  frame.host = &host;
  frame.arena = &impl_->arena;
  frame.program = program_.get();
  frame.steps_left = steps;
  frame.locals = impl_->arena.allocate_array<Value>(local_count);
  const Value value = node.eval(node, frame);
  const Value unfit =
      is_container(value) ? pay_for_walk(frame, node.span, node.source, value) : Value::null();
  return unfit.is_error() ? unfit : value;
}

}  // namespace krules
