#include <algorithm>

#include "explore.h"
#include "glob_meet.h"

/// What terms of a path mean in the middle of a cascade.
namespace krules::check {

// The rules that matter of those that an effect's event can fire.
std::vector<uint32_t> Explorer::listeners(uint32_t path, uint32_t effect, EventClass::Kind kind) const {
  std::vector<uint32_t> found;
  for (const EventGraph::Made& made : graph_.made_on(path)) {
    const EventGraph::Class& events = graph_.classes()[made.event];
    if (made.effect != effect || events.kind != kind) continue;
    for (const uint32_t rule : events.rules) {
      if (matters_[rule] != 0) found.push_back(rule);
    }
  }
  return found;
}

// That the event is one that the rule waits for.
TermId Explorer::trigger_of(uint32_t rule, const Event& event) {
  const bool plain = event.kind == EventClass::Kind::kPlain;
  const auto any_of = [&](const std::vector<NamePattern>& patterns, TermId name) {
    TermId fits = terms_.truth(false);
    for (const NamePattern& pattern : patterns) {
      TermId one = terms_.text_constant(pattern.text);
      if (pattern.exact != nullptr) {
        one = terms_.apply(Op::kEqual, {name, one});
      } else if (terms_.is_const(name)) {
        one = terms_.truth(pattern.glob.matches(terms_.text(name)));
      } else {
        one = terms_.apply(Op::kMatches, {name, one});
      }
      fits = terms_.apply(Op::kOr, {fits, one});
    }
    return fits;
  };
  TermId type = event.name;
  if (event.kind == EventClass::Kind::kChanged) type = terms_.text_constant(kPropertyChangedType);
  if (event.kind == EventClass::Kind::kDeleted) type = terms_.text_constant(kPropertyDeletedType);
  if (event.kind == EventClass::Kind::kSubjectDeleted) type = terms_.text_constant(kSubjectDeletedType);
  TermId fits = terms_.truth(false);
  for (const CompiledTrigger& trigger : model_.rules[rule].compiled->triggers) {
    TermId one = any_of(trigger.types, type);
    if (!trigger.properties.empty())
      one =
          plain ? terms_.truth(false) : terms_.apply(Op::kAnd, {one, any_of(trigger.properties, event.name)});
    if (!trigger.subjects.empty())
      one = terms_.apply(Op::kAnd, {one, any_of(trigger.subjects, event.subject)});
    fits = terms_.apply(Op::kOr, {fits, one});
  }
  return fits;
}

// A term of a path in terms of the cascade's beginning. `known`: of this run, so far.
TermId Explorer::placed(TermId term, const State& state, const Event& event,
                        std::unordered_map<TermId, TermId>& known) {
  if (!terms_[term].local) return term;
  if (const auto found = known.find(term); found != known.end()) return found->second;
  const bool plain = event.kind == EventClass::Kind::kPlain;
  const bool changed = event.kind == EventClass::Kind::kChanged;
  const bool property = changed || event.kind == EventClass::Kind::kDeleted;
  const auto of_this_run = [&](TermId id) {
    const auto [place, is_new] = known.try_emplace(id, 0);
    if (is_new) place->second = terms_.opaque();
    return place->second;
  };
  const TermId made = terms_.rewritten(term, [&](TermId id) -> TermId {
    switch (terms_.op(id)) {
      case Op::kSubject:
        return event.subject;
      case Op::kEvent:
        if (plain) return event.name;
        return terms_.text_constant(changed    ? kPropertyChangedType
                                    : property ? kPropertyDeletedType
                                               : kSubjectDeletedType);
      case Op::kProperty:
        return property ? event.name : terms_.null();
      case Op::kOld:
        return property ? event.before : terms_.null();
      case Op::kNew:
        return changed ? event.after : terms_.null();
      case Op::kPayload:
        return event.payload;
      case Op::kExtra:
        return event.context;
      case Op::kMeta:
        return event.meta;
      case Op::kRead:
      case Op::kReadExt:
        return read(state, terms_.arg(id, 0), terms_.arg(id, 1), terms_.op(id) == Op::kReadExt);
      default:
        return of_this_run(id);
    }
  });
  const TermId less = size_of(made) > kLargeSize ? without_choices(made, state.literals) : made;
  const TermId kept = size_of(less) > kMostSize ? terms_.opaque() : less;
  known[term] = kept;
  return kept;
}

// With the branch of each `if` that is taken where its condition is one of the literals, likewise of `??`.
TermId Explorer::without_choices(TermId term, const std::vector<Literal>& literals) {
  if (terms_[term].count == 0 || is_local(terms_.op(term))) return term;
  const Op op = terms_.op(term);
  std::vector<TermId> args(terms_.args(term).begin(), terms_.args(term).end());
  if (op == Op::kIf || op == Op::kCoalesce) {
    const TermId asked = op == Op::kIf ? args[0] : terms_.apply(Op::kEqual, {args[0], terms_.null()});
    for (const Literal& literal : literals) {
      if (literal.term != asked) continue;
      const bool first = (op == Op::kIf) == literal.truth;
      return without_choices(op == Op::kIf ? args[first ? 1 : 2] : args[first ? 0 : 1], literals);
    }
  }
  for (TermId& arg : args) arg = without_choices(arg, literals);
  return terms_.apply(op, args);
}

// The condition of an outermost choice, which is asked in any case; 0 (null) where there is none.
TermId Explorer::open_choice(TermId term) {
  const Op op = terms_.op(term);
  if (terms_[term].count == 0 || is_local(op) || op == Op::kAnd || op == Op::kOr) return 0;
  if (op == Op::kIf) return terms_.arg(term, 0);
  if (op == Op::kCoalesce) return terms_.apply(Op::kEqual, {terms_.arg(term, 0), terms_.null()});
  const std::vector<TermId> args(terms_.args(term).begin(), terms_.args(term).end());
  for (const TermId arg : args) {
    if (const TermId inner = open_choice(arg); inner != 0) return inner;
  }
  return 0;
}

// Written out, shared parts counted each time.
uint32_t Explorer::size_of(TermId term) {
  if (terms_[term].count == 0) return 1;
  if (const auto known = sizes_.find(term); known != sizes_.end()) return known->second;
  uint32_t size = 1;
  const std::vector<TermId> args(terms_.args(term).begin(), terms_.args(term).end());
  for (const TermId arg : args) size = std::min(kMostSize + 1, size + size_of(arg));
  sizes_.emplace(term, size);
  return size;
}

// What a property is now: what was written last, if it was to this place.
TermId Explorer::read(const State& state, TermId subject, TermId name, bool extended) {
  if (!terms_.is_const(name)) return terms_.opaque();
  std::vector<std::pair<TermId, TermId>> maybe;  // where it is the same place, and what is there then
  TermId made = extended ? terms_.read_extended(subject, name) : terms_.read(subject, name);
  for (size_t i = state.written.size(); i-- > 0;) {
    const Written& written = state.written[i];
    if (written.extended != extended) continue;
    TermId same = terms_.apply(Op::kEqual, {written.subject, subject});
    if (written.kind != Written::Kind::kSubjectGone)
      same = terms_.apply(Op::kAnd, {same, terms_.apply(Op::kEqual, {written.name, name})});
    if (same == terms_.truth(false)) continue;
    if (same == terms_.truth(true)) {
      made = written.value;
      break;
    }
    maybe.emplace_back(same, written.value);
    if (maybe.size() > kMostAliases) return terms_.opaque();
  }
  for (size_t i = maybe.size(); i-- > 0;)
    made = terms_.apply(Op::kIf, {maybe[i].first, maybe[i].second, made});
  return made;
}

Explorer::Presence Explorer::presence(const State& state, TermId subject, TermId name, bool extended) const {
  for (size_t i = state.written.size(); i-- > 0;) {
    const Written& written = state.written[i];
    if (written.extended != extended) continue;
    const bool other =
        written.subject != subject && terms_.is_const(written.subject) && terms_.is_const(subject);
    const bool gone = written.kind == Written::Kind::kSubjectGone;
    const bool other_name =
        !gone && written.name != name && terms_.is_const(written.name) && terms_.is_const(name);
    if (other || other_name) continue;
    if (written.subject != subject || (!gone && written.name != name)) return Presence::kOpen;
    return written.kind == Written::Kind::kValue ? Presence::kThere : Presence::kAbsent;
  }
  return Presence::kOpen;
}

Explorer::Presence Explorer::presence(const State& state, TermId subject) const {
  for (size_t i = state.written.size(); i-- > 0;) {
    const Written& written = state.written[i];
    if (written.extended ||
        (written.subject != subject && terms_.is_const(written.subject) && terms_.is_const(subject)))
      continue;
    if (written.subject != subject || written.kind == Written::Kind::kNothing) return Presence::kOpen;
    return written.kind == Written::Kind::kValue ? Presence::kThere : Presence::kAbsent;
  }
  return Presence::kOpen;
}

uint16_t Explorer::kinds_of(TermId term, const std::vector<Literal>& literals) {
  return facts_.solver().values(term, literals).kinds;
}

// Whether it always has a value where the literals hold.
bool Explorer::cannot_fail(TermId term, const std::vector<Literal>& literals) {
  if (terms_.is_const(term)) return true;
  using V = ValueSet;
  const auto arg_is = [&](size_t i, uint16_t kinds) {
    return (kinds_of(terms_.arg(term, i), literals) & ~kinds) == 0;
  };
  const auto all_safe = [&](size_t from) {
    const std::vector<TermId> args(terms_.args(term).begin(), terms_.args(term).end());
    return std::all_of(args.begin() + static_cast<ptrdiff_t>(from), args.end(),
                       [&](TermId arg) { return cannot_fail(arg, literals); });
  };
  constexpr uint16_t kTruths = V::kTrue | V::kFalse | V::kNull;
  switch (terms_.op(term)) {
    case Op::kOpaque:
    case Op::kProps:
      return false;
    case Op::kSubject:
    case Op::kEvent:
    case Op::kProperty:
    case Op::kOld:
    case Op::kNew:
    case Op::kPayload:
    case Op::kExtra:
    case Op::kMeta:
    case Op::kNow:
    case Op::kParam:
    case Op::kFresh:
      return true;
    case Op::kRead:
    case Op::kReadExt:
      return all_safe(0) &&
             (terms_.op(terms_.arg(term, 0)) == Op::kSubject || !terms_.text(terms_.arg(term, 0)).empty());
    case Op::kHas:
    case Op::kEqual:
    case Op::kConcat:
    case Op::kList:
    case Op::kMap:
    case Op::kCoalesce:
      return all_safe(0);
    case Op::kField:
      return all_safe(0) && terms_.is_const(terms_.arg(term, 1)) && arg_is(0, V::kNull | V::kMap);
    case Op::kNot:
      return all_safe(0) && arg_is(0, kTruths);
    case Op::kAnd:
    case Op::kOr:
      return all_safe(0) && arg_is(0, kTruths) && arg_is(1, kTruths);
    case Op::kIf:
      return all_safe(0) && arg_is(0, kTruths);
    case Op::kIn: {
      const TermId list = terms_.arg(term, 1);
      return all_safe(0) && (terms_.op(list) == Op::kList ||
                             (terms_.is_const(list) && terms_.value(list).is(ValueKind::kList)));
    }
    case Op::kMatches:
      return all_safe(0) && terms_.is_const(terms_.arg(term, 1)) && arg_is(0, V::kString | V::kNull);
    case Op::kLess:
    case Op::kLessEqual: {
      if (!all_safe(0)) return false;
      for (const uint16_t kinds : {+V::kNumber, +V::kString, +V::kDuration, +V::kTimestamp}) {
        if (arg_is(0, kinds)) return arg_is(1, kinds);
      }
      return false;
    }
    case Op::kAdd:
    case Op::kSubtract:
    case Op::kMultiply: {
      // Numbers far from the largest.
      constexpr double kSmall = 1e9;
      if (!all_safe(0)) return false;
      for (const size_t i : {0, 1}) {
        const V set = facts_.solver().values(terms_.arg(term, i), literals);
        if (!set.is_number() || !(set.low >= -kSmall) || !(set.high <= kSmall)) return false;
      }
      return true;
    }
    case Op::kCall: {
      const std::string name(terms_.text(terms_.arg(term, 0)));
      if (!all_safe(1)) return false;
      const size_t count = terms_.args(term).size() - 1;
      if ((name == "starts_with" || name == "ends_with" || name == "contains") && count == 2)
        return arg_is(1, V::kString | V::kNull) && arg_is(2, V::kString);
      if ((name == "min" || name == "max") && count == 2)
        return arg_is(1, V::kNumber) && arg_is(2, V::kNumber);
      if (name == "overlay") return arg_is(1, V::kMap) && arg_is(2, V::kMap);
      return false;
    }
    default:
      return false;
  }
}

}  // namespace krules::check
