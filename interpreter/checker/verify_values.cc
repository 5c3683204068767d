#include "verify_values.h"

#include <algorithm>

#include "glob_meet.h"

namespace krules::check {

namespace {

constexpr uint32_t kNoRule = UINT32_MAX;
constexpr size_t kMostCells = 40;
constexpr size_t kMostSources = 120;
constexpr int kRounds = 26;
constexpr int kRoundsOfJoining = 14;
constexpr int kRoundsOfStops = 22;

uint16_t kinds_of(const ast::KindSpec& spec) {
  uint16_t kinds = Region::kAny;
  switch (spec.kind) {
    case ast::Kind::kAny:
      break;
    case ast::Kind::kBool:
      kinds = Region::kTrue | Region::kFalse;
      break;
    case ast::Kind::kInt:
      kinds = Region::kInt;
      break;
    case ast::Kind::kFloat:
    case ast::Kind::kNumber:
      kinds = Region::kInt | Region::kFloat;
      break;
    case ast::Kind::kString:
      kinds = Region::kText;
      break;
    case ast::Kind::kDuration:
      kinds = Region::kDuration;
      break;
    case ast::Kind::kTimestamp:
      kinds = Region::kTimestamp;
      break;
    case ast::Kind::kList:
      kinds = Region::kList;
      break;
    case ast::Kind::kMap:
      kinds = Region::kMap;
      break;
  }
  return spec.optional ? static_cast<uint16_t>(kinds | Region::kNull) : kinds;
}

bool is_built_in(std::string_view type) {
  return type == kPropertyChangedType || type == kPropertyDeletedType || type == kSubjectDeletedType;
}

}  // namespace

KnownRegions::KnownRegions(Model& model, const EventGraph& graph, const Writers& writers)
    : model_(model), terms_(model.terms), graph_(graph), writers_(writers) {
  for (const ast::Module& module : *model.modules) {
    for (const ast::Declaration& declaration : module.declarations) {
      if (const auto* input = std::get_if<ast::Input>(&declaration.node))
        inputs_.emplace(input->type.text, input);
      if (const auto* param = std::get_if<ast::Param>(&declaration.node))
        params_.emplace(param->name, kinds_of(param->kind));
    }
  }
}

void KnownRegions::set_rule(uint8_t epoch, uint32_t rule) {
  if (rules_.size() <= epoch) rules_.resize(epoch + 1U, kNoRule);
  rules_[epoch] = rule;
}

// The properties of whose changes a rule hears, where it hears of nothing else.
std::vector<TermId> KnownRegions::changes_waited_for(uint32_t rule) const {
  std::vector<TermId> names;
  for (const CompiledTrigger& trigger : model_.rules[rule].compiled->triggers) {
    const bool changes = std::all_of(trigger.types.begin(), trigger.types.end(), [](const NamePattern& type) {
      return type.text == kPropertyChangedType;
    });
    if (!changes || trigger.properties.empty()) return {};
    for (const NamePattern& property : trigger.properties) {
      if (property.exact == nullptr) return {};
      names.push_back(model_.terms.text_constant(property.text));
    }
  }
  return names;
}

Region KnownRegions::known(TermId term) {
  Region region;
  if (const auto added = added_.find(term); added != added_.end()) region = added->second;
  const Term node = terms_[term];
  const uint32_t rule = node.epoch < rules_.size() ? rules_[node.epoch] : kNoRule;
  const auto keep = [&](uint16_t kinds) { region.meet(Region::of_kinds(kinds)); };
  switch (node.op) {
    case Op::kSubject:
    case Op::kEvent:
    case Op::kConcat:
      keep(Region::kText);
      break;
    case Op::kProperty:
      keep(Region::kText | Region::kNull);
      break;
    case Op::kNow:
      keep(Region::kTimestamp);
      break;
    case Op::kMatches:
      keep(Region::kTrue | Region::kFalse);
      break;
    case Op::kProps:
      keep(Region::kMap);
      break;
    case Op::kCall: {
      const std::string_view name = terms_.text(terms_.arg(term, 0));
      if (name == "append") keep(Region::kList);
      if (name != "len") break;
      Region length = Region::number(Region::kInt, 0, Region::kInfinity, false);
      length.kinds |= Region::kNull;
      region.meet(length);
      break;
    }
    case Op::kParam: {
      const auto param = params_.find(terms_.text(terms_.arg(term, 0)));
      if (param != params_.end()) keep(param->second);
      break;
    }
    case Op::kRead:
    case Op::kReadExt: {
      const bool extended = node.op == Op::kReadExt;
      const TermId name = terms_.arg(term, 1);
      if (terms_.is_const(name) && writers_.is_written(name, extended))
        region.meet(of_cell({extended ? Where::kExtended : Where::kProperty, name, kNoRule}));
      break;
    }
    case Op::kNew:
    case Op::kOld: {
      if (rule == kNoRule) break;
      Region all = Region::none();
      const std::vector<TermId> names = changes_waited_for(rule);
      for (const TermId name : names) {
        if (!writers_.is_written(name, false)) return region;
        all.join(of_cell({Where::kProperty, name, kNoRule}));
      }
      if (!names.empty()) region.meet(all);
      break;
    }
    case Op::kField: {
      const TermId object = terms_.arg(term, 0);
      const Op of = terms_.op(object);
      if ((of != Op::kPayload && of != Op::kMeta && of != Op::kExtra) ||
          !terms_.is_const(terms_.arg(term, 1)))
        break;
      const uint8_t epoch = terms_[object].epoch;
      if (of != Op::kPayload && !input_.empty() && epoch == 0) break;
      if (!input_.empty() && epoch == 0) {
        if (const auto input = inputs_.find(input_); input != inputs_.end())
          region.meet(declared(*input->second, terms_.arg(term, 1)));
        break;
      }
      const uint32_t receiver = epoch < rules_.size() ? rules_[epoch] : kNoRule;
      const Where where = of == Op::kMeta ? Where::kMeta : of == Op::kExtra ? Where::kExtra : Where::kPayload;
      if (receiver != kNoRule) region.meet(of_cell({where, terms_.arg(term, 1), receiver}));
      break;
    }
    default:
      break;
  }
  return region;
}

Region KnownRegions::values_on(uint32_t path, TermId term) {
  std::vector<uint32_t> rules = {model_.paths[path].rule};
  std::unordered_map<TermId, Region> added;
  rules.swap(rules_);
  added.swap(added_);
  const std::string input = std::exchange(input_, {});
  Cases cases(terms_, [this](TermId each) { return known(each); });
  Region made = cases.values(term, model_.paths[path].when);
  rules.swap(rules_);
  added.swap(added_);
  input_ = input;
  return made;
}

// ---------------------------------------------------------------- going round until nothing is added

std::vector<KnownRegions::Cell> KnownRegions::cells_in(TermId term, uint32_t rule) {
  std::vector<Cell> found;
  std::vector<TermId> open = {term};
  while (!open.empty()) {
    const TermId id = open.back();
    open.pop_back();
    if (terms_.is_const(id) && terms_.value(id).is_number()) {
      const double number = terms_.value(id).as_number();
      points_.insert({number - 1, number, number + 1});
    }
    const Op op = terms_.op(id);
    if (op == Op::kRead || op == Op::kReadExt) {
      const bool extended = op == Op::kReadExt;
      const TermId name = terms_.arg(id, 1);
      if (terms_.is_const(name) && writers_.is_written(name, extended))
        found.emplace_back(extended ? Where::kExtended : Where::kProperty, name, kNoRule);
    } else if (op == Op::kNew || op == Op::kOld) {
      for (const TermId name : changes_waited_for(rule)) {
        if (writers_.is_written(name, false)) found.emplace_back(Where::kProperty, name, kNoRule);
      }
    } else if (op == Op::kField && terms_.op(terms_.arg(id, 0)) == Op::kPayload &&
               terms_.is_const(terms_.arg(id, 1))) {
      found.emplace_back(Where::kPayload, terms_.arg(id, 1), rule);
    } else if (op == Op::kField && terms_.is_const(terms_.arg(id, 1))) {
      const Op of = terms_.op(terms_.arg(id, 0));
      if (of == Op::kMeta) found.emplace_back(Where::kMeta, terms_.arg(id, 1), rule);
      if (of == Op::kExtra) found.emplace_back(Where::kExtra, terms_.arg(id, 1), rule);
    }
    for (const TermId arg : terms_.args(id)) open.push_back(arg);
  }
  return found;
}

// The paths that give a place a value, with the value.
std::vector<std::pair<uint32_t, TermId>> KnownRegions::sources_of(const Cell& cell) {
  const auto [where, name, rule] = cell;
  std::vector<std::pair<uint32_t, TermId>> found;
  if (where == Where::kProperty || where == Where::kExtended) {
    writers_.for_each(name, where == Where::kExtended, [&](const Site& site) {
      const Effect& effect = model_.paths[site.path].effects[site.effect];
      found.emplace_back(site.path, effect.kind == Effect::Kind::kChange ? effect.after : terms_.null());
    });
    return found;
  }
  for (const uint32_t made : graph_.waited_by(rule)) {
    const EventGraph::Class& events = graph_.classes()[made];
    for (const Site& site : events.sites) {
      const Effect& effect = model_.paths[site.path].effects[site.effect];
      const bool is_event = effect.kind == Effect::Kind::kEmit && !effect.is_reply;
      TermId payload = effect.payload;
      if (where == Where::kMeta) payload = meta_after(model_, effect, terms_.opaque(), effect.context);
      if (where == Where::kExtra) payload = is_event ? terms_.apply(Op::kMap, {}) : effect.context;
      // Of `meta` null says that it may be anything.
      const bool plain = where == Where::kExtra || (events.kind == EventClass::Kind::kPlain && payload != 0);
      found.emplace_back(site.path, plain ? terms_.apply(Op::kField, {payload, name}) : terms_.opaque());
    }
  }
  return found;
}

Region KnownRegions::declared(const ast::Input& input, TermId field) const {
  for (const auto& each : input.fields) {
    if (each.name == model_.terms.text(field)) return Region::of_kinds(kinds_of(each.kind));
  }
  return {};
}

bool KnownRegions::may_come(const std::string& type) const {
  const auto& classes = graph_.classes();
  return inputs_.empty() || inputs_.count(type) != 0 || type.starts_with("timer.") ||
         std::none_of(classes.begin(), classes.end(), [&](const EventGraph::Class& each) {
           return each.kind == EventClass::Kind::kPlain && globs_meet(each.name, type);
         });
}

Region KnownRegions::from_outside(uint32_t rule, TermId field) const {
  Region all = Region::none();
  for (const CompiledTrigger& trigger : model_.rules[rule].compiled->triggers) {
    for (const NamePattern& type : trigger.types) {
      if (is_built_in(type.text) || type.exact == nullptr) return {};
      const auto input = inputs_.find(type.text);
      if (input == inputs_.end()) {
        const auto& classes = graph_.classes();
        const bool made = std::any_of(classes.begin(), classes.end(), [&](const EventGraph::Class& each) {
          return each.kind == EventClass::Kind::kPlain && globs_meet(each.name, type.text);
        });
        // A program that says what comes from outside sends the rest itself.
        if (inputs_.empty() || !made) return {};
        continue;
      }
      all.join(declared(*input->second, field));
    }
  }
  return all;
}

// Whether all that the rule waits for is sent by the program alone.
bool KnownRegions::is_sent_inside(uint32_t rule) const {
  for (const CompiledTrigger& trigger : model_.rules[rule].compiled->triggers) {
    for (const NamePattern& type : trigger.types) {
      if (is_built_in(type.text) || type.exact == nullptr || may_come(type.text)) return false;
    }
  }
  return true;
}

Region KnownRegions::gathered(const Cell& cell) {
  Region all = Region::of_kinds(Region::kNull);
  if (std::get<0>(cell) == Where::kPayload) all = from_outside(std::get<2>(cell), std::get<1>(cell));
  if (std::get<0>(cell) == Where::kMeta) all = is_sent_inside(std::get<2>(cell)) ? Region::none() : Region();
  if (all.kinds == Region::kNull) {
    all = Region::none();
    all.kinds = Region::kNull;
  }
  const auto sources = sources_of(cell);
  if (sources.size() > kMostSources) return {};
  for (const auto& [path, value] : sources) all.join(values_on(path, value));
  return all;
}

bool KnownRegions::settle(const std::vector<Cell>& cells, const std::vector<Cell>& open) {
  const auto is_open = [&](const Cell& cell) {
    return std::find(open.begin(), open.end(), cell) != open.end();
  };
  bool moved = true;
  for (int round = 0; moved && round < kRounds; ++round) {
    moved = false;
    for (const Cell& cell : cells) {
      if (is_open(cell)) continue;
      Region next = cells_[cell];
      const Region before = next;
      next.join(gathered(cell));
      if (round >= kRoundsOfJoining && before.may_be(Region::kInt | Region::kFloat)) {
        // As far as the next number that the rules speak of.
        const bool stops = round < kRoundsOfStops;
        if (next.low < before.low) {
          const auto above = points_.upper_bound(next.low);
          next.low = stops && above != points_.begin() ? *std::prev(above) : -Region::kInfinity;
        }
        if (next.high > before.high) {
          const auto at = points_.lower_bound(next.high);
          next.high = stops && at != points_.end() ? *at : Region::kInfinity;
        }
      }
      moved |= !(next == before);
      cells_[cell] = next;
    }
  }
  if (moved) return false;
  for (int round = 0; round < 2; ++round) {
    for (const Cell& cell : cells) {
      if (!is_open(cell)) cells_[cell].meet(gathered(cell));
    }
  }
  return true;
}

Region KnownRegions::of_cell(const Cell& first) {
  if (const auto known = cells_.find(first); known != cells_.end()) return known->second;
  std::vector<Cell> cells = {first};
  for (size_t i = 0; i < cells.size() && cells.size() <= kMostCells; ++i) {
    for (const auto& [path, value] : sources_of(Cell(cells[i]))) {
      std::vector<Cell> more = cells_in(value, model_.paths[path].rule);
      for (const Literal& literal : model_.paths[path].when) {
        for (const Cell& cell : cells_in(literal.term, model_.paths[path].rule)) more.push_back(cell);
      }
      for (const Cell& cell : more) {
        if (cells_.count(cell) == 0 && std::find(cells.begin(), cells.end(), cell) == cells.end())
          cells.push_back(cell);
      }
    }
  }
  if (cells.size() > kMostCells) return cells_[first] = Region();
  for (const Cell& cell : cells) cells_[cell] = Region::none();
  bool settled = settle(cells, {});
  // What is only made of itself gets its first value elsewhere: it can be anything.
  std::vector<Cell> open;
  for (const Cell& cell : cells) {
    const Where where = std::get<0>(cell);
    if ((where != Where::kProperty && where != Where::kExtended) ||
        (cells_[cell].kinds & ~Region::kNull) != 0)
      continue;
    open.push_back(cell);
  }
  if (settled && !open.empty()) {
    for (const Cell& cell : cells) cells_[cell] = Region::none();
    for (const Cell& cell : open) cells_[cell] = Region();
    settled = settle(cells, open);
  }
  if (!settled) {
    for (const Cell& cell : cells) cells_[cell] = Region();
  }
  return cells_.at(first);
}

}  // namespace krules::check
