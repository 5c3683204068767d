#pragma once

#include "krules/function_table.h"
#include "krules/stdlib.h"

/// One function a topic: each adds the functions of one source file.
namespace krules::library {

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
void add_random(FunctionTable& functions);
void add_network(FunctionTable& functions);
void add_environment(FunctionTable& functions, const StandardFunctionOptions& options);

}  // namespace krules::library
