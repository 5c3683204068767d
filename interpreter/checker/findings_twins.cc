#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "finding_parts.h"
#include "krules/check_codes.h"
#include "syntax_walk.h"

/// Rules that do the same as an earlier one.
namespace krules::check {

namespace {

void add_patterns(const std::vector<NamePattern>& patterns, std::string& key) {
  std::vector<std::string_view> texts;
  for (const NamePattern& each : patterns) texts.push_back(each.text);
  std::sort(texts.begin(), texts.end());
  for (const std::string_view text : texts) {
    key += text;
    key += '\n';
  }
  key += '|';
}

void add_number(uint64_t number, std::string& key) {
  key += std::to_string(number);
  key += ' ';
}

/// What a rule waits for, and all that it does under which conditions: equal texts, equal rules. Empty where
/// it does more than its effects say.
std::string key_of(const Model& model, const RuleModel& rule) {
  bool says_more = false;
  for_each_stmt(rule.syntax->body, [&](const ast::Stmt& stmt) {
    says_more |= std::holds_alternative<ast::Log>(stmt.node) ||
                 std::holds_alternative<ast::Fail>(stmt.node) ||
                 std::holds_alternative<ast::Try>(stmt.node) || std::holds_alternative<ast::For>(stmt.node);
    if (const auto* set = std::get_if<ast::Set>(&stmt.node))
      says_more |= set->target.kind == ast::Target::Kind::kMeta;
  });
  if (says_more) return {};
  std::string key;
  for (const CompiledTrigger& trigger : rule.compiled->triggers) {
    add_patterns(trigger.types, key);
    add_patterns(trigger.properties, key);
    add_patterns(trigger.subjects, key);
  }
  bool has_effect = false;
  for (uint32_t number = rule.first_path; number < rule.first_path + rule.own_paths; ++number) {
    const RulePath& path = model.paths[number];
    if (path.coarse) return {};
    key += "path ";
    std::vector<std::pair<TermId, bool>> when;
    for (const Literal& literal : path.when) when.emplace_back(literal.term, literal.truth);
    std::sort(when.begin(), when.end());
    when.erase(std::unique(when.begin(), when.end()), when.end());
    for (const auto& [term, truth] : when) add_number(2 * uint64_t{term} + (truth ? 1 : 0), key);
    for (const Effect& effect : path.effects) {
      has_effect = true;
      key += "does ";
      for (const uint64_t part : {static_cast<uint64_t>(effect.kind), uint64_t{effect.makes_event},
                                  uint64_t{effect.extended}, uint64_t{effect.subject}, uint64_t{effect.name},
                                  uint64_t{effect.payload}, uint64_t{effect.after}, uint64_t{effect.context}})
        add_number(part, key);
    }
  }
  return has_effect ? key : std::string();
}

}  // namespace

void find_twins(FindingSearch& search) {
  std::map<std::string, uint32_t> first;
  for (uint32_t rule = 0; rule < search.model.rule_count; ++rule) {
    const RuleModel& model = search.model.rules[rule];
    std::string key = key_of(search.model, model);
    if (key.empty()) continue;
    const auto [known, is_new] = first.emplace(std::move(key), rule);
    if (is_new) continue;
    search
        .warn(
            check_codes::kCovered, model.compiled->where,
            fmt::format("the rule `{}` does the same as `{}`, for the same events under the same conditions",
                        search.name_of(rule), search.name_of(known->second)),
            "remove one of them, or write what sets them apart")
        .related.push_back({search.model.rules[known->second].compiled->where, "the earlier one"});
  }
}

}  // namespace krules::check
