#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace krules::check {

/// A sum of variables times coefficients, plus a constant.
struct LinearForm {
  std::vector<std::pair<uint32_t, double>> terms;  ///< by variable, none with coefficient 0
  double constant = 0;

  void add(const LinearForm& other, double factor);
};

/// form <= 0, or form < 0.
struct LinearRow {
  LinearForm form;
  bool strict = false;
};

/// Inequalities over numbers, some of them integers, decided by eliminating one variable after another
/// (Fourier and Motzkin). Gives up, and calls them solvable, where they get too many.
class LinearSystem {
 public:
  explicit LinearSystem(const std::vector<bool>& whole) : whole_(whole) {}

  void add(LinearRow row);
  /// No numbers fit.
  bool is_contradiction() const;

  struct Bounds {
    bool empty = false;
    double low;
    double high;
    bool low_open = false;
    bool high_open = false;
  };
  /// What `variable` can be.
  Bounds bounds(uint32_t variable) const;

 private:
  static constexpr size_t kMostRows = 160;

  bool tighten(LinearRow& row) const;  // false: it can never hold
  bool eliminate(std::vector<LinearRow>& rows, uint32_t variable) const;

  std::vector<bool> whole_;
  std::vector<LinearRow> rows_;
  bool contradiction_ = false;
};

}  // namespace krules::check
