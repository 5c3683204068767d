#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace krules {

/// What a timer says, besides when. `key` and `schedule` may be empty; `payload` and `meta` are JSON in the
/// tagged style.
struct TimerText {
  std::string_view subject;
  std::string_view key;
  std::string_view type;
  std::string_view payload;
  std::string_view meta;
  std::string_view schedule;  ///< what an `every` or `at` rule asks for; empty for the timer of an `emit`
  std::string_view rule;      ///< that set it
};

/// An event that is to come. All its text lies behind it, in one piece of memory.
class Timer {
 public:
  int64_t due() const { return due_; }  ///< microseconds since 1970
  uint64_t id() const { return id_; }
  TimerText text() const;
  std::string_view subject() const { return {chars(), lengths_[0]}; }
  std::string_view key() const { return {chars() + lengths_[0], lengths_[1]}; }
  /// One that an `every` or `at` rule sets again and again.
  bool is_clock() const { return lengths_[5] != 0; }

 private:
  friend class TimerTable;
  static constexpr uint32_t kNotArmed = UINT32_MAX;

  const char* chars() const { return reinterpret_cast<const char*>(this + 1); }

  int64_t due_ = 0;
  uint64_t id_ = 0;
  uint32_t place_ = kNotArmed;  // in the heap
  uint32_t lengths_[7] = {};
  Timer* next_of_subject_ = nullptr;  // of armed timers with a key
  Timer* previous_of_subject_ = nullptr;
};

/// All timers that are set, the first one at hand. Of one subject and key one timer may be armed at a time.
class TimerTable {
 public:
  TimerTable() = default;
  ~TimerTable();
  TimerTable(const TimerTable&) = delete;
  TimerTable& operator=(const TimerTable&) = delete;

  /// Ids grow from here on.
  void start_ids_after(uint64_t id) { last_id_ = id; }
  uint64_t new_id() { return ++last_id_; }
  uint64_t last_id() const { return last_id_; }

  /// A new timer, armed. It is the table's while it is armed.
  Timer* add(int64_t due, uint64_t id, const TimerText& text);
  /// Takes an armed timer out; it is the caller's then, to arm() again or to forget().
  void disarm(Timer* timer);
  void arm(Timer* timer);
  static void forget(Timer* timer);

  size_t size() const { return heap_.size(); }
  /// How many of them are clocks.
  size_t clocks() const { return clocks_; }
  /// The one that is due first (of several, the one with the smallest id); null when there is none.
  Timer* first() const { return heap_.empty() ? nullptr : heap_.front(); }
  /// The armed timer of that subject and key, null when there is none.
  Timer* find(std::string_view subject, std::string_view key) const;
  /// An armed timer with a key of that subject, null when there is none.
  Timer* any_of(std::string_view subject) const;
  /// All armed timers, in no order.
  const std::vector<Timer*>& all() const { return heap_; }

 private:
  struct Keyed {
    std::string_view subject;
    std::string_view key;
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(const Keyed& keyed) const;
    size_t operator()(const Timer* timer) const { return (*this)(Keyed{timer->subject(), timer->key()}); }
  };
  struct Same {
    using is_transparent = void;
    static Keyed of(const Timer* timer) { return {timer->subject(), timer->key()}; }
    static const Keyed& of(const Keyed& keyed) { return keyed; }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return of(a).subject == of(b).subject && of(a).key == of(b).key;
    }
  };

  static bool earlier(const Timer* a, const Timer* b) {
    return a->due_ != b->due_ ? a->due_ < b->due_ : a->id_ < b->id_;
  }
  void put(Timer* timer, size_t place);
  void rise(size_t place);
  void sink(size_t place);

  uint64_t last_id_ = 0;
  size_t clocks_ = 0;
  std::vector<Timer*> heap_;
  std::unordered_set<Timer*, Hash, Same> keyed_;
  std::unordered_map<uint64_t, Timer*> by_subject_;  // by the hash of its name, the newest first
};

}  // namespace krules
