#include "stdout_sink.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstring>
#include <vector>

#include "console.h"

namespace krules::cli {

namespace {

/// The last `most` bytes of the file that standard output is added to; empty where it is something else.
std::string end_of_output_file(size_t most) {
  struct stat info {};
  if (::fstat(STDOUT_FILENO, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size == 0) return {};
  const bool appends = (::fcntl(STDOUT_FILENO, F_GETFL) & O_APPEND) != 0;
  if (!appends && ::lseek(STDOUT_FILENO, 0, SEEK_CUR) != info.st_size) return {};
  // Opened once more, since standard output is often open for writing alone.
  const int file = ::open("/proc/self/fd/1", O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  std::string text(std::min(most, static_cast<size_t>(info.st_size)), '\0');
  size_t got = 0;
  while (got < text.size()) {
    const auto place = static_cast<off_t>(static_cast<size_t>(info.st_size) - text.size() + got);
    const ssize_t n = ::pread(file, text.data() + got, text.size() - got, place);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    got += static_cast<size_t>(n);
  }
  ::close(file);
  return got == text.size() ? text : std::string();
}

bool is_pipe(int file) {
  struct stat info {};
  return ::fstat(file, &info) == 0 && S_ISFIFO(info.st_mode);
}

}  // namespace

StdoutSink::StdoutSink() : is_pipe_(is_pipe(STDOUT_FILENO)), hurry_(::eventfd(0, EFD_CLOEXEC)) {}

StdoutSink::~StdoutSink() {
  ::close(hurry_);
}

void StdoutSink::hurry() {
  const uint64_t one = 1;
  (void)!::write(hurry_, &one, sizeof one);
}

/// 0, an error number, or ETIMEDOUT for a pipe that was given up.
int StdoutSink::write(std::string_view text) {
  if (!is_pipe_) return write_fully(STDOUT_FILENO, text);
  constexpr int kPatience = 1000;
  bool in_a_hurry = false;
  while (!text.empty()) {
    pollfd wanted[2] = {{STDOUT_FILENO, POLLOUT, 0}, {hurry_, POLLIN, 0}};
    const int ready = in_a_hurry ? ::poll(wanted, 1, kPatience) : ::poll(wanted, 2, -1);
    if (ready < 0 && errno != EINTR) return errno;
    if (ready == 0) return ETIMEDOUT;
    if (ready < 0) continue;
    in_a_hurry = in_a_hurry || wanted[1].revents != 0;
    if (wanted[0].revents == 0) continue;
    // A pipe that has room takes that much without blocking.
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), std::min<size_t>(text.size(), PIPE_BUF));
    if (written >= 0) {
      text.remove_prefix(static_cast<size_t>(written));
    } else if (errno != EINTR && errno != EAGAIN) {
      return errno;
    }
  }
  return 0;
}

size_t overlap(std::string_view text, std::string_view next) {
  if (next.empty()) return 0;
  // For each beginning of `next`: the length of the longest shorter one that it ends in.
  std::vector<uint32_t> border(next.size(), 0);
  auto extend = [&](size_t length, char c) {
    while (length > 0 && (length == next.size() || next[length] != c)) length = border[length - 1];
    return next[length] == c ? length + 1 : length;
  };
  for (size_t i = 1; i < next.size(); ++i) border[i] = static_cast<uint32_t>(extend(border[i - 1], next[i]));
  size_t length = 0;
  for (const char c : text) length = extend(length, c);
  return length;
}

size_t StdoutSink::go_on_after(std::string_view pending) {
  const std::string end = end_of_output_file(std::max<size_t>(pending.size(), 1));
  left_out_ = overlap(end, pending);
  close_line_ = left_out_ == 0 && !end.empty() && end.back() != '\n';
  return static_cast<size_t>(
      std::count(pending.begin() + static_cast<ptrdiff_t>(left_out_), pending.end(), '\n'));
}

bool StdoutSink::deliver(std::string_view lines) {
  const size_t known = std::min(left_out_, lines.size());
  left_out_ -= known;
  lines.remove_prefix(known);
  if (lines.empty()) return true;
  int code = 0;
  if (close_line_) {
    code = write("\n");
    close_line_ = false;
  }
  if (code == 0) code = write(lines);
  if (code == 0) return true;
  if (code == ETIMEDOUT) {
    held_back_.store(true, std::memory_order_release);
    return false;
  }
  error_ = code == EPIPE ? "nobody reads standard output any more (a closed pipe)"
                         : fmt::format("cannot write to standard output: {}", std::strerror(code));
  return false;
}

}  // namespace krules::cli
