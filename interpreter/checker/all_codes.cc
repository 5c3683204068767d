#include "krules/all_codes.h"

#include "krules/check_codes.h"
#include "krules/codes.h"
#include "krules/program_codes.h"

namespace krules {

std::vector<CodeMeaning> all_codes() {
  std::vector<CodeMeaning> all;
  const auto add = [&](const auto& table) {
    for (const auto& each : table) all.push_back({each.code, each.meaning});
  };
  add(codes::kSyntax);
  add(program_codes::kAll);
  add(check_codes::kAll);
  return all;
}

std::vector<std::string_view> all_code_names() {
  std::vector<std::string_view> names;
  for (const CodeMeaning& each : all_codes()) names.push_back(each.code);
  return names;
}

}  // namespace krules
