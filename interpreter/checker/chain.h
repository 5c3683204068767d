#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

#include "facts.h"
#include "model.h"

namespace krules::check {

/// An effect of one path that can fire another path.
struct Link {
  uint32_t from;
  uint32_t effect;
  uint32_t to;
  EventClass::Kind kind;
  bool alive = true;  ///< an endless chain of runs may take it again and again
  bool delayed = false;
  bool taken = true;  ///< runs beside such a chain may; what is alive is
};

/// What may happen to a property between one run of a chain and the next.
class Between {
 public:
  virtual ~Between() = default;
  /// Nothing writes it.
  virtual bool is_left_alone(TermId name, bool extended) const = 0;
  /// Nothing but the chain's own runs writes it.
  virtual bool is_ours(TermId name, bool extended) const = 0;
  /// It is a number, and whatever writes it raises it (`up`), or lowers it, or leaves it.
  virtual bool only_moves(TermId name, bool up) const = 0;
  /// All that may be written to it.
  virtual ValueSet written(TermId name, bool extended) const = 0;
};

/// Nothing is known of what happens between two runs.
class AnythingBetween final : public Between {
 public:
  bool is_left_alone(TermId, bool) const override { return false; }
  bool is_ours(TermId, bool) const override { return false; }
  bool only_moves(TermId, bool) const override { return false; }
  ValueSet written(TermId, bool) const override { return {}; }
};

/// Runs of rules in which each makes the event that fires the next, as one set of conditions over what the
/// first one finds.
class Chain {
 public:
  Chain(Model& model, Facts& facts, const Between& between, uint32_t first_path);

  /// The next run: `link.from` is the path of the last one.
  void add(const Link& link);

  /// A run that the same event fires as the last one, with nothing said of which comes first.
  void add_beside(const Link& link);

  /// All conditions under which the runs so far happen.
  const std::vector<Literal>& literals() const { return literals_; }
  /// A term of run `run`'s path in terms of the chain.
  TermId at(TermId term, size_t run);
  size_t runs() const { return runs_.size(); }
  bool is_contradiction() { return facts_.solver().is_contradiction(literals_); }

 private:
  struct Run {
    uint32_t path;
    const Effect* effect = nullptr;  // that fired it; none of the first run
    // The event that fired it, in terms of the chain; of the first run: unknown.
    EventClass::Kind kind = EventClass::Kind::kPlain;
    bool has_extra = false;  // the event brings `extra`
    bool is_apart = false;   // what the run before left may have been written since
    uint8_t cascade = 0;     // the first run in the same cascade
    TermId subject = 0;
    TermId name = 0;
    TermId payload = 0;
    TermId before = 0;
    TermId after = 0;
    TermId context = 0;
    std::unordered_map<TermId, TermId> placed;
    /// What reads give (by what they are where nothing is known), and how many conditions were known then.
    std::unordered_map<TermId, std::pair<TermId, size_t>> read;
  };

  void begin(uint32_t path);
  void add(const Link& link, size_t from);
  void add_trigger(uint32_t rule, size_t run);
  void add_new_is_read(uint32_t rule);
  TermId place(TermId term, size_t run);
  TermId small(TermId term);
  TermId read_at(TermId subject, TermId name, bool extended, size_t run);
  TermId read_after(TermId subject, TermId name, bool extended, size_t run);

  Model& model_;
  TermPool& terms_;
  Facts& facts_;
  const Between& between_;
  std::vector<Run> runs_;
  std::vector<Literal> literals_;
  TermId only_subject_ = 0;  // of the first run; 0 (null) where it is not known
};

}  // namespace krules::check
