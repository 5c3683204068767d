#pragma once

#include <csignal>
#include <functional>
#include <thread>

namespace krules::cli {

/// Takes SIGINT, SIGTERM and SIGHUP for the whole process and answers them in a thread of its own. To be made
/// before any other thread, so that all of them leave these signals alone. A second SIGINT ends the process
/// at once.
class SignalThread {
 public:
  /// Both are called in the signal thread: `stop` for SIGINT and SIGTERM, `reload` for SIGHUP.
  struct Handlers {
    std::function<void()> stop;
    std::function<void()> reload;
  };

  SignalThread();
  ~SignalThread();
  SignalThread(const SignalThread&) = delete;
  SignalThread& operator=(const SignalThread&) = delete;

  /// From now on signals are answered, those that came meanwhile too.
  void start(Handlers handlers);

 private:
  void run();

  sigset_t before_;
  int signals_ = -1;
  int end_ = -1;
  Handlers handlers_;
  std::thread thread_;
};

}  // namespace krules::cli
