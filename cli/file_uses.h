#pragma once

#include <string>
#include <vector>

namespace krules::cli {

/// A file that a command reads or writes.
struct FileUse {
  std::string path;
  std::string what;         ///< what it is to the command, "the file of events"
  std::string option = {};  ///< of a file that is written: what names it, "--graph"
};

/// The rule files that `paths` name.
std::vector<FileUse> rule_file_uses(const std::vector<std::string>& paths);

/// Throws what is reported as wrong usage where a file that is written is another one's, under whatever name:
/// of what is read, of what else is written, of standard output.
void refuse_overwriting(const std::vector<FileUse>& read, const std::vector<FileUse>& written);

}  // namespace krules::cli
