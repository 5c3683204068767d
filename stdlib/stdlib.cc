#include "krules/stdlib.h"

#include "library.h"

namespace krules {

void add_standard_functions(FunctionTable& functions, const StandardFunctionOptions& options) {
  library::add_text_predicates(functions);
  library::add_regular_expressions(functions);
  library::add_strings(functions);
  library::add_numbers(functions);
  library::add_lists(functions);
  library::add_sequences(functions);
  library::add_maps(functions);
  library::add_time(functions);
  library::add_data(functions);
  library::add_random(functions);
  library::add_network(functions);
  library::add_kinds(functions);
  library::add_environment(functions, options);
  library::add_actions(functions);
}

}  // namespace krules
