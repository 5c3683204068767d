#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "call_secrets.h"
#include "krules/action.h"
#include "krules/http_grants.h"
#include "krules/store.h"

namespace krules {

/// Makes outside calls, in a thread that begins with the first one: those of `http.` itself, others by their
/// handlers. Calls are made at the same time and in no promised order.
class CallDesk {
 public:
  struct Options {
    uint32_t most_in_flight = 16;
    size_t response_bytes = size_t{4} << 20;
    HttpGrants grants;
    CallSecrets::Lookup secret;
    /// By the names of actions; outlives the desk.
    const std::map<std::string, ActionHandler, std::less<>>* handlers = nullptr;
  };

  /// How a call stands after an attempt.
  struct Outcome {
    StoredCall call;  ///< with its attempts, and when the next one is made
    ActionResult result;
    bool is_last = false;  ///< `result` is what came of the call
  };

  explicit CallDesk(Options options);
  /// Calls that are under way are given up.
  ~CallDesk();

  /// A call that is to be made when its commit group is stored. From the engine's thread.
  void add(uint64_t group, const StoredCall& call);
  /// The groups up to this one are stored. From the thread that commits.
  void release(uint64_t group);

  /// Whether take() gives something. From any thread.
  bool has_outcomes() const { return has_outcomes_.load(std::memory_order_acquire); }
  /// The outcomes since it was last asked, in the order in which they came.
  std::vector<Outcome> take();
  /// Until has_outcomes(), so long at most (in microseconds).
  void wait(int64_t microseconds);
  /// Called when there are outcomes, from the desk's thread, which must not be asked anything meanwhile;
  /// null: nobody.
  void on_outcome(std::function<void()> listener);

 private:
  class Worker;
  struct Shared;

  Options options_;
  std::atomic<bool> has_outcomes_{false};
  std::shared_ptr<Shared> shared_;
  std::once_flag started_;
  std::unique_ptr<Worker> worker_;
};

}  // namespace krules
