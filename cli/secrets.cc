#include "secrets.h"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "krules/engine.h"
#include "options.h"

namespace krules::cli {

namespace {

std::optional<std::string> content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return std::nullopt;
  std::string value = text.str();
  while (!value.empty() && (value.back() == '\n' || value.back() == '\r')) value.pop_back();
  return value;
}

}  // namespace

std::function<std::optional<std::string>(std::string_view)> secrets_of_process(
    const std::vector<std::string>& files) {
  std::map<std::string, std::string, std::less<>> paths;
  for (const std::string& file : files) {
    const size_t equals = file.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == file.size())
      wrong_usage(fmt::format("`{}` is no value of --secret-file: write `--secret-file name=FILE`", file));
    const std::string path = file.substr(equals + 1);
    if (!content_of(path).has_value())
      wrong_usage(fmt::format("cannot read `{}`, the file of a secret", path));
    paths[file.substr(0, equals)] = path;
  }
  return [paths = std::move(paths)](std::string_view name) -> std::optional<std::string> {
    if (const auto path = paths.find(name); path != paths.end()) return content_of(path->second);
    const char* value = std::getenv(secret_variable(name).c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

}  // namespace krules::cli
