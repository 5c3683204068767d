#include <algorithm>

#include "call.h"
#include "krules/symbol.h"
#include "library.h"

namespace krules::library {

namespace {

Value text_of(const Symbol* key, Arena& arena) {
  return Value::string(key->text(), arena);
}

Value keys(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "keys", arguments);
  const MapRep& map = call.map(0, "map");
  if (!call.charge_list(map.size)) return call.failure();
  ListRep* list = new_list(map.size, call.arena());
  Value* to = list->mutable_items();
  for (const MapRep::Entry& entry : map.entries()) *to++ = text_of(entry.key, call.arena());
  return Value::list(list);
}

Value values(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "values", arguments);
  const MapRep& map = call.map(0, "map");
  if (!call.charge_list(map.size)) return call.failure();
  ListRep* list = new_list(map.size, call.arena());
  Value* to = list->mutable_items();
  for (const MapRep::Entry& entry : map.entries()) *to++ = entry.value;
  return Value::list(list);
}

Value entries(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "entries", arguments);
  const MapRep& map = call.map(0, "map");
  if (!call.charge_list(uint64_t{map.size} * 4)) return call.failure();
  const Symbol* key_name = context.symbol("key");
  const Symbol* value_name = context.symbol("value");
  ListRep* list = new_list(map.size, call.arena());
  Value* to = list->mutable_items();
  for (const MapRep::Entry& entry : map.entries()) {
    MapBuilder pair(call.arena(), 2);
    pair.add(key_name, text_of(entry.key, call.arena()));
    pair.add(value_name, entry.value);
    *to++ = pair.finish();
  }
  return Value::list(list);
}

Value from_entries(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "from_entries", arguments);
  const ListRep& list = call.list(0, "list");
  if (!call.charge_list(list.size)) return call.failure();
  MapBuilder result(call.arena(), std::max<size_t>(list.size, 1));
  for (const Value& item : list.items()) {
    const Value* key = item.is(ValueKind::kMap) ? item.as_map().find("key") : nullptr;
    if (key == nullptr || !key->is(ValueKind::kString)) {
      return call.error(
          "kind", "`from_entries` takes a list of maps {{ key: string, value: any }}, got an item that is {}",
          item.is(ValueKind::kMap) ? "a map without such a key" : kind_name(item.kind()));
    }
    const Value* value = item.as_map().find("value");
    if (!call.charge_text(key->text().size())) return call.failure();
    result.add(context.symbol(key->text()), value == nullptr ? Value::null() : *value);
  }
  return result.finish();
}

void add_all(MapBuilder& to, const MapRep& map) {
  for (const MapRep::Entry& entry : map.entries()) to.add(entry.key, entry.value);
}

Value merge(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "merge", arguments);
  uint64_t size = 0;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (i < 2 || call.given(i)) size += call.map(i, i == 0 ? "map" : "other").size;
  }
  if (!call.charge_list(size)) return call.failure();
  MapBuilder result(call.arena(), std::max<size_t>(size, 1));
  for (const Value& argument : arguments) {
    if (argument.is(ValueKind::kMap)) add_all(result, argument.as_map());
  }
  return result.finish();
}

Value with(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "with", arguments);
  const MapRep& map = call.map(0, "map");
  if (!call.given(2)) {
    if (!arguments[1].is(ValueKind::kMap)) {
      call.wrong_kind(
          1, "name", arguments[1].is(ValueKind::kString) ? "map (or a name and its value)" : "string or map");
    }
  } else {
    call.text(1, "name");
  }
  if (call.failed()) return call.failure();
  const uint64_t added = call.given(2) ? 1 : arguments[1].as_map().size;
  if (!call.charge_list(map.size + added)) return call.failure();
  MapBuilder result(call.arena(), map.size + added + 1);
  add_all(result, map);
  if (call.given(2)) {
    result.add(context.symbol(arguments[1].text()), arguments[2]);
  } else {
    add_all(result, arguments[1].as_map());
  }
  return result.finish();
}

// The names given as several strings, or as lists of strings.
class Names {
 public:
  Names(Call& call, Arguments arguments) : arguments_(arguments.subspan(1)) {
    for (size_t i = 0; i < arguments_.size(); ++i) {
      const Value& argument = arguments_[i];
      if (argument.is(ValueKind::kMissing)) continue;
      if (argument.is(ValueKind::kString)) {
        ++size_;
        continue;
      }
      if (!argument.is(ValueKind::kList)) {
        call.wrong_kind(i + 1, "keys", "string or list");
        return;
      }
      size_ += argument.as_list().size;
      for (const Value& name : argument.as_list().items()) {
        if (!name.is(ValueKind::kString)) {
          call.fail(call.context().kind_error(call.function(), "keys", "list of strings", name));
          return;
        }
      }
    }
  }

  uint64_t size() const { return size_; }

  template <class Visit>
  void for_each(Visit visit) const {
    for (const Value& argument : arguments_) {
      if (argument.is(ValueKind::kString)) visit(argument.text());
      if (!argument.is(ValueKind::kList)) continue;
      for (const Value& name : argument.as_list().items()) visit(name.text());
    }
  }

 private:
  Arguments arguments_;
  uint64_t size_ = 0;
};

// The number of the entry that `value` is of.
size_t place_of(const MapRep& map, const Value* value) {
  return static_cast<size_t>(reinterpret_cast<const char*>(value) -
                             reinterpret_cast<const char*>(map.begin())) /
         sizeof(MapRep::Entry);
}

Value pick(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "pick", arguments);
  const MapRep& map = call.map(0, "map");
  const Names names(call, arguments);
  if (!call.charge_list(names.size() + 1)) return call.failure();
  // In the order of the names; a map without an index is looked through for each of them.
  if (map.index_mask == 0 && !call.charge(names.size() * map.size / 16)) return call.failure();
  MapBuilder result(call.arena());
  names.for_each([&](std::string_view name) {
    const Value* value = map.find(name);
    if (value == nullptr) return;
    result.add(map.begin()[place_of(map, value)].key, *value);
  });
  return result.finish();
}

Value without(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "without", arguments);
  const MapRep& map = call.map(0, "map");
  const Names names(call, arguments);
  if (!call.charge_list(names.size() + map.size)) return call.failure();
  // The places to leave out.
  auto* left_out = call.arena().allocate_array<bool>(map.size + 1);
  std::fill_n(left_out, map.size, false);
  bool changes = false;
  names.for_each([&](std::string_view name) {
    const Value* value = map.find(name);
    if (value == nullptr) return;
    left_out[place_of(map, value)] = true;
    changes = true;
  });
  if (!changes) return arguments[0];
  MapBuilder result(call.arena(), map.size);
  for (uint32_t i = 0; i < map.size; ++i) {
    if (!left_out[i]) result.add(map.begin()[i].key, map.begin()[i].value);
  }
  return result.finish();
}

Value has_key(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "has_key", arguments);
  const MapRep& map = call.map(0, "map");
  const std::string_view key = call.text(1, "name");
  return call.failed() ? call.failure() : Value::boolean(map.find(key) != nullptr);
}

Value get(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "get", arguments);
  const Value otherwise = call.given(2) ? arguments[2] : Value::null();
  if (arguments[0].is_null()) return otherwise;
  if (arguments[0].is(ValueKind::kList)) {
    const ListRep& list = arguments[0].as_list();
    const int64_t index = call.integer(1, "name");
    if (call.failed()) return call.failure();
    const int64_t place = index < 0 ? index + list.size : index;
    return place >= 0 && place < list.size ? list.begin()[place] : otherwise;
  }
  if (!arguments[0].is(ValueKind::kMap)) call.wrong_kind(0, "map", "map or list");
  const std::string_view key = call.failed() ? std::string_view{} : call.text(1, "name");
  if (call.failed()) return call.failure();
  const Value* value = arguments[0].as_map().find(key);
  return value == nullptr ? otherwise : *value;
}

}  // namespace

void add_maps(FunctionTable& functions) {
  const Category add(functions, "maps");
  const ParameterSpec map{"map", "map"};
  const ParameterSpec names{"keys", "string|list"};
  add("keys", {map}, "list", "the keys, in the map's order", R"({ b: 1, a: 2 }.keys()  # ["b", "a"])", keys);
  add("values", {map}, "list", "the values, in the map's order", "{ b: 1, a: 2 }.values()  # [1, 2]", values);
  add("entries", {map}, "list", "the entries as maps { key, value }, in the map's order",
      R"({ a: 1 }.entries()  # [{ key: "a", value: 1 }])", entries);
  add("from_entries", {{"list", "list"}}, "map",
      "the map of a list of maps { key, value }; the last of a key wins",
      R"([{ key: "a", value: 1 }].from_entries()  # { a: 1 })", from_entries);
  add("with", {map, {"name", "string|map"}, {"value", "any", true}}, "map",
      "the map with one entry, or all of another map, set", R"({ a: 1 }.with("b", 2)  # { a: 1, b: 2 })",
      with);
  add.variadic("without", {map, names}, "map", "the map without these keys (several, or a list)",
               R"({ a: 1, b: 2, c: 3 }.without("a", "b")  # { c: 3 })", without);
  add.variadic("pick", {map, names}, "map", "these keys (several, or a list) of the map alone",
               R"({ a: 1, b: 2, c: 3 }.pick("c", "a", "z")  # { c: 3, a: 1 })", pick);
  add.variadic("merge", {map, {"other", "map"}}, "map", "all entries of several maps; the last of a key wins",
               "merge({ a: 1, b: 1 }, { b: 2 })  # { a: 1, b: 2 }", merge);
  add("has_key", {map, {"name", "string"}}, "bool", "whether the map has an entry of that key, be it null",
      R"({ a: null }.has_key("a")  # true)", has_key);
  add("get", {{"map", "map|list|null"}, {"name", "string|int"}, {"otherwise", "any", true}}, "any",
      "the entry of a map or a list, `otherwise` (or null) where there is none",
      R"([{ a: 1 }.get("b", 0), [7, 8].get(-1)]  # [0, 8])", get);
}

}  // namespace krules::library
