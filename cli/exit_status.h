#pragma once

namespace krules::cli {

/// What the program's exit status tells the one who called it.
enum class ExitStatus : int {
  kOk = 0,
  /// The rules have errors; or what was asked for by name is not there (a subject, a dead letter, a
  /// function).
  kNo = 1,
  /// Wrong usage: an unknown option, a path that is not there or cannot be read, a folder without rules.
  kUsage = 2,
  /// Everything was read, and some of the input went to the dead letters.
  kDeadLetters = 3,
  /// Stopped because the store or the output failed: a full disk, a damaged store, a store in use, a closed
  /// pipe.
  kFailed = 4,
  /// A second interrupt ended the program at once.
  kInterrupted = 130,
};

}  // namespace krules::cli
