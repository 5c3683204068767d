#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "compiler.h"
#include "counted.h"
#include "test_names.h"

/// `test`s: every step is looked through when rules load, so that a slip is told there and not by a test that
/// can never fail, or never hold.
namespace krules {

using namespace program_codes;

namespace {

/// Steps that the value of a `param` may take when rules are loaded.
constexpr uint64_t kParameterSteps = 1'000'000;

const Value* constant_of(const Node* node) {
  return node != nullptr && node->kind == NodeKind::kConst ? &static_cast<const ConstNode*>(node)->value
                                                           : nullptr;
}

std::string near_or(std::string_view near, std::string otherwise) {
  return near.empty() ? std::move(otherwise) : fmt::format("did you mean `{}`?", near);
}

std::string listed(const std::vector<std::string_view>& names) {
  constexpr size_t kMost = 8;
  std::string text;
  for (size_t i = 0; i < names.size() && i < kMost; ++i)
    text += (i == 0 ? "`" : ", `") + std::string(names[i]) + "`";
  return names.size() > kMost ? text + " ..." : text;
}

bool hears(const std::vector<CompiledRule>& units, std::string_view type) {
  return std::any_of(units.begin(), units.end(), [&](const CompiledRule& unit) {
    return std::any_of(unit.triggers.begin(), unit.triggers.end(), [&](const CompiledTrigger& trigger) {
      return std::any_of(trigger.types.begin(), trigger.types.end(),
                         [&](const NamePattern& each) { return each.glob.matches(type); });
    });
  });
}

void add_heard(const std::vector<CompiledRule>& units, std::vector<std::string_view>& names) {
  for (const CompiledRule& unit : units) {
    for (const CompiledTrigger& trigger : unit.triggers) {
      for (const NamePattern& each : trigger.types) {
        if (each.exact != nullptr) names.push_back(each.text);
      }
    }
  }
}

}  // namespace

/// One test.
class TestCompiler {
 public:
  TestCompiler(ProgramCompiler& program, uint32_t source, const std::vector<Span>& skipped)
      : program_(program), source_(source), unit_(program, UnitCompiler::Kind::kTest, source) {
    unit_.skipped = skipped;
  }

  CompiledTest compile(const ast::Test& test) {
    made_.name = test.name;
    made_.source = source_;
    made_.where = {program_.program().sources[source_], test.name_span};
    bool expects = false;
    for (const ast::TestStep& step : test.steps) {
      std::visit([&](const auto& node) { add(step, node); }, step.node);
      expects = expects || std::holds_alternative<ast::ExpectEmitted>(step.node) ||
                std::holds_alternative<ast::ExpectCalled>(step.node) ||
                std::holds_alternative<ast::ExpectFailed>(step.node) ||
                std::holds_alternative<ast::ExpectTrue>(step.node);
    }
    unit_.finish();
    if (!expects && test.skipped.empty()) {
      Diagnostic& warning =
          report(kTestWithoutExpectation, test.name_span,
                 fmt::format("the test `{}` expects nothing, so it cannot fail", test.name));
      warning.severity = Severity::kWarning;
      warning.helps = {"say what follows: `expect emitted order.shipped on \"order-1\"`"};
    }
    made_.local_count = unit_.slot_count();
    return std::move(made_);
  }

 private:
  Diagnostic& report(std::string_view code, Span span, std::string message) {
    return program_.report(code, source_, span, std::move(message));
  }

  /// Null for what is not written.
  const Node* value(const ast::ExprPtr& expr) {
    if (expr == nullptr) return nullptr;
    const Node* node = unit_.expression(*expr);
    if ((node->flags & (kReadsOwnSubject | kReadsEvent)) != 0) {
      // Names are told where they stand; a function reads them elsewhere.
      report(kNotAvailable, expr->span, "a function here reads the event or its subject, and a test has none")
          .helps = {"give it what it needs as an argument, or look at what rules make of it"};
    }
    return node;
  }
  const Node* text(const ast::ExprPtr& expr, std::string_view what) {
    const Node* node = value(expr);
    const Value* constant = constant_of(node);
    if (constant == nullptr) return node;
    if (!constant->is(ValueKind::kString)) {
      report(kTestStep, expr->span, fmt::format("{} is a text, got {}", what, kind_name(constant->kind())));
    } else if (constant->text().empty()) {
      report(kTestStep, expr->span, fmt::format("{} is not empty", what));
    }
    return node;
  }
  const Node* map(const ast::ExprPtr& expr, std::string_view what) {
    const Node* node = value(expr);
    const Value* constant = constant_of(node);
    if (constant != nullptr && !constant->is(ValueKind::kMap))
      report(kTestStep, expr->span, fmt::format("{} are a map, got {}", what, kind_name(constant->kind())));
    return node;
  }
  const Node* times(const ast::ExprPtr& expr) {
    const Node* node = value(expr);
    const Value* constant = constant_of(node);
    if (constant != nullptr && (!constant->is(ValueKind::kInt) || constant->as_int() < 0)) {
      report(kTestStep, expr->span, "`times` takes a whole number, 0 or more").helps = {
          "`times 0` is the same as `expect not`"};
    }
    return node;
  }

  template <class Node>
  void push(const ast::TestStep& step, Node node) {
    made_.steps.push_back({step.span, std::move(node)});
  }

  void add(const ast::TestStep& step, const ast::Given& given) {
    push(step,
         CompiledTest::Given{text(given.subject, "a subject's name"), map(given.properties, "properties"),
                             map(given.extended, "extended properties")});
  }

  void add(const ast::TestStep& step, const ast::Send& send) {
    CompiledTest::Send made;
    made.type = text(send.type, "an event's type");
    made.payload = value(send.payload);
    made.on = text(send.clauses.on, "a subject's name");
    made.with = map(send.clauses.with, "the fields of `meta`");
    if (const Value* type = constant_of(made.type); type != nullptr && type->is(ValueKind::kString))
      check_sent(send, type->text());
    push(step, made);
  }

  void check_sent(const ast::Send& send, std::string_view type) {
    if (type.empty()) return;
    const Program::Impl& program = program_.program();
    if (type == kPropertyChangedType || type == kPropertyDeletedType || type == kSubjectDeletedType) {
      report(kTestStep, send.type->span,
             fmt::format("`{}` is a built-in event: only `set` and `delete` make it", type))
          .helps = {"send an event whose rule sets the property"};
      return;
    }
    if (program_.is_whole() && !hears(program.rules, type) && !hears(program.wrappers, type)) {
      std::vector<std::string_view> names;
      add_heard(program.rules, names);
      add_heard(program.wrappers, names);
      Diagnostic& warning = report(kTestEvent, send.type->span, fmt::format("no rule waits for `{}`", type));
      warning.severity = Severity::kWarning;
      if (const std::string_view near = nearest_name(type, names); !near.empty())
        warning.helps = {near_or(near, {})};
    }
    // An `input` that did not parse may say it.
    if (send.clauses.on != nullptr || !program_.is_whole()) return;
    const bool has_subject =
        std::any_of(program.inputs.begin(), program.inputs.end(), [&](const CompiledInput& input) {
          return input.subject != nullptr && input.type.glob.matches(type);
        });
    if (has_subject) return;
    report(kTestStep, send.type->span, fmt::format("nothing says which subject `{}` is about", type))
        .helps = {fmt::format("write `send {} ... on \"order-1\"`", type)};
  }

  void add(const ast::TestStep& step, const ast::Advance& advance) {
    const CompiledTest::Advance made{value(advance.by)};
    if (const Value* by = constant_of(made.by)) {
      if (!by->is(ValueKind::kDuration)) {
        report(kTestStep, advance.by->span,
               fmt::format("`advance` takes a duration, got {}", kind_name(by->kind())))
            .helps = {"write it with its unit: `advance 2s`, `advance 1h30m`"};
      } else if (by->as_microseconds() < 0) {
        report(kTestStep, advance.by->span,
               "time does not go back: `advance` takes a duration that is not negative");
      }
    }
    push(step, made);
  }

  void add(const ast::TestStep& step, const ast::ExpectEmitted& expect) {
    CompiledTest::ExpectEmitted made;
    made.negated = expect.negated;
    made.type = {expect.type.text, nullptr, Glob(expect.type.text)};
    made.payload = value(expect.payload);
    made.on = text(expect.on, "a subject's name");
    made.times = times(expect.times);
    check_expected(expect, constant_of(made.times));
    push(step, std::move(made));
  }

  void check_expected(const ast::ExpectEmitted& expect, const Value* times) {
    const TestNames& names = program_.test_names();
    // A rule, or a statement of one, that did not parse may emit it.
    if (!program_.is_whole() || names.may_emit(expect.type)) return;
    const std::vector<std::string_view> known(names.emitted.begin(), names.emitted.end());
    const std::string_view near = nearest_name(expect.type.text, known);
    const bool none = times != nullptr && times->is(ValueKind::kInt) && times->as_int() == 0;
    // That something does not happen holds for what cannot happen: it is as it should be, unless it is a
    // slip.
    if (expect.negated != none && near.empty()) return;
    Diagnostic& warning =
        report(kTestEvent, expect.type.span, fmt::format("no rule emits `{}`", expect.type.text));
    warning.severity = Severity::kWarning;
    const auto& inputs = program_.program().inputs;
    const bool comes_in = std::any_of(inputs.begin(), inputs.end(), [&](const CompiledInput& input) {
      return input.type.glob.matches(expect.type.text);
    });
    if (!near.empty()) {
      warning.helps = {near_or(near, {})};
    } else if (comes_in) {
      warning.helps = {"it comes from outside: expect what follows from it"};
    } else if (!known.empty()) {
      warning.helps = {fmt::format("rules emit {}", listed(known))};
    }
  }

  void add(const ast::TestStep& step, const ast::ExpectCalled& expect) {
    check_action(expect.action, expect.action_span, expect.negated);
    push(step, CompiledTest::ExpectCalled{expect.negated, expect.action, value(expect.arguments),
                                          times(expect.times)});
  }

  void add(const ast::TestStep& step, const ast::Reply& reply) {
    check_action(reply.action, reply.action_span, false);
    push(step, CompiledTest::Reply{reply.action, map(reply.answer, "the fields of an answer")});
  }

  void check_action(const std::string& action, Span span, bool negated) {
    const auto& called = program_.test_names().called;
    if (!program_.is_whole() || called.contains(action)) return;
    const std::vector<std::string_view> known(called.begin(), called.end());
    const std::string_view near = nearest_name(action, known);
    if (negated && near.empty()) return;
    Diagnostic& warning = report(kTestEvent, span, fmt::format("no rule calls `{}`", action));
    warning.severity = Severity::kWarning;
    if (!near.empty() || !known.empty())
      warning.helps = {near_or(near, fmt::format("rules call {}", listed(known)))};
  }

  void add(const ast::TestStep& step, const ast::ExpectFailed& expect) {
    const Program::Impl& program = program_.program();
    CompiledTest::ExpectFailed made{expect.negated, 0};
    std::vector<std::string_view> names;
    for (const std::vector<CompiledRule>* units : {&program.rules, &program.wrappers}) {
      for (const CompiledRule& unit : *units) {
        if (unit.name == expect.rule) {
          made.unit = unit.number;
          push(step, made);
          return;
        }
        names.push_back(unit.name);
      }
    }
    // What did not parse may be that rule.
    if (!program_.is_whole()) return;
    report(kTestStep, expect.rule_span, fmt::format("there is no rule, gate or middleware `{}`", expect.rule))
        .helps = {
        near_or(nearest_name(expect.rule, names),
                "`expect failed` takes the name that stands behind `rule`, `gate` or `middleware`")};
  }

  void add(const ast::TestStep& step, const ast::ExpectTrue& expect) {
    const size_t reported = program_.report_count();
    const Node* node = value(expect.condition);
    CompiledTest::ExpectTrue made;
    if (const Value* constant = constant_of(node);
        constant != nullptr && program_.report_count() == reported) {
      Diagnostic& warning = report(
          kTestWithoutExpectation, expect.condition->span,
          fmt::format("this is always {}, whatever the rules do", constant->is_true() ? "true" : "false"));
      warning.severity = Severity::kWarning;
      warning.helps = {"read what the rules made: `expect subject(\"order-1\").status == \"shipped\"`"};
    }
    made.claim = {TestClaim::Kind::kPlain, expect.condition->span, node, {}, {}};
    if (program_.report_count() == reported) made.claim = claim(*expect.condition, node);
    push(step, std::move(made));
  }

  TestClaim claim(const ast::Expr& expr, const Node* node) {
    TestClaim made{TestClaim::Kind::kPlain, expr.span, node, {}, {}};
    const auto part = [&](const ast::Expr& inner) {
      made.parts.push_back(claim(inner, unit_.expression(inner)));
    };
    if (const auto* unary = std::get_if<ast::Unary>(&expr.node);
        unary != nullptr && unary->op == ast::UnaryOp::kNot) {
      made.kind = TestClaim::Kind::kNot;
      part(*unary->operand);
      return made;
    }
    const auto* binary = std::get_if<ast::Binary>(&expr.node);
    if (binary != nullptr && (binary->op == ast::BinaryOp::kAnd || binary->op == ast::BinaryOp::kOr)) {
      made.kind = binary->op == ast::BinaryOp::kAnd ? TestClaim::Kind::kAll : TestClaim::Kind::kAny;
      part(*binary->left);
      part(*binary->right);
      return made;
    }
    if (binary != nullptr && binary->op != ast::BinaryOp::kCoalesce) {
      show(*binary->left, made);
      show(*binary->right, made);
    } else if (const auto* method = std::get_if<ast::MethodCall>(&expr.node)) {
      show(*method->object, made);
      for (const ast::Argument& argument : method->arguments) show(*argument.value, made);
    } else if (const auto* call = std::get_if<ast::Call>(&expr.node);
               call == nullptr || call->callee != "has") {
      show(expr, made);
    }
    return made;
  }

  void show(const ast::Expr& expr, TestClaim& claim) {
    if (std::holds_alternative<ast::Lambda>(expr.node)) return;
    const Node* node = unit_.expression(expr);
    if (node->kind != NodeKind::kConst || !static_cast<const ConstNode*>(node)->literal)
      claim.values.push_back({expr.span, node});
    const auto* method = std::get_if<ast::MethodCall>(&expr.node);
    if (method != nullptr && method->name != "props") show(*method->object, claim);
  }

  void add(const ast::TestStep& step, const ast::Let& let) {
    CompiledTest::Let made;
    made.value = unit_.declare_value(let, made.slot);
    push(step, made);
  }

  void add(const ast::TestStep&, const ast::SetParam& set) {
    const Definition* definition = program_.find_definition(set.name);
    if (definition == nullptr || definition->kind != Definition::Kind::kParam) {
      if (program_.is_unparsed(set.name)) return;
      std::vector<std::string_view> names;
      program_.add_parameters(names);
      Diagnostic& error =
          report(kParameter, set.name_span,
                 definition == nullptr ? fmt::format("no file declares a param `{}`", set.name)
                                       : fmt::format("`{}` is no param, and cannot be set", set.name));
      error.helps = {near_or(nearest_name(set.name, names),
                             names.empty()
                                 ? fmt::format("declare it beside the rules: `param {}: any`", set.name)
                                 : fmt::format("there is {}", listed(names)))};
      return;
    }
    UnitCompiler unit(program_, UnitCompiler::Kind::kConst, source_);
    const Node* node = unit.expression(*set.value);
    unit.finish();
    if (node->kind == NodeKind::kBroken || definition->broken) return;
    const Value value = program_.evaluate(*node, kParameterSteps, unit.slot_count());
    const ast::KindSpec& kind = std::get<ast::Param>(definition->declaration->node).kind;
    if (value.is_error()) {
      report(kAlwaysFails, set.value->span, fmt::format("this has no value: {}", value.as_error().message));
    } else if (!fits_kind(value, kind)) {
      Diagnostic& error = report(kParameter, set.value->span,
                                 fmt::format("the param `{}` is of kind {}, got {}", set.name, spelled(kind),
                                             kind_name(value.kind())));
      error.related = {program_.label(definition->source, definition->name_span, "declared here")};
    } else {
      made_.parameters[set.name] = value;
    }
  }

  ProgramCompiler& program_;
  uint32_t source_;
  UnitCompiler unit_;
  CompiledTest made_;
};

ProgramCompiler::~ProgramCompiler() = default;

void ProgramCompiler::add_parameters(std::vector<std::string_view>& names) const {
  for (const auto& [name, definition] : by_name_) {
    if (definition->kind == Definition::Kind::kParam) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
}

void ProgramCompiler::collect_test_names() {
  const bool has_tests = std::any_of(modules_.begin(), modules_.end(), [](const ast::Module& module) {
    return std::any_of(
        module.declarations.begin(), module.declarations.end(),
        [](const ast::Declaration& each) { return std::holds_alternative<ast::Test>(each.node); });
  });
  if (!has_tests) return;
  test_names_ = std::make_unique<TestNames>();
  for (const ast::Module& module : modules_) {
    for (const ast::Declaration& declaration : module.declarations) {
      if (const auto* rule = std::get_if<ast::Rule>(&declaration.node)) test_names_->collect(rule->body);
      if (const auto* wrapper = std::get_if<ast::Wrapper>(&declaration.node))
        test_names_->collect(wrapper->body);
    }
  }
}

void ProgramCompiler::compile_tests() {
  if (test_names_ == nullptr) return;
  std::swap(impl_->arena, impl_->test_arena);
  for (uint32_t source = 0; source < modules_.size(); ++source) {
    std::map<std::string_view, Span> seen;
    for (const ast::Declaration& declaration : modules_[source].declarations) {
      const auto* test = std::get_if<ast::Test>(&declaration.node);
      if (test == nullptr) continue;
      if (const auto [first, is_new] = seen.emplace(test->name, test->name_span); !is_new) {
        Diagnostic& diagnostic = report(kDeclaredTwice, source, test->name_span,
                                        fmt::format("two tests are called `{}`", test->name));
        diagnostic.related = {label(source, first->second, "the first one")};
        diagnostic.helps = {"say what this one shows that the other does not"};
      }
      CompiledTest made = TestCompiler(*this, source, test->skipped).compile(*test);
      if (tests_ == Tests::kKept) impl_->tests.push_back(std::move(made));
    }
  }
  std::swap(impl_->arena, impl_->test_arena);
  if (tests_ == Tests::kChecked) impl_->test_arena = Arena();
}

CompileResult compile_with_tests(const std::vector<ast::Module>& modules, const CompileOptions& options,
                                 const std::map<std::string, Value>& parameters) {
  ProgramCompiler compiler(modules, options);
  compiler.keep_tests(parameters);
  return compiler.compile();
}

const std::vector<CompiledTest>& tests_of(const Program& program) {
  return program.impl().tests;
}

}  // namespace krules
