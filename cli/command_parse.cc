#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "command.h"
#include "console.h"
#include "krules/engine.h"
#include "krules/parser.h"
#include "krules/text_file.h"
#include "options.h"
#include "store_access.h"

namespace krules::cli {

namespace {

enum class TreeFormat : uint8_t { kTree, kJson };

struct ParseOptions {
  std::string file;
  TreeFormat format = TreeFormat::kTree;
};

constexpr const char* kExamples =
    R"(Shows how krules understands a rule file: one node a line with its line and column, or JSON.
What is wrong with the file goes to standard error, and what is whole is shown all the same.

Exit status: 1 when the file has errors.

Examples:
  krules parse orders.krules
  krules parse orders.krules --format json | jq .
  krules parse - < orders.krules
)";

/// Null after a complaint.
SourcePtr read_standard_input() {
  constexpr const char* kName = "/dev/stdin";
  std::string text;
  char buffer[64 * 1024];
  size_t got = 0;
  while (text.size() <= kMaxSourceBytes && (got = std::fread(buffer, 1, sizeof buffer, stdin)) > 0)
    text.append(buffer, got);
  std::string error;
  if (std::ferror(stdin) != 0) error = std::strerror(errno);
  if (text.size() > kMaxSourceBytes) error = fmt::format("it is larger than {} MiB", kMaxSourceBytes >> 20);
  if (error.empty()) return std::make_shared<Source>(kName, std::move(text));
  complain(ExitStatus::kUsage, fmt::format("cannot read standard input: {}", error));
  return nullptr;
}

/// Null after a complaint.
SourcePtr read_file(const std::string& path) {
  if (path == "-") return read_standard_input();
  std::string error;
  SourcePtr source = read_source(path, error);
  if (source == nullptr) complain(ExitStatus::kUsage, error);
  return source;
}

ExitStatus parse_file(const ParseOptions& options) {
  if (options.file.empty()) wrong_usage("name a rule file");
  const SourcePtr source = read_file(options.file);
  if (source == nullptr) return ExitStatus::kUsage;
  const ParseResult parsed = parse(source);
  const bool json = options.format == TreeFormat::kJson;
  std::string text = json ? dump_json(parsed.module) : dump_tree(parsed.module);
  if (!text.empty() && text.back() != '\n') text.push_back('\n');
  std::fwrite(text.data(), 1, text.size(), stdout);
  const ExitStatus status = finish_output(parsed.ok() ? ExitStatus::kOk : ExitStatus::kNo);
  Console console;
  for (const Diagnostic& diagnostic : parsed.diagnostics) {
    console.write((json ? render_json(diagnostic) : render_text(diagnostic, console.colour())) + "\n");
  }
  return status;
}

}  // namespace

Action declare_parse(CLI::App& app) {
  auto options = std::make_shared<ParseOptions>();
  add_text(app, "FILE", "FILE", options->file, "a rule file; - is standard input")->option_text("FILE");
  add_choice<TreeFormat>(app, "--format", {{"tree", TreeFormat::kTree}, {"json", TreeFormat::kJson}},
                         options->format, "how to show the tree (default: tree)");
  app.footer(kExamples);
  return [options] { return parse_file(*options); };
}

}  // namespace krules::cli
