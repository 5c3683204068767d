#include "chain.h"

#include <algorithm>

#include "glob_meet.h"

namespace krules::check {

Chain::Chain(Model& model, Facts& facts, const Between& between, uint32_t first_path)
    : model_(model), terms_(model.terms), facts_(facts), between_(between) {
  facts_.forget_runs();
  runs_.push_back({.path = first_path, .placed = {}, .read = {}});
  // A rule for one subject: reads by its name and reads of `subject` are the same.
  const auto& triggers = model_.rules[model_.paths[first_path].rule].compiled->triggers;
  if (triggers.size() == 1 && triggers.front().subjects.size() == 1 &&
      triggers.front().subjects.front().exact != nullptr)
    only_subject_ = terms_.text_constant(triggers.front().subjects.front().text);
  begin(first_path);
}

void Chain::begin(uint32_t path) {
  const size_t run = runs_.size() - 1;
  const RulePath& rule_path = model_.paths[path];
  facts_.set_rule(static_cast<uint8_t>(run), rule_path.rule);
  add_trigger(rule_path.rule, run);
  if (run == 0) add_new_is_read(rule_path.rule);
  for (const Literal& literal : rule_path.when) literals_.push_back({at(literal.term, run), literal.truth});
}

// What an event calls new is what the property still is, where nothing else can have written it since; and
// not more (or less) than it is, where it is only raised (or lowered).
void Chain::add_new_is_read(uint32_t rule) {
  const auto& triggers = model_.rules[rule].compiled->triggers;
  if (triggers.size() != 1 || triggers.front().types.size() != 1 || triggers.front().properties.size() != 1)
    return;
  if (triggers.front().types.front().text != kPropertyChangedType) return;
  if (triggers.front().properties.front().exact == nullptr) return;
  const TermId name = terms_.text_constant(triggers.front().properties.front().text);
  const TermId now = at(terms_.read(terms_.leaf(Op::kSubject), name), 0);
  const TermId told = terms_.leaf(Op::kNew);
  if (between_.is_ours(name, false)) literals_.push_back({terms_.apply(Op::kEqual, {told, now}), true});
  if (between_.only_moves(name, true)) literals_.push_back({terms_.apply(Op::kLessEqual, {told, now}), true});
  if (between_.only_moves(name, false))
    literals_.push_back({terms_.apply(Op::kLessEqual, {now, told}), true});
}

// That the event is one that the rule waits for, where names alone leave it open.
void Chain::add_trigger(uint32_t rule, size_t run) {
  literals_.push_back({at(trigger_term(terms_, model_.rules[rule].compiled->triggers), run), true});
}

void Chain::add(const Link& link) {
  add(link, runs_.size() - 1);
}

void Chain::add_beside(const Link& link) {
  add(link, runs_.size() - 2);
}

void Chain::add(const Link& link, size_t last) {
  const Effect& effect = model_.paths[link.from].effects[link.effect];
  Run next{.path = link.to, .effect = &effect, .kind = link.kind, .placed = {}, .read = {}};
  next.has_extra = link.kind != EventClass::Kind::kPlain || effect.is_reply;
  next.is_apart = effect.delayed || last + 1 < runs_.size();
  next.cascade = effect.delayed ? static_cast<uint8_t>(runs_.size()) : runs_[last].cascade;
  next.subject = at(effect.subject, last);
  next.name = at(effect.name, last);
  next.payload = link.kind == EventClass::Kind::kPlain ? at(effect.payload, last) : 0;
  next.before = at(effect.before, last);
  next.after = at(effect.after, last);
  next.context = at(effect.context, last);
  if (link.kind == EventClass::Kind::kChanged) {
    const TermId equal = terms_.apply(Op::kEqual, {next.after, next.before});
    if (facts_.may_be_absent(next.name) &&
        facts_.solver().values(next.after, literals_).may_be(ValueSet::kNull)) {
      // From nothing to null is a change, too.
      const TermId there = terms_.apply(Op::kHas, {next.before});
      literals_.push_back({terms_.apply(Op::kAnd, {equal, there}), false});
    } else {
      literals_.push_back({equal, false});
    }
  }
  runs_.push_back(std::move(next));
  begin(link.to);
}

TermId Chain::at(TermId term, size_t run) {
  if (!terms_[term].local || (run == 0 && only_subject_ == 0)) return term;
  if (const auto known = runs_[run].placed.find(term); known != runs_[run].placed.end()) return known->second;
  const TermId made = small(terms_.rewritten(term, [&](TermId id) { return place(id, run); }));
  runs_[run].placed.emplace(term, made);
  return made;
}

// `term` is a local term whose arguments are in terms of the chain already.
TermId Chain::place(TermId term, size_t run) {
  if (run == 0) return terms_.op(term) == Op::kSubject ? only_subject_ : term;
  const Run& now = runs_[run];
  const auto epoch = static_cast<uint8_t>(run);
  const bool plain = now.kind == EventClass::Kind::kPlain;
  switch (terms_.op(term)) {
    case Op::kSubject:
      return now.subject;
    case Op::kEvent:
      switch (now.kind) {
        case EventClass::Kind::kPlain:
          return now.name;
        case EventClass::Kind::kChanged:
          return terms_.text_constant(kPropertyChangedType);
        case EventClass::Kind::kDeleted:
          return terms_.text_constant(kPropertyDeletedType);
        case EventClass::Kind::kSubjectDeleted:
          return terms_.text_constant(kSubjectDeletedType);
      }
      return now.name;
    case Op::kProperty:
      return plain || now.kind == EventClass::Kind::kSubjectDeleted ? terms_.null() : now.name;
    case Op::kOld:
      return plain ? terms_.null() : now.before;
    case Op::kNew:
      return now.kind == EventClass::Kind::kChanged ? now.after : terms_.null();
    case Op::kPayload:
      return plain ? now.payload : terms_.shifted(term, epoch);
    case Op::kExtra:
      return now.has_extra ? now.context : terms_.null();
    case Op::kNow:
      return terms_.shifted(term, now.cascade);
    case Op::kMeta: {
      const TermId unknown = terms_.shifted(term, epoch);
      if (!plain || now.effect == nullptr) return unknown;
      const TermId given = meta_after(model_, *now.effect, unknown, now.context);
      return given != 0 ? given : unknown;
    }
    case Op::kRead:
      return read_at(terms_.arg(term, 0), terms_.arg(term, 1), false, run);
    case Op::kReadExt:
      return read_at(terms_.arg(term, 0), terms_.arg(term, 1), true, run);
    case Op::kProps: {
      // Of another time than any other run's.
      const TermId of = terms_.arg(term, 0);
      return terms_.read(of, terms_.apply(Op::kCall, {terms_.text_constant("all properties")}), epoch);
    }
    default:
      return terms_.shifted(term, epoch);
  }
}

TermId Chain::read_at(TermId subject, TermId name, bool extended, size_t run) {
  const auto epoch = static_cast<uint8_t>(run);
  const TermId leaf =
      extended ? terms_.read_extended(subject, name, epoch) : terms_.read(subject, name, epoch);
  if (run == 0 || !terms_.is_const(name)) return leaf;
  if (runs_[run].is_apart && facts_.is_written(name, extended)) return leaf;
  const auto known = runs_[run].read.find(leaf);
  if (known != runs_[run].read.end() && known->second.second == literals_.size()) return known->second.first;
  const bool stays = between_.is_left_alone(name, extended) || between_.is_ours(name, extended);
  const TermId left = small(read_after(subject, name, extended, run - 1));
  runs_[run].read[leaf] = {stays ? left : leaf, literals_.size()};
  if (stays) return left;
  ValueSet set = facts_.solver().values(left, literals_);
  set.join(between_.written(name, extended));
  facts_.add(leaf, set);
  return leaf;
}

// What grows from run to run is soon too much to reason about.
TermId Chain::small(TermId term) {
  constexpr uint32_t kMostSize = 120;
  return terms_[term].size > kMostSize ? terms_.opaque() : term;
}

TermId Chain::read_after(TermId subject, TermId name, bool extended, size_t run) {
  const RulePath& path = model_.paths[runs_[run].path];
  for (size_t i = path.effects.size(); i-- > 0;) {
    const Effect& effect = path.effects[i];
    if (effect.kind == Effect::Kind::kEmit || effect.extended != extended) continue;
    const TermId of = at(effect.subject, run);
    const bool other_subject = of != subject && terms_.is_const(of) && terms_.is_const(subject);
    if (other_subject) continue;
    const auto unknown = [&] { return terms_.opaque(); };
    if (effect.kind == Effect::Kind::kDeleteSubject) return of == subject ? terms_.null() : unknown();
    const TermId written = at(effect.name, run);
    if (written != name) {
      if (terms_.is_const(written)) continue;
      if (!globs_meet(shape_of(terms_, written), std::string(terms_.text(name)))) continue;
      return unknown();
    }
    if (of != subject || effect.in_loop) return unknown();
    return effect.kind == Effect::Kind::kDelete ? terms_.null() : at(effect.after, run);
  }
  return read_at(subject, name, extended, run);
}

}  // namespace krules::check
