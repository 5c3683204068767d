#include "krules/check.h"

namespace krules {

CertificateReport verify_certificate(const std::vector<ast::Module>& /*modules*/, const Program& /*program*/,
                                     std::string_view /*json*/) {
  return {false, {"not verified"}, 0};
}

}  // namespace krules
