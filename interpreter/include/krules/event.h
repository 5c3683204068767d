#pragma once

#include <cstdint>
#include <string_view>

#include "krules/subject.h"
#include "krules/symbol.h"
#include "krules/value.h"

namespace krules {

enum class EventKind : uint8_t { kPlain, kPropertyChanged, kPropertyDeleted, kSubjectDeleted };

/// One event while a cascade runs. Everything it points to lives at least as long as the cascade.
struct Event {
  const Symbol* type = nullptr;
  Subject* subject = nullptr;
  EventKind kind = EventKind::kPlain;
  Value payload;
  Value meta;   ///< a map or null
  Value extra;  ///< a map or null
  // Of property events (kPropertyChanged, kPropertyDeleted); `property` is null otherwise.
  const Symbol* property = nullptr;
  Value old_value;
  Value new_value;
  bool extended_property = false;  ///< a deleted event for an extended property
  // How it came about, for the path of a runaway cascade: the number of the causing event in its cascade, and
  // the rule.
  uint32_t cause = 0;
  uint32_t rule = UINT32_MAX;
};

/// The types of the built-in events.
inline constexpr std::string_view kPropertyChangedType = "subject-property-changed";
inline constexpr std::string_view kPropertyDeletedType = "subject-property-deleted";
inline constexpr std::string_view kSubjectDeletedType = "subject-deleted";

inline bool is_built_in_type(const Symbol* type) {
  const std::string_view text = type->text();
  return text.starts_with("subject-") &&
         (text == kPropertyChangedType || text == kPropertyDeletedType || text == kSubjectDeletedType);
}

}  // namespace krules
