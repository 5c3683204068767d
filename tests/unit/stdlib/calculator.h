#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "krules/function_table.h"
#include "krules/json.h"

namespace krules::test {

/// Works out single expressions as a rule would, with the built-in functions and a clock that stands at
/// 2026-11-23T21:30:00Z.
class Calculator {
 public:
  static constexpr uint64_t kSteps = 10'000'000;

  /// `environment`: the granted variables.
  explicit Calculator(std::vector<std::string> environment = {});

  /// The value as JSON, or "error: " and the message. `payload` is the JSON of what the expression reads as
  /// `payload`.
  std::string work_out(std::string_view expression, std::string_view payload = "{}",
                       JsonStyle style = JsonStyle::kPlain);

  const FunctionTable& functions() const { return functions_; }
  FunctionTable& functions() { return functions_; }
  /// The steps that the next expressions may take, and how many of them the last one took.
  void allow_steps(uint64_t steps) { steps_ = steps; }
  uint64_t steps_taken() const { return steps_taken_; }
  /// What the next expressions draw their chance from.
  void set_seed(uint64_t seed) { seed_ = seed; }

 private:
  FunctionTable functions_;
  uint64_t steps_ = kSteps;
  uint64_t steps_taken_ = 0;
  uint64_t seed_ = 1;
};

/// An expression and what comes of it.
struct Sum {
  std::string_view expression;
  std::string_view result;
};

/// Checks each of them in turn.
void check_all(Calculator& calculator, const std::vector<Sum>& sums);
void check_all(const std::vector<Sum>& sums);

}  // namespace krules::test
