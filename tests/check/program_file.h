#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "krules/check.h"

namespace krules::test {

enum class Expectation : uint8_t {
  kEnds,       ///< every cascade ends, and no timer sets others for ever
  kPerpetual,  ///< every cascade ends, and some input leads to timer after timer for ever
  kGrows,      ///< and to more and more of them
  kLoop,       ///< some input's cascade never comes to an end
  kCycle,      ///< nobody can tell
};

/// A program of the collection with what its head says about it.
struct ProgramFile {
  std::string family;  ///< the folder
  std::string name;    ///< FAMILY/NAME
  std::string path;
  std::string text;
  std::optional<Expectation> expectation;
  std::vector<std::string> rules;  ///< that belong to the cycle
  std::vector<std::string> codes;  ///< of findings that must be there
  std::string why;
  ReplaySeed seed;  ///< of the `state` and `input` lines
  /// What of the head cannot be understood, one sentence each.
  std::vector<std::string> mistakes;
};

ProgramFile read_program_file(const std::string& folder, const std::string& path);

/// Every `.krules` file below `folder`, by name.
std::vector<ProgramFile> read_program_files(const std::string& folder);

}  // namespace krules::test
