#pragma once

#include "dispatcher.h"

namespace krules {

template <class Fire>
inline DispatchResult Dispatcher::each_rule(uint32_t number, const Fire& fire_it) {
  const QueuedEvent& queued = cascade_.queue()[number];
  if (!queued.candidates->gates.empty()) {
    bool passed = true;
    const DispatchResult result = run_gates(number, passed);
    if (result != DispatchResult::kDone || !passed) return result;
  }
  uint32_t last = UINT32_MAX;
  for (const Candidate& candidate : gather(queued)) {
    // A rule whose patterns match twice stands here twice, side by side, and runs once.
    if (candidate.rule == last) continue;
    if (!index_->subject_matches(candidate.filter, queued.subject->name())) continue;
    last = candidate.rule;
    const DispatchResult result = fire_it(index_->program()->rules()[candidate.rule]);
    if (result != DispatchResult::kDone) return result;
  }
  return DispatchResult::kDone;
}

}  // namespace krules
