#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "krules/function_table.h"
#include "krules/value.h"

namespace krules::library {

using Arguments = std::span<const Value>;

/// No function makes a longer text or a longer list: what would is an error before any memory is taken.
inline constexpr uint64_t kMaxTextBytes = uint64_t{64} << 20;
inline constexpr uint64_t kMaxItems = uint64_t{4} << 20;
/// A step of the budget pays for that many bytes of text.
inline constexpr uint64_t kBytesPerStep = 32;

/// What a value is made of, parts counted as often as they are reached.
struct Extent {
  uint64_t items = 0;
  uint64_t bytes = 0;
};

/// One call of a function: takes its arguments apart. The first argument that does not fit (or the first
/// failure to pay) is remembered as failure(); what is read after it is a harmless default, so that a
/// function reads all it needs and then asks once.
class Call {
 public:
  /// `function` must outlive the call; it is named in messages.
  Call(CallContext& context, std::string_view function, Arguments arguments)
      : context_(context), function_(function), arguments_(arguments) {}

  CallContext& context() const { return context_; }
  Arena& arena() const { return context_.arena(); }
  std::string_view function() const { return function_; }
  const Value& argument(size_t i) const { return arguments_[i]; }
  bool given(size_t i) const { return i < arguments_.size() && !arguments_[i].is(ValueKind::kMissing); }

  std::string_view text(size_t i, std::string_view parameter) {
    if (arguments_[i].is(ValueKind::kString)) [[likely]] {
      return arguments_[i].text();
    }
    wrong_kind(i, parameter, "string");
    return {};
  }
  const ListRep& list(size_t i, std::string_view parameter) {
    if (arguments_[i].is(ValueKind::kList)) [[likely]] {
      return arguments_[i].as_list();
    }
    wrong_kind(i, parameter, "list");
    return empty_list();
  }
  const MapRep& map(size_t i, std::string_view parameter) {
    if (arguments_[i].is(ValueKind::kMap)) [[likely]] {
      return arguments_[i].as_map();
    }
    wrong_kind(i, parameter, "map");
    return empty_map();
  }
  const Value& lambda(size_t i, std::string_view parameter) {
    if (!arguments_[i].is(ValueKind::kLambda)) wrong_kind(i, parameter, "lambda");
    return arguments_[i];
  }
  /// An int, or a float that is whole.
  int64_t integer(size_t i, std::string_view parameter);
  int64_t integer_or(size_t i, std::string_view parameter, int64_t otherwise) {
    return given(i) ? integer(i, parameter) : otherwise;
  }
  double number(size_t i, std::string_view parameter);
  int64_t duration(size_t i, std::string_view parameter);
  int64_t timestamp(size_t i, std::string_view parameter);

  void wrong_kind(size_t i, std::string_view parameter, std::string_view expected);

  /// Pays for looking through or making that many things. False when the budget is used up.
  bool charge(uint64_t steps);
  /// Pays for that many bytes; short texts are free.
  bool charge_text(uint64_t bytes) { return bytes < 4 * kBytesPerStep || charge(bytes / kBytesPerStep); }
  /// Pays for making a list of that many items, and fails when it would be too long.
  bool charge_list(uint64_t items);
  /// Pays for making that many bytes of text, and fails when they are too many.
  bool charge_result(uint64_t bytes);
  /// Pays for visiting all of `value`. Fails when that is more than kMaxItems parts or kMaxTextBytes, or too
  /// deep: a value whose parts are shared can be small in memory and endless to walk.
  bool charge_value(const Value& value);

  bool failed() const { return !failure_.is_null(); }
  const Value& failure() const { return failure_; }

  template <class... Parts>
  Value error(std::string_view kind, fmt::format_string<Parts...> text, Parts&&... parts) {
    return context_.error(kind, fmt::format(text, std::forward<Parts>(parts)...));
  }
  void fail(const Value& error) {
    if (failure_.is_null()) failure_ = error;
  }

  /// A string of the arena's.
  Value string(std::string_view text) const { return Value::string(text, context_.arena()); }

 private:
  bool measure(const Value& value, int depth, Extent& extent);

  CallContext& context_;
  std::string_view function_;
  Arguments arguments_;
  Value failure_;
};

/// Whether values of that kind can be put in order with one another.
bool is_ordered(const Value& value);
/// Whether `a` and `b` can be compared by compare_ordered().
bool same_order(const Value& a, const Value& b);
/// -1, 0 or 1. Precondition: same_order(a, b).
int compare_ordered(const Value& a, const Value& b);

/// A value as a message shows it: JSON, shortened.
std::string shown(const Value& value);
/// A text as a message shows it: shortened.
std::string shown_text(std::string_view text);

/// Adds a function that needs `state`, and keeps that alive as long as the table. `Function` has the form
/// Value (CallContext&, Arguments, State&).
template <class State>
void add_with_state(FunctionTable& functions, FunctionSpec spec, const std::shared_ptr<State>& state,
                    Value (*function)(CallContext&, Arguments, State&)) {
  functions.add(std::move(spec), [state, function](CallContext& context, Arguments arguments) {
    return function(context, arguments, *state);
  });
}

}  // namespace krules::library
