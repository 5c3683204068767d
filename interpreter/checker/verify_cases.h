#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <unordered_map>
#include <vector>

#include "model.h"
#include "term.h"

/// How a certificate's conditions are decided: by trying, for each value that they speak of, one
/// representative of every region between the constants that occur.
namespace krules::check {

/// Values of which one is meant: kinds, numbers between two bounds, texts.
struct Region {
  enum Kind : uint16_t {
    kNull = 1,
    kFalse = 2,
    kTrue = 4,
    kInt = 8,
    kFloat = 16,
    kText = 32,
    kDuration = 64,
    kTimestamp = 128,
    kList = 256,
    kMap = 512,
    kAny = 1023,
    kNumbers = kInt | kFloat,
    kTruths = kFalse | kTrue,
  };
  static constexpr double kInfinity = std::numeric_limits<double>::infinity();
  /// Integers up to here are exact as doubles.
  static constexpr double kExact = 9e15;

  uint16_t kinds = kAny;
  double low = -kInfinity;
  double high = kInfinity;
  bool low_open = false;
  bool high_open = false;
  /// Constant texts: these alone, or all others.
  bool listed = false;
  std::vector<TermId> texts;

  static Region none();
  static Region of_kinds(uint16_t kinds);
  static Region number(uint16_t kinds, double low, double high, bool open);
  static Region of(const Value& value, TermId text);
  bool may_be(uint16_t some) const { return (kinds & some) != 0; }
  bool is_number() const { return kinds != 0 && (kinds & ~(kInt | kFloat)) == 0; }
  bool is_whole() const { return kinds == kInt; }
  void join(const Region& other);
  /// Drops kinds of which no value is left.
  void meet(const Region& other);
  void tighten();
  bool operator==(const Region& other) const = default;
};

inline bool is_sum(Op op) {
  return op == Op::kAdd || op == Op::kSubtract || op == Op::kMultiply || op == Op::kNegate;
}
inline bool is_reckoned(Op op) {
  return is_sum(op) || op == Op::kDivide || op == Op::kIntDivide || op == Op::kModulo;
}

/// Decides whether conditions can hold together. What it cannot decide it takes to be possible.
class Cases {
 public:
  /// `known(term)`: what a variable may be at all.
  Cases(TermPool& terms, std::function<Region(TermId)> known) : terms_(terms), known_(std::move(known)) {}

  /// No values make all of them hold.
  bool is_impossible(const std::vector<Literal>& literals);
  /// Not less than what `term` can be where they hold.
  Region values(TermId term, const std::vector<Literal>& literals);

 private:
  static constexpr size_t kMostPoints = 16;
  static constexpr size_t kMostVariables = 10;
  static constexpr int kMostTries = 6000;
  static constexpr int kMostChoices = 2;
  static constexpr double kFewNumbers = 4;  ///< of so many whole numbers each is tried

  // Sets of outcomes, of a condition and of a comparison.
  enum Outcome : uint8_t { kHolds = 1, kFails = 2, kError = 4 };
  enum Order : uint8_t { kBelow = 1, kSame = 2, kAbove = 4, kApart = 8, kAllOrders = 15 };

  struct Variable {
    TermId term;
    std::vector<Region> cells;
  };
  struct Sum {
    std::map<TermId, double> parts;
    double constant = 0;
    bool exact = true;  ///< integers all over
    bool is_known = true;
    void add(const Sum& other, double factor);
  };
  struct Bounds {
    double low;
    double high;
  };
  struct Substitution {
    TermId from;
    TermId to;
    bool in_sums;
  };
  struct Fact {  // low < high, low <= high, or low == high
    TermId low;
    TermId high;
    bool strict;
    bool equal;
  };

  bool prepare(const std::vector<Literal>& literals);
  void flatten(const Literal& literal);
  void substitute();
  TermId replaced(TermId term, TermId from, TermId to, bool in_sums);
  void note_order(const Literal& literal);
  void note_asked(TermId term, TermId other, uint8_t orders);
  void add_point(double point);
  void add_divided(TermId term, double at);
  void find_variables(TermId term);
  void find_constants(TermId term);
  std::vector<Region> cells_of(TermId term);
  bool prune();
  bool all_may_hold();
  bool all_hold();
  bool try_cells(size_t next);
  void assign(const Variable& variable);

  Region evaluate(TermId term);
  Region reckoned(TermId term);
  Region arithmetic(Op op, const Region& a, const Region& b);
  Region difference(TermId term);
  Region chosen_by_call(TermId term);
  uint8_t test(TermId term);
  uint8_t test_text(TermId term);
  uint8_t order(TermId first, TermId second);
  uint8_t order_by_step(TermId a, TermId b);
  uint8_t order_by_sum(TermId a, TermId b);
  Sum sum(TermId term);
  Bounds bounds_by_parts(const Sum& sum);
  Bounds bounds(const Sum& sum);
  void narrow_by_choice(const Sum& sum, Bounds& made);
  bool multiply_out(Sum& sum, double& by, Bounds& more);
  TermId chosen(TermId term);
  TermId chosen_argument(TermId term);
  bool is_call(TermId term, std::string_view name, size_t arguments) const;
  bool is_variable(TermId term) const;
  bool is_choosing_call(TermId term) const;
  bool is_text_test(TermId term) const;

  TermPool& terms_;
  std::function<Region(TermId)> known_;
  std::vector<Literal> literals_;
  std::vector<Variable> variables_;
  std::unordered_map<TermId, Region> now_;
  std::map<std::pair<TermId, TermId>, uint8_t> orders_;
  std::unordered_map<TermId, Region> asked_;  // sums and the like that are held against numbers
  std::vector<Substitution> substitutions_;
  std::vector<Fact> facts_;  // that a condition states
  bool looks_at_facts_ = false;
  int choices_ = 0;
  std::vector<double> points_;
  std::vector<TermId> texts_;
  int tries_ = 0;
};

}  // namespace krules::check
