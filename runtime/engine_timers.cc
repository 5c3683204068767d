#include <fmt/format.h>

#include "engine_impl.h"
#include "krules/json.h"

/// Timers: events that come when their time is there, and the clocks of `every` and `at` rules.
namespace krules {

namespace {

// Ids of one run of a store lie behind those of all runs before it.
constexpr int kRunShift = 40;

std::string cron_key(const CompiledSchedule& schedule) {
  return schedule.cron + "\n" + schedule.zone;
}

/// A clock `of` subjects has a timer for each of them when it comes; its type is its key, too, so that it
/// ends with its subject, and there is one at a time.
bool is_turn_of_clock(const TimerText& text) {
  return text.key == text.type && text.type.starts_with("timer.");
}

/// What names a clock: the same rule with the same clock keeps its timer through a reload.
std::string clock_key(std::string_view type, std::string_view text) {
  return fmt::format("{}\n{}", type, text);
}

}  // namespace

StoreStatus Engine::Impl::load_timers() {
  uint64_t last = store->run_number() << kRunShift;
  const StoreStatus status = store->timers([&](const StoredTimer& timer) {
    timers.add(timer.due, timer.id,
               {timer.subject, timer.key, timer.type, timer.payload, timer.meta, timer.schedule, timer.rule});
    last = std::max(last, timer.id);
    return true;
  });
  timers.start_ids_after(last);
  return status;
}

void Engine::Impl::store_timer(const Timer& timer, bool set) {
  if (store == nullptr) return;
  if (set) {
    group.set_timer(timer);
  } else {
    group.end_timer(timer.id());
  }
}

void Engine::Impl::end(Timer* timer) {
  store_timer(*timer, false);
  timers.disarm(timer);
  TimerTable::forget(timer);
}

void Engine::Impl::set_schedules() {
  schedules.clear();
  for (const CompiledSchedule& schedule : index->program()->schedules()) {
    schedules.emplace(clock_key(schedule.type->text(), schedule.text), &schedule);
    std::string error;  // which loading has told already
    if (schedule.every == 0 && !crons.contains(cron_key(schedule))) {
      if (auto cron = CronSchedule::parse(schedule.cron, schedule.zone, error))
        crons.emplace(cron_key(schedule), std::move(*cron));
    }
  }
  std::unordered_set<const CompiledSchedule*> running;
  std::vector<Timer*> ended;
  for (Timer* timer : timers.all()) {
    if (!timer->is_clock()) continue;
    const TimerText text = timer->text();
    const auto wanted = schedules.find(clock_key(text.type, text.schedule));
    if (wanted == schedules.end() || !running.insert(wanted->second).second) ended.push_back(timer);
  }
  for (Timer* timer : ended) end(timer);
  if (!clock->begun()) return;
  for (const auto& [key, schedule] : schedules) {
    if (!running.contains(schedule)) set_schedule(*schedule, clock->now(), clock->now());
  }
}

void Engine::Impl::set_schedule(const CompiledSchedule& schedule, int64_t last, int64_t now) {
  int64_t due = 0;
  if (schedule.every != 0) {
    // In step with the last time; those that were missed come as one.
    const int64_t missed = std::max<int64_t>(0, (now - last) / schedule.every);
    if (__builtin_mul_overflow(missed + 1, schedule.every, &due) || __builtin_add_overflow(last, due, &due) ||
        !is_timestamp(due)) {
      return;  // beyond the year 9999
    }
  } else {
    const auto cron = crons.find(cron_key(schedule));
    const std::optional<int64_t> next = cron == crons.end() ? std::nullopt : cron->second.next(now);
    if (!next.has_value()) return;
    due = *next;
  }
  const std::string& rule = index->program()->rules()[schedule.rule].name;
  const std::string subject = "timer:" + rule;
  TimerText text;
  text.subject = subject;
  text.type = schedule.type->text();
  text.schedule = schedule.text;
  text.rule = rule;
  store_timer(*timers.add(due, timers.new_id(), text), true);
}

/// A clock `of` subjects: a timer for each of them, due at once.
bool Engine::Impl::spread(const CompiledSchedule& schedule, const Timer& clock_timer) {
  std::vector<std::string> names;
  if (!cache->existing(schedule.subjects, names)) {
    store_failed(cache->error());
    return false;
  }
  std::string payload = "{\"due\":";
  append_json(payload, Value::timestamp(clock_timer.due()), JsonStyle::kTagged);
  payload.push_back('}');
  TimerText text = clock_timer.text();
  text.payload = payload;
  text.schedule = {};
  text.key = text.type;
  for (const std::string& name : names) {
    text.subject = name;
    if (Timer* missed = timers.find(name, text.key)) end(missed);
    store_timer(*timers.add(clock_timer.due(), timers.new_id(), text), true);
  }
  return true;
}

bool Engine::Impl::run_timer(const Timer& timer, bool is_clock) {
  timer_arena.reset();
  const TimerText text = timer.text();
  const bool is_turn = is_turn_of_clock(text);
  if (is_turn) {
    const Subject* subject = cache->get(text.subject);
    if (subject == nullptr) {
      store_failed(cache->error());
      return false;
    }
    if (!subject->exists) return true;
  }
  const SymbolTable& symbols = *index->program()->symbols();
  InputEvent event;
  event.timer = timer.id();
  event.begin = static_cast<uint64_t>(timer.due());
  event.type = symbols.find_or_foreign(text.type, timer_arena);
  event.subject = text.subject;
  event.payload = Value::map(&empty_map());
  if (is_clock) {
    MapBuilder payload(timer_arena, 1);
    payload.add(symbols.find_or_foreign("due", timer_arena), Value::timestamp(timer.due()));
    event.payload = payload.finish();
  } else if (!text.payload.empty()) {
    event.payload = parse_json(text.payload, JsonStyle::kTagged, timer_arena, symbols).value;
  }
  if (!text.meta.empty()) event.meta = parse_json(text.meta, JsonStyle::kTagged, timer_arena, symbols).value;
  static const SourceKey kSource{"timer", 0, 0};
  root_is_emitted = !is_clock && !is_turn;
  const Outcome outcome = run_cascade(event, kSource);
  root_is_emitted = false;
  return outcome != Outcome::kEngineFailed;
}

bool Engine::Impl::fire(Timer* timer) {
  ++statistics.timers;
  timers.disarm(timer);
  bool fine = true;
  if (const std::string_view text = timer->text().schedule; text.empty()) {
    fine = run_timer(*timer, false);
  } else if (const auto found = schedules.find(clock_key(timer->text().type, text));
             found != schedules.end()) {
    const CompiledSchedule& schedule = *found->second;
    set_schedule(schedule, timer->due(), clock->now());
    fine = schedule.subjects.empty() ? run_timer(*timer, true) : spread(schedule, *timer);
  }
  if (fine) {
    store_timer(*timer, false);
    after_cascade();
  }
  TimerTable::forget(timer);
  return failure.empty();
}

bool Engine::fire_timers() {
  Impl& impl = *impl_;
  if (impl.timers.size() == 0 || impl.index == nullptr) return impl.failure.empty();
  const int64_t now = impl.clock->now();
  // Timers that are set meanwhile wait for the next call, so that this one ends; but for the turns of a
  // clock, which are so many as there are subjects.
  const uint64_t last = impl.timers.last_id();
  while (impl.failure.empty()) {
    Timer* first = impl.timers.first();
    if (first == nullptr || first->due() > now) break;
    if (first->id() > last && !is_turn_of_clock(first->text())) break;
    impl.fire(first);
  }
  return impl.failure.empty();
}

void Engine::begin_clocks() {
  if (impl_->index != nullptr) impl_->set_schedules();
}

std::optional<int64_t> Engine::next_timer() const {
  const Timer* first = impl_->timers.first();
  return first == nullptr ? std::nullopt : std::optional(first->due());
}

std::optional<int64_t> Engine::next_single_timer() const {
  const TimerTable& timers = impl_->timers;
  if (timers.size() == timers.clocks()) return std::nullopt;
  if (!timers.first()->is_clock()) return timers.first()->due();
  std::optional<int64_t> next;
  for (const Timer* timer : timers.all()) {
    if (!timer->is_clock() && (!next.has_value() || timer->due() < *next)) next = timer->due();
  }
  return next;
}

}  // namespace krules
