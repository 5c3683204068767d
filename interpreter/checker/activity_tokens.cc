#include <algorithm>
#include <set>

#include "activity.h"
#include "glob_meet.h"

/// Whether what goes round a circle goes in single file: one event at any time.
namespace krules::check {

namespace {

constexpr uint32_t kMany = 1000;
constexpr int kMostDepth = 200;
constexpr size_t kMostTypes = 400;

uint32_t sum_of(uint32_t a, uint32_t b) {
  return std::min(kMany, a + b);
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

}  // namespace

/// How many events that go round one event, or one run, can lead to before any has gone round. Each link
/// counts that is possible at all: what ends some time may have happened before.
class Prover::Activity::Tokens {
 public:
  Tokens(const Activity& activity, const Component& component, const std::set<uint32_t>& round,
         const std::vector<char>& possible)
      : activity_(activity), component_(component), round_(round), possible_(possible) {}

  uint32_t of_rules(const std::vector<uint32_t>& rules) {
    RunCount runs(activity_.model_);
    for (const uint32_t rule : rules) runs.add(rule, of_rule(rule));
    return runs.most();
  }

 private:
  uint32_t of_rule(uint32_t rule) {
    return std::min(
        kMany, most_of_run<uint32_t>(activity_.model_, rule, [&](uint32_t path) { return of_path(path); }));
  }
  bool is_inside(uint32_t rule) const {
    return std::binary_search(component_.rules.begin(), component_.rules.end(), rule);
  }

  uint32_t of_path(uint32_t path) {
    if (round_.count(path) != 0) return 1;
    const auto [known, is_new] = paths_.try_emplace(path, kMany);  // a circle on the way
    if (!is_new || depth_ > kMostDepth) return known->second;
    ++depth_;
    uint32_t sum = 0;
    for (const EventGraph::Made& made : activity_.graph_.made_on(path)) {
      if (!activity_.happens(made)) continue;
      const uint32_t more =
          is_inside(activity_.model_.paths[path].rule) ? by_links(path, made) : of_event(made.event);
      const bool many = more > 0 && activity_.model_.paths[path].effects[made.effect].in_loop;
      sum = sum_of(sum, many ? kMany : more);
    }
    --depth_;
    return paths_[path] = sum;
  }

  uint32_t of_event(uint32_t event) {
    const auto [known, is_new] = events_.try_emplace(event, kMany);
    if (!is_new) return known->second;
    return events_[event] = of_rules(activity_.graph_.classes()[event].rules);
  }

  // Of rules inside those paths alone to which a link leads.
  uint32_t by_links(uint32_t path, const EventGraph::Made& made) {
    RunCount runs(activity_.model_);
    for (const uint32_t rule : activity_.graph_.classes()[made.event].rules) {
      if (!is_inside(rule)) {
        runs.add(rule, of_rule(rule));
        continue;
      }
      std::map<uint32_t, uint32_t> most;  // by unit: a middleware runs beside its rule
      for (uint32_t i = 0; i < component_.links.size(); ++i) {
        const Link& link = component_.links[i];
        if (possible_[i] == 0 || link.from != path || link.effect != made.effect ||
            activity_.model_.paths[link.to].rule != rule)
          continue;
        uint32_t& of_unit = most[activity_.model_.paths[link.to].unit];
        of_unit = std::max(of_unit, of_path(link.to));
      }
      uint32_t sum = 0;
      for (const auto& [unit, count] : most) sum = sum_of(sum, count);
      runs.add(rule, sum);
    }
    return runs.most();
  }

  const Activity& activity_;
  const Component& component_;
  const std::set<uint32_t>& round_;
  const std::vector<char>& possible_;
  std::map<uint32_t, uint32_t> paths_;
  std::map<uint32_t, uint32_t> events_;
  int depth_ = 0;
};

// The links that lead from circles to circles, whatever they take on the way: by these the runs of an endless
// chain become more. `possible`: by link, which count; null: those that are taken again and again.
std::vector<uint32_t> Prover::Activity::leading_round(const Component& component,
                                                      const std::vector<char>& on_circle,
                                                      const std::vector<char>* possible) const {
  const auto counts = [&](uint32_t i) {
    return possible != nullptr ? (*possible)[i] != 0 : component.links[i].taken;
  };
  const auto reach = [&](bool forward) {
    std::map<uint32_t, std::vector<uint32_t>> next;
    std::vector<uint32_t> found;
    std::set<uint32_t> known;
    for (uint32_t i = 0; i < component.links.size(); ++i) {
      const Link& link = component.links[i];
      const uint32_t at = forward ? link.from : link.to;
      if (!counts(i)) continue;
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
    if (counts(i) && after.count(link.from) != 0 && before.count(link.to) != 0) links.push_back(i);
  }
  return links;
}

// By link: whether it can be taken at all, at any time.
std::vector<char> Prover::Activity::possible_links(const Component& component) const {
  constexpr size_t kMostTried = 400;
  const AnythingBetween between;
  std::vector<char> possible(component.links.size(), 1);
  size_t tried = 0;
  for (uint32_t i = 0; i < component.links.size() && tried < kMostTried; ++i) {
    const Link& link = component.links[i];
    if (link.taken) continue;
    ++tried;
    Chain chain(model_, facts_, between, link.from);
    chain.add(link);
    if (chain.is_contradiction()) possible[i] = 0;
  }
  return possible;
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

// Whether each run on these links leads to one more at most.
bool Prover::Activity::is_unbranched(const Component& component, const std::vector<uint32_t>& links) const {
  std::map<uint32_t, std::set<uint32_t>> effects;                       // by path
  std::map<std::pair<uint32_t, uint32_t>, std::set<uint32_t>> targets;  // rules by path and effect
  for (const uint32_t number : links) {
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
  return std::all_of(targets.begin(), targets.end(),
                     [](const auto& each) { return each.second.size() == 1; });
}

// Whether at any time at most one event waits that goes round: then nothing else runs between two runs of the
// circle but what these set off outside of it.
bool Prover::Activity::is_single_file(const Component& component) const {
  if (component.too_large) return false;
  // What takes time lets others in between.
  if (std::any_of(component.links.begin(), component.links.end(),
                  [](const Link& link) { return link.delayed; }))
    return false;
  if (!is_unbranched(component, leading_round(component, on_circle_, nullptr))) return false;
  const Inputs& inputs = inputs_of(island_);
  if (inputs.too_many) return false;
  const std::vector<char> possible = possible_links(component);
  const std::vector<uint32_t> round = leading_round(component, on_circle_, &possible);
  if (!is_unbranched(component, round)) return false;
  std::set<uint32_t> paths;
  for (const uint32_t number : round)
    paths.insert({component.links[number].from, component.links[number].to});
  Tokens tokens(*this, component, paths, possible);
  return std::all_of(inputs.rules.begin(), inputs.rules.end(),
                     [&](const std::vector<uint32_t>& rules) { return tokens.of_rules(rules) <= 1; });
}

}  // namespace krules::check
