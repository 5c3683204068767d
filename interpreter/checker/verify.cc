#include "certificate.h"
#include "event_graph.h"
#include "facts.h"
#include "krules/check.h"
#include "model.h"
#include "verifier.h"
#include "verify_proof.h"

namespace krules {

namespace {

CertificateReport wrong(std::string error) {
  CertificateReport report;
  report.errors.push_back(std::move(error));
  return report;
}

}  // namespace

CertificateReport verify_certificate(const std::vector<ast::Module>& modules, const Program& program,
                                     const FunctionTable& functions, std::string_view json) {
  using namespace check;
  Proof proof;
  if (std::string error = read_proof(json, program, proof); !error.empty()) return wrong(std::move(error));
  Model model;
  build_model(modules, program, functions, model);
  if (proof.program != program_fingerprint(model))
    return wrong("this certificate is about another program, or about this one before it was changed");
  const EventGraph graph(model);
  const Writers writers(model);
  if (graph.has_delays() != proof.in_time.has_value())
    return wrong("the certificate is damaged: what it says of events that come later is not of this program");
  CertificateReport report = Verifier(model, graph, writers, Scope::kCascade).verify(proof.at_once);
  if (!proof.in_time.has_value()) return report;
  const CertificateReport later = Verifier(model, graph, writers, Scope::kTime).verify(*proof.in_time);
  report.ok = report.ok && later.ok;
  report.steps += later.steps;
  report.open_in_time = later.open;
  for (const std::string& error : later.errors) report.errors.push_back("over delays: " + error);
  for (const std::string& doubt : later.doubts) report.doubts.push_back("over delays: " + doubt);
  return report;
}

}  // namespace krules
