#include <charconv>
#include <cmath>
#include <cstdlib>

#include "call.h"
#include "library.h"
#include "wide.h"

namespace krules::library {

namespace {

Value overflow(Call& call) {
  return call.error("overflow", "the result of `{}` does not fit in 64 bits", call.function());
}

Value finite(Call& call, double result) {
  return std::isfinite(result) ? Value::floating(result) : overflow(call);
}

// A float that is whole as an int.
Value whole(Call& call, double result) {
  if (result < -9223372036854775808.0 || result >= 9223372036854775808.0) return overflow(call);
  return Value::integer(static_cast<int64_t>(result));
}

template <double (*kRound)(double)>
Value round_with(Call& call) {
  if (call.argument(0).is(ValueKind::kInt)) return call.argument(0);
  const double number = call.number(0, "number");
  return call.failed() ? call.failure() : whole(call, kRound(number));
}

double floor_of(double x) {
  return std::floor(x);
}
double ceil_of(double x) {
  return std::ceil(x);
}
double round_of(double x) {
  return std::round(x);
}

Value floor(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "floor", arguments);
  return round_with<floor_of>(call);
}

Value ceil(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "ceil", arguments);
  return round_with<ceil_of>(call);
}

// Rounds the decimal form that people see, so that 2.675 becomes 2.68 although the nearest double lies below
// it.
double round_decimal(double number, int64_t digits) {
  char text[64];
  const auto written =
      std::to_chars(text, text + sizeof text, std::abs(number), std::chars_format::scientific);
  // d.ddde+XX
  std::string figures;
  const char* at = text;
  for (; at != written.ptr && *at != 'e'; ++at) {
    if (*at != '.') figures += *at;
  }
  int exponent = 0;
  const char* exponent_text = at + 1;
  if (*exponent_text == '+') ++exponent_text;
  std::from_chars(exponent_text, written.ptr, exponent);
  // How many of the figures stay.
  const int64_t kept = exponent + 1 + digits;
  if (kept >= static_cast<int64_t>(figures.size())) return number;
  if (kept < 0) return 0;
  const bool up = figures[static_cast<size_t>(kept)] >= '5';
  figures.resize(static_cast<size_t>(kept));
  figures.insert(figures.begin(), '0');
  if (up) {
    size_t last = figures.size() - 1;
    while (figures[last] == '9') figures[last--] = '0';
    ++figures[last];
  }
  // figures are now 0ddd, `kept` places behind the first.
  const std::string rounded = figures + "e" + std::to_string(exponent + 1 - kept);
  double result = 0;
  std::from_chars(rounded.data(), rounded.data() + rounded.size(), result);
  return std::copysign(result, number);
}

Value round_int(Call& call, int64_t number, int64_t digits) {
  if (digits >= 0) return Value::integer(number);
  if (digits < -19) return Value::integer(0);
  Int128 unit = 1;
  for (int64_t i = digits; i < 0; ++i) unit *= 10;
  const Int128 value = number;
  const Int128 half = unit / 2;
  const Int128 rounded = (value + (value < 0 ? -half : half)) / unit * unit;
  if (rounded > std::numeric_limits<int64_t>::max() || rounded < std::numeric_limits<int64_t>::min()) {
    return overflow(call);
  }
  return Value::integer(static_cast<int64_t>(rounded));
}

Value round(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "round", arguments);
  if (!call.given(1)) return round_with<round_of>(call);
  call.number(0, "number");
  const int64_t digits = call.integer(1, "digits");
  if (call.failed()) return call.failure();
  if (arguments[0].is(ValueKind::kInt)) return round_int(call, arguments[0].as_int(), digits);
  if (digits > 400) return arguments[0];
  if (digits < -400) return Value::floating(0);
  return finite(call, round_decimal(arguments[0].as_float(), digits));
}

Value abs(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "abs", arguments);
  const Value& value = arguments[0];
  if (value.is(ValueKind::kFloat)) return Value::floating(std::abs(value.as_float()));
  if (!value.is(ValueKind::kInt) && !value.is(ValueKind::kDuration)) {
    return context.kind_error("abs", "number", "number or duration", value);
  }
  const int64_t number = value.is(ValueKind::kInt) ? value.as_int() : value.as_microseconds();
  if (number == std::numeric_limits<int64_t>::min()) return overflow(call);
  const int64_t result = number < 0 ? -number : number;
  return value.is(ValueKind::kInt) ? Value::integer(result) : Value::duration(result);
}

Value sqrt(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "sqrt", arguments);
  const double number = call.number(0, "number");
  if (call.failed()) return call.failure();
  if (number < 0)
    return call.error("value", "`sqrt` takes a number of 0 or more, got {}", shown(arguments[0]));
  return Value::floating(std::sqrt(number));
}

Value clamp(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "clamp", arguments);
  static constexpr std::string_view kNames[] = {"value", "low", "high"};
  for (size_t i = 0; i < 3; ++i) {
    if (!is_ordered(arguments[i])) call.wrong_kind(i, kNames[i], "number, string, duration or timestamp");
    if (!call.failed() && !same_order(arguments[0], arguments[i])) {
      call.wrong_kind(i, kNames[i], kind_name(arguments[0].kind()));
    }
  }
  if (call.failed()) return call.failure();
  if (compare_ordered(arguments[1], arguments[2]) > 0) {
    return call.error("value", "`clamp` takes a `low` that is not above `high`, got {} and {}",
                      shown(arguments[1]), shown(arguments[2]));
  }
  if (compare_ordered(arguments[0], arguments[1]) < 0) return arguments[1];
  return compare_ordered(arguments[0], arguments[2]) > 0 ? arguments[2] : arguments[0];
}

// ---------------------------------------------------------------- of a list, or of several values

// The values to look at: the items of a list given alone, or the arguments themselves.
Arguments values_of(Call& call, Arguments arguments) {
  if (arguments[0].is(ValueKind::kList) && !call.given(1)) return arguments[0].as_list().items();
  size_t count = arguments.size();
  while (count > 0 && arguments[count - 1].is(ValueKind::kMissing)) --count;
  if (count == 1) call.wrong_kind(0, "values", "list, or two or more values");
  return arguments.first(count);
}

// The greatest where `sign` is 1, the least where it is -1. Null when there is none.
Value extreme(Call& call, Arguments arguments, int sign) {
  const Arguments values = values_of(call, arguments);
  if (!call.charge(values.size())) return call.failure();
  if (values.empty()) return Value::null();
  const Value* best = &values[0];
  for (const Value& value : values) {
    if (!is_ordered(value)) {
      return call.context().kind_error(call.function(), "values", "number, string, duration or timestamp",
                                       value);
    }
    if (!same_order(*best, value)) {
      return call.error("kind", "`{}` takes values of one kind, got {} and {}", call.function(),
                        kind_name(best->kind()), kind_name(value.kind()));
    }
    if (compare_ordered(value, *best) * sign > 0) best = &value;
  }
  return *best;
}

Value min(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "min", arguments);
  return extreme(call, arguments, -1);
}

Value max(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "max", arguments);
  return extreme(call, arguments, 1);
}

// The sum of numbers, or of durations; an error value where it does not fit.
Value total(Call& call, Arguments values) {
  if (values.empty()) return Value::integer(0);
  const bool durations = values[0].is(ValueKind::kDuration);
  Int128 whole_part = 0;
  double fraction_part = 0;
  bool floats = false;
  for (const Value& value : values) {
    if (durations ? !value.is(ValueKind::kDuration) : !value.is_number()) {
      if (&value != &values[0] && (value.is(ValueKind::kDuration) || value.is_number())) {
        return call.error("kind", "`{}` takes values of one kind, got {} and {}", call.function(),
                          kind_name(values[0].kind()), kind_name(value.kind()));
      }
      return call.context().kind_error(call.function(), "values", "number or duration", value);
    }
    if (value.is(ValueKind::kFloat)) {
      floats = true;
      fraction_part += value.as_float();
    } else {
      whole_part += value.as_int();
    }
  }
  if (floats) return finite(call, fraction_part + static_cast<double>(whole_part));
  if (whole_part > std::numeric_limits<int64_t>::max() || whole_part < std::numeric_limits<int64_t>::min()) {
    return overflow(call);
  }
  const auto sum = static_cast<int64_t>(whole_part);
  return durations ? Value::duration(sum) : Value::integer(sum);
}

Value sum(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "sum", arguments);
  const Arguments values = values_of(call, arguments);
  if (!call.charge(values.size())) return call.failure();
  return total(call, values);
}

Value avg(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "avg", arguments);
  const Arguments values = values_of(call, arguments);
  if (!call.charge(values.size())) return call.failure();
  if (values.empty()) return Value::null();
  const Value sum_of_all = total(call, values);
  if (sum_of_all.is_error()) return sum_of_all;
  if (sum_of_all.is(ValueKind::kDuration)) {
    return Value::duration(sum_of_all.as_microseconds() / static_cast<int64_t>(values.size()));
  }
  return Value::floating(sum_of_all.as_number() / static_cast<double>(values.size()));
}

}  // namespace

void add_numbers(FunctionTable& functions) {
  const Category add(functions, "numbers");
  add("round", {{"number", "number"}, {"digits", "int", true}}, "int|float",
      "the nearest whole number, or the nearest with so many decimal digits; halves away from zero",
      "[round(2.5), round(2.675, 2)]  # [3, 2.68]", round);
  add("floor", {{"number", "number"}}, "int", "the next whole number that is not greater",
      "floor(-2.5)  # -3", floor);
  add("ceil", {{"number", "number"}}, "int", "the next whole number that is not less", "ceil(2.1)  # 3",
      ceil);
  add("abs", {{"number", "number|duration"}}, "number|duration", "the size without the sign",
      "[abs(-3), abs(-5m)]  # [3, 5m]", abs);
  add("sqrt", {{"number", "number"}}, "float", "the square root", "sqrt(9)  # 3.0", sqrt);
  add("clamp", {{"value", "number|string|duration|timestamp"}, {"low", "any"}, {"high", "any"}}, "any",
      "the value, or the bound that it is beyond", "clamp(130, 0, 100)  # 100", clamp);
  const std::vector<ParameterSpec> ordered = {{"values", "list|number|string|duration|timestamp"},
                                              {"more", "number|string|duration|timestamp", true}};
  add.variadic("min", ordered, "any", "the least of a list or of several values; null for an empty list",
               "[min(3, 1, 2), min([5s, 1m])]  # [1, 5s]", min);
  add.variadic("max", ordered, "any", "the greatest of a list or of several values; null for an empty list",
               "[max(3, 1, 2), max([])]  # [3, null]", max);
  const std::vector<ParameterSpec> summed = {{"values", "list|number|duration"},
                                             {"more", "number|duration", true}};
  add.variadic("sum", summed, "number|duration",
               "the sum of a list or of several values; 0 for an empty list",
               "[sum([1, 2, 3.5]), sum([])]  # [6.5, 0]", sum);
  add.variadic("avg", summed, "float|duration|null",
               "the mean of a list or of several values; null for an empty list",
               "[avg([1, 2]), avg([1m, 2m])]  # [1.5, 90s]", avg);
}

}  // namespace krules::library
