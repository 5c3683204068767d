#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace krules {

/// Tells when rule files may have changed: the folders that hold them are watched, so that editors which
/// write a new file and rename it are seen, and new and deleted files too. Linux inotify. Used by one thread.
class RuleWatcher {
 public:
  explicit RuleWatcher(std::vector<std::string> paths);
  ~RuleWatcher();
  RuleWatcher(const RuleWatcher&) = delete;
  RuleWatcher& operator=(const RuleWatcher&) = delete;

  /// Empty when watching works.
  const std::string& error() const { return error_; }

  enum class Event { kChanged, kWoken };

  /// A save is often several file operations: it is over when this long nothing happened.
  static constexpr std::chrono::milliseconds kQuiet{40};

  /// Waits for a change and for the burst around it to end, or until `wake` is readable.
  Event wait(int wake);

  /// Waits until nothing has happened to the files for `quiet`, or until `wake` is readable. A steady stream
  /// of changes is not waited out: it ends after 250 ms at the latest (or after `quiet`, where that is
  /// longer).
  Event settle(int wake, std::chrono::milliseconds quiet = kQuiet);

 private:
  void watch_all();
  void watch_folder(const std::string& folder);
  bool drain();

  std::vector<std::string> paths_;
  int file_ = -1;
  std::string error_;
};

}  // namespace krules
