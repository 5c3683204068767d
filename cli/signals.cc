#include "signals.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "exit_status.h"

namespace krules::cli {

SignalThread::SignalThread() {
  sigset_t wanted;
  sigemptyset(&wanted);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&wanted, number);
  pthread_sigmask(SIG_BLOCK, &wanted, &before_);
  signals_ = ::signalfd(-1, &wanted, SFD_CLOEXEC);
  end_ = ::eventfd(0, EFD_CLOEXEC);
}

SignalThread::~SignalThread() {
  if (thread_.joinable()) {
    const uint64_t one = 1;
    (void)!::write(end_, &one, sizeof one);
    thread_.join();
  }
  ::close(signals_);
  ::close(end_);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void SignalThread::start(Handlers handlers) {
  handlers_ = std::move(handlers);
  thread_ = std::thread([this] { run(); });
}

void SignalThread::run() {
  bool interrupted = false;
  while (true) {
    pollfd wanted[2] = {{signals_, POLLIN, 0}, {end_, POLLIN, 0}};
    if (::poll(wanted, 2, -1) < 0 && errno != EINTR) return;
    if (wanted[1].revents != 0) return;
    if (wanted[0].revents == 0) continue;
    signalfd_siginfo signal{};
    if (::read(signals_, &signal, sizeof signal) != sizeof signal) continue;
    if (signal.ssi_signo == SIGHUP) {
      handlers_.reload();
      continue;
    }
    if (signal.ssi_signo == SIGINT && interrupted) ::_exit(static_cast<int>(ExitStatus::kInterrupted));
    interrupted = interrupted || signal.ssi_signo == SIGINT;
    handlers_.stop();
  }
}

}  // namespace krules::cli
