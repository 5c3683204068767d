#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "krules/arena.h"
#include "krules/value.h"

namespace krules::check {

/// A value that a rule works with, as an expression over what the rule finds when it starts. Terms are
/// unique: equal ids, equal expressions.
using TermId = uint32_t;

enum class Op : uint8_t {
  kConst,  ///< a value
  kNow,    ///< fixed for the cascade; of runs in another one the epoch tells
  kParam,  ///< a `param`, fixed for the program; its name
  // What belongs to one run of one rule (its `epoch`):
  kSubject,  ///< the name of the event's subject
  kEvent,    ///< the event's type
  kProperty,
  kOld,
  kNew,
  kPayload,
  kExtra,
  kMeta,
  kOpaque,   ///< something unknown (an element of a list, ...); its number
  kFresh,    ///< uuid(), random(): different each time; its number
  kRead,     ///< (subject, name): a property when the rule starts
  kReadExt,  ///< (subject, name): an extended property then
  kProps,    ///< (subject): all of them
  // What is made of others:
  kHas,    ///< (read)
  kField,  ///< (object, key)
  kNot,
  kNegate,
  kAnd,
  kOr,
  kEqual,
  kLess,
  kLessEqual,
  kIn,
  kMatches,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kIntDivide,
  kModulo,
  kPower,
  kCoalesce,
  kIf,      ///< (condition, then, else)
  kConcat,  ///< interpolation
  kList,
  kMap,   ///< (key, value, key, value, ...), keys constant
  kCall,  ///< a pure function: its name first
};

/// Whether terms of this kind mean something in one run of a rule alone.
constexpr bool is_local(Op op) {
  return op >= Op::kSubject && op <= Op::kProps;
}

struct Term {
  Op op;
  uint8_t epoch = 0;   ///< of local terms: the run in a chain of runs
  bool local = false;  ///< has a local term inside
  uint32_t data = 0;   ///< kConst: index of the value; kOpaque, kFresh: the number
  uint32_t first = 0;  ///< arguments
  uint32_t count = 0;
  uint32_t size = 1;  ///< written out: of all parts, those that it shares counted each time
};

/// All terms of one check, each once.
class TermPool {
 public:
  TermPool();
  TermPool(const TermPool&) = delete;
  TermPool& operator=(const TermPool&) = delete;

  const Term& operator[](TermId id) const { return terms_[id]; }
  std::span<const TermId> args(TermId id) const {
    return {args_.data() + terms_[id].first, terms_[id].count};
  }
  TermId arg(TermId id, size_t i) const { return args_[terms_[id].first + i]; }
  Op op(TermId id) const { return terms_[id].op; }
  bool is_const(TermId id) const { return terms_[id].op == Op::kConst; }
  const Value& value(TermId id) const { return values_[terms_[id].data]; }
  /// Whether it is that string.
  bool is_text(TermId id, std::string_view text) const;
  /// The text of a constant string; empty for all else.
  std::string_view text(TermId id) const;

  TermId constant(const Value& value);
  TermId text_constant(std::string_view text);
  TermId number(int64_t value) { return constant(Value::integer(value)); }
  TermId null() const { return null_; }
  TermId truth(bool value) const { return value ? true_ : false_; }
  TermId leaf(Op op, uint8_t epoch = 0);
  TermId param(std::string_view name);
  /// A new unknown.
  TermId opaque() { return make(Op::kOpaque, {}, ++unknowns_, 0); }
  TermId fresh() { return make(Op::kFresh, {}, ++unknowns_, 0); }
  TermId read(TermId subject, TermId name, uint8_t epoch = 0);
  TermId read_extended(TermId subject, TermId name, uint8_t epoch = 0);

  /// Any operator, simplified where that changes nothing of what it means (where it does not fail).
  TermId apply(Op op, std::span<const TermId> args);
  TermId apply(Op op, std::initializer_list<TermId> args) {
    return apply(op, std::span(args.begin(), args.size()));
  }

  /// `term` with every local term of epoch 0 moved to `epoch`.
  TermId shifted(TermId term, uint8_t epoch);
  /// `term` with its leaves and reads replaced: `replace(id)` gives the new term for a local term whose
  /// arguments are already rewritten, or the same id.
  template <class Replace>
  TermId rewritten(TermId term, const Replace& replace);

  /// Whether it has a value in any case: what is left out where terms get simpler must not fail.
  bool is_harmless(TermId id) const;

  /// As an author would write it, for messages.
  std::string show(TermId term) const;

  size_t size() const { return terms_.size(); }

 private:
  TermId make(Op op, std::span<const TermId> args, uint32_t data, uint8_t epoch);
  TermId has(Op op, std::span<const TermId> of, TermId value);
  TermId simplified(Op op, std::span<const TermId> args);
  TermId call(std::span<const TermId> args);
  TermId call_of_more(const std::string& name, std::span<const TermId> args);
  TermId length_of(TermId len, TermId of);
  bool is_same_again(std::string_view name, std::span<const TermId> args) const;
  TermId arithmetic(Op op, TermId a, TermId b);
  TermId comparison(Op op, TermId a, TermId b);
  uint64_t hash(const Term& term, std::span<const TermId> args) const;
  void grow();

  Arena arena_;
  std::vector<Term> terms_;
  std::vector<TermId> args_;
  std::vector<Value> values_;
  /// Open addressing: the upper half of the hash, which tells most others apart, and id + 1; else 0.
  std::vector<uint64_t> table_;
  uint32_t unknowns_ = 0;
  TermId null_ = 0;
  TermId true_ = 0;
  TermId false_ = 0;
};

template <class Replace>
TermId TermPool::rewritten(TermId id, const Replace& replace) {
  const Term term = terms_[id];
  if (!term.local) return id;
  if (term.count == 0) return replace(id);
  std::vector<TermId> args(term.count);
  bool changed = false;
  if (term.op == Op::kHas) {
    // Whether it is there is not told by its value.
    const Term place = terms_[args_[term.first]];
    std::vector<TermId> of(place.count);
    for (uint32_t i = 0; i < place.count; ++i) of[i] = rewritten(args_[place.first + i], replace);
    return has(place.op, of, rewritten(args_[term.first], replace));
  }
  for (uint32_t i = 0; i < term.count; ++i) {
    const TermId old = args_[term.first + i];
    args[i] = rewritten(old, replace);
    changed |= args[i] != old;
  }
  TermId made = id;
  if (changed) made = is_local(term.op) ? make(term.op, args, term.data, term.epoch) : apply(term.op, args);
  return is_local(term.op) ? replace(made) : made;
}

}  // namespace krules::check
