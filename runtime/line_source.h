#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "event_reader.h"
#include "krules/input.h"
#include "krules/store.h"

namespace krules {

/// A file or standard input, read line by line into batches of events.
class LineSource {
 public:
  LineSource() = default;
  ~LineSource();
  LineSource(const LineSource&) = delete;
  LineSource& operator=(const LineSource&) = delete;

  /// `path`: a file, or "-". False: see error().
  bool open(const std::string& path);
  /// Goes to where `position` says, if this is still the file it speaks of. False, and at the beginning, when
  /// it is not.
  bool resume(const SourcePosition& position);

  /// Reads what is there, at least one line, waiting for it on a stream; `wake` becomes readable to end the
  /// wait. False at the end of the input, when woken, or on an error (see error()).
  bool read(InputBatch& batch, int wake);

  bool is_file() const { return is_file_; }
  /// The absolute path, or "-".
  const std::string& name() const { return name_; }
  const std::string& error() const { return error_; }
  bool at_end() const { return at_end_; }
  /// The number of a last line that nobody has finished, at the end of a file: neither has it an end nor is
  /// it a whole JSON object. It is not read, and the positions stay before it. 0: there is none.
  uint64_t unfinished_line() const { return unfinished_line_; }
  uint64_t device() const { return device_; }
  uint64_t inode() const { return inode_; }
  uint64_t size() const { return size_; }
  uint64_t bytes_read() const { return bytes_read_.load(std::memory_order_relaxed); }

  /// The position behind `event` of `batch`.
  SourcePosition position_after(const InputBatch& batch, const InputEvent& event) const;
  uint64_t prefix_hash() const { return prefix_hash_; }

 private:
  enum class Got : uint8_t { kBytes, kEnd, kWoken, kError };
  /// On a stream: kBytes once there is something to read, or its end.
  Got wait_for_bytes(int wake);
  Got read_bytes(std::string& text, int wake);
  bool is_unfinished(std::string_view line) const;
  void read_lines(InputBatch& batch, size_t size);
  std::optional<uint64_t> hash_range(uint64_t offset, uint64_t length) const;

  int file_ = -1;
  bool owns_file_ = false;
  bool is_file_ = false;
  bool at_end_ = false;
  std::string name_;
  std::string error_;
  uint64_t device_ = 0;
  uint64_t inode_ = 0;
  uint64_t size_ = 0;
  uint64_t prefix_length_ = 0;
  uint64_t prefix_hash_ = 0;
  uint64_t offset_ = 0;  // of the first byte of carry_
  uint64_t line_ = 0;    // lines before it
  std::string carry_;    // the beginning of a line whose end has not come
  uint64_t unfinished_line_ = 0;
  uint64_t dropped_ = 0;  // bytes of a line that is too long, not kept
  std::atomic<uint64_t> bytes_read_{0};
  EventReader reader_;
};

}  // namespace krules
