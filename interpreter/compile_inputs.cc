#include <fmt/format.h>

#include <algorithm>

#include "compiler.h"

namespace krules {

using namespace program_codes;

namespace {

/// Calls `visit` for every statement of a block and of the blocks inside it.
template <class Visit>
void for_each_statement(const ast::Block& block, const Visit& visit) {
  for (const ast::Stmt& stmt : block.statements) {
    visit(stmt);
    if (const auto* branch = std::get_if<ast::If>(&stmt.node)) {
      for_each_statement(branch->then_block, visit);
      for_each_statement(branch->else_block, visit);
    } else if (const auto* loop = std::get_if<ast::For>(&stmt.node)) {
      for_each_statement(loop->body, visit);
    } else if (const auto* attempt = std::get_if<ast::Try>(&stmt.node)) {
      for_each_statement(attempt->body, visit);
      for_each_statement(attempt->handler, visit);
    } else if (const auto* as = std::get_if<ast::As>(&stmt.node)) {
      for_each_statement(as->body, visit);
    }
  }
}

/// The text of a string without interpolation; null for any other expression.
const std::string* plain_text(const ast::ExprPtr& expr) {
  const auto* literal = expr != nullptr ? std::get_if<ast::StringLiteral>(&expr->node) : nullptr;
  if (literal == nullptr || literal->parts.size() != 1) return nullptr;
  return std::get_if<std::string>(&literal->parts[0]);
}

bool is_input_with_fields(const ast::Declaration& declaration) {
  const auto* input = std::get_if<ast::Input>(&declaration.node);
  return input != nullptr && input->has_fields;
}

}  // namespace

// An event type that comes from outside may be emitted by rules as well, with other fields.
void ProgramCompiler::collect_emitted_fields() {
  const bool needed = std::any_of(modules_.begin(), modules_.end(), [](const ast::Module& module) {
    return std::any_of(module.declarations.begin(), module.declarations.end(), is_input_with_fields);
  });
  if (!needed) return;
  const auto note = [this](const ast::Stmt& stmt) {
    if (const auto* call = std::get_if<ast::CallAction>(&stmt.node)) {
      const std::string* type = plain_text(call->reply);
      if (type != nullptr) emitted_fields_[*type].open = true;
      return;
    }
    const auto* emit = std::get_if<ast::Emit>(&stmt.node);
    if (emit == nullptr) return;
    const std::string* type = plain_text(emit->type);
    if (type == nullptr) return;
    EmittedFields& fields = emitted_fields_[*type];
    if (emit->payload == nullptr) return;
    const auto* map = std::get_if<ast::MapLiteral>(&emit->payload->node);
    if (map == nullptr) {
      fields.open = true;
      return;
    }
    for (const auto& entry : map->entries) {
      const std::string* key = plain_text(entry.key);
      if (key != nullptr) {
        fields.names.push_back(*key);
      } else {
        fields.open = true;
      }
    }
  };
  for (const ast::Module& module : modules_) {
    for (const ast::Declaration& declaration : module.declarations) {
      const auto* rule = std::get_if<ast::Rule>(&declaration.node);
      if (rule != nullptr) for_each_statement(rule->body, note);
    }
  }
}

const std::vector<std::string_view>* ProgramCompiler::declared_fields(
    const std::vector<ast::Trigger>& triggers) {
  // What did not parse may emit the event as well.
  if (impl_->inputs.empty() || !whole_) return nullptr;
  known_fields_.clear();
  for (const ast::Trigger& trigger : triggers) {
    if (trigger.kind != ast::Trigger::Kind::kEvent) return nullptr;
    for (const ast::Pattern& pattern : trigger.patterns) {
      if (pattern.is_glob) return nullptr;
      const CompiledInput* input = program_->input(symbols_->intern(pattern.text));
      if (input == nullptr || !input->has_fields) return nullptr;
      for (const CompiledInput::Field& field : input->fields) known_fields_.push_back(field.name->text());
      const auto emitted = emitted_fields_.find(pattern.text);
      if (emitted == emitted_fields_.end()) continue;
      if (emitted->second.open) return nullptr;
      known_fields_.insert(known_fields_.end(), emitted->second.names.begin(), emitted->second.names.end());
    }
  }
  return &known_fields_;
}

void ProgramCompiler::compile_inputs() {
  std::unordered_map<std::string_view, const CompiledInput*> declared;
  for (uint32_t source = 0; source < modules_.size(); ++source) {
    for (const ast::Declaration& declaration : modules_[source].declarations) {
      const auto* input = std::get_if<ast::Input>(&declaration.node);
      if (input == nullptr) continue;
      CompiledInput& made = impl_->inputs.emplace_back();
      made.type = name_pattern(input->type);
      made.has_fields = input->has_fields;
      made.span = input->type.span;
      made.source = source;
      for (const ast::Input::Field& field : input->fields) {
        made.fields.push_back({symbols_->intern(field.name), field.kind});
      }
      const auto [known, is_new] = declared.try_emplace(made.type.text, &made);
      if (!is_new) {
        const CompiledInput* first = known->second;
        Diagnostic& diagnostic = report(kDeclaredTwice, source, made.span,
                                        fmt::format("the input `{}` is declared twice", made.type.text));
        diagnostic.related = {label(first->source, first->span, "first here")};
      }
      if (made.type.exact != nullptr) {
        impl_->inputs_by_type.emplace(made.type.exact, &made);
      } else {
        impl_->inputs_by_glob.push_back(&made);
      }
      if (input->subject == nullptr) continue;
      UnitCompiler unit(*this, UnitCompiler::Kind::kInput, source);
      made.subject = unit.expression(*input->subject);
      unit.finish();
      made.local_count = unit.slot_count();
      if ((made.subject->flags & (kReadsSubjects | kReadsSubjectName)) != 0) {
        report(kNotAvailable, source, input->subject->span,
               "this reads a subject, before the event's own is known")
            .helps = {"compute the subject from `payload` alone"};
      }
    }
  }
}

void ProgramCompiler::compile_outputs() {
  std::vector<std::pair<std::string_view, Place>> seen;
  for (uint32_t source = 0; source < modules_.size(); ++source) {
    for (const ast::Declaration& declaration : modules_[source].declarations) {
      const auto* output = std::get_if<ast::Output>(&declaration.node);
      if (output == nullptr) continue;
      for (const ast::Pattern& type : output->types) {
        const auto same =
            std::find_if(seen.begin(), seen.end(), [&](const auto& each) { return each.first == type.text; });
        if (same != seen.end()) {
          report(kDeclaredTwice, source, type.span,
                 fmt::format("the output `{}` is declared twice", type.text))
              .related = {label(same->second.source, same->second.span, "first here")};
        }
        seen.push_back({type.text, {source, type.span}});
        impl_->outputs.push_back(name_pattern(type));
      }
    }
  }
}

}  // namespace krules
