#include <fmt/format.h>

#include "krules/json.h"
#include "make_nodes.h"

namespace krules {

namespace {

// Items evaluated before their container is made; most literals are short.
class Items {
 public:
  Items(size_t count, Frame& frame)
      : values_(count <= kInside ? inside_ : frame.arena->allocate_array<Value>(count)) {}
  Items(const Items&) = delete;
  Items& operator=(const Items&) = delete;

  Value& operator[](size_t i) { return values_[i]; }

 private:
  static constexpr size_t kInside = 12;
  Value inside_[kInside];
  Value* values_;
};

Value wrong_spread(const Node& node, std::string_view expected, const Value& got, Frame& frame) {
  return make_error(frame, node, error_kind::kKind,
                    fmt::format("`...` takes a {} here, got {}", expected, kind_name(got.kind())));
}

// Null is spread as nothing.
Value spread(const Node& node, Frame& frame) {
  const auto& self = static_cast<const SpreadNode&>(node);
  return self.operand->eval(*self.operand, frame);
}

Value make_list(const Node& node, Frame& frame) {
  const auto& self = static_cast<const ListNode&>(node);
  Items items(self.count, frame);
  size_t size = 0;
  for (uint32_t i = 0; i < self.count; ++i) {
    const Node& item = *self.items[i];
    items[i] = item.eval(item, frame);
    if (items[i].is_error()) return items[i];
    if (!is_spread(item)) {
      ++size;
    } else if (items[i].is(ValueKind::kList)) {
      size += items[i].as_list().size;
    } else if (!items[i].is_null()) {
      return wrong_spread(item, "list", items[i], frame);
    }
  }
  if (!take_steps(frame, size)) return with_place(frame, node, budget_error(frame));
  ListRep* list = new_list(size, *frame.arena);
  Value* to = list->mutable_items();
  for (uint32_t i = 0; i < self.count; ++i) {
    if (!is_spread(*self.items[i])) {
      *to++ = items[i];
    } else if (items[i].is(ValueKind::kList)) {
      to = std::copy(items[i].as_list().begin(), items[i].as_list().end(), to);
    }
  }
  return Value::list(list);
}

Value make_map(const Node& node, Frame& frame) {
  const auto& self = static_cast<const MapNode&>(node);
  MapBuilder map(*frame.arena, self.count);
  for (uint32_t i = 0; i < self.count; ++i) {
    const MapNode::Entry& entry = self.entries[i];
    const Symbol* key = entry.key;
    if (entry.computed != nullptr) {
      const Value name = entry.computed->eval(*entry.computed, frame);
      if (name.is_error()) return name;
      key = frame.host->symbol(name.text());
    }
    const Value value = entry.value->eval(*entry.value, frame);
    if (value.is_error()) return value;
    if (key != nullptr) {
      map.add(key, value);
    } else if (value.is(ValueKind::kMap)) {
      if (!take_steps(frame, value.as_map().size)) return with_place(frame, node, budget_error(frame));
      for (const MapRep::Entry& each : value.as_map().entries()) map.add(each.key, each.value);
    } else if (!value.is_null()) {
      return wrong_spread(*entry.value, "map", value, frame);
    }
  }
  if (!take_steps(frame, self.count)) return with_place(frame, node, budget_error(frame));
  return map.finish();
}

Value interpolate(const Node& node, Frame& frame) {
  const auto& self = static_cast<const ListNode&>(node);
  Items parts(self.count, frame);
  for (uint32_t i = 0; i < self.count; ++i) {
    parts[i] = self.items[i]->eval(*self.items[i], frame);
    if (parts[i].is_error()) return parts[i];
    if (is_container(parts[i])) {
      if (const Value error = pay_for_walk(frame, node.span, node.source, parts[i]); error.is_error())
        return error;
    }
  }
  std::string& text = frame.scratch;
  text.clear();
  for (uint32_t i = 0; i < self.count; ++i) {
    const size_t before = text.size();
    append_display(text, parts[i]);
    if (!take_steps(frame, text_steps(text.size() - before))) {
      return with_place(frame, node, budget_error(frame));
    }
  }
  return Value::string(text, *frame.arena);
}

}  // namespace

bool is_spread(const Node& node) {
  return node.eval == spread;
}

EvalFunction spread_function() {
  return spread;
}
EvalFunction list_function() {
  return make_list;
}
EvalFunction map_function() {
  return make_map;
}
EvalFunction interpolation_function() {
  return interpolate;
}

}  // namespace krules
