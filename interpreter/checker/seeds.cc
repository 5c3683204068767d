#include "seeds.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <set>
#include <string>

#include "glob_meet.h"
#include "krules/json.h"

namespace krules::check {

namespace {

constexpr int kTries = 160;
constexpr uint32_t kTriesAlong = 24;
constexpr uint32_t kShortFuse = 600;
constexpr uint32_t kTimersBefore = 8;  // that may come before a loop
constexpr uint32_t kTimers = 64;       // after which what goes on is taken to go on for ever
constexpr uint64_t kManyMore = 32;
constexpr size_t kMostEntries = 12;
constexpr size_t kMostOthers = 40;
constexpr size_t kMostOrders = 3;  // inputs that prepare the state

// A name that the pattern fits.
std::string name_for(std::string_view pattern) {
  std::string name;
  for (const char c : pattern) name += c == '*' || c == '?' ? '1' : c;
  return name;
}

std::string json_of(const TermPool& terms, TermId constant) {
  std::string text;
  append_json(text, terms.value(constant));
  return text;
}

}  // namespace

/// Picks values, the plainest first, then others.
class LoopSearch::Chooser {
 public:
  Chooser(TermPool& terms, uint32_t number)
      : terms_(terms), number_(number), state_(number * 0x9E3779B97F4A7C15U + 1) {}

  uint32_t below(uint32_t count) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<uint32_t>(state_ >> 33) % count;
  }
  bool is_first() const { return number_ == 0; }

  /// The name of a subject, or a list of them, where `key` is taken for that and the set has one: mostly
  /// `own`.
  std::optional<TermId> choose_subject(const SeedHints& hints, TermId key, const ValueSet& set,
                                       const std::string& own) {
    if (hints.lists_subjects(key) && set.may_be(ValueSet::kList)) return list_constant();
    if (!hints.names_subject(key)) return std::nullopt;
    const TermId name = terms_.text_constant(below(3) > 0 ? own : "s-2");
    if (!set.contains(terms_, name)) return std::nullopt;
    return name;
  }

  /// One of the set, as a constant.
  TermId choose(const ValueSet& set) {
    std::vector<TermId> options;
    if (set.may_be(ValueSet::kString) && set.strings_listed) options = set.strings;
    if (set.may_be(ValueSet::kNumber)) {
      const bool whole = (set.kinds & ValueSet::kFloat) == 0;
      std::vector<double> numbers;
      if (std::isfinite(set.low)) numbers.push_back(set.low + (set.low_open ? 1 : 0));
      if (std::isfinite(set.high)) numbers.push_back(set.high - (set.high_open ? 1 : 0));
      if (std::isfinite(set.low)) numbers.push_back(set.low + 1), numbers.push_back(set.low + 50);
      if (std::isfinite(set.high)) numbers.push_back(set.high - 1), numbers.push_back(set.high - 50);
      if (std::isfinite(set.low) && std::isfinite(set.high)) numbers.push_back((set.low + set.high) / 2);
      for (const double usual : {1.0, 0.0, 2.0, 10.0, -1.0, 100.0}) numbers.push_back(usual);
      if (!whole) {
        for (const double odd : {-1e300, 1e300, 0.5}) numbers.push_back(odd);
      }
      for (const double number : numbers) {
        const bool is_whole = number == std::floor(number) && std::abs(number) < 1e15;
        if (whole && !is_whole) continue;
        const TermId constant =
            is_whole ? terms_.number(static_cast<int64_t>(number)) : terms_.constant(Value::floating(number));
        if (set.contains(terms_, constant)) options.push_back(constant);
      }
    }
    if (set.may_be(ValueSet::kTrue)) options.push_back(terms_.truth(true));
    if (set.may_be(ValueSet::kFalse)) options.push_back(terms_.truth(false));
    if (set.may_be(ValueSet::kString) && !set.strings_listed) {
      for (const char* usual : {"a", "b", "s-1", "s-2", "A longer text, with spaces"}) {
        const TermId constant = terms_.text_constant(usual);
        if (set.contains(terms_, constant)) options.push_back(constant);
      }
    }
    if (set.may_be(ValueSet::kList)) options.push_back(list_constant());
    if (set.may_be(ValueSet::kNull) || options.empty()) options.push_back(terms_.null());
    if (is_first() || below(3) == 0) return options.front();
    return options[below(static_cast<uint32_t>(options.size()))];
  }

 private:
  TermId list_constant() {
    ListRep* list = new_list(2, arena_);
    list->mutable_items()[0] = Value::string_view("s-1");
    list->mutable_items()[1] = Value::string_view("s-2");
    return terms_.constant(Value::list(list));
  }

  TermPool& terms_;
  uint32_t number_;
  uint64_t state_;
  Arena arena_;
};

LoopSearch::LoopSearch(Model& model, const EventGraph& graph, const Writers& writers, Facts& facts,
                       Prover& prover, const CheckOptions& options)
    : model_(model),
      terms_(model.terms),
      graph_(graph),
      writers_(writers),
      facts_(facts),
      prover_(prover),
      options_(options) {
  for (const EventGraph::Class& made : graph.classes()) {
    if (made.kind == EventClass::Kind::kPlain && !made.delayed) inside_.insert(made.name);
  }
  for (const ast::Module& module : *model.modules) {
    for (const ast::Declaration& declaration : module.declarations) {
      if (const auto* input = std::get_if<ast::Input>(&declaration.node)) inside_.erase(input->type.text);
    }
  }
  for (const RuleModel& rule : model.rules) {
    Outside& outside = outside_.emplace_back();
    for (const CompiledTrigger& trigger : rule.compiled->triggers) {
      for (const NamePattern& pattern : trigger.types) {
        if (pattern.text == kPropertyChangedType || pattern.text == kPropertyDeletedType ||
            pattern.text == kSubjectDeletedType)
          continue;
        if (outside.any == nullptr) outside.any = &pattern;
        if (outside.only == nullptr && inside_.count(pattern.text) == 0) outside.only = &pattern;
      }
    }
  }
}

// Whether going on is decided by dice: then a run that goes on long proves nothing.
bool LoopSearch::depends_on_chance(const Component& component) const {
  const auto has_fresh = [&](const auto& self, TermId term) -> bool {
    if (terms_.op(term) == Op::kFresh) return true;
    const auto args = terms_.args(term);
    return std::any_of(args.begin(), args.end(), [&](TermId arg) { return self(self, arg); });
  };
  return std::any_of(component.paths.begin(), component.paths.end(), [&](uint32_t path) {
    const auto& when = model_.paths[path].when;
    return std::any_of(when.begin(), when.end(),
                       [&](const Literal& literal) { return has_fresh(has_fresh, literal.term); });
  });
}

// The type of an event from outside that can fire the rule, null where there is none.
const NamePattern* LoopSearch::from_outside(uint32_t rule) const {
  return avoid_inside_ ? outside_[rule].only : outside_[rule].any;
}

// Ways through rules of the island that inputs can fire.
const std::vector<uint32_t>& LoopSearch::paths_from_outside(uint32_t island) {
  const auto [known, is_new] = paths_from_outside_.try_emplace({island, avoid_inside_});
  std::vector<uint32_t>& paths = known->second;
  if (!is_new) return paths;
  for (const uint32_t rule : graph_.island_rules(island)) {
    if (from_outside(rule) == nullptr) continue;
    const RuleModel& model = model_.rules[rule];
    for (uint32_t path = model.first_path; path < model.first_path + model.path_count; ++path) {
      if (paths.size() == kMostOthers) return paths;
      paths.push_back(path);
    }
  }
  return paths;
}

// Shortest ways from rules that inputs can fire to paths of the component.
std::vector<LoopSearch::Entry> LoopSearch::entries(const Component& component) const {
  std::set<uint32_t> goal;
  for (const auto& circle : Prover::circles_of(component)) goal.insert(circle.begin(), circle.end());
  if (component.too_large) goal.insert(component.paths.begin(), component.paths.end());
  std::vector<Entry> found;
  for (const uint32_t path : goal) {
    if (from_outside(model_.paths[path].rule) != nullptr && found.size() < kMostEntries)
      found.push_back({path, {}});
  }
  // Backwards from the circle over whatever sets it off.
  std::map<uint32_t, Link> towards;
  std::deque<uint32_t> queue(goal.begin(), goal.end());
  std::set<uint32_t> seen(goal.begin(), goal.end());
  while (!queue.empty() && found.size() < kMostEntries && seen.size() < 2000) {
    const uint32_t to = queue.front();
    queue.pop_front();
    for (const uint32_t made : graph_.waited_by(model_.paths[to].rule)) {
      for (const Site& site : graph_.classes()[made].sites) {
        if (!seen.insert(site.path).second) continue;
        towards.emplace(site.path, Link{site.path, site.effect, to, graph_.classes()[made].kind});
        queue.push_back(site.path);
        if (from_outside(model_.paths[site.path].rule) == nullptr) continue;
        Entry entry{site.path, {}};
        uint32_t at = site.path;
        while (goal.count(at) == 0 && entry.links.size() < 12) {
          entry.links.push_back(towards.at(at));
          at = towards.at(at).to;
        }
        if (found.size() < kMostEntries) found.push_back(std::move(entry));
      }
    }
  }
  return found;
}

void LoopSearch::add_input(const Entry& entry, Chooser& chooser, ReplaySeed& seed) {
  Chain chain(model_, facts_, prover_.between(), entry.path);
  for (const Link& link : entry.links) chain.add(link);
  // The more conditions, the better the values; none that contradict each other.
  std::vector<Literal> literals = chain.literals();
  if (facts_.solver().is_contradiction(literals)) {
    Chain alone(model_, facts_, prover_.between(), entry.path);
    literals = alone.literals();
  }
  const RulePath& path = model_.paths[entry.path];
  std::set<TermId> leaves;
  bool takes_all = false;  // the payload as a whole
  const auto look = [&](TermId term) {
    std::vector<TermId> open = {term};
    while (!open.empty()) {
      const TermId id = open.back();
      open.pop_back();
      if (!terms_[id].local) continue;
      const Op op = terms_.op(id);
      takes_all |= op == Op::kPayload;
      if ((op == Op::kField && terms_.op(terms_.arg(id, 0)) == Op::kPayload) || op == Op::kRead ||
          op == Op::kReadExt) {
        leaves.insert(id);
        continue;
      }
      for (const TermId arg : terms_.args(id)) open.push_back(arg);
    }
  };
  for (const Literal& literal : literals) look(literal.term);
  for (const Effect& effect : path.effects) {
    look(effect.subject);
    look(effect.name);
    look(effect.after);
    if (effect.kind == Effect::Kind::kEmit) look(effect.payload);
  }
  ReplaySeed::Input input;
  if (const NamePattern* type = from_outside(path.rule)) input.type = name_for(type->text);
  // A subject that the rules on the way are for, or else those of the circle.
  input.subject = subject_;
  for (size_t i = entry.links.size() + 1; i-- > 0;) {
    const uint32_t rule = model_.paths[i == 0 ? entry.path : entry.links[i - 1].to].rule;
    for (const CompiledTrigger& trigger : model_.rules[rule].compiled->triggers) {
      if (!trigger.subjects.empty()) input.subject = name_for(trigger.subjects.front().text);
    }
  }
  if (const ValueSet names = facts_.solver().values(terms_.leaf(Op::kSubject), literals);
      names.strings_listed)
    input.subject = std::string(terms_.text(chooser.choose(names)));
  // What the program itself sets is mostly not there yet.
  for (const TermId leaf : leaves) {
    if (terms_.op(leaf) != Op::kRead || terms_[leaf].epoch != 0 || chooser.below(4) == 0) continue;
    if (!terms_.is_const(terms_.arg(leaf, 1)) || facts_.is_given(terms_.arg(leaf, 1), false)) continue;
    literals.push_back({terms_.apply(Op::kEqual, {leaf, terms_.null()}), true});
    if (facts_.solver().is_contradiction(literals)) literals.pop_back();
  }
  std::string data = "{";
  if (takes_all) data += R"("a":1)";
  for (const TermId leaf : leaves) {
    if (terms_.op(leaf) != Op::kField) continue;
    if (terms_[terms_.arg(leaf, 0)].epoch != 0) continue;
    const std::string key(terms_.text(terms_.arg(leaf, 1)));
    if (key.empty()) continue;
    const ValueSet set = facts_.solver().values(leaf, literals);
    const std::optional<TermId> name =
        chooser.choose_subject(*hints_, terms_.arg(leaf, 1), set, input.subject);
    const TermId value = name.has_value() ? *name : chooser.choose(set);
    literals.push_back({terms_.apply(Op::kEqual, {leaf, value}), true});
    if (facts_.solver().is_contradiction(literals)) literals.pop_back();
    if (value == terms_.null()) continue;
    if (data.size() > 1) data += ",";
    append_json_string(data, key);
    data += ":" + json_of(terms_, value);
  }
  input.data = data + "}";
  hints_->complete(input);
  for (const TermId leaf : leaves) {
    if (terms_.op(leaf) == Op::kField || terms_[leaf].epoch != 0) continue;
    const TermId name = terms_.arg(leaf, 1);
    // Only what nothing writes can be anything; the rest the program itself must bring about.
    if (terms_.op(leaf) != Op::kRead || !terms_.is_const(name) || !facts_.is_given(name, false)) continue;
    const TermId of = terms_.arg(leaf, 0);
    std::string subject = input.subject;
    if (terms_.is_const(of)) subject = std::string(terms_.text(of));
    const std::string property(terms_.text(name));
    const bool known = std::any_of(seed.properties.begin(), seed.properties.end(), [&](const auto& each) {
      return each.subject == subject && each.name == property;
    });
    if (known || subject.empty()) continue;
    const ValueSet set = facts_.solver().values(leaf, literals);
    const std::optional<TermId> named = chooser.choose_subject(*hints_, name, set, subject);
    const TermId value = named.has_value() ? *named : chooser.choose(set);
    literals.push_back({terms_.apply(Op::kEqual, {leaf, value}), true});
    if (facts_.solver().is_contradiction(literals)) literals.pop_back();
    if (value != terms_.null()) seed.properties.push_back({subject, property, json_of(terms_, value)});
  }
  seed.inputs.push_back(std::move(input));
}

bool LoopSearch::loops(const ReplaySeed& seed, const Component& component, ReplayOutcome& outcome) const {
  using End = ReplayOutcome::End;
  outcome = options_.replay(seed, std::min(kShortFuse, options_.max_cascade));
  if (outcome.end == End::kFuse && options_.max_cascade > kShortFuse)
    outcome = options_.replay(seed, options_.max_cascade);
  if (outcome.end != End::kRepeats && outcome.end != End::kFuse) return false;
  if (outcome.end == End::kFuse) {
    // Long is not yet for ever.
    const uint32_t far = hints_->far_enough(seed, component.paths, options_.max_cascade);
    if (far == 0) return false;
    if (far > options_.max_cascade) {
      const ReplayOutcome later = options_.replay(seed, far);
      if (later.end != End::kRepeats && later.end != End::kFuse) return false;
    }
  }
  return is_among(outcome.rules, component, model_);
}

// Whether a rule of the component fired, or a gate or middleware that has a part in it.
bool LoopSearch::is_among(const std::vector<uint32_t>& fired, const Component& component,
                          const Model& model) {
  return std::any_of(fired.begin(), fired.end(), [&](uint32_t unit) {
    return std::binary_search(component.rules.begin(), component.rules.end(), unit) ||
           std::any_of(component.paths.begin(), component.paths.end(),
                       [&](uint32_t path) { return model.paths[path].unit == unit; });
  });
}

bool LoopSearch::goes_on(const ReplaySeed& seed, const Component& component, ReplayOutcome& outcome) const {
  outcome = options_.replay(seed, std::min(kShortFuse, options_.max_cascade));
  return outcome.end == ReplayOutcome::End::kGoesOn && is_among(outcome.rules, component, model_);
}

bool LoopSearch::grows(ReplaySeed seed) const {
  const uint64_t before = options_.replay(seed, options_.max_cascade).waiting;
  seed.timers *= 4;
  const ReplayOutcome later = options_.replay(seed, options_.max_cascade);
  return later.end == ReplayOutcome::End::kGoesOn && later.waiting > before + kManyMore;
}

void LoopSearch::choose_subject(const Component& component) {
  subject_ = "s-1";
  for (const uint32_t rule : component.rules) {
    for (const CompiledTrigger& trigger : model_.rules[rule].compiled->triggers) {
      if (!trigger.subjects.empty()) subject_ = name_for(trigger.subjects.front().text);
    }
  }
}

// An input that makes the program itself give a property this value, where one rule does.
void LoopSearch::prepare(TermId name, TermId value, const std::string& subject, Chooser& chooser,
                         ReplaySeed& seed) {
  bool done = false;
  writers_.for_each(name, false, [&](const Site& site) {
    const RulePath& path = model_.paths[site.path];
    const Effect& effect = path.effects[site.effect];
    ReplaySeed::Input input;
    if (done || effect.kind != Effect::Kind::kChange || effect.name != name) return;
    const NamePattern* type = from_outside(path.rule);
    if (type == nullptr) return;
    input.type = name_for(type->text);
    const TermId of = effect.subject;
    if (terms_.op(of) != Op::kSubject && !terms_.is_text(of, subject)) return;
    facts_.forget_runs();
    facts_.set_input(input.type);
    std::vector<Literal> literals = path.when;
    literals.push_back({terms_.apply(Op::kEqual, {effect.after, value}), true});
    if (facts_.solver().is_contradiction(literals)) return;
    std::set<TermId> fields;
    const auto look = [&](const auto& self, TermId term) -> void {
      if (terms_.op(term) == Op::kField && terms_.op(terms_.arg(term, 0)) == Op::kPayload &&
          terms_.is_const(terms_.arg(term, 1)))
        fields.insert(term);
      const std::vector<TermId> args(terms_.args(term).begin(), terms_.args(term).end());
      for (const TermId arg : args) self(self, arg);
    };
    for (const Literal& literal : path.when) look(look, literal.term);
    for (const Effect& each : path.effects) look(look, each.after);
    std::string data = "{";
    for (const TermId field : fields) {
      const ValueSet set = facts_.solver().values(field, literals);
      const std::optional<TermId> named = chooser.choose_subject(*hints_, terms_.arg(field, 1), set, subject);
      const TermId chosen = field == effect.after ? value : named.has_value() ? *named : chooser.choose(set);
      literals.push_back({terms_.apply(Op::kEqual, {field, chosen}), true});
      if (facts_.solver().is_contradiction(literals)) literals.pop_back();
      if (chosen == terms_.null()) continue;
      if (data.size() > 1) data += ",";
      append_json_string(data, terms_.text(terms_.arg(field, 1)));
      data += ":" + json_of(terms_, chosen);
    }
    input.subject = subject;
    input.data = data + "}";
    hints_->complete(input);
    seed.inputs.push_back(std::move(input));
    done = true;
  });
  facts_.forget_runs();
}

std::optional<std::pair<ReplaySeed, ReplayOutcome>> LoopSearch::find_along(
    const Component& component, const std::string& type, const std::vector<Literal>& holds) {
  if (!options_.replay || depends_on_chance(component)) return std::nullopt;
  if (!hints_.has_value()) hints_.emplace(model_, writers_);
  if (avoid_inside_ && inside_.count(type) != 0) return std::nullopt;
  choose_subject(component);
  const bool is_known = type.find_first_of("*?") == std::string::npos;
  facts_.forget_runs();
  if (is_known) facts_.set_input(type);
  std::vector<TermId> places;
  std::vector<TermId> open;
  for (const Literal& literal : holds) open.push_back(literal.term);
  std::set<TermId> seen;
  while (!open.empty()) {
    const TermId id = open.back();
    open.pop_back();
    if (!terms_[id].local || !seen.insert(id).second) continue;
    const Op op = terms_.op(id);
    const bool field = op == Op::kField && terms_.op(terms_.arg(id, 0)) == Op::kPayload;
    if ((field || op == Op::kRead) && terms_.is_const(terms_.arg(id, 1))) places.push_back(id);
    for (const TermId arg : terms_.args(id)) open.push_back(arg);
  }
  // What the program itself sets is not there at first, where it need not be.
  std::sort(places.begin(), places.end());
  ReplayOutcome outcome;
  for (uint32_t number = 0; number < kTriesAlong; ++number) {
    Chooser chooser(terms_, number);
    std::vector<Literal> literals = holds;
    const auto settle = [&](TermId place, TermId value) {
      literals.push_back({terms_.apply(Op::kEqual, {place, value}), true});
      if (!facts_.solver().is_contradiction(literals)) return true;
      literals.pop_back();
      return false;
    };
    ReplaySeed seed;
    ReplaySeed::Input input;
    input.type = name_for(type);
    input.subject = subject_;
    if (const ValueSet names = facts_.solver().values(terms_.leaf(Op::kSubject), literals);
        names.strings_listed)
      input.subject = std::string(terms_.text(chooser.choose(names)));
    for (const TermId place : places) {
      if (terms_.op(place) != Op::kRead || facts_.is_given(terms_.arg(place, 1), false)) continue;
      if (number % 2 == 0 && settle(place, terms_.null())) continue;
      const TermId value = chooser.choose(facts_.solver().values(place, literals));
      if (!settle(place, value) || value == terms_.null()) continue;
      const TermId of = terms_.arg(place, 0);
      prepare(terms_.arg(place, 1), value, terms_.is_const(of) ? std::string(terms_.text(of)) : input.subject,
              chooser, seed);
    }
    if (is_known) facts_.set_input(type);
    std::string data = "{";
    for (const TermId place : places) {
      const bool field = terms_.op(place) == Op::kField;
      if (!field && !facts_.is_given(terms_.arg(place, 1), false)) continue;
      const TermId value = chooser.choose(facts_.solver().values(place, literals));
      if (!settle(place, value) || value == terms_.null()) continue;
      const std::string name(terms_.text(terms_.arg(place, 1)));
      if (field) {
        if (data.size() > 1) data += ",";
        append_json_string(data, name);
        data += ":" + json_of(terms_, value);
        continue;
      }
      const TermId of = terms_.arg(place, 0);
      const std::string subject = terms_.is_const(of) ? std::string(terms_.text(of)) : input.subject;
      seed.properties.push_back({subject, name, json_of(terms_, value)});
    }
    input.data = data + "}";
    hints_->complete(input);
    seed.inputs.push_back(std::move(input));
    seed.timers = graph_.has_delays() ? kTimersBefore : 0;
    if (loops(seed, component, outcome)) return std::pair(std::move(seed), std::move(outcome));
  }
  return std::nullopt;
}

template <class Succeeds>
std::optional<std::pair<ReplaySeed, ReplayOutcome>> LoopSearch::search(const Component& component,
                                                                       uint32_t timers,
                                                                       const Succeeds& succeeds) {
  if (!options_.replay || depends_on_chance(component)) return std::nullopt;
  if (!hints_.has_value()) hints_.emplace(model_, writers_);
  prover_.look_at(component);
  choose_subject(component);
  // What the program emits itself need not come from outside as well, unless nothing else sets it off.
  avoid_inside_ = true;
  std::vector<Entry> ways = entries(component);
  if (ways.empty()) {
    avoid_inside_ = false;
    ways = entries(component);
  }
  if (ways.empty()) return std::nullopt;
  // Other inputs of the same island may prepare the state.
  const std::vector<uint32_t>& others = paths_from_outside(graph_.island_of(component.rules.front()));
  std::vector<TermId> asked = prover_.asked_on_circles(component);
  std::erase_if(asked, [&](TermId term) {
    return terms_.op(term) != Op::kRead || facts_.is_given(terms_.arg(term, 1), false);
  });
  ReplayOutcome outcome;
  for (uint32_t number = 0; number < kTries; ++number) {
    Chooser chooser(terms_, number < ways.size() ? 0 : number);
    const Entry& way = ways[number % ways.size()];
    ReplaySeed seed;
    seed.timers = timers;
    if (number >= ways.size() && !asked.empty() && chooser.below(3) > 0) {
      // What the circle reads, as the program itself may set it.
      const TermId read = asked[chooser.below(static_cast<uint32_t>(asked.size()))];
      facts_.forget_runs();
      const TermId value = chooser.choose(facts_.solver().values(read, {}));
      prepare(terms_.arg(read, 1), value, subject_, chooser, seed);
    }
    if (number >= 2 * ways.size() && !others.empty()) {
      const uint32_t before = chooser.below(kMostOrders + 1);
      for (uint32_t i = 0; i < before; ++i)
        add_input({others[chooser.below(static_cast<uint32_t>(others.size()))], {}}, chooser, seed);
    }
    add_input(way, chooser, seed);
    if (succeeds(seed, outcome)) return std::pair(std::move(seed), std::move(outcome));
  }
  return std::nullopt;
}

std::optional<std::pair<ReplaySeed, ReplayOutcome>> LoopSearch::find(const Component& component) {
  return search(
      component, graph_.has_delays() ? kTimersBefore : 0,
      [&](const ReplaySeed& seed, ReplayOutcome& outcome) { return loops(seed, component, outcome); });
}

std::optional<std::pair<ReplaySeed, ReplayOutcome>> LoopSearch::find_in_time(const Component& component) {
  return search(component, kTimers, [&](const ReplaySeed& seed, ReplayOutcome& outcome) {
    return goes_on(seed, component, outcome);
  });
}

}  // namespace krules::check
