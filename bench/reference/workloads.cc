#include "workloads.h"

#include <array>
#include <cmath>
#include <vector>

#include "devices.h"

namespace reference {

void device_health(const std::string& input, Output& output) {
  ByName<Device> devices;
  for_each_event(read_file(input), [&](document_reference event) {
    const std::string_view subject = event["subject"].get_string();
    Device& device = devices[subject];
    // The three changes wait in the queue before the first is looked at, so one assessment sees them all.
    if (!device.record(event["data"].get_object())) return;
    if (const std::string_view alert = device.assess(); !alert.empty()) output.line(alert, subject);
  });
}

void order_cascade(const std::string& input, Output& output) {
  enum class Status : uint8_t { kNone, kRejected, kValidated, kPaid, kShipped };
  ByName<Status> orders;
  for_each_event(read_file(input), [&](document_reference event) {
    const std::string_view subject = event["subject"].get_string();
    const int64_t total = event["data"]["total"].get_int64();
    Status& status = orders[subject];
    if (total <= 0) {
      status = Status::kRejected;
      return;
    }
    status = Status::kValidated;
    status = Status::kPaid;
    if (total > 0 && status == Status::kPaid) {
      status = Status::kShipped;
      output.line("order.shipped", subject, total);
    }
  });
}

void many_rules(const std::string& input, Output& output, int64_t rules) {
  struct Rule {
    int64_t threshold;
    std::string alarm;
  };
  using Alarms = std::unordered_map<const Rule*, int64_t>;

  ByName<Rule> by_sensor;
  for (int64_t i = 0; i < rules; ++i) {
    const std::string number = std::to_string(i);
    by_sensor["s" + number] = Rule{100 + i * 7919 % 800, "alarm_" + number};
  }
  ByName<Alarms> gateways;
  for_each_event(read_file(input), [&](document_reference event) {
    const std::string_view subject = event["subject"].get_string();
    object data = event["data"].get_object();
    const Rule* rule = by_sensor.find(data["sensor"].get_string());
    const int64_t value = data["value"].get_int64();
    if (!rule || value <= rule->threshold) return;
    gateways[subject][rule] = value;
    output.line(rule->alarm, subject, value);
  });
}

namespace {

struct Probe {
  double a, b, c, d;
  std::string s, t;
};

[[gnu::noinline]] bool condition(const Probe& p) {
  return (p.a + p.b * 2 - p.c / 4 > p.d || p.a * p.a + p.b * p.b < p.c * p.c) &&
         !(p.s == "idle" || p.s == "off") && std::fmod(p.a, 7) != 3 && p.t.starts_with("dev") &&
         (p.b - p.c) * (p.b + p.c) >= -100 * p.d;
}

}  // namespace

void expression(const std::string& input, Output& output, int64_t evaluations) {
  std::vector<Probe> probes;
  for_each_event(read_file(input), [&](document_reference event) {
    object data = event["data"].get_object();
    Probe& p = probes.emplace_back();
    p.a = data["a"].get_double();
    p.b = data["b"].get_double();
    p.c = data["c"].get_double();
    p.d = data["d"].get_double();
    p.s = std::string_view(data["s"].get_string());
    p.t = std::string_view(data["t"].get_string());
  });
  int64_t held = 0;
  size_t next = 0;
  for (int64_t i = 0; i < evaluations; ++i) {
    held += condition(probes[next]);
    if (++next == probes.size()) next = 0;
  }
  output.line("held", held);
}

}  // namespace reference
