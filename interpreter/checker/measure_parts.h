#pragma once

#include <fmt/format.h>

#include <cmath>
#include <string>

#include "value_set.h"

/// What the proofs have in common that count how far something moves.
namespace krules::check {

inline std::string number_text(double value) {
  return fmt::format("{}", value);
}

/// How often something can move by `step` from where it is to `bound` and past it, for people.
inline std::string times_text(const std::string& name, bool up, double bound, double step) {
  const bool whole = step == 1 && bound == std::floor(bound);
  const double end = whole ? bound + (up ? 1 : -1) : bound;
  std::string distance = up ? fmt::format("{} - {}", end, name) : fmt::format("{} - {}", name, end);
  if (!up && end == 0) distance = name;
  if (step == 1) return distance;
  return distance == name ? fmt::format("{} / {}", name, step) : fmt::format("({}) / {}", distance, step);
}

inline bool goes_up(const ValueSet& delta) {
  return delta.is_whole() ? delta.low >= 1 : delta.low > 0;
}
inline bool goes_down(const ValueSet& delta) {
  return delta.is_whole() ? delta.high <= -1 : delta.high < 0;
}

}  // namespace krules::check
