// contains, starts_with, ends_with and their case-blind forms. None takes memory for texts of usual length:
// they stand in the `when`s of many rules.
#include <cstring>

#include "call.h"
#include "krules/text_tests.h"
#include "library.h"
#include "utf8.h"

namespace krules::library {

namespace {

// Below this many bytes a case-blind search compares at every place; above, it makes lower-case copies and
// lets the C library's linear search do it.
constexpr size_t kFoldFrom = 256;

bool find_text(std::string_view text, std::string_view part) {
  if (part.size() > text.size()) return false;
  return part.empty() || memmem(text.data(), text.size(), part.data(), part.size()) != nullptr;
}

bool ends_with(std::string_view text, std::string_view part) {
  return text.ends_with(part);
}

bool begins_with_folded_at(const char* at, const char* end, std::string_view part) {
  const char* p = part.data();
  const char* part_end = p + part.size();
  while (p != part_end) {
    if (at == end) return false;
    if (to_lower(next_code_point(at, end)) != to_lower(next_code_point(p, part_end))) return false;
  }
  return true;
}

bool begins_with_folded(std::string_view text, std::string_view part) {
  return begins_with_folded_at(text.data(), text.data() + text.size(), part);
}

bool ends_with_folded(std::string_view text, std::string_view part) {
  const char* t = text.data() + text.size();
  const char* p = part.data() + part.size();
  while (p != part.data()) {
    if (t == text.data()) return false;
    if (to_lower(previous_code_point(text.data(), t)) != to_lower(previous_code_point(part.data(), p)))
      return false;
  }
  return true;
}

// A lower-case copy in the arena. A character's lower case takes at most three bytes for its two.
std::string_view folded(std::string_view text, Arena& arena) {
  char* memory = arena.allocate_array<char>(text.size() * 3 / 2 + 4);
  char* to = memory;
  const char* end = text.data() + text.size();
  for (const char* at = text.data(); at != end;) to = put_code_point(to, to_lower(next_code_point(at, end)));
  return {memory, static_cast<size_t>(to - memory)};
}

bool find_folded(Arena& arena, std::string_view text, std::string_view part) {
  if (text.size() + part.size() >= kFoldFrom) return find_text(folded(text, arena), folded(part, arena));
  const char* end = text.data() + text.size();
  for (const char* at = text.data();; next_code_point(at, end)) {
    if (begins_with_folded_at(at, end, part)) return true;
    if (at == end) return false;
  }
}

// How a text is held against a part of it. kPlain is what rules with two plain strings call at once.
struct Contains {
  static constexpr std::string_view kName = "contains";
  static constexpr auto kPlain = find_text;
};
struct StartsWith {
  static constexpr std::string_view kName = "starts_with";
  static constexpr auto kPlain = text_begins_with;
};
struct EndsWith {
  static constexpr std::string_view kName = "ends_with";
  static constexpr auto kPlain = ends_with;
};
struct StartsWithFolded {
  static constexpr std::string_view kName = "istarts_with";
  static constexpr auto kPlain = begins_with_folded;
};
struct EndsWithFolded {
  static constexpr std::string_view kName = "iends_with";
  static constexpr auto kPlain = ends_with_folded;
};
/// Takes memory for long texts, and so needs the arena.
struct ContainsFolded {
  static constexpr std::string_view kName = "icontains";
};

template <class Test>
bool holds_part(Call& call, std::string_view text, std::string_view part) {
  if constexpr (std::is_same_v<Test, ContainsFolded>) {
    return find_folded(call.arena(), text, part);
  } else {
    (void)call;
    return Test::kPlain(text, part);
  }
}

// A list of texts: whether one of them (all of them) passes.
template <class Test>
Value test_each(Call& call, std::string_view text, const ListRep& parts, std::string_view parameter,
                bool all) {
  bool result = all;
  for (const Value& part : parts.items()) {
    if (!part.is(ValueKind::kString)) {
      return call.context().kind_error(Test::kName, parameter, "list of strings", part);
    }
    if (!call.charge(1) || !call.charge_text(text.size())) return call.failure();
    if (holds_part<Test>(call, text, part.text()) != all) {
      result = !all;
      break;
    }
  }
  return Value::boolean(result);
}

// Membership: the items of a list instead of the parts of a text.
Value test_items(Call& call, const ListRep& list) {
  const bool all = call.given(2);
  const Value& wanted = call.argument(all ? 2 : 1);
  if (all && !wanted.is(ValueKind::kList)) call.wrong_kind(2, "all", "list");
  if (!call.charge(list.size) || !call.charge_value(wanted)) return call.failure();
  auto holds = [&list](const Value& item) {
    for (const Value& there : list.items()) {
      if (equal(there, item)) return true;
    }
    return false;
  };
  if (!wanted.is(ValueKind::kList)) return Value::boolean(holds(wanted));
  for (const Value& item : wanted.as_list().items()) {
    if (!call.charge(list.size + 1)) return call.failure();
    if (holds(item) != all) return Value::boolean(!all);
  }
  return Value::boolean(all);
}

template <class Test>
Value text_predicate(CallContext& context, Arguments arguments, const void*) {
  Call call(context, Test::kName, arguments);
  if (call.given(1) == call.given(2)) {
    return call.error("value", "`{}` takes either what to look for or `all: [...]`", Test::kName);
  }
  if constexpr (std::is_same_v<Test, Contains>) {
    if (arguments[0].is(ValueKind::kList)) return test_items(call, arguments[0].as_list());
    if (!arguments[0].is(ValueKind::kString)) call.wrong_kind(0, "text", "string or list");
  }
  const std::string_view text = call.text(0, "text");
  if (call.given(2)) {
    const ListRep& parts = call.list(2, "all");
    if (call.failed()) return call.failure();
    return test_each<Test>(call, text, parts, "all", true);
  }
  if (arguments[1].is(ValueKind::kList)) {
    if (call.failed()) return call.failure();
    return test_each<Test>(call, text, arguments[1].as_list(), "part", false);
  }
  if (!arguments[1].is(ValueKind::kString)) call.wrong_kind(1, "part", "string or list");
  if (call.failed() || !call.charge_text(text.size())) return call.failure();
  return Value::boolean(holds_part<Test>(call, text, arguments[1].text()));
}

template <class Test>
void add_predicate(FunctionTable& functions, std::string subject_kinds, std::string part_kinds,
                   const std::string& summary, const std::string& example) {
  FunctionSpec spec{.name = std::string(Test::kName),
                    .category = "strings",
                    .parameters = {{"text", std::move(subject_kinds)},
                                   {"part", std::move(part_kinds), true},
                                   {"all", "list", true, true}},
                    .result = "bool",
                    .summary = summary,
                    .example = example,
                    .null_is_false = true,
                    .function = text_predicate<Test>};
  if constexpr (!std::is_same_v<Test, ContainsFolded>) spec.string_predicate = Test::kPlain;
  functions.add(std::move(spec));
}

}  // namespace

void add_text_predicates(FunctionTable& functions) {
  const std::string kinds = "string|list";
  add_predicate<Contains>(functions, "string|list", "any",
                          "whether a text or a list holds `part`; a list means any of, `all:` each of",
                          R"("server-7".contains(["db", "server"])  # true)");
  add_predicate<StartsWith>(functions, "string", kinds,
                            "whether a text begins with `part`; a list means any of, `all:` each of",
                            R"("device:7".starts_with("device:")  # true)");
  add_predicate<EndsWith>(functions, "string", kinds,
                          "whether a text ends with `part`; a list means any of, `all:` each of",
                          R"("photo.png".ends_with([".jpg", ".png"])  # true)");
  add_predicate<ContainsFolded>(functions, "string", kinds,
                                "like `contains`, capital and small letters alike",
                                R"("Disk FULL".icontains(all: ["disk", "full"])  # true)");
  add_predicate<StartsWithFolded>(functions, "string", kinds,
                                  "like `starts_with`, capital and small letters alike",
                                  R"("ERROR 17".istarts_with("error")  # true)");
  add_predicate<EndsWithFolded>(functions, "string", kinds,
                                "like `ends_with`, capital and small letters alike",
                                R"("README.MD".iends_with(".md")  # true)");
}

}  // namespace krules::library
