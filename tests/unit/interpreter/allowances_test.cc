#include "krules/allowances.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "krules/all_codes.h"
#include "krules/parser.h"

using namespace krules;

namespace {

/// A file, and findings in it.
struct Rig {
  explicit Rig(const std::string& text) {
    ParseResult parsed = parse(std::make_shared<Source>("rules.krules", text));
    REQUIRE(parsed.ok());
    modules.push_back(std::move(parsed.module));
  }

  /// A finding at the first place of `text`.
  void find(const std::string& code, const std::string& text, Severity severity = Severity::kWarning) {
    Diagnostic diagnostic;
    diagnostic.code = code;
    diagnostic.severity = severity;
    diagnostic.message = "found";
    const size_t place = modules[0].source->text().find(text);
    REQUIRE(place != std::string::npos);
    diagnostic.primary.where = {modules[0].source,
                                {static_cast<uint32_t>(place), static_cast<uint32_t>(place + text.size())}};
    findings.push_back(diagnostic);
  }

  /// "K0414 line:column message" for each that is left.
  std::vector<std::string> left(AllowanceFindings added = AllowanceFindings::kAdded) const {
    std::vector<std::string> lines;
    for (const Diagnostic& each : apply_allowances(modules, findings, added)) {
      const LineColumn at = each.primary.where.source->position(each.primary.where.span.begin);
      lines.push_back(each.code + " " + std::to_string(at.line) + ":" + std::to_string(at.column) + " " +
                      each.message);
      if (each.code == "K0416") helps.push_back(each.helps.at(0));
    }
    return lines;
  }

  std::vector<ast::Module> modules;
  std::vector<Diagnostic> findings;
  mutable std::vector<std::string> helps;
};

using Lines = std::vector<std::string>;

const std::string kRule = "rule r on a { emit b }\n";

}  // namespace

TEST_CASE("an allowance covers the declaration below it and no other") {
  Rig rig(
      "# krules: allow K0404 \"the shop waits for it\"\nrule r on a { emit b }\nrule s on a { emit c }\n");
  rig.find("K0404", "emit b");
  rig.find("K0404", "emit c");
  rig.find("K0409", "emit b");
  CHECK(rig.left() == Lines{"K0404 3:15 found", "K0409 2:15 found"});
}

TEST_CASE("an allowance may stand above documentation, other comments and other allowances") {
  Rig rig("# krules: allow K0404 , K0409 \"two\"\n# prose\n  # krules: allow K0405 \"one\"\n## Doc.\n" +
          kRule);
  rig.find("K0404", "emit b");
  rig.find("K0409", "emit b");
  rig.find("K0405", "emit b");
  CHECK(rig.left().empty());
}

TEST_CASE("line ends of Windows are no matter") {
  Rig rig("# krules: allow K0404 \"why\"\r\n## Doc.\r\nrule r on a { emit b }\r\n");
  rig.find("K0404", "emit b");
  CHECK(rig.left().empty());
}

TEST_CASE("errors stay") {
  Rig rig("# krules: allow K0202 \"why\"\n" + kRule);
  rig.find("K0202", "emit b", Severity::kError);
  CHECK(rig.left(AllowanceFindings::kLeftOut) == Lines{"K0202 2:15 found"});
}

TEST_CASE("an allowance that nothing needs is a finding") {
  Rig rig("# krules: allow K0404, K0409 \"why\"\n" + kRule);
  rig.find("K0404", "emit b");
  CHECK(rig.left() == Lines{"K0414 1:24 `K0409` is allowed here, and the declaration below has none"});
  CHECK(rig.left(AllowanceFindings::kLeftOut).empty());
}

TEST_CASE("an allowance that is not written rightly is a finding") {
  const auto [comment, message, help] = GENERATE(table<std::string, std::string, std::string>({
      {"# krules: allow K0404", "1:1 this allowance does not say why, in quotes, at its end",
       "write `# krules: allow K0404 \"why\"`"},
      {"# krules: allow K0404 \"  \"", "1:1 this allowance does not say why, in quotes, at its end",
       "write `# krules: allow K0404 \"why\"`"},
      {"# krules: allow K0404 \"why\" so", "1:1 this allowance does not say why, in quotes, at its end",
       "write `# krules: allow K0404 \"why\"`"},
      {"# krules: allow \"why\"", "1:1 this allowance lacks a code", "write `# krules: allow K0404 \"why\"`"},
      {"# krules: allow K0404, \"why\"", "1:1 this allowance lacks a code",
       "write `# krules: allow K0404 \"why\"`"},
      {"# krules: allow K0494 \"why\"", "1:17 there is no code `K0494`", "did you mean `K0404`?"},
      {"# krules: allow everything \"why\"", "1:17 there is no code `everything`",
       "each message begins with its code"},
      {"# krules: alow K0404 \"why\"", "1:11 `alow` is nothing that a comment can ask for",
       "did you mean `allow`?"},
      {"# krules: allow K0301 \"why\"",
       "1:17 `K0301` cannot be allowed: a cascade that never ends is an error", "remove it"},
      {"# krules: allow K0101 \"why\"",
       "1:17 `K0101` cannot be allowed: a text that is not understood cannot run", "remove it"},
      {"## krules: allow K0404 \"why\"", "1:1 an allowance is a comment, and this line is documentation",
       "begin it with one `#`, not with two"},
  }));
  CAPTURE(comment);
  Rig rig(comment + "\n" + kRule);
  CHECK(rig.left() == Lines{"K0416 " + message});
  CHECK(rig.helps == Lines{help});
}

TEST_CASE("an allowance that stands above no declaration is a finding") {
  const std::string text =
      GENERATE(as<std::string>{}, "# krules: allow K0404 \"why\"\n\nrule r on a { emit b }\n",
               "rule r on a {\n# krules: allow K0404 \"why\"\n  emit b\n}\n",
               "rule r on a { emit b } # krules: allow K0404 \"why\"\nrule s on a { emit b }\n",
               "rule r on a { emit b }\n# krules: allow K0404 \"why\"");
  CAPTURE(text);
  Rig rig(text);
  rig.find("K0404", "emit b");
  const Lines left = rig.left();
  REQUIRE(left.size() == 2);
  CHECK(left[0].starts_with("K0404 "));
  CHECK(left[1].ends_with("this allowance stands above no declaration"));
}

TEST_CASE("prose about krules is not an allowance") {
  Rig rig("# krules: these rules are about doors\n# krules allows K0404\n" + kRule);
  CHECK(rig.left().empty());
}

TEST_CASE("codes are known once each, in order") {
  const std::vector<std::string_view> names = all_code_names();
  CHECK(std::is_sorted(names.begin(), names.end()));
  CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
  for (const char* code : {"K0100", "K0200", "K0301", "K0401", "K0416"})
    CHECK(std::find(names.begin(), names.end(), code) != names.end());
}
