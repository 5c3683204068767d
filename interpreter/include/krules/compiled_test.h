#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "krules/program.h"

/// The `test`s of a program, resolved, and what is counted while they run. Only a program that was made by
/// compile_with_tests() has them: compile() looks them through for mistakes and forgets them.
namespace krules {

/// A value that a test shows when an expectation does not hold, with the place where it is written.
struct ShownValue {
  Span span;
  const Node* node = nullptr;
};

/// A condition, taken apart as far as it takes to say which part of it did not hold.
struct TestClaim {
  enum class Kind : uint8_t { kAll, kAny, kNot, kPlain };
  Kind kind = Kind::kPlain;
  Span span;
  const Node* node = nullptr;
  std::vector<TestClaim> parts;    ///< kAll, kAny; one of kNot
  std::vector<ShownValue> values;  ///< of a plain one
};

/// The nodes are null where nothing is written. Their values are not checked beyond what is constant.
struct CompiledTest {
  struct Given {
    const Node* subject = nullptr;
    const Node* properties = nullptr;
    const Node* extended = nullptr;
  };
  struct Send {
    const Node* type = nullptr;
    const Node* payload = nullptr;
    const Node* on = nullptr;
    const Node* with = nullptr;
  };
  struct Advance {
    const Node* by = nullptr;
  };
  struct ExpectEmitted {
    bool negated = false;
    NamePattern type;
    const Node* payload = nullptr;
    const Node* on = nullptr;
    const Node* times = nullptr;
  };
  struct ExpectCalled {
    bool negated = false;
    std::string action;
    const Node* arguments = nullptr;
    const Node* times = nullptr;
  };
  struct ExpectFailed {
    bool negated = false;
    uint32_t unit = 0;  ///< see Program::unit()
  };
  struct ExpectTrue {
    TestClaim claim;
  };
  struct Let {
    uint32_t slot = 0;
    const Node* value = nullptr;
  };
  struct Reply {
    std::string action;
    const Node* answer = nullptr;
  };
  struct Step {
    Span span;
    std::variant<Given, Send, Advance, ExpectEmitted, ExpectCalled, ExpectFailed, ExpectTrue, Let, Reply>
        node;
  };

  std::string name;
  Location where;       ///< its name
  uint32_t source = 0;  ///< an index into Program::sources()
  std::vector<Step> steps;
  uint32_t local_count = 0;
  /// The values that its `param` steps give. The memory is the program's.
  std::map<std::string, Value> parameters;
};

/// compile(), with the tests kept. `parameters`: values of params by name, which go before those of
/// `options`; their memory is copied.
CompileResult compile_with_tests(const std::vector<ast::Module>& modules, const CompileOptions& options,
                                 const std::map<std::string, Value>& parameters = {});
/// By file and place.
const std::vector<CompiledTest>& tests_of(const Program& program);

/// What an expression of a test comes to; an error value when it fails. The frame has a host, an arena, the
/// program, an event and a subject without a name, locals (local_count of them, which stay from step to
/// step), and steps left.
Value evaluate(const Node& node, Frame& frame);
/// The same for a condition: null counts as false, other kinds are errors.
Value evaluate_condition(const Node& node, Frame& frame);
/// The parts of a claim that decided that it does not hold, each with what its values are now.
struct FailedClaim {
  Span span;
  bool wanted = true;  ///< what it should have been
  Value error;         ///< an error where it could not be evaluated, else null
  std::vector<std::pair<Span, Value>> values;
};
std::vector<FailedClaim> why_not(const TestClaim& claim, Frame& frame);

/// How often a rule, gate or middleware was run, and how its conditions came out, since the program was made.
struct UnitCounts {
  struct When {
    uint32_t source = 0;  ///< an index into Program::sources()
    Span span;
    uint64_t held = 0;
    uint64_t did_not_hold = 0;
    uint64_t failed = 0;
  };
  uint64_t runs = 0;    ///< of its body, failed ones included
  uint64_t failed = 0;  ///< of these
  std::vector<When> whens;
};
UnitCounts counts_of(const CompiledRule& unit);

}  // namespace krules
