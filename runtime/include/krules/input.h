#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "krules/arena.h"
#include "krules/symbol.h"
#include "krules/value.h"

namespace krules {

/// One event from outside, or what a line was that is none. Views and values point into the batch that holds
/// it.
struct InputEvent {
  const Symbol* type = nullptr;
  std::string_view subject;
  Value payload;            ///< `data`; an empty map where there was none
  Value meta;               ///< id, source, time and extension attributes, or null where there were none
  Value extra;              ///< of the reply to a call: what the call said `with`; else null
  std::string_view id;      ///< empty: none
  std::string_view source;  ///< empty: none
  uint64_t line = 0;        ///< 1-based within its source, 0 unknown
  uint64_t begin = 0;       ///< byte offset of the line within its source
  uint64_t end = 0;         ///< just behind its line end
  std::string_view raw;     ///< the line as it came; empty where it came as none
  bool within = false;      ///< `raw` is what a dead letter held of an event from within
  std::string_view error;   ///< not empty: why the line is not an event
  int64_t dead_letter = 0;  ///< not 0: this event is that dead letter, sent again
  uint64_t timer = 0;       ///< not 0: it comes from within, from that timer
  uint64_t call = 0;        ///< not 0: it comes from within, as the reply to that call
};

/// Some lines of one source with all their memory. Made by one thread, then handed to another.
struct InputBatch {
  Arena arena{64 * 1024};
  std::string text;         ///< the raw lines, followed by padding that parsers may read
  uint64_t text_begin = 0;  ///< the byte offset of `text` within its source
  size_t whole_from = 0;    ///< before this place in `text` a line was shortened
  std::vector<InputEvent> events;
  std::shared_ptr<const SymbolTable> symbols;

  void clear() {
    arena.reset();
    text.clear();
    whole_from = 0;
    events.clear();
    symbols.reset();
  }
};

/// The most bytes of one line; a longer one is reported and skipped.
inline constexpr size_t kMaxLineBytes = size_t{64} << 20;

}  // namespace krules
