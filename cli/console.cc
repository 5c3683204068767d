#include "console.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace krules::cli {

namespace {

constexpr std::string_view kEraseLine = "\r\x1b[K";

bool wants_colour() {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  if (no_colour != nullptr && *no_colour != '\0') return false;
  return terminal != nullptr && std::string_view(terminal) != "dumb";
}

}  // namespace

int write_fully(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EAGAIN) {
      // Another program made what we share with it non-blocking.
      pollfd wanted{file, POLLOUT, 0};
      ::poll(&wanted, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

Colour colour_for(int file) {
  return ::isatty(file) == 1 && wants_colour() ? Colour::kAlways : Colour::kNever;
}

Console::Console() : is_terminal_(::isatty(STDERR_FILENO) == 1), colour_(colour_for(STDERR_FILENO)) {}

void Console::write(std::string_view lines) {
  const std::lock_guard lock(mutex_);
  if (progress_.empty()) {
    write_fully(STDERR_FILENO, lines);
    return;
  }
  std::string text(kEraseLine);
  text.append(lines).append(progress_);
  write_fully(STDERR_FILENO, text);
}

void Console::show_progress(std::string_view text) {
  const std::lock_guard lock(mutex_);
  progress_ = text;
  write_fully(STDERR_FILENO, std::string(kEraseLine) + progress_);
}

void Console::end_progress() {
  const std::lock_guard lock(mutex_);
  if (progress_.empty()) return;
  progress_.clear();
  write_fully(STDERR_FILENO, kEraseLine);
}

}  // namespace krules::cli
