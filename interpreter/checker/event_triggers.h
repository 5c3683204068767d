#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "event_graph.h"
#include "krules/glob_table.h"

namespace krules::check {

/// What rules wait for, by name, while the graph is made.
class EventGraph::Triggers {
 public:
  /// `classes` are those that rules will be looked for.
  Triggers(const Model& model, const std::vector<Class>& classes);

  /// The rules that events of this class can fire, in order.
  std::vector<uint32_t> find(const Class& made);

  struct Waiting {
    uint32_t rule;
    const CompiledTrigger* trigger;
  };
  /// Rules by what one part of their triggers names.
  struct Names {
    std::vector<std::pair<std::string_view, Waiting>> all;
    std::unordered_map<std::string_view, std::vector<Waiting>> exact;
    GlobTable globs;     ///< places in `all` of those with wild cards
    GlobTable anything;  ///< and of all of them, where computed names are looked for
    std::vector<Waiting> any;
  };
  /// Of plain events, and of the built-in ones by their own names.
  const Names& types() const { return types_; }

 private:
  static void add(Names& names, const NamePattern& pattern, Waiting waiting);
  void add_all(Waiting waiting);
  void finish(const std::vector<Class>& classes, EventClass::Kind kind);
  Names& names_of(EventClass::Kind kind);

  Names types_;
  Names changed_;
  Names deleted_;
  Names subject_deleted_;
};

}  // namespace krules::check
