#include <fmt/format.h>

#include <array>
#include <cmath>

#include "krules/json.h"
#include "make_nodes.h"
#include "operands.h"

namespace krules {

namespace {

using ast::BinaryOp;

std::string_view sign_of(BinaryOp op) {
  switch (op) {
    case BinaryOp::kAdd:
      return "+";
    case BinaryOp::kSubtract:
      return "-";
    case BinaryOp::kMultiply:
      return "*";
    case BinaryOp::kDivide:
      return "/";
    case BinaryOp::kIntDivide:
      return "div";
    case BinaryOp::kModulo:
      return "%";
    default:
      return "**";
  }
}

Value overflow(const Node& node, BinaryOp op, Frame& frame) {
  return make_error(frame, node, error_kind::kOverflow,
                    fmt::format("`{}` does not fit into 64 bits", sign_of(op)));
}

// The sum is a moment that no timestamp can be.
Value out_of_calendar(const Node& node, BinaryOp op, bool later, Frame& frame) {
  return make_error(frame, node, error_kind::kOverflow,
                    fmt::format("the result of `{}` lies {}", sign_of(op),
                                later ? "beyond the year 9999" : "before the year 0"));
}

Value division_by_zero(const Node& node, Frame& frame) {
  return make_error(frame, node, error_kind::kDivision, "division by zero");
}

Value finite(const Node& node, BinaryOp op, double result, Frame& frame) {
  if (std::isfinite(result)) [[likely]]
    return Value::floating(result);
  return make_error(frame, node, error_kind::kOverflow,
                    fmt::format("the result of `{}` is not a finite number", sign_of(op)));
}

int64_t floored_quotient(int64_t a, int64_t b) {
  const int64_t quotient = a / b;
  return quotient * b != a && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

int64_t floored_remainder(int64_t a, int64_t b) {
  // 32-bit division is several times faster on many processors, and most numbers are small.
  if (static_cast<uint64_t>(a | b) >> 32 == 0) return static_cast<uint32_t>(a) % static_cast<uint32_t>(b);
  if (b == -1) return 0;  // the least int has no quotient by -1
  const int64_t rest = a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

double floored_remainder(double a, double b) {
  const double rest = std::fmod(a, b);
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

// Both ints, except that the caller has seen to the common operators.
Value int_arithmetic(const Node& node, BinaryOp op, int64_t a, int64_t b, Frame& frame) {
  int64_t result;
  switch (op) {
    case BinaryOp::kAdd:
      return __builtin_add_overflow(a, b, &result) ? overflow(node, op, frame) : Value::integer(result);
    case BinaryOp::kSubtract:
      return __builtin_sub_overflow(a, b, &result) ? overflow(node, op, frame) : Value::integer(result);
    case BinaryOp::kMultiply:
      return __builtin_mul_overflow(a, b, &result) ? overflow(node, op, frame) : Value::integer(result);
    case BinaryOp::kDivide:
      if (b == 0) return division_by_zero(node, frame);
      return Value::floating(static_cast<double>(a) / static_cast<double>(b));
    case BinaryOp::kIntDivide:
      if (b == 0) return division_by_zero(node, frame);
      if (b == -1) {
        return __builtin_sub_overflow(int64_t{0}, a, &result) ? overflow(node, op, frame)
                                                              : Value::integer(result);
      }
      return Value::integer(floored_quotient(a, b));
    case BinaryOp::kModulo:
      if (b == 0) return division_by_zero(node, frame);
      return Value::integer(floored_remainder(a, b));
    default:
      break;
  }
  if (b < 0) {
    if (a == 0) return division_by_zero(node, frame);
    return finite(node, op, std::pow(static_cast<double>(a), static_cast<double>(b)), frame);
  }
  int64_t base = a;
  result = 1;
  for (auto left = static_cast<uint64_t>(b); left != 0;) {
    if ((left & 1) != 0 && __builtin_mul_overflow(result, base, &result)) return overflow(node, op, frame);
    left >>= 1;
    if (left != 0 && __builtin_mul_overflow(base, base, &base)) return overflow(node, op, frame);
  }
  return Value::integer(result);
}

Value float_arithmetic(const Node& node, BinaryOp op, double a, double b, Frame& frame) {
  switch (op) {
    case BinaryOp::kAdd:
      return finite(node, op, a + b, frame);
    case BinaryOp::kSubtract:
      return finite(node, op, a - b, frame);
    case BinaryOp::kMultiply:
      return finite(node, op, a * b, frame);
    case BinaryOp::kPower:
      if (a == 0 && b < 0) return division_by_zero(node, frame);
      return finite(node, op, std::pow(a, b), frame);
    default:
      break;
  }
  if (b == 0) return division_by_zero(node, frame);
  if (op == BinaryOp::kDivide) return finite(node, op, a / b, frame);
  if (op == BinaryOp::kModulo) return finite(node, op, floored_remainder(a, b), frame);
  const double quotient = std::floor(a / b);
  // 2^63, the first float that an int cannot hold.
  if (!(quotient >= -9223372036854775808.0 && quotient < 9223372036854775808.0)) {
    return overflow(node, op, frame);
  }
  return Value::integer(static_cast<int64_t>(quotient));
}

Value scaled_duration(const Node& node, BinaryOp op, int64_t duration, const Value& factor, Frame& frame) {
  if (factor.is(ValueKind::kInt) && op == BinaryOp::kMultiply) {
    int64_t result;
    if (__builtin_mul_overflow(duration, factor.as_int(), &result)) return overflow(node, op, frame);
    return Value::duration(result);
  }
  const double by = factor.as_number();
  if (op == BinaryOp::kDivide && by == 0) return division_by_zero(node, frame);
  const double scaled =
      op == BinaryOp::kMultiply ? static_cast<double>(duration) * by : static_cast<double>(duration) / by;
  const double result = std::round(scaled);
  if (!(result >= -9223372036854775808.0 && result < 9223372036854775808.0)) return overflow(node, op, frame);
  return Value::duration(static_cast<int64_t>(result));
}

bool both(const Value& left, const Value& right, ValueKind kind) {
  return left.is(kind) && right.is(kind);
}

Value kinds_do_not_fit(const Node& node, BinaryOp op, const Value& left, const Value& right, Frame& frame) {
  std::string message = fmt::format("`{}` does not take {} and {}", sign_of(op), kind_name(left.kind()),
                                    kind_name(right.kind()));
  if (left.is_null() || right.is_null()) {
    message += ": give a value for null with `?? 0`";
  } else if (op == BinaryOp::kAdd && (left.is(ValueKind::kString) || right.is(ValueKind::kString))) {
    message += ": put text together with \"{a}{b}\"";
  }
  return make_error(frame, node, error_kind::kKind, message);
}

// Durations and timestamps: what has a meaning keeps its kind.
Value time_arithmetic(const Node& node, BinaryOp op, const Value& left, const Value& right, Frame& frame) {
  const int64_t a = left.as_microseconds();
  const int64_t b = right.as_microseconds();
  int64_t result;
  const bool is_sum = op == BinaryOp::kAdd;
  if (is_sum || op == BinaryOp::kSubtract) {
    const bool failed =
        is_sum ? __builtin_add_overflow(a, b, &result) : __builtin_sub_overflow(a, b, &result);
    const bool durations = both(left, right, ValueKind::kDuration);
    const bool difference = !is_sum && both(left, right, ValueKind::kTimestamp);
    const bool moved = left.is(ValueKind::kTimestamp) && right.is(ValueKind::kDuration);
    const bool moved_back = is_sum && left.is(ValueKind::kDuration) && right.is(ValueKind::kTimestamp);
    if (durations || difference || moved || moved_back) {
      if (moved || moved_back) {
        if (!failed && is_timestamp(result)) return Value::timestamp(result);
        const bool forward = is_sum == ((moved ? b : a) > 0);
        return out_of_calendar(node, op, failed ? forward : result > 0, frame);
      }
      return failed ? overflow(node, op, frame) : Value::duration(result);
    }
  } else if (both(left, right, ValueKind::kDuration)) {
    if (op == BinaryOp::kDivide || op == BinaryOp::kIntDivide) return int_arithmetic(node, op, a, b, frame);
    if (op == BinaryOp::kModulo) {
      if (b == 0) return division_by_zero(node, frame);
      return Value::duration(floored_remainder(a, b));
    }
  } else if (left.is(ValueKind::kDuration) && right.is_number() &&
             (op == BinaryOp::kMultiply || op == BinaryOp::kDivide)) {
    return scaled_duration(node, op, a, right, frame);
  } else if (right.is(ValueKind::kDuration) && left.is_number() && op == BinaryOp::kMultiply) {
    return scaled_duration(node, op, b, left, frame);
  }
  return kinds_do_not_fit(node, op, left, right, frame);
}

Value joined_strings(const Node& node, std::string_view left, std::string_view right, Frame& frame) {
  const size_t size = left.size() + right.size();
  if (!take_steps(frame, text_steps(size))) return with_place(frame, node, budget_error(frame));
  if (size <= Value::kInlineCapacity) {
    char buffer[Value::kInlineCapacity];
    left.copy(buffer, left.size());
    right.copy(buffer + left.size(), right.size());
    return Value::string_view({buffer, size});
  }
  char* bytes = frame.arena->allocate_array<char>(size);
  left.copy(bytes, left.size());
  right.copy(bytes + left.size(), right.size());
  return Value::string_view({bytes, size});
}

Value joined_lists(const Node& node, const ListRep& left, const ListRep& right, Frame& frame) {
  const size_t size = size_t{left.size} + right.size;
  if (!take_steps(frame, size)) return with_place(frame, node, budget_error(frame));
  ListRep* rep = new_list(size, *frame.arena);
  std::copy(right.begin(), right.end(), std::copy(left.begin(), left.end(), rep->mutable_items()));
  return Value::list(rep);
}

bool is_time(const Value& value) {
  return value.is(ValueKind::kDuration) || value.is(ValueKind::kTimestamp);
}

// Not inlined, and few enough arguments to stay in registers: so the fast paths need no stack.
[[gnu::noinline]] Value apply_slowly(const BinaryNode& node, Value left, Value right, Frame& frame) {
  // `now() - since`
  int64_t between;
  if (node.op == BinaryOp::kSubtract && both(left, right, ValueKind::kTimestamp) &&
      !__builtin_sub_overflow(left.as_microseconds(), right.as_microseconds(), &between)) {
    return Value::duration(between);
  }
  return arithmetic_slowly(node, node.op, left, right, frame);
}

template <BinaryOp Op, Shape L, Shape R>
Value arithmetic(const Node& node, Frame& frame) {
  const auto& self = static_cast<const BinaryNode&>(node);
  Value left;
  Value right;
  if (const Operands had = operands<L, R>(self, frame, left, right); had != Operands::kBoth) [[unlikely]] {
    return complete_slowly<apply_slowly>(had, self, left, right, frame);
  }
  if (left.is(ValueKind::kInt) && right.is(ValueKind::kInt)) [[likely]] {
    const int64_t a = left.as_int();
    const int64_t b = right.as_int();
    int64_t result;
    if constexpr (Op == BinaryOp::kAdd) {
      if (!__builtin_add_overflow(a, b, &result)) [[likely]]
        return Value::integer(result);
    } else if constexpr (Op == BinaryOp::kSubtract) {
      if (!__builtin_sub_overflow(a, b, &result)) [[likely]]
        return Value::integer(result);
    } else if constexpr (Op == BinaryOp::kMultiply) {
      if (!__builtin_mul_overflow(a, b, &result)) [[likely]]
        return Value::integer(result);
    } else if constexpr (Op == BinaryOp::kDivide) {
      if (b != 0) [[likely]]
        return Value::floating(static_cast<double>(a) / static_cast<double>(b));
    } else if constexpr (Op == BinaryOp::kModulo) {
      if (b != 0) [[likely]]
        return Value::integer(floored_remainder(a, b));
    }
  } else if constexpr (Op == BinaryOp::kAdd || Op == BinaryOp::kSubtract || Op == BinaryOp::kMultiply) {
    if (left.is_number() && right.is_number()) {
      const double a = left.as_number();
      const double b = right.as_number();
      const double result = Op == BinaryOp::kAdd ? a + b : Op == BinaryOp::kSubtract ? a - b : a * b;
      if (std::isfinite(result)) [[likely]]
        return Value::floating(result);
    }
  }
  return apply_slowly(self, left, right, frame);
}

using ByShape = std::array<EvalFunction, kShapeCount * kShapeCount>;

template <BinaryOp Op, Shape L>
constexpr std::array<EvalFunction, kShapeCount> row() {
  return {arithmetic<Op, L, Shape::kGeneral>, arithmetic<Op, L, Shape::kConst>,
          arithmetic<Op, L, Shape::kPayloadField>, arithmetic<Op, L, Shape::kProperty>};
}

template <BinaryOp Op>
EvalFunction by_shape(Shape left, Shape right) {
  static constexpr std::array<std::array<EvalFunction, kShapeCount>, kShapeCount> kTable = {
      row<Op, Shape::kGeneral>(), row<Op, Shape::kConst>(), row<Op, Shape::kPayloadField>(),
      row<Op, Shape::kProperty>()};
  return kTable[static_cast<size_t>(left)][static_cast<size_t>(right)];
}

Value negate(const Node& node, Frame& frame) {
  const auto& self = static_cast<const UnaryNode&>(node);
  const Value value = self.operand->eval(*self.operand, frame);
  switch (value.kind()) {
    case ValueKind::kFloat:
      return Value::floating(-value.as_float());
    case ValueKind::kInt:
    case ValueKind::kDuration: {
      int64_t result;
      if (__builtin_sub_overflow(int64_t{0}, value.as_int(), &result)) {
        return overflow(node, BinaryOp::kSubtract, frame);
      }
      return value.is(ValueKind::kInt) ? Value::integer(result) : Value::duration(result);
    }
    case ValueKind::kError:
      return value;
    default:
      return make_error(frame, node, error_kind::kKind,
                        fmt::format("`-` takes a number or a duration, got {}", kind_name(value.kind())));
  }
}

}  // namespace

Value arithmetic_slowly(const Node& node, BinaryOp op, Value left, Value right, Frame& frame) {
  if (left.is_error()) return left;
  if (right.is_error()) return right;
  if (both(left, right, ValueKind::kInt)) {
    return int_arithmetic(node, op, left.as_int(), right.as_int(), frame);
  }
  if (left.is_number() && right.is_number()) {
    return float_arithmetic(node, op, left.as_number(), right.as_number(), frame);
  }
  if (is_time(left) || is_time(right)) return time_arithmetic(node, op, left, right, frame);
  if (op == BinaryOp::kAdd) {
    if (both(left, right, ValueKind::kString)) return joined_strings(node, left.text(), right.text(), frame);
    if (both(left, right, ValueKind::kList))
      return joined_lists(node, left.as_list(), right.as_list(), frame);
  }
  return kinds_do_not_fit(node, op, left, right, frame);
}

EvalFunction arithmetic_function(BinaryOp op, const Node& left, const Node& right) {
  const Shape l = shape_of(left);
  const Shape r = shape_of(right);
  switch (op) {
    case BinaryOp::kAdd:
      return by_shape<BinaryOp::kAdd>(l, r);
    case BinaryOp::kSubtract:
      return by_shape<BinaryOp::kSubtract>(l, r);
    case BinaryOp::kMultiply:
      return by_shape<BinaryOp::kMultiply>(l, r);
    case BinaryOp::kDivide:
      return by_shape<BinaryOp::kDivide>(l, r);
    case BinaryOp::kModulo:
      return by_shape<BinaryOp::kModulo>(l, r);
    case BinaryOp::kIntDivide:
      return arithmetic<BinaryOp::kIntDivide, Shape::kGeneral, Shape::kGeneral>;
    default:
      return arithmetic<BinaryOp::kPower, Shape::kGeneral, Shape::kGeneral>;
  }
}

EvalFunction negate_function() {
  return negate;
}

}  // namespace krules
