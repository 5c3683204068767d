#include "krules/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "replay_machine.h"

namespace krules {

namespace {

int64_t read_time(void* context) {
  return *static_cast<const int64_t*>(context);
}

}  // namespace

Replayer::Machine::Machine(std::shared_ptr<const Program> program, const ReplayOptions& options)
    : index_(std::move(program)),
      cache_({}, index_.program()->symbols()),
      cascade_(cache_, timers_, *this),
      dispatcher_(cascade_, cache_, {0, options.max_steps}, statistics_, *this),
      state_(cascade_),
      begin_(options.now),
      now_(options.now) {
  cascade_.set_clock(read_time, &now_);
  dispatcher_.use(index_);
  dispatcher_.record_firings(&firings_);
}

Replayer::Machine::~Machine() {
  clear_timers();
}

void Replayer::Machine::clear_timers() {
  cascade_.finish_timers([](const Timer&, bool) {});
  while (Timer* timer = timers_.first()) {
    timers_.disarm(timer);
    TimerTable::forget(timer);
  }
  timers_.start_ids_after(0);
}

// ---------------------------------------------------------------- reading a seed

const Symbol* Replayer::Machine::symbol(std::string_view text) {
  return index_.program()->symbols()->find_or_foreign(text, arena_);
}

bool Replayer::Machine::read_json(std::string_view text, JsonStyle style, Value& value) {
  return json_.read(text, style, arena_, *index_.program()->symbols(), value);
}

std::string Replayer::Machine::set_properties(const ReplaySeed& seed) {
  for (const ReplaySeed::Property& property : seed.properties) {
    if (property.subject.empty() || property.name.empty()) {
      return "a property of the start state needs a `subject` and a `name`";
    }
    Value value;
    if (!read_json(property.json, JsonStyle::kTagged, value)) {
      return fmt::format("the value of property `{}` of `{}`: {}", property.name, property.subject,
                         json_.error());
    }
    Subject& subject = *cache_.get(property.subject);
    const Symbol* name = symbol(property.name);
    if (PropertySlot* slot = subject.properties.find(name)) {
      free_owned(slot->value);
      slot->value = clone_owned(value);
    } else {
      subject.properties.add(name, clone_owned(value));
    }
    subject.exists = true;
  }
  return {};
}

std::string Replayer::Machine::read_input(const ReplaySeed::Input& input, InputEvent& event) {
  if (input.type.empty()) return "an input needs a `type`";
  if (std::string reason = why_not_from_outside(input.type); !reason.empty()) return reason;
  event.type = symbol(input.type);
  event.subject = input.subject;
  event.payload = Value::map(&empty_map());
  if (input.data.empty()) return {};
  if (!read_json(input.data, JsonStyle::kPlain, event.payload)) {
    return fmt::format("the data of input `{}`: {}", input.type, json_.error());
  }
  if (event.payload.is_null()) event.payload = Value::map(&empty_map());
  return {};
}

// ---------------------------------------------------------------- running

ReplayOutcome Replayer::Machine::run(const ReplaySeed& seed, uint32_t max_events, uint32_t most_told,
                                     ReplayStory* story) {
  cache_.clear();
  arena_.reset();
  clear_timers();
  now_ = begin_;
  input_ = 0;
  max_events_ = max_events;
  dispatcher_.set_max_cascade(max_events);
  story_ = nullptr;  // what comes before the last input is not told
  most_told_ = most_told;
  told_before_ = 0;

  std::string refused = seed.inputs.empty() ? "there is no input" : set_properties(seed);
  ReplayOutcome outcome;
  for (size_t i = 0; refused.empty() && i < seed.inputs.size(); ++i) {
    InputEvent event;
    refused = read_input(seed.inputs[i], event);
    if (!refused.empty()) break;
    ++input_;
    handling_ = chance_until_ = 0;
    firings_.clear();
    if (i + 1 < seed.inputs.size()) {
      refused = prepare(event);
    } else {
      story_ = story;
      outcome = watch(event, refused);
      if (seed.timers > 0 && refused.empty()) outcome = wait(seed.timers, std::move(outcome));
    }
  }
  if (story != nullptr) story->refused = refused;
  return outcome;
}

std::string Replayer::Machine::describe(DispatchResult result) const {
  switch (result) {
    case DispatchResult::kFuse:
      return fmt::format("its cascade made more than {} events", max_events_);
    case DispatchResult::kFailedCascade:
      return fmt::format("a rule said `fail cascade`: {}", dispatcher_.reason());
    default:
      return dispatcher_.reason();
  }
}

std::string Replayer::Machine::prepare(const InputEvent& event) {
  DispatchResult result = dispatcher_.begin(event);
  for (; result == DispatchResult::kDone && handling_ < cascade_.queue().size(); ++handling_) {
    result = dispatcher_.dispatch(handling_);
  }
  if (result == DispatchResult::kDone) {
    cascade_.finish_timers([](const Timer&, bool) {});
    cascade_.finish([](Subject&, uint16_t) {});
    return {};
  }
  std::string reason = fmt::format("input {} (`{}`): {}", input_, event.type->text(), describe(result));
  cascade_.undo_all();
  return reason;
}

ReplayOutcome Replayer::Machine::watch(const InputEvent& event, std::string& refused) {
  if (const DispatchResult began = dispatcher_.begin(event); began != DispatchResult::kDone) {
    refused = fmt::format("input {} (`{}`): {}", input_, event.type->text(), describe(began));
    cascade_.undo_all();
    return {};
  }
  // The state is held against the one at the latest power of two: a turn is found after at most about three
  // times as many events as there are up to its end.
  state_.begin();
  points_.clear();
  ReplayState::Point then = state_.now();
  uint32_t next_then = 1;
  // So that states which differ in what the hash leaves out (the order of properties) cost no more than the
  // run itself.
  uint32_t comparisons_left = 64;
  while (true) {
    if (story_ != nullptr) points_.push_back(state_.now());
    if (handling_ == cascade_.queue().size()) return finish(ReplayOutcome::End::kEnds, 0);
    const size_t timer_changes = cascade_.timer_change_count();
    const DispatchResult result = dispatcher_.dispatch(handling_);
    if (cascade_.timer_change_count() != timer_changes) chance_until_ = handling_ + 1;
    switch (result) {
      case DispatchResult::kDone:
        break;
      case DispatchResult::kFuse: {
        constexpr uint32_t kLately = 100;
        return finish(ReplayOutcome::End::kFuse, handling_ < kLately ? 0 : handling_ + 1 - kLately);
      }
      default:
        if (story_ != nullptr) story_->failed = dispatcher_.reason();
        return finish(ReplayOutcome::End::kEnds, 0);
    }
    cascade_.logs().clear();
    ++handling_;
    state_.advance();
    if (state_.now().hash == then.hash && chance_until_ <= then.handled && comparisons_left > 0) {
      --comparisons_left;
      if (state_.same(then, state_.now())) {
        if (story_ != nullptr) tell_turn(then);
        ReplayOutcome outcome = finish(ReplayOutcome::End::kRepeats, then.handled);
        outcome.period = state_.now().events - then.events;
        return outcome;
      }
    }
    if (state_.now().handled == next_then) {
      then = state_.now();
      next_then *= 2;
    }
  }
}

ReplayOutcome Replayer::Machine::finish(ReplayOutcome::End end, uint32_t from) {
  ReplayOutcome outcome;
  outcome.end = end;
  outcome.events =
      std::min(cascade_.event_count(), max_events_ + 1);  // the rest of the rule's is not counted
  if (end != ReplayOutcome::End::kEnds) {
    std::vector<bool> known(program().rules().size() + program().wrappers().size());
    for (const Firing& firing : firings_) {
      if (firing.event < from || known[firing.rule]) continue;
      known[firing.rule] = true;
      outcome.rules.push_back(firing.rule);
    }
  }
  if (story_ != nullptr) tell_events();
  told_before_ += static_cast<uint32_t>(outcome.events);
  cascade_.finish_timers([](const Timer&, bool) {});
  cascade_.finish([](Subject&, uint16_t) {});
  return outcome;
}

ReplayOutcome Replayer::Machine::watch_timer() {
  Timer* timer = timers_.first();
  timers_.disarm(timer);
  now_ = std::max(now_, timer->due());
  const TimerText text = timer->text();
  InputEvent event;
  event.timer = timer->id();
  event.type = symbol(text.type);
  const std::string subject(text.subject);
  event.subject = subject;
  event.payload = Value::map(&empty_map());
  if (!text.payload.empty()) (void)read_json(text.payload, JsonStyle::kTagged, event.payload);
  if (!text.meta.empty()) (void)read_json(text.meta, JsonStyle::kTagged, event.meta);
  TimerTable::forget(timer);
  ++input_;
  handling_ = chance_until_ = 0;
  firings_.clear();
  std::string refused;
  return watch(event, refused);
}

// A cascade that does not end is the end of it. Else what all of them made and fired is told together.
ReplayOutcome Replayer::Machine::wait(uint32_t most, ReplayOutcome outcome) {
  uint64_t events = outcome.events;
  std::vector<uint32_t> rules;
  uint64_t fired = 0;
  while (outcome.end == ReplayOutcome::End::kEnds && fired < most && timers_.size() > 0) {
    outcome = watch_timer();
    ++fired;
    if (outcome.end != ReplayOutcome::End::kEnds) break;
    events += outcome.events;
    for (const Firing& firing : firings_) {
      if (std::find(rules.begin(), rules.end(), firing.rule) == rules.end()) rules.push_back(firing.rule);
    }
  }
  outcome.fired = fired;
  outcome.waiting = timers_.size();
  if (outcome.end != ReplayOutcome::End::kEnds) return outcome;
  outcome.events = events;
  if (timers_.size() == 0) return outcome;
  outcome.end = ReplayOutcome::End::kGoesOn;
  outcome.rules = std::move(rules);
  return outcome;
}

void Replayer::Machine::emitted(const Event& event, uint32_t number) {
  if (story_ == nullptr || told_before_ + number > most_told_) return;
  // Those that rules wait for are told from the queue.
  EventQueue& queue = cascade_.queue();
  const bool heard = queue[queue.size() - 1].number == number;
  if (!heard) story_->events.push_back(told(event, number, false));
}

CascadeIdentity Replayer::Machine::identity() {
  chance_until_ = handling_ + 1;
  return {0, input_};
}

void Replayer::Machine::condition_failed(const CompiledRule& rule, const Value& error) {
  tell_failure(rule, error);
}

void Replayer::Machine::event_refused(const CompiledRule& gate, const Event&, const Value& error) {
  tell_failure(gate, error);
}

void Replayer::Machine::rule_failed(const CompiledRule& rule, const Value& error) {
  tell_failure(rule, error);
}

// ---------------------------------------------------------------- the story

void Replayer::Machine::tell_failure(const CompiledRule& rule, const Value& error) {
  if (story_ == nullptr) return;
  const uint32_t event = cascade_.queue()[handling_].number;
  if (told_before_ + event > most_told_) return;
  story_->failures.push_back({told_before_ + event, rule.number, describe_error(error, program())});
}

void Replayer::Machine::tell_turn(const ReplayState::Point& then) {
  points_.push_back(state_.now());
  // The turn was found at some event within it, and may have begun earlier. Once two states are the same, so
  // are all that follow: the first one is found by halving.
  const uint32_t length = state_.now().handled - then.handled;
  uint32_t differs_below = chance_until_;
  uint32_t begin = then.handled;
  while (differs_below < begin) {
    const uint32_t middle = differs_below + (begin - differs_below) / 2;
    if (state_.same(points_[middle], points_[middle + length])) {
      begin = middle;
    } else {
      differs_below = middle + 1;
    }
  }
  const auto number_at = [&](uint32_t handled) {
    return handled == 0 ? told_before_ : told_before_ + cascade_.queue()[handled - 1].number;
  };
  story_->turn_begins = number_at(begin);
  story_->turn_ends = number_at(begin + length);
}

ReplayStory::Event Replayer::Machine::told(const Event& event, uint32_t number, bool heard) {
  ReplayStory::Event text;
  text.number = told_before_ + number;
  text.after = now_ - begin_;
  text.rule = event.rule;
  text.cause = event.rule == UINT32_MAX ? 0 : told_before_ + cascade_.queue()[event.cause].number;
  text.heard = heard;
  text.kind = event.kind;
  text.extended_property = event.extended_property;
  text.type = event.type->text();
  text.subject = event.subject->name();
  append_json(text.payload, event.payload);
  if (event.property != nullptr) {
    text.property = event.property->text();
    append_json(text.old_value, event.old_value);
    append_json(text.new_value, event.new_value);
  }
  return text;
}

void Replayer::Machine::tell_events() {
  EventQueue& queue = cascade_.queue();
  std::map<uint32_t, std::vector<uint32_t>> fired;
  for (const Firing& firing : firings_) {
    if (queue[firing.event].number + told_before_ > most_told_) break;
    fired[queue[firing.event].number].push_back(firing.rule);
  }
  for (size_t i = 0; i < queue.size() && told_before_ + queue[i].number <= most_told_; ++i) {
    story_->events.push_back(told(queue[i], queue[i].number, !queue[i].candidates->empty()));
    story_->events.back().fired = std::move(fired[queue[i].number]);
  }
  std::sort(story_->events.begin(), story_->events.end(),
            [](const ReplayStory::Event& a, const ReplayStory::Event& b) { return a.number < b.number; });
}

// ---------------------------------------------------------------- the front

Replayer::Replayer(std::shared_ptr<const Program> program, ReplayOptions options)
    : options_(std::move(options)),
      plain_(std::make_unique<Machine>(std::move(program), options_)),
      last_(plain_.get()) {}

Replayer::~Replayer() = default;

const Program& Replayer::program() const {
  return last_->program();
}

Replayer::Machine* Replayer::machine_for(const ReplaySeed& seed) {
  if (seed.parameters.empty()) return plain_.get();
  if (other_ != nullptr && other_parameters_ == seed.parameters) return other_.get();
  std::shared_ptr<const Program> program;
  if (options_.with_parameters) program = options_.with_parameters(seed.parameters);
  if (program == nullptr) return nullptr;
  last_ = plain_.get();
  other_ = std::make_unique<Machine>(std::move(program), options_);
  other_parameters_ = seed.parameters;
  return other_.get();
}

ReplayOutcome Replayer::run(const ReplaySeed& seed, uint32_t max_events) {
  Machine* machine = machine_for(seed);
  if (machine == nullptr) return {};
  last_ = machine;
  return machine->run(seed, max_events, 0, nullptr);
}

ReplayOutcome Replayer::run(const ReplaySeed& seed, uint32_t max_events, uint32_t most_told,
                            ReplayStory& story) {
  story = {};
  Machine* machine = machine_for(seed);
  if (machine == nullptr) {
    story.refused = "the program cannot be made with these values of its params";
    return {};
  }
  last_ = machine;
  return machine->run(seed, max_events, most_told, &story);
}

}  // namespace krules
