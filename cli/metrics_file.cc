#include "metrics_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <utility>

#include "console.h"

namespace krules::cli {

namespace {

constexpr std::chrono::seconds kPause{5};

}  // namespace

MetricsFile::MetricsFile(std::string path, std::function<void(const std::string&)> fail)
    : path_(std::move(path)), fail_(std::move(fail)) {}

MetricsFile::~MetricsFile() {
  stop();
}

bool MetricsFile::write(const std::string& text, std::string& error) {
  // A file takes the place of another one. The place of a device would be lost to all programs.
  struct stat info {};
  if (::stat(path_.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    error = fmt::format("cannot write the metrics to `{}`: it is {}, not a file", path_,
                        S_ISDIR(info.st_mode) ? "a folder" : "a pipe or a device");
    return false;
  }
  const std::string beside = fmt::format("{}.{}.new", path_, ::getpid());
  const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  int code = file < 0 ? errno : write_fully(file, text);
  if (file >= 0 && ::close(file) != 0 && code == 0) code = errno;
  if (code == 0 && std::rename(beside.c_str(), path_.c_str()) != 0) code = errno;
  if (code == 0) return true;
  if (file >= 0) ::unlink(beside.c_str());
  error = fmt::format("cannot write the metrics to `{}`: {}", path_, std::strerror(code));
  return false;
}

void MetricsFile::write_or_tell(const std::string& text) {
  std::string error;
  const bool failed = !write(text, error);
  if (failed && !failed_) fail_(error);
  failed_ = failed;
}

void MetricsFile::start(std::function<void()> ask) {
  ask_ = std::move(ask);
  thread_ = std::thread([this] { run(); });
}

void MetricsFile::run() {
  ask_();
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (text_.empty()) {
      changed_.wait_for(lock, kPause, [this] { return stopping_ || !text_.empty(); });
      if (stopping_) return;
    }
    const std::string text = std::exchange(text_, {});
    lock.unlock();
    if (text.empty()) {
      ask_();
    } else {
      write_or_tell(text);
    }
    lock.lock();
  }
}

void MetricsFile::write_soon(std::string text) {
  {
    const std::lock_guard lock(mutex_);
    text_ = std::move(text);
  }
  changed_.notify_all();
}

void MetricsFile::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void MetricsFile::finish(const std::string& text) {
  stop();
  write_or_tell(text);
}

}  // namespace krules::cli
