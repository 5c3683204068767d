#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

namespace krules {

/// A descriptor that one thread makes readable to wake another from poll().
class WakeSignal {
 public:
  WakeSignal() : file_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~WakeSignal() { ::close(file_); }
  WakeSignal(const WakeSignal&) = delete;
  WakeSignal& operator=(const WakeSignal&) = delete;

  int file() const { return file_; }
  void raise() const {
    const uint64_t one = 1;
    (void)!::write(file_, &one, sizeof one);
  }
  void clear() const {
    uint64_t count = 0;
    (void)!::read(file_, &count, sizeof count);
  }

 private:
  int file_;
};

}  // namespace krules
