#include <string>

#include "cascade.h"
#include "krules/json.h"

/// The timers that a cascade sets and ends. They change at once, as properties do, and are put back when what
/// did it is undone.
namespace krules {

Value Cascade::set_timer(const EmitRequest& request, int64_t delay, std::string_view key) {
  if (is_built_in_type(request.type)) {
    return make_error("emit", "`" + std::string(request.type->text()) +
                                  "` is a built-in event: `set` and `delete` make it");
  }
  int64_t due = 0;
  if (__builtin_add_overflow(now(), delay, &due) || due > kLastTimestamp)
    return make_error("overflow", "the timer is due beyond the year 9999");
  if (!key.empty()) {
    if (Timer* before = timers_.find(request.subject->name(), key)) end_timer(before);
  }
  text_.clear();
  append_json(text_, request.payload, JsonStyle::kTagged);
  const size_t payload_size = text_.size();
  const Value meta = inherited_meta(request.meta);
  if (!meta.is_null()) append_json(text_, meta, JsonStyle::kTagged);
  const std::string_view text = text_;
  TimerText timer;
  timer.subject = request.subject->name();
  timer.key = key;
  timer.type = request.type->text();
  timer.payload = text.substr(0, payload_size);
  timer.meta = text.substr(payload_size);
  timer.rule = acting_->name;
  timer_changes_.push_back({timers_.add(due, timers_.new_id(), timer), true});
  return Value::null();
}

void Cascade::cancel_timer(Subject& subject, std::string_view key) {
  if (Timer* timer = timers_.find(subject.name(), key)) end_timer(timer);
}

Value Cascade::pending_timer(Subject& subject, std::string_view key) {
  const Timer* timer = timers_.find(subject.name(), key);
  return timer == nullptr ? Value::null() : Value::timestamp(timer->due());
}

void Cascade::end_timer(Timer* timer) {
  timers_.disarm(timer);
  timer_changes_.push_back({timer, false});
}

void Cascade::revert_timers(size_t keep) {
  while (timer_changes_.size() > keep) {
    const TimerChange change = timer_changes_.back();
    timer_changes_.pop_back();
    if (change.set) {
      timers_.disarm(change.timer);
      TimerTable::forget(change.timer);
    } else {
      timers_.arm(change.timer);
    }
  }
}

}  // namespace krules
