#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "krules/store.h"
#include "krules/subject.h"
#include "timer_table.h"

namespace krules {

/// Collects what a commit group will write: which subjects changed, outputs, dead letters. The subjects'
/// values are written down only when the group is closed, once each, however often they changed.
class GroupBuilder {
 public:
  /// `journal_bytes` as CommitGroup::journal_limit_bytes.
  GroupBuilder(uint64_t first_number, uint64_t journal_bytes) : journal_bytes_(journal_bytes) {
    restart(first_number);
  }

  uint64_t number() const { return group_.number; }
  uint32_t cascades() const { return cascades_; }
  bool empty() const {
    return cascades_ == 0 && timers_.empty() && calls_.empty() && group_.dead_letters.empty() &&
           group_.retried.empty();
  }

  void count_cascade() { ++cascades_; }
  /// A write to that part of the subject; repeats cost little.
  void touch(Subject& subject, uint16_t part);
  const std::vector<Subject*>& touched() const { return touched_; }
  std::string& outputs() { return group_.outputs; }
  void add_seen(std::string_view source, std::string_view id);
  void add_dead_letter(DeadLetter letter) { group_.dead_letters.push_back(std::move(letter)); }
  void set_timer(const Timer& timer);
  void end_timer(uint64_t id);
  /// What `entry` has in its views is copied.
  void add_story(const JournalWrite& entry, const std::vector<PropertyName>& changed);
  void set_call(const StoredCall& call);
  void end_call(uint64_t id);
  void add_retried(int64_t id) { group_.retried.push_back(id); }
  std::vector<SourcePosition>& positions() { return group_.positions; }

  /// Writes down the subjects. The group is whole then; take it, and call restart().
  CommitGroup& close();
  void restart(uint64_t number);

 private:
  struct Piece {
    size_t begin;
    size_t size;
  };
  struct Row {
    Subject* subject;
    uint16_t part;
    Piece properties;
    Piece extended;
  };
  void write_part(Subject& subject, uint16_t part);

  CommitGroup group_;
  uint32_t cascades_ = 0;
  std::vector<Subject*> touched_;
  std::vector<std::vector<uint16_t>> parts_;  // beside touched_; empty: part 0 alone
  std::vector<Row> rows_;
  struct TimerRow {
    uint64_t id;
    bool removed;
    int64_t due;
    Piece pieces[7];  ///< as TimerText has them
  };
  struct Story {
    int64_t time;
    Piece pieces[5];                               ///< event_id, source, type, subject, story
    std::vector<std::pair<Piece, Piece>> changed;  // subject and property
  };
  Piece keep(std::string_view text);

  struct CallRow {
    CallWrite numbers;
    Piece pieces[6];  ///< action, arguments, reply, subject, extra, rule
  };
  std::vector<TimerRow> timers_;
  std::vector<CallRow> calls_;
  std::vector<std::pair<Piece, Piece>> seen_;  // source and id, in group_.text
  std::vector<Story> stories_;
  uint64_t journal_bytes_;
};

}  // namespace krules
