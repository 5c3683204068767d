#include "timer_table.h"

#include <cstring>
#include <new>

#include "krules/symbol.h"

namespace krules {

TimerText Timer::text() const {
  const char* at = chars();
  const auto next = [&](size_t i) {
    const std::string_view piece(at, lengths_[i]);
    at += lengths_[i];
    return piece;
  };
  TimerText text;
  text.subject = next(0);
  text.key = next(1);
  text.type = next(2);
  text.payload = next(3);
  text.meta = next(4);
  text.schedule = next(5);
  text.rule = next(6);
  return text;
}

TimerTable::~TimerTable() {
  for (Timer* timer : heap_) forget(timer);
}

void TimerTable::forget(Timer* timer) {
  timer->~Timer();
  ::operator delete(timer);
}

size_t TimerTable::Hash::operator()(const Keyed& keyed) const {
  return hash_text(keyed.subject) * 31 + hash_text(keyed.key);
}

Timer* TimerTable::add(int64_t due, uint64_t id, const TimerText& text) {
  const std::string_view pieces[] = {text.subject, text.key,      text.type, text.payload,
                                     text.meta,    text.schedule, text.rule};
  size_t size = sizeof(Timer);
  for (const std::string_view piece : pieces) size += piece.size();
  auto* timer = new (::operator new(size)) Timer();
  timer->due_ = due;
  timer->id_ = id;
  auto* at = reinterpret_cast<char*>(timer + 1);
  for (size_t i = 0; i < std::size(pieces); ++i) {
    timer->lengths_[i] = static_cast<uint32_t>(pieces[i].size());
    if (!pieces[i].empty()) std::memcpy(at, pieces[i].data(), pieces[i].size());
    at += pieces[i].size();
  }
  arm(timer);
  return timer;
}

void TimerTable::arm(Timer* timer) {
  heap_.push_back(timer);
  put(timer, heap_.size() - 1);
  rise(heap_.size() - 1);
  clocks_ += timer->is_clock() ? 1 : 0;
  if (timer->key().empty()) return;
  keyed_.insert(timer);
  Timer*& head = by_subject_[hash_text(timer->subject())];
  timer->previous_of_subject_ = nullptr;
  timer->next_of_subject_ = head;
  if (head != nullptr) head->previous_of_subject_ = timer;
  head = timer;
}

void TimerTable::disarm(Timer* timer) {
  const size_t place = timer->place_;
  Timer* const last = heap_.back();
  heap_.pop_back();
  timer->place_ = Timer::kNotArmed;
  clocks_ -= timer->is_clock() ? 1 : 0;
  if (last != timer) {
    put(last, place);
    rise(place);
    sink(last->place_);
  }
  if (timer->key().empty()) return;
  keyed_.erase(timer);
  if (timer->next_of_subject_ != nullptr)
    timer->next_of_subject_->previous_of_subject_ = timer->previous_of_subject_;
  if (timer->previous_of_subject_ != nullptr) {
    timer->previous_of_subject_->next_of_subject_ = timer->next_of_subject_;
    return;
  }
  const auto head = by_subject_.find(hash_text(timer->subject()));
  if (timer->next_of_subject_ != nullptr) {
    head->second = timer->next_of_subject_;
  } else {
    by_subject_.erase(head);
  }
}

Timer* TimerTable::find(std::string_view subject, std::string_view key) const {
  const auto found = keyed_.find(Keyed{subject, key});
  return found == keyed_.end() ? nullptr : *found;
}

Timer* TimerTable::any_of(std::string_view subject) const {
  const auto found = by_subject_.find(hash_text(subject));
  Timer* timer = found == by_subject_.end() ? nullptr : found->second;
  // Another subject's where two names have one hash.
  while (timer != nullptr && timer->subject() != subject) timer = timer->next_of_subject_;
  return timer;
}

void TimerTable::put(Timer* timer, size_t place) {
  heap_[place] = timer;
  timer->place_ = static_cast<uint32_t>(place);
}

void TimerTable::rise(size_t place) {
  Timer* const timer = heap_[place];
  while (place > 0) {
    const size_t above = (place - 1) / 2;
    if (!earlier(timer, heap_[above])) break;
    put(heap_[above], place);
    place = above;
  }
  put(timer, place);
}

void TimerTable::sink(size_t place) {
  Timer* const timer = heap_[place];
  while (true) {
    size_t below = 2 * place + 1;
    if (below >= heap_.size()) break;
    if (below + 1 < heap_.size() && earlier(heap_[below + 1], heap_[below])) ++below;
    if (!earlier(heap_[below], timer)) break;
    put(heap_[below], place);
    place = below;
  }
  put(timer, place);
}

}  // namespace krules
