#include "seed_hints.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <variant>

#include "krules/json.h"

namespace krules::check {

namespace {

constexpr uint32_t kFar = 200'000;
/// What is larger does not change when something is added.
constexpr double kStuck = 9e15;

bool is_handed_on(const TermPool& terms, TermId term) {
  const Op op = terms.op(term);
  return (op == Op::kField || op == Op::kRead) && terms.is_const(terms.arg(term, 1));
}

// The list that a `for` goes over, without what stands in for it.
TermId list_of(const TermPool& terms, TermId element) {
  if (terms.op(element) != Op::kCall || !terms.is_text(terms.arg(element, 0), "element")) return element;
  TermId list = terms.arg(element, 1);
  while (terms.op(list) == Op::kCoalesce) list = terms.arg(list, 0);
  return list;
}

// The largest number that stands in a JSON text.
double largest_in(const std::string& json) {
  double largest = 0;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  for (size_t i = 0; i < json.size(); ++i) {
    if (!is_digit(json[i])) continue;
    char* end = nullptr;
    const double number = std::strtod(json.c_str() + i, &end);
    if (number < kStuck) largest = std::max(largest, number);
    i = static_cast<size_t>(end - json.c_str()) - 1;
  }
  return largest;
}

}  // namespace

SeedHints::SeedHints(const Model& model, const Writers& writers) : model_(model) {
  for (const RulePath& path : model.paths) {
    for (const Literal& literal : path.when) look(literal.term);
    for (const Effect& effect : path.effects) {
      const TermId list = list_of(model.terms, effect.subject);
      if (is_handed_on(model.terms, list))
        (list == effect.subject ? names_ : lists_).insert(model.terms.arg(list, 1));
      for (const TermId term : {effect.subject, effect.payload, effect.after, effect.context}) look(term);
    }
  }
  // A property that names subjects has its value from somewhere.
  std::set<TermId> direct = names_;
  direct.insert(lists_.begin(), lists_.end());
  for (const TermId name : direct) {
    writers.for_each(name, false, [&](const Site& site) {
      const Effect& effect = model.paths[site.path].effects[site.effect];
      const TermId after = effect.after;
      const bool appends = model.terms.op(after) == Op::kCall && model.terms.args(after).size() == 3 &&
                           model.terms.is_text(model.terms.arg(after, 0), "append");
      const TermId value = appends ? model.terms.arg(after, 2) : after;
      if (effect.kind == Effect::Kind::kChange && is_handed_on(model.terms, value))
        (lists_.count(name) != 0 && !appends ? lists_ : names_).insert(model.terms.arg(value, 1));
    });
  }
}

void SeedHints::look(TermId term) {
  const TermPool& terms = model_.terms;
  const Op op = terms.op(term);
  if (op == Op::kConst && terms.value(term).is_number()) {
    const double size = std::abs(terms.value(term).as_number());
    if (size < kStuck) largest_ = std::max(largest_, size);
  }
  if ((op == Op::kRead || op == Op::kReadExt) && is_handed_on(terms, terms.arg(term, 0)))
    names_.insert(terms.arg(terms.arg(term, 0), 1));
  for (const TermId arg : terms.args(term)) look(arg);
}

namespace {

const char* usual(ast::Kind kind) {
  switch (kind) {
    case ast::Kind::kBool:
      return "true";
    case ast::Kind::kString:
      return R"("a")";
    case ast::Kind::kDuration:
      return R"("1m")";
    case ast::Kind::kTimestamp:
      return R"("2026-01-01T00:00:00Z")";
    case ast::Kind::kList:
      return "[]";
    case ast::Kind::kMap:
      return "{}";
    default:
      return "1";
  }
}

}  // namespace

void SeedHints::complete(ReplaySeed::Input& input) const {
  for (const ast::Module& module : *model_.modules) {
    for (const ast::Declaration& declaration : module.declarations) {
      const auto* declared = std::get_if<ast::Input>(&declaration.node);
      if (declared == nullptr || declared->type.text != input.type) continue;
      for (const auto& field : declared->fields) {
        std::string key;
        append_json_string(key, field.name);
        key += ":";
        if (field.kind.optional || input.data.find(key) != std::string::npos) continue;
        if (input.data.empty()) input.data = "{}";
        input.data.insert(1, key + usual(field.kind.kind) + (input.data == "{}" ? "" : ","));
      }
    }
  }
}

// Whether a text or a list is put together.
bool SeedHints::swells(TermId term) const {
  const TermPool& terms = model_.terms;
  const Op op = terms.op(term);
  if (op == Op::kConcat || op == Op::kList) return !terms.is_const(term);
  if (op == Op::kAdd) {
    const auto sides = terms.args(term);
    if (std::any_of(sides.begin(), sides.end(),
                    [&](TermId side) { return terms.is_const(side) && !terms.value(side).is_number(); }))
      return true;
  }
  if (op == Op::kCall) {
    const std::string_view name = terms.text(terms.arg(term, 0));
    if (name == "append" || name == "spread" || name == "set path" || name == "with" || name == "merge")
      return true;
  }
  const auto args = terms.args(term);
  return std::any_of(args.begin(), args.end(), [&](TermId arg) { return swells(arg); });
}

uint32_t SeedHints::far_enough(const ReplaySeed& seed, const std::vector<uint32_t>& paths,
                               uint32_t least) const {
  const bool grows = std::any_of(paths.begin(), paths.end(), [&](uint32_t path) {
    const auto& effects = model_.paths[path].effects;
    return std::any_of(effects.begin(), effects.end(), [&](const Effect& effect) {
      return swells(effect.subject) || swells(effect.payload) || swells(effect.after) ||
             swells(effect.context);
    });
  });
  if (grows) return least;
  double largest = largest_;
  for (const ReplaySeed::Input& input : seed.inputs) largest = std::max(largest, largest_in(input.data));
  for (const ReplaySeed::Property& each : seed.properties) largest = std::max(largest, largest_in(each.json));
  if (4 * largest > kFar) return 0;
  const double all = count_states(paths, largest);
  if (all > kFar) return 0;
  const double far = std::min<double>(kFar, 2 * largest * largest);
  return std::max({least, static_cast<uint32_t>(far), static_cast<uint32_t>(all)});
}

// In how many states what the paths write can be, where nothing counts past the largest number: each of them
// is a turn of its own, at most.
double SeedHints::count_states(const std::vector<uint32_t>& paths, double largest) const {
  const TermPool& terms = model_.terms;
  // By name: the constants that are written there. One that is none stands for the numbers.
  std::map<std::pair<TermId, int>, std::set<TermId>> places;
  const auto note = [&](TermId name, int kind, TermId value) {
    places[{name, kind}].insert(terms.is_const(value) ? value : UINT32_MAX);
  };
  for (const uint32_t path : paths) {
    for (const Effect& effect : model_.paths[path].effects) {
      if (effect.kind != Effect::Kind::kEmit) {
        note(effect.name, effect.extended ? 1 : 0, effect.after);
      } else if (terms.op(effect.payload) == Op::kMap) {
        const auto entries = terms.args(effect.payload);
        for (size_t i = 0; i + 1 < entries.size(); i += 2) {
          // Handed on as it is, it counts nothing.
          const TermId value = entries[i + 1];
          const bool is_same = terms.op(value) == Op::kField && terms.arg(value, 1) == entries[i] &&
                               terms.op(terms.arg(value, 0)) == Op::kPayload;
          if (!is_same) note(entries[i], 2, value);
        }
      }
    }
  }
  double all = 1;
  for (const auto& [place, values] : places) {
    const bool counts = values.count(UINT32_MAX) != 0;
    all *= counts ? largest + 2 : static_cast<double>(values.size() + 1);
  }
  return all;
}

}  // namespace krules::check
