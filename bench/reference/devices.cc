#include "devices.h"

namespace reference {
namespace {

bool update(std::optional<double>& field, double value) {
  if (field == value) return false;
  field = value;
  return true;
}

}  // namespace

std::string_view name_of(Health health) {
  switch (health) {
    case Health::kUnknown:
      return "";
    case Health::kHealthy:
      return "healthy";
    case Health::kWarning:
      return "warning";
    case Health::kCritical:
      return "critical";
  }
  return "";
}

bool Device::record(object data) {
  const bool cpu_changed = update(cpu, data["cpu"].get_double());
  const bool memory_changed = update(memory, data["memory"].get_double());
  const bool errors_changed = update(error_rate, data["error_rate"].get_double());
  return cpu_changed || memory_changed || errors_changed;
}

std::string_view Device::assess() {
  const double c = cpu.value_or(0), m = memory.value_or(0), e = error_rate.value_or(0);
  const Health before = health;
  if (c > 90 || m > 90 || e > 10) {
    health = Health::kCritical;
  } else if (c > 70 || m > 70 || e > 5) {
    health = Health::kWarning;
  } else {
    health = Health::kHealthy;
  }
  if (health == before) return {};
  if (health == Health::kCritical) return "device.alert.critical";
  if (health == Health::kHealthy && before == Health::kCritical) return "device.alert.recovered";
  return {};
}

}  // namespace reference
