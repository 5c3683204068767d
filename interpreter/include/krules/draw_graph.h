#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "krules/check.h"

/// Pictures of a cascade graph, as text that other programs draw.
namespace krules {

/// What shares a box.
enum class GraphClusters : uint8_t {
  kNone,
  kFile,    ///< the rules of one file, with the events that they alone deal with
  kEntity,  ///< the events whose type has the same part before its first dot, with the rules that they fire
};

/// Whether what comes to nothing is drawn too: reactions that no event of the program can cause (dotted), and
/// changes of properties that no rule waits for.
enum class IdleReactions : uint8_t { kLeftOut, kDrawn };

struct DrawOptions {
  GraphClusters clusters = GraphClusters::kEntity;
  IdleReactions idle = IdleReactions::kLeftOut;
  /// An event's label, its name alone, a rule's name, or a glob of those; empty: everything is drawn.
  std::string focus;
  /// With a focus: so many rules on the way to it and from it.
  uint32_t depth = 3;
};

/// "cpu changes", "token is deleted", "a subject is deleted", "order.submitted".
std::string readable_label(const EventClass& event);

/// Whether `focus` names any event or rule of the graph.
bool has_focus(const CascadeGraph& graph, std::string_view focus);
/// All that can be named: event labels, event names, rule names; each once.
std::vector<std::string> focus_names(const CascadeGraph& graph);

/// For Graphviz. `cycles` are those that the graph's indices mean.
std::string draw_dot(const CascadeGraph& graph, const std::vector<Cycle>& cycles,
                     const DrawOptions& options = {});
/// For Mermaid.
std::string draw_mermaid(const CascadeGraph& graph, const std::vector<Cycle>& cycles,
                         const DrawOptions& options = {});

}  // namespace krules
