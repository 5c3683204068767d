#include "prover.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>

#include "activity.h"
#include "glob_meet.h"

namespace krules::check {

namespace {

constexpr size_t kMostLinks = 6000;
constexpr int kMostRounds = 12;
constexpr size_t kMostLinksInPairs = 48;
constexpr size_t kMostPairs = 160;

}  // namespace

Prover::Prover(Model& model, const EventGraph& graph, const Writers& writers, Facts& facts, Scope scope)
    : model_(model),
      terms_(model.terms),
      graph_(graph),
      writers_(writers),
      facts_(facts),
      scope_(scope),
      activity_(std::make_unique<Activity>(model, graph, writers, facts, scope)) {}

Prover::~Prover() = default;

const Between& Prover::between() const {
  return *activity_;
}

void Prover::look_at(const Component& component) {
  activity_->look_at(component);
}

std::vector<Literal> Prover::conditions(uint32_t path) {
  return Chain(model_, facts_, *activity_, path).literals();
}

// From every effect to every path that its event may take, by names.
void Prover::make_links(Component& component) {
  const auto is_inside = [&](uint32_t rule) {
    return std::binary_search(component.rules.begin(), component.rules.end(), rule);
  };
  for (const uint32_t rule : component.rules) {
    const RuleModel& model = model_.rules[rule];
    for (uint32_t path = model.first_path; path < model.first_path + model.path_count; ++path) {
      if (!facts_.solver().is_contradiction(conditions(path))) component.paths.push_back(path);
    }
  }
  for (const uint32_t path : component.paths) {
    for (const EventGraph::Made& made : graph_.made_on(path)) {
      const EventGraph::Class& events = graph_.classes()[made.event];
      if (events.delayed && scope_ == Scope::kCascade) continue;
      for (const uint32_t rule : events.rules) {
        if (!is_inside(rule)) continue;
        const RuleModel& target = model_.rules[rule];
        for (uint32_t to = target.first_path; to < target.first_path + target.path_count; ++to) {
          if (std::binary_search(component.paths.begin(), component.paths.end(), to))
            component.links.push_back({path, made.effect, to, events.kind, true, events.delayed});
        }
      }
      if (component.links.size() > kMostLinks) {
        component.links.clear();
        component.too_large = true;
        return;
      }
    }
  }
}

std::vector<std::vector<uint32_t>> Prover::circles_of(const Component& component) {
  std::map<uint32_t, uint32_t> index;
  for (uint32_t i = 0; i < component.paths.size(); ++i) index.emplace(component.paths[i], i);
  std::vector<std::vector<uint32_t>> next(component.paths.size());
  std::vector<char> own(component.paths.size(), 0);
  for (const Link& link : component.links) {
    if (!link.alive) continue;
    next[index.at(link.from)].push_back(index.at(link.to));
    if (link.from == link.to) own[index.at(link.from)] = 1;
  }
  std::vector<std::vector<uint32_t>> found;
  for (std::vector<uint32_t>& one : strong_components(
           static_cast<uint32_t>(component.paths.size()), [&](uint32_t i) -> const auto& {
             return next[i];
           })) {
    if (one.size() == 1 && own[one.front()] == 0) continue;
    for (uint32_t& each : one) each = component.paths[each];
    std::sort(one.begin(), one.end());
    found.push_back(std::move(one));
  }
  std::sort(found.begin(), found.end());
  return found;
}

// The links of a shortest way; from a path to itself: round.
std::vector<uint32_t> Prover::shortest_way(const Component& component, uint32_t from, uint32_t to) {
  std::map<uint32_t, std::vector<uint32_t>> out;
  for (uint32_t i = 0; i < component.links.size(); ++i) {
    if (component.links[i].alive) out[component.links[i].from].push_back(i);
  }
  std::map<uint32_t, uint32_t> came_by;
  std::deque<uint32_t> queue = {from};
  while (!queue.empty() && came_by.count(to) == 0) {
    const uint32_t at = queue.front();
    queue.pop_front();
    for (const uint32_t i : out[at]) {
      if (came_by.emplace(component.links[i].to, i).second) queue.push_back(component.links[i].to);
    }
  }
  std::vector<uint32_t> way;
  if (came_by.count(to) == 0) return way;
  uint32_t at = to;
  do {
    way.push_back(came_by[at]);
    at = component.links[way.back()].from;
  } while (at != from);
  std::reverse(way.begin(), way.end());
  return way;
}

std::vector<uint32_t> Prover::shortest_circle(const Component& component) const {
  std::vector<uint32_t> best;
  for (const std::vector<uint32_t>& circle : circles_of(component)) {
    for (const uint32_t start : circle) {
      std::vector<uint32_t> way = shortest_way(component, start, start);
      if (!way.empty() && (best.empty() || way.size() < best.size())) best = std::move(way);
    }
  }
  return best;
}

std::vector<uint32_t> Prover::shortest_delayed_circle(const Component& component) const {
  std::vector<uint32_t> best;
  for (uint32_t i = 0; i < component.links.size(); ++i) {
    const Link& link = component.links[i];
    if (!link.alive || !link.delayed) continue;
    std::vector<uint32_t> way;
    if (link.from != link.to) {
      way = shortest_way(component, link.to, link.from);
      if (way.empty()) continue;
    }
    way.push_back(i);
    if (best.empty() || way.size() < best.size()) best = std::move(way);
  }
  return best;
}

bool Prover::remove(Component& component, ProofStep step) {
  std::erase_if(step.closed, [&](uint32_t i) { return !component.links[i].taken; });
  std::erase_if(step.removed, [&](uint32_t i) { return !component.links[i].alive; });
  step.removed.insert(step.removed.end(), step.closed.begin(), step.closed.end());
  std::sort(step.removed.begin(), step.removed.end());
  step.removed.erase(std::unique(step.removed.begin(), step.removed.end()), step.removed.end());
  if (step.removed.empty()) return false;
  for (const uint32_t i : step.removed) component.links[i].alive = false;
  for (const uint32_t i : step.closed) component.links[i].taken = false;
  component.steps.push_back(std::move(step));
  return true;
}

bool Prover::refute_links(Component& component) {
  ProofStep step{.kind = ProofStep::Kind::kRefuted};
  for (uint32_t i = 0; i < component.links.size(); ++i) {
    const Link& link = component.links[i];
    if (!link.taken) continue;
    Chain chain(model_, facts_, *activity_, link.from);
    chain.add(link);
    if (chain.is_contradiction()) step.closed.push_back(i);
  }
  step.text = "the conditions along the way contradict each other";
  return remove(component, std::move(step));
}

// Links that may follow each other, then pairs of links: a link that is on no circle of these is not taken
// for ever.
bool Prover::refute_pairs(Component& component) {
  std::vector<uint32_t> on_circle;
  for (const auto& circle : circles_of(component))
    on_circle.insert(on_circle.end(), circle.begin(), circle.end());
  std::sort(on_circle.begin(), on_circle.end());
  const auto is_on_circle = [&](uint32_t path) {
    return std::binary_search(on_circle.begin(), on_circle.end(), path);
  };
  using Way = std::vector<uint32_t>;
  std::vector<Way> ways;
  for (uint32_t i = 0; i < component.links.size(); ++i) {
    const Link& link = component.links[i];
    if (link.alive && is_on_circle(link.from) && is_on_circle(link.to)) ways.push_back({i});
  }
  if (ways.size() > kMostLinksInPairs) return false;
  for (int length = 2; length <= 4; ++length) {
    std::vector<std::vector<uint32_t>> next(ways.size());
    std::vector<Way> longer;
    std::vector<std::pair<uint32_t, uint32_t>> edges;
    for (uint32_t a = 0; a < ways.size(); ++a) {
      for (uint32_t b = 0; b < ways.size(); ++b) {
        if (!std::equal(ways[a].begin() + 1, ways[a].end(), ways[b].begin(), ways[b].end() - 1)) continue;
        const Link& last = component.links[ways[a].back()];
        if (ways[a].size() == 1 && component.links[ways[b].front()].from != last.to) continue;
        if (ways[a].size() > 1 && component.links[ways[b].back()].from != last.to) continue;
        Chain chain(model_, facts_, *activity_, component.links[ways[a].front()].from);
        for (const uint32_t i : ways[a]) chain.add(component.links[i]);
        chain.add(component.links[ways[b].back()]);
        if (chain.is_contradiction()) continue;
        next[a].push_back(b);
        Way both = ways[a];
        both.push_back(ways[b].back());
        longer.push_back(std::move(both));
        edges.emplace_back(a, b);
      }
    }
    std::vector<char> circular(ways.size(), 0);
    for (const auto& one : strong_components(
             static_cast<uint32_t>(ways.size()), [&](uint32_t i) -> const auto& { return next[i]; })) {
      const bool own = std::find(next[one.front()].begin(), next[one.front()].end(), one.front()) !=
                       next[one.front()].end();
      if (one.size() < 2 && !own) continue;
      for (const uint32_t i : one) circular[i] = 1;
    }
    std::vector<char> kept(component.links.size(), 0);
    for (uint32_t a = 0; a < ways.size(); ++a) {
      if (circular[a] == 0) continue;
      for (const uint32_t i : ways[a]) kept[i] = 1;
    }
    ProofStep step{.kind = ProofStep::Kind::kRefuted};
    for (const Way& way : ways) {
      for (const uint32_t i : way) {
        if (kept[i] == 0) step.removed.push_back(i);
      }
    }
    step.text = "the conditions along the way round contradict each other";
    if (remove(component, std::move(step))) return true;
    std::vector<Way> going_on;
    for (size_t i = 0; i < longer.size(); ++i) {
      if (circular[edges[i].first] != 0 && circular[edges[i].second] != 0)
        going_on.push_back(std::move(longer[i]));
    }
    if (going_on.empty() || going_on.size() > kMostPairs) return false;
    ways = std::move(going_on);
  }
  return false;
}

bool Prover::improve(Component& component) {
  activity_->look_at(component);
  note_moves(component);
  if (refute_links(component)) return true;
  if (climb(component)) return true;
  if (measure(component)) return true;
  if (time_passes(component)) return true;
  return refute_pairs(component);
}

void Prover::accept_explored(Component& component, uint64_t events) {
  ProofStep step{.kind = ProofStep::Kind::kExplored, .times = events};
  for (uint32_t i = 0; i < component.links.size(); ++i) step.closed.push_back(i);
  step.text =
      fmt::format("every cascade was followed to its end, which comes after {} events at most", events);
  remove(component, std::move(step));
  component.proven = true;
  activity_->renew(components_, static_cast<uint32_t>(&component - components_.data()));
}

void Prover::run() {
  if (!has_begun_) {
    for (std::vector<uint32_t>& rules : graph_.components(scope_))
      components_.push_back({.rules = std::move(rules)});
    for (Component& component : components_) make_links(component);
    activity_->begin(components_);
    has_begun_ = true;
  }
  const auto renew = [&](const Component& component) {
    activity_->renew(components_, static_cast<uint32_t>(&component - components_.data()));
  };
  const auto settle = [&](Component& component) {
    component.proven = !component.too_large && circles_of(component).empty();
    return component.proven;
  };
  bool moved = true;
  for (int round = 0; moved && round < kMostRounds; ++round) {
    moved = false;
    for (Component& component : components_) {
      if (component.proven || component.too_large) continue;
      bool changed = settle(component);
      while (!component.proven && improve(component)) {
        changed = true;
        settle(component);
        renew(component);
      }
      if (!changed) continue;
      moved = true;
      renew(component);
    }
  }
}

}  // namespace krules::check
