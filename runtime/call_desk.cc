#include "call_desk.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "http_client.h"
#include "krules/json.h"
#include "stored_call.h"

namespace krules {

namespace {

using std::chrono::steady_clock;

constexpr int64_t kSecond = 1'000'000;
/// Between two attempts, whatever the backoff comes to and the other side asks for.
constexpr int64_t kLongestPause = 3600 * kSecond;
/// A longer timeout is this one.
constexpr int64_t kLongestTimeout = 7 * 24 * 3600 * kSecond;

int64_t wall_clock() {
  using namespace std::chrono;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

/// Doubled with every attempt that was made.
int64_t pause_after(const StoredCall& call, const ActionResult& result) {
  int64_t pause = std::min(call.backoff, kLongestPause);
  for (uint32_t made = 1; made < call.attempts && pause < kLongestPause; ++made) pause *= 2;
  return std::min(std::max(pause, result.retry_after), kLongestPause);
}

}  // namespace

/// What threads share. It outlives the desk where a handler still has an attempt to finish.
struct CallDesk::Shared {
  struct Answer {
    uint64_t call;
    uint32_t attempt;
    ActionResult result;
  };

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::pair<uint64_t, StoredCall>> uncommitted;  // with their groups
  std::vector<StoredCall> released;
  std::vector<Answer> answers;
  std::vector<Outcome> outcomes;
  std::function<void()> listener;
  HttpClient* client = nullptr;  // to be woken; null when there is no thread
  bool stopping = false;

  void wake() const {
    if (client != nullptr) client->wake();
  }
};

/// The thread that makes calls.
class CallDesk::Worker {
 public:
  explicit Worker(CallDesk& desk)
      : desk_(desk), shared_(desk.shared_), client_(desk.options_.grants, {desk.options_.response_bytes}) {
    {
      const std::lock_guard lock(shared_->mutex);
      shared_->client = &client_;
    }
    thread_ = std::thread([this] { run(); });
  }
  ~Worker() {
    {
      const std::lock_guard lock(shared_->mutex);
      shared_->stopping = true;
      shared_->wake();
    }
    thread_.join();
    const std::lock_guard lock(shared_->mutex);
    shared_->client = nullptr;
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

 private:
  struct Flight {
    StoredCall call;
    CallSecrets secrets;
    std::optional<steady_clock::time_point> deadline;  // of what the client does not watch itself
  };

  void run() {
    // A connection that the other side has closed is an error of a write, not the end of the process.
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    while (true) {
      std::vector<Shared::Answer> answers;
      {
        const std::lock_guard lock(shared_->mutex);
        if (shared_->stopping) return;
        answers.swap(shared_->answers);
        for (StoredCall& call : shared_->released) {
          // The clock of rules may be another one than this thread's, and has no say in the first attempt.
          const int64_t not_before = call.attempts == 0 ? 0 : call.not_before;
          waiting_.emplace(not_before, std::move(call));
        }
        shared_->released.clear();
      }
      for (Shared::Answer& answer : answers) finish(answer.call, answer.attempt, std::move(answer.result));
      give_up_those_too_late();
      start_those_due();
      client_.run(pause_ms());
    }
  }

  void start_those_due() {
    while (!waiting_.empty() && flights_.size() < desk_.options_.most_in_flight &&
           waiting_.begin()->first <= wall_clock()) {
      StoredCall call = std::move(waiting_.begin()->second);
      waiting_.erase(waiting_.begin());
      start(std::move(call));
    }
  }

  void start(StoredCall call) {
    const uint64_t id = call.id;
    Flight& flight = flights_[id];
    flight.call = std::move(call);
    ++flight.call.attempts;
    ActionAttempt attempt;
    attempt.action = flight.call.action;
    attempt.key = idempotency_key(flight.call);
    attempt.number = flight.call.attempts;
    attempt.timeout = std::min(flight.call.timeout, kLongestTimeout);
    attempt.finish = [shared = shared_, id, number = attempt.number](ActionResult result) {
      const std::lock_guard lock(shared->mutex);
      shared->answers.push_back({id, number, std::move(result)});
      shared->wake();
    };
    std::string error;
    if (!flight.secrets.fill(flight.call.arguments, desk_.options_.secret, attempt.arguments, error)) {
      attempt.finish(ActionResult::failure(std::move(error)));
      return;
    }
    if (const auto handler = desk_.options_.handlers->find(attempt.action);
        handler != desk_.options_.handlers->end()) {
      flight.deadline = steady_clock::now() + std::chrono::microseconds(attempt.timeout);
      handler->second(std::move(attempt));
    } else if (attempt.action.starts_with("http.")) {
      HttpRequest request;
      if (make_http_request(attempt, flight.secrets, request, error)) {
        client_.start(std::move(request), attempt.finish);
      } else {
        attempt.finish(ActionResult::failure(std::move(error)));
      }
    } else {
      attempt.finish(ActionResult::failure(fmt::format("nobody here does `{}`", attempt.action)));
    }
  }

  void give_up_those_too_late() {
    const auto now = steady_clock::now();
    std::vector<std::pair<uint64_t, uint32_t>> late;
    for (const auto& [id, flight] : flights_) {
      if (flight.deadline.has_value() && *flight.deadline <= now) late.emplace_back(id, flight.call.attempts);
    }
    for (const auto& [id, attempt] : late) {
      std::string timeout;
      append_duration(timeout, flights_[id].call.timeout);
      finish(id, attempt, ActionResult::failure(fmt::format("no answer within {}", timeout), true));
    }
  }

  void finish(uint64_t id, uint32_t attempt, ActionResult result) {
    const auto found = flights_.find(id);
    // An answer that came too late, or a second one.
    if (found == flights_.end() || found->second.call.attempts != attempt) return;
    Flight flight = std::move(found->second);
    flights_.erase(found);
    flight.secrets.take_out(result.body);
    flight.secrets.take_out(result.headers);
    flight.secrets.take_out(result.error);
    Outcome outcome;
    outcome.is_last = result.ok || !result.may_retry || flight.call.attempts >= flight.call.most_attempts;
    if (!outcome.is_last) {
      flight.call.not_before = wall_clock() + pause_after(flight.call, result);
      waiting_.emplace(flight.call.not_before, flight.call);
    }
    outcome.call = std::move(flight.call);
    outcome.result = std::move(result);
    const std::lock_guard lock(shared_->mutex);
    shared_->outcomes.push_back(std::move(outcome));
    desk_.has_outcomes_.store(true, std::memory_order_release);
    shared_->changed.notify_all();
    if (shared_->listener) shared_->listener();
  }

  /// Until the next call is to be made or given up.
  int pause_ms() const {
    constexpr int64_t kLongest = 60'000;
    int64_t pause = kLongest;
    if (!waiting_.empty() && flights_.size() < desk_.options_.most_in_flight)
      pause = std::min(pause, (waiting_.begin()->first - wall_clock() + 999) / 1000);
    for (const auto& [id, flight] : flights_) {
      if (!flight.deadline.has_value()) continue;
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(*flight.deadline - steady_clock::now());
      pause = std::min<int64_t>(pause, left.count());
    }
    return static_cast<int>(std::clamp<int64_t>(pause, 0, kLongest));
  }

  CallDesk& desk_;
  std::shared_ptr<Shared> shared_;
  HttpClient client_;
  std::multimap<int64_t, StoredCall> waiting_;  // by when they may be made
  std::map<uint64_t, Flight> flights_;          // by call
  std::thread thread_;
};

CallDesk::CallDesk(Options options) : options_(std::move(options)), shared_(std::make_shared<Shared>()) {}
CallDesk::~CallDesk() = default;

void CallDesk::add(uint64_t group, const StoredCall& call) {
  const std::lock_guard lock(shared_->mutex);
  shared_->uncommitted.emplace_back(group, call);
}

void CallDesk::release(uint64_t group) {
  {
    const std::lock_guard lock(shared_->mutex);
    auto& uncommitted = shared_->uncommitted;
    if (uncommitted.empty() || uncommitted.front().first > group) return;
    while (!uncommitted.empty() && uncommitted.front().first <= group) {
      shared_->released.push_back(std::move(uncommitted.front().second));
      uncommitted.pop_front();
    }
    shared_->wake();
  }
  std::call_once(started_, [this] { worker_ = std::make_unique<Worker>(*this); });
}

std::vector<CallDesk::Outcome> CallDesk::take() {
  const std::lock_guard lock(shared_->mutex);
  has_outcomes_.store(false, std::memory_order_release);
  return std::exchange(shared_->outcomes, {});
}

void CallDesk::wait(int64_t microseconds) {
  std::unique_lock lock(shared_->mutex);
  shared_->changed.wait_for(lock, std::chrono::microseconds(microseconds),
                            [this] { return !shared_->outcomes.empty(); });
}

void CallDesk::on_outcome(std::function<void()> listener) {
  const std::lock_guard lock(shared_->mutex);
  shared_->listener = std::move(listener);
}

}  // namespace krules
