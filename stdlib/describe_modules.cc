// What `krules doc std` prints.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "krules/parser.h"
#include "krules/stdlib.h"

namespace krules {

namespace {

/// What stands in the file of a module: the first thing that can be used.
struct Described {
  SourcePtr source;
  ast::Module module;
  const ast::Declaration* used = nullptr;
  const std::vector<ast::ModuleParameter>* parameters = nullptr;
  std::string_view kind;
  bool takes_on = false;
};

bool is_wrapper_to_be_placed(const ast::Declaration& declaration) {
  const auto* wrapper = std::get_if<ast::Wrapper>(&declaration.node);
  return wrapper != nullptr && wrapper->triggers.empty();
}

Described look_at(SourcePtr source) {
  Described found;
  found.source = source;
  found.module = parse(source).module;
  for (const ast::Declaration& declaration : found.module.declarations) {
    if (const auto* wrapper = std::get_if<ast::Wrapper>(&declaration.node)) {
      found.parameters = &wrapper->parameters;
      found.kind = wrapper->kind == ast::Wrapper::Kind::kGate ? "a gate" : "middleware";
      found.takes_on = wrapper->triggers.empty();
    } else if (const auto* module = std::get_if<ast::ModuleDecl>(&declaration.node)) {
      found.parameters = &module->parameters;
      found.kind = "a module";
      found.takes_on =
          std::any_of(module->declarations.begin(), module->declarations.end(), is_wrapper_to_be_placed);
    } else {
      continue;
    }
    found.used = &declaration;
    break;
  }
  return found;
}

std::string parameter_list(const Described& described) {
  std::string text;
  for (const ast::ModuleParameter& parameter : *described.parameters) {
    text += text.empty() ? "" : ", ";
    // As it is written: from the name to the end of the default, or of the kind.
    const std::string_view written = described.source->text();
    const size_t end = parameter.default_value != nullptr ? parameter.default_value->span.end
                                                          : written.find_first_of(",)", parameter.span.begin);
    text += written.substr(parameter.span.begin, end - parameter.span.begin);
  }
  return text.empty() ? text : "(" + text + ")";
}

/// Up to the first full stop, colon or semicolon that ends a word.
std::string_view first_sentence(std::string_view doc) {
  size_t end = doc.find_first_of(".:;");
  while (end < doc.size() && end + 1 < doc.size() && doc[end + 1] != ' ' && doc[end + 1] != '\n')
    end = doc.find_first_of(".:;", end + 1);
  return doc.substr(0, end);
}

}  // namespace

std::string describe_modules(const ModuleLibrary& library) {
  std::string text;
  for (const std::string& name : library.names) {
    const Described described = look_at(library.find(name));
    if (described.used == nullptr) continue;
    std::string summary(first_sentence(described.used->doc));
    std::replace(summary.begin(), summary.end(), '\n', ' ');
    fmt::format_to(std::back_inserter(text), "  {:<24}{}\n", name, summary);
  }
  return text;
}

std::optional<std::string> describe_module(const ModuleLibrary& library, std::string_view name) {
  const SourcePtr source = library.find(name);
  if (source == nullptr) return std::nullopt;
  const Described described = look_at(source);
  if (described.used == nullptr) return std::nullopt;
  std::string text = fmt::format("use {}{}{}\n  {}\n", name, parameter_list(described),
                                 described.takes_on ? " on PATTERN" : "", described.kind);
  return text + "\n" + std::string(source->text());
}

}  // namespace krules
