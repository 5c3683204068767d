#include "picture_file.h"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace krules::cli {

namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

std::string read_all(std::FILE* file) {
  std::string text;
  char buffer[64 * 1024];
  std::rewind(file);
  while (const size_t got = std::fread(buffer, 1, sizeof buffer, file)) text.append(buffer, got);
  return text;
}

/// What `dot` makes of a graph. It reads and writes files without names, so that neither side waits for the
/// other.
std::string run_dot(const std::string& graph, std::string& error) {
  const File in(std::tmpfile(), std::fclose);
  const File out(std::tmpfile(), std::fclose);
  const File messages(std::tmpfile(), std::fclose);
  const bool written = in != nullptr && out != nullptr && messages != nullptr &&
                       std::fwrite(graph.data(), 1, graph.size(), in.get()) == graph.size() &&
                       std::fflush(in.get()) == 0;
  if (!written) {
    error = fmt::format("cannot write a temporary file: {}", std::strerror(errno));
    return {};
  }
  std::rewind(in.get());
  posix_spawn_file_actions_t streams;
  posix_spawn_file_actions_init(&streams);
  posix_spawn_file_actions_adddup2(&streams, ::fileno(in.get()), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&streams, ::fileno(out.get()), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&streams, ::fileno(messages.get()), STDERR_FILENO);
  std::string name = "dot";
  std::string format = "-Tsvg";
  char* const words[] = {name.data(), format.data(), nullptr};
  pid_t process = 0;
  const int failed = ::posix_spawnp(&process, name.c_str(), &streams, nullptr, words, environ);
  posix_spawn_file_actions_destroy(&streams);
  if (failed == ENOENT) {
    error =
        "SVG is drawn by the program `dot`, which is not installed: install the package graphviz, or ask for "
        "dot "
        "or mermaid";
    return {};
  }
  if (failed != 0) {
    error = fmt::format("cannot run the program `dot`: {}", std::strerror(failed));
    return {};
  }
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  std::string picture = read_all(out.get());
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || picture.empty()) {
    const std::string said = read_all(messages.get());
    error = fmt::format("the program `dot` failed{}{}", said.empty() ? "" : ": ",
                        said.substr(0, said.find('\n')));
    return {};
  }
  return picture;
}

}  // namespace

std::optional<PictureFormat> picture_format_of(std::string_view path) {
  if (path.ends_with(".svg")) return PictureFormat::kSvg;
  if (path.ends_with(".dot") || path.ends_with(".gv")) return PictureFormat::kDot;
  if (path.ends_with(".mmd") || path.ends_with(".mermaid")) return PictureFormat::kMermaid;
  return std::nullopt;
}

std::string draw_picture(PictureFormat format, const CascadeGraph& graph, const std::vector<Cycle>& cycles,
                         const DrawOptions& options, std::string& error) {
  switch (format) {
    case PictureFormat::kSvg:
      return run_dot(draw_dot(graph, cycles, options), error);
    case PictureFormat::kDot:
      return draw_dot(graph, cycles, options);
    case PictureFormat::kMermaid:
      return draw_mermaid(graph, cycles, options);
  }
  return {};
}

GraphClusters usual_clusters(const CascadeGraph& graph) {
  for (const CascadeGraph::Rule& rule : graph.rules) {
    if (rule.where.source != graph.rules.front().where.source) return GraphClusters::kFile;
  }
  return GraphClusters::kEntity;
}

}  // namespace krules::cli
