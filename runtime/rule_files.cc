#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "krules/runner.h"

namespace krules {

namespace fs = std::filesystem;

namespace {

bool is_hidden(const fs::path& path) {
  return path.filename().string().starts_with('.');
}

bool is_rule_file(const fs::path& path) {
  return path.extension() == ".krules" && !is_hidden(path);
}

void add_folder(const std::string& folder, RuleFiles& found) {
  const size_t before = found.files.size();
  std::error_code code;
  fs::recursive_directory_iterator entry(folder, code);
  const fs::recursive_directory_iterator end;
  while (!code && entry != end) {
    if (is_hidden(entry->path()) && entry->is_directory(code)) {
      entry.disable_recursion_pending();
    } else if (is_rule_file(entry->path()) && !entry->is_directory(code)) {
      found.files.push_back(entry->path().string());
    }
    entry.increment(code);
  }
  if (code) {
    found.errors.push_back(fmt::format("cannot read the folder `{}`: {}", folder, code.message()));
  } else if (found.files.size() == before) {
    found.errors.push_back(fmt::format("there are no .krules files in `{}`", folder));
  }
}

/// A file may be named twice, by paths that are written differently, or through a link.
void keep_one_name_each(std::vector<std::string>& files) {
  std::set<std::pair<dev_t, ino_t>> known;
  std::erase_if(files, [&](const std::string& file) {
    struct stat info {};
    return ::stat(file.c_str(), &info) == 0 && !known.insert({info.st_dev, info.st_ino}).second;
  });
}

}  // namespace

RuleFiles find_rule_files(const std::vector<std::string>& paths) {
  RuleFiles found;
  for (const std::string& path : paths) {
    std::error_code code;
    const fs::file_status status = fs::status(path, code);
    if (!fs::exists(status)) {
      found.errors.push_back(fmt::format("`{}` is not there", path));
    } else if (fs::is_directory(status)) {
      add_folder(path, found);
    } else {
      found.files.push_back(path);
    }
  }
  std::sort(found.files.begin(), found.files.end());
  keep_one_name_each(found.files);
  return found;
}

RuleTexts read_rule_files(const std::vector<std::string>& paths) {
  RuleFiles files = find_rule_files(paths);
  RuleTexts texts;
  texts.errors = std::move(files.errors);
  for (const std::string& file : files.files) {
    std::string error;
    if (SourcePtr source = read_source(file, error)) {
      texts.sources.push_back(std::move(source));
    } else {
      texts.errors.push_back(std::move(error));
    }
  }
  return texts;
}

}  // namespace krules
