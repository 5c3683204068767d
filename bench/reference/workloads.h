#pragma once

#include <string>

#include "events.h"

/// The five workloads of bench/README.md, written by hand as a C++ programmer would who knows the rules in
/// advance: fixed structs, no rule language, no engine. Each takes the input file and gives the output the
/// rules must give.
namespace reference {

void device_health(const std::string& input, Output& output);
void order_cascade(const std::string& input, Output& output);
/// `rules` is R: rule i watches sensor s<i>. Rules are found by their sensor.
void many_rules(const std::string& input, Output& output, int64_t rules);
/// Evaluates the condition `evaluations` times over the payloads and writes how often it held.
void expression(const std::string& input, Output& output, int64_t evaluations);

struct StoreOptions {
  std::string path;
  std::string synchronous = "full";  ///< full, normal or off, as SQLite's pragma takes it
  int64_t events_per_commit = 100;
};
/// Device health with every changed device on disk before its alerts are handed out.
void durable_device_health(const std::string& input, Output& output, const StoreOptions& options);

}  // namespace reference
