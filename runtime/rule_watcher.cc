#include "rule_watcher.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <string_view>

namespace krules {

namespace fs = std::filesystem;

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A steady stream of changes must not put a reload off for ever.
constexpr milliseconds kLongest{250};

// Writing counts as well as closing: a file that an editor has emptied and not filled yet is a save under
// way.
constexpr uint32_t kEvents = IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE |
                             IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;

}  // namespace

RuleWatcher::RuleWatcher(std::vector<std::string> paths)
    : paths_(std::move(paths)), file_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  if (file_ < 0) {
    error_ = fmt::format("cannot watch the rule files: {}", std::strerror(errno));
    return;
  }
  watch_all();
}

RuleWatcher::~RuleWatcher() {
  if (file_ >= 0) ::close(file_);
}

void RuleWatcher::watch_all() {
  for (const std::string& path : paths_) {
    std::error_code code;
    if (!fs::is_directory(path, code)) {
      const fs::path folder = fs::path(path).parent_path();
      watch_folder(folder.empty() ? "." : folder.string());
      continue;
    }
    watch_folder(path);
    fs::recursive_directory_iterator entry(path, fs::directory_options::skip_permission_denied, code);
    for (; !code && entry != fs::recursive_directory_iterator(); entry.increment(code)) {
      if (!entry->is_directory(code)) continue;
      if (entry->path().filename().string().starts_with('.')) {
        entry.disable_recursion_pending();
      } else {
        watch_folder(entry->path().string());
      }
    }
  }
}

void RuleWatcher::watch_folder(const std::string& folder) {
  // Watching a folder again is harmless: the kernel gives the same watch.
  if (::inotify_add_watch(file_, folder.c_str(), kEvents) < 0 && errno != ENOENT) {
    error_ = fmt::format("cannot watch {}: {}", folder, std::strerror(errno));
  }
}

bool RuleWatcher::drain() {
  alignas(inotify_event) char buffer[16 * 1024];
  bool relevant = false;
  ssize_t size = 0;
  while ((size = ::read(file_, buffer, sizeof buffer)) > 0) {
    for (char* at = buffer; at < buffer + size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(at);
      const std::string_view name = event->len > 0 ? std::string_view(event->name) : std::string_view();
      // A folder, a lost event, or a rule file; what else editors leave about does not matter, and names with
      // a dot before them (the folder in which loops are written down, too) are no rules.
      const bool may_be_rules =
          (event->mask & (IN_ISDIR | IN_Q_OVERFLOW | IN_DELETE_SELF | IN_MOVE_SELF)) != 0 ||
          name.ends_with(".krules");
      if (may_be_rules && !name.starts_with('.')) {
        relevant = true;
      }
      for (const std::string& path : paths_) {
        if (!name.empty() && fs::path(path).filename() == name) relevant = true;
      }
      at += sizeof(inotify_event) + event->len;
    }
  }
  return relevant;
}

RuleWatcher::Event RuleWatcher::wait(int wake) {
  pollfd wanted[2] = {{file_, POLLIN, 0}, {wake, POLLIN, 0}};
  while (true) {
    const int ready = ::poll(wanted, 2, -1);
    if (ready < 0 && errno != EINTR) return Event::kWoken;
    if (wanted[1].revents != 0) return Event::kWoken;
    if (wanted[0].revents != 0 && drain()) return settle(wake);
  }
}

RuleWatcher::Event RuleWatcher::settle(int wake, milliseconds quiet) {
  steady_clock::time_point now = steady_clock::now();
  const steady_clock::time_point latest = now + std::max(kLongest, quiet);
  steady_clock::time_point until = now + quiet;
  while (now < std::min(until, latest)) {
    const milliseconds left = std::chrono::ceil<milliseconds>(std::min(until, latest) - now);
    pollfd wanted[2] = {{file_, POLLIN, 0}, {wake, POLLIN, 0}};
    const int ready = ::poll(wanted, 2, static_cast<int>(left.count()));
    if (ready < 0 && errno != EINTR) return Event::kWoken;
    if (wanted[1].revents != 0) return Event::kWoken;
    now = steady_clock::now();
    if (wanted[0].revents != 0 && drain()) until = now + quiet;
  }
  watch_all();  // new folders
  return Event::kChanged;
}

}  // namespace krules
