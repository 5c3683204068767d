#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <vector>

#include "command.h"
#include "console.h"
#include "file_uses.h"
#include "options.h"
#include "picture_file.h"
#include "rule_input.h"
#include "store_access.h"
#include "wording.h"

namespace krules::cli {

namespace {

struct GraphOptions {
  RuleInputOptions input;
  PictureFormat format = PictureFormat::kSvg;
  bool format_given = false;
  std::string file;
  GraphClusters clusters = GraphClusters::kNone;
  bool clusters_given = false;
  uint64_t depth = DrawOptions().depth;
  bool depth_given = false;
  bool all = false;
  DrawOptions draw;
};

constexpr const char* kExamples =
    R"(Draws which events fire which rules, and which events those make: events round, rules square,
guards on the lines between, loops in the colour of their verdict.

SVG is drawn by Graphviz's `dot`; --format dot and mermaid need nothing.

Exit status: 0 drawn, 1 the rules have errors or nothing has the name of --focus, 2 wrong usage,
also where `dot` is not there.

Examples:
  krules graph rules/ -o rules.svg
  krules graph rules/ --focus order.submitted --depth 2 -o orders.svg
  krules graph rules/ --format mermaid > rules.mmd
)";

ExitStatus draw(GraphOptions& options) {
  if (options.depth_given && options.draw.focus.empty()) wrong_usage("--depth belongs to --focus");
  PictureFormat format = options.format;
  if (!options.format_given && !options.file.empty()) {
    const std::optional<PictureFormat> named = picture_format_of(options.file);
    if (!named) {
      wrong_usage(
          fmt::format("`{}` does not tell what to draw: let it end in .svg, .dot or .mmd, or add --format",
                      options.file));
    }
    format = *named;
  }
  std::vector<FileUse> written;
  if (!options.file.empty()) written.push_back({options.file, "the picture", "--output"});
  refuse_overwriting(rule_file_uses(options.input.paths), written);
  RuleInput input;
  if (const ExitStatus status = read_rule_input(options.input, input); status != ExitStatus::kOk)
    return status;
  Console console;
  for (const Diagnostic& each : input.loaded.diagnostics) {
    if (each.severity == Severity::kError) console.write(render_text(each, console.colour()) + "\n");
  }
  if (input.loaded.program == nullptr)
    return complain(ExitStatus::kNo, "the rules have errors; nothing was drawn");
  CheckOptions check_options;
  check_options.findings = false;
  const CheckResult result = check_loaded(input.loaded, input.compile_options, check_options);
  DrawOptions& draw = options.draw;
  draw.clusters = options.clusters_given ? options.clusters : usual_clusters(result.graph);
  draw.idle = options.all ? IdleReactions::kDrawn : IdleReactions::kLeftOut;
  draw.depth = static_cast<uint32_t>(options.depth);
  if (!draw.focus.empty() && !has_focus(result.graph, draw.focus)) {
    const std::vector<std::string> names = focus_names(result.graph);
    const std::string_view near =
        nearest_name(draw.focus, std::vector<std::string_view>(names.begin(), names.end()));
    return complain(ExitStatus::kNo,
                    fmt::format("no event and no rule is called `{}`{}", draw.focus,
                                near.empty() ? "" : fmt::format("; did you mean `{}`?", near)));
  }
  std::string error;
  const std::string picture = draw_picture(format, result.graph, result.cycles, draw, error);
  if (!error.empty()) return complain(ExitStatus::kUsage, error);
  if (!options.file.empty()) return write_file(options.file, picture) ? ExitStatus::kOk : ExitStatus::kUsage;
  std::fwrite(picture.data(), 1, picture.size(), stdout);
  return finish_output(ExitStatus::kOk);
}

}  // namespace

Action declare_graph(CLI::App& app) {
  auto options = std::make_shared<GraphOptions>();
  add_rule_input(app, options->input);
  CLI::Option* format = add_choice<PictureFormat>(
      app, "--format",
      {{"svg", PictureFormat::kSvg}, {"dot", PictureFormat::kDot}, {"mermaid", PictureFormat::kMermaid}},
      options->format, "what to draw (default: by -o, else svg)");
  add_text(app, "-o,--output", "FILE", options->file, "where to write it (default: standard output)");
  add_text(app, "--focus", "NAME", options->draw.focus,
           "show only what leads to this event or rule and follows from it; may be a pattern");
  CLI::Option* depth =
      add_number(app, "--depth", 1, 1000, options->depth,
                 fmt::format("with --focus: so many rules each way (default: {})", DrawOptions().depth));
  CLI::Option* by = add_choice<GraphClusters>(
      app, "--by",
      {{"file", GraphClusters::kFile}, {"entity", GraphClusters::kEntity}, {"none", GraphClusters::kNone}},
      options->clusters,
      "what shares a box: the rules of a file, or all that is about order.* (default: file where there are "
      "several)");
  app.add_flag(
         "--all", options->all,
         "draw what comes to nothing too: reactions that guards rule out, changes that no rule waits for")
      ->disable_flag_override();
  app.footer(kExamples);
  return [options, format, depth, by] {
    options->format_given = format->count() > 0;
    options->depth_given = depth->count() > 0;
    options->clusters_given = by->count() > 0;
    return draw(*options);
  };
}

}  // namespace krules::cli
