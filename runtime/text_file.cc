#include "krules/text_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "krules/engine.h"

namespace krules {

namespace {

std::string_view kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

std::string size_text(size_t bytes) {
  return bytes % (1 << 20) == 0 ? fmt::format("{} MiB", bytes >> 20) : fmt::format("{} bytes", bytes);
}

/// The bytes of an open file up to `most`, and one more where there are more; nothing: see errno.
std::optional<std::string> bytes_of(int file, size_t expected, size_t most) {
  std::string text(std::min(expected, most) + 1, '\0');
  size_t size = 0;
  while (size <= most) {
    const ssize_t got = ::read(file, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    size += static_cast<size_t>(got);
    if (size == text.size()) text.resize(std::min(size * 2, most) + 1);
  }
  text.resize(size);
  return text;
}

}  // namespace

std::optional<std::string> read_text_file(const std::string& path, size_t most, std::string& error) {
  const auto fail = [&](std::string_view why) {
    error = fmt::format("cannot read `{}`: {}", path, why);
    return std::nullopt;
  };
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return fail(std::strerror(errno));
  if (!S_ISREG(info.st_mode)) return fail(fmt::format("it is {}, not a file", kind_of(info.st_mode)));
  // Not waiting: what was a file may be a pipe by now.
  const int file = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return fail(std::strerror(errno));
  std::optional<std::string> text;
  if (::fstat(file, &info) == 0) {
    if (!S_ISREG(info.st_mode)) {
      ::close(file);
      return fail(fmt::format("it is {}, not a file", kind_of(info.st_mode)));
    }
    text = bytes_of(file, static_cast<size_t>(info.st_size), most);
  }
  const int code = errno;
  ::close(file);
  if (!text.has_value()) return fail(std::strerror(code));
  if (text->size() > most) return fail(fmt::format("it is larger than {}", size_text(most)));
  return text;
}

SourcePtr read_source(const std::string& path, std::string& error) {
  std::optional<std::string> text = read_text_file(path, kMaxSourceBytes, error);
  return text.has_value() ? std::make_shared<Source>(path, std::move(*text)) : nullptr;
}

}  // namespace krules
