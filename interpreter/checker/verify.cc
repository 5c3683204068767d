#include "certificate.h"
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
  if (proof.program != program_fingerprint(model))
    return {false, {"this certificate is about another program, or about this one before it was changed"}, 0};
  const EventGraph graph(model);
  const Writers writers(model);
  if (graph.has_delays() != proof.in_time.has_value())
    return {false,
            {"the certificate is damaged: what it says of events that come later is not of this program"},
            0};
  CertificateReport report = Verifier(model, graph, writers, Scope::kCascade).verify(proof.at_once);
  if (!proof.in_time.has_value()) return report;
  const CertificateReport later = Verifier(model, graph, writers, Scope::kTime).verify(*proof.in_time);
  report.ok = report.ok && later.ok;
  report.steps += later.steps;
  for (const std::string& error : later.errors) report.errors.push_back("over delays: " + error);
  return report;
}

}  // namespace krules
