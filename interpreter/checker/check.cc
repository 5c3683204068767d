#include "krules/check.h"

namespace krules {

std::string EventClass::label() const {
  switch (kind) {
    case Kind::kPlain:
      return name;
    case Kind::kChanged:
      return "changed " + name;
    case Kind::kDeleted:
      return "deleted " + name;
    case Kind::kSubjectDeleted:
      return "subject deleted";
  }
  return name;
}

CheckResult check_program(const std::vector<ast::Module>& /*modules*/, const Program& program,
                          const CheckOptions& /*options*/) {
  CheckResult result;
  result.summary.rules = program.rules().size();
  return result;
}

}  // namespace krules
