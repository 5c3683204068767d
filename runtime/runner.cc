#include "krules/runner.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <utility>

#include "krules/json.h"
#include "line_source.h"
#include "reloader.h"
#include "wake_signal.h"

namespace krules {

namespace {

// Batches between the reading thread and the engine: enough to keep both busy, few enough to stay in the
// cache.
constexpr size_t kBatches = 4;
// So many events are foreseen with one call, and so far ahead: enough for memory to answer, few enough for
// the answers to be in the nearest cache still.
constexpr size_t kForeseen = 4;
constexpr size_t kForesight = 12;
// How often a run looks for dead letters that somebody wants to be sent again.
constexpr std::chrono::milliseconds kRetryPause{1000};
constexpr size_t kRetriesAtOnce = 256;

std::string summary(const ProgramChange& change) {
  auto list = [](std::string_view what, const std::vector<std::string>& names) {
    if (names.empty()) return std::string();
    constexpr size_t kMost = 10;
    std::string text = fmt::format(", {} {}: ", names.size(), what);
    for (size_t i = 0; i < names.size() && i < kMost; ++i) text += (i == 0 ? "" : ", ") + names[i];
    if (names.size() > kMost) text += ", ...";
    return text;
  };
  std::string text =
      list("added", change.added) + list("removed", change.removed) + list("changed", change.changed);
  return text.empty() ? ", no rule differs" : text;
}

}  // namespace

struct Runner::Impl {
  Impl(Engine& run_engine, Logger& run_logger, RunnerOptions run_options,
       std::function<void(const PreparedRules&)> run_report)
      : engine(run_engine),
        logger(run_logger),
        options(std::move(run_options)),
        reloader(engine, logger,
                 {options.rule_paths, options.watch == Watch::kOn, std::move(run_report),
                  [this](std::shared_ptr<const Program> program) { hand_over(std::move(program)); }}) {}

  bool open();
  RunEnd run();
  void read_input();
  void hand_over(std::shared_ptr<const Program> program);
  RunEnd feed_all();
  bool feed(InputBatch& batch);
  bool move_clock_to(const InputEvent& event);
  void begin_time(int64_t at);
  bool fire_virtually(int64_t until);
  bool drain();
  bool wait_for_calls(uint64_t most);
  bool finish();
  void pause();
  std::chrono::microseconds until_next_timer() const;
  std::optional<SourcePosition> current_position() const;
  void install_pending(std::unique_lock<std::mutex>& lock);
  void do_asked(std::unique_lock<std::mutex>& lock);
  bool retry_dead_letters();

  Engine& engine;
  Logger& logger;
  RunnerOptions options;

  LineSource source;
  SourceKey key;
  std::string error;
  uint64_t lines_skipped = 0;
  // How far the engine is: within a batch, or (no event) behind one.
  const InputBatch* at_batch = nullptr;
  const InputEvent* at_event = nullptr;
  std::optional<SourcePosition> position;
  std::atomic<uint64_t> events_taken{0};

  WakeSignal stop_reading;
  std::atomic<bool> stop{false};
  std::atomic<bool> control{false};  // something besides input wants the engine thread

  std::mutex mutex;  // guards what follows
  std::condition_variable changed;
  std::deque<std::unique_ptr<InputBatch>> ready;
  std::vector<std::unique_ptr<InputBatch>> spare;
  bool input_ended = false;
  std::shared_ptr<const Program> next_program;
  std::function<void()> asked;
  bool finished = false;
  Reloader reloader;
};

bool Runner::Impl::open() {
  if (!source.open(options.events)) {
    error = source.error();
    return false;
  }
  key.name = source.name();
  key.high = hash_text(source.name());
  key.low = source.is_file() ? source.prefix_hash() : static_cast<uint64_t>(getpid());
  Store* store = engine.store();
  if (store == nullptr) return true;
  if (!source.is_file()) {
    key.low = store->run_number();
    return true;
  }
  std::optional<SourcePosition> known;
  StoreStatus status = store->position(source.name(), known);
  if (status.ok() && !known.has_value())
    status = store->position_by_identity(source.device(), source.inode(), known);
  if (!status.ok()) {
    error = status.error().message;
    return false;
  }
  if (!known.has_value() || options.start_at == StartAt::kBeginning) return true;
  if (source.resume(*known)) {
    lines_skipped = known->line;
    key.low = source.prefix_hash();
  } else {
    logger.say(LogSeverity::kWarn,
               fmt::format(
                   "{} is not the file that was read before (its content differs): starting at its beginning",
                   options.events));
  }
  return true;
}

// ---------------------------------------------------------------- the reading thread

void Runner::Impl::read_input() {
  while (!stop) {
    std::unique_ptr<InputBatch> batch;
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [this] { return stop || !spare.empty(); });
      if (stop) break;
      batch = std::move(spare.back());
      spare.pop_back();
    }
    batch->clear();
    batch->symbols = engine.symbols();
    const bool more = source.read(*batch, stop_reading.file());
    {
      const std::lock_guard lock(mutex);
      if (more) {
        ready.push_back(std::move(batch));
      } else {
        input_ended = true;
      }
    }
    changed.notify_all();
    if (!more) return;
  }
}

// ---------------------------------------------------------------- the reloading thread

void Runner::Impl::hand_over(std::shared_ptr<const Program> program) {
  std::unique_lock lock(mutex);
  next_program = std::move(program);
  control = true;
  changed.notify_all();
  // The next program builds on this one's names: one at a time.
  changed.wait(lock, [this] { return finished || next_program == nullptr; });
}

// ---------------------------------------------------------------- the engine's thread

void Runner::Impl::install_pending(std::unique_lock<std::mutex>& lock) {
  if (next_program == nullptr) return;
  std::shared_ptr<const Program> program = next_program;
  lock.unlock();
  const size_t rules = program->rules().size();
  const ProgramChange change = engine.install(std::move(program));
  logger.say(LogSeverity::kInfo, fmt::format("rules reloaded: {} in force{}", rules, summary(change)));
  lock.lock();
  next_program = nullptr;
  changed.notify_all();
}

void Runner::Impl::do_asked(std::unique_lock<std::mutex>& lock) {
  if (!asked) return;
  const std::function<void()> work = std::exchange(asked, nullptr);
  lock.unlock();
  work();
  lock.lock();
}

bool Runner::Impl::feed(InputBatch& batch) {
  const std::span<const InputEvent> events = batch.events;
  for (size_t i = 0; i < events.size(); ++i) {
    if (i % kForeseen == 0) {
      if (i + kForesight < events.size()) {
        const std::span<const InputEvent> later = events.subspan(i + kForesight);
        engine.foresee(later.first(std::min(kForeseen, later.size())));
      }
      if (engine.open_call_count() > options.most_open_calls && !wait_for_calls(options.most_open_calls))
        return false;
      if (stop) break;
    }
    const InputEvent& event = events[i];
    if (!(options.virtual_clock == nullptr ? engine.fire_timers() : move_clock_to(event))) return false;
    at_batch = &batch;
    at_event = &event;
    if (!engine.process(event, key)) return false;
    events_taken.fetch_add(1, std::memory_order_relaxed);
    if (!control.load(std::memory_order_relaxed)) continue;
    std::unique_lock lock(mutex);
    control = false;
    install_pending(lock);
    do_asked(lock);
    lock.unlock();
    if (!engine.take_replies()) return false;
    if (stop) break;
  }
  if (at_event != nullptr) position = current_position();
  at_event = nullptr;
  return true;
}

// ---------------------------------------------------------------- timers

bool Runner::Impl::fire_virtually(int64_t until) {
  while (true) {
    if (!wait_for_calls(0)) return false;
    const std::optional<int64_t> next = engine.next_timer();
    if (!next.has_value() || *next > until || stop) return engine.failure().empty();
    options.virtual_clock->advance_to(*next);
    if (!engine.fire_timers()) return false;
  }
}

bool Runner::Impl::move_clock_to(const InputEvent& event) {
  VirtualClock& clock = *options.virtual_clock;
  int64_t at = clock.begun() ? clock.now() : make_system_clock()->now();
  const Value* time =
      event.meta.is(ValueKind::kMap) ? event.meta.as_map().find(std::string_view("time")) : nullptr;
  if (time != nullptr && time->is(ValueKind::kTimestamp)) at = time->as_microseconds();
  if (time != nullptr && time->is(ValueKind::kString)) (void)parse_timestamp(time->text(), at);
  if (!clock.begun()) begin_time(at);
  if (!fire_virtually(at)) return false;
  clock.advance_to(at);
  return true;
}

// With the first event or, where no event says what time it is, the first single timer; earlier, where an
// earlier run has left a timer or a clock that is due before it.
void Runner::Impl::begin_time(int64_t at) {
  options.virtual_clock->advance_to(std::min(at, engine.next_timer().value_or(at)));
  engine.begin_clocks();
}

bool Runner::Impl::drain() {
  while (!stop) {
    const std::optional<int64_t> last = engine.next_single_timer();
    if (!last.has_value()) return engine.failure().empty();
    if (options.virtual_clock != nullptr) {
      if (!options.virtual_clock->begun()) begin_time(*last);
      if (!fire_virtually(*last)) return false;
      continue;
    }
    if (!engine.fire_timers() || !engine.take_replies()) return false;
    pause();
  }
  return true;
}

// Until no more than `most` have no answer. Where the clock is a virtual one it stands still meanwhile.
bool Runner::Impl::wait_for_calls(uint64_t most) {
  while (!stop && engine.open_call_count() > most) {
    if (options.virtual_clock == nullptr && !engine.fire_timers()) return false;
    if (!engine.take_replies()) return false;
    if (engine.open_call_count() > most) pause();
  }
  return engine.failure().empty();
}

// Commits, and waits until there is something to do.
void Runner::Impl::pause() {
  engine.idle();
  std::unique_lock lock(mutex);
  install_pending(lock);
  do_asked(lock);
  changed.wait_for(lock, until_next_timer(),
                   [this] { return stop || asked || control || next_program != nullptr; });
  control = false;
}

// When the input has ended: calls that are out bring more events, and timers more calls.
bool Runner::Impl::finish() {
  const bool drains = options.at_end == AtEnd::kDrainTimers || options.virtual_clock != nullptr;
  do {
    if (!wait_for_calls(0) || (drains && !drain())) return false;
  } while (!stop && engine.open_call_count() > 0);
  return true;
}

std::chrono::microseconds Runner::Impl::until_next_timer() const {
  constexpr std::chrono::microseconds kPause{kRetryPause};
  const std::optional<int64_t> next = engine.next_timer();
  if (!next.has_value() || options.virtual_clock != nullptr) return kPause;
  using namespace std::chrono;
  const microseconds left =
      microseconds(*next) - duration_cast<microseconds>(system_clock::now().time_since_epoch());
  return std::clamp(left, microseconds(0), kPause);
}

std::optional<SourcePosition> Runner::Impl::current_position() const {
  if (!source.is_file()) return std::nullopt;
  return at_event == nullptr ? position : source.position_after(*at_batch, *at_event);
}

bool Runner::Impl::retry_dead_letters() {
  if (engine.store() == nullptr) return true;
  std::vector<DeadLetter> letters;
  if (!engine.store()->dead_letters_to_retry(kRetriesAtOnce, letters).ok()) return true;
  EventReader reader;
  for (const DeadLetter& letter : letters) {
    InputBatch batch;
    batch.symbols = engine.symbols();
    batch.text = letter.event;
    batch.text.append(kJsonPadding, '\n');
    reader.read_letter(std::string_view(batch.text).substr(0, letter.event.size()), letter.line, batch);
    SourceKey again{letter.source, hash_text("dead letter"), static_cast<uint64_t>(letter.id)};
    for (InputEvent& event : batch.events) {
      event.dead_letter = letter.id;
      if (!engine.process(event, again)) return false;
    }
    if (batch.events.empty()) engine.dead_letter_done(letter.id);
  }
  // Committed before anybody looks for them again.
  return letters.empty() || engine.flush();
}

RunEnd Runner::Impl::feed_all() {
  if (!retry_dead_letters()) return RunEnd::kEngineFailed;
  auto retried = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex);
  while (!stop) {
    control = false;
    install_pending(lock);
    do_asked(lock);
    lock.unlock();
    if (!engine.take_replies()) return RunEnd::kEngineFailed;
    lock.lock();
    if (!ready.empty()) {
      std::unique_ptr<InputBatch> batch = std::move(ready.front());
      ready.pop_front();
      lock.unlock();
      if (!feed(*batch)) return RunEnd::kEngineFailed;
      lock.lock();
      spare.push_back(std::move(batch));
      changed.notify_all();
      continue;
    }
    const bool ended = input_ended;
    if (ended && !source.error().empty()) return RunEnd::kInputFailed;
    lock.unlock();
    if (options.virtual_clock == nullptr && !engine.fire_timers()) return RunEnd::kEngineFailed;
    if (ended) {
      if (!finish()) return RunEnd::kEngineFailed;
      return stop ? RunEnd::kStopped : RunEnd::kInputEnded;
    }
    engine.idle();
    if (!engine.failure().empty()) return RunEnd::kEngineFailed;
    if (std::chrono::steady_clock::now() - retried >= kRetryPause) {
      if (!retry_dead_letters()) return RunEnd::kEngineFailed;
      retried = std::chrono::steady_clock::now();
    }
    lock.lock();
    changed.wait_for(lock, until_next_timer(), [this] {
      return stop || input_ended || !ready.empty() || next_program != nullptr || asked || control;
    });
  }
  return RunEnd::kStopped;
}

RunEnd Runner::Impl::run() {
  engine.on_seal([this](std::vector<SourcePosition>& positions) {
    if (std::optional<SourcePosition> here = current_position()) positions.push_back(std::move(*here));
  });
  for (size_t i = 0; i < kBatches; ++i) spare.push_back(std::make_unique<InputBatch>());
  std::thread reading([this] { read_input(); });
  std::thread watching([this] { reloader.run(); });
  engine.on_reply([this] {
    const std::lock_guard lock(mutex);
    control = true;
    changed.notify_all();
  });
  RunEnd end = feed_all();
  engine.on_reply(nullptr);
  if (const uint64_t line = source.unfinished_line(); line != 0 && end == RunEnd::kInputEnded) {
    logger.say(LogSeverity::kWarn,
               fmt::format("{}:{}: the last line is unfinished: it waits for its end and for the next run",
                           source.name(), line));
  }
  if (end != RunEnd::kEngineFailed && !engine.close()) end = RunEnd::kEngineFailed;
  error = source.error();
  {
    const std::lock_guard lock(mutex);
    finished = true;
    stop = true;
  }
  changed.notify_all();
  stop_reading.raise();
  reloader.finish();
  reading.join();
  watching.join();
  engine.on_seal(nullptr);
  return end;
}

// ---------------------------------------------------------------- the public face

Runner::Runner(Engine& engine, Logger& logger, RunnerOptions options,
               std::function<void(const PreparedRules&)> report)
    : impl_(std::make_unique<Impl>(engine, logger, std::move(options), std::move(report))) {}

Runner::~Runner() = default;

bool Runner::open() {
  return impl_->open();
}
bool Runner::input_is_finite() const {
  return impl_->source.is_file();
}
const std::string& Runner::error() const {
  return impl_->error;
}
uint64_t Runner::lines_skipped() const {
  return impl_->lines_skipped;
}
RunEnd Runner::run() {
  return impl_->run();
}

void Runner::stop() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stop = true;
    impl_->control = true;
  }
  impl_->changed.notify_all();
  impl_->stop_reading.raise();
}

void Runner::reload() {
  impl_->reloader.request();
}

void Runner::ask(std::function<void()> work) {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->asked = std::move(work);
    impl_->control = true;
  }
  impl_->changed.notify_all();
}

uint64_t Runner::bytes_read() const {
  return impl_->source.bytes_read();
}
uint64_t Runner::bytes_total() const {
  return impl_->source.size();
}
uint64_t Runner::events_taken() const {
  return impl_->events_taken.load(std::memory_order_relaxed);
}

}  // namespace krules
