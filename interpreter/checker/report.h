#pragma once

#include <vector>

#include "event_graph.h"
#include "krules/check.h"
#include "prover.h"

namespace krules::check {

/// The graph as it is drawn, with the links that were refuted left out of the circles.
CascadeGraph draw_graph(const Model& model, const EventGraph& graph, const std::vector<Component>& components,
                        const std::vector<Cycle>& told);

/// The way round that `links` go, as steps with their places.
std::vector<CycleStep> steps_of(const Model& model, const Component& component,
                                const std::vector<uint32_t>& links);

/// What to tell an author about a cycle that is not proved to end; `number` counts the certain ones.
/// Of what comes round only with time in between.
Diagnostic describe_perpetual(const Model& model, const Cycle& cycle, const Component& component,
                              const std::vector<uint32_t>& links, uint32_t number);
Diagnostic describe(const Model& model, const Cycle& cycle, const Component& component,
                    const std::vector<uint32_t>& links, uint32_t number);

/// The fact that would show that a circle ends, where one can be named.
std::string missing_bound(const Model& model, const Component& component, const std::vector<uint32_t>& links);

/// How many rules one input can fire at most, and the longest way; where every cascade ends.
void summarise(const Model& model, const EventGraph& graph, const std::vector<Component>& components,
               CheckSummary& summary);

/// "rule", "gate", "middleware".
std::string_view word_of(const RuleModel& unit);
Location place_of(const Model& model, uint32_t rule, Span span);

/// A run of rules' events in words: "changed counter".
std::string label_of(const Model& model, const Link& link);

}  // namespace krules::check
