#pragma once

#include <tao/pegtl.hpp>
#include <tao/pegtl/contrib/analyze_traits.hpp>

#include "krules/parser.h"
#include "recovery.h"
#include "state.h"
#include "words.h"

/// The grammar of krules, leaves first, one rule a line where it fits. Every token takes the space behind it.
/// What stands in `must<...>` or behind `if_must` has its message in messages.hpp; what a rule builds is in
/// actions.hpp.
namespace krules::grammar::rules {

namespace p = tao::pegtl;
using p::at;
using p::if_must;
using p::must;
using p::not_at;
using p::one;
using p::opt;
using p::plus;
using p::seq;
using p::sor;
using p::star;

// clang-format off

// ---------------------------------------------------------------- rules with a hand in the parser's state

/// Space, comments, and the slips that can stand anywhere.
struct ws {
  using rule_t = ws;
  using subs_t = p::empty_list;
  template <p::apply_mode, p::rewind_mode, template <typename...> class, template <typename...> class, typename Input>
  static bool match(Input& in, State& state) {
    in.iterator() = state.context.skip_space(in.current(), in.end());
    return true;
  }
};

/// One level deeper: refuses before the stack is in danger.
template <typename... Rules>
struct nested {
  using rule_t = nested;
  using subs_t = p::type_list<seq<Rules...>>;
  template <p::apply_mode A, p::rewind_mode M, template <typename...> class Action,
            template <typename...> class Control, typename Input>
  static bool match(Input& in, State& state) {
    state.context.enter(state.context.offset(in.current()));
    struct Leave {
      Context& context;
      ~Leave() { context.leave(); }
    } leave{state.context};
    return Control<seq<Rules...>>::template match<A, M, Action, Control>(in, state);
  }
};

/// `Rule`, and where it fails with an error, everything up to what `Recover` finds.
template <typename Rule, auto Recover>
struct or_recover {
  using rule_t = or_recover;
  using subs_t = p::type_list<Rule>;
  template <p::apply_mode A, p::rewind_mode M, template <typename...> class Action,
            template <typename...> class Control, typename Input>
  static bool match(Input& in, State& state) {
    const State::Mark mark = state.mark();
    const char* const begin = in.current();
    try {
      return Control<Rule>::template match<A, M, Action, Control>(in, state);
    } catch (const SyntaxError& error) {
      const uint32_t offset = state.context.offset(begin);
      in.iterator() = begin + (Recover(state, error, mark, offset) - offset);
      return true;
    }
  }
};

/// A name: an identifier that is not a word of the language.
struct unreserved {
  using rule_t = unreserved;
  using subs_t = p::empty_list;
  template <p::apply_mode, p::rewind_mode, template <typename...> class, template <typename...> class, typename Input>
  static bool match(Input& in, State&) {
    const char* at = in.current();
    const char* const end = in.end();
    if (at == end || !is_word_start(*at)) return false;
    while (at != end && is_word_char(*at)) ++at;
    if (is_reserved_word({in.current(), static_cast<size_t>(at - in.current())})) return false;
    in.iterator() = at;
    return true;
  }
};

// ---------------------------------------------------------------- tokens

template <typename... Rules> struct token : seq<Rules..., ws> {};
/// Space in a lookahead: passed without a trace.
struct gap : star<sor<one<' ', '\t', '\r', '\n'>, seq<one<'#'>, star<p::not_one<'\n'>>>>> {};

template <char C> struct sign : token<one<C>> {};
struct comma : sign<','> {};
struct colon : sign<':'> {};
struct pipe : sign<'|'> {};
struct arrow : token<p::string<'-', '>'>> {};
struct fat_arrow : token<p::string<'=', '>'>> {};
struct ellipsis : token<p::string<'.', '.', '.'>> {};
struct equals : token<one<'='>, not_at<one<'=', '>'>>> {};

struct open_paren : sign<'('> {};
struct open_bracket : sign<'['> {};
struct open_map : sign<'{'> {};
struct open_body : sign<'{'> {};
struct close_paren : sign<')'> {};
struct close_bracket : sign<']'> {};
struct close_map : sign<'}'> {};
struct close_body : sign<'}'> {};

template <typename Keyword> struct word : token<Keyword> {};
#define KRULES_WORD(name, text) struct name : word<TAO_PEGTL_KEYWORD(text)> {}
KRULES_WORD(kw_allow, "allow");      KRULES_WORD(kw_as, "as");            KRULES_WORD(kw_cascade, "cascade");
KRULES_WORD(kw_catch, "catch");      KRULES_WORD(kw_const, "const");      KRULES_WORD(kw_cycle, "cycle");
KRULES_WORD(kw_delete, "delete");    KRULES_WORD(kw_direct, "direct");    KRULES_WORD(kw_else, "else");
KRULES_WORD(kw_emit, "emit");        KRULES_WORD(kw_fail, "fail");        KRULES_WORD(kw_fn, "fn");
KRULES_WORD(kw_for, "for");          KRULES_WORD(kw_from, "from");        KRULES_WORD(kw_if, "if");
KRULES_WORD(kw_in, "in");            KRULES_WORD(kw_input, "input");      KRULES_WORD(kw_let, "let");
KRULES_WORD(kw_log, "log");          KRULES_WORD(kw_match, "match");      KRULES_WORD(kw_muted, "muted");
KRULES_WORD(kw_not, "not");          KRULES_WORD(kw_of, "of");            KRULES_WORD(kw_on, "on");
KRULES_WORD(kw_output, "output");    KRULES_WORD(kw_param, "param");      KRULES_WORD(kw_rule, "rule");
KRULES_WORD(kw_set, "set");          KRULES_WORD(kw_stop, "stop");        KRULES_WORD(kw_then, "then");
KRULES_WORD(kw_try, "try");          KRULES_WORD(kw_when, "when");        KRULES_WORD(kw_with, "with");
KRULES_WORD(kw_advance, "advance");  KRULES_WORD(kw_after, "after");      KRULES_WORD(kw_at, "at");
KRULES_WORD(kw_backoff, "backoff");  KRULES_WORD(kw_call, "call");        KRULES_WORD(kw_cancel, "cancel");
KRULES_WORD(kw_every, "every");      KRULES_WORD(kw_expect, "expect");    KRULES_WORD(kw_gate, "gate");
KRULES_WORD(kw_given, "given");      KRULES_WORD(kw_key, "key");          KRULES_WORD(kw_middleware, "middleware");
KRULES_WORD(kw_module, "module");    KRULES_WORD(kw_next, "next");        KRULES_WORD(kw_reply, "reply");
KRULES_WORD(kw_retry, "retry");      KRULES_WORD(kw_secret, "secret");    KRULES_WORD(kw_send, "send");
KRULES_WORD(kw_test, "test");        KRULES_WORD(kw_timeout, "timeout");  KRULES_WORD(kw_use, "use");
KRULES_WORD(word_ext, "ext");        KRULES_WORD(word_meta, "meta");      KRULES_WORD(word_subject, "subject");
KRULES_WORD(word_emitted, "emitted"); KRULES_WORD(word_called, "called"); KRULES_WORD(word_failed, "failed");
KRULES_WORD(word_times, "times");
KRULES_WORD(slip_elif, "elif");      KRULES_WORD(slip_elsif, "elsif");    KRULES_WORD(slip_elseif, "elseif");
#undef KRULES_WORD

/// Items with commas, perhaps one behind the last, up to `Close`.
template <typename Item, typename Close>
struct items : sor<Close, seq<must<Item>, star<comma, not_at<one<')', ']', '}'>>, must<Item>>, opt<comma>, must<Close>>> {};

// ---------------------------------------------------------------- literals

struct expression;

struct number_text : seq<p::digit, star<sor<seq<one<'e', 'E'>, one<'+', '-'>, p::digit>, p::identifier_other, seq<one<'.'>, at<p::digit>>>>> {};
struct number : token<number_text> {};

struct string_text : plus<p::not_one<'"', '\\', '{', '}', '\n', '\r'>> {};
struct string_escape : seq<one<'\\'>, sor<seq<p::string<'u', '{'>, star<p::not_one<'}', '"', '\\', '\n', '\r'>>, one<'}'>>, p::utf8::not_one<'\n', '\r'>, p::not_one<'\n', '\r'>>> {};
struct stray_brace : one<'}'> {};
struct open_interpolation : token<one<'{'>> {};
struct interpolated;
struct close_interpolation : one<'}'> {};
struct interpolation : seq<open_interpolation, must<interpolated>, must<close_interpolation>> {};
struct open_string : one<'"'> {};
struct close_string : one<'"'> {};
struct string_literal : seq<open_string, star<sor<string_text, interpolation, string_escape, stray_brace>>, must<close_string>, ws> {};
struct close_raw : one<'\''> {};
struct open_raw : one<'\''> {};
struct raw_text : seq<open_raw, star<sor<p::not_one<'\'', '\n', '\r'>, p::two<'\''>>>, must<close_raw>> {};
struct string : sor<string_literal, token<raw_text>> {};

struct null_literal : word<TAO_PEGTL_KEYWORD("null")> {};
struct true_literal : word<TAO_PEGTL_KEYWORD("true")> {};
struct false_literal : word<TAO_PEGTL_KEYWORD("false")> {};
struct constant : sor<number, string, true_literal, false_literal, null_literal> {};

// ---------------------------------------------------------------- operands

struct name_text : unreserved {};
struct name : token<name_text> {};

struct parameter_text : unreserved {};
struct lambda_ahead : sor<seq<p::identifier, gap, p::string<'=', '>'>>,
                          seq<one<'('>, gap, opt<p::identifier, gap, star<one<','>, gap, p::identifier, gap>>, one<')'>, gap, p::string<'=', '>'>>> {};
struct lambda_begin : p::success {};
struct lambda_parameter : token<parameter_text> {};
struct lambda_parameters : seq<open_paren, items<lambda_parameter, close_paren>> {};
struct lambda_body;
struct lambda : seq<at<lambda_ahead>, lambda_begin, sor<lambda_parameters, must<lambda_parameter>>, fat_arrow, must<lambda_body>> {};
struct argument_name_text : p::identifier {};
struct argument_value : sor<lambda, expression> {};
struct slip_argument_sign : seq<one<'='>, not_at<one<'=', '>'>>> {};
struct argument_sign : sor<colon, token<slip_argument_sign>> {};
struct named_argument : seq<at<p::identifier, gap, sor<one<':'>, slip_argument_sign>>, token<argument_name_text>, argument_sign, must<argument_value>> {};
struct argument : sor<named_argument, argument_value> {};
struct open_arguments : open_paren {};
struct close_arguments : close_paren {};
struct arguments : seq<open_arguments, items<argument, close_arguments>> {};

struct name_or_call : seq<name, opt<arguments>> {};
struct member_text : p::identifier {};
struct member_name : token<member_text> {};
struct member : seq<one<'.'>, not_at<one<'.'>>, ws, must<member_name>, opt<arguments>> {};
struct index_key;
struct close_index : close_bracket {};
struct index : seq<open_bracket, must<index_key>, must<close_index>> {};
struct postfix : sor<member, index> {};
struct path : seq<name_or_call, star<postfix>> {};

struct close_group : close_paren {};
struct parenthesised : seq<open_paren, must<expression>, must<close_group>> {};

struct open_list : open_bracket {};
struct list_spread : seq<ellipsis, must<expression>> {};
struct list_item : sor<list_spread, expression> {};
struct list : seq<open_list, items<list_item, close_bracket>> {};

struct map_spread : seq<ellipsis, must<expression>> {};
struct map_key_text : p::identifier {};
struct map_value;
struct map_keyed : seq<at<p::identifier, gap, one<':'>>, token<map_key_text>, colon, must<map_value>> {};
struct map_quoted : seq<string, must<colon>, must<map_value>> {};
struct map_path : path {};
struct map_entry : sor<map_spread, map_quoted, map_keyed, map_path> {};
struct map : seq<open_map, items<map_entry, close_map>> {};

struct match_value;
struct open_match : open_map {};
struct close_match : close_map {};
struct negative_pattern : seq<one<'-'>, ws, number> {};
struct match_pattern : sor<negative_pattern, constant, name> {};
struct wildcard : token<one<'_'>, not_at<p::identifier_other>> {};
struct match_patterns : sor<wildcard, seq<match_pattern, star<pipe, must<match_pattern>>>> {};
struct arm_value;
struct match_arm : seq<match_patterns, must<arrow>, must<arm_value>> {};
struct match_begin : p::success {};
struct match_expression : seq<kw_match, match_begin, must<match_value>, must<open_match>, must<match_arm>, star<comma, not_at<one<'}'>>, must<match_arm>>, opt<comma>, must<close_match>> {};

struct primary : sor<name_or_call, constant, parenthesised, list, map, match_expression> {};
struct postfixed : seq<primary, star<postfix>> {};

// ---------------------------------------------------------------- operators; their precedence is ExpressionBuilder's

struct prefix_not : kw_not {};
struct prefix_minus : token<one<'-'>> {};
struct slip_bang : token<one<'!'>, not_at<one<'='>>> {};
struct prefix : sor<prefix_not, prefix_minus, slip_bang> {};
struct operand : sor<postfixed, seq<plus<prefix>, must<postfixed>>> {};

struct op_or : TAO_PEGTL_KEYWORD("or") {};
struct op_and : TAO_PEGTL_KEYWORD("and") {};
struct op_in : TAO_PEGTL_KEYWORD("in") {};
struct in_after_not : TAO_PEGTL_KEYWORD("in") {};
struct op_not_in : seq<TAO_PEGTL_KEYWORD("not"), gap, must<in_after_not>> {};
struct op_matches : TAO_PEGTL_KEYWORD("matches") {};
struct op_equal : p::string<'=', '='> {};
struct op_not_equal : p::string<'!', '='> {};
struct op_less_equal : p::string<'<', '='> {};
struct op_less : one<'<'> {};
struct op_greater_equal : p::string<'>', '='> {};
struct op_greater : one<'>'> {};
struct op_add : seq<one<'+'>, not_at<one<'=', '+'>>> {};
struct op_subtract : seq<one<'-'>, not_at<one<'=', '>'>>> {};
struct op_power : p::string<'*', '*'> {};
struct op_multiply : seq<one<'*'>, not_at<one<'='>>> {};
struct op_divide : seq<one<'/'>, not_at<one<'='>>> {};
struct op_int_divide : TAO_PEGTL_KEYWORD("div") {};
struct op_modulo : one<'%'> {};
struct op_coalesce : seq<p::two<'?'>, not_at<one<'='>>> {};
struct slip_and : p::two<'&'> {};
struct slip_or : p::two<'|'> {};
struct slip_int_divide : p::two<'/'> {};
struct slip_equal : seq<one<'='>, not_at<one<'>'>>> {};

struct infix_word : sor<op_or, op_and, op_in, op_not_in, op_matches, op_int_divide> {};
struct infix_sign : sor<op_equal, op_not_equal, op_less_equal, op_less, op_greater_equal, op_greater, op_add, op_subtract, op_power,
                        op_multiply, slip_int_divide, op_divide, op_modulo, op_coalesce, slip_and, slip_or, slip_equal> {};
struct infix : token<sor<infix_word, infix_sign>> {};

struct chain_begin : p::success {};
struct chain : seq<chain_begin, operand, star<infix, must<operand>>> {};
struct if_condition;
struct if_then;
struct if_else;
struct else_of_if : kw_else {};
struct if_expression : seq<kw_if, must<if_condition>, must<kw_then>, must<if_then>, must<else_of_if>, must<if_else>> {};
struct expression : nested<sor<if_expression, chain>> {};

struct interpolated : expression {};
struct lambda_body : expression {};
struct index_key : expression {};
struct map_value : expression {};
struct match_value : expression {};
struct arm_value : expression {};
struct if_condition : expression {};
struct if_then : expression {};
struct if_else : expression {};

// ---------------------------------------------------------------- event types and patterns

struct run_char : sor<p::identifier_other, one<'.', ':', '-', '/', '@', '*', '?'>> {};
struct run : seq<sor<p::identifier_other, one<'@', '*', '?', '/'>>, star<run_char>> {};
template <typename Keyword> struct run_word : seq<Keyword, not_at<run_char>> {};

struct pattern_run : run {};
struct quoted_pattern : string {};
struct pattern : sor<token<pattern_run>, quoted_pattern> {};

struct changed_word : run_word<TAO_PEGTL_KEYWORD("changed")> {};
struct deleted_word : run_word<TAO_PEGTL_KEYWORD("deleted")> {};
struct subject_deleted_words : seq<run_word<TAO_PEGTL_KEYWORD("subject")>, gap, run_word<TAO_PEGTL_KEYWORD("deleted")>> {};
struct sugar_ahead : sor<changed_word, deleted_word, subject_deleted_words> {};
struct head_goes_on : run_word<sor<TAO_PEGTL_KEYWORD("of"), TAO_PEGTL_KEYWORD("when"), TAO_PEGTL_KEYWORD("let"), TAO_PEGTL_KEYWORD("allow")>> {};
struct head_word_ahead : sor<head_goes_on, run_word<TAO_PEGTL_KEYWORD("on")>> {};

struct pattern_list : seq<must<pattern>, star<comma, not_at<sugar_ahead>, must<pattern>>> {};
struct open_of : kw_of {};
struct of_part : seq<open_of, pattern_list> {};
struct changed_begin : token<changed_word> {};
struct deleted_begin : token<deleted_word> {};
struct subject_deleted_begin : token<subject_deleted_words> {};
struct event_begin : p::success {};
struct property_list : seq<not_at<head_word_ahead>, at<sor<run_char, one<'"', '\''>>>, pattern_list> {};
struct property_group : seq<sor<changed_begin, deleted_begin>, opt<property_list>> {};
struct event_group : seq<event_begin, pattern_list> {};
struct sugar_group : seq<sor<subject_deleted_begin, property_group>, opt<of_part>> {};
struct group : sor<sugar_group, seq<event_group, opt<of_part>>> {};
struct open_on : kw_on {};
struct on_clause : seq<open_on, group, star<comma, must<sugar_group>>> {};

struct open_every : kw_every {};
struct interval : sor<parenthesised, path, number, string> {};
struct every_clause : seq<open_every, must<interval>, opt<of_part>> {};
struct open_at : kw_at {};
struct clock_time : sor<string, path> {};
struct zone : sor<string, path> {};
struct at_clause : seq<open_at, must<clock_time>, opt<kw_in, must<zone>>, opt<of_part>> {};

// ---------------------------------------------------------------- statements

struct statement;
struct block_item : seq<not_at<sor<one<'}'>, p::eof>>, or_recover<must<statement>, recover_statement>> {};
struct block : nested<open_body, star<block_item>, must<close_body>> {};

struct payload : sor<map, parenthesised, path> {};
struct clause_subject;
struct start_value;
struct clause_on : seq<kw_on, must<clause_subject>> {};
struct clause_with : seq<kw_with, must<payload>> {};
struct clause_muted : kw_muted {};
struct clause_direct : kw_direct {};
struct clause_from : seq<kw_from, must<start_value>> {};
struct delay;
struct timer_key;
struct duration_value;
struct count_value;
struct emit_type;
struct clause_after : seq<kw_after, must<delay>> {};
struct clause_key : seq<kw_key, must<timer_key>> {};
struct clause_reply : seq<kw_reply, must<emit_type>> {};
struct clause_timeout : seq<kw_timeout, must<duration_value>> {};
struct clause_retry : seq<kw_retry, must<count_value>> {};
struct clause_backoff : seq<kw_backoff, must<duration_value>> {};
struct clauses : star<sor<clause_on, clause_with, clause_muted, clause_direct, clause_from, clause_after, clause_key,
                          clause_reply, clause_timeout, clause_retry, clause_backoff>> {};

struct target_begin : p::success {};
struct target_word : p::identifier {};
struct scoped_word : p::identifier {};
struct scoped_name : token<scoped_word> {};
struct target_string : string {};
struct ext_scope : seq<word_ext, at<one<'.', '['>>> {};
struct meta_scope : seq<word_meta, at<one<'.', '['>>> {};
struct close_key : close_bracket {};
struct dot_name : seq<one<'.'>, not_at<one<'.'>>, ws, must<scoped_name>> {};
struct bracket_name : seq<open_bracket, must<target_string>, must<close_key>> {};
struct target_path_word : p::identifier {};
struct target_path_name : token<target_path_word> {};
struct target_path_string : string {};
struct target_path : sor<seq<one<'.'>, not_at<one<'.'>>, ws, must<target_path_name>>,
                         seq<open_bracket, must<target_path_string>, must<close_key>>> {};
struct subject_target : p::success {};
struct subject_slip : seq<at<TAO_PEGTL_KEYWORD("subject"), gap, one<'.', '[', '('>>, p::raise<subject_target>> {};
struct data_target : p::success {};
struct data_slip : seq<at<sor<TAO_PEGTL_KEYWORD("payload"), TAO_PEGTL_KEYWORD("extra")>, gap, one<'.', '['>>, p::raise<data_target>> {};
struct target_name : sor<target_string, seq<sor<ext_scope, meta_scope>, sor<dot_name, bracket_name>>, token<target_word>> {};
struct target : sor<subject_slip, data_slip, seq<target_begin, target_name, star<target_path>>> {};

struct assign : seq<one<'='>, not_at<one<'=', '>'>>> {};
struct assign_add : p::string<'+', '='> {};
struct assign_subtract : p::string<'-', '='> {};
struct assign_multiply : p::string<'*', '='> {};
struct assign_append : p::string<'+', '+', '='> {};
struct assign_if_null : p::string<'?', '?', '='> {};
struct assign_op : token<sor<assign, assign_add, assign_subtract, assign_multiply, assign_append, assign_if_null>> {};
struct assigned_value;

struct set_map : map {};
struct set_many : seq<kw_set, at<one<'{'>>, set_map, clauses> {};
struct set : seq<kw_set, must<target>, must<assign_op>, must<assigned_value>, clauses> {};
struct delete_subject : seq<kw_delete, word_subject, not_at<one<'.', '[', '('>>, clauses> {};
struct delete_target : seq<kw_delete, must<target>, clauses> {};

struct emit_run : run {};
struct emit_string : string {};
struct emit_type : sor<token<emit_run>, emit_string> {};
struct emit_payload : payload {};
struct late_payload : p::success {};
struct emit : seq<kw_emit, must<emit_type>, opt<emit_payload>, clauses, sor<not_at<one<'{'>>, p::raise<late_payload>>> {};

struct bound_text : unreserved {};
struct bound_name : token<bound_text> {};
struct let_value;
struct let_equals : equals {};
struct let : seq<kw_let, must<bound_name>, must<let_equals>, must<let_value>> {};

struct condition;
struct virtual_block : p::success {};
struct else_part;
struct if_tail : seq<must<condition>, must<block>, opt<else_part>> {};
struct if_statement : seq<kw_if, if_tail> {};
struct slip_else_if : sor<slip_elif, slip_elsif, slip_elseif> {};
struct elif_statement : seq<slip_else_if, if_tail> {};
struct else_if : sor<seq<kw_else, at<TAO_PEGTL_KEYWORD("if")>, virtual_block, nested<must<if_statement>>>,
                     seq<at<slip_else_if>, virtual_block, nested<elif_statement>>> {};
struct else_block : seq<kw_else, must<block>> {};
struct else_part : sor<else_if, else_block> {};

struct no_second_name : p::success {};
struct in_of_for : kw_in {};
struct for_sequence;
struct for_statement : seq<kw_for, must<bound_name>, sor<seq<comma, must<bound_name>>, no_second_name>, must<in_of_for>, must<for_sequence>, must<block>> {};
struct error_name : bound_name {};
struct try_statement : seq<kw_try, must<block>, must<kw_catch>, must<error_name>, must<block>> {};
struct reason;
struct fail_cascade : seq<kw_fail, kw_cascade, must<reason>> {};
struct fail : seq<kw_fail, must<reason>> {};
struct stop : kw_stop {};
struct log_level_text : p::identifier {};
struct log_level : token<log_level_text> {};
struct log_message;
struct log_data : payload {};
struct log : seq<kw_log, must<log_level>, must<log_message>, opt<log_data>> {};
struct as_subject;
struct as_statement : seq<kw_as, must<as_subject>, must<block>> {};
struct next : kw_next {};
struct cancel : seq<kw_cancel, must<timer_key>, clauses> {};

struct action_text : seq<p::identifier, star<one<'.'>, p::identifier>> {};
struct action_name : token<action_text> {};
struct open_given : open_paren {};
struct close_given : close_paren {};
struct given_arguments : seq<open_given, items<argument, close_given>> {};
struct call_action : seq<kw_call, must<action_name>, must<given_arguments>, clauses> {};

struct statement : sor<set_many, set, emit, if_statement, let, delete_subject, delete_target, for_statement, log, try_statement,
                       fail_cascade, fail, stop, as_statement, next, cancel, call_action> {};

struct clause_subject : expression {};
struct start_value : expression {};
struct assigned_value : expression {};
struct let_value : expression {};
struct condition : expression {};
struct for_sequence : expression {};
struct reason : expression {};
struct log_message : expression {};
struct as_subject : expression {};
struct delay : expression {};
struct timer_key : expression {};
struct duration_value : expression {};
struct count_value : expression {};

// clang-format on

}  // namespace krules::grammar::rules

namespace tao::pegtl {

template <typename Name>
struct analyze_traits<Name, krules::grammar::rules::ws> : analyze_opt_traits<> {};
template <typename Name>
struct analyze_traits<Name, krules::grammar::rules::unreserved> : analyze_any_traits<> {};
template <typename Name, typename... Rules>
struct analyze_traits<Name, krules::grammar::rules::nested<Rules...>>
    : analyze_traits<Name, typename seq<Rules...>::rule_t> {};
template <typename Name, typename Rule, auto Recover>
struct analyze_traits<Name, krules::grammar::rules::or_recover<Rule, Recover>>
    : analyze_traits<Name, typename seq<Rule>::rule_t> {};

}  // namespace tao::pegtl
