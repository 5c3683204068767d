#pragma once

#include <string>

#include "krules/store.h"

/// Reading the text of calls in the store.
namespace krules {

/// What names a call to whoever is asked: a UUID, the same for every attempt and after a restart, and
/// different for every call of every store.
std::string idempotency_key(const StoredCall& call);

/// The arguments of a call as JSON, `<secret NAME>` for each secret; null where they cannot be read.
std::string shown_arguments(const StoredCall& call);
/// What comes back as the reply's `extra`, as JSON; null where there is none.
std::string shown_extra(const StoredCall& call);

}  // namespace krules
