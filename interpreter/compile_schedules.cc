#include <fmt/format.h>

#include <string>

#include "compiler.h"
#include "krules/json.h"

/// `every` and `at`: what their times come to, and the event that a rule waits for because of them.
namespace krules {

using namespace program_codes;

namespace {

constexpr uint64_t kClockSteps = 1'000'000;

std::string display(const Value& value) {
  std::string text;
  append_display(text, value);
  return text;
}

}  // namespace

Value ProgramCompiler::head_constant(const ast::Expr& expr, uint32_t source, std::string_view what) {
  UnitCompiler unit(*this, UnitCompiler::Kind::kConst, source);
  const Node* node = unit.expression(expr);
  unit.finish();
  if (node->kind == NodeKind::kBroken) return Value::missing();
  const Value value = evaluate(*node, kClockSteps, unit.slot_count());
  if (!value.is_error()) return value;
  report(kAlwaysFails, source, expr.span,
         fmt::format("the {} has no value: {}", what, value.as_error().message));
  return Value::missing();
}

void ProgramCompiler::check_clock(const ast::Trigger& trigger, const CompiledSchedule& made,
                                  uint32_t source) {
  if (!options_.clock_problem) return;
  // Each by itself, so that both are told.
  if (const std::string problem = options_.clock_problem(made.cron, ""); !problem.empty()) {
    report(kClock, source, trigger.at->span, problem).helps = {
        "`at \"30 8 * * mon-fri\" in \"Europe/Rome\"` comes on working days at half past eight"};
  }
  if (made.zone.empty()) return;
  if (const std::string problem = options_.clock_problem("@daily", made.zone); !problem.empty())
    report(kClock, source, trigger.zone->span, problem);
}

void ProgramCompiler::compile_schedule(const ast::Trigger& trigger, CompiledRule& rule, uint32_t source) {
  CompiledSchedule made;
  made.rule = rule.number;
  made.where = {impl_->sources[source], trigger.span};
  made.type = symbols_->intern("timer." + rule.name);
  for (const ast::Pattern& pattern : trigger.subjects) made.subjects.push_back(name_pattern(pattern));
  if (trigger.kind == ast::Trigger::Kind::kEvery) {
    const Value every = head_constant(*trigger.every, source, "time of `every`");
    if (every.is(ValueKind::kMissing)) return;
    if (!every.is(ValueKind::kDuration) || every.as_microseconds() < 1000) {
      report(kClock, source, trigger.every->span,
             every.is(ValueKind::kDuration)
                 ? std::string("`every` takes a duration of 1ms or more")
                 : fmt::format("`every` takes a duration, got {}", kind_name(every.kind())))
          .helps = {"write it with its unit: `every 5m`, `every 1h30m`"};
      return;
    }
    made.every = every.as_microseconds();
    made.text = "every " + display(every);
  } else {
    const Value line = head_constant(*trigger.at, source, "time of `at`");
    const Value zone =
        trigger.zone == nullptr ? Value::null() : head_constant(*trigger.zone, source, "zone of `at`");
    if (line.is(ValueKind::kMissing) || zone.is(ValueKind::kMissing)) return;
    if (!line.is(ValueKind::kString) || !(zone.is_null() || zone.is(ValueKind::kString))) {
      report(kClock, source, trigger.span, "`at` takes a cron line, and behind `in` the name of a time zone")
          .helps = {"`at \"0 3 * * *\" in \"Europe/Rome\"` comes every night at three"};
      return;
    }
    made.cron = line.text();
    if (!zone.is_null()) made.zone = zone.text();
    check_clock(trigger, made, source);
    made.text = fmt::format("at {}{}{}", made.cron, made.zone.empty() ? "" : " in ", made.zone);
  }
  for (const NamePattern& subject : made.subjects) made.text += " of " + subject.text;
  impl_->schedules.push_back(std::move(made));
}

void ProgramCompiler::compile_schedules() {
  size_t number = 0;
  for (uint32_t source = 0; source < modules_.size(); ++source) {
    for (const ast::Declaration& declaration : modules_[source].declarations) {
      const auto* rule = std::get_if<ast::Rule>(&declaration.node);
      if (rule == nullptr) continue;
      CompiledRule& made = impl_->rules[number++];
      for (size_t i = 0; i < rule->triggers.size(); ++i) {
        const ast::Trigger& trigger = rule->triggers[i];
        if (trigger.kind != ast::Trigger::Kind::kEvery && trigger.kind != ast::Trigger::Kind::kAt) continue;
        made.triggers[i].types.push_back(exact_pattern("timer." + made.name));
        compile_schedule(trigger, made, source);
      }
    }
  }
}

}  // namespace krules
