#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "krules/store.h"
#include "krules/trace.h"

namespace krules::cli {

/// Looks into the journal of a store.
class StoryFinder {
 public:
  explicit StoryFinder(Store& store) : store_(store) {}

  /// Whether the store could be read so far; else error() says why.
  bool ok() const { return status_.ok(); }
  const StoreError& error() const { return status_.error(); }

  struct OfEvent {
    std::vector<CascadeTrace> stories;  ///< newest first
    uint32_t event = 1;                 ///< the number of the event that was asked for
  };
  /// `id`: of an input event, or of an event that was emitted.
  OfEvent of_event(const std::string& id, size_t limit);
  /// The cascades that changed a property, newest first.
  std::vector<CascadeTrace> of_property(std::string_view subject, std::string_view property, size_t limit);
  /// What one cascade did and another one came of, with what did it.
  struct Beginning {
    CascadeTrace story;
    size_t event = 0;  ///< places in the story
    size_t unit = 0;
    size_t deed = 0;
  };
  /// The cascade that set the timer, or made the call, that `story` began with; nothing where it began with
  /// neither, or the journal does not know.
  std::optional<Beginning> behind(const CascadeTrace& story);

  bool journal_is_empty();
  /// Whether a story tells of that rule: that it ran, or what held it back.
  bool knows_rule(std::string_view rule);
  /// A rule of the newest stories whose name looks like `rule`; empty for none.
  std::string near_rule(std::string_view rule);
  /// An id of the newest stories that looks like `id`; empty for none.
  std::string near_id(std::string_view id);
  /// A property that is stored, as JSON; empty where there is none. `exists`: whether there is such a
  /// subject.
  std::string stored(std::string_view subject, std::string_view property, bool& exists);
  /// A name of the subject's properties, or a subject's name, that looks like the one given; empty for none.
  std::string near_property(std::string_view subject, std::string_view property);
  std::string near_subject(std::string_view subject);

 private:
  /// Goes through stories from the newest on, those whose text has `part` in them, until `found` says true.
  template <class Found>
  void search(std::string_view part, const Found& found);

  Store& store_;
  StoreStatus status_;
};

}  // namespace krules::cli
