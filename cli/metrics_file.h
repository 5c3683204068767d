#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace krules::cli {

/// Writes what was counted into a file for Prometheus, every few seconds and at the end. The file is replaced
/// as a whole: who reads it sees one state of it.
class MetricsFile {
 public:
  /// `fail` is called, from any thread, when the file cannot be written; once, until it can be again.
  MetricsFile(std::string path, std::function<void(const std::string& message)> fail);
  ~MetricsFile();
  MetricsFile(const MetricsFile&) = delete;
  MetricsFile& operator=(const MetricsFile&) = delete;

  /// Replaces the file. False with `error` set, one sentence.
  [[nodiscard]] bool write(const std::string& text, std::string& error);

  /// From now on asks for the text every few seconds: `ask` has write_soon() called with it.
  void start(std::function<void()> ask);
  /// Leaves the writing to a thread of its own.
  void write_soon(std::string text);
  /// Ends the thread, and writes `text` at last.
  void finish(const std::string& text);

 private:
  void run();
  void stop();
  void write_or_tell(const std::string& text);

  std::string path_;
  std::function<void(const std::string&)> fail_;
  std::function<void()> ask_;
  bool failed_ = false;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::string text_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace krules::cli
