#pragma once

#include <cstdint>
#include <vector>

#include "cascade.h"

namespace krules {

/// All that rules can see of a running cascade, between two events: the waiting events and the properties.
/// Kept as a hash that follows at the cost of what each event changed; compared exactly with an earlier
/// moment by way of what the cascade remembers anyway (its whole queue, and how to undo each write).
class ReplayState {
 public:
  /// A moment of the cascade.
  struct Point {
    uint32_t handled = 0;  ///< events of the queue that were handled
    uint32_t waiting = 0;  ///< behind the last of the events that wait
    uint32_t events = 0;   ///< Cascade::event_count()
    size_t writes = 0;     ///< Cascade::writes().size()
    uint64_t hash = 0;
  };

  explicit ReplayState(Cascade& cascade) : cascade_(cascade) {}

  /// At the start of a cascade, its first event waiting.
  void begin();
  /// One more event of the queue was handled.
  void advance();

  const Point& now() const { return now_; }
  /// Whether everything was the same at two moments, `earlier` and `later`.
  bool same(const Point& earlier, const Point& later) const;

 private:
  void take_writes();
  void take_events();
  bool same_events(const Point& earlier, const Point& later) const;
  bool same_properties(const Point& earlier, const Point& later) const;

  Cascade& cascade_;
  Point now_;
  uint64_t properties_ = 0;             // the sum of a hash for each property that is not as at the start
  uint64_t queue_ = 0;                  // a polynomial in kBase of the hashes of the waiting events
  uint64_t power_ = 1;                  // kBase to the number of the waiting events
  std::vector<uint64_t> event_hashes_;  // by place in the queue
  std::vector<uint32_t> order_;
};

}  // namespace krules
