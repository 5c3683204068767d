#include <algorithm>

#include "verifier.h"

/// Whether what a cascade hands on is one of finitely many things.
namespace krules::check {

/// The places that a value was followed through on the way here, and whether something new was made since.
struct Verifier::Flow {
  struct Place {
    TermId term;
    uint32_t rule;
    bool made_since;
  };
  std::vector<Place> way;
  int left = 3000;
};

bool Verifier::is_finite(TermId term, uint32_t rule, Flow& flow) {
  if (--flow.left < 0) return false;
  if (!terms_[term].local) return true;
  const Op op = terms_.op(term);
  if (op == Op::kNow) return scope_ == Scope::kCascade;
  const std::vector<TermId> args(terms_.args(term).begin(), terms_.args(term).end());
  if (op == Op::kEqual || op == Op::kLess || op == Op::kLessEqual || op == Op::kIn || op == Op::kMatches ||
      op == Op::kNot || op == Op::kHas)
    return true;
  const bool chooses = op == Op::kCall && (terms_.is_text(args[0], "min") || terms_.is_text(args[0], "max") ||
                                           terms_.is_text(args[0], "clamp"));
  // What is in a list is of finitely many things where the lists are.
  if (op == Op::kCall && terms_.is_text(args[0], "element")) return is_finite(args[1], rule, flow);
  if (op == Op::kIf || op == Op::kCoalesce || op == Op::kList || op == Op::kMap || op == Op::kAnd ||
      op == Op::kOr || chooses)
    return std::all_of(args.begin(), args.end(), [&](TermId arg) { return is_finite(arg, rule, flow); });
  const bool handed = op == Op::kSubject || op == Op::kNew || op == Op::kOld || op == Op::kPayload;
  const bool field = op == Op::kField && terms_.op(args[0]) == Op::kPayload;
  const bool read = (op == Op::kRead || op == Op::kReadExt) && terms_.is_const(args[1]);
  if (op == Op::kField && !field) return is_finite(args[0], rule, flow);
  if (!handed && !field && !read) {
    if (is_local(op)) return false;
    // Something new, of finitely many things only where it does not come back to itself.
    std::vector<Flow::Place> before = flow.way;
    for (Flow::Place& place : flow.way) place.made_since = true;
    const bool finite =
        std::all_of(args.begin(), args.end(), [&](TermId arg) { return is_finite(arg, rule, flow); });
    flow.way = std::move(before);
    return finite;
  }
  const uint32_t at = read ? UINT32_MAX : rule;
  for (const Flow::Place& place : flow.way) {
    const bool same =
        place.rule == at &&
        (read ? terms_.op(place.term) == op && terms_.arg(place.term, 1) == args[1] : place.term == term);
    if (same) return !place.made_since;
  }
  flow.way.push_back({term, at, false});
  bool finite = true;
  if (read) {
    writers_.for_each(args[1], op == Op::kReadExt, [&](const Site& site) {
      if (!finite || active_[site.path] == 0) return;
      const Effect& effect = effect_of(site);
      if (effect.kind == Effect::Kind::kChange)
        finite = is_finite(effect.after, model_.paths[site.path].rule, flow);
    });
  } else {
    for (const uint32_t made : graph_.waited_by(rule)) {
      const EventGraph::Class& events = graph_.classes()[made];
      for (const Site& site : events.sites) {
        if (!finite || active_[site.path] == 0) continue;
        const Effect& effect = effect_of(site);
        TermId sent = terms_.null();
        const bool plain = events.kind == EventClass::Kind::kPlain;
        if (op == Op::kSubject) sent = effect.subject;
        if (op == Op::kNew && events.kind == EventClass::Kind::kChanged) sent = effect.after;
        if (op == Op::kOld && !plain) sent = effect.before;
        if (op == Op::kPayload && plain) sent = effect.payload;
        if (field && plain) sent = terms_.apply(Op::kField, {effect.payload, args[1]});
        finite = is_finite(sent, model_.paths[site.path].rule, flow);
      }
    }
  }
  flow.way.pop_back();
  return finite;
}

// Whether all runs that go on for ever give it one of finitely many values.
bool Verifier::is_one_of_few(TermId term, uint32_t rule) {
  Flow flow;
  return is_finite(term, rule, flow);
}

// What holds for each subject proves nothing of a cascade that goes on to ever new ones.
bool Verifier::subjects_are_finite(uint32_t island) {
  for (uint32_t path = 0; path < model_.paths.size(); ++path) {
    if (active_[path] == 0 || island_of(path) != island) continue;
    for (const Effect& effect : model_.paths[path].effects) {
      if (!is_one_of_few(effect.subject, model_.paths[path].rule)) return false;
    }
  }
  return true;
}

}  // namespace krules::check
