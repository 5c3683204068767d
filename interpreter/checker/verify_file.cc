#include <algorithm>

#include "glob_meet.h"
#include "verifier.h"

/// Whether events go round in single file.
namespace krules::check {

namespace {

constexpr size_t kMostInFile = 80;

bool may_fit_both(const std::vector<NamePattern>& some, const std::vector<NamePattern>& others) {
  if (some.empty() || others.empty()) return true;
  return std::any_of(some.begin(), some.end(), [&](const NamePattern& one) {
    return std::any_of(others.begin(), others.end(),
                       [&](const NamePattern& other) { return globs_meet(one.text, other.text); });
  });
}

// Whether one event can be what both rules wait for.
bool may_hear_one(const RuleModel& some, const RuleModel& other) {
  const auto& theirs = other.compiled->triggers;
  return std::any_of(
      some.compiled->triggers.begin(), some.compiled->triggers.end(), [&](const CompiledTrigger& one) {
        return std::any_of(theirs.begin(), theirs.end(), [&](const CompiledTrigger& each) {
          return may_fit_both(one.types, each.types) && may_fit_both(one.properties, each.properties) &&
                 may_fit_both(one.subjects, each.subjects);
        });
      });
}

}  // namespace

// The rules of a component and all that lead there, if at any time at most one event waits that can fire any
// of them. A cascade begins with one event; so it is enough that each event fires one of these rules at most,
// and each of their runs makes one such event at most. Then nothing that they write changes between a run and
// the one that it sets off.
void Verifier::form_file(uint32_t component) {
  filed_ = component;
  file_.assign(model_.rules.size(), 0);
  std::vector<uint32_t> rules;
  const auto enter = [&](uint32_t rule) {
    if (file_[rule] != 0) return;
    file_[rule] = 1;
    rules.push_back(rule);
  };
  for (uint32_t rule = 0; rule < owner_.size(); ++rule) {
    if (owner_[rule] == component) enter(rule);
  }
  for (size_t i = 0; i < rules.size() && rules.size() <= kMostInFile; ++i) {
    for (const uint32_t made : graph_.waited_by(rules[i])) {
      for (const Site& site : graph_.classes()[made].sites) enter(model_.paths[site.path].rule);
    }
  }
  // Over delays cascades begin again and again.
  bool single = scope_ == Scope::kCascade && rules.size() <= kMostInFile;
  for (size_t i = 0; single && i < rules.size(); ++i) {
    for (size_t k = 0; single && k < i; ++k)
      single = !may_hear_one(model_.rules[rules[i]], model_.rules[rules[k]]);
    const uint32_t owner = owner_[rules[i]];
    single = single && (owner == UINT32_MAX || parts_[owner].is_known) && makes_one_of_file(rules[i]);
  }
  if (!single) file_.clear();
}

// Whether a run makes one event at most that can fire a rule of the file.
bool Verifier::makes_one_of_file(uint32_t rule) {
  const RuleModel& model = model_.rules[rule];
  if (model.own_paths != model.path_count) return false;
  for (uint32_t path = model.first_path; path < model.first_path + model.path_count; ++path) {
    if (never_[path] != 0) continue;
    bool has_one = false;
    for (const EventGraph::Made& made : graph_.made_on(path)) {
      const EventGraph::Class& events = graph_.classes()[made.event];
      const bool heard = std::any_of(events.rules.begin(), events.rules.end(), [&](uint32_t to) {
        return file_[to] != 0 && may_fire({0, path, made.effect, 0, events.kind, events.delayed}, to);
      });
      if (!heard) continue;
      if (has_one || events.delayed || model_.paths[path].effects[made.effect].in_loop) return false;
      has_one = true;
    }
  }
  return true;
}

// Were one of the component's links taken again and again in single file, it would be by the runs of one
// chain alone, and from some time on each of them would lie on a circle of open links. So no other way of
// these rules would be taken then, and each event of the chain would fire its next run.
void Verifier::find_ring() {
  ring_.clear();
  if (!file_.empty()) ring_ = group_by_circle(filed_);
}

bool Verifier::is_past(uint32_t path) const {
  return is_in_file(model_.paths[path].rule) && ring_[path] == 0;
}

bool Verifier::is_taken(const Link& link) const {
  if (link.state == State::kAside) return !is_in_file(model_.paths[link.from].rule);
  return link.state == State::kOpen;
}

// Whether an event of the chain may fire this path, which is none of the chain's, and the next run of the
// chain, too.
bool Verifier::may_run_beside(const Link& side, uint32_t path) {
  if (!is_in_file(model_.paths[side.from].rule) || is_in_file(model_.paths[path].rule)) return true;
  bool goes_on = false;
  for (const Link& link : links_) {
    const bool same_event = link.from == side.from && link.effect == side.effect && link.kind == side.kind;
    if (!same_event || link.state != State::kOpen || ring_[link.from] != ring_[link.to]) continue;
    goes_on = true;
    Walk walk(*this, link.from, Walk::Between::kAnything);
    walk.follow(link);
    walk.add_beside(path);
    if (!cases_.is_impossible(walk.literals())) return true;
  }
  return !goes_on;
}

// Whatever else happens: by what the event carries, and by all that is ever written.
bool Verifier::may_fire(Link link, uint32_t rule) {
  const RuleModel& target = model_.rules[rule];
  for (link.to = target.first_path; link.to < target.first_path + target.path_count; ++link.to) {
    if (never_[link.to] != 0) continue;
    Walk walk(*this, link.from, Walk::Between::kAnything);
    walk.follow(link);
    if (!cases_.is_impossible(walk.literals())) return true;
  }
  return false;
}

}  // namespace krules::check
