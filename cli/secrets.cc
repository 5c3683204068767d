#include "secrets.h"

#include <fmt/format.h>

#include <cstdlib>
#include <map>

#include "krules/engine.h"
#include "krules/text_file.h"
#include "options.h"

namespace krules::cli {

namespace {

constexpr size_t kMaxSecretBytes = 64 << 10;

std::optional<std::string> content_of(const std::string& path, std::string& error) {
  std::optional<std::string> value = read_text_file(path, kMaxSecretBytes, error);
  while (value.has_value() && !value->empty() && (value->back() == '\n' || value->back() == '\r'))
    value->pop_back();
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
    std::string error;
    if (!content_of(path, error).has_value()) wrong_usage(fmt::format("the file of a secret: {}", error));
    if (!paths.emplace(file.substr(0, equals), path).second)
      wrong_usage(fmt::format("`--secret-file` names more than one file for `{}`", file.substr(0, equals)));
  }
  return [paths = std::move(paths)](std::string_view name) -> std::optional<std::string> {
    std::string ignored;
    if (const auto path = paths.find(name); path != paths.end()) return content_of(path->second, ignored);
    const char* value = std::getenv(secret_variable(name).c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

}  // namespace krules::cli
