#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "event_graph.h"
#include "model.h"
#include "prover.h"

namespace krules::check {

/// The version of the format of certificates.
constexpr int kCertificateVersion = 3;

/// What a certificate is about: the same for programs of the same rules.
std::string program_fingerprint(const Model& model);

/// What a link's kind is called in a certificate.
std::string_view link_kind_name(EventClass::Kind kind);

/// The proofs that the prover found, as JSON: for each set of rules that can set each other off its links,
/// and the steps that take them away. `in_time`: the sets over delays, null where the program has none.
std::string write_certificate(const Model& model, const std::vector<Component>& components,
                              const Prover* in_time);

}  // namespace krules::check
