#pragma once

#include <memory>
#include <string_view>

#include "krules/engine.h"
#include "krules/host.h"
#include "krules/log.h"
#include "krules/program.h"
#include "subject_cache.h"

namespace krules {

/// Takes every log entry and says nothing.
class QuietLogger final : public Logger {
 public:
  bool wants(LogSeverity) const override { return false; }
  void write(const LogEntry&) override {}
};

/// What the expressions of a test read: subjects and timers as they are in the engine's store. They write
/// nothing.
class TestHost final : public Host {
 public:
  TestHost(Engine& engine, const Program& program, Clock& clock, Arena& arena);

  /// Subjects have changed: those seen so far are forgotten.
  void refresh();

  Subject* subject(std::string_view name) override { return cache_->get(name); }
  Value store_error() override;
  Value pending_timer(Subject& subject, std::string_view key) override;
  const Symbol* symbol(std::string_view text) override;
  int64_t now() override { return clock_.now(); }
  std::array<uint64_t, 2> entropy(uint32_t n) override;

  Value set_property(Subject&, const Symbol*, const Value&, const WriteOptions&) override { return {}; }
  Value delete_property(Subject&, const Symbol*, const WriteOptions&) override { return {}; }
  Value set_extended(Subject&, const Symbol*, const Value&, bool) override { return {}; }
  Value delete_extended(Subject&, const Symbol*, bool) override { return {}; }
  Value delete_subject(Subject&, const WriteOptions&) override { return {}; }
  Value set_meta(const Symbol*, const Value&) override { return {}; }
  Value delete_meta(const Symbol*) override { return {}; }
  Value emit(const EmitRequest&) override { return {}; }
  Value set_timer(const EmitRequest&, int64_t, std::string_view) override { return {}; }
  void cancel_timer(Subject&, std::string_view) override {}
  Value call(const CallRequest&) override { return {}; }
  size_t savepoint() override { return 0; }
  void rollback(size_t) override {}
  void log(LogSeverity, std::string_view, const Value&) override {}

 private:
  Engine& engine_;
  const Program& program_;
  Clock& clock_;
  Arena& arena_;
  std::unique_ptr<SubjectCache> cache_;
};

}  // namespace krules
