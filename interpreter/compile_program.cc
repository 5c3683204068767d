#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "compiler.h"
#include "counted.h"
#include "krules/codes.h"
#include "krules/release_trees.h"
#include "test_names.h"
#include "visit_expressions.h"

namespace krules {

using namespace program_codes;

namespace {

bool can_be_property_event(const ast::Trigger& trigger) {
  if (trigger.kind == ast::Trigger::Kind::kChanged || trigger.kind == ast::Trigger::Kind::kDeleted)
    return true;
  return trigger.kind == ast::Trigger::Kind::kEvent &&
         std::any_of(trigger.patterns.begin(), trigger.patterns.end(), [](const ast::Pattern& pattern) {
           if (!pattern.is_glob)
             return pattern.text == kPropertyChangedType || pattern.text == kPropertyDeletedType;
           const Glob glob(pattern.text);
           return glob.matches(kPropertyChangedType) || glob.matches(kPropertyDeletedType);
         });
}

std::string_view file_stem(std::string_view path) {
  const size_t slash = path.find_last_of('/');
  if (slash != std::string_view::npos) path.remove_prefix(slash + 1);
  return path.substr(0, path.find_last_of('.'));
}

}  // namespace

ProgramCompiler::ProgramCompiler(const std::vector<ast::Module>& modules, const CompileOptions& options)
    : modules_(modules),
      options_(options),
      symbols_(options.symbols != nullptr ? std::make_shared<SymbolTable>(*options.symbols)
                                          : std::make_shared<SymbolTable>()) {
  auto impl = std::make_unique<Program::Impl>();
  impl_ = impl.get();
  impl_->symbols = symbols_;
  // Rules on `*` see the built-in events without naming them.
  for (std::string_view type : {kPropertyChangedType, kPropertyDeletedType, kSubjectDeletedType})
    symbols_->intern(type);
  for (const ast::Module& module : modules) {
    impl_->sources.push_back(module.source);
    whole_ = whole_ && module.errors.empty();
  }
  program_ = std::make_shared<Program>(std::move(impl));
}

Diagnostic& ProgramCompiler::report(std::string_view code, uint32_t source, Span span, std::string message) {
  Diagnostic& diagnostic = diagnostics_.emplace_back();
  reported_in_.resize(diagnostics_.size(), kNoModule);
  reported_in_.back() = source;
  diagnostic.code = code;
  diagnostic.message = std::move(message);
  diagnostic.primary.where = {impl_->sources[source], span};
  return diagnostic;
}

Label ProgramCompiler::label(uint32_t source, Span span, std::string text) const {
  return {{impl_->sources[source], span}, std::move(text)};
}

NamePattern ProgramCompiler::exact_pattern(std::string_view text) {
  return {std::string(text), symbols_->intern(text), Glob(text)};
}

NamePattern ProgramCompiler::name_pattern(const ast::Pattern& pattern) {
  return {pattern.text, pattern.is_glob ? nullptr : symbols_->intern(pattern.text), Glob(pattern.text)};
}

std::vector<CompiledTrigger> ProgramCompiler::triggers_of(const std::vector<ast::Trigger>& written) {
  using Kind = ast::Trigger::Kind;
  std::vector<CompiledTrigger> triggers;
  triggers.reserve(written.size());
  for (const ast::Trigger& trigger : written) {
    CompiledTrigger& made = triggers.emplace_back();
    switch (trigger.kind) {
      case Kind::kEvent:
        break;
      case Kind::kChanged:
        made.types.push_back(exact_pattern(kPropertyChangedType));
        break;
      case Kind::kDeleted:
        made.types.push_back(exact_pattern(kPropertyDeletedType));
        break;
      case Kind::kSubjectDeleted:
        made.types.push_back(exact_pattern(kSubjectDeletedType));
        break;
      case Kind::kEvery:
      case Kind::kAt:
        break;
    }
    auto& names = trigger.kind == Kind::kEvent ? made.types : made.properties;
    for (const ast::Pattern& pattern : trigger.patterns) names.push_back(name_pattern(pattern));
    for (const ast::Pattern& pattern : trigger.subjects) made.subjects.push_back(name_pattern(pattern));
  }
  return triggers;
}

// The name of a rule that has none of its own: its file and what fires it.
std::string ProgramCompiler::name_of(const ast::Rule& rule, uint32_t source) const {
  using Kind = ast::Trigger::Kind;
  if (!rule.name.empty()) return rule.name;
  const ast::Trigger& trigger = rule.triggers.front();
  const std::string_view first =
      trigger.patterns.empty() ? "*" : std::string_view(trigger.patterns.front().text);
  const std::string_view file = file_stem(impl_->sources[source]->name());
  switch (trigger.kind) {
    case Kind::kEvent:
      break;
    case Kind::kChanged:
      return fmt::format("{}:changed {}", file, first);
    case Kind::kDeleted:
      return fmt::format("{}:deleted {}", file, first);
    case Kind::kSubjectDeleted:
      return fmt::format("{}:subject deleted", file);
    case Kind::kEvery:
      return fmt::format("{}:every", file);
    case Kind::kAt:
      return fmt::format("{}:at", file);
  }
  return fmt::format("{}:{}", file, first);
}

template <class Declared>
void ProgramCompiler::compile_unit(const ast::Declaration& declaration, const Declared& declared,
                                   uint32_t source, CompiledRule& made) {
  made.where = {impl_->sources[source], declared.head_span};
  made.doc = declaration.doc;
  made.content_hash = hash_text(impl_->sources[source]->text(declaration.span)) ^ definitions_hash_;
  made.triggers = triggers_of(declared.triggers);

  const uintptr_t code_begin = impl_->arena.mark();
  std::vector<CompiledRule::HeadStep> whens;
  UnitCompiler unit(*this, UnitCompiler::Kind::kRule, source);
  unit.role = made.role;
  unit.instance =
      declared.instance.empty() ? std::string_view(made.name) : std::string_view(declared.instance);
  unit.property_events =
      std::any_of(declared.triggers.begin(), declared.triggers.end(), can_be_property_event);
  unit.payload_fields = declared_fields(declared.triggers);
  unit.skipped = declared.skipped;
  uint8_t flags = 0;
  for (const ast::HeadClause& clause : declared.head) {
    if (const auto* let = std::get_if<ast::Let>(&clause)) {
      unit.declare_lazy(*let);
      continue;
    }
    const auto& when = std::get<ast::When>(clause);
    const Node* condition = unit.expression(*when.condition);
    flags |= condition->flags;
    if (tests_ == Tests::kKept) condition = counted(*condition, when.condition->span, impl_->arena);
    whens.push_back({condition});
  }
  made.reads_subject_before_body = (flags & kReadsSubjects) != 0;
  auto* body = new (impl_->arena.allocate(sizeof(BodyStmt), alignof(BodyStmt))) BodyStmt();
  body->block = unit.block(declared.body);
  body->source = source;
  body->span = declared.body.span;
  body->run = body_statement();
  made.body = tests_ == Tests::kKept ? counted(*body, impl_->arena) : body;
  unit.finish();
  made.whens = kept(whens);
  made.lazy_slots = kept(unit.lazy_slots());
  made.local_count = unit.slot_count();
  made.code = impl_->arena.since(code_begin);
  made.guards = guards_of(made.whens);
}

void ProgramCompiler::compile_rule(const ast::Declaration& declaration, const ast::Rule& rule,
                                   uint32_t source) {
  CompiledRule& made = impl_->rules.emplace_back();
  made.number = static_cast<uint32_t>(impl_->rules.size() - 1);
  made.name = name_of(rule, source);
  rule_places_.push_back({{source, rule.name_span}, !rule.name.empty()});
  compile_unit(declaration, rule, source, made);
}

void ProgramCompiler::compile_wrappers() {
  size_t count = 0;
  for (const ast::Module& module : modules_) {
    count += static_cast<size_t>(std::count_if(
        module.declarations.begin(), module.declarations.end(),
        [](const ast::Declaration& each) { return std::holds_alternative<ast::Wrapper>(each.node); }));
  }
  impl_->wrappers.reserve(count);
  for (uint32_t source = 0; source < modules_.size(); ++source) {
    for (const ast::Declaration& declaration : modules_[source].declarations) {
      const auto* wrapper = std::get_if<ast::Wrapper>(&declaration.node);
      // Without a trigger of its own it runs where it is used.
      if (wrapper == nullptr || wrapper->triggers.empty()) continue;
      CompiledRule& made = impl_->wrappers.emplace_back();
      made.number = static_cast<uint32_t>(impl_->rules.size() + impl_->wrappers.size() - 1);
      made.name = wrapper->name;
      made.role = wrapper->kind == ast::Wrapper::Kind::kGate ? CompiledRule::Role::kGate
                                                             : CompiledRule::Role::kMiddleware;
      compile_unit(declaration, *wrapper, source, made);
    }
  }
}

void ProgramCompiler::compile_rules() {
  size_t count = 0;
  for (const ast::Module& module : modules_) count += module.declarations.size();
  impl_->rules.reserve(count);
  // The fields that rules emit are known by names that lie in their trees.
  const bool gives_back = spent_ != nullptr && emitted_fields_.empty();
  for (uint32_t source = 0; source < modules_.size(); ++source) {
    for (size_t i = 0; i < modules_[source].declarations.size(); ++i) {
      const ast::Declaration& declaration = modules_[source].declarations[i];
      const auto* rule = std::get_if<ast::Rule>(&declaration.node);
      if (rule == nullptr) continue;
      compile_rule(declaration, *rule, source);
      if (!gives_back || !may_release_->load(std::memory_order_acquire)) continue;
      auto& spent = std::get<ast::Rule>((*spent_)[source].declarations[i].node);
      spent.head = std::vector<ast::HeadClause>();
      spent.body = ast::Block();
    }
  }
}

void ProgramCompiler::report_not_built(uint32_t source, Span span, std::string_view word) {
  report(codes::kNotYet, source, span, fmt::format("`{}` is not built into this version yet", word));
}

void ProgramCompiler::refuse_what_is_not_built() {
  for (uint32_t source = 0; source < modules_.size(); ++source) {
    for (const ast::Declaration& declaration : modules_[source].declarations) {
      std::string_view word;
      if (std::holds_alternative<ast::ModuleDecl>(declaration.node)) word = "module";
      if (std::holds_alternative<ast::Use>(declaration.node)) word = "use";
      if (!word.empty()) report_not_built(source, declaration.span, word);
    }
  }
}

// Written names are unique, or it is an error; made ones get a number.
void ProgramCompiler::check_rule_names() {
  std::unordered_map<std::string_view, size_t> seen;
  seen.reserve(impl_->rules.size());
  for (size_t i = 0; i < impl_->rules.size(); ++i) {
    if (!rule_places_[i].second) continue;
    const auto [found, is_new] = seen.emplace(impl_->rules[i].name, i);
    if (is_new) continue;
    const Place& here = rule_places_[i].first;
    const Place& first = rule_places_[found->second].first;
    Diagnostic& diagnostic = report(kDeclaredTwice, here.source, here.span,
                                    fmt::format("the rule `{}` is declared twice", impl_->rules[i].name));
    diagnostic.related = {label(first.source, first.span, "first here")};
    diagnostic.helps = {"all files of a program share their names: choose another one"};
  }
  std::unordered_map<std::string, uint32_t> made;
  for (size_t i = 0; i < impl_->rules.size(); ++i) {
    if (rule_places_[i].second) continue;
    std::string& name = impl_->rules[i].name;
    uint32_t& number = made[name];
    ++number;
    if (number > 1) name = fmt::format("{}#{}", name, number);
  }
}

// What is wrong in a module that is used is told once, with all the uses that bring it in.
void ProgramCompiler::tell_uses() {
  std::map<std::tuple<std::string, std::string, const Source*, size_t>, size_t> first;
  std::vector<Diagnostic> kept;
  for (size_t i = 0; i < diagnostics_.size(); ++i) {
    Diagnostic& each = diagnostics_[i];
    const uint32_t module = i < reported_in_.size() ? reported_in_[i] : kNoModule;
    const bool is_used = module < options_.uses.size() && options_.uses[module].source != nullptr;
    if (is_used) {
      const Label use{options_.uses[module], "brought in here"};
      const Location& where = each.primary.where;
      const auto [found, is_new] = first.emplace(
          std::tuple(each.code, each.message, where.source.get(), where.span.begin), kept.size());
      if (!is_new) {
        kept[found->second].related.push_back(use);
        continue;
      }
      each.related.push_back(use);
    }
    kept.push_back(std::move(each));
  }
  diagnostics_ = std::move(kept);
}

// A place where the parser found an error needs no second message.
void ProgramCompiler::drop_what_was_said() {
  std::erase_if(diagnostics_, [this](const Diagnostic& diagnostic) {
    const Location& here = diagnostic.primary.where;
    return std::any_of(modules_.begin(), modules_.end(), [&](const ast::Module& module) {
      return module.source == here.source &&
             std::any_of(module.errors.begin(), module.errors.end(), [&](Span error) {
               return error.begin < here.span.end && here.span.begin < error.end;
             });
    });
  });
}

CompileResult ProgramCompiler::compile() {
  collect_definitions();
  std::vector<Definition*> order;
  order_definitions(order);
  for (Definition* definition : order) compile_definition(*definition);
  check_unknown_parameters();
  collect_emitted_fields();
  collect_test_names();
  compile_inputs();
  compile_outputs();
  compile_rules();
  check_rule_names();
  compile_wrappers();
  compile_schedules();
  compile_tests();
  refuse_what_is_not_built();
  if (!name_is_set_ && whole_) {
    for (const Place& place : name_reads_) {
      Diagnostic& diagnostic = report(kReadsName, place.source, place.span,
                                      "`subject.name` reads a property called name, which no rule sets");
      diagnostic.severity = Severity::kWarning;
      diagnostic.helps = {"the subject's name is `subject`"};
    }
  }
  tell_uses();
  if (!whole_) drop_what_was_said();
  // In the order of the text, whatever the order of the passes.
  const auto rank = [this](const Diagnostic& diagnostic) {
    const auto found =
        std::find(impl_->sources.begin(), impl_->sources.end(), diagnostic.primary.where.source);
    return std::pair(found - impl_->sources.begin(), diagnostic.primary.where.span.begin);
  };
  std::stable_sort(diagnostics_.begin(), diagnostics_.end(),
                   [&](const Diagnostic& a, const Diagnostic& b) { return rank(a) < rank(b); });
  const bool failed =
      !whole_ || std::any_of(diagnostics_.begin(), diagnostics_.end(),
                             [](const Diagnostic& each) { return each.severity == Severity::kError; });
  CompileResult result;
  if (!failed) result.program = std::move(program_);
  result.diagnostics = std::move(diagnostics_);
  return result;
}

CompileResult compile(const std::vector<ast::Module>& modules, const CompileOptions& options) {
  return ProgramCompiler(modules, options).compile();
}

CompileResult compile_and_release(std::vector<ast::Module>& modules, const std::atomic<bool>& may_release,
                                  const CompileOptions& options) {
  return ProgramCompiler(&modules, &may_release, options).compile();
}

}  // namespace krules
