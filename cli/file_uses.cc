#include "file_uses.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>
#include <utility>

#include "krules/runner.h"
#include "options.h"

namespace krules::cli {

namespace {

namespace fs = std::filesystem;

constexpr const char* kStandardOutput = "/dev/stdout";

/// Whether two paths name one file, be it there already or not. Pipes and devices are nobody's.
bool is_same_file(const std::string& left, const std::string& right) {
  struct stat left_info {};
  struct stat right_info {};
  const bool left_is_there = ::stat(left.c_str(), &left_info) == 0;
  const bool right_is_there = ::stat(right.c_str(), &right_info) == 0;
  if (left_is_there != right_is_there) return false;
  if (left_is_there) {
    return S_ISREG(left_info.st_mode) && left_info.st_dev == right_info.st_dev &&
           left_info.st_ino == right_info.st_ino;
  }
  std::error_code left_code;
  std::error_code right_code;
  const fs::path left_path = fs::weakly_canonical(fs::absolute(left, left_code), left_code);
  const fs::path right_path = fs::weakly_canonical(fs::absolute(right, right_code), right_code);
  return !left_code && !right_code && left_path == right_path;
}

void refuse_if_same(const FileUse& written, const FileUse& other) {
  if (!is_same_file(written.path, other.path)) return;
  if (written.path == kStandardOutput)
    wrong_usage(fmt::format("standard output would go into `{}`, {}", other.path, other.what));
  wrong_usage(
      fmt::format("`{} {}` would overwrite `{}`, {}", written.option, written.path, other.path, other.what));
}

}  // namespace

std::vector<FileUse> rule_file_uses(const std::vector<std::string>& paths) {
  std::vector<FileUse> uses;
  for (std::string& file : find_rule_files(paths).files) uses.push_back({std::move(file), "a rule file"});
  return uses;
}

void refuse_overwriting(const std::vector<FileUse>& read, const std::vector<FileUse>& written) {
  std::vector<FileUse> others = read;
  const FileUse output{kStandardOutput, "the file of standard output"};
  for (const FileUse& each : read) refuse_if_same(output, each);
  others.push_back(output);
  for (const FileUse& each : written) {
    for (const FileUse& other : others) refuse_if_same(each, other);
    others.push_back(each);
  }
}

}  // namespace krules::cli
