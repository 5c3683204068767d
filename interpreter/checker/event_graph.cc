#include "event_graph.h"

#include <algorithm>

#include "glob_meet.h"

namespace krules::check {

namespace {

bool has_star(std::string_view text) {
  return text.find_first_of("*?") != std::string_view::npos;
}

void keep_each_once(std::vector<uint32_t>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

constexpr size_t kLetters = 4;

// A glob is kept under the letters that it begins with, or else ends with.
std::string letters_of(std::string_view glob) {
  const size_t first = glob.find_first_of("*?");
  if (first > 0) return "^" + std::string(glob.substr(0, std::min(first, kLetters)));
  const size_t after = glob.size() - glob.find_last_of("*?") - 1;
  if (after > 0) return "$" + std::string(glob.substr(glob.size() - std::min(after, kLetters)));
  return {};
}

}  // namespace

template <class Visit>
void EventGraph::for_globs_near(const Names& names, std::string_view name, const Visit& visit) {
  const auto look = [&](const std::string& key) {
    const auto found = names.by_letters.find(key);
    if (found == names.by_letters.end()) return;
    for (const uint32_t i : found->second) visit(names.globs[i].first, names.globs[i].second);
  };
  if (names.globs.empty()) return;
  look({});
  for (size_t count = 1; count <= std::min(kLetters, name.size()); ++count) {
    look("^" + std::string(name.substr(0, count)));
    look("$" + std::string(name.substr(name.size() - count)));
  }
}

void EventGraph::add(Names& names, const NamePattern& pattern, Waiting waiting) {
  if (pattern.exact != nullptr) {
    names.exact[pattern.text].push_back(waiting);
  } else {
    names.by_letters[letters_of(pattern.text)].push_back(static_cast<uint32_t>(names.globs.size()));
    names.globs.emplace_back(pattern.text, waiting);
  }
}

void EventGraph::collect_triggers() {
  for (uint32_t number = 0; number < model_.rules.size(); ++number) {
    // A gate that does nothing but let events through sets nothing off; a middleware runs with its rules.
    if (number >= model_.rule_count && model_.rules[number].path_count == 0) continue;
    for (const CompiledTrigger& trigger : model_.rules[number].compiled->triggers) {
      const Waiting waiting{number, &trigger};
      for (const NamePattern& type : trigger.types) {
        add(types_, type, waiting);
        const auto add_built_in = [&](std::string_view built_in, Names& names) {
          if (!type.glob.matches(built_in)) return;
          if (trigger.properties.empty()) names.any.push_back(waiting);
          for (const NamePattern& property : trigger.properties) add(names, property, waiting);
        };
        add_built_in(kPropertyChangedType, changed_);
        add_built_in(kPropertyDeletedType, deleted_);
        if (type.glob.matches(kSubjectDeletedType)) subject_deleted_.any.push_back(waiting);
      }
    }
  }
}

void EventGraph::find(const Names& names, const Class& made, std::vector<uint32_t>& rules) const {
  const auto is_for = [&](const Waiting& waiting) {
    const auto& subjects = waiting.trigger->subjects;
    return subjects.empty() || std::any_of(subjects.begin(), subjects.end(), [&](const NamePattern& pattern) {
             return globs_meet(pattern.text, made.subject);
           });
  };
  const auto take = [&](const std::vector<Waiting>& list) {
    for (const Waiting& waiting : list) {
      if (is_for(waiting)) rules.push_back(waiting.rule);
    }
  };
  // Subjects tell apart what names do not, and sooner.
  const auto try_glob = [&](std::string_view pattern, const Waiting& waiting) {
    if (is_for(waiting) && globs_meet(pattern, made.name)) rules.push_back(waiting.rule);
  };
  take(names.any);
  if (!has_star(made.name)) {
    if (const auto found = names.exact.find(made.name); found != names.exact.end()) take(found->second);
    for_globs_near(names, made.name, try_glob);
    return;
  }
  for (const auto& [pattern, waiting] : names.globs) try_glob(pattern, waiting);
  // Names that begin as the pattern does lie side by side.
  const std::string_view beginning = std::string_view(made.name).substr(0, made.name.find_first_of("*?"));
  for (auto at = names.exact.lower_bound(beginning);
       at != names.exact.end() && at->first.starts_with(beginning); ++at) {
    if (globs_meet(at->first, made.name)) take(at->second);
  }
}

void EventGraph::find_rules(Class& made) const {
  switch (made.kind) {
    case EventClass::Kind::kPlain:
      find(types_, made, made.rules);
      break;
    case EventClass::Kind::kChanged:
      find(changed_, made, made.rules);
      break;
    case EventClass::Kind::kDeleted:
      find(deleted_, made, made.rules);
      break;
    case EventClass::Kind::kSubjectDeleted:
      find(subject_deleted_, made, made.rules);
      break;
  }
  keep_each_once(made.rules);
}

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
  collect_triggers();
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
  for (Class& made : classes_) find_rules(made);
  for (std::vector<uint32_t>& list : made_by_) keep_each_once(list);
  for (uint32_t number = 0; number < classes_.size(); ++number) {
    for (const uint32_t rule : classes_[number].rules) waited_by_[rule].push_back(number);
  }
  find_islands();
}

void EventGraph::find_islands() {
  const auto rules = static_cast<uint32_t>(model_.rules.size());
  std::vector<uint32_t> parent(rules + classes_.size());
  for (uint32_t i = 0; i < parent.size(); ++i) parent[i] = i;
  const auto root = [&](uint32_t node) {
    while (parent[node] != node) node = parent[node] = parent[parent[node]];
    return node;
  };
  for (uint32_t made = 0; made < classes_.size(); ++made) {
    for (const uint32_t rule : classes_[made].rules) parent[root(rule)] = root(rules + made);
  }
  for (uint32_t rule = 0; rule < rules; ++rule) {
    for (const uint32_t made : made_by_[rule]) parent[root(rule)] = root(rules + made);
  }
  // One input fires all rules that wait for its type.
  for (const auto& [text, list] : types_.exact) {
    for (const Waiting& waiting : list) parent[root(waiting.rule)] = root(list.front().rule);
  }
  for (const auto& exact : types_.exact) {
    for_globs_near(types_, exact.first, [&](std::string_view pattern, const Waiting& waiting) {
      if (globs_meet(pattern, exact.first)) parent[root(waiting.rule)] = root(exact.second.front().rule);
    });
  }
  const auto share_subjects = [](const Waiting& one, const Waiting& other) {
    const auto& subjects = one.trigger->subjects;
    const auto& others = other.trigger->subjects;
    return subjects.empty() || others.empty() ||
           std::any_of(subjects.begin(), subjects.end(), [&](const NamePattern& pattern) {
             return std::any_of(others.begin(), others.end(),
                                [&](const NamePattern& each) { return globs_meet(pattern.text, each.text); });
           });
  };
  for (size_t i = 0; i < types_.globs.size(); ++i) {
    for (size_t k = i + 1; k < types_.globs.size(); ++k) {
      const auto& [pattern, waiting] = types_.globs[i];
      const auto& [other, also] = types_.globs[k];
      if (share_subjects(waiting, also) && root(waiting.rule) != root(also.rule) &&
          globs_meet(pattern, other))
        parent[root(waiting.rule)] = root(also.rule);
    }
  }
  islands_.resize(rules);
  std::unordered_map<uint32_t, uint32_t> numbers;
  for (uint32_t rule = 0; rule < rules; ++rule) {
    const auto [place, is_new] = numbers.try_emplace(root(rule), static_cast<uint32_t>(numbers.size()));
    islands_[rule] = place->second;
    if (is_new) island_rules_.emplace_back();
    island_rules_[place->second].push_back(rule);
  }
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
