#include "linear.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace krules::check {

namespace {

double coefficient(const LinearForm& form, uint32_t variable) {
  const auto found = std::lower_bound(form.terms.begin(), form.terms.end(), variable,
                                      [](const auto& term, uint32_t wanted) { return term.first < wanted; });
  return found != form.terms.end() && found->first == variable ? found->second : 0;
}

}  // namespace

void LinearForm::add(const LinearForm& other, double factor) {
  std::vector<std::pair<uint32_t, double>> sum;
  sum.reserve(terms.size() + other.terms.size());
  auto a = terms.begin();
  auto b = other.terms.begin();
  while (a != terms.end() || b != other.terms.end()) {
    if (b == other.terms.end() || (a != terms.end() && a->first < b->first)) {
      sum.push_back(*a++);
    } else if (a == terms.end() || b->first < a->first) {
      sum.emplace_back(b->first, b->second * factor);
      ++b;
    } else {
      const double both = a->second + b->second * factor;
      if (both != 0) sum.emplace_back(a->first, both);
      ++a;
      ++b;
    }
  }
  terms = std::move(sum);
  constant += other.constant * factor;
}

// Among integers alone a strict bound is one less, and a broken one is rounded.
bool LinearSystem::tighten(LinearRow& row) const {
  LinearForm& form = row.form;
  if (form.terms.empty()) return row.strict ? form.constant < 0 : form.constant <= 0;
  const bool whole = std::all_of(form.terms.begin(), form.terms.end(), [&](const auto& term) {
    return whole_[term.first] && term.second == std::floor(term.second) && std::abs(term.second) < 1e6;
  });
  if (!whole || std::abs(form.constant) > 1e15) return true;
  if (row.strict) {
    form.constant = std::floor(form.constant) + 1;
    row.strict = false;
  } else {
    form.constant = std::ceil(form.constant);
  }
  // 2x + 3 <= 0 is x + 2 <= 0.
  double divisor = 0;
  for (const auto& term : form.terms) {
    double a = std::abs(term.second);
    double b = divisor;
    while (a != 0) std::swap(a, b = std::fmod(b, a));
    divisor = b;
  }
  if (divisor > 1) {
    for (auto& term : form.terms) term.second /= divisor;
    form.constant = std::ceil(form.constant / divisor);
  }
  return true;
}

void LinearSystem::add(LinearRow row) {
  if (!tighten(row)) {
    contradiction_ = true;
  } else if (!row.form.terms.empty()) {
    rows_.push_back(std::move(row));
  }
}

// False: a contradiction came out.
bool LinearSystem::eliminate(std::vector<LinearRow>& rows, uint32_t variable) const {
  std::vector<LinearRow> above;
  std::vector<LinearRow> below;
  std::vector<LinearRow> rest;
  for (LinearRow& row : rows) {
    const double a = coefficient(row.form, variable);
    (a > 0 ? above : a < 0 ? below : rest).push_back(std::move(row));
  }
  for (const LinearRow& up : above) {
    for (const LinearRow& down : below) {
      const double a = coefficient(up.form, variable);
      const double b = -coefficient(down.form, variable);
      LinearRow made;
      made.form.add(up.form, b);
      made.form.add(down.form, a);
      std::erase_if(made.form.terms, [&](const auto& term) { return term.first == variable; });
      made.strict = up.strict || down.strict;
      if (!tighten(made)) return false;
      if (!made.form.terms.empty()) rest.push_back(std::move(made));
    }
  }
  rows = std::move(rest);
  return true;
}

bool LinearSystem::is_contradiction() const {
  if (contradiction_) return true;
  std::vector<LinearRow> rows = rows_;
  while (!rows.empty()) {
    if (rows.size() > kMostRows) return false;
    // The variable that makes the fewest new rows.
    uint32_t best = 0;
    size_t fewest = std::numeric_limits<size_t>::max();
    for (uint32_t variable = 0; variable < whole_.size(); ++variable) {
      size_t above = 0;
      size_t below = 0;
      for (const LinearRow& row : rows) {
        const double a = coefficient(row.form, variable);
        if (a > 0) ++above;
        if (a < 0) ++below;
      }
      if (above + below > 0 && above * below < fewest) {
        fewest = above * below;
        best = variable;
      }
    }
    if (!eliminate(rows, best)) return true;
  }
  return false;
}

LinearSystem::Bounds LinearSystem::bounds(uint32_t variable) const {
  Bounds found{.low = -std::numeric_limits<double>::infinity(),
               .high = std::numeric_limits<double>::infinity()};
  if (contradiction_) {
    found.empty = true;
    return found;
  }
  std::vector<LinearRow> rows = rows_;
  for (uint32_t other = 0; other < whole_.size(); ++other) {
    if (other == variable) continue;
    if (rows.size() > kMostRows) return found;
    if (!eliminate(rows, other)) {
      found.empty = true;
      return found;
    }
  }
  for (const LinearRow& row : rows) {
    const double a = coefficient(row.form, variable);
    if (a == 0) continue;
    const double bound = -row.form.constant / a;
    if (a > 0 && (bound < found.high || (bound == found.high && row.strict))) {
      found.high = bound;
      found.high_open = row.strict;
    }
    if (a < 0 && (bound > found.low || (bound == found.low && row.strict))) {
      found.low = bound;
      found.low_open = row.strict;
    }
  }
  found.empty = found.low > found.high || (found.low == found.high && (found.low_open || found.high_open));
  return found;
}

}  // namespace krules::check
