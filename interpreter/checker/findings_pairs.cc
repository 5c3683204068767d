#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "finding_parts.h"
#include "krules/check_codes.h"

/// Rules that one event fires and of which the order decides what comes out: both write a property, or the
/// later one's conditions read what the earlier one writes.
namespace krules::check {

namespace {

/// Earlier writes of a property that a later rule is held against.
constexpr size_t kMostBefore = 6;

/// A property of a subject.
using Slot = std::tuple<TermId, TermId, bool>;

Slot slot_of(const Effect& effect) {
  return {effect.subject, effect.name, effect.extended};
}

/// The event that fires rules, where it is one exactly.
struct Group {
  std::string property;  ///< `changed property`; else empty
  std::string label;
  std::vector<uint32_t> rules;
};

class Pairs {
 public:
  explicit Pairs(FindingSearch& search) : search_(search), terms_(search.model.terms) {}

  void find() {
    for (uint32_t rule = 0; rule < search_.model.rule_count; ++rule) add_to_groups(rule);
    for (const auto& [key, group] : groups_) {
      if (group.rules.size() > 1) look_at(group);
    }
  }

 private:
  void add_to_groups(uint32_t rule) {
    for (const CompiledTrigger& trigger : search_.model.rules[rule].compiled->triggers) {
      std::string subjects;
      for (const NamePattern& pattern : trigger.subjects) subjects += pattern.text + '\n';
      for (const NamePattern& type : trigger.types) {
        if (type.exact == nullptr) continue;
        const auto add = [&](const std::string& property, std::string label) {
          Group& group = groups_[type.text + '\n' + property + '\n' + subjects];
          group.property = type.text == kPropertyChangedType ? property : "";
          group.label = std::move(label);
          if (group.rules.empty() || group.rules.back() != rule) group.rules.push_back(rule);
        };
        if (type.text == kPropertyChangedType || type.text == kPropertyDeletedType) {
          for (const NamePattern& property : trigger.properties) {
            if (property.exact == nullptr) continue;
            add(property.text, (type.text == kPropertyChangedType ? "changed " : "deleted ") + property.text);
          }
        } else if (type.text != kSubjectDeletedType) {
          add("", type.text);
        }
      }
    }
  }

  void look_at(const Group& group) {
    std::map<Slot, std::vector<Site>> writes;
    for (const uint32_t rule : group.rules) {
      const RuleModel& model = search_.model.rules[rule];
      find_stale_new(group, rule, writes);
      find_read_after_write(group, rule, writes);
      std::map<Slot, std::vector<Site>> mine;
      for (uint32_t path = model.first_path; path < model.first_path + model.own_paths; ++path) {
        if (search_.model.paths[path].coarse) continue;
        const auto& effects = search_.model.paths[path].effects;
        for (uint32_t i = 0; i < effects.size(); ++i) {
          if (effects[i].kind != Effect::Kind::kChange && effects[i].kind != Effect::Kind::kDelete) continue;
          if (effects[i].in_loop) continue;
          mine[slot_of(effects[i])].push_back({path, i});
        }
      }
      for (auto& [slot, sites] : mine) {
        auto& before = writes[slot];
        find_write_write(group, rule, before, sites);
        before.insert(before.end(), sites.begin(), sites.end());
      }
    }
  }

  const RulePath& path_of(const Site& site) const { return search_.model.paths[site.path]; }
  const Effect& effect_of(const Site& site) const { return path_of(site).effects[site.effect]; }
  TermId value_of(const Effect& effect) const {
    return effect.kind == Effect::Kind::kDelete ? terms_.null() : effect.after;
  }

  bool reads(TermId term, const Slot& slot) const {
    if (!terms_[term].local) return false;
    const Op op = terms_.op(term);
    if ((op == Op::kRead || op == Op::kReadExt) && terms_.arg(term, 0) == std::get<0>(slot) &&
        terms_.arg(term, 1) == std::get<1>(slot) && (op == Op::kReadExt) == std::get<2>(slot))
      return true;
    for (const TermId arg : terms_.args(term)) {
      if (reads(arg, slot)) return true;
    }
    return false;
  }

  /// `term` as it is once the path was taken.
  TermId behind(const RulePath& path, TermId term) {
    return terms_.rewritten(term, [&](TermId read) {
      const Op op = terms_.op(read);
      if (op != Op::kRead && op != Op::kReadExt) return op == Op::kProps ? terms_.opaque() : read;
      for (size_t i = path.effects.size(); i-- > 0;) {
        const Effect& effect = path.effects[i];
        if (effect.kind == Effect::Kind::kEmit || effect.extended != (op == Op::kReadExt)) continue;
        const bool same_subject = effect.subject == terms_.arg(read, 0);
        const bool same_name = effect.name == terms_.arg(read, 1);
        if (same_subject && same_name && effect.kind != Effect::Kind::kDeleteSubject) return value_of(effect);
        const bool other_subject =
            !same_subject && terms_.is_const(effect.subject) && terms_.is_const(terms_.arg(read, 0));
        const bool other_name =
            !same_name && terms_.is_const(effect.name) && terms_.is_const(terms_.arg(read, 1));
        if (!other_subject && !other_name) return terms_.opaque();
      }
      return read;
    });
  }

  void add_behind(const RulePath& path, const std::vector<Literal>& literals, std::vector<Literal>& all) {
    for (const Literal& literal : literals) all.push_back({behind(path, literal.term), literal.truth});
  }

  bool can_hold(uint32_t rule, const std::vector<Literal>& literals) {
    search_.facts.forget_runs();
    search_.facts.set_rule(0, rule);
    return !search_.facts.solver().is_contradiction(literals);
  }

  Literal differ(TermId a, TermId b) { return {terms_.apply(Op::kEqual, {a, b}), false}; }

  /// Visits the nearest writes of other rules, one of each path.
  template <class Visit>
  void for_each_before(uint32_t rule, const std::vector<Site>& before, const Visit& visit) const {
    size_t count = 0;
    for (size_t i = before.size(); i-- > 0 && count < kMostBefore;) {
      if (path_of(before[i]).rule == rule) continue;
      ++count;
      if (visit(before[i])) return;
    }
  }

  void find_write_write(const Group& group, uint32_t rule, const std::vector<Site>& before,
                        const std::vector<Site>& mine) {
    for (const Site& late : mine) {
      for_each_before(rule, before, [&](const Site& early) {
        const uint32_t other = path_of(early).rule;
        if (told_.count({other, rule}) != 0 || !is_decided_by_order(early, late)) return false;
        told_.insert({other, rule});
        tell_writes(group, early, late);
        return true;
      });
    }
  }

  // Both can run in either order, and what the property is then differs.
  bool is_decided_by_order(const Site& early, const Site& late) {
    const Effect& first = effect_of(early);
    const Effect& second = effect_of(late);
    // What goes on from the value that it finds is meant to.
    if (reads(second.after, slot_of(second))) return false;
    const TermId in_order = behind(path_of(early), value_of(second));
    const TermId reversed = behind(path_of(late), value_of(first));
    if (in_order == reversed) return false;
    std::vector<Literal> all = path_of(early).when;
    all.insert(all.end(), path_of(late).when.begin(), path_of(late).when.end());
    add_behind(path_of(early), path_of(late).when, all);
    add_behind(path_of(late), path_of(early).when, all);
    all.push_back(differ(in_order, reversed));
    return can_hold(path_of(early).rule, all);
  }

  void tell_writes(const Group& group, const Site& early, const Site& late) {
    const RulePath& first = path_of(early);
    const RulePath& second = path_of(late);
    Diagnostic& made =
        search_.warn(check_codes::kOrderDependence, search_.place(second.rule, effect_of(late).span),
                     fmt::format("`{}` and `{}` both write {} for one `{}`, and the later one decides",
                                 search_.name_of(first.rule), search_.name_of(second.rule),
                                 shown_name(effect_of(late)), group.label),
                     "let one rule write it, or give them conditions that cannot both hold");
    made.primary.text = fmt::format("`{}` runs later", search_.name_of(second.rule));
    made.related.push_back({search_.place(first.rule, effect_of(early).span), "what this wrote is lost"});
  }

  std::string shown_name(const Effect& effect) const {
    const std::string_view text = terms_.text(effect.name);
    return fmt::format("`{}{}`", effect.extended ? "ext." : "",
                       text.empty() ? terms_.show(effect.name) : std::string(text));
  }

  // Of a rule's whens, as terms.
  std::vector<Literal> head_of(uint32_t rule) const {
    const RuleModel& model = search_.model.rules[rule];
    const size_t count = whens_of(*model.syntax).size();
    if (model.own_paths == 0) return {};
    const std::vector<Literal>& when = search_.model.paths[model.first_path].when;
    if (when.size() < count) return {};
    return {when.begin(), when.begin() + static_cast<std::ptrdiff_t>(count)};
  }

  void add_slots(TermId term, std::set<Slot>& slots) const {
    if (!terms_[term].local) return;
    const Op op = terms_.op(term);
    if (op == Op::kRead || op == Op::kReadExt)
      slots.insert({terms_.arg(term, 0), terms_.arg(term, 1), op == Op::kReadExt});
    for (const TermId arg : terms_.args(term)) add_slots(arg, slots);
  }

  void find_read_after_write(const Group& group, uint32_t rule,
                             const std::map<Slot, std::vector<Site>>& writes) {
    const std::vector<Literal> head = head_of(rule);
    std::set<Slot> slots;
    for (const Literal& literal : head) add_slots(literal.term, slots);
    for (const Slot& slot : slots) {
      const auto before = writes.find(slot);
      if (before == writes.end()) continue;
      for_each_before(rule, before->second, [&](const Site& early) {
        const uint32_t other = path_of(early).rule;
        if (told_.count({other, rule}) != 0) return false;
        const std::optional<size_t> when = decides_whether(early, head);
        if (!when.has_value()) return false;
        told_.insert({other, rule});
        tell_read(group, rule, *when, early);
        return true;
      });
    }
  }

  // The `when` that holds only because of the earlier rule's write, or only without it.
  std::optional<size_t> decides_whether(const Site& early, const std::vector<Literal>& head) {
    const RulePath& path = path_of(early);
    const Effect& effect = effect_of(early);
    std::vector<Literal> now = path.when;
    now.push_back(differ(effect.before, value_of(effect)));
    std::vector<Literal> then = now;
    now.insert(now.end(), head.begin(), head.end());
    add_behind(path, head, then);
    for (size_t i = 0; i < head.size(); ++i) {
      const TermId after = behind(path, head[i].term);
      if (after == head[i].term) continue;
      now.push_back({after, false});
      then.push_back({head[i].term, false});
      if (can_hold(path.rule, now) || can_hold(path.rule, then)) return i;
      now.pop_back();
      then.pop_back();
    }
    return std::nullopt;
  }

  void tell_read(const Group& group, uint32_t rule, size_t when, const Site& early) {
    const Effect& effect = effect_of(early);
    const uint32_t other = path_of(early).rule;
    // Steps of one property: one event may take two of them.
    const RuleModel& model = search_.model.rules[rule];
    bool writes_too = false;
    for (uint32_t path = model.first_path; path < model.first_path + model.own_paths; ++path) {
      for (const Effect& each : search_.model.paths[path].effects)
        writes_too |= each.kind == Effect::Kind::kChange && slot_of(each) == slot_of(effect);
    }
    const std::string name = shown_name(effect);
    Diagnostic& made = search_.add(
        writes_too ? Severity::kWarning : Severity::kNote, check_codes::kOrderDependence,
        search_.place(rule, whens_of(*model.syntax)[when]),
        writes_too
            ? fmt::format("one `{}` can take {} two steps: `{}` sees what `{}` just wrote", group.label, name,
                          search_.name_of(rule), search_.name_of(other))
            : fmt::format(
                  "whether `{}` runs hangs on what `{}`, which is declared before it, just wrote to {}",
                  search_.name_of(rule), search_.name_of(other), name),
        writes_too ? fmt::format("make it one rule with `if` and `else`, or let it wait for `changed {}`",
                                 terms_.text(effect.name))
                   : fmt::format("`on changed {}` says it whatever the order", terms_.text(effect.name)));
    made.primary.text = fmt::format("reads {}", name);
    made.related.push_back({search_.place(other, effect.span), fmt::format("writes {}", name)});
  }

  bool mentions_new(TermId term) const {
    if (!terms_[term].local) return false;
    if (terms_.op(term) == Op::kNew) return true;
    for (const TermId arg : terms_.args(term)) {
      if (mentions_new(arg)) return true;
    }
    return false;
  }

  // `new` is what the event brought; an earlier rule of the same event may have written since.
  void find_stale_new(const Group& group, uint32_t rule, const std::map<Slot, std::vector<Site>>& writes) {
    if (group.property.empty()) return;
    const Slot slot{terms_.leaf(Op::kSubject), terms_.text_constant(group.property), false};
    const auto before = writes.find(slot);
    if (before == writes.end()) return;
    const RuleModel& model = search_.model.rules[rule];
    for (uint32_t number = model.first_path; number < model.first_path + model.own_paths; ++number) {
      const RulePath& path = search_.model.paths[number];
      if (path.coarse) continue;
      bool uses_new = false;
      bool uses_property = false;
      const auto look_at_term = [&](TermId term) {
        uses_new |= mentions_new(term);
        uses_property |= reads(term, slot);
      };
      for (const Literal& literal : path.when) look_at_term(literal.term);
      for (const Effect& effect : path.effects) {
        look_at_term(effect.kind == Effect::Kind::kEmit ? effect.payload : value_of(effect));
        uses_property |= effect.kind == Effect::Kind::kChange && slot_of(effect) == slot;
      }
      if (!uses_new || !uses_property) continue;
      bool told = false;
      for_each_before(rule, before->second, [&](const Site& early) {
        std::vector<Literal> all = path_of(early).when;
        add_behind(path_of(early), path.when, all);
        all.push_back(differ(terms_.leaf(Op::kNew), value_of(effect_of(early))));
        const uint32_t other = path_of(early).rule;
        if (!can_hold(rule, all)) return false;
        told = true;
        if (!told_.insert({other, rule}).second) return true;
        search_
            .warn(check_codes::kStaleNew, model.compiled->where,
                  fmt::format("`{}` reads `new`, and `{}` may have set `{}` to something else by then",
                              search_.name_of(rule), search_.name_of(other), group.property),
                  fmt::format("`subject.{}` is what it is now; `new` is what this event brought",
                              group.property))
            .related.push_back(
                {search_.place(other, effect_of(early).span), "runs before it, for the same event"});
        return true;
      });
      if (told) return;
    }
  }

  FindingSearch& search_;
  TermPool& terms_;
  std::map<std::string, Group> groups_;
  std::set<std::pair<uint32_t, uint32_t>> told_;
};

}  // namespace

void find_in_pairs(FindingSearch& search) {
  Pairs(search).find();
}

}  // namespace krules::check
