#pragma once

#include <optional>
#include <string_view>

#include "events.h"

namespace reference {

enum class Health : uint8_t { kUnknown, kHealthy, kWarning, kCritical };
std::string_view name_of(Health health);

/// The state of one device of workloads 1 and 5.
struct Device {
  std::optional<double> cpu;
  std::optional<double> memory;
  std::optional<double> error_rate;
  Health health = Health::kUnknown;

  /// Takes over the measurements of one event; whether any of them differed.
  bool record(object data);
  /// The alert that follows from the measurements as they stand, empty for none.
  std::string_view assess();
};

}  // namespace reference
