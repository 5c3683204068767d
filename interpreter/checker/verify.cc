#include "event_graph.h"
#include "facts.h"
#include "krules/check.h"
#include "model.h"
#include "verifier.h"
#include "verify_proof.h"

namespace krules {

CertificateReport verify_certificate(const std::vector<ast::Module>& modules, const Program& program,
                                     const FunctionTable& functions, std::string_view json) {
  using namespace check;
  Proof proof;
  if (std::string error = read_proof(json, program, proof); !error.empty())
    return {false, {std::move(error)}, 0};
  Model model;
  build_model(modules, program, functions, model);
  const EventGraph graph(model);
  const Writers writers(model);
  return Verifier(model, graph, writers).verify(proof);
}

}  // namespace krules
