#include "krules/expand.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>

#include "expand_names.h"
#include "krules/parser.h"
#include "krules/program_codes.h"

namespace krules {

using namespace program_codes;

namespace {

/// Something that can be used: where it is declared.
struct Usable {
  SourcePtr source;
  size_t place;  ///< among the declarations of its file
  Span name_span;
  bool is_wrapper;
};

const std::vector<ast::ModuleParameter>& parameters_of(const ast::Declaration& declaration) {
  const auto* wrapper = std::get_if<ast::Wrapper>(&declaration.node);
  return wrapper != nullptr ? wrapper->parameters : std::get<ast::ModuleDecl>(declaration.node).parameters;
}

/// The `const` that a parameter becomes, null where `value` is none.
ast::Declaration parameter(std::string name, Span span, const std::optional<ast::KindSpec>& kind,
                           ast::ExprPtr value) {
  ast::Declaration declaration;
  declaration.span = value != nullptr ? value->span : span;
  ast::Const made;
  made.name = std::move(name);
  made.name_span = declaration.span;
  made.kind = kind;
  if (value == nullptr) value = std::make_unique<ast::Expr>();  // null
  made.value = std::move(value);
  declaration.node = std::move(made);
  return declaration;
}

/// What people look for as a module and the engine does by itself.
std::string_view instead_of_module(std::string_view path) {
  if (path == "std.metrics" || path == "metrics")
    return "every event and rule is counted and timed: `krules run --metrics-file FILE` writes it";
  if (path == "std.debug" || path == "debug")
    return "`krules run --trace` prints every cascade as a tree, `--trace='api.*'` those with such an event";
  return {};
}

class Expander {
 public:
  Expander(std::vector<ast::Module>& modules, const ModuleLibrary& library)
      : modules_(modules), library_(library) {}

  Expansion run() {
    collect();
    const size_t written = modules_.size();
    for (size_t m = 0; m < written; ++m) {
      const size_t declared = modules_[m].declarations.size();
      for (size_t d = 0; d < declared; ++d) {
        const auto& node = modules_[m].declarations[d].node;
        if (std::holds_alternative<ast::Use>(node)) {
          expand(m, d);
        } else if (std::holds_alternative<ast::Wrapper>(node) && modules_.size() > written) {
          move_behind(m, d);
        }
      }
    }
    for (ast::Module& module : modules_) take_out_what_is_used(module);
    origins_.resize(modules_.size());
    return {std::move(diagnostics_), std::move(origins_)};
  }

 private:
  Diagnostic& report(const ast::Module& module, Span span, std::string message, std::string help = {}) {
    Diagnostic& diagnostic = diagnostics_.emplace_back();
    diagnostic.code = kModule;
    diagnostic.message = std::move(message);
    diagnostic.primary = {{module.source, span}, {}};
    if (!help.empty()) diagnostic.helps.push_back(std::move(help));
    return diagnostic;
  }

  void add(const ast::Module& module, size_t place, const std::string& name, Span span, bool is_wrapper) {
    const auto [known, is_new] = usable_.emplace(name, Usable{module.source, place, span, is_wrapper});
    if (is_new) return;
    Diagnostic& diagnostic = report(module, span, fmt::format("`{}` is declared twice", name),
                                    "all files of a program share their names: choose another one");
    diagnostic.code = kDeclaredTwice;
    diagnostic.related = {{{known->second.source, known->second.name_span}, "first here"}};
  }

  void collect() {
    for (const ast::Module& module : modules_) {
      for (size_t i = 0; i < module.declarations.size(); ++i) {
        const ast::Declaration& declaration = module.declarations[i];
        if (const auto* wrapper = std::get_if<ast::Wrapper>(&declaration.node))
          add(module, i, wrapper->name, wrapper->name_span, true);
        if (const auto* decl = std::get_if<ast::ModuleDecl>(&declaration.node))
          add(module, i, decl->name, decl->name_span, false);
      }
    }
  }

  /// A copy of the declaration that is used, of its own: read from its text again.
  std::optional<ast::Declaration> find(const ast::Module& module, const ast::Use& use, SourcePtr& source) {
    size_t place = 0;
    if (const auto own = usable_.find(use.path); own != usable_.end()) {
      source = own->second.source;
      place = own->second.place;
    } else if (library_.find != nullptr) {
      source = library_.find(use.path);
    }
    if (source == nullptr) {
      std::vector<std::string_view> names(library_.names.begin(), library_.names.end());
      for (const auto& [name, usable] : usable_) names.push_back(name);
      if (const std::string_view instead = instead_of_module(use.path); !instead.empty()) {
        report(module, use.path_span, fmt::format("there is no module `{}`, and none is needed", use.path),
               std::string(instead));
        return std::nullopt;
      }
      std::string_view near = nearest_name(use.path, names);
      if (near.empty()) near = nearest_name("std." + use.path, names);
      report(module, use.path_span, fmt::format("there is no module `{}`", use.path),
             near.empty()
                 ? std::string("modules that come with krules begin with `std.`: `krules doc std` lists them")
                 : fmt::format("did you mean `{}`?", near));
      return std::nullopt;
    }
    ParseResult parsed = parse(source);
    std::vector<ast::Declaration>& declarations = parsed.module.declarations;
    if (usable_.find(use.path) == usable_.end()) {
      // What is wrong in the program's own files was told when they were read.
      std::move(parsed.diagnostics.begin(), parsed.diagnostics.end(), std::back_inserter(diagnostics_));
      while (place < declarations.size() && !std::holds_alternative<ast::Wrapper>(declarations[place].node) &&
             !std::holds_alternative<ast::ModuleDecl>(declarations[place].node)) {
        ++place;
      }
    }
    if (place >= declarations.size()) return std::nullopt;
    return std::move(declarations[place]);
  }

  /// Gates and middleware have an order: what is declared behind a `use` comes behind what is used.
  void move_behind(size_t m, size_t d) {
    auto& wrapper = std::get<ast::Wrapper>(modules_[m].declarations[d].node);
    if (wrapper.triggers.empty()) return;
    ast::Module moved;
    moved.source = modules_[m].source;
    moved.declarations.push_back(std::move(modules_[m].declarations[d]));
    wrapper.triggers.clear();  // and what is left of it is taken out
    modules_.push_back(std::move(moved));
  }

  void expand(size_t m, size_t d) {
    // Taken out of the tree, which grows below.
    ast::Use use = std::move(std::get<ast::Use>(modules_[m].declarations[d].node));
    SourcePtr source;
    std::optional<ast::Declaration> used = find(modules_[m], use, source);
    if (!used.has_value()) return;
    const size_t dot = use.path.rfind('.');
    std::string name =
        !use.as_name.empty() ? use.as_name : use.path.substr(dot == std::string::npos ? 0 : dot + 1);
    if (!is_free(modules_[m], use, name)) return;

    ast::Module made;
    made.source = source;
    std::vector<ast::Declaration> given;
    Renaming renaming(name);
    if (!bind(modules_[m], use, *used, name, given, made.declarations, renaming)) return;
    std::vector<ast::ExprPtr> conditions = conditions_of(modules_[m], use, name, given);
    if (auto* wrapper = std::get_if<ast::Wrapper>(&used->node)) {
      if (!place(modules_[m], use, *wrapper, conditions)) return;
      wrapper->name = name;
      wrapper->instance = name;
      renaming.apply(*used);
      made.declarations.push_back(std::move(*used));
    } else {
      take_in(modules_[m], use, std::get<ast::ModuleDecl>(used->node), conditions, renaming, made);
    }
    for (ast::Declaration& declaration : given) modules_[m].declarations.push_back(std::move(declaration));
    origins_.resize(modules_.size());
    origins_.push_back({modules_[m].source, use.path_span});
    modules_.push_back(std::move(made));
  }

  bool is_free(const ast::Module& module, const ast::Use& use, const std::string& name) {
    const Span span = use.as_name.empty() ? use.path_span : use.as_span;
    const auto [known, is_new] = uses_.emplace(name, Location{module.source, span});
    if (is_new) return true;
    Diagnostic& diagnostic = report(module, span, fmt::format("two uses are called `{}`", name),
                                    "give one of them a name: `use ... as NAME`");
    diagnostic.related = {{known->second, "the first one"}};
    return false;
  }

  /// Makes a `param` of every parameter: of those that are given among the declarations of the file that uses
  /// it.
  bool bind(const ast::Module& module, ast::Use& use, const ast::Declaration& used, const std::string& name,
            std::vector<ast::Declaration>& given, std::vector<ast::Declaration>& made, Renaming& renaming) {
    auto& parameters = const_cast<std::vector<ast::ModuleParameter>&>(parameters_of(used));
    std::vector<ast::Argument*> bound(parameters.size(), nullptr);
    computed_.clear();
    size_t next = 0;
    for (ast::Argument& argument : use.arguments) {
      size_t at = next++;
      if (!argument.name.empty()) {
        const auto found = std::find_if(parameters.begin(), parameters.end(),
                                        [&](const auto& each) { return each.name == argument.name; });
        at = static_cast<size_t>(found - parameters.begin());
      }
      if (at < parameters.size() && bound[at] == nullptr) {
        bound[at] = &argument;
        continue;
      }
      std::string list;
      for (const ast::ModuleParameter& each : parameters)
        list += (list.empty() ? "`" : ", `") + each.name + "`";
      report(module, argument.name.empty() ? argument.value->span : argument.name_span,
             at < parameters.size()  ? fmt::format("`{}` is given twice", parameters[at].name)
             : argument.name.empty() ? fmt::format("`{}` does not take so many arguments", use.path)
                                     : fmt::format("`{}` has no parameter `{}`", use.path, argument.name),
             list.empty() ? "it has no parameters" : "its parameters are " + list);
      return false;
    }
    for (size_t i = 0; i < parameters.size(); ++i) {
      ast::ModuleParameter& each = parameters[i];
      const std::string full = name + "." + each.name;
      renaming.add(each.name, full);
      if (bound[i] != nullptr) {
        if (!renaming.set_text(each.name, *bound[i]->value))
          computed_.emplace(each.name, bound[i]->value->span);
        const Span span = bound[i]->value->span;
        given.push_back(parameter(full, span, each.kind, std::move(bound[i]->value)));
      } else if (each.default_value != nullptr || (each.kind.has_value() && each.kind->optional)) {
        if (each.default_value != nullptr) renaming.set_text(each.name, *each.default_value);
        made.push_back(parameter(full, each.span, each.kind, std::move(each.default_value)));
      } else {
        report(module, use.path_span, fmt::format("`{}` needs an argument `{}`", use.path, each.name),
               fmt::format("write `use {}({}: ...)`", use.path, each.name));
        return false;
      }
    }
    return true;
  }

  /// The conditions of a `use` stand in another file than what they are for: each becomes a function there.
  static std::vector<ast::ExprPtr> conditions_of(const ast::Module&, ast::Use& use, const std::string& name,
                                                 std::vector<ast::Declaration>& given) {
    std::vector<ast::ExprPtr> calls;
    for (ast::HeadClause& clause : use.head) {
      auto* when = std::get_if<ast::When>(&clause);
      if (when == nullptr) continue;
      ast::Fn fn;
      fn.name = fmt::format("{}.when{}", name, calls.size() + 1);
      fn.name_span = when->span;
      auto call = std::make_unique<ast::Expr>();
      call->node = ast::Call{fn.name, {}, {}};
      fn.body = std::move(when->condition);
      ast::Declaration declaration;
      declaration.span = when->span;
      declaration.node = std::move(fn);
      given.push_back(std::move(declaration));
      calls.push_back(std::move(call));
    }
    return calls;
  }

  /// Gives a gate or middleware the patterns and conditions of its `use`.
  bool place(const ast::Module& module, const ast::Use& use, ast::Wrapper& wrapper,
             const std::vector<ast::ExprPtr>& conditions) {
    if (use.triggers.empty()) {
      report(module, use.path_span,
             fmt::format("`{}` is a {}, and nothing says of which events", use.path,
                         wrapper.kind == ast::Wrapper::Kind::kGate ? "gate" : "middleware"),
             fmt::format("write `use {} on api.*`, or `on *` for all of them", use.path));
      return false;
    }
    const auto copies = [&](const std::vector<ast::Pattern>& patterns) {
      std::vector<ast::Pattern> made = patterns;
      for (ast::Pattern& pattern : made) pattern.span = wrapper.name_span;
      return made;
    };
    for (const ast::Trigger& trigger : use.triggers) {
      ast::Trigger& made = wrapper.triggers.emplace_back();
      made.kind = trigger.kind;
      made.patterns = copies(trigger.patterns);
      made.subjects = copies(trigger.subjects);
      made.span = wrapper.name_span;
    }
    for (const ast::ExprPtr& condition : conditions) {
      auto call = std::make_unique<ast::Expr>();
      call->node = ast::Call{std::get<ast::Call>(condition->node).callee, wrapper.name_span, {}};
      call->span = wrapper.name_span;
      wrapper.head.emplace_back(ast::When{std::move(call), wrapper.name_span});
    }
    return true;
  }

  void take_in(const ast::Module& module, const ast::Use& use, ast::ModuleDecl& decl,
               const std::vector<ast::ExprPtr>& conditions, Renaming& renaming, ast::Module& made) {
    bool takes_patterns = false;
    for (ast::Declaration& inner : decl.declarations) {
      auto* wrapper = std::get_if<ast::Wrapper>(&inner.node);
      if (wrapper == nullptr || !wrapper->triggers.empty()) continue;
      takes_patterns = true;
      if (!place(module, use, *wrapper, conditions)) return;
    }
    if (!takes_patterns && !(use.triggers.empty() && use.head.empty())) {
      report(module, use.path_span, fmt::format("the rules of `{}` have events of their own", use.path),
             fmt::format("write `use {}` without `on` and `when`", use.path));
      return;
    }
    for (const ast::Declaration& inner : decl.declarations) renaming.add_declared(inner);
    for (ast::Declaration& inner : decl.declarations) {
      // What waits for an event whose name was not given is left out.
      const std::string missing = renaming.fill_patterns(inner);
      if (const auto computed = computed_.find(missing); computed != computed_.end()) {
        report(module, computed->second,
               fmt::format("`{}` is part of a pattern, which is fixed text", missing),
               "write it as a plain text, in quotes");
      }
      if (!missing.empty()) continue;
      renaming.apply(inner);
      made.declarations.push_back(std::move(inner));
    }
  }

  static void take_out_what_is_used(ast::Module& module) {
    std::erase_if(module.declarations, [](const ast::Declaration& declaration) {
      const auto* wrapper = std::get_if<ast::Wrapper>(&declaration.node);
      return std::holds_alternative<ast::Use>(declaration.node) ||
             std::holds_alternative<ast::ModuleDecl>(declaration.node) ||
             (wrapper != nullptr && wrapper->triggers.empty());
    });
  }

  std::vector<ast::Module>& modules_;
  const ModuleLibrary& library_;
  std::map<std::string, Usable, std::less<>> usable_;
  std::map<std::string, Location, std::less<>> uses_;
  /// Of the use at hand: arguments that are no plain text.
  std::map<std::string, Span, std::less<>> computed_;
  std::vector<Diagnostic> diagnostics_;
  std::vector<Location> origins_;  // as Expansion::uses
};

}  // namespace

Expansion expand_uses(std::vector<ast::Module>& modules, const ModuleLibrary& library) {
  return Expander(modules, library).run();
}

}  // namespace krules
