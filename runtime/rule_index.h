#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "krules/glob_table.h"
#include "krules/input.h"
#include "krules/program.h"

namespace krules {

/// A rule that an event may fire, with the subjects for which.
struct Candidate {
  static constexpr uint32_t kAnySubject = UINT32_MAX;
  uint32_t rule;
  uint32_t filter;  ///< RuleIndex::subject_matches, or kAnySubject

  bool operator<(const Candidate& other) const { return rule < other.rule; }
};

/// Candidates that have a field of the event compared with constants: found by one look-up instead of a test
/// each.
class GuardTable {
 public:
  GuardTable(EqualityGuard::Source what, const Symbol* payload_field) : source(what), field(payload_field) {}

  EqualityGuard::Source source;
  const Symbol* field;

  void add(const Value& constant, Candidate candidate) { added_.push_back({constant, candidate}); }
  /// After the last add(): makes the table.
  void finish();
  /// The candidates for a value, in rule order.
  std::span<const Candidate> find(const Value& value) const;
  /// All candidates, in no order; a rule that waits for several constants stands there several times.
  std::span<const Candidate> all() const { return candidates_; }
  size_t rule_count() const { return rule_count_; }
  /// Has the place where find() begins to look brought into the cache. Gives the value's hash.
  uint64_t prefetch(const Value& value) const;
  /// The first candidate for a value with that hash, most likely; null for none.
  const Candidate* likely(uint64_t hash) const;

 private:
  struct Added {
    Value constant;
    Candidate candidate;
  };
  /// One constant; what a look-up needs lies side by side.
  struct Slot {
    uint64_t hash = 0;
    Value constant;
    uint32_t begin = 0;  // in candidates_
    uint32_t count = 0;  // 0: an empty slot
  };
  std::vector<Added> added_;
  std::vector<Slot> slots_;  // open addressing, a power of two
  std::vector<Candidate> candidates_;
  size_t rule_count_ = 0;
};

/// All rules that one event type (or one property's changes) can fire, in rule order.
struct CandidateSet {
  std::vector<Candidate> unguarded;
  std::vector<GuardTable> guarded;
  /// The gates before them and the middleware around them, in the order declared: `rule` is the place in
  /// Program::wrappers() here. With several triggers one may stand here several times, side by side.
  std::vector<Candidate> gates;
  std::vector<Candidate> middleware;

  bool empty() const { return unguarded.empty() && guarded.empty() && gates.empty(); }
};

/// Finds the rules for an event at a cost that follows what matches, not how many rules there are. Sets are
/// made when an event type or property first turns up, and remembered. Belongs to one engine thread.
class RuleIndex {
 public:
  explicit RuleIndex(std::shared_ptr<const Program> program);

  const std::shared_ptr<const Program>& program() const { return program_; }

  /// The set for an event of this type and kind; `property` for property events alone. Valid until
  /// forget_strangers().
  const CandidateSet& candidates(EventKind kind, const Symbol* type, const Symbol* property);

  /// Whether the candidate is meant for this subject.
  bool subject_matches(uint32_t filter, std::string_view subject) const {
    if (filter == Candidate::kAnySubject) return true;
    for (const Glob* glob : filters_[filter]) {
      if (glob->matches(subject)) return true;
    }
    return false;
  }

  /// Tells which events come some ten events later, a few with each call. In a large program what an event
  /// needs is in no cache. One call has the place in the guard table brought there, the next the rule found
  /// there, the one after it the rule's nodes: so nothing waits for memory. The events may fail to come.
  void foresee(std::span<const InputEvent> events);

  /// Drops remembered sets of names that no rule mentions when there are too many of them. Between cascades.
  void forget_strangers();

 private:
  struct PatternUse {
    uint32_t rule;
    uint32_t trigger;
  };
  /// Rules by what one part of their trigger names: exactly, or by glob.
  struct Names {
    std::unordered_map<const Symbol*, std::vector<PatternUse>> exact;
    std::vector<std::pair<const Glob*, PatternUse>> globs;
    GlobTable near_globs;  // places in `globs`

    void collect(std::string_view text, const Symbol* symbol, std::vector<PatternUse>& uses) const;
  };

  CandidateSet build(EventKind kind, const Symbol* type, const Symbol* property) const;
  void add_wrappers(CandidateSet& set, EventKind kind, const Symbol* type, const Symbol* property) const;
  std::optional<EqualityGuard> best_guard(const CompiledRule& rule, uint32_t filter) const;
  uint32_t filter_for(const CompiledTrigger& trigger);
  const CandidateSet& remembered(std::vector<const CandidateSet*>& known,
                                 std::unordered_map<std::string, std::unique_ptr<CandidateSet>>& strangers,
                                 EventKind kind, const Symbol* type, const Symbol* property,
                                 const Symbol* name);

  static constexpr size_t kMostStrangers = 4096;

  std::shared_ptr<const Program> program_;
  Names types_;
  Names changed_properties_;             // of triggers that match subject-property-changed
  Names deleted_properties_;             // likewise subject-property-deleted
  std::vector<PatternUse> any_changed_;  // triggers for any property
  std::vector<PatternUse> any_deleted_;
  std::vector<std::vector<uint32_t>> trigger_filters_;  // by rule and trigger
  std::vector<std::vector<uint32_t>> wrapper_filters_;  // by wrapper and trigger
  std::vector<std::vector<const Glob*>> filters_;
  // What foresee() is at: by the step that comes next.
  struct Lookup {
    const GuardTable* table;
    uint64_t hash;
  };
  std::vector<Lookup> lookups_;
  std::vector<const CompiledRule*> found_;
  bool is_large_ = false;  // so much code that most of it is in no cache

  const CandidateSet nothing_;                // what all names that no rule looks at have in common
  std::deque<CandidateSet> sets_;             // of names that rules mention
  std::vector<const CandidateSet*> by_type_;  // by symbol number; null: not asked yet
  std::vector<const CandidateSet*> by_changed_;
  std::vector<const CandidateSet*> by_deleted_;
  std::unordered_map<std::string, std::unique_ptr<CandidateSet>> strange_types_;
  std::unordered_map<std::string, std::unique_ptr<CandidateSet>> strange_changed_;
  std::unordered_map<std::string, std::unique_ptr<CandidateSet>> strange_deleted_;
};

/// What a guard source reads from an event.
Value guard_value(const GuardTable& table, const Event& event);

}  // namespace krules
