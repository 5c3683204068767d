#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "event_graph.h"
#include "facts.h"
#include "model.h"
#include "verify_cases.h"
#include "verify_values.h"

namespace krules::check {

/// Plays through every cascade that has to do with some rules, from an input and a state of which nothing is
/// known but what always holds, and counts its events: how a certificate's word "followed to its end" is
/// read.
class Rehearsal {
 public:
  Rehearsal(Model& model, const EventGraph& graph, const Writers& writers, KnownRegions& known, Cases& cases);

  /// What is in doubt; nothing where every cascade of these rules has `most` events or fewer.
  std::string confirm(const std::vector<uint32_t>& rules, uint64_t most);

 private:
  static constexpr size_t kMostCast = 30;
  static constexpr size_t kMostScenes = 3000;

  struct Happening {
    EventClass::Kind kind = EventClass::Kind::kPlain;
    std::map<Op, TermId> sees;  ///< by what a rule reads of it
    TermId name = 0;
    TermId subject = 0;
    std::vector<uint32_t> audience;
  };
  struct Note {  // of what was written, the latest in front
    TermId subject;
    TermId name;  // null: the whole subject is gone
    TermId value;
    bool extended;
    bool is_value;
  };
  struct Scene {
    std::vector<Happening> waiting;
    size_t event = 0;
    size_t turn = 0;
    std::vector<Note> notes;
    std::vector<Literal> holds;
  };
  using Words = std::map<TermId, TermId>;

  bool gather_cast(const std::vector<uint32_t>& rules);
  bool plays(uint32_t rule) const { return cast_.count(rule) != 0; }
  std::string play(Scene first, uint64_t most);
  bool turn(Scene scene, std::vector<Scene>& next);
  bool act(const Scene& scene, uint32_t path, const Words& words, std::vector<Literal> holds,
           std::vector<Scene>& next);
  TermId spoken(TermId term, const Scene& scene, Words& words);
  TermId remembered(const Scene& scene, TermId subject, TermId name, bool extended);
  TermId heard(uint32_t rule, const Happening& happening);
  std::vector<uint32_t> audience_of(uint32_t path, uint32_t effect, EventClass::Kind kind) const;
  bool is_gone(const Scene& scene, TermId subject) const;
  std::optional<bool> is_there(const Scene& scene, const Note& place) const;
  bool is_long(TermId term, uint32_t& left) const;
  bool has_value(TermId term, const std::vector<Literal>& holds);
  /// Whether it can be beside the others; in `holds` from then on.
  bool suppose(std::vector<Literal>& holds, TermId term, bool truth);

  Model& model_;
  TermPool& terms_;
  const EventGraph& graph_;
  const Writers& writers_;
  KnownRegions& known_;
  Cases& cases_;
  std::set<uint32_t> cast_;
  size_t scenes_ = 0;
};

}  // namespace krules::check
