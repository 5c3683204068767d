// The functions of lists that take a lambda, and putting in order.
#include <algorithm>
#include <bit>
#include <string>

#include "call.h"
#include "krules/json.h"
#include "library.h"

namespace krules::library {

namespace {

// What a lambda says of one item: true, false (null counts as false), or an error value.
Value verdict(Call& call, const Value& lambda, const Value& item) {
  const Value result = call.context().invoke(lambda, {&item, 1});
  if (result.is_null()) return Value::boolean(false);
  if (result.is(ValueKind::kBool) || result.is_error()) return result;
  return call.error("kind", "the condition of `{}` is to give a bool, got {}", call.function(),
                    kind_name(result.kind()));
}

// As for `or` and `and`: the deciding verdict wins even where another item fails.
Value quantify(Call& call, bool deciding) {
  const ListRep& list = call.list(0, "list");
  const bool has_condition = call.given(1);
  const Value condition = has_condition ? call.lambda(1, "condition") : Value::null();
  if (!call.charge(list.size)) return call.failure();
  Value first_error;
  for (const Value& item : list.items()) {
    Value result;
    if (has_condition) {
      result = verdict(call, condition, item);
    } else if (item.is(ValueKind::kBool) || item.is_null()) {
      result = Value::boolean(item.is_true());
    } else {
      result = call.context().kind_error(call.function(), "list", "list of bools (or a condition)", item);
    }
    if (result.is_error()) {
      if (result.as_error().fatal) return result;
      if (first_error.is_null()) first_error = result;
    } else if (result.is_true() == deciding) {
      return Value::boolean(deciding);
    }
  }
  return first_error.is_null() ? Value::boolean(!deciding) : first_error;
}

Value any(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "any", arguments);
  return quantify(call, true);
}

Value all(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "all", arguments);
  return quantify(call, false);
}

Value filter(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "filter", arguments);
  const ListRep& list = call.list(0, "list");
  const Value& condition = call.lambda(1, "condition");
  if (!call.charge_list(list.size)) return call.failure();
  ListRep* kept = new_list(list.size, call.arena());
  uint32_t count = 0;
  for (const Value& item : list.items()) {
    const Value result = verdict(call, condition, item);
    if (result.is_error()) return result;
    if (result.is_true()) kept->mutable_items()[count++] = item;
  }
  kept->size = count;
  return Value::list(kept);
}

Value find(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "find", arguments);
  const ListRep& list = call.list(0, "list");
  const Value& condition = call.lambda(1, "condition");
  if (!call.charge(list.size)) return call.failure();
  for (const Value& item : list.items()) {
    const Value result = verdict(call, condition, item);
    if (result.is_error()) return result;
    if (result.is_true()) return item;
  }
  return Value::null();
}

Value count(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "count", arguments);
  const ListRep& list = call.list(0, "list");
  if (!call.given(1)) return call.failed() ? call.failure() : Value::integer(list.size);
  const Value& condition = call.lambda(1, "condition");
  if (!call.charge(list.size)) return call.failure();
  int64_t held = 0;
  for (const Value& item : list.items()) {
    const Value result = verdict(call, condition, item);
    if (result.is_error()) return result;
    held += result.is_true();
  }
  return Value::integer(held);
}

Value map(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "map", arguments);
  const ListRep& list = call.list(0, "list");
  const Value& change = call.lambda(1, "change");
  if (!call.charge_list(list.size)) return call.failure();
  ListRep* changed = new_list(list.size, call.arena());
  for (uint32_t i = 0; i < list.size; ++i) {
    const Value result = context.invoke(change, {list.begin() + i, 1});
    if (result.is_error()) return result;
    changed->mutable_items()[i] = result;
  }
  return Value::list(changed);
}

Value reduce(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "reduce", arguments);
  const ListRep& list = call.list(0, "list");
  const Value& step = call.lambda(2, "step");
  if (!call.charge(list.size)) return call.failure();
  // Each step may put the value so far into another list. How deep that has become is looked at now and then,
  // before it is too deep for what walks values.
  constexpr uint32_t kLookEvery = 16;
  Value so_far = arguments[1];
  for (uint32_t i = 0; i < list.size; ++i) {
    const Value pair[] = {so_far, list.begin()[i]};
    so_far = context.invoke(step, pair);
    if (so_far.is_error()) return so_far;
    if (i % kLookEvery == kLookEvery - 1 && !call.charge_value(so_far)) return call.failure();
  }
  return so_far;
}

// ---------------------------------------------------------------- order

struct Keyed {
  Value key;
  Value item;
};

// Puts `entries` in the order of their keys; equal ones stay as they are. An error value when the keys have
// none.
Value put_in_order(Call& call, std::span<Keyed> entries) {
  for (const Keyed& entry : entries) {
    if (!is_ordered(entry.key)) {
      return call.error("kind", "`{}` orders numbers, strings, durations or timestamps, got {}",
                        call.function(), kind_name(entry.key.kind()));
    }
    if (!same_order(entries[0].key, entry.key)) {
      return call.error("kind", "`{}` orders values of one kind, got {} and {}", call.function(),
                        kind_name(entries[0].key.kind()), kind_name(entry.key.kind()));
    }
  }
  const uint64_t rounds = std::bit_width(entries.size());
  if (!call.charge(entries.size() * rounds)) return call.failure();
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Keyed& a, const Keyed& b) { return compare_ordered(a.key, b.key) < 0; });
  return Value::null();
}

Value sorted(Call& call, const ListRep& list, const Value* key_of) {
  if (!call.charge_list(list.size)) return call.failure();
  auto* memory = call.arena().allocate_array<Keyed>(list.size);
  for (uint32_t i = 0; i < list.size; ++i) {
    const Value& item = list.begin()[i];
    const Value key = key_of == nullptr ? item : call.context().invoke(*key_of, {&item, 1});
    if (key.is_error()) return key;
    memory[i] = {key, item};
  }
  const std::span<Keyed> entries(memory, list.size);
  if (const Value problem = put_in_order(call, entries); problem.is_error()) return problem;
  ListRep* result = new_list(list.size, call.arena());
  for (uint32_t i = 0; i < list.size; ++i) result->mutable_items()[i] = entries[i].item;
  return Value::list(result);
}

Value sort(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "sort", arguments);
  const ListRep& list = call.list(0, "list");
  return call.failed() ? call.failure() : sorted(call, list, nullptr);
}

Value sort_by(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "sort_by", arguments);
  const ListRep& list = call.list(0, "list");
  const Value& key_of = call.lambda(1, "by");
  return call.failed() ? call.failure() : sorted(call, list, &key_of);
}

// ---------------------------------------------------------------- groups

Value group_by(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "group_by", arguments);
  const ListRep& list = call.list(0, "list");
  const Value& key_of = call.lambda(1, "by");
  if (!call.charge_list(list.size)) return call.failure();
  const Symbol** keys = call.arena().allocate_array<const Symbol*>(list.size);
  std::string text;
  for (uint32_t i = 0; i < list.size; ++i) {
    const Value& item = list.begin()[i];
    const Value key = context.invoke(key_of, {&item, 1});
    if (key.is_error()) return key;
    if (key.is(ValueKind::kFloat) || key.is(ValueKind::kList) || key.is(ValueKind::kMap)) {
      return call.error("kind", "`group_by` takes a string, an int, a bool or null as key, got {}",
                        kind_name(key.kind()));
    }
    text.clear();
    append_display(text, key);
    keys[i] = context.symbol(text);
    if (!call.charge_text(text.size())) return call.failure();
  }
  // First how many items each key has, then the lists in their final size.
  MapBuilder groups(call.arena());
  for (uint32_t i = 0; i < list.size; ++i) groups.add(keys[i], Value::integer(0));
  const Value result = groups.finish();
  auto* entries = const_cast<MapRep&>(result.as_map()).mutable_entries();
  auto entry_of = [&result](const Symbol* key) { return const_cast<Value*>(result.as_map().find(key)); };
  for (uint32_t i = 0; i < list.size; ++i) {
    Value* size = entry_of(keys[i]);
    *size = Value::integer(size->as_int() + 1);
  }
  for (uint32_t i = 0; i < result.as_map().size; ++i) {
    ListRep* group = new_list(static_cast<size_t>(entries[i].value.as_int()), call.arena());
    group->size = 0;
    entries[i].value = Value::list(group);
  }
  for (uint32_t i = 0; i < list.size; ++i) {
    auto* group = const_cast<ListRep*>(&entry_of(keys[i])->as_list());
    group->mutable_items()[group->size++] = list.begin()[i];
  }
  return result;
}

}  // namespace

void add_lists(FunctionTable& functions) {
  const Category add(functions, "lists");
  const ParameterSpec list{"list", "list"};
  add("any", {list, {"condition", "lambda", true}}, "bool",
      "whether one item fulfils the condition (or is true); false for an empty list",
      "[3, 95].any(x => x > 90)  # true", any);
  add("all", {list, {"condition", "lambda", true}}, "bool",
      "whether every item fulfils the condition (or is true); true for an empty list",
      "[3, 95].all(x => x > 90)  # false", all);
  add("filter", {list, {"condition", "lambda"}}, "list", "the items that fulfil the condition",
      "[1, 2, 3].filter(x => x > 1)  # [2, 3]", filter);
  add("find", {list, {"condition", "lambda"}}, "any", "the first item that fulfils the condition, or null",
      "[1, 2, 3].find(x => x > 1)  # 2", find);
  add("count", {list, {"condition", "lambda", true}}, "int",
      "how many items there are, or fulfil the condition", "[1, 2, 3].count(x => x > 1)  # 2", count);
  add("map", {list, {"change", "lambda"}}, "list", "what the lambda makes of each item",
      "[1, 2].map(x => x * 10)  # [10, 20]", map);
  add("reduce", {list, {"start", "any"}, {"step", "lambda"}}, "any",
      "one value made of all items: each step takes the value so far and the next item",
      "[1, 2, 3].reduce(1, (product, x) => product * x)  # 6", reduce);
  add("sort", {list}, "list", "the items in order, the least first", R"(["b", "a"].sort()  # ["a", "b"])",
      sort);
  add("sort_by", {list, {"by", "lambda"}}, "list",
      "the items in the order of what the lambda gives; equal ones stay as they are",
      "[{ n: 2 }, { n: 1 }].sort_by(x => x.n)  # [{ n: 1 }, { n: 2 }]", sort_by);
  add("group_by", {list, {"by", "lambda"}}, "map",
      "the items in lists by what the lambda gives, as a map in the order of first appearance",
      R"([1, 2, 3].group_by(x => if x > 1 then "big" else "small")  # { small: [1], big: [2, 3] })",
      group_by);
}

}  // namespace krules::library
