#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "krules/check.h"
#include "krules/draw_graph.h"

/// What is drawn, before it is written in the language of a program that draws.
namespace krules::check {

/// From the least to the most striking.
enum class Tone : uint8_t { kFaint, kPlain, kEnds, kPerpetual, kPossible, kCertain };

/// The tone of a cycle with that verdict.
Tone tone_of(const Cycle& cycle);

struct PictureNode {
  enum class Kind : uint8_t { kEvent, kExternal, kProperty, kRule, kGate, kMiddleware };
  Kind kind = Kind::kEvent;
  std::string text;
  std::string note;     ///< of a rule in a cycle: "loop 1: never ends"
  std::string tooltip;  ///< may have several lines
  Tone tone = Tone::kPlain;
  /// Stands for that event, which is drawn in another cluster.
  uint32_t original = CascadeGraph::kNone;
};

/// A rule, or a gate or middleware.
constexpr bool is_rule(PictureNode::Kind kind) {
  return kind >= PictureNode::Kind::kRule;
}

struct PictureEdge {
  uint32_t from = 0;
  uint32_t to = 0;
  std::string label;    ///< short
  std::string tooltip;  ///< may have several lines
  Tone tone = Tone::kPlain;
  bool later = false;  ///< takes time
};

struct PictureCluster {
  std::string title;
  std::vector<uint32_t> nodes;
};

/// A line of the legend about one cycle.
struct PictureLoop {
  std::string text;
  Tone tone = Tone::kPlain;
};

struct Picture {
  std::vector<PictureNode> nodes;
  std::vector<PictureEdge> edges;
  std::vector<PictureCluster> clusters;
  std::vector<uint32_t> loose;  ///< the nodes that are in no cluster
  std::vector<PictureLoop> loops;
  std::string left_out;  ///< what is not shown: "12 rules and 3 events are not shown"; empty when all is
};

Picture make_picture(const CascadeGraph& graph, const std::vector<Cycle>& cycles, const DrawOptions& options);

/// At most `most` characters of one line, an ellipsis where something is missing.
std::string shortened(std::string_view text, size_t most);

}  // namespace krules::check
