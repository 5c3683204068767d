#include "glob_meet.h"
#include "verifier.h"

/// Chains of runs, as a certificate's reader sees them.
namespace krules::check {

Verifier::Walk::Walk(Verifier& verifier, uint32_t path, Between between)
    : verifier_(verifier),
      terms_(verifier.terms_),
      between_(between),
      in_file_(between == Between::kActive && verifier.is_in_file(verifier.model_.paths[path].rule)) {
  verifier_.known_.forget_runs();
  runs_.push_back({.path = path});
  name_subject(verifier_.model_.paths[path]);
  name_change(verifier_.model_.paths[path]);
  begin();
}

// A rule for one subject: what it reads of it by name it reads of `subject`, too.
void Verifier::Walk::name_subject(const RulePath& path) {
  const auto& triggers = verifier_.model_.rules[path.rule].compiled->triggers;
  runs_.front().subject = terms_.leaf(Op::kSubject);
  if (triggers.size() == 1 && triggers.front().subjects.size() == 1 &&
      triggers.front().subjects.front().exact != nullptr)
    runs_.front().subject = terms_.text_constant(triggers.front().subjects.front().text);
}

// What an event calls new is what the property still is, where nothing can have written it since.
void Verifier::Walk::name_change(const RulePath& path) {
  const auto& triggers = verifier_.model_.rules[path.rule].compiled->triggers;
  runs_.front().after = terms_.leaf(Op::kNew);
  if (triggers.size() != 1 || triggers.front().types.size() != 1 || triggers.front().properties.size() != 1)
    return;
  const NamePattern& property = triggers.front().properties.front();
  if (triggers.front().types.front().text != kPropertyChangedType || property.exact == nullptr) return;
  const TermId name = terms_.text_constant(property.text);
  if (is_ours(name, false)) runs_.front().after = terms_.read(runs_.front().subject, name);
}

// Whether nothing else writes it between two runs.
bool Verifier::Walk::is_ours(TermId name, bool extended) const {
  if (!in_file_) return false;
  const std::vector<Site> writers =
      verifier_.active_writers(name, extended, verifier_.island_of(runs_.front().path));
  return std::all_of(writers.begin(), writers.end(), [this](const Site& site) {
    return verifier_.is_in_file(verifier_.model_.paths[site.path].rule);
  });
}

void Verifier::Walk::begin() {
  const size_t run = last();
  const RulePath& path = verifier_.model_.paths[runs_[run].path];
  verifier_.known_.set_rule(static_cast<uint8_t>(run), path.rule);
  const auto& triggers = verifier_.model_.rules[path.rule].compiled->triggers;
  if (triggers.size() == 1) {
    const auto require = [&](Op leaf, const std::vector<NamePattern>& patterns) {
      if (patterns.size() != 1) return;
      const TermId text = terms_.text_constant(patterns.front().text);
      const Op op = patterns.front().exact != nullptr ? Op::kEqual : Op::kMatches;
      literals_.push_back({terms_.apply(op, {at(terms_.leaf(leaf), run), text}), true});
    };
    require(Op::kEvent, triggers.front().types);
    require(Op::kProperty, triggers.front().properties);
    require(Op::kSubject, triggers.front().subjects);
  }
  for (const Literal& literal : path.when) literals_.push_back({at(literal.term, run), literal.truth});
}

void Verifier::Walk::follow(const Link& link) {
  const size_t run = last();
  const Effect& effect = verifier_.model_.paths[link.from].effects[link.effect];
  Run next{.path = link.to, .kind = link.kind, .effect = &effect};
  next.cascade = link.delayed ? static_cast<uint8_t>(runs_.size()) : runs_[run].cascade;
  next.subject = at(effect.subject, run);
  next.name = at(effect.name, run);
  if (link.kind == EventClass::Kind::kPlain) next.payload = at(effect.payload, run);
  next.before = at(effect.before, run);
  next.after = at(effect.after, run);
  next.context = at(effect.context, run);
  if (link.kind == EventClass::Kind::kChanged && !effect.in_loop) {
    TermId is_none = terms_.apply(Op::kEqual, {next.after, next.before});
    // Null is no change only where something is there.
    if (verifier_.writers_.may_be_absent(next.name) &&
        verifier_.cases_.values(next.after, literals_).may_be(Region::kNull))
      is_none = terms_.apply(Op::kAnd, {is_none, terms_.apply(Op::kHas, {next.before})});
    literals_.push_back({is_none, false});
  }
  in_file_ = in_file_ && verifier_.is_in_file(verifier_.model_.paths[link.to].rule);
  runs_.push_back(std::move(next));
  begin();
}

// Of a walk that knows nothing of what happens in between.
void Verifier::Walk::add_beside(uint32_t path) {
  Run next = runs_.back();
  next.path = path;
  next.placed.clear();
  runs_.push_back(std::move(next));
  begin();
}

TermId Verifier::Walk::at(TermId term, size_t run) {
  if (!terms_[term].local) return term;
  if (const auto known = runs_[run].placed.find(term); known != runs_[run].placed.end()) return known->second;
  const TermId made = terms_.rewritten(term, [&](TermId id) { return place(id, run); });
  runs_[run].placed.emplace(term, made);
  return made;
}

TermId Verifier::Walk::place(TermId term, size_t run) {
  const Run& now = runs_[run];
  const auto epoch = static_cast<uint8_t>(run);
  const bool plain = now.kind == EventClass::Kind::kPlain;
  const bool changed = now.kind == EventClass::Kind::kChanged;
  if (run == 0) {
    const Op op = terms_.op(term);
    return op == Op::kSubject ? now.subject : op == Op::kNew ? now.after : term;
  }
  switch (terms_.op(term)) {
    case Op::kSubject:
      return now.subject;
    case Op::kEvent:
      if (plain) return now.name;
      return terms_.text_constant(changed                                  ? kPropertyChangedType
                                  : now.kind == EventClass::Kind::kDeleted ? kPropertyDeletedType
                                                                           : kSubjectDeletedType);
    case Op::kProperty:
      return changed || now.kind == EventClass::Kind::kDeleted ? now.name : terms_.null();
    case Op::kOld:
      return plain ? terms_.null() : now.before;
    case Op::kNew:
      return changed ? now.after : terms_.null();
    case Op::kPayload:
      return plain ? now.payload : terms_.shifted(term, epoch);
    case Op::kExtra:
      return plain && !now.effect->is_reply ? terms_.null() : now.context;
    case Op::kMeta: {
      const TermId unknown = terms_.shifted(term, epoch);
      const TermId given = plain ? meta_after(verifier_.model_, *now.effect, unknown, now.context) : 0;
      return given != 0 ? given : unknown;
    }
    case Op::kNow:
      return terms_.shifted(term, now.cascade);
    case Op::kRead:
    case Op::kReadExt:
      return read(terms_.arg(term, 0), terms_.arg(term, 1), terms_.op(term) == Op::kReadExt, run);
    case Op::kProps:
      return terms_.opaque();
    default:
      return terms_.shifted(term, epoch);
  }
}

// What a run finds: what the first one found where nothing that may run again and again writes it, what the
// run before left where nothing else writes it meanwhile, else that, or what anything may have written since.
TermId Verifier::Walk::read(TermId subject, TermId name, bool extended, size_t run) {
  const auto leaf = [&](size_t of) {
    const auto epoch = static_cast<uint8_t>(of);
    return extended ? terms_.read_extended(subject, name, epoch) : terms_.read(subject, name, epoch);
  };
  if (run == 0 || !terms_.is_const(name) || between_ == Between::kAnything) return leaf(run);
  const uint32_t island = verifier_.island_of(runs_.front().path);
  // Before what comes later anything may have happened.
  if (runs_[run].cascade == run && verifier_.writers_.is_written(name, extended)) return leaf(run);
  const std::vector<Site> writers = verifier_.active_writers(name, extended, island);
  if (writers.empty()) return leaf(verifier_.writers_.is_written(name, extended) ? runs_[run].cascade : 0);
  const TermId left = left_by(subject, name, extended, run - 1);
  if (is_ours(name, extended)) return left;
  const TermId made = leaf(run);
  Region region = verifier_.cases_.values(left, literals_);
  for (const Site& site : writers) {
    const Effect& effect = verifier_.effect_of(site);
    region.join(verifier_.known_.values_on(
        site.path, effect.kind == Effect::Kind::kChange ? effect.after : terms_.null()));
  }
  verifier_.known_.add(made, region);
  return made;
}

TermId Verifier::Walk::left_by(TermId subject, TermId name, bool extended, size_t run) {
  const RulePath& path = verifier_.model_.paths[runs_[run].path];
  for (size_t i = path.effects.size(); i-- > 0;) {
    const Effect& effect = path.effects[i];
    if (effect.kind == Effect::Kind::kEmit || effect.extended != extended) continue;
    const TermId of = at(effect.subject, run);
    if (of != subject && terms_.is_const(of) && terms_.is_const(subject)) continue;
    const TermId written = at(effect.name, run);
    const bool named = effect.kind != Effect::Kind::kDeleteSubject;
    if (named && written != name && !globs_meet(shape_of(terms_, written), std::string(terms_.text(name))))
      continue;
    if (of != subject || effect.in_loop || (named && written != name)) return terms_.opaque();
    return effect.kind == Effect::Kind::kChange ? at(effect.after, run) : terms_.null();
  }
  return read(subject, name, extended, run);
}

}  // namespace krules::check
