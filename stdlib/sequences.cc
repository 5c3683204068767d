// Parts and shapes of lists, and what lists share with strings: len, slice, reverse, index_of.
#include <algorithm>
#include <bit>
#include <cstring>

#include "call.h"
#include "library.h"
#include "utf8.h"
#include "wide.h"

namespace krules::library {

namespace {

Value len(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "len", arguments);
  const Value& value = arguments[0];
  if (value.is(ValueKind::kList)) return Value::integer(value.as_list().size);
  if (value.is(ValueKind::kMap)) return Value::integer(value.as_map().size);
  if (!value.is(ValueKind::kString)) return context.kind_error("len", "value", "string, list or map", value);
  const std::string_view text = value.text();
  if (!call.charge_text(text.size())) return call.failure();
  return Value::integer(static_cast<int64_t>(count_code_points(text)));
}

// A range of a list without copying an argument that is the whole of it.
Value part(Call& call, const ListRep& list, size_t begin, size_t end) {
  if (begin >= end) return Value::list(&empty_list());
  if (end - begin == list.size) return Value::list(&list);
  if (!call.charge_list(end - begin)) return call.failure();
  ListRep* result = new_list(end - begin, call.arena());
  std::copy(list.begin() + begin, list.begin() + end, result->mutable_items());
  return Value::list(result);
}

// Where `index` points in something of that length: from the end when negative, and never outside.
size_t place(int64_t index, size_t length) {
  const auto size = static_cast<int64_t>(length);
  if (index < 0) return static_cast<size_t>(std::max<int64_t>(index, -size) + size);
  return static_cast<size_t>(std::min(index, size));
}

Value slice(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "slice", arguments);
  const int64_t start = call.integer(1, "start");
  const int64_t end = call.integer_or(2, "end", std::numeric_limits<int64_t>::max());
  if (call.failed()) return call.failure();
  if (arguments[0].is(ValueKind::kList)) {
    const ListRep& list = arguments[0].as_list();
    return part(call, list, place(start, list.size), place(end, list.size));
  }
  if (!arguments[0].is(ValueKind::kString))
    return context.kind_error("slice", "value", "list or string", arguments[0]);
  const std::string_view text = arguments[0].text();
  if (!call.charge_text(text.size())) return call.failure();
  const size_t length = start < 0 || end < 0 ? count_code_points(text) : text.size();
  const size_t from = place(start, length);
  const size_t to = place(end, length);
  if (from >= to) return Value::string_view({});
  const std::string_view rest = text.substr(offset_of_code_point(text, from));
  return Value::string_view(rest.substr(0, offset_of_code_point(rest, to - from)));
}

Value take_or_drop(Call& call, bool take) {
  const ListRep& list = call.list(0, "list");
  const int64_t count = call.integer(1, "count");
  if (call.failed()) return call.failure();
  if (count < 0) {
    return call.error("value", "`{}` takes 0 or more as `count`, got {}; `slice` counts from the end",
                      call.function(), count);
  }
  const size_t at = place(count, list.size);
  return take ? part(call, list, 0, at) : part(call, list, at, list.size);
}

Value take(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "take", arguments);
  return take_or_drop(call, true);
}

Value drop(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "drop", arguments);
  return take_or_drop(call, false);
}

Value first(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "first", arguments);
  const ListRep& list = call.list(0, "list");
  if (call.failed()) return call.failure();
  return list.size == 0 ? Value::null() : list.begin()[0];
}

Value last(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "last", arguments);
  const ListRep& list = call.list(0, "list");
  if (call.failed()) return call.failure();
  return list.size == 0 ? Value::null() : list.end()[-1];
}

// How many numbers there are from `start` to before `end`.
uint64_t range_size(int64_t start, int64_t end, int64_t step) {
  const Int128 distance = step > 0 ? static_cast<Int128>(end) - start : static_cast<Int128>(start) - end;
  if (distance <= 0) return 0;
  const Int128 stride = step > 0 ? static_cast<Int128>(step) : -static_cast<Int128>(step);
  return static_cast<uint64_t>((distance + stride - 1) / stride);
}

Value range(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "range", arguments);
  const bool from_zero = !call.given(1);
  const int64_t start = from_zero ? 0 : call.integer(0, "start");
  const int64_t end = from_zero ? call.integer(0, "end") : call.integer(1, "end");
  const int64_t step = call.integer_or(2, "step", 1);
  if (call.failed()) return call.failure();
  if (step == 0) return call.error("value", "`range` takes a `step` other than 0");
  const uint64_t size = range_size(start, end, step);
  if (!call.charge_list(size)) return call.failure();
  ListRep* list = new_list(size, call.arena());
  for (uint64_t i = 0; i < size; ++i) {
    const uint64_t number =
        static_cast<uint64_t>(start) + i * static_cast<uint64_t>(step);  // wraps as it should
    list->mutable_items()[i] = Value::integer(static_cast<int64_t>(number));
  }
  return Value::list(list);
}

Value reverse(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "reverse", arguments);
  if (arguments[0].is(ValueKind::kString)) {
    const std::string_view text = arguments[0].text();
    if (!call.charge_result(text.size())) return call.failure();
    char* memory = call.arena().allocate_array<char>(text.size());
    char* to = memory;
    for (const char* at = text.data() + text.size(); at != text.data();) {
      to = put_code_point(to, previous_code_point(text.data(), at));
    }
    return Value::string_view({memory, static_cast<size_t>(to - memory)});
  }
  if (!arguments[0].is(ValueKind::kList)) {
    return context.kind_error("reverse", "value", "list or string", arguments[0]);
  }
  const ListRep& list = arguments[0].as_list();
  if (!call.charge_list(list.size)) return call.failure();
  ListRep* result = new_list(list.size, call.arena());
  std::reverse_copy(list.begin(), list.end(), result->mutable_items());
  return Value::list(result);
}

Value distinct(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "distinct", arguments);
  const ListRep& list = call.list(0, "list");
  if (!call.charge_list(list.size) || !call.charge_value(arguments[0])) return call.failure();
  ListRep* result = new_list(list.size, call.arena());
  // Open addressing: the number of an item of the result, counted from 1.
  const size_t buckets = std::bit_ceil(size_t{list.size} * 2 + 1);
  auto* index = call.arena().allocate_array<uint32_t>(buckets);
  std::memset(index, 0, buckets * sizeof(uint32_t));
  uint32_t count = 0;
  for (const Value& item : list.items()) {
    size_t at = hash_value(item) & (buckets - 1);
    while (index[at] != 0 && !equal(result->begin()[index[at] - 1], item)) at = (at + 1) & (buckets - 1);
    if (index[at] != 0) continue;
    result->mutable_items()[count++] = item;
    index[at] = count;
  }
  result->size = count;
  return Value::list(result);
}

Value flatten(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "flatten", arguments);
  const ListRep& list = call.list(0, "list");
  if (!call.charge(list.size)) return call.failure();
  uint64_t size = 0;
  for (const Value& item : list.items()) size += item.is(ValueKind::kList) ? item.as_list().size : 1;
  if (!call.charge_list(size)) return call.failure();
  ListRep* result = new_list(size, call.arena());
  Value* to = result->mutable_items();
  for (const Value& item : list.items()) {
    if (item.is(ValueKind::kList)) {
      to = std::copy(item.as_list().begin(), item.as_list().end(), to);
    } else {
      *to++ = item;
    }
  }
  return Value::list(result);
}

Value zip(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "zip", arguments);
  const ListRep& a = call.list(0, "list");
  const ListRep& b = call.list(1, "other");
  const uint32_t size = std::min(a.size, b.size);
  if (!call.charge_list(uint64_t{size} * 3)) return call.failure();
  ListRep* result = new_list(size, call.arena());
  for (uint32_t i = 0; i < size; ++i) {
    ListRep* pair = new_list(2, call.arena());
    pair->mutable_items()[0] = a.begin()[i];
    pair->mutable_items()[1] = b.begin()[i];
    result->mutable_items()[i] = Value::list(pair);
  }
  return Value::list(result);
}

Value index_of(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "index_of", arguments);
  if (arguments[0].is(ValueKind::kList)) {
    const ListRep& list = arguments[0].as_list();
    if (!call.charge(list.size) || !call.charge_value(arguments[1])) return call.failure();
    for (uint32_t i = 0; i < list.size; ++i) {
      if (equal(list.begin()[i], arguments[1])) return Value::integer(i);
    }
    return Value::null();
  }
  if (!arguments[0].is(ValueKind::kString)) {
    return context.kind_error("index_of", "value", "list or string", arguments[0]);
  }
  const std::string_view text = arguments[0].text();
  const std::string_view wanted = call.text(1, "part");
  if (call.failed() || !call.charge_text(text.size())) return call.failure();
  const void* found = memmem(text.data(), text.size(), wanted.data(), wanted.size());
  if (found == nullptr) return Value::null();
  const auto offset = static_cast<size_t>(static_cast<const char*>(found) - text.data());
  return Value::integer(static_cast<int64_t>(count_code_points(text.substr(0, offset))));
}

}  // namespace

void add_sequences(FunctionTable& functions) {
  const Category add(functions, "lists");
  const ParameterSpec list{"list", "list"};
  const ParameterSpec sequence{"value", "list|string"};
  add("len", {{"value", "string|list|map"}}, "int", "how many characters, items or entries it has",
      R"([len("né"), len([1, 2]), len({})]  # [2, 2, 0])", len);
  add("slice", {sequence, {"start", "int"}, {"end", "int", true}}, "list|string",
      "the items or characters from `start` to before `end`; negative ones count from the end",
      R"([[1, 2, 3, 4].slice(1, 3), "krules".slice(-3)]  # [[2, 3], "les"])", slice);
  add("take", {list, {"count", "int"}}, "list", "the first items, at most `count`",
      "[1, 2, 3].take(2)  # [1, 2]", take);
  add("drop", {list, {"count", "int"}}, "list", "all but the first `count` items", "[1, 2, 3].drop(2)  # [3]",
      drop);
  add("first", {list}, "any", "the first item, null for an empty list",
      "[[4, 5].first(), [].first()]  # [4, null]", first);
  add("last", {list}, "any", "the last item, null for an empty list", "[4, 5].last()  # 5", last);
  add("range", {{"start", "int"}, {"end", "int", true}, {"step", "int", true}}, "list",
      "the whole numbers from `start` (0 when one number is given) to before `end`",
      "[range(3), range(5, 0, -2)]  # [[0, 1, 2], [5, 3, 1]]", range);
  add("reverse", {sequence}, "list|string", "the items or characters from the last to the first",
      R"([[1, 2].reverse(), "abc".reverse()]  # [[2, 1], "cba"])", reverse);
  add("distinct", {list}, "list", "each item once, where it first stands",
      "[2, 1, 2.0, 1].distinct()  # [2, 1]", distinct);
  add("flatten", {list}, "list", "the items of the lists in it, one level deep",
      "[[1, 2], 3, [[4]]].flatten()  # [1, 2, 3, [4]]", flatten);
  add("zip", {list, {"other", "list"}}, "list",
      "pairs of the items at the same place, as long as the shorter list",
      R"(zip([1, 2], ["a", "b", "c"])  # [[1, "a"], [2, "b"]])", zip);
  add("index_of", {sequence, {"part", "any"}}, "int|null",
      "where the item or text first stands, counted from 0; null when it does not",
      R"([[7, 8].index_of(8), "krules".index_of("x")]  # [1, null])", index_of);
}

}  // namespace krules::library
