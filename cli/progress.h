#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "console.h"
#include "krules/runner.h"

namespace krules::cli {

/// A line at the bottom of the terminal that tells how far a long input has been read, from a second on.
class ProgressLine {
 public:
  /// Both outlive it.
  ProgressLine(Console& console, const Runner& runner);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

 private:
  void run();
  std::string text() const;

  Console& console_;
  const Runner& runner_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  const uint64_t first_byte_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace krules::cli
