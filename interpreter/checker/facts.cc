#include "facts.h"

#include <algorithm>
#include <string>
#include <utility>

#include "glob_meet.h"

namespace krules::check {

namespace {

/// Places that are looked at together; more are taken to hold anything.
constexpr size_t kMostCells = 64;
constexpr size_t kMostWriters = 160;
constexpr int kRounds = 14;
constexpr int kRoundsBeforeWidening = 3;
constexpr int kRoundsBeforeInfinity = 9;
constexpr uint32_t kNoRule = UINT32_MAX;

uint16_t kinds_of(const ast::KindSpec& spec) {
  uint16_t kinds = 0;
  switch (spec.kind) {
    case ast::Kind::kAny:
      kinds = ValueSet::kAll;
      break;
    case ast::Kind::kBool:
      kinds = ValueSet::kTrue | ValueSet::kFalse;
      break;
    case ast::Kind::kInt:
      kinds = ValueSet::kInt;
      break;
    case ast::Kind::kFloat:
    case ast::Kind::kNumber:
      kinds = ValueSet::kNumber;
      break;
    case ast::Kind::kString:
      kinds = ValueSet::kString;
      break;
    case ast::Kind::kDuration:
      kinds = ValueSet::kDuration;
      break;
    case ast::Kind::kTimestamp:
      kinds = ValueSet::kTimestamp;
      break;
    case ast::Kind::kList:
      kinds = ValueSet::kList;
      break;
    case ast::Kind::kMap:
      kinds = ValueSet::kMap;
      break;
  }
  return spec.optional ? static_cast<uint16_t>(kinds | ValueSet::kNull) : kinds;
}

}  // namespace

Writers::Writers(const Model& model) : model_(model) {
  for (uint32_t number = 0; number < model.paths.size(); ++number) {
    const RulePath& path = model.paths[number];
    for (uint32_t effect = 0; effect < path.effects.size(); ++effect) {
      const Effect& made = path.effects[effect];
      names_subjects_ |= !model.terms.is_const(made.subject) && model.terms.op(made.subject) != Op::kSubject;
      if (made.kind == Effect::Kind::kEmit) continue;
      Places& places = made.extended ? extended_ : plain_;
      if (model.terms.is_const(made.name)) {
        places.by_name[made.name].push_back({number, effect});
      } else {
        places.computed.push_back({number, effect});
      }
    }
  }
}

bool Writers::may_be(const Site& site, TermId name) const {
  const TermId written = model_.paths[site.path].effects[site.effect].name;
  return globs_meet(shape_of(model_.terms, written), std::string(model_.terms.text(name)));
}

bool Writers::may_be_absent(TermId name) const {
  if (names_subjects_ || !model_.terms.is_const(name)) return true;
  bool found = false;
  for_each(name, false, [&](const Site& site) {
    found |= model_.paths[site.path].effects[site.effect].kind != Effect::Kind::kChange;
  });
  return found;
}

bool Writers::is_written(TermId name, bool extended) const {
  const Places& places = extended ? extended_ : plain_;
  return places.by_name.count(name) != 0 || std::any_of(places.computed.begin(), places.computed.end(),
                                                        [&](const Site& site) { return may_be(site, name); });
}

Facts::Facts(Model& model, const EventGraph& graph, const Writers& writers)
    : model_(model),
      graph_(graph),
      writers_(writers),
      solver_(model.terms, this),
      property_changed_(model.terms.text_constant(kPropertyChangedType)) {
  for (const ast::Module& module : *model.modules) {
    for (const ast::Declaration& declaration : module.declarations) {
      if (const auto* input = std::get_if<ast::Input>(&declaration.node))
        inputs_.emplace(input->type.text, input);
      if (const auto* param = std::get_if<ast::Param>(&declaration.node))
        params_.emplace(param->name, kinds_of(param->kind));
    }
  }
  if (inputs_.empty()) return;
  for (uint32_t made = 0; made < graph.classes().size(); ++made) {
    if (graph.classes()[made].kind == EventClass::Kind::kPlain)
      emitted_.add(graph.classes()[made].name, made);
  }
  emitted_.finish();
}

void Facts::set_rule(uint8_t epoch, uint32_t rule) {
  if (rules_.size() <= epoch) rules_.resize(epoch + 1U, kNoRule);
  rules_[epoch] = rule;
}

void Facts::forget_runs() {
  rules_.clear();
  input_type_.clear();
  added_.clear();
}

ValueSet Facts::values_on(uint32_t path, TermId term) {
  std::vector<uint32_t> rules = std::move(rules_);
  std::unordered_map<TermId, ValueSet> added = std::move(added_);
  added_.clear();
  const std::string input = std::exchange(input_type_, {});
  rules_.assign(1, model_.paths[path].rule);
  ValueSet set = solver_.values(term, model_.paths[path].when);
  rules_ = std::move(rules);
  added_ = std::move(added);
  input_type_ = input;
  return set;
}

// Of a rule that only changes of named properties fire: their names.
bool Facts::triggers_of(uint32_t rule, std::vector<TermId>& changed) const {
  for (const CompiledTrigger& trigger : model_.rules[rule].compiled->triggers) {
    if (trigger.properties.empty()) return false;
    for (const NamePattern& type : trigger.types) {
      if (type.text != kPropertyChangedType) return false;
    }
    for (const NamePattern& property : trigger.properties) {
      if (property.exact == nullptr) return false;
      changed.push_back(model_.terms.text_constant(property.text));
    }
  }
  return !changed.empty();
}

bool Facts::is_made_inside(uint32_t rule, std::string_view type) const {
  const std::vector<uint32_t>& waited = graph_.waited_by(rule);
  return std::any_of(waited.begin(), waited.end(), [&](uint32_t number) {
    const EventGraph::Class& made = graph_.classes()[number];
    return made.kind == EventClass::Kind::kPlain && globs_meet(made.name, type);
  });
}

// What the declaration lets a field of the payload be.
ValueSet Facts::declared(const ast::Input& input, TermId field) const {
  const std::string_view name = model_.terms.text(field);
  const auto found = std::find_if(input.fields.begin(), input.fields.end(),
                                  [&](const auto& each) { return each.name == name; });
  if (!input.has_fields || found == input.fields.end()) return {};
  return ValueSet::of_kinds(kinds_of(found->kind));
}

bool Facts::comes_from_outside(std::string_view type) const {
  if (inputs_.empty() || inputs_.count(type) != 0 || type.starts_with("timer.")) return true;
  const std::vector<uint32_t> near = emitted_.near(type);
  return std::none_of(near.begin(), near.end(),
                      [&](uint32_t made) { return globs_meet(graph_.classes()[made].name, type); });
}

ValueSet Facts::from_outside(uint32_t rule, TermId field) const {
  ValueSet all = ValueSet::nothing();
  for (const CompiledTrigger& trigger : model_.rules[rule].compiled->triggers) {
    for (const NamePattern& type : trigger.types) {
      if (type.text == kPropertyChangedType || type.text == kPropertyDeletedType ||
          type.text == kSubjectDeletedType)
        return {};
      const auto input = inputs_.find(type.text);
      if (!inputs_.empty() && input == inputs_.end() && type.exact != nullptr &&
          is_made_inside(rule, type.text))
        continue;
      if (type.exact == nullptr || input == inputs_.end()) return {};
      all.join(declared(*input->second, field));
    }
  }
  return all;
}

// Nothing is declared of `meta`, so that of what comes in it may be anything; the trace always may.
ValueSet Facts::meta_from_outside(uint32_t rule, TermId field) const {
  const std::string_view name = model_.terms.text(field);
  if (inputs_.empty() || name == "traceparent" || name == "tracestate") return {};
  for (const CompiledTrigger& trigger : model_.rules[rule].compiled->triggers) {
    for (const NamePattern& type : trigger.types) {
      if (type.exact == nullptr || inputs_.count(type.text) != 0 || !is_made_inside(rule, type.text))
        return {};
    }
  }
  return ValueSet::nothing();
}

std::optional<Facts::Cell::Kind> Facts::received(Op op) {
  if (op == Op::kPayload) return Cell::Kind::kPayload;
  if (op == Op::kMeta) return Cell::Kind::kMeta;
  if (op == Op::kExtra) return Cell::Kind::kExtra;
  return std::nullopt;
}

std::optional<TermId> Facts::sent(const Cell& cell, const Site& site) const {
  const Effect& effect = model_.paths[site.path].effects[site.effect];
  if (cell.kind == Cell::Kind::kPayload) return model_.terms.apply(Op::kField, {effect.payload, cell.name});
  if (cell.kind == Cell::Kind::kExtra) {
    if (effect.kind == Effect::Kind::kEmit && !effect.is_reply) return model_.terms.null();
    return model_.terms.apply(Op::kField, {effect.context, cell.name});
  }
  const TermId meta = meta_after(model_, effect, model_.terms.null(), effect.context);
  if (meta == 0) return std::nullopt;
  return model_.terms.apply(Op::kField, {meta, cell.name});
}

const ValueSet& Facts::look_up(const Cell& cell) const {
  const auto known = cells_.find(cell);
  if (known != cells_.end()) return known->second.set;
  const_cast<Facts*>(this)->compute(cell);
  return cells_.at(cell).set;
}

void Facts::narrow(const TermPool& terms, TermId term, ValueSet& set) const {
  const Term& node = terms[term];
  if (const auto added = added_.find(term); added != added_.end()) set.meet(added->second);
  const uint32_t rule = node.epoch < rules_.size() ? rules_[node.epoch] : kNoRule;
  if (!assumed_.empty() && (node.op == Op::kRead || node.op == Op::kReadExt || node.op == Op::kField)) {
    const bool place = node.op != Op::kField || terms.op(terms.arg(term, 0)) == Op::kPayload;
    const auto assumed = assumed_.find({node.op, terms.arg(term, 1)});
    if (place && assumed != assumed_.end()) set.meet(assumed->second);
  }
  switch (node.op) {
    case Op::kRead:
    case Op::kReadExt: {
      const TermId name = terms.arg(term, 1);
      const bool extended = node.op == Op::kReadExt;
      if (!terms.is_const(name) || !writers_.is_written(name, extended)) return;
      set.meet(look_up({extended ? Cell::Kind::kExtended : Cell::Kind::kProperty, name, kNoRule}));
      return;
    }
    case Op::kNew:
    case Op::kOld: {
      std::vector<TermId> names;
      if (rule == kNoRule || !triggers_of(rule, names)) return;
      ValueSet all = ValueSet::nothing();
      for (const TermId name : names) {
        if (!writers_.is_written(name, false)) return;
        all.join(look_up({Cell::Kind::kProperty, name, kNoRule}));
      }
      set.meet(all);
      return;
    }
    case Op::kParam: {
      const auto param = params_.find(terms.text(terms.arg(term, 0)));
      if (param != params_.end()) set.keep_kinds(param->second);
      return;
    }
    case Op::kField: {
      const TermId object = terms.arg(term, 0);
      const std::optional<Cell::Kind> kind = received(terms.op(object));
      if (!kind.has_value() || !terms.is_const(terms.arg(term, 1))) return;
      const uint8_t epoch = terms[object].epoch;
      if (epoch == 0 && !input_type_.empty()) {
        if (kind != Cell::Kind::kPayload) return;
        if (const auto input = inputs_.find(input_type_); input != inputs_.end())
          set.meet(declared(*input->second, terms.arg(term, 1)));
        return;
      }
      const uint32_t receiver = epoch < rules_.size() ? rules_[epoch] : kNoRule;
      if (receiver == kNoRule) return;
      set.meet(look_up({*kind, terms.arg(term, 1), receiver}));
      return;
    }
    default:
      return;
  }
}

// The places that a term reads from.
void Facts::add_needs(TermId term, uint32_t rule, std::vector<Cell>& cells) {
  const TermPool& terms = model_.terms;
  const auto add = [&](const Cell& cell) {
    if (cells_.count(cell) != 0) return;
    const bool known = std::any_of(cells.begin(), cells.end(),
                                   [&](const Cell& each) { return !(each < cell) && !(cell < each); });
    if (!known) cells.push_back(cell);
  };
  if (terms.is_const(term) && terms.value(term).is_number()) {
    const double number = terms.value(term).as_number();
    for (const double stop : {number - 1, number, number + 1}) stops_.push_back(stop);
  }
  if (terms[term].count == 0 && !terms[term].local) return;
  switch (terms.op(term)) {
    case Op::kRead:
    case Op::kReadExt: {
      const bool extended = terms.op(term) == Op::kReadExt;
      const TermId name = terms.arg(term, 1);
      if (terms.is_const(name) && writers_.is_written(name, extended))
        add({extended ? Cell::Kind::kExtended : Cell::Kind::kProperty, name, kNoRule});
      break;
    }
    case Op::kNew:
    case Op::kOld: {
      std::vector<TermId> names;
      if (!triggers_of(rule, names)) break;
      for (const TermId name : names) {
        if (writers_.is_written(name, false)) add({Cell::Kind::kProperty, name, kNoRule});
      }
      break;
    }
    case Op::kField:
      if (!terms.is_const(terms.arg(term, 1))) break;
      if (const auto kind = received(terms.op(terms.arg(term, 0))); kind.has_value())
        add({*kind, terms.arg(term, 1), rule});
      break;
    default:
      break;
  }
  for (const TermId arg : terms.args(term)) add_needs(arg, rule, cells);
}

void Facts::add_needs(const Cell& cell, std::vector<Cell>& cells) {
  const auto add_path = [&](const Site& site, TermId value) {
    if (cells.size() > kMostCells) return;
    const RulePath& path = model_.paths[site.path];
    add_needs(value, path.rule, cells);
    for (const Literal& literal : path.when) add_needs(literal.term, path.rule, cells);
  };
  if (!cell.is_received()) {
    writers_.for_each(cell.name, cell.kind == Cell::Kind::kExtended, [&](const Site& site) {
      add_path(site, model_.paths[site.path].effects[site.effect].after);
    });
    return;
  }
  for (const uint32_t made : graph_.waited_by(cell.rule)) {
    if (graph_.classes()[made].kind != EventClass::Kind::kPlain && cell.kind != Cell::Kind::kExtra) continue;
    for (const Site& site : graph_.classes()[made].sites) add_path(site, sent(cell, site).value_or(0));
  }
}

// All that gets to a place, with what is known of others so far.
ValueSet Facts::once(const Cell& cell) {
  ValueSet all = ValueSet::nothing();
  size_t count = 0;
  const auto take = [&](const Site& site, TermId value) {
    if (++count > kMostWriters) {
      all = {};
      return;
    }
    const RulePath& path = model_.paths[site.path];
    rules_.assign(1, path.rule);
    all.join(solver_.values(value, path.when));
  };
  if (cell.is_received()) {
    if (cell.kind == Cell::Kind::kPayload) all = from_outside(cell.rule, cell.name);
    if (cell.kind == Cell::Kind::kMeta) all = meta_from_outside(cell.rule, cell.name);
    if (cell.kind == Cell::Kind::kExtra) all = ValueSet::of_kinds(ValueSet::kNull);
    for (const uint32_t made : graph_.waited_by(cell.rule)) {
      const EventGraph::Class& events = graph_.classes()[made];
      if (all == ValueSet()) break;
      if (events.kind != EventClass::Kind::kPlain && cell.kind != Cell::Kind::kExtra) return {};
      for (const Site& site : events.sites) {
        const std::optional<TermId> value = sent(cell, site);
        if (!value.has_value()) return {};
        take(site, *value);
      }
    }
    return all;
  }
  all = ValueSet::of_kinds(ValueSet::kNull);
  writers_.for_each(cell.name, cell.kind == Cell::Kind::kExtended, [&](const Site& site) {
    take(site, model_.paths[site.path].effects[site.effect].after);
  });
  return all;
}

bool Facts::is_changed_somewhere(const Cell& cell) const {
  bool found = false;
  writers_.for_each(cell.name, cell.kind == Cell::Kind::kExtended, [&](const Site& site) {
    found |= model_.paths[site.path].effects[site.effect].kind == Effect::Kind::kChange;
  });
  return found;
}

// Goes round until nothing is added. False: there was no end to it.
bool Facts::settle(const std::vector<Cell>& cells) {
  bool moved = true;
  for (int round = 0; moved && round < kRounds; ++round) {
    moved = false;
    for (const Cell& cell : cells) {
      if (cells_[cell].given) continue;
      const ValueSet now = once(cell);
      ValueSet& known = cells_[cell].set;
      ValueSet next = known;
      if (round < kRoundsBeforeWidening) {
        next.join(now);
      } else {
        // First as far as a number that the rules speak of: it may be a bound.
        next.widen(
            now, round < kRoundsBeforeInfinity ? std::span<const double>(stops_) : std::span<const double>());
      }
      moved |= !(next == known);
      known = std::move(next);
    }
  }
  if (moved) return false;
  // What was taken too wide comes closer again: all that gets there from what is known is still enough.
  for (int round = 0; round < 2; ++round) {
    for (const Cell& cell : cells) {
      if (!cells_[cell].given) cells_[cell].set.meet(once(cell));
    }
  }
  return true;
}

bool Facts::is_given(TermId name, bool extended) const {
  if (!writers_.is_written(name, extended)) return true;
  const Cell cell{extended ? Cell::Kind::kExtended : Cell::Kind::kProperty, name, kNoRule};
  look_up(cell);
  return cells_.at(cell).given;
}

void Facts::compute(const Cell& first) {
  // What runs are about at the moment is the caller's: put aside.
  std::vector<uint32_t> rules = std::move(rules_);
  std::unordered_map<TermId, ValueSet> added = std::move(added_);
  rules_.clear();
  added_.clear();
  const std::string input = std::exchange(input_type_, {});
  std::vector<Cell> cells = {first};
  std::vector<double> stops = std::exchange(stops_, {});
  for (size_t i = 0; i < cells.size() && cells.size() <= kMostCells; ++i) add_needs(Cell(cells[i]), cells);
  std::sort(stops_.begin(), stops_.end());
  stops_.erase(std::unique(stops_.begin(), stops_.end()), stops_.end());
  if (cells.size() > kMostCells) {
    cells_[first] = {{}, false};
  } else {
    for (const Cell& cell : cells) cells_[cell] = {ValueSet::nothing(), false};
    bool settled = settle(cells);
    // `set n += 1` alone never gives `n` a value: then it comes from elsewhere, and can be anything.
    bool given = false;
    for (const Cell& cell : cells) {
      if (cell.is_received() || cells_[cell].set.kinds != ValueSet::kNull) continue;
      if (!is_changed_somewhere(cell)) continue;
      cells_[cell] = {{}, true};
      given = true;
    }
    if (given) settled = settle(cells);
    for (const Cell& cell : cells) {
      if (!settled) cells_[cell].set = {};
    }
  }
  stops_ = std::move(stops);
  rules_ = std::move(rules);
  added_ = std::move(added);
  input_type_ = input;
}

}  // namespace krules::check
