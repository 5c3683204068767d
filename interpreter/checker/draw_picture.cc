#include "draw_picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "krules/glob.h"

namespace krules {

namespace {

bool is_property_event(const EventClass& event) {
  return event.kind != EventClass::Kind::kPlain;
}

/// Says what a word of the user may be: the texts by which one node is known.
bool is_named(const EventClass& event, const Glob& focus) {
  return focus.matches(event.label()) || focus.matches(event.name) || focus.matches(readable_label(event));
}

}  // namespace

std::string readable_label(const EventClass& event) {
  const bool any = event.name.empty() || event.name == "*";
  switch (event.kind) {
    case EventClass::Kind::kPlain:
      return event.name;
    case EventClass::Kind::kChanged:
      return any ? "any property changes" : event.name + " changes";
    case EventClass::Kind::kDeleted:
      return any ? "any property is deleted" : event.name + " is deleted";
    case EventClass::Kind::kSubjectDeleted:
      return "a subject is deleted";
  }
  return event.name;
}

bool has_focus(const CascadeGraph& graph, std::string_view focus) {
  const Glob glob(focus);
  return std::any_of(graph.events.begin(), graph.events.end(),
                     [&](const EventClass& event) { return is_named(event, glob); }) ||
         std::any_of(graph.rules.begin(), graph.rules.end(),
                     [&](const CascadeGraph::Rule& rule) { return glob.matches(rule.name); });
}

std::vector<std::string> focus_names(const CascadeGraph& graph) {
  std::set<std::string> names;
  for (const EventClass& event : graph.events) {
    names.insert(event.label());
    if (!event.name.empty()) names.insert(event.name);
  }
  for (const CascadeGraph::Rule& rule : graph.rules) {
    if (!rule.name.empty()) names.insert(rule.name);
  }
  return {names.begin(), names.end()};
}

namespace check {

namespace {

constexpr size_t kLongestLabel = 40;
/// A box around fewer nodes says nothing.
constexpr size_t kSmallestCluster = 3;
/// In pictures of so many rules no lines run from one cluster to another where a name can stand for them.
constexpr size_t kManyRules = 60;
/// So many loops have a line in the legend.
constexpr size_t kMostLoops = 8;

std::string place_text(const Location& where) {
  if (where.source == nullptr) return {};
  return fmt::format("{}:{}", where.source->name(), where.source->position(where.span.begin).line);
}

std::string verdict_text(const Cycle& cycle) {
  const std::string_view allowed = cycle.allowed ? " (accepted)" : "";
  switch (cycle.verdict) {
    case Verdict::kEnds:
      return cycle.bound ? fmt::format("ends, after {} firings at most", *cycle.bound) : "ends";
    case Verdict::kPerpetual:
      return fmt::format("goes on for ever, with delays{}", allowed);
    case Verdict::kPossible:
      return fmt::format("may never end{}", allowed);
    case Verdict::kCertain:
      return "never ends";
  }
  return {};
}

/// `a or b` and `c` are "(a or b) and c".
std::string all_of(const std::vector<std::string>& conditions) {
  if (conditions.size() == 1) return conditions.front();
  std::string text;
  for (const std::string& condition : conditions) {
    if (!text.empty()) text += " and ";
    text += condition.find(" or ") == std::string::npos ? condition : "(" + condition + ")";
  }
  return text;
}

class Painter {
 public:
  Painter(const CascadeGraph& graph, const std::vector<Cycle>& cycles, const DrawOptions& options)
      : graph_(graph), cycles_(cycles), options_(options) {}

  Picture run() {
    number_loops();
    choose();
    add_nodes();
    add_clusters();
    add_reactions();
    add_wrappings();
    add_emissions();
    add_loops();
    say_what_is_left_out();
    return std::move(picture_);
  }

 private:
  size_t events() const { return graph_.events.size(); }
  /// Both kinds of nodes in one row of numbers: events, then rules.
  size_t of_rule(uint32_t rule) const { return events() + rule; }

  bool drawn(const CascadeGraph::Reaction& reaction) const {
    return !reaction.refuted || options_.idle == IdleReactions::kDrawn;
  }

  void number_loops() {
    numbers_.resize(cycles_.size());
    uint32_t last = 0;
    for (size_t i = 0; i < cycles_.size(); ++i) {
      if (cycles_[i].verdict != Verdict::kEnds) numbers_[i] = ++last;
    }
  }

  std::string name_of(size_t cycle) const {
    const std::string verdict = verdict_text(cycles_[cycle]);
    return numbers_[cycle] == 0 ? verdict : fmt::format("loop {}: {}", numbers_[cycle], verdict);
  }

  /// Which nodes are shown.
  void choose() {
    shown_.assign(events() + graph_.rules.size(), options_.focus.empty());
    if (!options_.focus.empty()) {
      std::vector<size_t> start;
      const Glob glob(options_.focus);
      for (size_t i = 0; i < events(); ++i) {
        if (is_named(graph_.events[i], glob)) start.push_back(i);
      }
      for (uint32_t i = 0; i < graph_.rules.size(); ++i) {
        if (glob.matches(graph_.rules[i].name)) start.push_back(of_rule(i));
      }
      std::vector<std::vector<size_t>> next(shown_.size());
      std::vector<std::vector<size_t>> before(shown_.size());
      const auto connect = [&](size_t from, size_t to) {
        next[from].push_back(to);
        before[to].push_back(from);
      };
      for (const auto& reaction : graph_.reactions) {
        if (drawn(reaction)) connect(reaction.event, of_rule(reaction.rule));
      }
      for (const auto& emission : graph_.emissions) connect(of_rule(emission.rule), emission.event);
      for (const auto& each : graph_.wrappings) connect(of_rule(each.rule), of_rule(each.middleware));
      walk(start, next);
      walk(start, before);
    }
    // A middleware or gate that does nothing which is drawn is left out.
    std::vector<bool> acts(graph_.rules.size(), false);
    for (const auto& emission : graph_.emissions) acts[emission.rule] = true;
    for (uint32_t i = 0; i < graph_.rules.size(); ++i) {
      if (graph_.rules[i].role != CascadeGraph::Role::kRule && !acts[i]) shown_[of_rule(i)] = false;
    }
    // An event that nothing here makes or waits for is no part of the picture, and neither is a change that
    // no rule waits for: there are too many of them.
    std::vector<bool> touched(events(), false);
    for (const auto& reaction : graph_.reactions) {
      if (drawn(reaction)) touched[reaction.event] = true;
    }
    const Glob focus(options_.focus);
    for (const auto& emission : graph_.emissions) {
      const EventClass& event = graph_.events[emission.event];
      if (options_.idle == IdleReactions::kDrawn || !is_property_event(event) || is_named(event, focus))
        touched[emission.event] = true;
    }
    for (size_t i = 0; i < events(); ++i) shown_[i] = shown_[i] && touched[i];
  }

  /// Shows what can be reached from `start` within the depth: a rule and its event are one step.
  void walk(std::vector<size_t> start, const std::vector<std::vector<size_t>>& next) {
    std::vector<bool> seen(shown_.size(), false);
    for (const size_t node : start) seen[node] = true;
    for (uint64_t hop = 0; !start.empty(); ++hop) {
      std::vector<size_t> reached;
      for (const size_t node : start) {
        shown_[node] = true;
        if (hop == 2 * uint64_t{options_.depth}) continue;
        for (const size_t to : next[node]) {
          if (!seen[to]) reached.push_back(to);
          seen[to] = true;
        }
      }
      start = std::move(reached);
    }
  }

  void add_nodes() {
    places_.assign(shown_.size(), CascadeGraph::kNone);
    for (size_t i = 0; i < events(); ++i) {
      if (!shown_[i]) continue;
      const EventClass& event = graph_.events[i];
      PictureNode node;
      node.kind = is_property_event(event) ? PictureNode::Kind::kProperty
                  : event.external         ? PictureNode::Kind::kExternal
                                           : PictureNode::Kind::kEvent;
      node.text = shortened(readable_label(event), kLongestLabel);
      node.tooltip = readable_label(event) + (event.external ? " (from outside)" : "");
      add(i, std::move(node));
    }
    for (uint32_t i = 0; i < graph_.rules.size(); ++i) {
      if (!shown_[of_rule(i)]) continue;
      const CascadeGraph::Rule& rule = graph_.rules[i];
      const std::string place = place_text(rule.where);
      PictureNode node;
      node.kind = rule.role == CascadeGraph::Role::kGate         ? PictureNode::Kind::kGate
                  : rule.role == CascadeGraph::Role::kMiddleware ? PictureNode::Kind::kMiddleware
                                                                 : PictureNode::Kind::kRule;
      const std::string name = rule.name.empty() ? (place.empty() ? "rule" : "rule at " + place) : rule.name;
      node.text = shortened(name, kLongestLabel);
      node.tooltip = place.empty() ? name : fmt::format("{} ({})", name, place);
      for (const std::string& guard : rule.guards) node.tooltip += "\nwhen " + guard;
      if (rule.cycle < cycles_.size()) {
        node.note = name_of(rule.cycle);
        node.tone = tone_of(cycles_[rule.cycle]);
        node.tooltip += "\n" + node.note;
        for (const std::string& reason : cycles_[rule.cycle].reasons) node.tooltip += "\n" + reason;
      }
      add(of_rule(i), std::move(node));
    }
  }

  void add(size_t node, PictureNode&& drawn) {
    places_[node] = static_cast<uint32_t>(picture_.nodes.size());
    picture_.nodes.push_back(std::move(drawn));
  }

  /// Null when one of the ends is not shown.
  PictureEdge* connect(size_t from, size_t to, uint32_t cycle) {
    if (!shown_[from] || !shown_[to]) return nullptr;
    PictureEdge edge;
    edge.from = places_[from];
    edge.to = places_[to];
    if (cycle < cycles_.size()) {
      edge.tone = tone_of(cycles_[cycle]);
      // The event between two rules of a cycle belongs to it too.
      for (const uint32_t end : {edge.from, edge.to}) {
        Tone& tone = picture_.nodes[end].tone;
        tone = std::max(tone, edge.tone);
      }
    }
    return &picture_.edges.emplace_back(std::move(edge));
  }

  void add_reactions() {
    for (const auto& reaction : graph_.reactions) {
      if (!drawn(reaction)) continue;
      PictureEdge* edge = connect(reaction.event, of_rule(reaction.rule), reaction.cycle);
      if (edge == nullptr) continue;
      if (reaction.refuted) edge->tone = Tone::kFaint;
      const std::vector<std::string>& guards = graph_.rules[reaction.rule].guards;
      edge->label = shortened(all_of(guards), kLongestLabel);
      edge->tooltip = fmt::format("{}{} fires {}", picture_.nodes[edge->from].text,
                                  reaction.refuted ? " never" : "", picture_.nodes[edge->to].text);
      for (const std::string& guard : guards) edge->tooltip += "\nwhen " + guard;
    }
  }

  void add_wrappings() {
    for (const auto& each : graph_.wrappings) {
      PictureEdge* edge = connect(of_rule(each.rule), of_rule(each.middleware), each.cycle);
      if (edge == nullptr) continue;
      edge->tooltip =
          fmt::format("{} runs around {}", picture_.nodes[edge->to].text, picture_.nodes[edge->from].text);
    }
  }

  /// One edge for all places at which a rule makes an event.
  void add_emissions() {
    std::map<std::pair<uint32_t, uint32_t>, std::vector<const CascadeGraph::Emission*>> places;
    for (const auto& emission : graph_.emissions)
      places[{emission.rule, emission.event}].push_back(&emission);
    for (const auto& [ends, emissions] : places) {
      uint32_t cycle = CascadeGraph::kNone;
      Tone strongest = Tone::kFaint;
      for (const auto* emission : emissions) {
        if (emission->cycle >= cycles_.size() || tone_of(cycles_[emission->cycle]) <= strongest) continue;
        cycle = emission->cycle;
        strongest = tone_of(cycles_[cycle]);
      }
      PictureEdge* edge = connect(of_rule(ends.first), ends.second, cycle);
      if (edge == nullptr) continue;
      edge->tooltip =
          fmt::format("{} makes: {}", picture_.nodes[edge->from].text, picture_.nodes[edge->to].text);
      if (edge->tone == Tone::kPlain) edge->to = near(edge->from, edge->to);
      for (const auto* emission : emissions) {
        const std::string place = place_text(emission->where);
        const std::string condition =
            emission->conditions.empty() ? std::string() : "if " + all_of(emission->conditions);
        if (place.empty() && condition.empty()) continue;
        edge->tooltip +=
            fmt::format("\n{}{}{}", place, place.empty() || condition.empty() ? "" : ": ", condition);
      }
      const auto& conditions = emissions.front()->conditions;
      const bool same = std::all_of(emissions.begin(), emissions.end(),
                                    [&](const auto* emission) { return emission->conditions == conditions; });
      const std::string& delay = emissions.front()->delay;
      edge->later = std::all_of(emissions.begin(), emissions.end(),
                                [](const auto* emission) { return !emission->delay.empty(); });
      if (edge->later) edge->label = delay == "reply" ? delay : "after " + shortened(delay, kLongestLabel);
      if (same && !conditions.empty()) edge->label = shortened("if " + all_of(conditions), kLongestLabel);
    }
  }

  /// `event`, or where it is drawn far away from `rule` a copy in the rule's own cluster.
  uint32_t near(uint32_t rule, uint32_t event) {
    const uint32_t cluster = clusters_[rule];
    if (!many_rules_ || cluster == CascadeGraph::kNone || clusters_[event] == cluster) return event;
    const auto [copy, is_new] =
        copies_.try_emplace({cluster, event}, static_cast<uint32_t>(picture_.nodes.size()));
    if (is_new) {
      PictureNode node = picture_.nodes[event];
      node.original = event;
      node.tone = Tone::kPlain;
      picture_.nodes.push_back(std::move(node));
      picture_.clusters[cluster].nodes.push_back(copy->second);
    }
    return copy->second;
  }

  // ---------------------------------------------------------------- clusters

  static std::string entity_of(const EventClass& event) {
    if (event.kind == EventClass::Kind::kSubjectDeleted) return {};
    if (is_property_event(event)) return event.name.find('*') == std::string::npos ? event.name : "";
    const std::string entity = event.name.substr(0, event.name.find('.'));
    return entity.find('*') == std::string::npos ? entity : "";
  }

  /// The title of each node's cluster, empty for none.
  std::vector<std::string> titles() const {
    std::vector<std::string> titles(shown_.size());
    if (options_.clusters == GraphClusters::kEntity) {
      for (size_t i = 0; i < events(); ++i) titles[i] = entity_of(graph_.events[i]);
      for (const auto& reaction : graph_.reactions) {
        std::string& title = titles[of_rule(reaction.rule)];
        if (title.empty() && drawn(reaction)) title = titles[reaction.event];
      }
    } else if (options_.clusters == GraphClusters::kFile) {
      for (uint32_t i = 0; i < graph_.rules.size(); ++i) {
        const Location& where = graph_.rules[i].where;
        if (where.source != nullptr) titles[of_rule(i)] = where.source->name();
      }
      std::vector<std::set<std::string>> files(events());
      for (const auto& reaction : graph_.reactions) {
        if (drawn(reaction)) files[reaction.event].insert(titles[of_rule(reaction.rule)]);
      }
      for (const auto& emission : graph_.emissions)
        files[emission.event].insert(titles[of_rule(emission.rule)]);
      for (size_t i = 0; i < events(); ++i) {
        if (files[i].size() == 1) titles[i] = *files[i].begin();
      }
    }
    return titles;
  }

  void add_clusters() {
    clusters_.assign(picture_.nodes.size(), CascadeGraph::kNone);
    many_rules_ = std::count(shown_.begin() + static_cast<std::ptrdiff_t>(events()), shown_.end(), true) >=
                  static_cast<std::ptrdiff_t>(kManyRules);
    std::map<std::string, std::vector<uint32_t>> members;
    const std::vector<std::string> all = titles();
    for (size_t i = 0; i < shown_.size(); ++i) {
      if (shown_[i]) members[all[i]].push_back(places_[i]);
    }
    const auto wanted = [](const auto& entry) {
      return !entry.first.empty() && entry.second.size() >= kSmallestCluster;
    };
    // One box around everything would say nothing either.
    const bool any = std::count_if(members.begin(), members.end(), wanted) > 1;
    for (auto& entry : members) {
      if (any && wanted(entry)) {
        for (const uint32_t node : entry.second)
          clusters_[node] = static_cast<uint32_t>(picture_.clusters.size());
        picture_.clusters.push_back({entry.first, std::move(entry.second)});
      } else {
        picture_.loose.insert(picture_.loose.end(), entry.second.begin(), entry.second.end());
      }
    }
    std::sort(picture_.loose.begin(), picture_.loose.end());
  }

  // ---------------------------------------------------------------- the legend

  void add_loops() {
    size_t more = 0;
    for (size_t i = 0; i < cycles_.size(); ++i) {
      const Cycle& cycle = cycles_[i];
      const bool visible = std::any_of(cycle.rules.begin(), cycle.rules.end(),
                                       [&](uint32_t rule) { return shown_[of_rule(rule)]; });
      if (numbers_[i] == 0 || !visible) continue;
      if (picture_.loops.size() == kMostLoops) {
        ++more;
        continue;
      }
      std::string way;
      for (const CycleStep& step : cycle.steps) way += fmt::format("{} -> ", graph_.rules[step.rule].name);
      if (!cycle.steps.empty()) way += graph_.rules[cycle.steps.front().rule].name;
      picture_.loops.push_back(
          {fmt::format("{}{}{}", name_of(i), way.empty() ? "" : ": ", shortened(way, 100)), tone_of(cycle)});
    }
    if (more > 0) picture_.loops.push_back({fmt::format("and {} more", more), Tone::kPlain});
  }

  void say_what_is_left_out() {
    if (options_.focus.empty()) return;
    const auto hidden = [&](size_t from, size_t to) {
      return std::count(shown_.begin() + static_cast<std::ptrdiff_t>(from),
                        shown_.begin() + static_cast<std::ptrdiff_t>(to), false);
    };
    const auto rules = hidden(events(), shown_.size());
    const auto others = hidden(0, events());
    if (rules + others == 0) return;
    picture_.left_out = fmt::format("{} rule{} and {} event{} are not shown", rules, rules == 1 ? "" : "s",
                                    others, others == 1 ? "" : "s");
  }

  const CascadeGraph& graph_;
  const std::vector<Cycle>& cycles_;
  const DrawOptions& options_;
  Picture picture_;
  std::vector<bool> shown_;
  std::vector<uint32_t> places_;                              // in Picture::nodes
  std::vector<uint32_t> clusters_;                            // of the nodes, kNone for loose ones
  std::map<std::pair<uint32_t, uint32_t>, uint32_t> copies_;  // by cluster and event
  bool many_rules_ = false;
  std::vector<uint32_t> numbers_;  // of the loops, by cycle; 0 for those that end
};

}  // namespace

Tone tone_of(const Cycle& cycle) {
  switch (cycle.verdict) {
    case Verdict::kEnds:
      return Tone::kEnds;
    case Verdict::kPerpetual:
      return Tone::kPerpetual;
    case Verdict::kPossible:
      return Tone::kPossible;
    case Verdict::kCertain:
      return Tone::kCertain;
  }
  return Tone::kPlain;
}

std::string shortened(std::string_view text, size_t most) {
  std::string line;
  bool space = false;
  for (const char c : text) {
    if (c == '\n' || c == '\r' || c == '\t' || c == ' ') {
      space = !line.empty();
      continue;
    }
    if (space) line.push_back(' ');
    space = false;
    line.push_back(c);
  }
  const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
  if (static_cast<size_t>(std::count_if(line.begin(), line.end(), begins)) <= most) return line;
  size_t end = 0;
  for (size_t characters = 0; end < line.size(); ++end) {
    if (begins(line[end]) && characters++ == most - 1) break;
  }
  while (end > 0 && line[end - 1] == ' ') --end;
  return line.substr(0, end) + "\u2026";
}

Picture make_picture(const CascadeGraph& graph, const std::vector<Cycle>& cycles,
                     const DrawOptions& options) {
  return Painter(graph, cycles, options).run();
}

}  // namespace check

}  // namespace krules
