#pragma once

#include <vector>

#include "event_graph.h"
#include "facts.h"
#include "krules/ast.h"
#include "krules/diagnostic.h"
#include "krules/program.h"
#include "model.h"

namespace krules::check {

/// What looks wrong in a program beyond its circles (K0401 to K0415), as warnings and notes in the order of
/// the text, added to `out`. Forgets the runs that `facts` knows.
void add_findings(Model& model, const EventGraph& graph, const Writers& writers, Facts& facts,
                  const std::vector<ast::Module>& modules, const Program& program,
                  std::vector<Diagnostic>& out);

}  // namespace krules::check
