#pragma once

#include <memory>
#include <string>

#include "exit_status.h"
#include "krules/store.h"

namespace krules::cli {

/// Wrong usage where the path is to blame, else a failure.
ExitStatus status_of(const StoreError& error);

/// "krules: message" on standard error; gives `status` back.
ExitStatus complain(ExitStatus status, const std::string& message);

/// Opens a store to look at it, also while a program runs on it. Complains when it cannot.
ExitStatus open_to_look(const std::string& path, std::unique_ptr<Store>& store);

/// Writes what is left of standard output; complains when it could not be written.
ExitStatus finish_output(ExitStatus status);

}  // namespace krules::cli
