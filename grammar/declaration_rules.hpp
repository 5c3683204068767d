#pragma once

#include "rules.hpp"

/// The grammar of what a file is made of: declarations, with the tests among them.
namespace krules::grammar::rules {

// clang-format off

// ---------------------------------------------------------------- declarations

struct declared_text : unreserved {};
struct declared_name : token<declared_text> {};
struct rule_text : unreserved {};
struct rule_name : token<rule_text> {};
struct head_let : seq<kw_let, must<bound_name>, must<let_equals>, must<let_value>> {};
struct when_condition : expression {};
struct when : seq<kw_when, must<when_condition>> {};
struct cycle_reason : string {};
struct allow_cycle : seq<kw_allow, must<kw_cycle>, must<cycle_reason>> {};
struct rule_begin : at<sor<TAO_PEGTL_KEYWORD("rule"), TAO_PEGTL_KEYWORD("on"), TAO_PEGTL_KEYWORD("every"), TAO_PEGTL_KEYWORD("at")>> {};
struct trigger : sor<on_clause, every_clause, at_clause> {};
struct rule_head : seq<opt<kw_rule, must<rule_name>>, must<trigger>, star<sor<trigger, when, head_let, allow_cycle>>> {};
struct body : block {};
struct rule : seq<rule_begin, rule_head, must<body>> {};

struct kind_text : seq<p::identifier, opt<one<'?'>>> {};
struct kind : token<kind_text> {};
struct constant_value : expression {};
struct const_equals : equals {};
struct const_declaration : seq<kw_const, must<declared_name>, must<const_equals>, must<constant_value>> {};
struct kind_colon : colon {};
struct default_value : seq<equals, must<constant_value>> {};
struct param : seq<kw_param, must<declared_name>, must<kind_colon>, must<kind>, opt<default_value>> {};
struct fn_parameter_text : unreserved {};
struct fn_parameter : token<fn_parameter_text> {};
struct fn_open : open_paren {};
struct fn_close : close_paren {};
struct fn_equals : equals {};
struct fn_body : expression {};
struct fn : seq<kw_fn, must<declared_name>, must<fn_open>, items<fn_parameter, fn_close>, must<fn_equals>, must<fn_body>> {};

struct field_text : p::identifier {};
struct field_string : string {};
struct field_name : sor<token<field_text>, field_string> {};
struct field : seq<field_name, must<kind_colon>, must<kind>> {};
struct open_fields : open_map {};
struct close_fields : close_map {};
struct fields : seq<open_fields, items<field, close_fields>> {};
struct declared_type : pattern {};
struct plain_quoted : sor<seq<one<'"'>, star<sor<seq<one<'\\'>, p::any>, p::not_one<'"', '\\', '\n'>>>, one<'"'>>,
                          seq<one<'\''>, star<p::not_one<'\'', '\n'>>, one<'\''>>> {};
/// `on X` behind an input begins a rule where a rule's head goes on behind X; otherwise X computes the subject.
struct rule_ahead : seq<TAO_PEGTL_KEYWORD("on"), gap, sor<sugar_ahead, seq<sor<run, plain_quoted>, gap, sor<one<'{', ','>, head_goes_on>>>> {};
struct input_subject;
struct input_on : seq<not_at<rule_ahead>, kw_on, must<input_subject>> {};
struct input_begin : kw_input {};
struct input : seq<input_begin, must<declared_type>, opt<fields>, opt<input_on>> {};
struct input_subject : expression {};
struct output_begin : kw_output {};
struct output : seq<output_begin, must<declared_type>, star<comma, must<declared_type>>> {};

// ---------------------------------------------------------------- middleware, gates, modules

struct parameter_name_text : unreserved {};
struct parameter_name : token<parameter_name_text> {};
struct parameter_colon : colon {};
struct parameter_kind : seq<parameter_colon, must<kind>> {};
struct module_parameter : seq<parameter_name, opt<parameter_kind>, opt<default_value>> {};
struct open_parameters : open_paren {};
struct close_parameters : close_paren {};
struct parameters : seq<open_parameters, items<module_parameter, close_parameters>> {};

struct middleware_begin : kw_middleware {};
struct gate_begin : kw_gate {};
struct wrapper_name : rule_name {};
struct wrapper_head : seq<sor<middleware_begin, gate_begin>, must<wrapper_name>, opt<parameters>, star<sor<on_clause, when, head_let, allow_cycle>>> {};
struct wrapper_body : block {};
struct wrapper : seq<wrapper_head, must<wrapper_body>> {};

struct declaration;
struct module_begin : kw_module {};
struct module_name : rule_name {};
struct open_module : sign<'{'> {};
struct close_module : sign<'}'> {};
struct module_item : seq<not_at<sor<one<'}'>, p::eof>>, or_recover<must<declaration>, recover_declaration>> {};
struct module_body : nested<must<open_module>, star<module_item>, must<close_module>> {};
struct module_declaration : seq<module_begin, must<module_name>, opt<parameters>, module_body> {};

/// An `on` behind a `use` begins a rule where a body follows it; otherwise it says what the `use` is for.
struct unnamed_rule {
  using rule_t = unnamed_rule;
  using subs_t = p::empty_list;
  template <p::apply_mode, p::rewind_mode, template <typename...> class, template <typename...> class, typename Input>
  static bool match(Input& in, State& state) {
    return begins_unnamed_rule(state.context, state.context.offset(in.current()));
  }
};
struct use_begin : kw_use {};
struct use_path_text : seq<unreserved, star<one<'.'>, p::identifier>> {};
struct use_path : token<use_path_text> {};
struct use_arguments : given_arguments {};
struct use_on : seq<not_at<unnamed_rule>, on_clause> {};
struct use_name_text : unreserved {};
struct use_name : token<use_name_text> {};
struct use_as : seq<kw_as, must<use_name>> {};
struct use_let : p::success {};
struct use : seq<use_begin, must<use_path>, opt<use_arguments>, star<sor<use_on, when, use_as>>, sor<not_at<kw_let>, p::raise<use_let>>> {};

struct secret_value : p::success {};
struct secret : seq<kw_secret, must<declared_name>, sor<not_at<one<'='>>, p::raise<secret_value>>> {};

// ---------------------------------------------------------------- tests

struct step_payload : seq<not_at<TAO_PEGTL_KEYWORD("times")>, payload> {};
struct times : seq<word_times, must<count_value>> {};

struct given_subject : expression {};
struct given_properties : sor<map, parenthesised, seq<not_at<TAO_PEGTL_KEYWORD("ext")>, path>> {};
struct given_extended : seq<word_ext, must<payload>> {};
struct given : seq<kw_given, must<given_subject>, sor<seq<given_properties, opt<given_extended>>, must<given_extended>>> {};
struct late_sent : p::success {};
struct send : seq<kw_send, must<emit_type>, opt<emit_payload>, star<sor<clause_on, clause_with>>, sor<not_at<one<'{'>>, p::raise<late_sent>>> {};
struct advance : seq<kw_advance, must<delay>> {};

struct expect_not : kw_not {};
template <typename Word>
struct expectation : seq<kw_expect, opt<expect_not>, Word, not_at<sor<one<'.', '[', '(', '=', '!', '<', '>', '+', '-', '%'>, infix_word>>> {};
struct expect_emitted : seq<expectation<word_emitted>, must<pattern>, opt<step_payload>, star<sor<clause_on, times>>> {};
struct expect_called : seq<expectation<word_called>, must<action_name>, opt<step_payload>, star<times>> {};
struct failed_run : run {};
struct failed_string : string {};
struct failed_rule : sor<token<failed_run>, failed_string> {};
struct expect_failed : seq<expectation<word_failed>, must<failed_rule>> {};
struct expected_condition : expression {};
struct expect_true : seq<kw_expect, must<expected_condition>> {};

struct step_let : seq<kw_let, must<bound_name>, must<let_equals>, must<let_value>> {};
struct param_equals : equals {};
struct set_param : seq<kw_param, must<declared_name>, must<param_equals>, must<constant_value>> {};
struct answer : payload {};
struct reply : seq<kw_reply, must<action_name>, must<answer>> {};

struct step_begin : p::success {};
struct step : seq<step_begin, sor<given, send, advance, expect_emitted, expect_called, expect_failed, expect_true, step_let, set_param, reply>> {};
struct step_item : seq<not_at<sor<one<'}'>, p::eof>>, or_recover<must<step>, recover_step>> {};
struct test_begin : kw_test {};
struct test_name : string {};
struct open_test : sign<'{'> {};
struct close_test : sign<'}'> {};
struct test : seq<test_begin, must<test_name>, must<open_test>, star<step_item>, must<close_test>> {};

struct declaration : sor<rule, const_declaration, fn, param, input, output, wrapper, module_declaration, use, secret, test> {};
struct file_item : seq<not_at<p::eof>, or_recover<must<declaration>, recover_declaration>> {};
struct file : seq<ws, star<file_item>, p::eof> {};

struct end_of_expression : p::eof {};
struct single_expression : seq<ws, must<expression>, must<end_of_expression>> {};

// clang-format on

}  // namespace krules::grammar::rules

template <typename Name>
struct tao::pegtl::analyze_traits<Name, krules::grammar::rules::unnamed_rule>
    : tao::pegtl::analyze_opt_traits<> {};
