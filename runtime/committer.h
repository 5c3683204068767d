#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "krules/engine.h"
#include "krules/store.h"
#include "metrics.h"

namespace krules {

/// Writes commit groups to the store and hands their outputs over afterwards, in order. With a thread of its
/// own the engine goes on meanwhile: one group may be at work and none waits behind it, so that groups grow
/// with the time a commit takes.
class Committer {
 public:
  enum class Mode : uint8_t { kInline, kThread };
  enum class Failure : uint8_t { kNone, kStore, kOutput };

  /// `store` null: outputs are handed over and nothing is kept. `last_group` is the newest group in the
  /// store. `after_calls` is called with the number of each group that asks for outside calls, once it is
  /// stored, in the thread that commits.
  Committer(Mode mode, Store* store, uint64_t last_group, OutputSink& sink,
            std::function<void(uint64_t)> after_calls);
  ~Committer();

  /// Waits while another group is at work, then takes this one. The group that is given back is empty, its
  /// memory kept.
  void submit(CommitGroup& group);
  bool idle() const { return !busy_.load(std::memory_order_acquire); }
  /// Everything submitted up to this group is in the store.
  uint64_t committed() const { return committed_.load(std::memory_order_acquire); }
  /// Until nothing is at work.
  void wait();
  /// What commits took, and what groups waited for the one before. From any thread.
  const Durations& durations() const { return durations_; }
  const Durations& waits() const { return waits_; }
  /// Hands over what an earlier run committed and did not. Before the first group.
  void deliver_again(const std::vector<Store::PendingOutput>& outputs);
  /// Waits, then notes in the store that all outputs were handed over.
  void finish();

  /// Once something failed, further groups are dropped: nothing is acknowledged any more.
  Failure failure() const { return failure_.load(std::memory_order_acquire); }
  /// Valid when failure() is kStore.
  const StoreError& error() const { return error_; }

 private:
  void run();
  void commit(CommitGroup& group);
  /// False: nothing more can be handed over.
  bool deliver(std::string_view lines, uint64_t number);

  Store* store_;
  OutputSink& sink_;
  std::function<void(uint64_t)> after_calls_;
  CommitGroup current_;
  Durations durations_;
  Durations waits_;
  uint64_t delivered_ = 0;  // outputs of groups up to here were handed over
  uint64_t confirmed_ = 0;  // the store knows that
  bool held_back_ = false;  // the sink takes nothing more, and that is no failure
  std::atomic<uint64_t> committed_;
  std::atomic<bool> busy_{false};
  std::atomic<Failure> failure_{Failure::kNone};
  StoreError error_{StoreErrorKind::kIo, {}};
  bool stopping_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<std::thread> thread_;
};

}  // namespace krules
