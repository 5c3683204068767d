#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "certificate.h"
#include "verifier.h"

/// Whether a certificate is about this program, and what may still go round.
namespace krules::check {

Verifier::Verifier(Model& model, const EventGraph& graph, const Writers& writers, Scope scope)
    : model_(model),
      terms_(model.terms),
      graph_(graph),
      writers_(writers),
      scope_(scope),
      known_(model, graph, writers),
      cases_(model.terms, [this](TermId term) { return known_.known(term); }),
      never_(model.paths.size(), 0),
      active_(model.paths.size(), 0),
      entered_(model.paths.size(), 0),
      by_clock_(model.paths.size(), 0),
      owner_(model.rules.size(), UINT32_MAX) {
  // What clocks set off comes again and again, whatever else ends.
  if (scope_ == Scope::kCascade) return;
  std::vector<uint32_t> clocks;
  for (const CompiledSchedule& schedule : model_.program->schedules()) clocks.push_back(schedule.rule);
  for (const uint32_t rule : graph_.reachable(clocks)) {
    const RuleModel& reached = model_.rules[rule];
    for (uint32_t i = 0; i < reached.path_count; ++i) by_clock_[reached.first_path + i] = 1;
  }
}

bool Verifier::check_shape(const ProofPart& proof) {
  const std::vector<std::vector<uint32_t>> components = graph_.components(scope_);
  if (components.size() != proof.components.size()) {
    complain(fmt::format("the program has {} sets of rules that can set each other off, the certificate {}",
                         components.size(), proof.components.size()));
    return false;
  }
  for (uint32_t i = 0; i < components.size(); ++i) {
    if (components[i] != proof.components[i].rules) {
      complain(fmt::format("component {}: these are not the rules that can set each other off", i));
      return false;
    }
    for (const uint32_t rule : components[i]) owner_[rule] = i;
  }
  parts_.resize(components.size());
  for (uint32_t i = 0; i < components.size(); ++i) {
    if (!check_component(i, proof.components[i])) return false;
  }
  return true;
}

// Every link of the graph must be there but those of paths that can never be taken.
bool Verifier::check_component(uint32_t number, const ProofComponent& stated) {
  // Too large to be looked at, and nothing is claimed.
  if (!stated.ends && stated.links.empty()) return true;
  Part& part = parts_[number];
  part.is_known = true;
  for (const uint32_t rule : stated.rules) {
    const RuleModel& model = model_.rules[rule];
    for (uint32_t path = model.first_path; path < model.first_path + model.path_count; ++path) {
      if (std::find(stated.paths.begin(), stated.paths.end(), path) != stated.paths.end()) continue;
      if (!cases_.is_impossible(Walk(*this, path).literals())) {
        complain(
            fmt::format("component {}: a way through `{}` is left out, and could not be confirmed to be "
                        "never taken",
                        number, model.compiled->name));
        return false;
      }
      never_[path] = 1;
    }
  }
  for (const uint32_t path : stated.paths) {
    if (path >= model_.paths.size() || owner_[model_.paths[path].rule] != number) {
      complain(fmt::format("component {}: {} is no way through its rules", number, path));
      return false;
    }
    for (const EventGraph::Made& made : graph_.made_on(path)) {
      const EventGraph::Class& events = graph_.classes()[made.event];
      if (!happens(made.event)) continue;
      for (const uint32_t rule : events.rules) {
        if (owner_[rule] != number) continue;
        const RuleModel& target = model_.rules[rule];
        for (uint32_t to = target.first_path; to < target.first_path + target.path_count; ++to) {
          if (never_[to] != 0) continue;
          part.links.push_back(static_cast<uint32_t>(links_.size()));
          links_.push_back({number, path, made.effect, to, events.kind, events.delayed});
        }
      }
    }
  }
  const bool same = std::equal(part.links.begin(), part.links.end(), stated.links.begin(), stated.links.end(),
                               [&](uint32_t i, const ProofLink& other) {
                                 const Link& link = links_[i];
                                 return link.from == other.from && link.effect == other.effect &&
                                        link.to == other.to && link_kind_name(link.kind) == other.kind;
                               });
  if (!same)
    complain(fmt::format("component {}: its links are not those of the program (one is left out, or added)",
                         number));
  return same;
}

std::vector<std::vector<uint32_t>> Verifier::circles(uint32_t component) const {
  std::map<uint32_t, uint32_t> index;
  std::vector<uint32_t> paths;
  const auto number = [&](uint32_t path) {
    const auto [place, is_new] = index.try_emplace(path, static_cast<uint32_t>(paths.size()));
    if (is_new) paths.push_back(path);
    return place->second;
  };
  std::vector<std::pair<uint32_t, uint32_t>> edges;
  for (const uint32_t i : parts_[component].links) {
    if (links_[i].state != State::kOpen) continue;
    const uint32_t from = number(links_[i].from);
    edges.emplace_back(from, number(links_[i].to));
  }
  std::vector<std::vector<uint32_t>> next(paths.size());
  for (const auto& [from, to] : edges) next[from].push_back(to);
  std::vector<std::vector<uint32_t>> found;
  for (std::vector<uint32_t>& one : strong_components(
           static_cast<uint32_t>(paths.size()), [&](uint32_t i) -> const auto& { return next[i]; })) {
    const auto& own = next[one.front()];
    if (one.size() == 1 && std::find(own.begin(), own.end(), one.front()) == own.end()) continue;
    for (uint32_t& each : one) each = paths[each];
    found.push_back(std::move(one));
  }
  return found;
}

// By path: which circle it lies on, 0 for none.
std::vector<uint32_t> Verifier::group_by_circle(uint32_t component) const {
  std::vector<uint32_t> group(model_.paths.size(), 0);
  uint32_t count = 0;
  for (const std::vector<uint32_t>& circle : circles(component)) {
    ++count;
    for (const uint32_t path : circle) group[path] = count;
  }
  return group;
}

// Were a cascade endless, some chain of runs would go round circles of open links, and what runs again and
// again is set off from there by links that are not closed.
void Verifier::renew() {
  std::fill(active_.begin(), active_.end(), 0);
  std::fill(entered_.begin(), entered_.end(), 0);
  std::vector<uint32_t> waiting;
  const auto activate = [&](uint32_t path) {
    if (active_[path] != 0 || never_[path] != 0 || is_past(path)) return;
    active_[path] = 1;
    waiting.push_back(path);
  };
  std::vector<std::vector<uint32_t>> out(model_.paths.size());
  for (const Link& link : links_) {
    if (is_taken(link)) out[link.from].push_back(link.to);
  }
  find_ring();
  const auto enter_rule = [&](uint32_t rule, const Link* by) {
    const RuleModel& target = model_.rules[rule];
    for (uint32_t to = target.first_path; to < target.first_path + target.path_count; ++to) {
      if (by != nullptr && !may_run_beside(*by, to)) continue;
      entered_[to] = 1;
      activate(to);
    }
  };
  for (uint32_t i = 0; i < parts_.size(); ++i) {
    for (const std::vector<uint32_t>& circle : circles(i)) {
      for (const uint32_t path : circle) activate(path);
    }
  }
  for (uint32_t rule = 0; rule < owner_.size(); ++rule) {
    if (owner_[rule] != UINT32_MAX && !parts_[owner_[rule]].is_known) enter_rule(rule, nullptr);
  }
  for (uint32_t path = 0; path < by_clock_.size(); ++path) {
    if (by_clock_[path] == 0) continue;
    entered_[path] = 1;
    activate(path);
  }
  for (size_t i = 0; i < waiting.size(); ++i) {
    const uint32_t path = waiting[i];
    for (const uint32_t to : out[path]) activate(to);
    const uint32_t mine = owner_[model_.paths[path].rule];
    for (const EventGraph::Made& made : graph_.made_on(path)) {
      if (!happens(made.event)) continue;
      for (const uint32_t rule : graph_.classes()[made.event].rules) {
        if (mine != UINT32_MAX && owner_[rule] == mine && parts_[mine].is_known) continue;
        const EventGraph::Class& events = graph_.classes()[made.event];
        const Link by{0, path, made.effect, 0, events.kind, events.delayed};
        enter_rule(rule, &by);
      }
    }
  }
}

// A path that can still come back to itself; over delays, where something comes later on the way.
std::optional<uint32_t> Verifier::endless(uint32_t component) const {
  const std::vector<std::vector<uint32_t>> all = circles(component);
  if (scope_ == Scope::kCascade) return all.empty() ? std::nullopt : std::optional(all.front().front());
  const std::vector<uint32_t> group = group_by_circle(component);
  for (const uint32_t number : parts_[component].links) {
    const Link& link = links_[number];
    if (link.state == State::kOpen && link.delayed && group[link.from] != 0 &&
        group[link.from] == group[link.to])
      return link.from;
  }
  return std::nullopt;
}

// As an author would list them.
std::string Verifier::names_of(const std::vector<uint32_t>& rules) const {
  constexpr size_t kMost = 5;
  std::string names;
  for (size_t i = 0; i < rules.size() && i < kMost; ++i)
    names += fmt::format("{}`{}`", i == 0 ? "" : ", ", model_.rules[rules[i]].compiled->name);
  return rules.size() > kMost ? fmt::format("{} and {} more", names, rules.size() - kMost) : names;
}

CertificateReport Verifier::verify(const ProofPart& proof) {
  if (!check_shape(proof)) return report_;
  std::vector<size_t> next(parts_.size(), 0);
  std::vector<std::vector<size_t>> steps(parts_.size());
  for (size_t i = 0; i < proof.steps.size(); ++i) {
    const uint32_t component = proof.steps[i].component;
    if (component >= parts_.size() || !parts_[component].is_known) {
      complain(fmt::format("step {}: it is about nothing that the certificate lists", i + 1));
      return report_;
    }
    steps[component].push_back(i);
  }
  // What is shown of one component may be needed for a step of another one.
  std::map<uint32_t, std::string> stuck;
  bool moved = true;
  while (moved) {
    moved = false;
    for (uint32_t i = 0; i < parts_.size(); ++i) {
      if (next[i] < steps[i].size()) form_file(i);
      while (next[i] < steps[i].size()) {
        renew();
        const size_t number = steps[i][next[i]];
        const std::string doubt = confirm(proof.steps[number]);
        if (!doubt.empty()) {
          stuck[i] = fmt::format("step {}: could not be confirmed: {}", number + 1, doubt);
          break;
        }
        stuck.erase(i);
        ++next[i];
        ++report_.steps;
        moved = true;
      }
    }
  }
  for (auto& [component, text] : stuck) doubt(std::move(text));
  for (uint32_t i = 0; i < parts_.size(); ++i) {
    if (!proof.components[i].ends) report_.open.push_back(names_of(proof.components[i].rules));
    if (!proof.components[i].ends || stuck.count(i) != 0) continue;
    const std::optional<uint32_t> path = endless(i);
    if (!path.has_value()) continue;
    complain(fmt::format("component {}: after all steps `{}` can still lead to itself", i,
                         model_.rules[model_.paths[*path].rule].compiled->name));
  }
  report_.ok = report_.errors.empty() && report_.doubts.empty();
  return report_;
}

}  // namespace krules::check
