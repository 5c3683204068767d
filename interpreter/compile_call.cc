#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "compiler.h"

namespace krules {

using namespace program_codes;

namespace {

/// What functions of other languages are here.
struct ForeignFunction {
  std::string_view name;
  std::string_view help;
};
constexpr auto kForeignFunctions = std::to_array<ForeignFunction>({
    {"append", "in an expression write `[...list, item]`; a property is extended by `set list ++= item`"},
    {"concat", "write `[...a, ...b]` for lists, `\"{a}{b}\"` for texts"},
    {"endsWith", "write `ends_with`"},
    {"format", "write `\"text {expression}\"`; for times there is `format_time`"},
    {"includes", "write `contains`, or `item in list`"},
    {"length", "write `len`"},
    {"lenght", "write `len`"},
    {"print", "write `log info \"...\"` as a statement"},
    {"push", "in an expression write `[...list, item]`; a property is extended by `set list ++= item`"},
    {"size", "write `len`"},
    {"sleep", "a rule does not wait"},
    {"startsWith", "write `starts_with`"},
    {"str", "write `string`, or `\"{value}\"`"},
    {"substring", "write `substr` or `slice`"},
    {"toLowerCase", "write `lower`"},
    {"toUpperCase", "write `upper`"},
});

/// Nested deeper, evaluation could use up the stack of a thread.
constexpr uint32_t kMostCallLevels = 32;
/// Steps that a call with constant arguments may take to be tried.
constexpr uint64_t kTrialSteps = 10'000;
/// Calls of so many arguments keep them on the stack; see eval_call.cc.
constexpr size_t kPredicateArguments = 8;

bool takes_lambda(const ParameterSpec& parameter) {
  return parameter.kinds.find("lambda") != std::string::npos;
}

/// What a call is tried with in the place of an argument of these kinds that is not known yet.
Value plain_value(std::string_view kinds) {
  if (kinds.starts_with("string")) return Value::string_view("");
  if (kinds.starts_with("timestamp")) return Value::timestamp(0);
  if (kinds.starts_with("int") || kinds.starts_with("number")) return Value::integer(0);
  return Value::missing();
}

std::string counted(size_t count) {
  return count == 1 ? "1 argument" : fmt::format("{} arguments", count);
}

}  // namespace

/// The parameters of a function, native or declared in the program.
struct UnitCompiler::Parameters {
  struct One {
    std::string_view name;
    bool optional = false;
    bool named_only = false;
  };
  std::vector<One> list;
  bool variadic = false;
  const FunctionSpec* native = nullptr;
  const ast::Fn* declared = nullptr;

  explicit Parameters(const FunctionSpec& spec) : variadic(spec.variadic), native(&spec) {
    for (const ParameterSpec& each : spec.parameters)
      list.push_back({each.name, each.optional, each.named_only});
  }
  explicit Parameters(const ast::Fn& fn) : declared(&fn) {
    for (const ast::Fn::Parameter& each : fn.parameters) list.push_back({each.name, false, false});
  }

  std::string signature(std::string_view name) const {
    std::string text = fmt::format("{}(", name);
    for (size_t i = 0; i < list.size(); ++i) {
      if (i != 0) text += ", ";
      text += list[i].name;
      if (list[i].optional) text += '?';
      if (native != nullptr) text += fmt::format(": {}", native->parameters[i].kinds);
    }
    if (variadic) text += ", ...";
    return text + ")";
  }
};

// Puts each argument to its parameter; absent ones are null. Further arguments of a variadic function follow.
bool UnitCompiler::bind(const Parameters& parameters, std::string_view name, Span name_span,
                        const ast::Expr* object, const std::vector<ast::Argument>& arguments,
                        std::vector<const ast::Expr*>& bound) {
  const auto& list = parameters.list;
  std::vector<const ast::Expr*> positional;
  if (object != nullptr) positional.push_back(object);
  for (const ast::Argument& argument : arguments) {
    if (argument.name.empty()) positional.push_back(argument.value.get());
  }
  const auto fixed = static_cast<size_t>(
      std::count_if(list.begin(), list.end(), [](const auto& each) { return !each.named_only; }));
  if (positional.size() > fixed && !parameters.variadic) {
    const size_t needed = static_cast<size_t>(std::count_if(
        list.begin(), list.end(), [](const auto& each) { return !each.named_only && !each.optional; }));
    report(kArguments, name_span,
           fmt::format("`{}` takes {}, got {}", name,
                       needed < fixed ? fmt::format("{} to {}", needed, counted(fixed)) : counted(fixed),
                       positional.size()))
        .helps = {fmt::format("its parameters are `{}`", parameters.signature(name))};
    return false;
  }
  bound.assign(list.size(), nullptr);
  size_t next = 0;
  for (size_t i = 0; i < list.size() && next < positional.size(); ++i) {
    if (!list[i].named_only) bound[i] = positional[next++];
  }
  bool fine = true;
  for (const ast::Argument& argument : arguments) {
    if (argument.name.empty()) continue;
    const auto found =
        std::find_if(list.begin(), list.end(), [&](const auto& each) { return each.name == argument.name; });
    const size_t place = static_cast<size_t>(found - list.begin());
    if (found == list.end()) {
      Diagnostic& diagnostic = report(kUnknownArgument, argument.name_span,
                                      fmt::format("`{}` has no parameter `{}`", name, argument.name));
      std::vector<std::string_view> names;
      names.reserve(list.size());
      for (const auto& each : list) names.push_back(each.name);
      const std::string_view near = nearest_name(argument.name, names);
      if (!near.empty()) diagnostic.helps.push_back(fmt::format("did you mean `{}`?", near));
      diagnostic.helps.push_back(fmt::format("its parameters are `{}`", parameters.signature(name)));
      fine = false;
    } else if (bound[place] != nullptr) {
      report(kUnknownArgument, argument.name_span, fmt::format("`{}` gets `{}` twice", name, argument.name))
          .helps = {fmt::format("its parameters are `{}`", parameters.signature(name))};
      fine = false;
    } else {
      bound[place] = argument.value.get();
    }
  }
  if (!fine) return false;
  for (size_t i = 0; i < list.size(); ++i) {
    if (bound[i] != nullptr || list[i].optional) continue;
    report(kArguments, name_span, fmt::format("`{}` needs an argument `{}`", name, list[i].name)).helps = {
        fmt::format("its parameters are `{}`", parameters.signature(name))};
    return false;
  }
  bound.insert(bound.end(), positional.begin() + static_cast<ptrdiff_t>(next), positional.end());
  return true;
}

const Node* UnitCompiler::call(const ast::Expr& expr, const ast::Call& call) {
  if (call.callee == "has") return has(expr, call);
  if (call.callee == "subject") return subject_call(expr, call);
  if (call.callee == "pending") return pending(expr, call);
  if (call.callee == "state") return state(expr, call);
  return call_function(expr, call.callee, call.callee_span, nullptr, call.arguments);
}

const Node* UnitCompiler::method_call(const ast::Expr& expr, const ast::MethodCall& call) {
  if (call.name == "props" && call.arguments.empty()) {
    SubjectPath path;
    if (subject_path(*call.object, path)) return subject_read(path, nullptr, nullptr, expr.span, false);
  }
  return call_function(expr, call.name, call.name_span, call.object.get(), call.arguments);
}

const Node* UnitCompiler::call_function(const ast::Expr& expr, std::string_view name, Span name_span,
                                        const ast::Expr* object,
                                        const std::vector<ast::Argument>& arguments) {
  if (Definition* definition = program_.find_definition(name)) {
    if (definition->kind == Definition::Kind::kFn) {
      return call_fn(expr, *definition, name, name_span, object, arguments);
    }
  }
  const FunctionTable* functions = program_.functions();
  const FunctionSpec* spec = functions != nullptr ? functions->find(name) : nullptr;
  if (spec != nullptr) return call_native(expr, *spec, name_span, object, arguments);
  if (!program_.is_unparsed(name)) unknown_function(name, name_span);
  if (object != nullptr) expression(*object);
  for (const ast::Argument& argument : arguments) {
    if (!std::holds_alternative<ast::Lambda>(argument.value->node)) expression(*argument.value);
  }
  return broken(expr.span);
}

void UnitCompiler::unknown_function(std::string_view name, Span span) {
  Diagnostic& diagnostic = report(kUnknownFunction, span, fmt::format("unknown function `{}`", name));
  if (name == "props") {
    diagnostic.helps = {"`subject.props()` gives all properties of a subject"};
    return;
  }
  const Definition* value = program_.find_definition(name);
  if (value != nullptr || find_local(name) != nullptr || is_builtin_value(name)) {
    diagnostic.message = fmt::format("`{}` is a value, not a function", name);
    diagnostic.helps = {"read it without `( )`"};
    return;
  }
  const auto foreign = std::find_if(kForeignFunctions.begin(), kForeignFunctions.end(),
                                    [&](const ForeignFunction& each) { return each.name == name; });
  if (foreign != kForeignFunctions.end()) {
    diagnostic.helps = {std::string(foreign->help)};
    return;
  }
  std::vector<std::string_view> candidates = {"has", "subject", "pending", "state"};
  program_.add_functions(candidates);
  const std::string_view near = nearest_name(name, candidates);
  if (!near.empty()) diagnostic.helps = {fmt::format("did you mean `{}`?", near)};
}

const Node* UnitCompiler::lambda(const ast::Expr& expr, const ast::Lambda& lambda) {
  const Scope scope = open_scope();
  auto* node = make<LambdaNode>(expr.span);
  node->first_slot = next_slot_;
  node->count = static_cast<uint32_t>(lambda.parameters.size());
  for (const ast::Lambda::Parameter& parameter : lambda.parameters) declare(parameter.name, parameter.span);
  node->body = expression(*lambda.body);
  node->flags = node->body->flags;
  node->eval = lambda_function();
  close_scope(scope);
  return complete(node);
}

/// False, with a message, where a constant argument makes a call fail whatever the others will be.
bool UnitCompiler::try_constants(const FunctionSpec& spec, Span span,
                                 const std::vector<const ast::Expr*>& bound,
                                 const std::vector<const Node*>& values) {
  if (!spec.pure || values.size() != spec.parameters.size()) return true;
  // A param may be meant for a branch that is not taken; a const of the program is as good as a literal.
  const auto is_written = [this](const ast::Expr& expr, const Node* value) {
    if (is_literal(value)) return true;
    const auto* name = std::get_if<ast::Name>(&expr.node);
    const Definition* definition = name != nullptr ? program_.find_definition(name->name) : nullptr;
    return is_const(value) && (std::holds_alternative<ast::ListLiteral>(expr.node) ||
                               (definition != nullptr && definition->kind == Definition::Kind::kConst));
  };
  std::vector<const Node*> tried;
  size_t checked = values.size();
  for (size_t i = 0; i < values.size(); ++i) {
    const ParameterSpec& parameter = spec.parameters[i];
    const bool known = values[i] != nullptr && is_written(*bound[i], values[i]);
    if (parameter.checked && values[i] != nullptr) {
      if (!known) return true;
      checked = i;
    }
    tried.push_back(known ? values[i] : nullptr);
    if (!known && !parameter.optional) {
      const Value plain = plain_value(parameter.kinds);
      if (plain.is(ValueKind::kMissing)) return true;
      tried.back() = constant(plain, span, false);
    }
  }
  if (checked == values.size()) return true;
  auto* node = make<NativeCallNode>(span);
  node->spec = &spec;
  node->arguments = copied(tried);
  node->count = static_cast<uint32_t>(tried.size());
  node->eval = native_call_function();
  complete(node);
  const Value value = program_.evaluate(*node, kTrialSteps);
  if (!value.is_error() || value.as_error().fatal) return true;
  report(kAlwaysFails, bound[checked]->span, fmt::format("this can only fail: {}", value.as_error().message));
  return false;
}

const Node* UnitCompiler::call_native(const ast::Expr& expr, const FunctionSpec& spec, Span name_span,
                                      const ast::Expr* object, const std::vector<ast::Argument>& arguments) {
  std::vector<const ast::Expr*> bound;
  if (!bind(Parameters(spec), spec.name, name_span, object, arguments, bound)) return broken(expr.span);
  if (kind_ == Kind::kConst && !spec.pure) {
    report(kNotConstant, name_span, fmt::format("`{}` is not known when the rules are loaded", spec.name))
        .helps = {"call it in the rule"};
    return broken(expr.span);
  }
  auto* node = make<NativeCallNode>(expr.span);
  std::vector<const Node*> values;
  bool constant_parts = spec.pure;
  bool literal_parts = true;
  bool is_fine = true;
  for (size_t i = 0; i < bound.size(); ++i) {
    if (bound[i] == nullptr) {
      values.push_back(nullptr);
      continue;
    }
    const ParameterSpec& parameter = spec.parameters[std::min(i, spec.parameters.size() - 1)];
    const auto* literal = std::get_if<ast::Lambda>(&bound[i]->node);
    if (literal != nullptr && !takes_lambda(parameter)) {
      report(kLambda, bound[i]->span, fmt::format("`{}` takes no lambda as `{}`", spec.name, parameter.name))
          .helps = {fmt::format("its parameters are `{}`", Parameters(spec).signature(spec.name))};
      is_fine = false;
      continue;
    }
    if (literal == nullptr && parameter.kinds == "lambda") {
      report(kLambda, bound[i]->span, fmt::format("`{}` takes a lambda as `{}`", spec.name, parameter.name))
          .helps = {fmt::format("such as `x => x.value`; its parameters are `{}`",
                                Parameters(spec).signature(spec.name))};
      is_fine = false;
      continue;
    }
    const Node* value = literal != nullptr ? lambda(*bound[i], *literal) : expression(*bound[i]);
    node->flags |= value->flags;
    constant_parts = constant_parts && is_const(value);
    literal_parts = literal_parts && is_literal(value);
    is_fine = is_fine && !is_broken(value);
    values.push_back(value);
  }
  if (!is_fine) return broken(expr.span);
  if (!constant_parts && !try_constants(spec, expr.span, bound, values)) return broken(expr.span);
  if (!spec.pure) node->flags |= kImpure;
  node->kind = NodeKind::kCall;
  node->spec = &spec;
  node->arguments = copied(values);
  node->count = static_cast<uint32_t>(values.size());
  const bool two_given =
      values.size() >= 2 && values.size() <= kPredicateArguments && values[0] != nullptr &&
      values[1] != nullptr &&
      std::all_of(values.begin() + 2, values.end(), [](const Node* each) { return each == nullptr; });
  if (spec.string_predicate != nullptr && two_given) {
    node->truth = string_predicate_function(*node);
  } else {
    node->eval = native_call_function();
  }
  complete(node);
  return constant_parts ? folded(node, literal_parts) : node;
}

const Node* UnitCompiler::call_fn(const ast::Expr& expr, Definition& definition, std::string_view name,
                                  Span name_span, const ast::Expr* object,
                                  const std::vector<ast::Argument>& arguments) {
  const auto& fn = std::get<ast::Fn>(definition.declaration->node);
  std::vector<const ast::Expr*> bound;
  if (!bind(Parameters(fn), name, name_span, object, arguments, bound)) return broken(expr.span);
  std::vector<const Node*> values;
  uint8_t flags = 0;
  bool constant_parts = true;
  bool is_fine = !definition.broken;
  for (const ast::Expr* argument : bound) {
    const Node* value = expression(*argument);
    flags |= value->flags;
    constant_parts = constant_parts && is_const(value);
    is_fine = is_fine && !is_broken(value);
    values.push_back(value);
  }
  if (!is_fine) return broken(expr.span);
  constexpr uint8_t kNotConstantFlags = kReadsSubjects | kReadsEvent | kReadsSubjectName | kImpure;
  if (kind_ == Kind::kConst && (definition.flags & kNotConstantFlags) != 0) {
    report(kNotConstant, name_span, fmt::format("`{}` is not known when the rules are loaded", name))
        .helps = {"it reads the event or a subject, or calls a function that gives something else each time"};
    return broken(expr.span);
  }
  if (definition.inlined) return definition.fn->body;
  levels_ = std::max(levels_, definition.levels + 1);
  if (levels_ > kMostCallLevels) {
    report(kCallsTooDeep, name_span,
           fmt::format("functions call each other through more than {} levels here", kMostCallLevels))
        .helps = {"join some of them"};
    levels_ = 0;
    return broken(expr.span);
  }
  auto* node = make<FnCallNode>(expr.span);
  node->fn = definition.fn;
  node->arguments = copied(values);
  node->flags = flags | kCallsFunction | (definition.flags & ~kReadsLocals);
  node->eval = fn_call_function();
  complete(node);
  return constant_parts && (definition.flags & kNotConstantFlags) == 0 ? folded(node, false) : node;
}

}  // namespace krules
