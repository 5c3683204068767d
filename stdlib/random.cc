// Chance that can be replayed: everything comes from the entropy of the rule run, fixed by event, rule and
// place.
#include "call.h"
#include "library.h"
#include "wide.h"

namespace krules::library {

namespace {

// A version 4 UUID.
Value uuid(CallContext& context, Arguments, const void*) {
  const auto [high, low] = context.next_entropy();
  const uint64_t first = (high & ~uint64_t{0xF000}) | 0x4000;
  const uint64_t second = (low & ~(uint64_t{3} << 62)) | uint64_t{1} << 63;
  char text[36];
  fmt::format_to_n(text, sizeof text, "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", first >> 32,
                   first >> 16 & 0xFFFF, first & 0xFFFF, second >> 48, second & 0xFFFF'FFFF'FFFF);
  return Value::string({text, sizeof text}, context.arena());
}

Value random(CallContext& context, Arguments, const void*) {
  return Value::floating(static_cast<double>(context.next_entropy()[0] >> 11) * 0x1p-53);
}

// Evenly in 0 .. size - 1: the top of 128 random bits times `size`, so that no number is favoured measurably.
uint64_t random_below(CallContext& context, uint64_t size) {
  const auto [high, low] = context.next_entropy();
  const Uint128 carried = Uint128{low} * size >> 64;
  return static_cast<uint64_t>((Uint128{high} * size + carried) >> 64);
}

Value random_int(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "random_int", arguments);
  const int64_t low = call.integer(0, "low");
  const int64_t high = call.integer(1, "high");
  if (call.failed()) return call.failure();
  if (low > high)
    return call.error("value", "`random_int` takes a `low` that is not above `high`, got {} and {}", low,
                      high);
  const uint64_t last = static_cast<uint64_t>(high) - static_cast<uint64_t>(low);
  const uint64_t distance = last == std::numeric_limits<uint64_t>::max() ? context.next_entropy()[0]
                                                                         : random_below(context, last + 1);
  return Value::integer(static_cast<int64_t>(static_cast<uint64_t>(low) + distance));
}

}  // namespace

void add_random(FunctionTable& functions) {
  functions.add({.name = "uuid",
                 .category = "random",
                 .parameters = {},
                 .result = "string",
                 .summary = "a new UUID (version 4); the same again when the event is replayed",
                 .example = R"(len(uuid())  # 36)",
                 .pure = false,
                 .function = uuid});
  functions.add({.name = "random",
                 .category = "random",
                 .parameters = {},
                 .result = "float",
                 .summary = "a number from 0 to below 1; the same again when the event is replayed",
                 .example = "random() < 1  # true",
                 .pure = false,
                 .function = random});
  functions.add(
      {.name = "random_int",
       .category = "random",
       .parameters = {{"low", "int"}, {"high", "int"}},
       .result = "int",
       .summary =
           "a whole number from `low` to `high`, both included; the same again when the event is replayed",
       .example = "random_int(1, 6) in range(1, 7)  # true",
       .pure = false,
       .function = random_int});
}

}  // namespace krules::library
