#include "progress.h"

#include <fmt/format.h>

#include <string>

#include "wording.h"

namespace krules::cli {

namespace {

constexpr std::chrono::milliseconds kFirst{1000};
constexpr std::chrono::milliseconds kPause{250};

}  // namespace

ProgressLine::ProgressLine(Console& console, const Runner& runner)
    : console_(console), runner_(runner), first_byte_(runner.bytes_read()), thread_([this] { run(); }) {}

ProgressLine::~ProgressLine() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  thread_.join();
  console_.end_progress();
}

void ProgressLine::run() {
  std::unique_lock lock(mutex_);
  std::chrono::milliseconds pause = kFirst;
  while (!changed_.wait_for(lock, pause, [this] { return ended_; })) {
    pause = kPause;
    console_.show_progress(text());
  }
}

std::string ProgressLine::text() const {
  using std::chrono::duration;
  const double seconds = duration<double>(std::chrono::steady_clock::now() - started_).count();
  const uint64_t events = runner_.events_taken();
  std::string text = fmt::format("{} events, {} a second", grouped(events),
                                 grouped(static_cast<uint64_t>(static_cast<double>(events) / seconds)));
  const uint64_t total = runner_.bytes_total();
  const uint64_t read = runner_.bytes_read();
  if (total == 0 || read <= first_byte_ || read > total) return text;
  const double left = seconds * static_cast<double>(total - read) / static_cast<double>(read - first_byte_);
  return text + fmt::format(", {}%, {} left", read * 100 / total, clock_text(left));
}

}  // namespace krules::cli
