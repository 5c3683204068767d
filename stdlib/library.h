#pragma once

#include <string>
#include <utility>
#include <vector>

#include "krules/function_table.h"
#include "krules/stdlib.h"

/// One function a topic: each adds the functions of one source file.
namespace krules::library {

/// Adds functions of one category that need no more than their arguments.
class Category {
 public:
  Category(FunctionTable& functions, std::string name) : functions_(functions), name_(std::move(name)) {}

  void operator()(std::string name, std::vector<ParameterSpec> parameters, std::string result,
                  std::string summary, std::string example, NativeFunction function) const {
    functions_.add(spec(std::move(name), std::move(parameters), std::move(result), std::move(summary),
                        std::move(example), function));
  }
  /// The last parameter may be repeated.
  void variadic(std::string name, std::vector<ParameterSpec> parameters, std::string result,
                std::string summary, std::string example, NativeFunction function) const {
    FunctionSpec made = spec(std::move(name), std::move(parameters), std::move(result), std::move(summary),
                             std::move(example), function);
    made.variadic = true;
    functions_.add(std::move(made));
  }

 private:
  FunctionSpec spec(std::string name, std::vector<ParameterSpec> parameters, std::string result,
                    std::string summary, std::string example, NativeFunction function) const {
    return {.name = std::move(name),
            .category = name_,
            .parameters = std::move(parameters),
            .result = std::move(result),
            .summary = std::move(summary),
            .example = std::move(example),
            .function = function};
  }

  FunctionTable& functions_;
  std::string name_;
};

void add_text_predicates(FunctionTable& functions);
void add_strings(FunctionTable& functions);
void add_regular_expressions(FunctionTable& functions);
void add_kinds(FunctionTable& functions);
void add_numbers(FunctionTable& functions);
void add_lists(FunctionTable& functions);
void add_sequences(FunctionTable& functions);
void add_maps(FunctionTable& functions);
void add_time(FunctionTable& functions);
void add_data(FunctionTable& functions);
void add_actions(FunctionTable& functions);
void add_random(FunctionTable& functions);
void add_network(FunctionTable& functions);
void add_environment(FunctionTable& functions, const StandardFunctionOptions& options);

}  // namespace krules::library
