#include "name_graph.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "event_graph.h"
#include "glob_meet.h"
#include "krules/event.h"
#include "krules/glob.h"
#include "syntax_walk.h"

namespace krules::check {

namespace {

/// Comparisons of two patterns in one look: more are left to those who look closer.
constexpr size_t kMostMeetings = 200'000;

bool has_wild_card(std::string_view text) {
  return text.find_first_of("*?") != std::string_view::npos;
}

template <class T, class... Of>
constexpr bool is_one_of = (std::is_same_v<T, Of> || ...);

/// What rules wait for and what they make, by names alone.
class NameGraph {
 public:
  explicit NameGraph(const std::vector<ast::Module>& modules) {
    for (const ast::Module& module : modules) {
      for (const ast::Declaration& declaration : module.declarations) {
        std::visit([this](const auto& node) { collect(node); }, declaration.node);
      }
    }
  }

  bool may_have_circle() {
    if (unseen_) return true;
    for (uint32_t rule = 0; rule < rules_.size(); ++rule) collect_waits(rule);
    wakes_.resize(rules_.size());
    for (uint32_t rule = 0; rule < rules_.size(); ++rule) {
      for_each_stmt(rules_[rule]->body, [&](const ast::Stmt& stmt) { collect_made(rule, stmt); });
    }
    return unseen_ || has_circle();
  }

 private:
  /// Changed and deleted properties are one kind here: who waits for either is woken by both.
  enum Kind : uint8_t { kType, kProperty, kSubjectDeleted, kKinds };

  /// The rules that wait for events of one kind.
  struct Waits {
    std::unordered_map<std::string_view, std::vector<uint32_t>> exact;
    std::vector<std::pair<std::string_view, uint32_t>> globs;
  };

  template <class Node>
  void collect(const Node& node) {
    if constexpr (std::is_same_v<Node, ast::Rule>) {
      rules_.push_back(&node);
    } else {
      unseen_ |= !is_one_of<Node, ast::Const, ast::Param, ast::Fn, ast::Input, ast::Output>;
    }
  }

  void wait(uint32_t rule, Kind kind, std::string_view pattern) {
    if (has_wild_card(pattern)) {
      waits_[kind].globs.emplace_back(pattern, rule);
    } else {
      waits_[kind].exact[pattern].push_back(rule);
    }
  }

  void collect_waits(uint32_t rule) {
    for (const ast::Trigger& trigger : rules_[rule]->triggers) {
      switch (trigger.kind) {
        case ast::Trigger::Kind::kEvent:
          for (const ast::Pattern& pattern : trigger.patterns) {
            wait(rule, kType, pattern.text);
            const Glob glob(pattern.text);
            if (glob.matches(kPropertyChangedType) || glob.matches(kPropertyDeletedType))
              wait(rule, kProperty, "*");
            if (glob.matches(kSubjectDeletedType)) wait(rule, kSubjectDeleted, "*");
          }
          break;
        case ast::Trigger::Kind::kChanged:
        case ast::Trigger::Kind::kDeleted:
          // An event whose type is computed might have the built-in one.
          wait(rule, kType, kPropertyChangedType);
          wait(rule, kType, kPropertyDeletedType);
          if (trigger.patterns.empty()) wait(rule, kProperty, "*");
          for (const ast::Pattern& pattern : trigger.patterns) wait(rule, kProperty, pattern.text);
          break;
        case ast::Trigger::Kind::kSubjectDeleted:
          wait(rule, kType, kSubjectDeletedType);
          wait(rule, kSubjectDeleted, "*");
          break;
        default:
          unseen_ = true;
          break;
      }
    }
  }

  /// What a name can be: its text, with `*` for what is computed.
  void makes(uint32_t rule, Kind kind, const ast::Expr* name) {
    const auto* literal = name == nullptr ? nullptr : std::get_if<ast::StringLiteral>(&name->node);
    if (literal == nullptr || literal->parts.empty()) {
      makes(rule, kind, "*");
      return;
    }
    if (const std::string* text = plain_text(name)) {
      makes(rule, kind, text->empty() ? std::string_view("*") : *text);
      return;
    }
    std::string shape;
    for (const ast::StringLiteral::Part& part : literal->parts) {
      const auto* text = std::get_if<std::string>(&part);
      shape += text == nullptr ? "*" : *text;
    }
    makes(rule, kind, shape);
  }

  void makes(uint32_t rule, Kind kind, std::string_view shape) {
    const Waits& waits = waits_[kind];
    if (unseen_ || (waits.exact.empty() && waits.globs.empty())) return;
    if (waits.globs.empty() && !has_wild_card(shape)) {
      if (const auto found = waits.exact.find(shape); found != waits.exact.end())
        wakes_[rule].push_back(made_exact(found->second));
      return;
    }
    auto& known = patterns_[kind];
    auto found = known.find(std::string(shape));
    if (found == known.end()) {
      found = known.emplace(shape, static_cast<uint32_t>(made_.size())).first;
      std::vector<uint32_t>& woken = made_.emplace_back();
      const bool computed = has_wild_card(shape);
      meetings_ += waits.globs.size() + (computed ? waits.exact.size() : 1);
      unseen_ = meetings_ > kMostMeetings;
      if (unseen_) return;
      for (const auto& [pattern, waiting] : waits.globs) {
        if (globs_meet(pattern, shape)) woken.push_back(waiting);
      }
      const auto add = [&](const std::vector<uint32_t>& list) {
        woken.insert(woken.end(), list.begin(), list.end());
      };
      if (computed) {
        for (const auto& [text, list] : waits.exact) {
          if (globs_meet(text, shape)) add(list);
        }
      } else if (const auto exact = waits.exact.find(shape); exact != waits.exact.end()) {
        add(exact->second);
      }
    }
    if (!made_[found->second].empty()) wakes_[rule].push_back(found->second);
  }

  /// The number of a list of rules that an event wakes.
  uint32_t made_exact(const std::vector<uint32_t>& woken) {
    const auto [place, is_new] = exact_.try_emplace(&woken, static_cast<uint32_t>(made_.size()));
    if (is_new) made_.push_back(woken);
    return place->second;
  }

  void writes(uint32_t rule, const ast::Target& target, const ast::Clauses& clauses) {
    if (clauses.muted || target.kind != ast::Target::Kind::kProperty) return;
    makes(rule, kProperty, target.name.get());
  }

  void writes_all(uint32_t rule, const ast::SetMany& many) {
    if (many.clauses.muted) return;
    const auto* map = many.map == nullptr ? nullptr : std::get_if<ast::MapLiteral>(&many.map->node);
    if (map == nullptr) {
      makes(rule, kProperty, "*");
      return;
    }
    // The names that a spread brings are not written here: its key is null.
    for (const ast::MapLiteral::Entry& entry : map->entries) makes(rule, kProperty, entry.key.get());
  }

  void ends_subject(uint32_t rule, const ast::DeleteSubject& end) {
    if (end.clauses.muted) return;
    makes(rule, kProperty, "*");
    makes(rule, kSubjectDeleted, "*");
  }

  void collect_made(uint32_t rule, const ast::Stmt& stmt) {
    const auto collect = [&]<class Node>(const Node& node) {
      if constexpr (std::is_same_v<Node, ast::Emit>) {
        makes(rule, kType, node.type.get());
      } else if constexpr (is_one_of<Node, ast::Set, ast::Delete>) {
        writes(rule, node.target, node.clauses);
      } else if constexpr (std::is_same_v<Node, ast::SetMany>) {
        writes_all(rule, node);
      } else if constexpr (std::is_same_v<Node, ast::DeleteSubject>) {
        ends_subject(rule, node);
      } else {
        // What stands inside blocks is visited by itself.
        unseen_ |=
            !is_one_of<Node, ast::Let, ast::If, ast::For, ast::Fail, ast::Try, ast::Stop, ast::Log, ast::As>;
      }
    };
    std::visit(collect, stmt.node);
  }

  /// Nodes are the rules and, behind them, what is made.
  bool has_circle() {
    const auto rules = static_cast<uint32_t>(rules_.size());
    if (made_.empty()) return false;
    for (std::vector<uint32_t>& list : wakes_) {
      for (uint32_t& each : list) each += rules;
    }
    const auto next = [&](uint32_t node) -> const std::vector<uint32_t>& {
      return node < rules ? wakes_[node] : made_[node - rules];
    };
    const auto sets = strong_components(static_cast<uint32_t>(rules + made_.size()), next);
    return std::any_of(sets.begin(), sets.end(), [](const auto& set) { return set.size() > 1; });
  }

  std::vector<const ast::Rule*> rules_;
  Waits waits_[kKinds];
  std::vector<std::vector<uint32_t>> made_;  // what events wake, by their number
  std::vector<std::vector<uint32_t>>
      wakes_;  // by rule: numbers of the events that it makes and that wake some
  std::unordered_map<const std::vector<uint32_t>*, uint32_t> exact_;
  std::unordered_map<std::string, uint32_t> patterns_[kKinds];
  size_t meetings_ = 0;
  bool unseen_ = false;  // something that this look does not know, or that would take too long
};

}  // namespace

bool may_have_circle(const std::vector<ast::Module>& modules) {
  return NameGraph(modules).may_have_circle();
}

}  // namespace krules::check
