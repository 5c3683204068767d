// Regular expressions by RE2: their time is linear in the text, whatever the pattern.
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <vector>

#include "call.h"
#include "library.h"
#include "pattern_cache.h"

namespace krules::library {

namespace {

// RE2 gives no more groups than are asked for; a pattern with more is refused.
constexpr int kMaxGroups = 64;
constexpr size_t kMaxPatternBytes = 10'000;

using Pattern = std::shared_ptr<const re2::RE2>;
using Groups = std::array<re2::StringPiece, kMaxGroups + 1>;

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

std::string_view view(const re2::StringPiece& text) {
  return {text.data(), text.size()};
}

// Whether there is a `\C` in the pattern, which fits one byte of a character.
bool cuts_characters(std::string_view pattern) {
  while (true) {
    const size_t at = pattern.find('\\');
    if (at == std::string_view::npos || at + 1 == pattern.size()) return false;
    const char escaped = pattern[at + 1];
    if (escaped == 'C') return true;
    pattern.remove_prefix(at + 2);
    if (escaped == 'Q') pattern.remove_prefix(std::min(pattern.find("\\E"), pattern.size()));
  }
}

// The compiled pattern; null with call.failure() set when it is none.
Pattern compiled(Call& call, PatternCache& cache, std::string_view text) {
  if (call.failed()) return nullptr;
  if (text.size() > kMaxPatternBytes) {
    call.fail(call.error("limit", "`{}` takes a pattern of at most {} bytes, got {}", call.function(),
                         kMaxPatternBytes, text.size()));
    return nullptr;
  }
  Pattern pattern = cache.find(text);
  if (cuts_characters(text)) {
    call.fail(call.error("value",
                         "`{}` takes no \\C in `pattern`: it fits a single byte and would cut characters; "
                         "`(?s:.)` fits any character",
                         call.function()));
    return nullptr;
  }
  if (!pattern->ok()) {
    call.fail(call.error("value", "`{}` takes a regular expression as `pattern`, got \"{}\": {}",
                         call.function(), shown_text(text), pattern->error()));
    return nullptr;
  }
  if (pattern->NumberOfCapturingGroups() > kMaxGroups) {
    call.fail(call.error("limit", "`{}` takes a pattern of at most {} groups", call.function(), kMaxGroups));
    return nullptr;
  }
  return pattern;
}

Value re_match(CallContext& context, Arguments arguments, PatternCache& cache) {
  Call call(context, "re_match", arguments);
  const std::string_view text = call.text(0, "text");
  const std::string_view pattern_text = call.text(1, "pattern");
  const Pattern pattern = compiled(call, cache, pattern_text);
  if (pattern == nullptr || !call.charge_text(text.size())) return call.failure();
  return Value::boolean(pattern->Match(piece(text), 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0));
}

// The number of the group that argument `i` names; without it the first group, or the whole match (0) where
// there is none.
int wanted_group(Call& call, size_t i, const re2::RE2& pattern) {
  const int count = pattern.NumberOfCapturingGroups();
  if (!call.given(i)) return count > 0 ? 1 : 0;
  if (call.argument(i).is(ValueKind::kString)) {
    const auto& names = pattern.NamedCapturingGroups();
    const auto found = names.find(std::string(call.argument(i).text()));
    if (found != names.end()) return found->second;
    call.fail(call.error("value", "`{}` knows no group `{}` in the pattern", call.function(),
                         shown_text(call.argument(i).text())));
    return 0;
  }
  if (!call.argument(i).is_number()) {
    call.wrong_kind(i, "group", "int or string");
    return 0;
  }
  const int64_t number = call.integer(i, "group");
  if (!call.failed() && (number < 0 || number > count)) {
    call.fail(
        call.error("value", "`{}` has no group {}: the pattern has {}", call.function(), number, count));
    return 0;
  }
  return static_cast<int>(number);
}

// Null where the group took no part in the match.
Value group_value(const re2::StringPiece& group) {
  return group.data() == nullptr ? Value::null() : Value::string_view(view(group));
}

Value re_extract(CallContext& context, Arguments arguments, PatternCache& cache) {
  Call call(context, "re_extract", arguments);
  const std::string_view text = call.text(0, "text");
  const std::string_view pattern_text = call.text(1, "pattern");
  const Pattern pattern = compiled(call, cache, pattern_text);
  if (pattern == nullptr || !call.charge_text(text.size())) return call.failure();
  const int group = wanted_group(call, 2, *pattern);
  if (call.failed()) return call.failure();
  Groups groups;
  if (!pattern->Match(piece(text), 0, text.size(), re2::RE2::UNANCHORED, groups.data(), group + 1)) {
    return Value::null();
  }
  return group_value(groups[static_cast<size_t>(group)]);
}

// The end of the character at `at`, for going on behind an empty match.
size_t character_end(std::string_view text, size_t at) {
  ++at;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
  return at;
}

// Calls `visit(groups)` for every match from left to right, none overlapping, until it gives false.
template <class Visit>
void for_each_match(const re2::RE2& pattern, std::string_view text, int groups_wanted, Visit visit) {
  Groups groups;
  size_t at = 0;
  const char* last_end = nullptr;
  while (at <= text.size()) {
    if (!pattern.Match(piece(text), at, text.size(), re2::RE2::UNANCHORED, groups.data(), groups_wanted))
      return;
    const auto begin = static_cast<size_t>(groups[0].data() - text.data());
    const size_t end = begin + groups[0].size();
    const bool empty_behind_match = groups[0].empty() && groups[0].data() == last_end;
    if (!empty_behind_match && !visit(groups)) return;
    last_end = text.data() + end;
    at = groups[0].empty() ? character_end(text, end) : end;
  }
}

Value re_extract_all(CallContext& context, Arguments arguments, PatternCache& cache) {
  Call call(context, "re_extract_all", arguments);
  const std::string_view text = call.text(0, "text");
  const std::string_view pattern_text = call.text(1, "pattern");
  const Pattern pattern = compiled(call, cache, pattern_text);
  if (pattern == nullptr || !call.charge_text(text.size())) return call.failure();
  const int group = wanted_group(call, 2, *pattern);
  if (call.failed()) return call.failure();
  std::vector<Value> found;
  for_each_match(*pattern, text, group + 1, [&](const Groups& groups) {
    found.push_back(group_value(groups[static_cast<size_t>(group)]));
    return call.charge_list(1) && found.size() <= kMaxItems;
  });
  if (call.failed() || !call.charge_list(found.size())) return call.failure();
  ListRep* list = new_list(found.size(), call.arena());
  std::copy(found.begin(), found.end(), list->mutable_items());
  return Value::list(list);
}

/// What `re_replace` puts in the place of a match: text with \0 to \9 for groups and \\ for a backslash.
class Replacement {
 public:
  /// Sets call.failure() where `text` is not well-formed or asks for a group that there is not.
  Replacement(Call& call, std::string_view text, int groups) : text_(text) {
    for_each_part(
        [](std::string_view) {},
        [&](char sign) {
          if (sign == '\\' || call.failed()) return;
          if (sign < '0' || sign > '9') {
            call.fail(call.error(
                "value",
                "`{}` takes a `new` in which \\0 to \\9 are groups and \\\\ is a backslash, got \"{}\"",
                call.function(), shown_text(text_)));
          } else if (sign - '0' > groups) {
            call.fail(call.error("value", "`{}` has no group {}: the pattern has {}", call.function(),
                                 sign - '0', groups));
          }
        });
  }

  size_t size(const Groups& groups) const {
    size_t bytes = 0;
    for_each_part([&bytes](std::string_view plain) { bytes += plain.size(); },
                  [&](char sign) { bytes += sign == '\\' ? 1 : group(groups, sign).size(); });
    return bytes;
  }

  void append(std::string& out, const Groups& groups) const {
    for_each_part([&out](std::string_view plain) { out += plain; },
                  [&](char sign) {
                    if (sign == '\\') {
                      out += sign;
                    } else {
                      out += view(group(groups, sign));
                    }
                  });
  }

 private:
  static const re2::StringPiece& group(const Groups& groups, char digit) {
    return groups[static_cast<size_t>(digit - '0')];
  }

  // Calls `plain` with each run of text, and `escape` with each sign after a backslash (0 at the end of the
  // text).
  template <class Plain, class Escape>
  void for_each_part(Plain plain, Escape escape) const {
    for (size_t at = 0; at < text_.size();) {
      const size_t backslash = std::min(text_.find('\\', at), text_.size());
      if (backslash > at) plain(text_.substr(at, backslash - at));
      if (backslash == text_.size()) return;
      escape(backslash + 1 < text_.size() ? text_[backslash + 1] : '\0');
      at = backslash + 2;
    }
  }

  std::string_view text_;
};

Value re_replace(CallContext& context, Arguments arguments, PatternCache& cache) {
  Call call(context, "re_replace", arguments);
  const std::string_view text = call.text(0, "text");
  const std::string_view pattern_text = call.text(1, "pattern");
  const std::string_view with = call.text(2, "new");
  const Pattern pattern = compiled(call, cache, pattern_text);
  if (pattern == nullptr || !call.charge_text(text.size())) return call.failure();
  const int groups_in_pattern = pattern->NumberOfCapturingGroups();
  const Replacement replacement(call, with, groups_in_pattern);
  if (call.failed()) return call.failure();
  std::string out;
  size_t copied = 0;
  for_each_match(*pattern, text, groups_in_pattern + 1, [&](const Groups& groups) {
    const auto begin = static_cast<size_t>(groups[0].data() - text.data());
    const size_t added = begin - copied + replacement.size(groups);
    if (out.size() + added > kMaxTextBytes) {
      call.fail(call.error("limit", "`re_replace` would make a string of more than {} bytes", kMaxTextBytes));
    }
    if (!call.charge(1 + (with.size() + added) / kBytesPerStep)) return false;
    out += text.substr(copied, begin - copied);
    replacement.append(out, groups);
    copied = begin + groups[0].size();
    return true;
  });
  if (call.failed() || !call.charge_result(out.size() + (text.size() - copied))) return call.failure();
  out += text.substr(copied);
  return call.string(out);
}

}  // namespace

void add_regular_expressions(FunctionTable& functions) {
  const ParameterSpec pattern{.name = "pattern", .kinds = "string", .checked = true};
  const auto cache = std::make_shared<PatternCache>();
  add_with_state(
      functions,
      {.name = "re_match",
       .category = "strings",
       .parameters = {{"text", "string"}, pattern},
       .result = "bool",
       .summary = "whether the regular expression fits anywhere in the text (^ and $ tie it to the ends)",
       .example = R"("order-17".re_match('^order-\d+$')  # true)",
       .null_is_false = true},
      cache, re_match);
  add_with_state(functions,
                 {.name = "re_extract",
                  .category = "strings",
                  .parameters = {{"text", "string"}, pattern, {"group", "int|string", true}},
                  .result = "string|null",
                  .summary = "the first match, or its first (or the given) group; null when nothing fits",
                  .example = R"("order-17".re_extract('order-(\d+)')  # "17")"},
                 cache, re_extract);
  add_with_state(functions,
                 {.name = "re_extract_all",
                  .category = "strings",
                  .parameters = {{"text", "string"}, pattern, {"group", "int|string", true}},
                  .result = "list",
                  .summary = "every match, or its first (or the given) group, from left to right",
                  .example = R"("a1 b22".re_extract_all('\d+')  # ["1", "22"])"},
                 cache, re_extract_all);
  add_with_state(
      functions,
      {.name = "re_replace",
       .category = "strings",
       .parameters = {{"text", "string"}, pattern, {"new", "string"}},
       .result = "string",
       .summary = R"(the text with every match replaced; \1 to \9 stand for its groups, \0 for the whole)",
       .example = R"("2026-11-23".re_replace('(\d+)-(\d+)-(\d+)', '\3/\2/\1')  # "23/11/2026")"},
      cache, re_replace);
}

}  // namespace krules::library
