#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "krules/engine.h"

namespace krules::cli {

/// Standard output as the place where emitted events go.
class StdoutSink final : public OutputSink {
 public:
  StdoutSink();
  ~StdoutSink() override;
  StdoutSink(const StdoutSink&) = delete;
  StdoutSink& operator=(const StdoutSink&) = delete;

  bool deliver(std::string_view lines) override;
  bool held_back() const override { return held_back_.load(std::memory_order_acquire); }

  /// The program is about to end: from now on a pipe that nobody reads is given up after a second. From any
  /// thread.
  void hurry();

  /// To be called before `pending`, what an earlier run committed and perhaps did not write, is delivered
  /// again. Where standard output is a file that is being added to, and it ends in the beginning of `pending`
  /// (a run that was killed in the middle of a line, or before it could note that it had written), that much
  /// is left out, so that the file goes on where it broke off. Any other half line at its end is closed with
  /// a line end.
  /// Gives the number of lines that will be written again.
  size_t go_on_after(std::string_view pending);

  /// Why deliver() failed, a sentence.
  const std::string& error() const { return error_; }

 private:
  int write(std::string_view text);

  bool is_pipe_;
  int hurry_;  // readable from hurry() on
  std::atomic<bool> held_back_{false};
  size_t left_out_ = 0;  // bytes still to be passed over
  bool close_line_ = false;
  std::string error_;
};

/// The length of the longest beginning of `next` that `text` ends in.
size_t overlap(std::string_view text, std::string_view next);

}  // namespace krules::cli
