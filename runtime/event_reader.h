#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "krules/input.h"

namespace krules {

/// Reads events out of JSON lines: CloudEvents 1.0 in JSON, or the short form with `type`, `subject` and
/// `data` alone.
class EventReader {
 public:
  EventReader();
  ~EventReader();
  EventReader(const EventReader&) = delete;
  EventReader& operator=(const EventReader&) = delete;

  /// Adds what `line` holds to `batch` (nothing for a blank line). `line` lies in batch.text, with
  /// kJsonPadding readable bytes behind it; batch.symbols is set.
  void read_line(std::string_view line, uint64_t number, uint64_t begin, uint64_t end, InputBatch& batch);
  /// The same of what a dead letter holds: a line as it came, or the text of an event from within.
  void read_letter(std::string_view line, uint64_t number, InputBatch& batch);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// An event that came from within (a timer, an answer, what a rule emitted) as dead letters keep it: with its
/// `meta` and `extra`, and kinds that JSON does not have.
std::string event_from_within_as_json(const InputEvent& event);
/// What dead letters keep of `event`: an event from within as that function writes it, a line from outside as
/// it came, up to 64 KiB. One that looks like the text of an event from within gets a blank, so that nobody
/// outside can send one.
std::string text_of_letter(const InputEvent& event);

}  // namespace krules
