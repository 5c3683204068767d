#include "activity.h"

#include <algorithm>
#include <set>

#include "glob_meet.h"

namespace krules::check {

namespace {

constexpr uint32_t kMany = 1000;
constexpr uint32_t kNone = UINT32_MAX;
constexpr int kMostDepth = 200;

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

// The links that lead from circles to circles, whatever they take on the way: by these the runs of an endless
// chain become more.
std::vector<uint32_t> Prover::Activity::leading_round(const Component& component,
                                                      const std::vector<char>& on_circle) const {
  const auto reach = [&](bool forward) {
    std::map<uint32_t, std::vector<uint32_t>> next;
    std::vector<uint32_t> found;
    std::set<uint32_t> known;
    for (const Link& link : component.links) {
      const uint32_t at = forward ? link.from : link.to;
      if (!link.taken) continue;
      next[at].push_back(forward ? link.to : link.from);
      if (on_circle[at] != 0 && known.insert(at).second) found.push_back(at);
    }
    for (size_t i = 0; i < found.size(); ++i) {
      for (const uint32_t to : next[found[i]]) {
        if (known.insert(to).second) found.push_back(to);
      }
    }
    return known;
  };
  const std::set<uint32_t> after = reach(true);
  const std::set<uint32_t> before = reach(false);
  std::vector<uint32_t> links;
  for (uint32_t i = 0; i < component.links.size(); ++i) {
    const Link& link = component.links[i];
    if (link.taken && after.count(link.from) != 0 && before.count(link.to) != 0) links.push_back(i);
  }
  return links;
}

// Whether each run on the circle leads to one more at most: then, from some time on, every event of the
// circle fires the next run of it.
bool Prover::Activity::is_one_line(const Component& component, const std::vector<char>& on_circle) const {
  std::map<uint32_t, Site> sites;      // by rule
  std::map<uint32_t, uint32_t> rules;  // that it goes on to, by path
  for (const uint32_t number : leading_round(component, on_circle)) {
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

namespace {

/// Nothing is known of what happens between two runs.
class AnythingBetween final : public Between {
 public:
  bool is_left_alone(TermId, bool) const override { return false; }
  bool is_ours(TermId, bool) const override { return false; }
  bool only_moves(TermId, bool) const override { return false; }
  ValueSet written(TermId, bool) const override { return {}; }
};

}  // namespace

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

// Of rules for one subject each, only those of the same one run for one event.
class RunCount {
 public:
  explicit RunCount(const Model& model) : model_(model) {}

  void add(uint32_t rule, uint32_t runs) {
    const auto& triggers = model_.rules[rule].compiled->triggers;
    const bool one = triggers.size() == 1 && triggers.front().subjects.size() == 1 &&
                     triggers.front().subjects.front().exact != nullptr;
    uint32_t& sum = one ? by_subject_[triggers.front().subjects.front().text] : others_;
    sum = std::min(kMany, sum + runs);
  }
  uint32_t most() const {
    uint32_t most = 0;
    for (const auto& [subject, sum] : by_subject_) most = std::max(most, sum);
    return std::min(kMany, most + others_);
  }

 private:
  const Model& model_;
  std::map<std::string, uint32_t> by_subject_;
  uint32_t others_ = 0;
};

// How many runs of rules inside one event of the class can lead to, before any goes round.
uint32_t Prover::Activity::tokens(uint32_t event, const std::vector<uint32_t>& inside,
                                  std::map<uint32_t, uint32_t>& known, int depth) const {
  if (const auto found = known.find(event); found != known.end()) return found->second;
  if (depth > kMostDepth) return kMany;
  known[event] = kMany;  // a circle on the way
  RunCount runs(model_);
  for (const uint32_t rule : graph_.classes()[event].rules) {
    if (std::binary_search(inside.begin(), inside.end(), rule)) {
      runs.add(rule, 1);
      continue;
    }
    runs.add(rule, tokens_of_run(rule, inside, known, depth + 1));
  }
  known[event] = runs.most();
  return runs.most();
}

// The same of one run of a rule outside.
uint32_t Prover::Activity::tokens_of_run(uint32_t rule, const std::vector<uint32_t>& inside,
                                         std::map<uint32_t, uint32_t>& known, int depth) const {
  return std::min(kMany, most_of_run<uint32_t>(model_, rule, [&](uint32_t path) {
                    uint32_t on_path = 0;
                    for (const EventGraph::Made& made : graph_.made_on(path)) {
                      if (!happens(made)) continue;
                      const uint32_t more = tokens(made.event, inside, known, depth);
                      const bool many = more > 0 && model_.paths[path].effects[made.effect].in_loop;
                      on_path = std::min(kMany, on_path + (many ? kMany : more));
                    }
                    return on_path;
                  }));
}

const Prover::Activity::Inputs& Prover::Activity::inputs_of(uint32_t island) const {
  const auto [known, is_new] = inputs_.try_emplace(island);
  Inputs& inputs = known->second;
  if (!is_new) return inputs;
  std::set<std::string_view> types;
  for (const uint32_t rule : graph_.island_rules(island)) {
    for (const CompiledTrigger& trigger : model_.rules[rule].compiled->triggers) {
      for (const NamePattern& type : trigger.types) types.insert(type.text);
    }
    if (types.size() > kMostTypes) {
      inputs.too_many = true;
      return inputs;
    }
  }
  for (const std::string_view type : types) {
    if (type == kPropertyChangedType || type == kPropertyDeletedType || type == kSubjectDeletedType) continue;
    std::vector<uint32_t>& fired = inputs.rules.emplace_back();
    for (const uint32_t rule : graph_.island_rules(island)) {
      const auto& triggers = model_.rules[rule].compiled->triggers;
      const bool fires = std::any_of(triggers.begin(), triggers.end(), [&](const CompiledTrigger& trigger) {
        return std::any_of(trigger.types.begin(), trigger.types.end(),
                           [&](const NamePattern& each) { return globs_meet(each.text, type); });
      });
      if (fires) fired.push_back(rule);
    }
  }
  return inputs;
}

// Whether at any time at most one event waits that goes round: then nothing else runs between two runs of the
// circle but what these set off outside of it.
bool Prover::Activity::is_single_file(const Component& component) const {
  if (component.too_large) return false;
  // What takes time lets others in between.
  if (std::any_of(component.links.begin(), component.links.end(),
                  [](const Link& link) { return link.taken && link.delayed; }))
    return false;
  std::map<uint32_t, std::set<uint32_t>> effects;                       // by path
  std::map<std::pair<uint32_t, uint32_t>, std::set<uint32_t>> targets;  // rules by path and effect
  for (const uint32_t number : leading_round(component, on_circle_)) {
    const Link& link = component.links[number];
    if (model_.paths[link.from].effects[link.effect].in_loop) return false;
    effects[link.from].insert(link.effect);
    targets[{link.from, link.effect}].insert(model_.paths[link.to].rule);
  }
  std::map<uint32_t, uint32_t> units;  // by rule: a middleware around it may go on beside it
  for (const auto& [path, all] : effects) {
    if (all.size() > 1) return false;
    const RulePath& from = model_.paths[path];
    if (units.emplace(from.rule, from.unit).first->second != from.unit) return false;
  }
  for (const auto& [site, rules] : targets) {
    if (rules.size() > 1) return false;
  }
  const std::vector<uint32_t>& inside = component.rules;  // in order
  const Inputs& inputs = inputs_of(island_);
  if (inputs.too_many) return false;
  std::map<uint32_t, uint32_t> known;
  for (const std::vector<uint32_t>& rules : inputs.rules) {
    RunCount runs(model_);
    for (const uint32_t rule : rules) {
      if (std::binary_search(inside.begin(), inside.end(), rule)) {
        runs.add(rule, 1);
        continue;
      }
      runs.add(rule, tokens_of_run(rule, inside, known, 0));
    }
    if (runs.most() > 1) return false;
  }
  return true;
}

}  // namespace krules::check
