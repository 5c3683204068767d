#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "krules/draw_graph.h"

namespace krules::cli {

enum class PictureFormat : uint8_t { kSvg, kDot, kMermaid };

/// By the ending of a file's name: .svg, .dot or .gv, .mmd or .mermaid.
std::optional<PictureFormat> picture_format_of(std::string_view path);

/// The picture of a graph. Empty with `error` set, one sentence, when it cannot be drawn: SVG needs the
/// program `dot`.
std::string draw_picture(PictureFormat format, const CascadeGraph& graph, const std::vector<Cycle>& cycles,
                         const DrawOptions& options, std::string& error);

/// Clusters by file where there are several, else by entity.
GraphClusters usual_clusters(const CascadeGraph& graph);

}  // namespace krules::cli
