#pragma once

#include "declaration_rules.hpp"
#include "explain.h"

/// What is said where a rule of the grammar must match and does not, one line a rule. A `must<...>` of a rule
/// without a line here does not compile.
namespace krules::grammar {

template <typename>
struct message;

#define KRULES_EXPECT(rule, ...)                     \
  template <>                                        \
  struct message<rules::rule> {                      \
    static constexpr Expected value = {__VA_ARGS__}; \
  }

// clang-format off

// declarations
KRULES_EXPECT(declaration, "a declaration", Place::kDeclaration);
KRULES_EXPECT(rule_name, "the name of the rule", Place::kName);
KRULES_EXPECT(declared_name, "a name", Place::kName);
KRULES_EXPECT(trigger, "`on` and what fires the rule", Place::kTrigger);
KRULES_EXPECT(interval, "a duration", Place::kOther, "write `every 5m`; a time of the day is `at \"0 3 * * *\"`");
KRULES_EXPECT(clock_time, "the times in quotes", Place::kOther, "write `at \"0 3 * * *\" in \"Europe/Rome\"`: minute, hour, day of the month, month, day of the week");
KRULES_EXPECT(zone, "a time zone in quotes", Place::kOther, "write `in \"Europe/Rome\"`");
KRULES_EXPECT(pattern, "an event type or a pattern", Place::kPattern);
KRULES_EXPECT(sugar_group, "`changed` or `deleted`", Place::kPattern);
KRULES_EXPECT(declared_type, "an event type", Place::kPattern);
KRULES_EXPECT(body, "`{` and the body of the rule", Place::kHead);
KRULES_EXPECT(when_condition, "a condition", Place::kExpression);
KRULES_EXPECT(kw_cycle, "`cycle`", Place::kOther, "write `allow cycle \"why it ends\"`");
KRULES_EXPECT(cycle_reason, "the reason, a string", Place::kOther, "write `allow cycle \"why it ends\"`");
KRULES_EXPECT(const_equals, "`=` and the value", Place::kOther, "write `const limit = 3`");
KRULES_EXPECT(constant_value, "a value", Place::kExpression);
KRULES_EXPECT(kind_colon, "`:` and a kind", Place::kOther, "say what it holds: `total: number`, `debug: bool`");
KRULES_EXPECT(kind, "a kind", Place::kOther, "the kinds are any, bool, int, float, number, string, duration, timestamp, list and map");
KRULES_EXPECT(fn_open, "`(` and the parameters", Place::kOther, "a function without parameters is `fn name() = ...`");
KRULES_EXPECT(fn_parameter, "a parameter", Place::kName);
KRULES_EXPECT(fn_close, "`,` or `)`", Place::kClose, "a comma stands between two parameters");
KRULES_EXPECT(fn_equals, "`=` and the body of the function", Place::kFnBody, "a function is one expression: `fn double(x) = x * 2`");
KRULES_EXPECT(fn_body, "an expression", Place::kExpression);
KRULES_EXPECT(field, "a field such as `total: number`", Place::kOther);
KRULES_EXPECT(close_fields, "`,` or `}`", Place::kClose, "a comma stands between two fields");
KRULES_EXPECT(input_subject, "the subject of the event", Place::kExpression);
KRULES_EXPECT(wrapper_name, "a name", Place::kName, "write `middleware name on * { next }` or `gate name on * { stop }`");
KRULES_EXPECT(wrapper_body, "`{` and the body", Place::kWrapperHead);
KRULES_EXPECT(module_parameter, "a parameter such as `limit: int = 3`", Place::kName);
KRULES_EXPECT(close_parameters, "`,` or `)`", Place::kClose, "a comma stands between two parameters");
KRULES_EXPECT(module_name, "the name of the module", Place::kName);
KRULES_EXPECT(open_module, "`{` and the declarations of the module", Place::kOpenDeclared);
KRULES_EXPECT(close_module, "`}`", Place::kClose);
KRULES_EXPECT(use_path, "the name of what is used", Place::kName, "write `use std.rate_limit(...) on api.*`");
KRULES_EXPECT(use_name, "a name", Place::kName);
KRULES_EXPECT(use_let, "a declaration", Place::kOther, "a `use` has no `let`: say it in its `when`, or in a `fn`");
KRULES_EXPECT(secret_value, "a declaration", Place::kOther, "a secret has no value in the rules: `secret api_key` takes it from the environment or from a file");

// tests
KRULES_EXPECT(test_name, "the name of the test in quotes", Place::kOther, "write `test \"an order ships\" { ... }`");
KRULES_EXPECT(open_test, "`{` and the steps of the test", Place::kOpenDeclared);
KRULES_EXPECT(step, "a step of the test or `}`", Place::kStep);
KRULES_EXPECT(close_test, "`}`", Place::kClose);
KRULES_EXPECT(given_subject, "a subject", Place::kExpression);
KRULES_EXPECT(given_extended, "the properties, a map", Place::kOther, "write `given \"order-1\" { total: 10 }`, or `given \"order-1\" ext { tags: [] }`");
KRULES_EXPECT(expected_condition, "what is expected", Place::kExpression);
KRULES_EXPECT(failed_rule, "the name of a rule", Place::kName);
KRULES_EXPECT(param_equals, "`=` and the value", Place::kOther, "a test gives a parameter its value: `param debug = true`");
KRULES_EXPECT(answer, "a map", Place::kOther, "write `reply http.post { ok: true, status: 200, body: {} }`");

// statements
KRULES_EXPECT(statement, "a statement or `}`", Place::kStatement);
KRULES_EXPECT(block, "`{`", Place::kBlock);
KRULES_EXPECT(close_body, "`}`", Place::kClose);
KRULES_EXPECT(target, "the name of a property", Place::kTarget);
KRULES_EXPECT(subject_target, "the name of a property", Place::kSubjectTarget);
KRULES_EXPECT(data_target, "the name of a property", Place::kDataTarget);
KRULES_EXPECT(scoped_name, "a name", Place::kTarget);
KRULES_EXPECT(target_string, "a name in quotes", Place::kTarget);
KRULES_EXPECT(target_path_name, "a name", Place::kTarget);
KRULES_EXPECT(target_path_string, "a name in quotes", Place::kTarget);
KRULES_EXPECT(close_key, "`]`", Place::kClose);
KRULES_EXPECT(assign_op, "`=` and a value", Place::kAssign);
KRULES_EXPECT(assigned_value, "a value", Place::kExpression);
KRULES_EXPECT(start_value, "the value to start from", Place::kExpression);
KRULES_EXPECT(clause_subject, "a subject", Place::kExpression);
KRULES_EXPECT(payload, "a map", Place::kOther, "write `{ key: value }`, or a name that holds a map, or put it in parentheses");
KRULES_EXPECT(late_sent, "a step of the test or `}`", Place::kLatePayload);
KRULES_EXPECT(emit_type, "an event type", Place::kEmitType);
KRULES_EXPECT(late_payload, "a statement or `}`", Place::kLatePayload);
KRULES_EXPECT(bound_name, "a name", Place::kName);
KRULES_EXPECT(let_equals, "`=` and a value", Place::kOther, "write `let total = subject.a + subject.b`");
KRULES_EXPECT(let_value, "a value", Place::kExpression);
KRULES_EXPECT(condition, "a condition", Place::kExpression);
KRULES_EXPECT(if_statement, "`if`", Place::kOther);
KRULES_EXPECT(in_of_for, "`in` and a list or map", Place::kOther, "write `for x in list { ... }`, or `for k, v in map { ... }`");
KRULES_EXPECT(for_sequence, "a list or map", Place::kExpression);
KRULES_EXPECT(kw_catch, "`catch`", Place::kOther, "write `try { ... } catch err { ... }`");
KRULES_EXPECT(error_name, "a name for the error", Place::kName, "write `catch err { ... }`");
KRULES_EXPECT(reason, "a reason", Place::kExpression, "say why: `fail \"no stock\"`; to end a rule without failure write `stop`");
KRULES_EXPECT(log_level, "a log level", Place::kLogLevel, "write `log info \"...\"`; the levels are `debug`, `info`, `warn` and `error`");
KRULES_EXPECT(log_message, "a message", Place::kExpression);
KRULES_EXPECT(as_subject, "a subject", Place::kExpression);
KRULES_EXPECT(delay, "a duration", Place::kExpression);
KRULES_EXPECT(timer_key, "the key of the timer", Place::kExpression);
KRULES_EXPECT(duration_value, "a duration", Place::kExpression);
KRULES_EXPECT(count_value, "a number", Place::kExpression);
KRULES_EXPECT(action_name, "the name of an action", Place::kOther, "write `http.post`, as it stands in `call http.post(...)`");
KRULES_EXPECT(given_arguments, "`(` and the arguments", Place::kOther, "write `call http.post(\"https://...\", { body: payload })`");
KRULES_EXPECT(close_given, "`,` or `)`", Place::kClose, "a comma stands between two arguments");

// expressions
KRULES_EXPECT(expression, "a value", Place::kExpression);
KRULES_EXPECT(operand, "a value", Place::kOperand);
KRULES_EXPECT(postfixed, "a value", Place::kOperand);
KRULES_EXPECT(in_after_not, "`in` behind this `not`", Place::kOther, "between two values there is `not in`; `not a == b` negates a whole comparison");
KRULES_EXPECT(close_group, "`)`", Place::kClose);
KRULES_EXPECT(lambda_parameter, "a parameter", Place::kName);
KRULES_EXPECT(close_paren, "`,` or `)`", Place::kClose, "a comma stands between two parameters");
KRULES_EXPECT(lambda_body, "the value that the lambda gives", Place::kExpression);
KRULES_EXPECT(argument, "an argument", Place::kExpression);
KRULES_EXPECT(argument_value, "a value", Place::kExpression);
KRULES_EXPECT(close_arguments, "`,` or `)`", Place::kClose, "a comma stands between two arguments");
KRULES_EXPECT(member_name, "a name behind the dot", Place::kOther, "a name with other characters is written `[\"cpu-load\"]`");
KRULES_EXPECT(index_key, "a key or a position", Place::kExpression);
KRULES_EXPECT(close_index, "`]`", Place::kClose);
KRULES_EXPECT(list_item, "an item", Place::kExpression);
KRULES_EXPECT(close_bracket, "`,` or `]`", Place::kClose, "a comma stands between two items of a list");
KRULES_EXPECT(map_entry, "an entry of the map", Place::kMapEntry, "entries are `key: value`, `payload.amount` or `...map`");
KRULES_EXPECT(colon, "`:` and a value", Place::kOther, "an entry is a key, a colon and a value: `{ total: 3 }`");
KRULES_EXPECT(map_value, "a value", Place::kExpression);
KRULES_EXPECT(close_map, "`,` or `}`", Place::kClose, "a comma stands between two entries of a map");
KRULES_EXPECT(match_value, "a value", Place::kExpression);
KRULES_EXPECT(open_match, "`{` and the arms", Place::kOther, "write `match x { \"a\" -> 1, _ -> 0 }`");
KRULES_EXPECT(match_arm, "an arm such as `\"a\" -> 1`", Place::kOther, "an arm begins with literals or constants: `\"b\" | \"c\" -> 2`, the last may be `_ -> 0`");
KRULES_EXPECT(match_pattern, "a literal or a constant", Place::kOther);
KRULES_EXPECT(arrow, "`->` and a value", Place::kOther, "an arm is literals or constants, `->` and a value: `\"a\" | \"b\" -> 1`");
KRULES_EXPECT(arm_value, "a value", Place::kExpression);
KRULES_EXPECT(close_match, "`,` or `}`", Place::kClose, "a comma stands between two arms");
KRULES_EXPECT(if_condition, "a condition", Place::kExpression);
KRULES_EXPECT(kw_then, "`then`", Place::kThen);
KRULES_EXPECT(if_then, "a value", Place::kExpression);
KRULES_EXPECT(else_of_if, "`else`", Place::kElse);
KRULES_EXPECT(if_else, "a value", Place::kExpression);
KRULES_EXPECT(interpolated, "a value", Place::kInterpolation);
KRULES_EXPECT(close_interpolation, "`}`", Place::kInterpolation);
KRULES_EXPECT(close_string, "`\"`", Place::kString);
KRULES_EXPECT(close_raw, "`'`", Place::kString);
KRULES_EXPECT(end_of_expression, "the end of the expression", Place::kEnd);

// clang-format on

#undef KRULES_EXPECT

/// How the parser runs a rule: as ever, and where a rule must match and does not, with a message of ours.
template <typename Rule>
struct control : tao::pegtl::normal<Rule> {
  template <typename Input>
  [[noreturn]] static void raise(const Input& in, State& state) {
    throw explain(state.context, state.context.offset(in.current()), message<Rule>::value);
  }
};

}  // namespace krules::grammar
