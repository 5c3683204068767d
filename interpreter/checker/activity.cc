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

Prover::Activity::Activity(const Model& model, const EventGraph& graph, const Writers& writers, Facts& facts)
    : model_(model),
      graph_(graph),
      writers_(writers),
      facts_(facts),
      reached_by_(model.paths.size(), 0),
      on_circle_(model.paths.size(), 0) {}

void Prover::Activity::begin(const std::vector<Component>& components) {
  owner_.assign(model_.rules.size(), kNone);
  seen_.assign(model_.paths.size(), 0);
  reach_.resize(components.size());
  for (uint32_t number = 0; number < components.size(); ++number) renew(components, number);
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
  if (component.too_large) {
    for (const uint32_t path : component.paths) activate(path);
  } else {
    for (const Link& link : component.links) {
      if (link.alive) links[link.from].push_back(link.to);
    }
    for (const std::vector<uint32_t>& circle : circles_of(component)) {
      for (const uint32_t path : circle) activate(path);
    }
  }
  for (size_t i = 0; i < reach.size(); ++i) {
    const uint32_t path = reach[i];
    const bool inside = owner_[model_.paths[path].rule] == number && !component.too_large;
    if (inside) {
      if (const auto found = links.find(path); found != links.end()) {
        for (const uint32_t to : found->second) activate(to);
      }
    }
    for (const EventGraph::Made& made : graph_.made_on(path)) {
      for (const uint32_t rule : graph_.classes()[made.event].rules) {
        if (inside && owner_[rule] == number) continue;  // by links alone
        const RuleModel& target = model_.rules[rule];
        for (uint32_t k = 0; k < target.path_count; ++k) activate(target.first_path + k);
      }
    }
  }
  for (const uint32_t path : reach) ++reached_by_[path];
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
  std::vector<Site> found;
  writers_.for_each(name, extended, [&](const Site& site) {
    if (is_active(site.path) && graph_.island_of(model_.paths[site.path].rule) == island_)
      found.push_back(site);
  });
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
    uint32_t most = 0;
    const RuleModel& target = model_.rules[rule];
    for (uint32_t k = 0; k < target.path_count; ++k) {
      uint32_t on_path = 0;
      for (const EventGraph::Made& made : graph_.made_on(target.first_path + k)) {
        const uint32_t more = tokens(made.event, inside, known, depth + 1);
        const bool many = more > 0 && model_.paths[target.first_path + k].effects[made.effect].in_loop;
        on_path = std::min(kMany, on_path + (many ? kMany : more));
      }
      most = std::max(most, on_path);
    }
    runs.add(rule, most);
  }
  known[event] = runs.most();
  return runs.most();
}

// Whether at any time at most one event waits that goes round: then nothing else runs between two runs of the
// circle but what these set off outside of it.
bool Prover::Activity::is_single_file(const Component& component) const {
  if (component.too_large) return false;
  std::map<uint32_t, std::set<uint32_t>> effects;                       // by path
  std::map<std::pair<uint32_t, uint32_t>, std::set<uint32_t>> targets;  // rules by path and effect
  for (const Link& link : component.links) {
    if (!link.alive || on_circle_[link.from] == 0 || on_circle_[link.to] == 0) continue;
    if (model_.paths[link.from].effects[link.effect].in_loop) return false;
    effects[link.from].insert(link.effect);
    targets[{link.from, link.effect}].insert(model_.paths[link.to].rule);
  }
  for (const auto& [path, all] : effects) {
    if (all.size() > 1) return false;
  }
  for (const auto& [site, rules] : targets) {
    if (rules.size() > 1) return false;
  }
  const std::vector<uint32_t>& inside = component.rules;  // in order
  // One input: all rules that wait for its type.
  std::map<uint32_t, uint32_t> known;
  std::set<std::string> types;
  for (const uint32_t rule : graph_.island_rules(island_)) {
    for (const CompiledTrigger& trigger : model_.rules[rule].compiled->triggers) {
      for (const NamePattern& type : trigger.types) types.insert(type.text);
    }
    if (types.size() > kMostTypes) return false;
  }
  for (const std::string& type : types) {
    if (type == kPropertyChangedType || type == kPropertyDeletedType || type == kSubjectDeletedType) continue;
    RunCount runs(model_);
    for (const uint32_t rule : graph_.island_rules(island_)) {
      const auto& triggers = model_.rules[rule].compiled->triggers;
      const bool fires = std::any_of(triggers.begin(), triggers.end(), [&](const CompiledTrigger& trigger) {
        return std::any_of(trigger.types.begin(), trigger.types.end(),
                           [&](const NamePattern& each) { return globs_meet(each.text, type); });
      });
      if (!fires) continue;
      if (std::binary_search(inside.begin(), inside.end(), rule)) {
        runs.add(rule, 1);
        continue;
      }
      uint32_t most = 0;
      const RuleModel& target = model_.rules[rule];
      for (uint32_t k = 0; k < target.path_count; ++k) {
        uint32_t on_path = 0;
        for (const EventGraph::Made& made : graph_.made_on(target.first_path + k)) {
          const uint32_t more = tokens(made.event, inside, known, 0);
          const bool many = more > 0 && model_.paths[target.first_path + k].effects[made.effect].in_loop;
          on_path = std::min(kMany, on_path + (many ? kMany : more));
        }
        most = std::max(most, on_path);
      }
      runs.add(rule, most);
    }
    if (runs.most() > 1) return false;
  }
  return true;
}

}  // namespace krules::check
