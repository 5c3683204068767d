#include <fmt/format.h>

#include <iterator>
#include <map>

#include "draw_picture.h"

namespace krules {

namespace {

using check::Picture;
using check::PictureEdge;
using check::PictureNode;
using check::Tone;

/// Text within quotes. Everything that could mean something to Mermaid, or to the page around it, is written
/// as the number of its character.
std::string quoted(std::string_view text) {
  constexpr std::string_view kSpecial = "\"#&<>[](){}|`\\;*_~$%@";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (kSpecial.find(c) != std::string_view::npos) {
      fmt::format_to(std::back_inserter(out), "#{};", byte);
    } else {
      out.push_back(byte < 0x20 ? ' ' : c);
    }
  }
  return out + "\"";
}

std::string_view class_of(PictureNode::Kind kind) {
  switch (kind) {
    case PictureNode::Kind::kEvent:
      return "event";
    case PictureNode::Kind::kExternal:
      return "outside";
    case PictureNode::Kind::kProperty:
      return "change";
    case PictureNode::Kind::kRule:
      return "rule";
    case PictureNode::Kind::kGate:
      return "gate";
    case PictureNode::Kind::kMiddleware:
      return "middleware";
  }
  return {};
}

/// How nodes and edges of that tone are drawn; empty for those that are drawn like all.
std::string_view stroke_of(Tone tone) {
  switch (tone) {
    case Tone::kFaint:
      return "stroke:#a0a0a0,color:#a0a0a0";
    case Tone::kPlain:
      return {};
    case Tone::kEnds:
      return "stroke:#2e7d32,stroke-width:2px";
    case Tone::kPerpetual:
      return "stroke:#8e44ad,stroke-width:3px";
    case Tone::kPossible:
      return "stroke:#e67e00,stroke-width:3px,stroke-dasharray:6 4";
    case Tone::kCertain:
      return "stroke:#d32f2f,stroke-width:3px";
  }
  return {};
}

class MermaidWriter {
 public:
  explicit MermaidWriter(const Picture& picture) : picture_(picture) {}

  std::string run() {
    out_ = "flowchart LR\n";
    for (const check::PictureLoop& loop : picture_.loops) add("%% {}\n", loop.text);
    if (!picture_.left_out.empty()) add("%% {}\n", picture_.left_out);
    for (size_t i = 0; i < picture_.clusters.size(); ++i) {
      add("  subgraph c{}[{}]\n", i, quoted(picture_.clusters[i].title));
      for (const uint32_t each : picture_.clusters[i].nodes) node(each, "    ");
      out_ += "  end\n";
    }
    for (const uint32_t each : picture_.loose) node(each, "  ");
    for (const PictureEdge& each : picture_.edges) edge(each);
    styles();
    return std::move(out_);
  }

 private:
  template <typename... Parts>
  void add(fmt::format_string<Parts...> format, Parts&&... parts) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Parts>(parts)...);
  }

  void node(uint32_t number, std::string_view indent) {
    const PictureNode& node = picture_.nodes[number];
    const bool rule = check::is_rule(node.kind);
    const bool copy = node.original != CascadeGraph::kNone;
    std::string text = quoted(copy ? "\u2192 " + node.text : node.text);
    if (!node.note.empty()) {
      const std::string note = quoted(node.note);
      text = text.substr(0, text.size() - 1) + "<br/>" + note.substr(1);
    }
    add("{}n{}{}{}{}:::{}\n", indent, number, rule ? "[" : "([", text, rule ? "]" : "])",
        class_of(node.kind));
  }

  void edge(const PictureEdge& edge) {
    const std::string_view arrow = edge.tone == Tone::kFaint || edge.later ? "-.->" : "-->";
    if (edge.label.empty()) {
      add("  n{} {} n{}\n", edge.from, arrow, edge.to);
    } else {
      add("  n{} {}|{}| n{}\n", edge.from, arrow, quoted(edge.label), edge.to);
    }
  }

  void styles() {
    out_ +=
        "  classDef event fill:#dcebfa,stroke:#3b78b5,color:#10314f\n"
        "  classDef outside fill:#2f6db0,stroke:#1d4a7c,color:#ffffff\n"
        "  classDef change fill:#dff3e3,stroke:#3e8e54,color:#12401f\n"
        "  classDef rule fill:#fff7db,stroke:#b08a1e,color:#3d3005\n"
        "  classDef gate fill:#fbe3d6,stroke:#b5592f,color:#4a1f0c\n"
        "  classDef middleware fill:#ece3f7,stroke:#7a55ad,color:#2f1a4d\n";
    for (size_t i = 0; i < picture_.nodes.size(); ++i) {
      const Tone tone = picture_.nodes[i].tone;
      if (tone > Tone::kPlain) add("  style n{} {}\n", i, stroke_of(tone));
    }
    std::map<Tone, std::string> edges;
    for (size_t i = 0; i < picture_.edges.size(); ++i) {
      if (picture_.edges[i].tone == Tone::kPlain) continue;
      std::string& list = edges[picture_.edges[i].tone];
      list += fmt::format("{}{}", list.empty() ? "" : ",", i);
    }
    for (const auto& [tone, list] : edges) add("  linkStyle {} {}\n", list, stroke_of(tone));
  }

  const Picture& picture_;
  std::string out_;
};

}  // namespace

std::string draw_mermaid(const CascadeGraph& graph, const std::vector<Cycle>& cycles,
                         const DrawOptions& options) {
  return MermaidWriter(check::make_picture(graph, cycles, options)).run();
}

}  // namespace krules
