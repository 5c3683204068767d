// What kind a value is, and conversions from one kind to another.
#include <charconv>
#include <cmath>

#include "call.h"
#include "krules/json.h"
#include "library.h"

namespace krules::library {

namespace {

Value kind(CallContext&, Arguments arguments, const void*) {
  return Value::string_view(kind_name(arguments[0].kind()));
}

template <ValueKind kKind>
Value is_kind(CallContext&, Arguments arguments, const void*) {
  return Value::boolean(arguments[0].is(kKind));
}

Value is_number(CallContext&, Arguments arguments, const void*) {
  return Value::boolean(arguments[0].is_number());
}

// What a conversion gives that cannot be done: its second argument, or the error.
Value otherwise(Call& call, const Value& error) {
  return call.given(1) ? call.argument(1) : error;
}

Value not_convertible(Call& call, std::string_view expected) {
  if (call.given(1)) return call.argument(1);
  const Value& value = call.argument(0);
  if (value.is(ValueKind::kDuration)) {
    return call.error("kind",
                      "`{}` takes a {}, got duration; `seconds(d)` or `milliseconds(d)` makes it a number",
                      call.function(), expected);
  }
  if (value.is(ValueKind::kTimestamp)) {
    return call.error("kind", "`{}` takes a {}, got timestamp; `to_unix(t)` makes it a number",
                      call.function(), expected);
  }
  return call.context().kind_error(call.function(), "value", expected, value);
}

std::string_view without_spaces(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

enum class ReadResult : uint8_t { kDone, kNoNumber, kOutOfRange };

template <class Number>
ReadResult read_number(std::string_view text, Number& number) {
  text = without_spaces(text);
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  // from_chars reads "inf" and "nan", which are no values of the language.
  if (text.find_first_of("nNiI") != std::string_view::npos) return ReadResult::kNoNumber;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem == std::errc::invalid_argument || end != text.data() + text.size())
    return ReadResult::kNoNumber;
  return problem == std::errc{} ? ReadResult::kDone : ReadResult::kOutOfRange;
}

Value out_of_range(Call& call) {
  return otherwise(call, call.error("overflow", "`{}` got {}, which does not fit in 64 bits", call.function(),
                                    shown(call.argument(0))));
}

Value to_int(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "int", arguments);
  const Value& value = arguments[0];
  if (value.is(ValueKind::kInt)) return value;
  if (value.is(ValueKind::kFloat)) {
    const double whole = std::trunc(value.as_float());
    if (whole < -9223372036854775808.0 || whole >= 9223372036854775808.0) return out_of_range(call);
    return Value::integer(static_cast<int64_t>(whole));
  }
  if (!value.is(ValueKind::kString)) return not_convertible(call, "number or string");
  int64_t number = 0;
  switch (read_number(value.text(), number)) {
    case ReadResult::kDone:
      return Value::integer(number);
    case ReadResult::kOutOfRange:
      return out_of_range(call);
    case ReadResult::kNoNumber:
      break;
  }
  double fraction = 0;
  if (read_number(value.text(), fraction) == ReadResult::kDone) {
    return otherwise(
        call, call.error("value", "`int` takes a whole number, got {}; `int(float(s))` cuts the fraction off",
                         shown(value)));
  }
  return otherwise(call, call.error("value", "`int` takes a whole number, got {}", shown(value)));
}

/// The first argument, a text, as a float.
Value text_as_float(Call& call) {
  double number = 0;
  switch (read_number(call.argument(0).text(), number)) {
    case ReadResult::kDone:
      return Value::floating(number);
    case ReadResult::kOutOfRange:
      return out_of_range(call);
    case ReadResult::kNoNumber:
      break;
  }
  return otherwise(
      call, call.error("value", "`{}` takes a number, got {}", call.function(), shown(call.argument(0))));
}

Value to_float(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "float", arguments);
  const Value& value = arguments[0];
  if (value.is_number()) return Value::floating(value.as_number());
  if (!value.is(ValueKind::kString)) return not_convertible(call, "number or string");
  return text_as_float(call);
}

Value to_number(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "number", arguments);
  const Value& value = arguments[0];
  if (value.is_number()) return value;
  if (!value.is(ValueKind::kString)) return not_convertible(call, "number or string");
  int64_t whole = 0;
  const ReadResult as_int = read_number(value.text(), whole);
  if (as_int == ReadResult::kDone) return Value::integer(whole);
  if (as_int == ReadResult::kOutOfRange) return out_of_range(call);
  return text_as_float(call);
}

Value to_bool(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "bool", arguments);
  const Value& value = arguments[0];
  if (value.is(ValueKind::kBool)) return value;
  if (!value.is(ValueKind::kString)) return not_convertible(call, "bool or string");
  if (value.text() == "true") return Value::boolean(true);
  if (value.text() == "false") return Value::boolean(false);
  return otherwise(call, call.error("value", "`bool` takes \"true\" or \"false\", got {}", shown(value)));
}

Value to_string(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "string", arguments);
  if (arguments[0].is(ValueKind::kString)) return arguments[0];
  if (!call.charge_value(arguments[0])) return call.failure();
  std::string text;
  append_display(text, arguments[0]);
  return call.string(text);
}

Value to_duration(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "duration", arguments);
  const Value& value = arguments[0];
  if (value.is(ValueKind::kDuration)) return value;
  if (value.is_number() && !call.given(1)) {
    return call.error("kind", "`duration` takes a string, got {}; a number times a unit is one: `n * 1s`",
                      kind_name(value.kind()));
  }
  if (!value.is(ValueKind::kString)) return not_convertible(call, "string");
  int64_t microseconds = 0;
  if (parse_duration(value.text(), microseconds)) return Value::duration(microseconds);
  return otherwise(call,
                   call.error("value", "`duration` takes a text such as \"1h30m\", got {}", shown(value)));
}

Value to_timestamp(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "timestamp", arguments);
  const Value& value = arguments[0];
  if (value.is(ValueKind::kTimestamp)) return value;
  if (value.is_number() && !call.given(1)) {
    return call.error("kind", "`timestamp` takes a string, got {}; `from_unix(n)` takes seconds since 1970",
                      kind_name(value.kind()));
  }
  if (!value.is(ValueKind::kString)) return not_convertible(call, "string");
  int64_t microseconds = 0;
  if (parse_timestamp(value.text(), microseconds)) return Value::timestamp(microseconds);
  return otherwise(call,
                   call.error("value",
                              "`timestamp` takes a date and time such as \"2026-11-23T21:30:00Z\", got {}; "
                              "`parse_time` reads other forms",
                              shown(value)));
}

}  // namespace

void add_kinds(FunctionTable& functions) {
  const Category add(functions, "kinds");
  const ParameterSpec value{"value", "any"};
  const ParameterSpec otherwise_value{"otherwise", "any", true};
  add("int", {{"value", "number|string"}, otherwise_value}, "int",
      "the whole number of a text or a number, its fraction cut off; `otherwise` where there is none",
      R"(int("12") + int(3.9)  # 15)", to_int);
  add("float", {{"value", "number|string"}, otherwise_value}, "float",
      "the number of a text or a number as a float; `otherwise` where there is none",
      R"(float("2.5")  # 2.5)", to_float);
  add("number", {{"value", "number|string"}, otherwise_value}, "int|float",
      "the number of a text, an int where it is written as one; `otherwise` where there is none",
      R"([number("7"), number("7.5"), number("n/a", 0)]  # [7, 7.5, 0])", to_number);
  add("bool", {{"value", "bool|string"}, otherwise_value}, "bool",
      R"(the truth value of "true" or "false"; `otherwise` where it is neither)", R"(bool("true")  # true)",
      to_bool);
  add("string", {value}, "string", R"(the text of a value, as "{value}" gives it)",
      R"(string(1h30m)  # "1h30m")", to_string);
  add("duration", {{"value", "duration|string"}, otherwise_value}, "duration",
      "the duration that a text says; `otherwise` where it says none", R"(duration("90m")  # 1h30m)",
      to_duration);
  add("timestamp", {{"value", "timestamp|string"}, otherwise_value}, "timestamp",
      "the moment of an RFC 3339 text, or the UTC midnight of a date; `otherwise` where it is neither",
      R"(timestamp("2026-11-23T22:30:00+01:00")  # timestamp("2026-11-23T21:30:00Z"))", to_timestamp);
  add("kind", {value}, "string", R"(the kind of a value: "null", "bool", "int", "string" and so on)",
      R"([kind(1), kind(null), kind({})]  # ["int", "null", "map"])", kind);
  add("is_null", {value}, "bool", "whether it is null", "is_null(null)  # true", is_kind<ValueKind::kNull>);
  add("is_bool", {value}, "bool", "whether it is true or false", "is_bool(false)  # true",
      is_kind<ValueKind::kBool>);
  add("is_int", {value}, "bool", "whether it is an int", "is_int(1.0)  # false", is_kind<ValueKind::kInt>);
  add("is_float", {value}, "bool", "whether it is a float", "is_float(1.0)  # true",
      is_kind<ValueKind::kFloat>);
  add("is_number", {value}, "bool", "whether it is an int or a float", R"(is_number("1")  # false)",
      is_number);
  add("is_string", {value}, "bool", "whether it is a string", R"(is_string("")  # true)",
      is_kind<ValueKind::kString>);
  add("is_duration", {value}, "bool", "whether it is a duration", "is_duration(5m)  # true",
      is_kind<ValueKind::kDuration>);
  add("is_timestamp", {value}, "bool", "whether it is a timestamp", R"(is_timestamp("2026-11-23")  # false)",
      is_kind<ValueKind::kTimestamp>);
  add("is_list", {value}, "bool", "whether it is a list", "is_list([])  # true", is_kind<ValueKind::kList>);
  add("is_map", {value}, "bool", "whether it is a map", "is_map([])  # false", is_kind<ValueKind::kMap>);
}

}  // namespace krules::library
