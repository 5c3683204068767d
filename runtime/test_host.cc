#include "test_host.h"

namespace krules {

TestHost::TestHost(Engine& engine, const Program& program, Clock& clock, Arena& arena)
    : engine_(engine), program_(program), clock_(clock), arena_(arena) {
  refresh();
}

void TestHost::refresh() {
  SubjectCache::Options options;
  options.store = engine_.store();
  cache_ = std::make_unique<SubjectCache>(options, program_.symbols());
}

Value TestHost::store_error() {
  auto* error = new (arena_.allocate(sizeof(ErrorRep), alignof(ErrorRep))) ErrorRep{};
  error->kind = "store";
  error->message = arena_.copy(cache_->error().message);
  error->source = UINT32_MAX;
  error->fatal = true;
  return Value::error(error);
}

Value TestHost::pending_timer(Subject& subject, std::string_view key) {
  Value due;
  const StoreStatus status = engine_.store()->timers([&](const StoredTimer& timer) {
    if (timer.subject != subject.name() || timer.key != key) return true;
    due = Value::timestamp(timer.due);
    return false;
  });
  return status.ok() ? due : store_error();
}

const Symbol* TestHost::symbol(std::string_view text) {
  return program_.symbols()->find_or_foreign(text, arena_);
}

std::array<uint64_t, 2> TestHost::entropy(uint32_t n) {
  return {0x6B72756C65732D74U, n};
}

}  // namespace krules
