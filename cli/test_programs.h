#pragma once

#include <string>
#include <vector>

namespace krules::cli {

/// Rule files that are tested as one program.
struct TestProgram {
  std::vector<std::string> paths;
  bool in_collection = false;  ///< one of several in a folder, and perhaps without tests
};

/// What `krules test` takes `paths` for: one program, as `krules run` does, but for folders that hold no rule
/// file themselves and only folders with some: each of those is a program of its own, unless `together`.
std::vector<TestProgram> find_test_programs(const std::vector<std::string>& paths, bool together);

}  // namespace krules::cli
