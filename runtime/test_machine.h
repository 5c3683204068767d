#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "krules/compiled_test.h"
#include "krules/engine.h"
#include "krules/rule_tests.h"
#include "subject_cache.h"
#include "test_host.h"

namespace krules {

/// An event that rules emitted, as it left.
struct EmittedInTest {
  std::string type;
  std::string subject;
  Value data;  ///< as JSON has it
};

/// An outside call that rules asked for.
struct CallInTest {
  uint64_t id;
  std::string action;
  Value arguments;  ///< as a test names them
  bool answered;
};

/// One test while it runs: an engine over a store in memory, and what came out of it so far.
class TestMachine {
 public:
  TestMachine(std::shared_ptr<const Program> program, const CompiledTest& test,
              const RuleTestOptions& options);
  ~TestMachine();

  RuleTestResult run();

 private:
  // Each gives false where the test cannot go on.
  bool take(const CompiledTest::Step& step, const CompiledTest::Given& given);
  bool take(const CompiledTest::Step& step, const CompiledTest::Send& send);
  bool take(const CompiledTest::Step& step, const CompiledTest::Advance& advance);
  bool take(const CompiledTest::Step& step, const CompiledTest::ExpectEmitted& expect);
  bool take(const CompiledTest::Step& step, const CompiledTest::ExpectCalled& expect);
  bool take(const CompiledTest::Step& step, const CompiledTest::ExpectFailed& expect);
  bool take(const CompiledTest::Step& step, const CompiledTest::ExpectTrue& expect);
  bool take(const CompiledTest::Step& step, const CompiledTest::Let& let);
  bool take(const CompiledTest::Step& step, const CompiledTest::Reply& reply);

  /// The value of a part of a step, null where it is not written. False, with a failure, when there is none
  /// or it is of another kind.
  bool value(const Node* node, Value& value);
  bool value_of(const CompiledTest::Step& step, const Node* node, ValueKind kind, std::string_view what,
                Value& value);
  /// As `times N` says, -1 where it is not written.
  bool times(const CompiledTest::Step& step, const Node* node, int64_t& times);

  /// Commits, and lets everything happen that is due.
  bool settle(const CompiledTest::Step& step);
  bool fire_until(const CompiledTest::Step& step, int64_t time);
  bool engine_failed(const CompiledTest::Step& step);

  /// Writes down the calls that came, and answers those that a `reply` waits for.
  bool take_calls(const CompiledTest::Step& step, bool& answered);
  bool answer(uint64_t call, const Value& with);
  Value arguments_of(const StoredCall& call);

  /// What the outside would get.
  Value as_json(const Value& value);
  std::string shown(const EmittedInTest& event) const;
  void tell_emitted(const CompiledTest::ExpectEmitted& expect, const Value& payload, const Value& on,
                    Diagnostic& failure) const;

  Location place(Span span) const { return {program_->sources()[test_.source], span}; }
  Diagnostic& fail(Span span, std::string message);
  bool fail_with(const Value& error);
  static void note(Diagnostic& failure, std::string text) {
    failure.related.push_back({{}, std::move(text)});
  }

  std::shared_ptr<const Program> program_;
  const CompiledTest& test_;
  const RuleTestOptions& options_;
  Arena arena_;
  QuietLogger logger_;
  VirtualClock* clock_ = nullptr;  // the engine's
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<TestHost> host_;
  Event no_event_;
  Subject nobody_;
  Frame frame_;
  std::deque<EmittedInTest> emitted_;
  std::deque<CallInTest> called_;
  uint64_t last_call_ = 0;
  std::deque<std::pair<std::string, Value>> replies_;  // by action, for calls that are to come
  std::deque<CascadeTrace> cascades_;                  // the latest
  std::vector<uint64_t> failed_before_;                // by unit: failures of its body before this test
  RuleTestResult result_;
};

}  // namespace krules
