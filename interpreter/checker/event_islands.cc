#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "event_triggers.h"
#include "glob_meet.h"

/// Which rules events may connect, in whatever direction.
namespace krules::check {

/// Sets of rules and classes, put together step by step.
class EventGraph::Islands {
 public:
  Islands(const EventGraph& graph, const Triggers::Names& types)
      : graph_(graph), types_(types), rules_(static_cast<uint32_t>(graph.model_.rules.size())) {
    parent_.resize(rules_ + graph.classes_.size());
    for (uint32_t i = 0; i < parent_.size(); ++i) parent_[i] = i;
  }

  void join_classes();
  void join_names();
  void join_globs();
  uint32_t root(uint32_t node) {
    while (parent_[node] != node) node = parent_[node] = parent_[parent_[node]];
    return node;
  }

 private:
  using Place = std::pair<std::string_view, Triggers::Waiting>;
  /// Places in globs_ that end with a star, or begin with one.
  struct Side {
    std::vector<uint32_t> globs;
    bool is_one = false;  ///< all of them are joined
  };
  /// Globs for the same subjects.
  struct Group {
    const CompiledTrigger* trigger;
    Side ends;
    Side begins;
  };

  void join(uint32_t node, uint32_t other) { parent_[root(node)] = root(other); }
  void collect_globs();
  void join_open_ends();
  void join_groups(Group& group, Group& other);
  void join_sides(Side& ends, Side& begins);
  void join_others();
  void try_to_join(uint32_t glob, uint32_t other);
  uint32_t rule_of(uint32_t glob) const { return globs_[glob].second.rule; }

  const EventGraph& graph_;
  const Triggers::Names& types_;
  uint32_t rules_;
  std::vector<uint32_t> parent_;  // of rules, and behind them of classes
  std::vector<Place> globs_;      // that rules wait for, each once for the same subjects
  std::map<std::string, Group> groups_;
};

namespace {

bool begins_with_star(std::string_view text) {
  return text.starts_with('*');
}
bool ends_with_star(std::string_view text) {
  return text.ends_with('*');
}

bool share_subjects(const CompiledTrigger& one, const CompiledTrigger& other) {
  const auto& subjects = one.subjects;
  const auto& others = other.subjects;
  return subjects.empty() || others.empty() ||
         std::any_of(subjects.begin(), subjects.end(), [&](const NamePattern& pattern) {
           return std::any_of(others.begin(), others.end(),
                              [&](const NamePattern& each) { return globs_meet(pattern.text, each.text); });
         });
}

}  // namespace

void EventGraph::Islands::join_classes() {
  for (uint32_t made = 0; made < graph_.classes_.size(); ++made) {
    for (const uint32_t rule : graph_.classes_[made].rules) join(rule, rules_ + made);
  }
  for (uint32_t rule = 0; rule < rules_; ++rule) {
    for (const uint32_t made : graph_.made_by_[rule]) join(rule, rules_ + made);
  }
}

// One input fires all rules that wait for its type.
void EventGraph::Islands::join_names() {
  for (const auto& [name, list] : types_.exact) {
    const uint32_t first = list.front().rule;
    for (const Triggers::Waiting& waiting : list) join(waiting.rule, first);
    for (const uint32_t place : types_.globs.near(name)) {
      const auto& [pattern, waiting] = types_.all[place];
      if (globs_meet(pattern, name)) join(waiting.rule, first);
    }
  }
}

void EventGraph::Islands::join_globs() {
  collect_globs();
  join_open_ends();
  join_others();
}

void EventGraph::Islands::collect_globs() {
  std::map<std::pair<std::string, std::string_view>, uint32_t> known;
  for (const auto& [pattern, waiting] : types_.all) {
    if (pattern.find_first_of("*?") == std::string_view::npos) continue;
    std::string subjects;
    for (const NamePattern& each : waiting.trigger->subjects) subjects += each.text + '\n';
    const auto [one, is_new] = known.try_emplace({subjects, pattern}, waiting.rule);
    if (!is_new) {
      join(waiting.rule, one->second);
      continue;
    }
    const auto number = static_cast<uint32_t>(globs_.size());
    globs_.emplace_back(pattern, waiting);
    Group& group = groups_[subjects];
    group.trigger = waiting.trigger;
    if (ends_with_star(pattern)) group.ends.globs.push_back(number);
    if (begins_with_star(pattern)) group.begins.globs.push_back(number);
  }
}

// What ends with a star and what begins with one always meet.
void EventGraph::Islands::join_open_ends() {
  std::vector<Group*> groups;
  GlobTable by_subject;
  for (auto& [subjects, group] : groups_) {
    for (const NamePattern& each : group.trigger->subjects)
      by_subject.add(each.text, static_cast<uint32_t>(groups.size()));
    groups.push_back(&group);
  }
  by_subject.finish();
  const auto any = groups_.find("");
  for (Group* group : groups) {
    if (any != groups_.end()) join_groups(*group, any->second);
    for (const NamePattern& each : group->trigger->subjects) {
      for (const uint32_t number : by_subject.near(each.text)) {
        if (share_subjects(*group->trigger, *groups[number]->trigger)) join_groups(*group, *groups[number]);
      }
    }
  }
}

void EventGraph::Islands::join_groups(Group& group, Group& other) {
  join_sides(group.ends, other.begins);
  join_sides(other.ends, group.begins);
}

void EventGraph::Islands::join_sides(Side& ends, Side& begins) {
  if (ends.globs.empty() || begins.globs.empty()) return;
  const uint32_t first = rule_of(ends.globs.front());
  join(first, rule_of(begins.globs.front()));
  for (Side* side : {&ends, &begins}) {
    if (std::exchange(side->is_one, true)) continue;
    for (const uint32_t glob : side->globs) join(rule_of(glob), first);
  }
}

void EventGraph::Islands::try_to_join(uint32_t glob, uint32_t other) {
  const auto& [pattern, waiting] = globs_[glob];
  const auto& [also, its] = globs_[other];
  if (root(waiting.rule) != root(its.rule) && share_subjects(*waiting.trigger, *its.trigger) &&
      globs_meet(pattern, also))
    join(waiting.rule, its.rule);
}

// Two that do not always meet: neither begins with a star, or neither ends with one, or one of them does
// both and the other one nothing of it.
void EventGraph::Islands::join_others() {
  GlobTable begun;
  GlobTable ended;
  std::vector<uint32_t> open;
  std::vector<uint32_t> closed;
  for (uint32_t number = 0; number < globs_.size(); ++number) {
    const auto& [pattern, waiting] = globs_[number];
    const bool begins = begins_with_star(pattern);
    const bool ends = ends_with_star(pattern);
    std::vector<std::string_view> subjects;
    for (const NamePattern& each : waiting.trigger->subjects) subjects.push_back(each.text);
    if (!begins) begun.add(pattern, subjects, number);
    if (!ends) ended.add(pattern, subjects, number);
    if (begins && ends) open.push_back(number);
    if (!begins && !ends) closed.push_back(number);
  }
  begun.finish();
  ended.finish();
  for (uint32_t number = 0; number < globs_.size(); ++number) {
    const auto& [pattern, waiting] = globs_[number];
    const auto& subjects = waiting.trigger->subjects;
    const std::string_view subject = subjects.size() == 1 ? std::string_view(subjects.front().text) : "*";
    if (!begins_with_star(pattern)) {
      for (const uint32_t other : begun.near(pattern, subject)) try_to_join(number, other);
    }
    if (!ends_with_star(pattern)) {
      for (const uint32_t other : ended.near(pattern, subject)) try_to_join(number, other);
    }
  }
  for (const uint32_t number : closed) {
    for (const uint32_t other : open) try_to_join(number, other);
  }
}

void EventGraph::find_islands(const Triggers& triggers) {
  Islands islands(*this, triggers.types());
  islands.join_classes();
  islands.join_names();
  islands.join_globs();
  const auto rules = static_cast<uint32_t>(model_.rules.size());
  islands_.resize(rules);
  std::unordered_map<uint32_t, uint32_t> numbers;
  for (uint32_t rule = 0; rule < rules; ++rule) {
    const auto [place, is_new] =
        numbers.try_emplace(islands.root(rule), static_cast<uint32_t>(numbers.size()));
    islands_[rule] = place->second;
    if (is_new) island_rules_.emplace_back();
    island_rules_[place->second].push_back(rule);
  }
}

}  // namespace krules::check
