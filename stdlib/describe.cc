// What `krules doc` prints.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "krules/stdlib.h"

namespace krules {

namespace {

// Signatures up to this width stand in a column of their own.
constexpr size_t kSignatureWidth = 44;

/// What looks like a function and is a part of the language.
struct Form {
  std::string_view name;
  std::string_view signature;
  std::string_view summary;
  std::string_view example;
};
constexpr auto kForms = std::to_array<Form>({
    {"has", "has(subject.NAME) -> bool", "whether a property is set, be it to null", "has(subject.total)"},
    {"subject", "subject(NAME)", "another subject, whose properties are read with a dot",
     "subject(\"user-7\").tier"},
    {"props", "subject.props() -> map", "all properties of a subject", "subject(\"user-7\").props()"},
    {"pending", "pending(KEY [, SUBJECT]) -> timestamp", "when the timer of that key is due, null for none",
     "pending(\"off\") != null"},
    {"state", "state(KEY)", "what middleware or a gate keeps for a key, in extended properties",
     "set ext.count += 1 from 0 on state(subject)"},
});

std::string action_signature(const ActionSpec& spec) {
  std::string text = spec.name + "(";
  for (const ActionSpec::Parameter& parameter : spec.parameters) {
    const std::string comma = text.back() == '(' ? "" : ", ";
    text += parameter.optional ? " [" + comma + parameter.name + "]" : comma + parameter.name;
  }
  return text + ")";
}

}  // namespace

std::string function_signature(const FunctionSpec& spec) {
  std::string text = spec.name + "(";
  for (size_t i = 0; i < spec.parameters.size(); ++i) {
    const ParameterSpec& parameter = spec.parameters[i];
    const bool repeated = spec.variadic && i + 1 == spec.parameters.size();
    const std::string shown = parameter.name + ": " + parameter.kinds + (repeated ? ", ..." : "");
    const std::string comma = i == 0 ? "" : ", ";
    text += parameter.optional ? (i == 0 ? "[" : " [") + comma + shown + "]" : comma + shown;
  }
  return text + ") -> " + spec.result;
}

std::string describe_functions(const FunctionTable& functions) {
  const std::vector<const FunctionSpec*> all = functions.all();
  std::vector<std::string_view> categories;
  for (const FunctionSpec* spec : all) {
    if (std::find(categories.begin(), categories.end(), spec->category) == categories.end()) {
      categories.push_back(spec->category);
    }
  }
  std::string text;
  for (const std::string_view category : categories) {
    fmt::format_to(std::back_inserter(text), "{}{}\n", text.empty() ? "" : "\n", category);
    for (const FunctionSpec* spec : all) {
      if (spec->category != category) continue;
      fmt::format_to(std::back_inserter(text), "  {:<{}}  {}\n", function_signature(*spec), kSignatureWidth,
                     spec->summary);
    }
  }
  text += "\nparts of the language\n";
  for (const Form& form : kForms) {
    fmt::format_to(std::back_inserter(text), "  {:<{}}  {}\n", form.signature, kSignatureWidth, form.summary);
  }
  if (functions.actions().empty()) return text;
  text += "\noutside calls (behind the word `call`)\n";
  for (const ActionSpec& action : functions.actions()) {
    fmt::format_to(std::back_inserter(text), "  {:<{}}  {}\n", action_signature(action), kSignatureWidth,
                   action.summary);
  }
  return text;
}

std::optional<std::string> describe_function(const FunctionTable& functions, std::string_view name) {
  const FunctionSpec* spec = functions.find(name);
  if (spec == nullptr) {
    for (const Form& form : kForms) {
      if (form.name == name)
        return fmt::format("{}\n  {}\n\n  {}\n", form.signature, form.summary, form.example);
    }
    const ActionSpec* action = functions.find_action(name);
    if (action == nullptr) return std::nullopt;
    std::string text = "call " + action_signature(*action) + "\n  " + action->summary + "\n";
    for (const ActionSpec::Parameter& parameter : action->parameters) {
      if (!parameter.fields.empty())
        text += fmt::format("  {}: {}\n", parameter.name, fmt::join(parameter.fields, ", "));
    }
    if (!action->example.empty()) text += "\n  " + action->example + "\n";
    return text;
  }
  std::string text = function_signature(*spec) + "\n  " + spec->summary + "\n";
  if (spec->null_is_false) text += "  False when the first argument is null.\n";
  if (!spec->example.empty()) text += "\n  " + spec->example + "\n";
  return text;
}

}  // namespace krules
