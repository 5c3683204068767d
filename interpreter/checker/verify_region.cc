#include <algorithm>
#include <cmath>

#include "verify_cases.h"

/// What values a certificate's conditions are tried with.
namespace krules::check {

Region Region::none() {
  Region made;
  made.kinds = 0;
  made.low = kInfinity;
  made.high = -kInfinity;
  made.listed = true;
  return made;
}

Region Region::of_kinds(uint16_t kinds) {
  Region made;
  made.kinds = kinds;
  return made;
}

Region Region::number(uint16_t kinds, double low, double high, bool open) {
  Region made = of_kinds(kinds);
  made.low = low;
  made.high = high;
  made.low_open = made.high_open = open;
  return made;
}

Region Region::of(const Value& value, TermId text) {
  Region made = none();
  switch (value.kind()) {
    case ValueKind::kNull:
      made.kinds = kNull;
      break;
    case ValueKind::kBool:
      made.kinds = value.as_bool() ? kTrue : kFalse;
      break;
    case ValueKind::kInt:
    case ValueKind::kFloat:
      made.kinds = value.is(ValueKind::kInt) ? kInt : kFloat;
      made.low = made.high = value.as_number();
      if (std::abs(made.low) > kExact) {
        made.low = -kInfinity;
        made.high = kInfinity;
      }
      break;
    case ValueKind::kString:
      made.kinds = kText;
      made.texts = {text};
      break;
    case ValueKind::kDuration:
      made.kinds = kDuration;
      break;
    case ValueKind::kTimestamp:
      made.kinds = kTimestamp;
      break;
    case ValueKind::kList:
      made.kinds = kList;
      break;
    case ValueKind::kMap:
      made.kinds = kMap;
      break;
    default:
      return {};
  }
  return made;
}

void Region::join(const Region& other) {
  if (other.may_be(kNumbers)) {
    if (!may_be(kNumbers) || other.low < low) {
      low = other.low;
      low_open = other.low_open;
    } else if (other.low == low) {
      low_open = low_open && other.low_open;
    }
    if (!may_be(kNumbers) || other.high > high) {
      high = other.high;
      high_open = other.high_open;
    } else if (other.high == high) {
      high_open = high_open && other.high_open;
    }
  }
  if (other.may_be(kText)) {
    if (!may_be(kText)) {
      listed = other.listed;
      texts = other.texts;
    } else {
      std::vector<TermId> both;
      if (listed == other.listed) {
        if (listed) {
          std::set_union(texts.begin(), texts.end(), other.texts.begin(), other.texts.end(),
                         std::back_inserter(both));
        } else {
          std::set_intersection(texts.begin(), texts.end(), other.texts.begin(), other.texts.end(),
                                std::back_inserter(both));
        }
      } else {
        const Region& open = listed ? other : *this;
        const Region& shut = listed ? *this : other;
        std::set_difference(open.texts.begin(), open.texts.end(), shut.texts.begin(), shut.texts.end(),
                            std::back_inserter(both));
        listed = false;
      }
      texts = std::move(both);
    }
  }
  kinds |= other.kinds;
}

void Region::meet(const Region& other) {
  kinds &= other.kinds;
  if (may_be(kNumbers)) {
    if (other.low > low || (other.low == low && other.low_open)) {
      low = other.low;
      low_open = other.low_open;
    }
    if (other.high < high || (other.high == high && other.high_open)) {
      high = other.high;
      high_open = other.high_open;
    }
    if (low > high || (low == high && (low_open || high_open))) kinds &= static_cast<uint16_t>(~kNumbers);
  }
  if (may_be(kText)) {
    std::vector<TermId> both;
    if (listed && other.listed) {
      std::set_intersection(texts.begin(), texts.end(), other.texts.begin(), other.texts.end(),
                            std::back_inserter(both));
    } else if (!listed && !other.listed) {
      std::set_union(texts.begin(), texts.end(), other.texts.begin(), other.texts.end(),
                     std::back_inserter(both));
    } else {
      const Region& open = listed ? other : *this;
      const Region& shut = listed ? *this : other;
      std::set_difference(shut.texts.begin(), shut.texts.end(), open.texts.begin(), open.texts.end(),
                          std::back_inserter(both));
      listed = true;
    }
    texts = std::move(both);
    if (listed && texts.empty()) kinds &= static_cast<uint16_t>(~kText);
  }
}

// Of whole numbers to the next ones inside.
void Region::tighten() {
  if ((kinds & kNumbers) != kInt) return;
  if (std::isfinite(low)) low = low_open ? std::floor(low) + 1 : std::ceil(low);
  if (std::isfinite(high)) high = high_open ? std::ceil(high) - 1 : std::floor(high);
  low_open = high_open = false;
  if (low > high) kinds &= static_cast<uint16_t>(~kInt);
}

}  // namespace krules::check
