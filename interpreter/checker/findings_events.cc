#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "finding_parts.h"
#include "glob_meet.h"
#include "krules/check_codes.h"

/// Rules that nothing fires, and events that nobody handles.
namespace krules::check {

namespace {

bool is_built_in(std::string_view type) {
  return type == kPropertyChangedType || type == kPropertyDeletedType || type == kSubjectDeletedType;
}

class Events {
 public:
  explicit Events(FindingSearch& search) : search_(search) {
    for (const ast::Module& module : search.modules) {
      for (const ast::Declaration& declaration : module.declarations) {
        if (const auto* input = std::get_if<ast::Input>(&declaration.node)) {
          inputs_.insert(input->type.text);
        } else if (const auto* output = std::get_if<ast::Output>(&declaration.node)) {
          for (const ast::Pattern& type : output->types) outputs_.push_back(&type);
        }
      }
    }
  }

  void find_dead() {
    for (uint32_t rule = 0; rule < search_.model.rule_count; ++rule) {
      if (!search_.graph.waited_by(rule).empty() || comes_from_outside(rule)) continue;
      search_.dead[rule] = 1;
      tell_dead(rule);
    }
  }

  void find_unhandled() {
    if (outputs_.empty()) return;
    std::unordered_set<std::string_view> handled;
    for (const EventGraph::Class& made : search_.graph.classes()) {
      if (made.kind == EventClass::Kind::kPlain && !made.rules.empty()) handled.insert(made.name);
    }
    for (const EventGraph::Class& made : search_.graph.classes()) {
      if (made.kind != EventClass::Kind::kPlain || !handled.insert(made.name).second) continue;
      if (search_.misspelled.count(made.name) != 0) continue;
      if (std::any_of(outputs_.begin(), outputs_.end(),
                      [&](const ast::Pattern* type) { return globs_meet(type->text, made.name); }))
        continue;
      const Site& site = made.sites.front();
      const RulePath& path = search_.model.paths[site.path];
      // A module tells whoever wants to know.
      if (search_.model.rules[path.unit].is_of_module()) continue;
      search_.warn(check_codes::kUnhandledEvent, search_.place(path.unit, path.effects[site.effect].span),
                   fmt::format("no rule waits for `{}`, and no `output` names it", made.name),
                   fmt::format("declare `output {}` where others outside wait for it, or remove the `emit`",
                               made.name));
    }
  }

 private:
  bool is_input(const NamePattern& type) const {
    if (type.exact != nullptr) return inputs_.count(type.text) != 0;
    return std::any_of(inputs_.begin(), inputs_.end(),
                       [&](std::string_view input) { return globs_meet(input, type.text); });
  }

  bool comes_from_outside(uint32_t rule) const {
    for (const CompiledTrigger& trigger : search_.model.rules[rule].compiled->triggers) {
      for (const NamePattern& type : trigger.types) {
        if (!is_built_in(type.text) && (inputs_.empty() || is_input(type))) return true;
      }
    }
    return false;
  }

  void tell_dead(uint32_t rule) {
    const ast::Rule& syntax = *search_.model.rules[rule].syntax;
    const bool misspelled =
        std::all_of(syntax.triggers.begin(), syntax.triggers.end(), [&](const ast::Trigger& trigger) {
          const auto& known =
              trigger.kind == ast::Trigger::Kind::kEvent ? search_.misspelled : search_.misspelled_properties;
          return !trigger.patterns.empty() &&
                 std::all_of(trigger.patterns.begin(), trigger.patterns.end(),
                             [&](const ast::Pattern& each) { return known.count(each.text) != 0; });
        });
    if (misspelled || syntax.triggers.empty()) return;
    const ast::Trigger& trigger = syntax.triggers.front();
    std::string why;
    std::string help;
    const std::string first = trigger.patterns.empty() ? "" : trigger.patterns.front().text;
    switch (trigger.kind) {
      case ast::Trigger::Kind::kEvent:
        if (inputs_.empty() || is_built_in(first)) {
          why = "nothing makes the event that it waits for";
          help = "remove it, or make the event";
          break;
        }
        why = fmt::format("nothing emits `{}`, and no `input` declares it", first);
        help = fmt::format("declare `input {}`, or emit it in some rule", first);
        break;
      case ast::Trigger::Kind::kChanged:
        why = first.empty() ? "nothing changes a property" : fmt::format("nothing sets `{}`", first);
        if (!first.empty() && search_.writers.is_written(search_.model.terms.text_constant(first), false)) {
          why = fmt::format("no change of `{}` makes an event for it", first);
          help = "a `muted` write makes no event, and neither does one on a subject that `of` leaves out";
        } else {
          help = "remove the rule, or set the property in some rule";
        }
        break;
      case ast::Trigger::Kind::kDeleted:
        why = first.empty() ? "nothing deletes a property" : fmt::format("nothing deletes `{}`", first);
        help = "`deleted` waits for a `delete`; setting a property to null is a change";
        break;
      case ast::Trigger::Kind::kSubjectDeleted:
        why = "nothing deletes such a subject";
        help = "it waits for `delete subject` in some rule";
        break;
      case ast::Trigger::Kind::kEvery:
      case ast::Trigger::Kind::kAt:
        return;
    }
    search_.warn(check_codes::kDeadRule, search_.place(rule, trigger.span),
                 fmt::format("the rule `{}` never runs: {}", search_.name_of(rule), why), std::move(help));
  }

  FindingSearch& search_;
  std::unordered_set<std::string_view> inputs_;
  std::vector<const ast::Pattern*> outputs_;
};

}  // namespace

void find_in_events(FindingSearch& search) {
  Events events(search);
  events.find_dead();
  events.find_unhandled();
}

}  // namespace krules::check
