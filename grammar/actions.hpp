#pragma once

#include "declaration_rules.hpp"

/// What each rule of the grammar does when it matches: one line each, the work is the builders'.
namespace krules::grammar {

template <typename Rule>
struct action : tao::pegtl::nothing<Rule> {};

/// Exactly the text that the rule matched.
template <typename Input>
Span text_span(const Input& in, const State& s) {
  return {s.context.offset(in.begin()), s.context.offset(in.end())};
}

/// From the rule's begin to the end of its last token, without the space behind it.
template <typename Input>
Span token_span(const Input& in, const State& s) {
  return {s.context.offset(in.begin()), s.context.token_end()};
}

#define KRULES_ACTION(rule, statement)                       \
  template <>                                                \
  struct action<rules::rule> {                               \
    template <typename Input>                                \
    static void apply(const Input& in, State& s) {           \
      [[maybe_unused]] auto& e = s.expressions;              \
      [[maybe_unused]] auto& b = s.bodies;                   \
      [[maybe_unused]] auto& d = s.declarations;             \
      [[maybe_unused]] auto& t = s.tests;                    \
      [[maybe_unused]] const Span text = text_span(in, s);   \
      [[maybe_unused]] const Span whole = token_span(in, s); \
      statement;                                             \
    }                                                        \
  }

// ---------------------------------------------------------------- brackets

struct opens {
  template <typename Input>
  static void apply(const Input& in, State& s) {
    const uint32_t at = s.context.offset(in.begin());
    s.context.openers.push_back({*in.begin(), {at, at + 1}});
  }
};
struct opens_group {
  template <typename Input>
  static void apply(const Input& in, State& s) {
    opens::apply(in, s);
    s.expressions.open_group();
  }
};
struct closes {
  static void apply0(State& s) { s.context.openers.pop_back(); }
};

template <>
struct action<rules::open_paren> : opens {};
template <>
struct action<rules::open_bracket> : opens {};
template <>
struct action<rules::open_interpolation> : opens {};
template <>
struct action<rules::fn_open> : opens {};
template <>
struct action<rules::open_match> : opens {};
template <>
struct action<rules::open_arguments> : opens_group {};
template <>
struct action<rules::open_list> : opens_group {};
template <>
struct action<rules::open_map> : opens_group {};
template <>
struct action<rules::open_fields> : opens {};
template <>
struct action<rules::open_parameters> : opens {};
template <>
struct action<rules::open_test> : opens {};
template <>
struct action<rules::open_given> : opens_group {};
template <>
struct action<rules::open_module> {
  template <typename Input>
  static void apply(const Input& in, State& s) {
    opens::apply(in, s);
    s.declarations.open_module();
  }
};
template <>
struct action<rules::close_paren> : closes {};
template <>
struct action<rules::close_bracket> : closes {};
template <>
struct action<rules::close_map> : closes {};
template <>
struct action<rules::close_arguments> : closes {};
template <>
struct action<rules::close_index> : closes {};
template <>
struct action<rules::close_key> : closes {};
template <>
struct action<rules::close_group> : closes {};
template <>
struct action<rules::close_interpolation> : closes {};
template <>
struct action<rules::close_match> : closes {};
template <>
struct action<rules::close_fields> : closes {};
template <>
struct action<rules::fn_close> : closes {};
template <>
struct action<rules::close_given> : closes {};
template <>
struct action<rules::close_parameters> : closes {};
template <>
struct action<rules::close_module> : closes {};
template <>
struct action<rules::close_test> : closes {};
template <>
struct action<rules::open_body> {
  template <typename Input>
  static void apply(const Input& in, State& s) {
    opens::apply(in, s);
    s.bodies.open_block();
  }
};
template <>
struct action<rules::close_body> : closes {};

// ---------------------------------------------------------------- literals and operands

KRULES_ACTION(number_text, e.number(text));
KRULES_ACTION(open_string, e.open_string(text));
KRULES_ACTION(string_text, e.string_text(text));
KRULES_ACTION(string_escape, e.string_escape(text));
KRULES_ACTION(stray_brace, e.stray_brace(text));
KRULES_ACTION(interpolation, e.interpolation());
KRULES_ACTION(close_string, e.close_string(text.end));
template <>
struct action<rules::open_raw> : opens {};
KRULES_ACTION(raw_text, e.raw_string(text));
KRULES_ACTION(null_literal, e.null(whole));
KRULES_ACTION(true_literal, e.boolean(whole, true));
KRULES_ACTION(false_literal, e.boolean(whole, false));

KRULES_ACTION(name_text, e.name(text));
KRULES_ACTION(lambda_begin, e.open_lambda());
KRULES_ACTION(parameter_text, e.lambda_parameter(text));
KRULES_ACTION(lambda, e.close_lambda(whole));
KRULES_ACTION(argument_name_text, e.argument_name(text));
KRULES_ACTION(slip_argument_sign, e.foreign_argument_sign(text));
KRULES_ACTION(named_argument, e.named_argument());
KRULES_ACTION(arguments, e.call(whole.end));
KRULES_ACTION(member_text, e.member(text));
KRULES_ACTION(index, e.index(whole.end));
KRULES_ACTION(parenthesised, e.parenthesised(whole));

KRULES_ACTION(list_spread, e.spread());
KRULES_ACTION(list, e.list(whole));
KRULES_ACTION(map_key_text, e.word(text));
KRULES_ACTION(map_spread, e.map_entry(whole, ast::MapLiteral::EntryKind::kSpread));
KRULES_ACTION(map_keyed, e.map_entry(whole, ast::MapLiteral::EntryKind::kKeyValue));
KRULES_ACTION(map_quoted, e.map_entry(whole, ast::MapLiteral::EntryKind::kKeyValue));
KRULES_ACTION(map_path, e.map_path_entry(whole));
KRULES_ACTION(map, e.map(whole));
KRULES_ACTION(set_map, e.map(whole); b.value());

KRULES_ACTION(match_begin, e.open_match());
KRULES_ACTION(negative_pattern, e.negate_pattern(whole));
KRULES_ACTION(match_pattern, e.match_pattern());
KRULES_ACTION(match_arm, e.close_arm(whole));
KRULES_ACTION(match_expression, e.close_match(whole));
KRULES_ACTION(if_expression, e.if_expression(whole));

// ---------------------------------------------------------------- operators

KRULES_ACTION(chain_begin, e.open_chain());
KRULES_ACTION(chain, e.close_chain());
KRULES_ACTION(prefix_not, e.prefix(ast::UnaryOp::kNot, whole));
KRULES_ACTION(prefix_minus, e.prefix(ast::UnaryOp::kNegate, whole));
KRULES_ACTION(slip_bang, e.foreign_prefix(whole));
KRULES_ACTION(op_or, e.infix(ast::BinaryOp::kOr, text));
KRULES_ACTION(op_and, e.infix(ast::BinaryOp::kAnd, text));
KRULES_ACTION(op_in, e.infix(ast::BinaryOp::kIn, text));
KRULES_ACTION(op_not_in, e.infix(ast::BinaryOp::kNotIn, text));
KRULES_ACTION(op_matches, e.infix(ast::BinaryOp::kMatches, text));
KRULES_ACTION(op_equal, e.infix(ast::BinaryOp::kEqual, text));
KRULES_ACTION(op_not_equal, e.infix(ast::BinaryOp::kNotEqual, text));
KRULES_ACTION(op_less_equal, e.infix(ast::BinaryOp::kLessEqual, text));
KRULES_ACTION(op_less, e.infix(ast::BinaryOp::kLess, text));
KRULES_ACTION(op_greater_equal, e.infix(ast::BinaryOp::kGreaterEqual, text));
KRULES_ACTION(op_greater, e.infix(ast::BinaryOp::kGreater, text));
KRULES_ACTION(op_add, e.infix(ast::BinaryOp::kAdd, text));
KRULES_ACTION(op_subtract, e.infix(ast::BinaryOp::kSubtract, text));
KRULES_ACTION(op_power, e.infix(ast::BinaryOp::kPower, text));
KRULES_ACTION(op_multiply, e.infix(ast::BinaryOp::kMultiply, text));
KRULES_ACTION(op_divide, e.infix(ast::BinaryOp::kDivide, text));
KRULES_ACTION(op_int_divide, e.infix(ast::BinaryOp::kIntDivide, text));
KRULES_ACTION(op_modulo, e.infix(ast::BinaryOp::kModulo, text));
KRULES_ACTION(op_coalesce, e.infix(ast::BinaryOp::kCoalesce, text));
KRULES_ACTION(slip_and, e.foreign_infix(ast::BinaryOp::kAnd, text));
KRULES_ACTION(slip_or, e.foreign_infix(ast::BinaryOp::kOr, text));
KRULES_ACTION(slip_int_divide, e.foreign_infix(ast::BinaryOp::kIntDivide, text));
KRULES_ACTION(slip_equal, e.foreign_infix(ast::BinaryOp::kEqual, text));

// ---------------------------------------------------------------- statements

KRULES_ACTION(block, b.close_block(whole));
KRULES_ACTION(body, b.close_block(whole));
KRULES_ACTION(wrapper_body, b.close_block(whole));
KRULES_ACTION(target_begin, b.begin_target(text));
KRULES_ACTION(target_word, b.target_word(text));
KRULES_ACTION(scoped_word, b.scoped_word(text));
KRULES_ACTION(target_string, b.target_string());
KRULES_ACTION(ext_scope, b.target_scope(ast::Target::Kind::kExtended));
KRULES_ACTION(meta_scope, b.target_scope(ast::Target::Kind::kMeta));
KRULES_ACTION(target_path_word, b.target_path(text));
KRULES_ACTION(target_path_string, b.target_path_key());
KRULES_ACTION(target, b.end_target(whole.end));
KRULES_ACTION(assign, b.assign_op(ast::AssignOp::kAssign, text));
KRULES_ACTION(assign_add, b.assign_op(ast::AssignOp::kAdd, text));
KRULES_ACTION(assign_subtract, b.assign_op(ast::AssignOp::kSubtract, text));
KRULES_ACTION(assign_multiply, b.assign_op(ast::AssignOp::kMultiply, text));
KRULES_ACTION(assign_append, b.assign_op(ast::AssignOp::kAppend, text));
KRULES_ACTION(assign_if_null, b.assign_op(ast::AssignOp::kIfNull, text));
KRULES_ACTION(assigned_value, b.value());
KRULES_ACTION(set_many, b.set_many(whole));
KRULES_ACTION(set, b.set(whole));
KRULES_ACTION(delete_subject, b.delete_subject(whole));
KRULES_ACTION(delete_target, b.delete_target(whole));

KRULES_ACTION(clause_on, b.clause(BodyBuilder::ClauseWord::kOn, whole));
KRULES_ACTION(clause_with, b.clause(BodyBuilder::ClauseWord::kWith, whole));
KRULES_ACTION(clause_muted, b.clause(BodyBuilder::ClauseWord::kMuted, whole));
KRULES_ACTION(clause_direct, b.clause(BodyBuilder::ClauseWord::kDirect, whole));
KRULES_ACTION(clause_from, b.clause(BodyBuilder::ClauseWord::kFrom, whole));

KRULES_ACTION(clause_after, b.clause(BodyBuilder::ClauseWord::kAfter, whole));
KRULES_ACTION(clause_key, b.clause(BodyBuilder::ClauseWord::kKey, whole));
KRULES_ACTION(clause_reply, b.clause(BodyBuilder::ClauseWord::kReply, whole));
KRULES_ACTION(clause_timeout, b.clause(BodyBuilder::ClauseWord::kTimeout, whole));
KRULES_ACTION(clause_retry, b.clause(BodyBuilder::ClauseWord::kRetry, whole));
KRULES_ACTION(clause_backoff, b.clause(BodyBuilder::ClauseWord::kBackoff, whole));

KRULES_ACTION(emit_run, b.bare_type(text));
KRULES_ACTION(emit_string, b.quoted_type());
KRULES_ACTION(emit_payload, b.payload());
KRULES_ACTION(emit, b.emit(whole));

KRULES_ACTION(bound_text, b.binding(text));
KRULES_ACTION(let, b.let(whole));
KRULES_ACTION(virtual_block, b.open_block());
KRULES_ACTION(slip_else_if, b.foreign_else_if(whole));
KRULES_ACTION(else_if, b.close_block(whole); b.mark_else());
KRULES_ACTION(else_block, b.mark_else());
KRULES_ACTION(if_statement, b.if_statement(whole));
KRULES_ACTION(elif_statement, b.if_statement(whole));
KRULES_ACTION(no_second_name, b.no_binding());
KRULES_ACTION(for_statement, b.for_statement(whole));
KRULES_ACTION(try_statement, b.try_statement(whole));
KRULES_ACTION(fail_cascade, b.fail_statement(whole, true));
KRULES_ACTION(fail, b.fail_statement(whole, false));
KRULES_ACTION(stop, b.stop(whole));
KRULES_ACTION(log_level_text, b.log_level(text));
KRULES_ACTION(log_data, b.payload());
KRULES_ACTION(log, b.log(whole));
KRULES_ACTION(as_statement, b.as_statement(whole));
KRULES_ACTION(next, d.check_next(whole); b.next(whole));
KRULES_ACTION(cancel, b.cancel(whole));
KRULES_ACTION(action_text, b.action(text));
KRULES_ACTION(given_arguments, b.arguments());
KRULES_ACTION(use_arguments, b.arguments());
KRULES_ACTION(call_action, b.call(whole));

// ---------------------------------------------------------------- declarations

KRULES_ACTION(pattern_run, d.bare_pattern(text));
KRULES_ACTION(quoted_pattern, d.quoted_pattern());
KRULES_ACTION(rule_begin, d.begin_rule(text.begin));
KRULES_ACTION(rule_text, d.rule_name(text));
KRULES_ACTION(open_on, d.open_on(whole));
KRULES_ACTION(changed_begin, d.group(ast::Trigger::Kind::kChanged, whole));
KRULES_ACTION(deleted_begin, d.group(ast::Trigger::Kind::kDeleted, whole));
KRULES_ACTION(subject_deleted_begin, d.group(ast::Trigger::Kind::kSubjectDeleted, whole));
KRULES_ACTION(event_begin, d.group(ast::Trigger::Kind::kEvent, text));
KRULES_ACTION(open_of, d.open_of());
KRULES_ACTION(of_part, d.close_of());
KRULES_ACTION(on_clause, d.close_on(whole.end));
KRULES_ACTION(open_every, d.open_clock(ast::Trigger::Kind::kEvery, whole));
KRULES_ACTION(interval, d.interval());
KRULES_ACTION(every_clause, d.close_clock(whole.end));
KRULES_ACTION(open_at, d.open_clock(ast::Trigger::Kind::kAt, whole));
KRULES_ACTION(clock_time, d.clock_time());
KRULES_ACTION(zone, d.zone());
KRULES_ACTION(at_clause, d.close_clock(whole.end));
KRULES_ACTION(head_let, d.head_let());
KRULES_ACTION(when, d.when(whole));
KRULES_ACTION(allow_cycle, d.allow_cycle(whole));
KRULES_ACTION(rule_head, d.end_head(whole.end));
KRULES_ACTION(rule, d.rule(whole));

KRULES_ACTION(declared_text, d.name(text));
KRULES_ACTION(fn_parameter_text, d.parameter(text));
KRULES_ACTION(const_declaration, d.constant(whole));
KRULES_ACTION(kind_text, d.kind(text));
KRULES_ACTION(default_value, d.default_value());
KRULES_ACTION(param, d.param(whole));
KRULES_ACTION(fn, d.function(whole));
KRULES_ACTION(input_begin, d.begin_input());
KRULES_ACTION(field_text, d.field_name(text));
KRULES_ACTION(field_string, d.field_string());
KRULES_ACTION(field, d.field(whole));
KRULES_ACTION(fields, d.has_fields());
KRULES_ACTION(input_on, d.input_subject());
KRULES_ACTION(input, d.input(whole));
KRULES_ACTION(output_begin, d.begin_input());
KRULES_ACTION(output, d.output(whole));

KRULES_ACTION(parameter_name_text, d.open_parameter(text));
KRULES_ACTION(parameter_kind, d.parameter_kind());
KRULES_ACTION(module_parameter, d.module_parameter());
KRULES_ACTION(middleware_begin, d.begin_wrapper(ast::Wrapper::Kind::kMiddleware, whole.begin));
KRULES_ACTION(gate_begin, d.begin_wrapper(ast::Wrapper::Kind::kGate, whole.begin));
KRULES_ACTION(wrapper_head, d.end_head(whole.end));
KRULES_ACTION(wrapper, d.wrapper(whole));
KRULES_ACTION(module_begin, d.begin_module(whole));
KRULES_ACTION(module_declaration, d.module(whole));
KRULES_ACTION(use_begin, d.begin_use());
KRULES_ACTION(use_path_text, d.name(text));
KRULES_ACTION(use_name_text, d.use_name(text));
KRULES_ACTION(use, d.use(whole));
KRULES_ACTION(secret, d.secret(whole));

// ---------------------------------------------------------------- tests

KRULES_ACTION(step_begin, t.begin_step());
KRULES_ACTION(expect_not, t.negate());
KRULES_ACTION(step_payload, b.payload());
KRULES_ACTION(times, t.times(whole));
KRULES_ACTION(given_properties, t.properties());
KRULES_ACTION(given_extended, t.extended());
KRULES_ACTION(given, t.given(whole));
KRULES_ACTION(send, t.send(whole));
KRULES_ACTION(advance, t.advance(whole));
KRULES_ACTION(expect_emitted, t.expect_emitted(whole));
KRULES_ACTION(expect_called, t.expect_called(whole));
KRULES_ACTION(failed_run, t.failed_rule(text));
KRULES_ACTION(failed_string, t.failed_string());
KRULES_ACTION(expect_failed, t.expect_failed(whole));
KRULES_ACTION(expect_true, t.expect_true(whole));
KRULES_ACTION(step_let, t.let(whole));
KRULES_ACTION(set_param, t.set_param(whole));
KRULES_ACTION(reply, t.reply(whole));
KRULES_ACTION(test_begin, t.begin_test(); d.begin_test());
KRULES_ACTION(test_name, t.name());
KRULES_ACTION(test, d.test(whole, t.take()));

#undef KRULES_ACTION

}  // namespace krules::grammar
