#include "event_graph.h"

#include <algorithm>
#include <map>

#include "event_triggers.h"
#include "glob_meet.h"

namespace krules::check {

namespace {

void keep_each_once(std::vector<uint32_t>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

}  // namespace

// The event's own subject has the shape that the rule's patterns give.
std::string EventGraph::subject_shape(uint32_t rule, TermId subject) const {
  if (model_.terms.op(subject) != Op::kSubject) return shape_of(model_.terms, subject);
  std::string shape;
  for (const CompiledTrigger& trigger : model_.rules[rule].compiled->triggers) {
    if (trigger.subjects.size() != 1) return "*";
    if (!shape.empty() && shape != trigger.subjects.front().text) return "*";
    shape = trigger.subjects.front().text;
  }
  return shape.empty() ? "*" : shape;
}

EventGraph::EventGraph(const Model& model)
    : model_(model), made_by_(model.rules.size()), waited_by_(model.rules.size()) {
  std::map<std::tuple<EventClass::Kind, std::string, std::string, bool>, uint32_t> known;
  made_on_.resize(model.paths.size());
  for (uint32_t number = 0; number < model.paths.size(); ++number) {
    const RulePath& path = model.paths[number];
    const auto enter = [&](uint32_t effect, EventClass::Kind kind, std::string name) {
      std::string subject = subject_shape(path.rule, path.effects[effect].subject);
      const bool delayed = path.effects[effect].delayed;
      has_delays_ |= delayed;
      const auto [place, is_new] =
          known.try_emplace({kind, name, subject, delayed}, static_cast<uint32_t>(classes_.size()));
      if (is_new) classes_.push_back({kind, std::move(name), std::move(subject), delayed, {}, {}});
      classes_[place->second].sites.push_back({number, effect});
      made_by_[path.rule].push_back(place->second);
      made_on_[number].push_back({effect, place->second});
    };
    for (uint32_t effect = 0; effect < path.effects.size(); ++effect) {
      const Effect& made = path.effects[effect];
      if (!made.makes_event && made.kind != Effect::Kind::kEmit) continue;
      switch (made.kind) {
        case Effect::Kind::kEmit:
          enter(effect, EventClass::Kind::kPlain, shape_of(model.terms, made.name));
          break;
        case Effect::Kind::kChange:
          enter(effect, EventClass::Kind::kChanged, shape_of(model.terms, made.name));
          break;
        case Effect::Kind::kDelete:
          enter(effect, EventClass::Kind::kDeleted, shape_of(model.terms, made.name));
          break;
        case Effect::Kind::kDeleteSubject:
          enter(effect, EventClass::Kind::kDeleted, "*");
          enter(effect, EventClass::Kind::kSubjectDeleted, "*");
          break;
      }
    }
  }
  Triggers triggers(model_, classes_);
  for (Class& made : classes_) made.rules = triggers.find(made);
  for (std::vector<uint32_t>& list : made_by_) keep_each_once(list);
  for (uint32_t number = 0; number < classes_.size(); ++number) {
    for (const uint32_t rule : classes_[number].rules) waited_by_[rule].push_back(number);
  }
  find_islands(triggers);
}

std::vector<std::vector<uint32_t>> EventGraph::components(Scope scope) const {
  const auto rules = static_cast<uint32_t>(model_.rules.size());
  std::vector<std::vector<uint32_t>> shifted = made_by_;
  for (std::vector<uint32_t>& list : shifted) {
    if (scope == Scope::kCascade) std::erase_if(list, [&](uint32_t made) { return classes_[made].delayed; });
    for (uint32_t& each : list) each += rules;
  }
  const auto next = [&](uint32_t node) -> const std::vector<uint32_t>& {
    return node < rules ? shifted[node] : classes_[node - rules].rules;
  };
  std::vector<std::vector<uint32_t>> found;
  for (std::vector<uint32_t>& one : strong_components(static_cast<uint32_t>(rules + classes_.size()), next)) {
    if (one.size() < 2) continue;
    std::erase_if(one, [&](uint32_t node) { return node >= rules; });
    std::sort(one.begin(), one.end());
    found.push_back(std::move(one));
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<uint32_t> EventGraph::reachable(const std::vector<uint32_t>& rules) const {
  std::vector<char> seen_rule(model_.rules.size(), 0);
  std::vector<char> seen_class(classes_.size(), 0);
  std::vector<uint32_t> found = rules;
  for (const uint32_t rule : rules) seen_rule[rule] = 1;
  for (size_t i = 0; i < found.size(); ++i) {
    for (const uint32_t made : made_by_[found[i]]) {
      if (seen_class[made] != 0) continue;
      seen_class[made] = 1;
      for (const uint32_t rule : classes_[made].rules) {
        if (seen_rule[rule] != 0) continue;
        seen_rule[rule] = 1;
        found.push_back(rule);
      }
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace krules::check
