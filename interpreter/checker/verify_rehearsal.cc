#include "verify_rehearsal.h"

#include <algorithm>

#include "glob_meet.h"
#include "syntax_walk.h"

namespace krules::check {

namespace {

bool is_built_in(std::string_view type) {
  return type == kPropertyChangedType || type == kPropertyDeletedType || type == kSubjectDeletedType;
}

template <class Visit>
void for_each_term_of(const RulePath& path, const Visit& visit) {
  for (const Literal& literal : path.when) visit(literal.term);
  for (const TermId term : path.computed) visit(term);
  for (const Effect& effect : path.effects) {
    for (const TermId term :
         {effect.subject, effect.name, effect.payload, effect.before, effect.after, effect.context})
      visit(term);
  }
}

}  // namespace

Rehearsal::Rehearsal(Model& model, const EventGraph& graph, const Writers& writers, KnownRegions& known,
                     Cases& cases)
    : model_(model), terms_(model.terms), graph_(graph), writers_(writers), known_(known), cases_(cases) {}

// All rules that can have a say in what these do; false where that is more than can be followed.
bool Rehearsal::gather_cast(const std::vector<uint32_t>& rules) {
  cast_ = {rules.begin(), rules.end()};
  std::vector<uint32_t> open(rules.begin(), rules.end());
  std::set<std::pair<TermId, bool>> names;
  bool known = true;
  const auto enter = [&](uint32_t rule) {
    if (cast_.insert(rule).second) open.push_back(rule);
  };
  while (!open.empty() && known && cast_.size() <= kMostCast) {
    const uint32_t rule = open.back();
    open.pop_back();
    bool has_loop = false;
    for_each_stmt(model_.rules[rule].syntax->body, [&](const ast::Stmt& stmt) {
      const auto* emit = std::get_if<ast::Emit>(&stmt.node);
      has_loop = has_loop || std::holds_alternative<ast::For>(stmt.node);
      if (std::holds_alternative<ast::CallAction>(stmt.node) ||
          (emit != nullptr && emit->clauses.after != nullptr))
        known = false;
    });
    for (const uint32_t made : graph_.waited_by(rule)) {
      for (const Site& site : graph_.classes()[made].sites) enter(model_.paths[site.path].rule);
    }
    const RuleModel& model = model_.rules[rule];
    for (uint32_t path = model.first_path; path < model.first_path + model.path_count; ++path) {
      // A loop over a short list that is written out has been taken apart.
      if (model_.paths[path].coarse || (has_loop && model_.paths[path].is_unsure)) known = false;
      for (const Effect& effect : model_.paths[path].effects) {
        if (effect.in_loop || effect.delayed) known = false;
      }
      for_each_term_of(model_.paths[path], [&](TermId whole) {
        std::vector<TermId> parts = {whole};
        while (!parts.empty()) {
          const TermId part = parts.back();
          parts.pop_back();
          const Op op = terms_.op(part);
          if (op == Op::kProps) known = false;
          if (op == Op::kRead || op == Op::kReadExt) {
            const TermId name = terms_.arg(part, 1);
            if (!terms_.is_const(name)) known = false;
            if (terms_.is_const(name) && names.emplace(name, op == Op::kReadExt).second)
              writers_.for_each(name, op == Op::kReadExt,
                                [&](const Site& site) { enter(model_.paths[site.path].rule); });
          }
          for (const TermId arg : terms_.args(part)) parts.push_back(arg);
        }
      });
    }
  }
  return known && cast_.size() <= kMostCast;
}

std::string Rehearsal::confirm(const std::vector<uint32_t>& rules, uint64_t most) {
  if (!model_.program->wrappers().empty()) return "what wraps rules cannot be followed";
  if (!gather_cast(rules)) return "there are too many rules to be followed";
  scenes_ = 0;
  std::set<std::string> types;
  std::set<std::string> patterns;
  for (const uint32_t rule : cast_) {
    for (const CompiledTrigger& trigger : model_.rules[rule].compiled->triggers) {
      for (const NamePattern& type : trigger.types) {
        if (!is_built_in(type.text)) (type.exact != nullptr ? types : patterns).insert(type.text);
      }
    }
  }
  const auto try_input = [&](const std::string& type, bool exact) {
    Scene scene;
    Happening& input = scene.waiting.emplace_back();
    input.name = exact ? terms_.text_constant(type) : terms_.leaf(Op::kEvent);
    input.subject = terms_.leaf(Op::kSubject);
    input.sees = {{Op::kSubject, input.subject},
                  {Op::kEvent, input.name},
                  {Op::kPayload, terms_.leaf(Op::kPayload)},
                  {Op::kMeta, model_.sets_meta ? terms_.opaque() : terms_.leaf(Op::kMeta)}};
    for (const uint32_t rule : cast_) {
      for (const CompiledTrigger& trigger : model_.rules[rule].compiled->triggers) {
        const bool hears =
            std::any_of(trigger.types.begin(), trigger.types.end(), [&](const NamePattern& each) {
              return !is_built_in(each.text) && (!exact || globs_meet(each.text, type));
            });
        if (hears && (input.audience.empty() || input.audience.back() != rule))
          input.audience.push_back(rule);
      }
    }
    if (!exact) {
      // Of the types that are waited for by name each is tried by itself.
      for (const std::string& each : types)
        scene.holds.push_back({terms_.apply(Op::kEqual, {input.name, terms_.text_constant(each)}), false});
    }
    known_.forget_runs();
    if (exact && known_.may_come(type)) known_.set_input(type);
    if (exact && !known_.may_come(type)) {
      // The program itself sends it, and what is in it.
      for (const uint32_t rule : input.audience) {
        const auto& triggers = model_.rules[rule].compiled->triggers;
        const bool named = std::any_of(triggers.begin(), triggers.end(), [&](const CompiledTrigger& trigger) {
          return std::any_of(trigger.types.begin(), trigger.types.end(),
                             [&](const NamePattern& each) { return each.text == type; });
        });
        if (named) known_.set_rule(0, rule);
      }
    }
    return play(std::move(scene), most);
  };
  for (const std::string& type : types) {
    if (std::string doubt = try_input(type, true); !doubt.empty()) return doubt;
  }
  if (patterns.empty()) return {};
  return try_input({}, false);
}

std::string Rehearsal::play(Scene first, uint64_t most) {
  std::vector<Scene> scenes = {std::move(first)};
  while (!scenes.empty()) {
    Scene scene = std::move(scenes.back());
    scenes.pop_back();
    if (scene.waiting.size() > most) return "a cascade may have more events than that";
    if (scene.event == scene.waiting.size()) continue;
    if (++scenes_ > kMostScenes) return "there are too many ways that a cascade can take";
    if (!turn(std::move(scene), scenes)) return "a rule deletes a subject whose properties others wait for";
  }
  return {};
}

// The next rule has its turn.
bool Rehearsal::turn(Scene scene, std::vector<Scene>& next) {
  const Happening event = scene.waiting[scene.event];
  if (scene.turn == event.audience.size()) {
    ++scene.event;
    scene.turn = 0;
    next.push_back(std::move(scene));
    return true;
  }
  const uint32_t rule = event.audience[scene.turn++];
  const RuleModel& model = model_.rules[rule];
  const TermId is_heard = heard(rule, event);
  std::vector<Literal> idle = scene.holds;  // where it does nothing
  bool may_idle = true;
  for (uint32_t number = model.first_path; number < model.first_path + model.path_count; ++number) {
    const RulePath& path = model_.paths[number];
    if (path.effects.empty()) continue;
    Words words;
    std::vector<Literal> holds = scene.holds;
    std::vector<std::pair<TermId, bool>> asked = {{is_heard, true}};
    for (const Literal& literal : path.when)
      asked.emplace_back(spoken(literal.term, scene, words), literal.truth);
    const bool possible = std::all_of(asked.begin(), asked.end(), [&](const auto& each) {
      return suppose(holds, each.first, each.second);
    });
    if (!possible) continue;
    bool certain = !path.is_unsure;
    for (const auto& each : asked) certain = certain && has_value(each.first, scene.holds);
    for (const TermId term : path.computed) certain = certain && has_value(spoken(term, scene, words), holds);
    for (const Effect& effect : path.effects) {
      for (const TermId term : {effect.payload, effect.after, effect.context})
        certain = certain && has_value(spoken(term, scene, words), holds);
      const TermId subject = spoken(effect.subject, scene, words);
      certain = certain && (subject == terms_.leaf(Op::kSubject) || !terms_.text(subject).empty());
      if (effect.kind != Effect::Kind::kDeleteSubject)
        certain = certain && !terms_.text(spoken(effect.name, scene, words)).empty();
    }
    if (certain) {
      // Some condition of this way does not hold.
      TermId some = terms_.truth(false);
      for (const auto& [term, truth] : asked)
        some = terms_.apply(Op::kOr, {some, truth ? terms_.apply(Op::kNot, {term}) : term});
      may_idle = may_idle && suppose(idle, some, true);
    }
    if (!act(scene, number, words, std::move(holds), next)) return false;
  }
  if (!may_idle) return true;
  scene.holds = std::move(idle);
  next.push_back(std::move(scene));
  return true;
}

bool Rehearsal::act(const Scene& scene, uint32_t number, const Words& known, std::vector<Literal> holds,
                    std::vector<Scene>& next) {
  const RulePath& path = model_.paths[number];
  Words words = known;
  std::map<uint32_t, uint32_t> by_place;
  for (uint32_t i = 0; i < path.effects.size(); ++i) {
    // What is written by one `delete subject` stands at one place.
    by_place.emplace(path.effects[i].place * 2 + (path.effects[i].extended ? 1 : 0), i);
  }
  if (by_place.size() != path.effects.size()) return false;
  std::vector<Scene> ways = {scene};
  ways.front().holds = std::move(holds);
  for (const auto& [place, i] : by_place) {
    const Effect& effect = path.effects[i];
    Happening made;
    made.subject = spoken(effect.subject, scene, words);
    made.name = spoken(effect.name, scene, words);
    made.sees[Op::kSubject] = made.subject;
    made.sees[Op::kMeta] = terms_.opaque();
    const TermId context = spoken(effect.context, scene, words);
    if (effect.kind == Effect::Kind::kEmit) {
      made.sees[Op::kEvent] = made.name;
      if (const TermId meta = meta_after(model_, effect, terms_.opaque(), context); meta != 0)
        made.sees[Op::kMeta] = meta;
      made.sees[Op::kPayload] = spoken(effect.payload, scene, words);
      made.audience = audience_of(number, i, EventClass::Kind::kPlain);
      if (made.audience.empty()) continue;
      for (Scene& way : ways) way.waiting.push_back(made);
      continue;
    }
    Note note{made.subject, made.name, terms_.null(), effect.extended, false};
    made.sees[Op::kPayload] = terms_.opaque();
    made.sees[Op::kExtra] = context;
    TermId equal = 0;
    if (effect.kind == Effect::Kind::kDeleteSubject) {
      note.name = terms_.null();
      made.kind = EventClass::Kind::kSubjectDeleted;
      made.sees[Op::kEvent] = terms_.text_constant(kSubjectDeletedType);
      if (!effect.extended && !audience_of(number, i, EventClass::Kind::kDeleted).empty()) return false;
    } else {
      const TermId before = spoken(effect.before, scene, words);
      const TermId after = spoken(effect.after, scene, words);
      const bool change = effect.kind == Effect::Kind::kChange;
      made.kind = change ? EventClass::Kind::kChanged : EventClass::Kind::kDeleted;
      made.sees[Op::kEvent] = terms_.text_constant(change ? kPropertyChangedType : kPropertyDeletedType);
      made.sees[Op::kProperty] = made.name;
      made.sees[Op::kOld] = before;
      if (change) {
        made.sees[Op::kNew] = after;
        note.value = after;
        note.is_value = true;
        equal = terms_.apply(Op::kEqual, {after, before});
      }
    }
    if (effect.makes_event && !effect.extended) made.audience = audience_of(number, i, made.kind);
    std::vector<Scene> after;
    for (Scene& way : ways) {
      if (made.audience.empty()) {
        way.notes.push_back(note);
        after.push_back(std::move(way));
        continue;
      }
      const bool is_change = effect.kind == Effect::Kind::kChange;
      std::optional<bool> there = is_there(is_change ? scene : way, note);
      if (effect.sets_first) there = true;
      TermId may_be_told = terms_.truth(is_change || there != false);
      TermId may_be_silent = terms_.truth(!is_change && there != true);
      if (effect.kind == Effect::Kind::kDeleteSubject) {
        may_be_told = terms_.truth(!is_gone(scene, made.subject));
        may_be_silent = terms_.truth(true);
      }
      if (is_change && there != false) {
        // Null in the place of nothing is a change.
        may_be_silent = equal;
        may_be_told = terms_.apply(Op::kNot, {equal});
        if (!there.has_value())
          may_be_told =
              terms_.apply(Op::kOr, {may_be_told, terms_.apply(Op::kEqual, {note.value, terms_.null()})});
      }
      Scene told = way;
      if (suppose(told.holds, may_be_told, true)) {
        told.waiting.push_back(made);
        told.notes.push_back(note);
        after.push_back(std::move(told));
      }
      if (suppose(way.holds, may_be_silent, true)) {
        if (!is_change) way.notes.push_back(note);
        after.push_back(std::move(way));
      }
    }
    ways = std::move(after);
  }
  for (Scene& way : ways) next.push_back(std::move(way));
  return true;
}

// Whether this cascade has deleted the subject, and written nothing that may be of it since.
bool Rehearsal::is_gone(const Scene& scene, TermId subject) const {
  for (size_t i = scene.notes.size(); i-- > 0;) {
    const Note& note = scene.notes[i];
    if (note.is_value) return false;
    if (note.subject == subject && note.name == terms_.null() && !note.extended) return true;
  }
  return false;
}

// Whether the cascade itself has left a property there, or has taken it away; none where it is not known.
std::optional<bool> Rehearsal::is_there(const Scene& scene, const Note& place) const {
  for (size_t k = scene.notes.size(); k-- > 0;) {
    const Note& each = scene.notes[k];
    const bool whole = each.name == terms_.null();
    if (each.extended != place.extended) continue;
    if (each.subject != place.subject && terms_.is_const(each.subject) && terms_.is_const(place.subject))
      continue;
    if (!whole && each.name != place.name && terms_.is_const(each.name) && terms_.is_const(place.name))
      continue;
    if (each.subject != place.subject || (!whole && each.name != place.name)) return std::nullopt;
    return each.is_value;
  }
  return std::nullopt;
}

// Written out in more than so many parts.
bool Rehearsal::is_long(TermId term, uint32_t& left) const {
  if (left == 0) return true;
  --left;
  const auto args = terms_.args(term);
  return std::any_of(args.begin(), args.end(), [&](TermId arg) { return is_long(arg, left); });
}

TermId Rehearsal::spoken(TermId term, const Scene& scene, Words& words) {
  const Happening& event = scene.waiting[scene.event];
  const auto unknown = [&](TermId id) {
    const auto [place, is_new] = words.try_emplace(id, 0);
    if (is_new) place->second = terms_.opaque();
    return place->second;
  };
  const TermId made = terms_.rewritten(term, [&](TermId id) -> TermId {
    const Op op = terms_.op(id);
    if (op == Op::kRead || op == Op::kReadExt)
      return remembered(scene, terms_.arg(id, 0), terms_.arg(id, 1), op == Op::kReadExt);
    if (op == Op::kOpaque || op == Op::kFresh || op == Op::kProps) return unknown(id);
    const auto seen = event.sees.find(op);
    return seen == event.sees.end() ? terms_.null() : seen->second;
  });
  uint32_t left = 80;
  return is_long(made, left) ? unknown(made) : made;
}

TermId Rehearsal::remembered(const Scene& scene, TermId subject, TermId name, bool extended) {
  TermId value = extended ? terms_.read_extended(subject, name) : terms_.read(subject, name);
  for (const Note& note : scene.notes) {
    if (note.extended != extended) continue;
    TermId here = terms_.apply(Op::kEqual, {note.subject, subject});
    if (note.name != terms_.null())
      here = terms_.apply(Op::kAnd, {here, terms_.apply(Op::kEqual, {note.name, name})});
    value = terms_.apply(Op::kIf, {here, note.value, value});
  }
  return value;
}

TermId Rehearsal::heard(uint32_t rule, const Happening& happening) {
  const auto one_of = [&](const std::vector<NamePattern>& patterns, TermId text) {
    if (patterns.empty()) return terms_.truth(true);
    TermId fits = terms_.truth(false);
    for (const NamePattern& pattern : patterns) {
      const bool plain = pattern.exact != nullptr || pattern.text.find_first_of("*?") == std::string::npos;
      TermId one = terms_.text_constant(pattern.text);
      if (!plain && terms_.is_const(text)) {
        one = terms_.truth(pattern.glob.matches(terms_.text(text)));
      } else {
        one = terms_.apply(plain ? Op::kEqual : Op::kMatches, {text, one});
      }
      fits = terms_.apply(Op::kOr, {fits, one});
    }
    return fits;
  };
  const auto property = happening.sees.find(Op::kProperty);
  TermId any = terms_.truth(false);
  for (const CompiledTrigger& trigger : model_.rules[rule].compiled->triggers) {
    if (!trigger.properties.empty() && property == happening.sees.end()) continue;
    TermId all = one_of(trigger.types, happening.sees.at(Op::kEvent));
    if (!trigger.properties.empty())
      all = terms_.apply(Op::kAnd, {all, one_of(trigger.properties, property->second)});
    all = terms_.apply(Op::kAnd, {all, one_of(trigger.subjects, happening.subject)});
    any = terms_.apply(Op::kOr, {any, all});
  }
  return any;
}

std::vector<uint32_t> Rehearsal::audience_of(uint32_t path, uint32_t effect, EventClass::Kind kind) const {
  std::vector<uint32_t> rules;
  for (const EventGraph::Made& made : graph_.made_on(path)) {
    const EventGraph::Class& events = graph_.classes()[made.event];
    if (made.effect != effect || events.kind != kind) continue;
    std::copy_if(events.rules.begin(), events.rules.end(), std::back_inserter(rules),
                 [this](uint32_t rule) { return plays(rule); });
  }
  return rules;
}

bool Rehearsal::suppose(std::vector<Literal>& holds, TermId term, bool truth) {
  if (terms_.is_const(term)) {
    const Value& value = terms_.value(term);
    return (value.is_null() || value.is(ValueKind::kBool)) && value.is_true() == truth;
  }
  holds.push_back({term, truth});
  return !cases_.is_impossible(holds);
}

// Whether reckoning it out never fails.
bool Rehearsal::has_value(TermId term, const std::vector<Literal>& holds) {
  if (terms_.is_const(term)) return true;
  const Op op = terms_.op(term);
  const std::vector<TermId> args(terms_.args(term).begin(), terms_.args(term).end());
  const bool parts = std::all_of(args.begin(), args.end(), [&](TermId arg) { return has_value(arg, holds); });
  if (!parts) return false;
  constexpr uint16_t kTruth = Region::kTrue | Region::kFalse | Region::kNull;
  const auto within = [&](TermId arg, uint16_t kinds) {
    return (cases_.values(arg, holds).kinds & ~kinds) == 0;
  };
  const auto small = [&](TermId arg) {
    const Region region = cases_.values(arg, holds);
    return region.is_number() && region.low >= -1e9 && region.high <= 1e9;
  };
  switch (op) {
    case Op::kOpaque:
    case Op::kProps:
      return false;
    case Op::kRead:
    case Op::kReadExt:
      return terms_.op(args[0]) == Op::kSubject || !terms_.text(args[0]).empty();
    case Op::kField:
      return terms_.is_const(args[1]) && within(args[0], Region::kMap | Region::kNull);
    case Op::kNot:
    case Op::kIf:
      return within(args[0], kTruth);
    case Op::kAnd:
    case Op::kOr:
      return within(args[0], kTruth) && within(args[1], kTruth);
    case Op::kIn:
      return terms_.op(args[1]) == Op::kList ||
             (terms_.is_const(args[1]) && terms_.value(args[1]).is(ValueKind::kList));
    case Op::kMatches:
      return terms_.is_const(args[1]) && within(args[0], Region::kText | Region::kNull);
    case Op::kLess:
    case Op::kLessEqual: {
      constexpr uint16_t kNumbers = Region::kInt | Region::kFloat;
      return (within(args[0], kNumbers) && within(args[1], kNumbers)) ||
             (within(args[0], Region::kText) && within(args[1], Region::kText));
    }
    case Op::kAdd:
    case Op::kSubtract:
    case Op::kMultiply:
      return small(args[0]) && small(args[1]);
    case Op::kNegate:
    case Op::kDivide:
    case Op::kIntDivide:
    case Op::kModulo:
    case Op::kPower:
    case Op::kCall:
      return false;
    default:
      return true;
  }
}

}  // namespace krules::check
