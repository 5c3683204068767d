#pragma once

#include <string_view>
#include <vector>

namespace krules {

/// The code of something that krules can say about rules, with a one-line meaning.
struct CodeMeaning {
  std::string_view code;
  std::string_view meaning;
};

/// Every code, in order: of the text, of the program, of the checker.
std::vector<CodeMeaning> all_codes();

/// The same without the meanings.
std::vector<std::string_view> all_code_names();

}  // namespace krules
