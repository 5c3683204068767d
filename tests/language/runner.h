#pragma once

#include <string>
#include <vector>

namespace krules::test {

/// Runs the test file at `path` and tells what did not happen as it says, one sentence an entry, each
/// beginning with the place. Empty: all is as it should be.
std::vector<std::string> run_language_file(const std::string& path);
/// The same for a test file whose text is given.
std::vector<std::string> run_language_text(const std::string& name, const std::string& text);

}  // namespace krules::test
