#include <fmt/format.h>

#include <iterator>

#include "draw_picture.h"

namespace krules {

namespace {

using check::Picture;
using check::PictureCluster;
using check::PictureEdge;
using check::PictureNode;
using check::Tone;

/// Text for a label or tooltip: within quotes, where `\` and `&` mean something to Graphviz.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.append({'\\', c});
    } else if (c == '&') {
      out.append("&amp;");
    } else if (c == '\n') {
      out.append("\\n");
    } else {
      out.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
    }
  }
  return out + "\"";
}

/// Text within a label that is written like HTML.
std::string marked_up(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out.append("&amp;");
        break;
      case '<':
        out.append("&lt;");
        break;
      case '>':
        out.append("&gt;");
        break;
      default:
        out.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
    }
  }
  return out;
}

struct Paint {
  std::string_view fill;
  std::string_view line;
  std::string_view text;
};

Paint paint_of(PictureNode::Kind kind) {
  switch (kind) {
    case PictureNode::Kind::kEvent:
      return {"#dcebfa", "#3b78b5", "#10314f"};
    case PictureNode::Kind::kExternal:
      return {"#2f6db0", "#1d4a7c", "#ffffff"};
    case PictureNode::Kind::kProperty:
      return {"#dff3e3", "#3e8e54", "#12401f"};
    case PictureNode::Kind::kRule:
      return {"#fff7db", "#b08a1e", "#3d3005"};
    case PictureNode::Kind::kGate:
      return {"#fbe3d6", "#b5592f", "#4a1f0c"};
    case PictureNode::Kind::kMiddleware:
      return {"#ece3f7", "#7a55ad", "#2f1a4d"};
  }
  return {};
}

std::string_view colour_of(Tone tone) {
  switch (tone) {
    case Tone::kFaint:
      return "#a0a0a0";
    case Tone::kPlain:
      return "#555555";
    case Tone::kEnds:
      return "#2e7d32";
    case Tone::kPerpetual:
      return "#8e44ad";
    case Tone::kPossible:
      return "#e67e00";
    case Tone::kCertain:
      return "#d32f2f";
  }
  return {};
}

/// How an edge of that tone is drawn, beside its colour.
std::string_view stroke_of(Tone tone) {
  switch (tone) {
    case Tone::kFaint:
      return ", style=dotted";
    case Tone::kPlain:
      return "";
    case Tone::kEnds:
      return ", penwidth=1.6";
    case Tone::kPerpetual:
      return ", penwidth=2.4";
    case Tone::kPossible:
      return ", style=dashed, penwidth=2.4";
    case Tone::kCertain:
      return ", penwidth=2.8";
  }
  return {};
}

class DotWriter {
 public:
  explicit DotWriter(const Picture& picture) : picture_(picture) {}

  std::string run() {
    out_ =
        "digraph cascades {\n"
        "  graph [rankdir=LR, ranksep=0.6, nodesep=0.22, remincross=true, tooltip=\" \",\n"
        "         fontname=\"Helvetica\", fontsize=11, labelloc=b, labeljust=l]\n"
        "  node [fontname=\"Helvetica\", fontsize=11, style=filled, margin=\"0.12,0.05\", height=0.32]\n"
        "  edge [fontname=\"Helvetica\", fontsize=9, arrowsize=0.7]\n";
    legend();
    for (size_t i = 0; i < picture_.clusters.size(); ++i) cluster(i);
    for (const uint32_t each : picture_.loose) node(each, "  ");
    for (const PictureEdge& each : picture_.edges) edge(each);
    out_ += "}\n";
    return std::move(out_);
  }

 private:
  template <typename... Parts>
  void add(fmt::format_string<Parts...> format, Parts&&... parts) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Parts>(parts)...);
  }

  void node(uint32_t number, std::string_view indent) {
    const PictureNode& node = picture_.nodes[number];
    const Paint paint = paint_of(node.kind);
    const bool rule = check::is_rule(node.kind);
    const bool marked = node.tone > Tone::kPlain;
    const bool copy = node.original != CascadeGraph::kNone;
    std::string label = quoted(copy ? "\u2192 " + node.text : node.text);
    if (!node.note.empty()) {
      label = fmt::format("<{}<br/><font point-size=\"9\" color=\"{}\">{}</font>>", marked_up(node.text),
                          colour_of(node.tone), marked_up(node.note));
    }
    add("{}n{} [label={}, shape={}, fillcolor=\"{}\", color=\"{}\", fontcolor=\"{}\", penwidth={}, "
        "tooltip={}",
        indent, number, label, rule ? "box" : "ellipse", paint.fill,
        marked ? colour_of(node.tone) : paint.line, paint.text, marked ? "2.2" : "1.2", quoted(node.tooltip));
    if (copy) {
      // In a picture that can be clicked at, it leads to the event itself.
      add(", style=\"filled,dashed\", fontsize=9, height=0.24, URL=\"#event{}\"", node.original);
    } else if (!rule) {
      add(", id=\"event{}\"", number);
    }
    out_ += "]\n";
  }

  void cluster(size_t number) {
    const PictureCluster& cluster = picture_.clusters[number];
    add("  subgraph cluster_{} {{\n"
        "    graph [label={}, labelloc=t, style=\"rounded,filled\", fillcolor=\"#f5f6f8\", "
        "color=\"#c9ced6\", "
        "fontcolor=\"#555555\", fontsize=12, margin=10, tooltip={}]\n",
        number, quoted(cluster.title), quoted(cluster.title));
    for (const uint32_t each : cluster.nodes) node(each, "    ");
    out_ += "  }\n";
  }

  void edge(const PictureEdge& edge) {
    const std::string_view colour = colour_of(edge.tone);
    add("  n{} -> n{} [color=\"{}\", fontcolor=\"{}\"{}, tooltip={}", edge.from, edge.to, colour, colour,
        edge.later && edge.tone != Tone::kPossible ? fmt::format("{}, style=dashed", stroke_of(edge.tone))
                                                   : std::string(stroke_of(edge.tone)),
        quoted(edge.tooltip));
    if (!edge.label.empty()) add(", label={}, labeltooltip={}", quoted(edge.label), quoted(edge.tooltip));
    out_ += "]\n";
  }

  void legend() {
    struct Sample {
      PictureNode::Kind kind;
      std::string_view text;
    };
    constexpr Sample kSamples[] = {
        {PictureNode::Kind::kExternal, "event from outside"},
        {PictureNode::Kind::kEvent, "event"},
        {PictureNode::Kind::kProperty, "change of state"},
        {PictureNode::Kind::kRule, "rule"},
        {PictureNode::Kind::kGate, "gate"},
        {PictureNode::Kind::kMiddleware, "middleware"},
    };
    std::string cells;
    for (const Sample& sample : kSamples) {
      bool used = false;
      for (const PictureNode& node : picture_.nodes) used = used || node.kind == sample.kind;
      if (!used) continue;
      const Paint paint = paint_of(sample.kind);
      const std::string_view style = check::is_rule(sample.kind) ? "" : " style=\"rounded\"";
      fmt::format_to(std::back_inserter(cells),
                     "<td><table border=\"1\" cellborder=\"0\" cellspacing=\"0\"{} bgcolor=\"{}\" "
                     "color=\"{}\"><tr><td>"
                     "<font color=\"{}\">{}</font></td></tr></table></td>",
                     style, paint.fill, paint.line, paint.text, sample.text);
    }
    if (cells.empty()) return;
    add("  label=<<table border=\"0\" cellspacing=\"4\"><tr>{}</tr>", cells);
    for (const check::PictureLoop& loop : picture_.loops) line(loop.text, loop.tone);
    if (!picture_.left_out.empty()) line(picture_.left_out, Tone::kFaint);
    add("</table>>\n");
  }

  void line(std::string_view text, Tone tone) {
    add("<tr><td colspan=\"7\" align=\"left\"><font color=\"{}\">{}</font></td></tr>", colour_of(tone),
        marked_up(text));
  }

  const Picture& picture_;
  std::string out_;
};

}  // namespace

std::string draw_dot(const CascadeGraph& graph, const std::vector<Cycle>& cycles,
                     const DrawOptions& options) {
  return DotWriter(check::make_picture(graph, cycles, options)).run();
}

}  // namespace krules
