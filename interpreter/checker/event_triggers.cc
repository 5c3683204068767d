#include "event_triggers.h"

#include <algorithm>

#include "glob_meet.h"

namespace krules::check {

namespace {

bool is_computed(std::string_view name) {
  return name.find_first_of("*?") != std::string_view::npos;
}

std::vector<std::string_view> texts_of(const std::vector<NamePattern>& patterns) {
  std::vector<std::string_view> texts;
  for (const NamePattern& each : patterns) texts.push_back(each.text);
  return texts;
}

}  // namespace

EventGraph::Triggers::Triggers(const Model& model, const std::vector<Class>& classes) {
  for (uint32_t number = 0; number < model.rules.size(); ++number) {
    // A gate that does nothing but let events through sets nothing off; a middleware runs with its rules.
    if (number >= model.rule_count && model.rules[number].path_count == 0) continue;
    for (const CompiledTrigger& trigger : model.rules[number].compiled->triggers) add_all({number, &trigger});
  }
  for (const auto kind : {EventClass::Kind::kPlain, EventClass::Kind::kChanged, EventClass::Kind::kDeleted})
    finish(classes, kind);
}

void EventGraph::Triggers::add(Names& names, const NamePattern& pattern, Waiting waiting) {
  if (pattern.exact != nullptr) {
    names.exact[pattern.text].push_back(waiting);
  } else {
    names.globs.add(pattern.text, texts_of(waiting.trigger->subjects),
                    static_cast<uint32_t>(names.all.size()));
  }
  names.all.emplace_back(pattern.text, waiting);
}

void EventGraph::Triggers::add_all(Waiting waiting) {
  const CompiledTrigger& trigger = *waiting.trigger;
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

void EventGraph::Triggers::finish(const std::vector<Class>& classes, EventClass::Kind kind) {
  Names& names = names_of(kind);
  names.globs.finish();
  if (std::none_of(classes.begin(), classes.end(),
                   [&](const Class& made) { return made.kind == kind && is_computed(made.name); }))
    return;
  for (uint32_t place = 0; place < names.all.size(); ++place) {
    const auto& [pattern, waiting] = names.all[place];
    names.anything.add(pattern, texts_of(waiting.trigger->subjects), place);
  }
  names.anything.finish();
}

EventGraph::Triggers::Names& EventGraph::Triggers::names_of(EventClass::Kind kind) {
  switch (kind) {
    case EventClass::Kind::kPlain:
      return types_;
    case EventClass::Kind::kChanged:
      return changed_;
    case EventClass::Kind::kDeleted:
      return deleted_;
    case EventClass::Kind::kSubjectDeleted:
      return subject_deleted_;
  }
  return types_;
}

std::vector<uint32_t> EventGraph::Triggers::find(const Class& made) {
  const Names& names = names_of(made.kind);
  std::vector<uint32_t> rules;
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
  const auto try_all = [&](const std::vector<uint32_t>& places) {
    for (const uint32_t place : places) {
      const auto& [pattern, waiting] = names.all[place];
      if (is_for(waiting) && globs_meet(pattern, made.name)) rules.push_back(waiting.rule);
    }
  };
  take(names.any);
  if (is_computed(made.name)) {
    try_all(names.anything.near(made.name, made.subject));
  } else {
    if (const auto found = names.exact.find(made.name); found != names.exact.end()) take(found->second);
    try_all(names.globs.near(made.name, made.subject));
  }
  std::sort(rules.begin(), rules.end());
  rules.erase(std::unique(rules.begin(), rules.end()), rules.end());
  return rules;
}

}  // namespace krules::check
