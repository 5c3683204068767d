#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "krules/program.h"
#include "krules/value.h"

/// What a certificate says, as it stands there.
namespace krules::check {

struct ProofLink {
  uint32_t from = 0;
  uint32_t effect = 0;
  uint32_t to = 0;
  std::string kind;
};

struct ProofComponent {
  bool ends = false;
  std::vector<uint32_t> rules;
  std::vector<uint32_t> paths;
  std::vector<ProofLink> links;
};

struct ProofRemoval {
  enum class Kind : uint8_t { kRefuted, kClimb, kValues, kMeasure, kExplored, kCounted, kTime };
  Kind kind = Kind::kRefuted;
  uint32_t component = 0;
  std::vector<uint32_t> removed;
  std::string property;
  bool extended = false;
  bool up = false;
  bool has_bound = false;
  double bound = 0;
  struct Measured {
    uint32_t path = 0;
    std::string value;
    int64_t more = 0;  ///< to be added
  };
  std::vector<Measured> values;  ///< kMeasure
  uint32_t events = 0;           ///< kExplored: at most so many
};

/// Of what comes of an event at once, or also later.
struct ProofPart {
  std::vector<ProofComponent> components;
  std::vector<ProofRemoval> steps;
};

struct Proof {
  std::string program;
  ProofPart at_once;
  std::optional<ProofPart> in_time;
};

/// Empty where it could be read, else what is wrong, as a sentence.
std::string read_proof(std::string_view json, const Program& program, Proof& proof);

}  // namespace krules::check
