#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "finding_parts.h"
#include "glob_meet.h"
#include "krules/check_codes.h"
#include "krules/glob_table.h"
#include "near_names.h"
#include "syntax_walk.h"

/// Names of events and properties: slips of the pen, and those off the convention.
namespace krules::check {

namespace {

/// Names in the order in which they first stand in the text, with that place.
class NameList {
 public:
  void add(std::string_view name, const Location& where) {
    if (places_.try_emplace(name, names_.size()).second) names_.push_back({name, where});
  }
  bool has(std::string_view name) const { return places_.count(name) != 0; }
  const Location& where(std::string_view name) const { return names_[places_.at(name)].where; }
  struct Entry {
    std::string_view name;
    Location where;
  };
  const std::vector<Entry>& all() const { return names_; }

 private:
  std::vector<Entry> names_;
  std::unordered_map<std::string_view, size_t> places_;
};

bool is_built_in(std::string_view type) {
  return type == kPropertyChangedType || type == kPropertyDeletedType || type == kSubjectDeletedType;
}

/// `subject` or `subject(...)`.
bool is_subject(const ast::Expr& expr) {
  if (is_name(expr, "subject")) return true;
  const auto* call = std::get_if<ast::Call>(&expr.node);
  return call != nullptr && call->callee == "subject";
}

/// Lower case words, more than one, with dots between.
bool follows_convention(std::string_view type) {
  size_t dots = 0;
  size_t letters = 0;
  for (const char c : type) {
    if (c == '.') {
      if (letters == 0) return false;
      letters = 0;
      ++dots;
      continue;
    }
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-')) return false;
    ++letters;
  }
  return dots > 0 && letters > 0;
}

class Names {
 public:
  explicit Names(FindingSearch& search) : search_(search) {
    for (const ast::Module& module : search.modules) {
      for (const ast::Declaration& declaration : module.declarations) {
        if (const auto* rule = std::get_if<ast::Rule>(&declaration.node)) {
          collect(module, *rule);
        } else if (const auto* fn = std::get_if<ast::Fn>(&declaration.node)) {
          collect(module, *fn->body);
        } else if (const auto* input = std::get_if<ast::Input>(&declaration.node)) {
          if (!input->type.is_glob) inputs_.add(input->type.text, {module.source, input->type.span});
        } else if (const auto* output = std::get_if<ast::Output>(&declaration.node)) {
          for (const ast::Pattern& type : output->types) outputs_.push_back(type.text);
        }
      }
    }
    for (const EventGraph::Class& made : search.graph.classes()) {
      if (made.kind == EventClass::Kind::kPlain && made.name.find('*') != std::string::npos)
        computed_.push_back(made.name);
    }
    for (uint32_t i = 0; i < computed_.size(); ++i) near_computed_.add(computed_[i], i);
    near_computed_.finish();
    for (uint32_t i = 0; i < waited_globs_.size(); ++i) near_globs_.add(waited_globs_[i], i);
    near_globs_.finish();
  }

  void find_misspelled_types() {
    const auto unmade = those(waited_, [&](std::string_view type) { return !is_made(type); });
    NearNames made;
    for (const auto* each : unmade) made.expect(each->name);
    for (const auto& each : emitted_.all()) made.add(each.name);
    for (const auto& each : inputs_.all()) made.add(each.name);
    for (const auto* entry : unmade) {
      const NameList::Entry& each = *entry;
      const std::string_view near = made.find(each.name);
      if (near.empty()) continue;
      const bool from_outside = inputs_.has(near);
      tell(each, near, from_outside ? inputs_.where(near) : emitted_.where(near),
           fmt::format("a rule waits for `{}`, which nothing emits, and `{}` is {}", each.name, near,
                       from_outside ? "declared" : "emitted"));
      search_.misspelled.emplace(each.name);
      search_.misspelled.emplace(near);
    }
    // What nobody hears, beside what somebody waits for.
    if (outputs_.empty()) return;
    const auto unheard = those(emitted_, [&](std::string_view type) {
      return search_.misspelled.count(std::string(type)) == 0 && !is_heard(type);
    });
    NearNames heard;
    for (const auto* each : unheard) heard.expect(each->name);
    for (const auto& each : waited_.all()) heard.add(each.name);
    for (const auto* entry : unheard) {
      const NameList::Entry& each = *entry;
      const std::string_view near = heard.find(each.name);
      if (near.empty()) continue;
      tell(each, near, waited_.where(near),
           fmt::format("`{}` is emitted, which no rule waits for, and one waits for `{}`", each.name, near));
      search_.misspelled.emplace(each.name);
    }
  }

  void find_misspelled_properties() {
    const auto unwritten = those(read_, [&](std::string_view name) {
      return !written_.has(name) &&
             !search_.writers.is_written(search_.model.terms.text_constant(name), false);
    });
    NearNames written;
    for (const auto* each : unwritten) written.expect(each->name);
    for (const auto& each : written_.all()) written.add(each.name);
    for (const auto* entry : unwritten) {
      const NameList::Entry& each = *entry;
      const std::string_view near = written.find(each.name);
      if (near.empty()) continue;
      tell(each, near, written_.where(near),
           fmt::format("the property `{}` is read and never set, and `{}` is set", each.name, near));
      search_.misspelled_properties.emplace(each.name);
    }
  }

  void find_off_convention() {
    NameList types;
    for (const auto& each : inputs_.all()) types.add(each.name, each.where);
    for (const auto& each : emitted_.all()) types.add(each.name, each.where);
    const auto count = static_cast<size_t>(
        std::count_if(types.all().begin(), types.all().end(),
                      [](const NameList::Entry& each) { return follows_convention(each.name); }));
    if (count < kFewest || 2 * count <= types.all().size()) return;
    for (const auto& each : types.all()) {
      if (follows_convention(each.name)) continue;
      search_.note(
          check_codes::kNaming, each.where,
          fmt::format("the event type `{}` is not named `entity.action`, as most here are", each.name),
          "lower case words with a dot between say what it is about and what happened: "
          "`order.submitted`");
    }
  }

 private:
  static constexpr size_t kFewest = 3;

  template <class Is>
  static std::vector<const NameList::Entry*> those(const NameList& names, const Is& is) {
    std::vector<const NameList::Entry*> found;
    for (const NameList::Entry& each : names.all()) {
      if (is(each.name)) found.push_back(&each);
    }
    return found;
  }

  void tell(const NameList::Entry& found, std::string_view near, const Location& other, std::string message) {
    search_
        .warn(check_codes::kNearMiss, found.where, std::move(message),
              fmt::format("did you mean `{}`?", near))
        .related.push_back({other, fmt::format("`{}` stands here", near)});
  }

  bool is_made(std::string_view type) const {
    return emitted_.has(type) || inputs_.has(type) || meets_one_of(near_computed_, computed_, type);
  }

  static bool meets_one_of(const GlobTable& table, const std::vector<std::string_view>& patterns,
                           std::string_view type) {
    const std::vector<uint32_t> near = table.near(type);
    return std::any_of(near.begin(), near.end(), [&](uint32_t i) { return globs_meet(patterns[i], type); });
  }

  bool is_heard(std::string_view type) const {
    return waited_.has(type) || meets_one_of(near_globs_, waited_globs_, type) ||
           std::any_of(outputs_.begin(), outputs_.end(),
                       [&](std::string_view pattern) { return globs_meet(pattern, type); });
  }

  void collect(const ast::Module& module, const ast::Expr& expr) {
    for_each_expr(expr, [&](const ast::Expr& inner) { collect_one(module, inner); });
  }

  void collect_one(const ast::Module& module, const ast::Expr& expr) {
    if (const auto* member = std::get_if<ast::Member>(&expr.node)) {
      if (is_subject(*member->object) && member->name != "ext")
        read_.add(member->name, {module.source, member->name_span});
    } else if (const auto* index = std::get_if<ast::Index>(&expr.node)) {
      const std::string* key = plain_text(index->key.get());
      if (key != nullptr && is_subject(*index->object)) read_.add(*key, {module.source, index->key->span});
    }
  }

  void collect(const ast::Module& module, const ast::Rule& rule) {
    for (const ast::Trigger& trigger : rule.triggers) {
      for (const ast::Pattern& pattern : trigger.patterns) {
        if (trigger.kind == ast::Trigger::Kind::kChanged || trigger.kind == ast::Trigger::Kind::kDeleted) {
          if (!pattern.is_glob) read_.add(pattern.text, {module.source, pattern.span});
        } else if (pattern.is_glob) {
          waited_globs_.push_back(pattern.text);
        } else if (!is_built_in(pattern.text)) {
          waited_.add(pattern.text, {module.source, pattern.span});
        }
      }
    }
    for_each_expr(rule, [&](const ast::Expr& expr) { collect_one(module, expr); });
    for_each_stmt(rule.body, [&](const ast::Stmt& stmt) {
      if (const auto* emit = std::get_if<ast::Emit>(&stmt.node)) {
        if (const std::string* type = plain_text(emit->type.get()))
          emitted_.add(*type, {module.source, emit->type->span});
      } else if (const auto* set = std::get_if<ast::Set>(&stmt.node)) {
        const std::string* name = plain_text(set->target.name.get());
        if (name != nullptr && set->target.kind == ast::Target::Kind::kProperty)
          written_.add(*name, {module.source, set->target.span});
      } else if (const auto* many = std::get_if<ast::SetMany>(&stmt.node)) {
        const auto* map = std::get_if<ast::MapLiteral>(&many->map->node);
        if (map == nullptr) return;
        for (const auto& entry : map->entries) {
          if (const std::string* name = plain_text(entry.key.get()))
            written_.add(*name, {module.source, entry.span});
        }
      }
    });
  }

  FindingSearch& search_;
  NameList waited_;
  NameList emitted_;
  NameList inputs_;
  NameList read_;
  NameList written_;
  std::vector<std::string_view> waited_globs_;
  std::vector<std::string_view> outputs_;
  std::vector<std::string_view> computed_;
  GlobTable near_globs_;     // places in waited_globs_
  GlobTable near_computed_;  // and in computed_
};

}  // namespace

void find_in_names(FindingSearch& search) {
  Names names(search);
  names.find_misspelled_types();
  names.find_misspelled_properties();
  names.find_off_convention();
}

}  // namespace krules::check
