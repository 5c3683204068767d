#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "krules/store.h"

namespace krules {

/// What breaks Store's contract in the timers, calls and journal of a group: a sentence without the store's
/// name; "" for nothing.
std::string misuse_of(const CommitGroup& group);

/// About how many bytes an entry takes in a store's file, with the rows and indexes of what it changed.
uint64_t journal_entry_bytes(const JournalWrite& entry, std::span<const PropertyNameView> touched);

}  // namespace krules
