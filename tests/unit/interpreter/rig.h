#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fake_host.h"
#include "krules/parser.h"
#include "krules/program.h"

namespace krules::test {

/// A few functions of every sort, so that these tests do not need the library.
void add_test_functions(FunctionTable& functions);

/// A program compiled from text, and what is needed to run its rules.
class Rig {
 public:
  struct File {
    std::string name;
    std::string text;
  };
  explicit Rig(std::string text, std::map<std::string, std::string> parameters = {});
  explicit Rig(std::vector<File> files, std::map<std::string, std::string> parameters = {});

  const Program& program() const { return *result.program; }
  const CompiledRule& rule(size_t number = 0) const { return program().rules().at(number); }

  /// What compile() says, a line each: `K0201 2:5 unknown function ...`, helps behind ` | `.
  std::vector<std::string> messages() const;

  /// The event that the next run is about.
  Rig& event(std::string_view type, std::string_view subject, std::string_view payload = "{}");
  Rig& property_event(std::string_view property, std::string_view subject, std::string_view old_value,
                      std::string_view new_value);

  /// "holds", "does not hold", or "kind: message".
  std::string whens(size_t number = 0);
  /// Whens and body: "done", "not fired", "failed kind: message", "cascade failed: message".
  std::string run(size_t number = 0);

  CompileResult result;
  std::vector<Diagnostic> syntax;
  FunctionTable functions;
  std::unique_ptr<FakeHost> host;
  uint64_t steps = 1'000'000;
  uint64_t steps_used = 0;
  Event current;

 private:
  void prepare();

  std::vector<SourcePtr> sources_;
  Arena arena_;
  Frame frame_;
};

/// The value of an expression as JSON, or "kind: message" when it fails, in a rule on `test.event` of the
/// subject "s" with the properties total 3, name_text "abc", list [1,2,3], nothing null; ext.note "hi".
std::string eval(std::string_view expression, std::string_view payload = "{}");
/// The same as a condition: "holds", "does not hold" or "kind: message".
std::string test(std::string_view expression, std::string_view payload = "{}");
/// What compile() says about an expression.
std::string complaint(std::string_view expression);

}  // namespace krules::test
