#include <cstdlib>
#include <map>
#include <optional>

#include "call.h"
#include "krules/json.h"
#include "krules/program.h"
#include "library.h"

namespace krules::library {

namespace {

/// The granted names with their values, if they have one.
using Environment = std::map<std::string, std::optional<std::string>, std::less<>>;

Value env(CallContext& context, Arguments arguments, Environment& environment) {
  Call call(context, "env", arguments);
  const std::string_view name = call.text(0, "name");
  if (call.failed()) return call.failure();
  const auto found = environment.find(name);
  if (found == environment.end()) {
    return call.error("grant", "`env` may not read `{}`; start with `--allow-env {}` to grant it",
                      shown_text(name), shown_text(name));
  }
  if (found->second && !is_utf8(*found->second)) {
    return call.error("value", "the environment variable `{}` is no text: its bytes are not UTF-8",
                      shown_text(name));
  }
  // The table outlives every value.
  return found->second ? Value::string_view(*found->second) : Value::null();
}

Value rule_name(CallContext& context, Arguments, const void*) {
  const Frame& frame = context.frame();
  const CompiledRule* rule = frame.chain != nullptr ? &frame.chain->wrapped_rule() : frame.rule;
  return rule == nullptr ? Value::null() : Value::string_view(rule->name);
}

}  // namespace

void add_environment(FunctionTable& functions, const StandardFunctionOptions& options) {
  const auto environment = std::make_shared<Environment>();
  for (const std::string& name : options.environment) {
    const char* value = std::getenv(name.c_str());
    environment->emplace(name, value == nullptr ? std::nullopt : std::optional<std::string>(value));
  }
  add_with_state(
      functions,
      {.name = "env",
       .category = "environment",
       .parameters = {{"name", "string"}},
       .result = "string|null",
       .summary =
           "the environment variable of that name, which must be granted (--allow-env); null when not set",
       .example = R"(env("REGION") ?? "eu"  # "eu")",
       .pure = false},
      environment, env);
  functions.add(
      {.name = "rule_name",
       .category = "environment",
       .parameters = {},
       .result = "string|null",
       .summary = "the name of the rule that runs; in middleware, of the rule that it stands around",
       .example = R"(rule_name() != ""  # true)",
       .pure = false,
       .function = rule_name});
}

}  // namespace krules::library
