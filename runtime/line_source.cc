#include "line_source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "krules/json.h"

namespace krules {

namespace {

constexpr size_t kReadBytes = 64 * 1024;
// What is looked at to tell whether a file is the one that was read before.
constexpr uint64_t kPrefixBytes = 4096;
constexpr uint64_t kTailBytes = 1024;
// Of a line that is too long, this much goes to the dead letters.
constexpr size_t kLongLineBytes = 4096;

// May stand before everything else.
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

constexpr std::string_view kBlanks = " \t\r";

bool is_blank(std::string_view line) {
  return line.find_first_not_of(kBlanks) == std::string_view::npos;
}

// Whether the brace that the line begins with is closed at its end, whatever else may be wrong with it.
bool is_whole_object(std::string_view line) {
  line.remove_prefix(line.find_first_not_of(kBlanks));
  if (line.front() != '{') return false;
  size_t open = 0;
  bool in_text = false;
  for (size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    if (in_text) {
      if (c == '\\') ++at;
      if (c == '"') in_text = false;
    } else if (c == '"') {
      in_text = true;
    } else if (c == '{') {
      ++open;
    } else if (c == '}' && --open == 0) {
      return is_blank(line.substr(at + 1));
    }
  }
  return false;
}

std::string absolute_path(const std::string& path) {
  char buffer[PATH_MAX];
  return ::realpath(path.c_str(), buffer) == nullptr ? path : std::string(buffer);
}

}  // namespace

LineSource::~LineSource() {
  if (owns_file_) ::close(file_);
}

bool LineSource::open(const std::string& path) {
  if (path == "-") {
    file_ = STDIN_FILENO;
    name_ = "-";
  } else {
    // Not waiting: a pipe may have no writer yet, and until it has one the program can be asked to end.
    file_ = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (file_ < 0) {
      error_ = fmt::format("cannot read `{}`: {}", path, std::strerror(errno));
      return false;
    }
    owns_file_ = true;
    name_ = absolute_path(path);
  }
  struct stat info {};
  if (::fstat(file_, &info) != 0) {
    error_ = fmt::format("cannot read `{}`: {}", path, std::strerror(errno));
    return false;
  }
  if (S_ISDIR(info.st_mode)) {
    error_ = fmt::format("cannot read `{}`: it is a folder, not a file of events", path);
    return false;
  }
  is_file_ = S_ISREG(info.st_mode) && path != "-";
  size_ = S_ISREG(info.st_mode) ? static_cast<uint64_t>(info.st_size) : 0;
  device_ = info.st_dev;
  inode_ = info.st_ino;
  if (is_file_) {
    prefix_length_ = std::min(size_, kPrefixBytes);
    prefix_hash_ = hash_range(0, prefix_length_).value_or(0);
  }
  return true;
}

std::optional<uint64_t> LineSource::hash_range(uint64_t offset, uint64_t length) const {
  std::string bytes(length, '\0');
  size_t got = 0;
  while (got < length) {
    const ssize_t n = ::pread(file_, bytes.data() + got, length - got, static_cast<off_t>(offset + got));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return std::nullopt;
    got += static_cast<size_t>(n);
  }
  return XXH3_64bits(bytes.data(), bytes.size());
}

bool LineSource::resume(const SourcePosition& position) {
  if (!is_file_ || position.offset > size_ || position.tail_length > position.offset) return false;
  if (hash_range(0, position.prefix_length) != position.prefix_hash) return false;
  if (hash_range(position.offset - position.tail_length, position.tail_length) != position.tail_hash)
    return false;
  if (::lseek(file_, static_cast<off_t>(position.offset), SEEK_SET) < 0) return false;
  prefix_length_ = position.prefix_length;
  prefix_hash_ = position.prefix_hash;
  offset_ = position.offset;
  line_ = position.line;
  // The last line had no end and was taken as it was: what has come behind it is still that line.
  char last = '\n';
  if (offset_ > 0 && ::pread(file_, &last, 1, static_cast<off_t>(offset_ - 1)) == 1 && last != '\n') --line_;
  bytes_read_ = position.offset;
  return true;
}

SourcePosition LineSource::position_after(const InputBatch& batch, const InputEvent& event) const {
  SourcePosition position;
  position.source = name_;
  position.offset = event.end;
  position.line = event.line;
  position.device = device_;
  position.inode = inode_;
  position.prefix_length = prefix_length_;
  position.prefix_hash = prefix_hash_;
  if (event.end >= batch.text_begin) {
    const uint64_t in_batch = std::min<uint64_t>(event.end - batch.text_begin, batch.text.size());
    position.tail_length =
        std::min<uint64_t>(in_batch - std::min<uint64_t>(batch.whole_from, in_batch), kTailBytes);
    position.tail_hash =
        XXH3_64bits(batch.text.data() + in_batch - position.tail_length, position.tail_length);
  }
  return position;
}

LineSource::Got LineSource::wait_for_bytes(int wake) {
  pollfd wanted[2] = {{file_, POLLIN, 0}, {wake, POLLIN, 0}};
  while (::poll(wanted, 2, -1) < 0) {
    if (errno != EINTR) {
      error_ = fmt::format("cannot wait for input: {}", std::strerror(errno));
      return Got::kError;
    }
  }
  return wanted[1].revents != 0 ? Got::kWoken : Got::kBytes;
}

LineSource::Got LineSource::read_bytes(std::string& text, int wake) {
  const size_t before = text.size();
  ssize_t n = 0;
  do {
    if (!is_file_) {
      if (const Got got = wait_for_bytes(wake); got != Got::kBytes) return got;
    }
    text.resize(before + kReadBytes);
    n = ::read(file_, text.data() + before, kReadBytes);
    text.resize(before + static_cast<size_t>(std::max<ssize_t>(n, 0)));
  } while (n < 0 && (errno == EINTR || errno == EAGAIN));
  if (n < 0) {
    error_ = fmt::format("cannot read {}: {}", name_ == "-" ? "standard input" : "`" + name_ + "`",
                         std::strerror(errno));
    return Got::kError;
  }
  bytes_read_.fetch_add(static_cast<uint64_t>(n), std::memory_order_relaxed);
  return n == 0 ? Got::kEnd : Got::kBytes;
}

bool LineSource::is_unfinished(std::string_view line) const {
  if (dropped_ > 0) return true;
  if (offset_ == 0 && line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
  return !is_blank(line) && !is_whole_object(line);
}

bool LineSource::read(InputBatch& batch, int wake) {
  batch.text.swap(carry_);
  carry_.clear();
  size_t searched = 0;
  while (true) {
    const Got got = read_bytes(batch.text, wake);
    if (got == Got::kError) return false;
    if (got == Got::kWoken) {
      carry_.swap(batch.text);
      return false;
    }
    if (got == Got::kEnd) {
      at_end_ = true;
      if (batch.text.empty()) return false;
      if (is_file_ && is_unfinished(batch.text)) {
        unfinished_line_ = line_ + 1;
        return false;
      }
      read_lines(batch, batch.text.size());
      return true;
    }
    const size_t line_end = std::string_view(batch.text).substr(searched).rfind('\n');
    if (line_end != std::string_view::npos) {
      const size_t end = searched + line_end + 1;
      carry_.assign(batch.text, end);
      read_lines(batch, end);
      return true;
    }
    if (batch.text.size() > kMaxLineBytes) {
      dropped_ += batch.text.size() - kLongLineBytes;
      batch.text.resize(kLongLineBytes);
    }
    searched = batch.text.size();
  }
}

void LineSource::read_lines(InputBatch& batch, size_t size) {
  batch.text_begin = offset_ + dropped_;
  if (dropped_ > 0) batch.whole_from = kLongLineBytes;
  batch.text.resize(size);
  batch.text.append(kJsonPadding, '\n');
  const std::string_view text(batch.text.data(), size);
  size_t at = 0;
  while (at < size) {
    const size_t found = text.find('\n', at);
    const size_t line_end = found == std::string_view::npos ? size : found;
    const size_t next = found == std::string_view::npos ? size : found + 1;
    ++line_;
    const uint64_t begin = offset_;
    if (at == 0 && dropped_ > 0) {
      offset_ += dropped_ + next;
      InputEvent& event = batch.events.emplace_back();
      event.line = line_;
      event.begin = begin;
      event.end = offset_;
      event.raw = text.substr(0, std::min(line_end, kLongLineBytes));
      event.error = batch.arena.copy(fmt::format("the line has {} bytes, and {} MiB is the most",
                                                 dropped_ + line_end, kMaxLineBytes >> 20));
      dropped_ = 0;
    } else {
      offset_ += next - at;
      const size_t mark = begin == 0 && text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
      reader_.read_line(text.substr(at + mark, line_end - at - mark), line_, begin, offset_, batch);
    }
    at = next;
  }
  batch.text.resize(size);
}

}  // namespace krules
