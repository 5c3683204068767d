#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "krules/diagnostic.h"

namespace krules::cli {

/// Standard error, for several threads: whole lines, and at most one line of progress that stays below them.
class Console {
 public:
  Console();
  ~Console() { end_progress(); }
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  bool is_terminal() const { return is_terminal_; }
  Colour colour() const { return colour_; }

  /// Writes whole lines, each with its line end.
  void write(std::string_view lines);
  /// Shows `text` (short, without a line end) as the line of progress, in the place of the one before. For
  /// terminals.
  void show_progress(std::string_view text);
  void end_progress();

 private:
  std::mutex mutex_;
  bool is_terminal_;
  Colour colour_;
  std::string progress_;
};

/// Whether that file is a terminal that wants colours.
Colour colour_for(int file);

/// Writes all of `text`, waiting where the other end is slow. 0, or the error number.
int write_fully(int file, std::string_view text);

}  // namespace krules::cli
