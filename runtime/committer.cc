#include "committer.h"

#include <chrono>
#include <utility>

namespace krules {

namespace {

using std::chrono::steady_clock;

int64_t nanoseconds_since(steady_clock::time_point then) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(steady_clock::now() - then).count();
}

}  // namespace

Committer::Committer(Mode mode, Store* store, uint64_t last_group, OutputSink& sink,
                     std::function<void(uint64_t)> after_calls)
    : store_(store), sink_(sink), after_calls_(std::move(after_calls)), committed_(last_group) {
  if (mode == Mode::kThread) thread_.emplace([this] { run(); });
}

Committer::~Committer() {
  if (!thread_.has_value()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_->join();
}

void Committer::submit(CommitGroup& group) {
  if (thread_.has_value()) {
    const auto began = steady_clock::now();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return idle(); });
    waits_.add(nanoseconds_since(began));
    std::swap(current_, group);
    busy_.store(true, std::memory_order_release);
    lock.unlock();
    changed_.notify_all();
  } else {
    std::swap(current_, group);
    commit(current_);
    current_.clear();
  }
  group.clear();
}

void Committer::wait() {
  if (!thread_.has_value()) return;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return idle(); });
}

void Committer::deliver_again(const std::vector<Store::PendingOutput>& outputs) {
  for (const Store::PendingOutput& output : outputs) {
    if (!deliver(output.lines, output.number)) return;
  }
}

bool Committer::deliver(std::string_view lines, uint64_t number) {
  if (held_back_) return false;
  if (sink_.deliver(lines)) {
    delivered_ = number;
    return true;
  }
  held_back_ = sink_.held_back();
  if (!held_back_) failure_.store(Failure::kOutput, std::memory_order_release);
  return false;
}

void Committer::finish() {
  wait();
  if (store_ == nullptr || failure() != Failure::kNone || confirmed_ == delivered_) return;
  CommitGroup last;
  last.number = committed() + 1;
  submit(last);
  wait();
}

void Committer::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !idle(); });
    if (idle()) return;
    lock.unlock();
    commit(current_);
    lock.lock();
    busy_.store(false, std::memory_order_release);
    changed_.notify_all();
  }
}

void Committer::commit(CommitGroup& group) {
  if (failure() != Failure::kNone) return;
  if (store_ != nullptr) {
    group.confirmed = delivered_;
    const auto began = steady_clock::now();
    if (StoreStatus status = store_->commit(group); !status.ok()) {
      error_ = status.error();
      failure_.store(Failure::kStore, std::memory_order_release);
      return;
    }
    durations_.add(nanoseconds_since(began));
    confirmed_ = delivered_;
    committed_.store(group.number, std::memory_order_release);
  }
  if (!group.calls.empty()) after_calls_(group.number);
  if (!group.outputs.empty()) (void)deliver(group.outputs, group.number);
}

}  // namespace krules
