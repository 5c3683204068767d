#include <algorithm>
#include <map>

#include "activity.h"
#include "prover.h"

/// Where values come from: whether only finitely many can ever come out of a term.
namespace krules::check {

/// Places that a value was followed through.
struct Prover::FlowVisit {
  std::map<std::pair<TermId, uint32_t>, bool>
      places;  // (term, rule): whether something was made of it on the way
  const Component* component;
};

// Whether only finitely many values can ever come out of a term, in a cascade that takes the component's
// links: what is handed on as it is cannot get more; what is made of itself can.
bool Prover::is_finite(TermId term, uint32_t path, bool made, FlowVisit& visit) {
  if (!terms_[term].local) return true;
  const uint32_t rule = model_.paths[path].rule;
  const auto enter = [&](bool& seen) {
    const auto [place, is_new] = visit.places.try_emplace({term, rule}, made);
    seen = !is_new;
    // Round again: harmless unless something new was made on the way.
    return is_new || !made;
  };
  const auto from_links = [&](auto&& value_of) {
    for (const Link& link : visit.component->links) {
      if (!link.taken || model_.paths[link.to].rule != rule) continue;
      const TermId sent = value_of(link, model_.paths[link.from].effects[link.effect]);
      if (!is_finite(sent, link.from, made, visit)) return false;
    }
    return true;
  };
  bool seen = false;
  switch (terms_.op(term)) {
    case Op::kFresh:
    case Op::kOpaque:
      return false;
    case Op::kEvent:
    case Op::kProperty:
      return true;
    case Op::kSubject:
      if (!enter(seen)) return false;
      return seen || from_links([](const Link&, const Effect& effect) { return effect.subject; });
    case Op::kNew:
      if (!enter(seen)) return false;
      return seen || from_links([&](const Link& link, const Effect& effect) {
               return link.kind == EventClass::Kind::kChanged ? effect.after : terms_.null();
             });
    case Op::kOld:
      if (!enter(seen)) return false;
      return seen || from_links([&](const Link& link, const Effect& effect) {
               return link.kind == EventClass::Kind::kPlain ? terms_.null() : effect.before;
             });
    case Op::kPayload:
      if (!enter(seen)) return false;
      return seen || from_links([&](const Link& link, const Effect& effect) {
               return link.kind == EventClass::Kind::kPlain ? effect.payload : terms_.null();
             });
    case Op::kExtra:
      if (!enter(seen)) return false;
      return seen || from_links([&](const Link& link, const Effect& effect) {
               return link.kind != EventClass::Kind::kPlain || effect.is_reply ? effect.context
                                                                               : terms_.null();
             });
    case Op::kMeta:
      // What is handed on beside `with` is the trace, as it is.
      if (model_.sets_meta || !model_.program->wrappers().empty() || !enter(seen)) return false;
      return seen || from_links([&](const Link& link, const Effect& effect) {
               return link.kind == EventClass::Kind::kPlain ? effect.context : terms_.null();
             });
    case Op::kProps:
      return false;
    case Op::kNow:
      return scope_ == Scope::kCascade;
    case Op::kField: {
      const TermId object = terms_.arg(term, 0);
      if (terms_.op(object) != Op::kPayload) return is_finite(object, path, made, visit);
      if (!enter(seen)) return false;
      return seen || from_links([&](const Link& link, const Effect& effect) {
               return link.kind == EventClass::Kind::kPlain
                          ? terms_.apply(Op::kField, {effect.payload, terms_.arg(term, 1)})
                          : terms_.null();
             });
    }
    case Op::kRead:
    case Op::kReadExt: {
      const TermId name = terms_.arg(term, 1);
      if (!terms_.is_const(name)) return false;
      if (!enter(seen)) return false;
      if (seen) return true;
      for (const Site& site : activity_->writers(name, terms_.op(term) == Op::kReadExt)) {
        const Effect& effect = model_.paths[site.path].effects[site.effect];
        if (effect.kind == Effect::Kind::kChange && !is_finite(effect.after, site.path, made, visit))
          return false;
      }
      return true;
    }
    case Op::kMap:
    case Op::kList:
    case Op::kIf:
    case Op::kCoalesce:
    case Op::kAnd:
    case Op::kOr:
      break;
    case Op::kCall:
      if (terms_.text(terms_.arg(term, 0)) == "element")
        return is_finite(terms_.arg(term, 1), path, made, visit);
      if (const std::string_view name = terms_.text(terms_.arg(term, 0));
          name != "overlay" && name != "min" && name != "max" && name != "clamp")
        made = true;
      break;
    case Op::kNot:
    case Op::kEqual:
    case Op::kLess:
    case Op::kLessEqual:
    case Op::kIn:
    case Op::kMatches:
    case Op::kHas:
      return true;
    default:
      made = true;
      break;
  }
  const std::vector<TermId> args(terms_.args(term).begin(), terms_.args(term).end());
  return std::all_of(args.begin(), args.end(), [&](TermId arg) { return is_finite(arg, path, made, visit); });
}

bool Prover::is_finite(TermId term, uint32_t path, const Component& component) {
  FlowVisit visit{{}, &component};
  return is_finite(term, path, false, visit);
}

// A cascade that goes round may also go on to ever new subjects: then what holds for each of them proves
// nothing.
bool Prover::subjects_are_finite(const Component& component) {
  for (const auto& circle : circles_of(component)) {
    for (const uint32_t path : circle) {
      for (const Effect& effect : model_.paths[path].effects) {
        if (!is_finite(effect.subject, path, component)) return false;
      }
    }
  }
  return true;
}

}  // namespace krules::check
