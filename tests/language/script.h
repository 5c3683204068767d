#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "krules/source.h"

namespace krules::test {

/// One comment of a test file that says something to the test: `# NAME: TEXT`, or `# NAME at WHERE: TEXT`.
struct Directive {
  std::string name;
  std::string text;
  size_t file = 0;          ///< which of the script's files `line` counts in
  uint32_t line = 0;        ///< the line that it speaks of, 0: no line at all
  uint32_t written_at = 0;  ///< its own line in the test file, for reports
};

/// A test file, taken apart.
struct Script {
  std::vector<SourcePtr> files;  ///< one, or more where `# file: NAME` divides it
  std::vector<Directive> directives;
  std::vector<std::string> mistakes;  ///< what is wrong with the test file itself
};

/// Reads a test file. `name` is what messages show; `text` is taken byte by byte as it stands on disk.
Script read_script(const std::string& name, const std::string& text);

/// JSON text without the white space between its parts.
std::string compact_json(std::string_view text);

}  // namespace krules::test
