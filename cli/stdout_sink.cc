#include "stdout_sink.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
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

}  // namespace

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

void StdoutSink::go_on_after(std::string_view pending) {
  const std::string end = end_of_output_file(std::max<size_t>(pending.size(), 1));
  left_out_ = overlap(end, pending);
  close_line_ = left_out_ == 0 && !end.empty() && end.back() != '\n';
}

bool StdoutSink::deliver(std::string_view lines) {
  const size_t known = std::min(left_out_, lines.size());
  left_out_ -= known;
  lines.remove_prefix(known);
  if (lines.empty()) return true;
  int code = 0;
  if (close_line_) {
    code = write_fully(STDOUT_FILENO, "\n");
    close_line_ = false;
  }
  if (code == 0) code = write_fully(STDOUT_FILENO, lines);
  if (code == 0) return true;
  error_ = code == EPIPE ? "nobody reads standard output any more (a closed pipe)"
                         : fmt::format("cannot write to standard output: {}", std::strerror(code));
  return false;
}

}  // namespace krules::cli
