#pragma once

#include "krules/host.h"
#include "krules/symbol.h"

namespace krules {

/// The host of what is evaluated when rules are loaded. Nothing of that reads or writes subjects, so that all
/// it has to offer is names for keys.
class FoldingHost final : public Host {
 public:
  FoldingHost(const SymbolTable& symbols, Arena& arena) : symbols_(symbols), arena_(arena) {}

  const Symbol* symbol(std::string_view text) override { return symbols_.find_or_foreign(text, arena_); }

  Subject* subject(std::string_view) override { return nullptr; }
  Value store_error() override { return Value::null(); }
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
  Value pending_timer(Subject&, std::string_view) override { return {}; }
  Value call(const CallRequest&) override { return {}; }
  size_t savepoint() override { return 0; }
  void rollback(size_t) override {}
  int64_t now() override { return 0; }
  std::array<uint64_t, 2> entropy(uint32_t) override { return {}; }
  void log(LogSeverity, std::string_view, const Value&) override {}

 private:
  const SymbolTable& symbols_;
  Arena& arena_;
};

}  // namespace krules
