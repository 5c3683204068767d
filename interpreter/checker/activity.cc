#include "activity.h"

#include <algorithm>
#include <set>

#include "glob_meet.h"

namespace krules::check {

namespace {

constexpr uint32_t kNone = UINT32_MAX;

}  // namespace

Prover::Activity::Activity(Model& model, const EventGraph& graph, const Writers& writers, Facts& facts,
                           Scope scope)
    : model_(model),
      graph_(graph),
      writers_(writers),
      facts_(facts),
      scope_(scope),
      reached_by_(model.paths.size(), 0),
      by_clock_(model.paths.size(), 0),
      on_circle_(model.paths.size(), 0) {}

void Prover::Activity::begin(const std::vector<Component>& components) {
  owner_.assign(model_.rules.size(), kNone);
  seen_.assign(model_.paths.size(), 0);
  reach_.resize(components.size());
  renewed_.assign(model_.paths.size(), 0);
  neighbours_.clear();
  for (uint32_t number = 0; number < components.size(); ++number) {
    const uint32_t island = graph_.island_of(components[number].rules.front());
    if (neighbours_.size() <= island) neighbours_.resize(island + 1);
    neighbours_[island].push_back(number);
  }
  if (scope_ == Scope::kTime) begin_clocks();
  for (uint32_t number = 0; number < components.size(); ++number) renew(components, number);
}

// What clocks set off comes again and again, whatever else ends.
void Prover::Activity::begin_clocks() {
  std::vector<uint32_t> rules;
  for (const CompiledSchedule& schedule : model_.program->schedules()) rules.push_back(schedule.rule);
  for (const uint32_t rule : graph_.reachable(rules)) {
    const RuleModel& reached = model_.rules[rule];
    for (uint32_t path = reached.first_path; path < reached.first_path + reached.path_count; ++path) {
      ++reached_by_[path];
      by_clock_[path] = 1;
    }
  }
}

void Prover::Activity::renew(const std::vector<Component>& components, uint32_t number) {
  moves_.clear();
  written_.clear();
  const Component& component = components[number];
  std::vector<uint32_t>& reach = reach_[number];
  for (const uint32_t path : reach) --reached_by_[path];
  reach.clear();
  for (const uint32_t rule : component.rules) owner_[rule] = component.proven ? kNone : number;
  if (component.proven) return;
  ++search_;
  const auto activate = [&](uint32_t path) {
    if (seen_[path] == search_) return;
    seen_[path] = search_;
    reach.push_back(path);
  };
  std::map<uint32_t, std::vector<uint32_t>> links;
  std::vector<char>& on_circle = renewed_;
  bool one_line = false;
  std::vector<uint32_t> marked;
  if (component.too_large) {
    for (const uint32_t path : component.paths) activate(path);
  } else {
    for (const Link& link : component.links) {
      if (link.taken) links[link.from].push_back(link.to);
    }
    const auto circles = circles_of(component);
    for (const std::vector<uint32_t>& circle : circles) {
      for (const uint32_t path : circle) {
        activate(path);
        on_circle[path] = 1;
        marked.push_back(path);
      }
    }
    one_line = circles.size() == 1 && is_alone(components, number) && is_one_line(component, on_circle);
  }
  const auto passes = [&](uint32_t from, const EventGraph::Made& made, uint32_t to) {
    if (!one_line || on_circle[from] == 0) return true;
    const EventGraph::Class& events = graph_.classes()[made.event];
    return may_branch_off(component, on_circle, {from, made.effect},
                          {from, made.effect, to, events.kind, true, events.delayed});
  };
  for (size_t i = 0; i < reach.size(); ++i) {
    const uint32_t path = reach[i];
    const bool inside = owner_[model_.paths[path].rule] == number && !component.too_large;
    const auto& woken = links[path];
    for (const EventGraph::Made& made : graph_.made_on(path)) {
      if (!happens(made)) continue;
      for (const uint32_t rule : graph_.classes()[made.event].rules) {
        const bool by_links = inside && owner_[rule] == number;
        const RuleModel& target = model_.rules[rule];
        for (uint32_t to = target.first_path; to < target.first_path + target.path_count; ++to) {
          if (by_links && std::find(woken.begin(), woken.end(), to) == woken.end()) continue;
          if (seen_[to] != search_ && passes(path, made, to)) activate(to);
        }
      }
    }
  }
  for (const uint32_t path : reach) ++reached_by_[path];
  for (const uint32_t path : marked) on_circle[path] = 0;
}

// Whether nothing else in its island may go round.
bool Prover::Activity::is_alone(const std::vector<Component>& components, uint32_t number) const {
  const auto& all = neighbours_[graph_.island_of(components[number].rules.front())];
  return std::all_of(all.begin(), all.end(),
                     [&](uint32_t each) { return each == number || components[each].proven; });
}

// Whether each run on the circle leads to one more at most: then, from some time on, every event of the
// circle fires the next run of it.
bool Prover::Activity::is_one_line(const Component& component, const std::vector<char>& on_circle) const {
  std::map<uint32_t, Site> sites;      // by rule
  std::map<uint32_t, uint32_t> rules;  // that it goes on to, by path
  for (const uint32_t number : leading_round(component, on_circle, nullptr)) {
    const Link& link = component.links[number];
    if (model_.paths[link.from].effects[link.effect].in_loop || by_clock_[link.from] != 0) return false;
    const RulePath& from = model_.paths[link.from];
    const Site site{link.from, link.effect};
    const auto [known, is_new] = sites.emplace(link.from, site);
    if (known->second.effect != site.effect) return false;
    const uint32_t to = model_.paths[link.to].rule;
    if (rules.emplace(link.from, to).first->second != to) return false;
    for (const auto& [path, other] : sites) {
      if (model_.paths[path].rule == from.rule && model_.paths[path].unit != from.unit) return false;
    }
  }
  return true;
}

// Whether an event of the circle may fire a run beside it and the next run of the circle, too. Each alone
// would be the end of the circle.
bool Prover::Activity::may_branch_off(const Component& component, const std::vector<char>& on_circle,
                                      const Site& site, const Link& side) {
  const AnythingBetween between;
  bool goes_on = false;
  for (const Link& link : component.links) {
    if (!link.alive || link.from != site.path || link.effect != site.effect || on_circle[link.to] == 0)
      continue;
    goes_on = true;
    if (link.to == side.to) return true;
    Chain chain(model_, facts_, between, link.from);
    chain.add(link);
    chain.add_beside(side);
    if (!chain.is_contradiction()) return true;
  }
  return !goes_on;
}

void Prover::Activity::look_at(const Component& component) {
  island_ = graph_.island_of(component.rules.front());
  for (const uint32_t path : looked_at_) on_circle_[path] = 0;
  looked_at_.clear();
  for (const std::vector<uint32_t>& circle : circles_of(component)) {
    for (const uint32_t path : circle) {
      on_circle_[path] = 1;
      looked_at_.push_back(path);
    }
  }
  single_file_ = is_single_file(component);
  moves_.clear();
  written_.clear();
}

std::vector<Site> Prover::Activity::writers(TermId name, bool extended) const {
  const auto [known, is_new] = writing_.try_emplace({name, extended});
  Writing& all = known->second;
  if (is_new) {
    writers_.for_each(name, extended, [&](const Site& site) {
      all[graph_.island_of(model_.paths[site.path].rule)].push_back(site);
    });
  }
  std::vector<Site> found;
  if (const auto here = all.find(island_); here != all.end()) {
    for (const Site& site : here->second) {
      if (is_active(site.path)) found.push_back(site);
    }
  }
  // A clock needs no event that leads to it.
  for (const auto& [island, sites] : all) {
    if (island == island_ || scope_ == Scope::kCascade) continue;
    std::copy_if(sites.begin(), sites.end(), std::back_inserter(found),
                 [&](const Site& site) { return by_clock_[site.path] != 0; });
  }
  return found;
}

bool Prover::Activity::is_left_alone(TermId name, bool extended) const {
  return writers(name, extended).empty();
}

bool Prover::Activity::is_ours(TermId name, bool extended) const {
  if (!single_file_) return false;
  const std::vector<Site> sites = writers(name, extended);
  return std::all_of(sites.begin(), sites.end(),
                     [&](const Site& site) { return on_circle_[site.path] != 0; });
}

ValueSet Prover::Activity::written(TermId name, bool extended) const {
  const auto known = written_.find({name, extended});
  if (known != written_.end()) return known->second;
  ValueSet all = ValueSet::nothing();
  for (const Site& site : writers(name, extended))
    all.join(facts_.values_on(site.path, model_.paths[site.path].effects[site.effect].after));
  written_.emplace(std::pair(name, extended), all);
  return all;
}

}  // namespace krules::check
