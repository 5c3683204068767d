#include "krules/engine.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <iterator>
#include <map>

#include "engine_impl.h"
#include "krules/allowances.h"
#include "krules/json.h"
#include "krules/load_program.h"
#include "krules/stdlib.h"

namespace krules {

namespace {

class SystemClock final : public Clock {
 public:
  int64_t now() override {
    using namespace std::chrono;
    return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
  }
};

class CallbackSink final : public OutputSink {
 public:
  explicit CallbackSink(std::function<void(const EmittedEvent&)> callback) : callback_(std::move(callback)) {}

  bool deliver(std::string_view lines) override {
    while (!lines.empty()) {
      const size_t end = lines.find('\n');
      const std::string_view line = lines.substr(0, end);
      lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
      arena_.reset();
      const JsonResult parsed = parse_json(line, JsonStyle::kPlain, arena_, symbols_);
      if (!parsed.value.is(ValueKind::kMap)) continue;
      EmittedEvent event;
      event.line = line;
      for (const MapRep::Entry& entry : parsed.value.as_map().entries()) {
        const std::string_view key = entry.key->text();
        if (key == "type") event.type = entry.value.text();
        if (key == "subject") event.subject = entry.value.text();
        if (key == "id") event.id = entry.value.text();
        if (key == "data") event.data = entry.value;
      }
      callback_(event);
    }
    return true;
  }

 private:
  std::function<void(const EmittedEvent&)> callback_;
  SymbolTable symbols_;
  Arena arena_;
};

std::shared_ptr<const SymbolTable> first_symbols() {
  auto symbols = std::make_shared<SymbolTable>();
  // The names of the event envelope, of the built-in events, and of what the engine itself puts into events.
  for (std::string_view name : {"type", "subject", "data", "id", "source", "time", "specversion",
                                "datacontenttype", "props", "ext", "traceparent", "tracestate"}) {
    symbols->intern(name);
  }
  for (std::string_view type : {kPropertyChangedType, kPropertyDeletedType, kSubjectDeletedType})
    symbols->intern(type);
  return symbols;
}

ProgramChange compare(const Program* before, const Program& after) {
  ProgramChange change;
  std::map<std::string_view, uint64_t> old_rules;
  if (before != nullptr) {
    for (const CompiledRule& rule : before->rules()) old_rules.emplace(rule.name, rule.content_hash);
  }
  for (const CompiledRule& rule : after.rules()) {
    const auto old = old_rules.find(rule.name);
    if (old == old_rules.end()) {
      change.added.push_back(rule.name);
      continue;
    }
    if (old->second != rule.content_hash) change.changed.push_back(rule.name);
    old_rules.erase(old);
  }
  for (const auto& [name, hash] : old_rules) change.removed.emplace_back(name);
  return change;
}

}  // namespace

std::unique_ptr<OutputSink> make_callback_sink(std::function<void(const EmittedEvent&)> callback) {
  return std::make_unique<CallbackSink>(std::move(callback));
}

std::unique_ptr<Clock> make_system_clock() {
  return std::make_unique<SystemClock>();
}

Engine::Impl::Impl(EngineOptions engine_options, std::unique_ptr<Store> engine_store,
                   std::unique_ptr<OutputSink> engine_sink, Logger& engine_logger,
                   std::unique_ptr<Clock> engine_clock)
    : options(std::move(engine_options)),
      logger(engine_logger),
      store(std::move(engine_store)),
      sink(std::move(engine_sink)),
      clock(std::move(engine_clock)),
      latest_symbols(first_symbols()),
      formatter(options.emit_globs),
      group(1, options.journal_bytes),
      seen(options.durability == Durability::kOff ? nullptr : store.get()),
      failures(logger) {
  if (options.durability == Durability::kOff) store.reset();
  SubjectCache::Options cache_options;
  cache_options.budget_bytes = options.cache_bytes;
  cache_options.store = store.get();
  if (store != nullptr) {
    uint64_t last = 0;
    StoreStatus status = store->last_group(last);
    if (status.ok()) {
      group.restart(last + 1);
      cache_options.store_is_empty = true;
      status = store->scan("", [&](std::string_view, const std::vector<StoredPart>&) {
        cache_options.store_is_empty = false;
        return false;
      });
    }
    if (!status.ok()) failure = status.error().message;
  }
  cache = std::make_unique<SubjectCache>(cache_options, latest_symbols);
  if (store != nullptr && failure.empty()) {
    StoreStatus status = load_timers();
    if (status.ok()) status = load_calls();
    if (!status.ok()) failure = status.error().message;
  }
  if (options.calls == CallHandling::kMake && failure.empty()) open_desk();
  cascade = std::make_unique<Cascade>(*cache, timers, *this);
  cascade->set_clock([](void* impl) { return static_cast<Impl*>(impl)->time(); }, this);
  const Dispatcher::Limits limits{options.max_cascade, options.max_steps};
  dispatcher = std::make_unique<Dispatcher>(*cascade, *cache, limits, statistics, *this);
  recorder = std::make_unique<TraceRecorder>(*cascade);
  if (options.metrics) metrics = std::make_unique<Metrics>();
  dispatcher->count_with(metrics.get());
  record(false);
  const bool own_thread = options.commit_thread == CommitThread::kOwn && store != nullptr;
  committer = std::make_unique<Committer>(own_thread ? Committer::Mode::kThread : Committer::Mode::kInline,
                                          store.get(), group.number() - 1, *sink, [this](uint64_t stored) {
                                            if (desk != nullptr) desk->release(stored);
                                          });
}

Engine::Engine(EngineOptions options, std::unique_ptr<Store> store, std::unique_ptr<OutputSink> sink,
               Logger& logger, std::unique_ptr<Clock> clock)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(store), std::move(sink), logger,
                                   std::move(clock))) {
  StandardFunctionOptions function_options;
  function_options.environment = impl_->options.granted_environment;
  add_standard_functions(impl_->functions, function_options);
}

Engine::~Engine() = default;

FunctionTable& Engine::functions() {
  return impl_->functions;
}

PreparedRules Engine::prepare(const std::vector<SourcePtr>& sources) {
  CompileOptions compile_options;
  compile_options.functions = &impl_->functions;
  compile_options.symbols = symbols();
  compile_options.parameters = impl_->options.parameters;
  LoadedProgram loaded = load_program(sources, compile_options, Trees::kWhereCyclesMayBe);
  PreparedRules prepared;
  prepared.diagnostics = std::move(loaded.diagnostics);
  if (loaded.program != nullptr) {
    impl_->check_secrets(*loaded.program, prepared.diagnostics);
    impl_->check_hosts(*loaded.program, prepared.diagnostics);
  }
  if (loaded.program != nullptr && impl_->options.check == LoopCheck::kRefuse) {
    CheckOptions check_options;
    check_options.max_cascade = impl_->options.max_cascade;
    check_options.findings = false;
    check_options.picture = false;
    CheckResult checked;
    if (loaded.may_have_cycles) checked = check_loaded(loaded, compile_options, check_options);
    prepared.cycles = std::move(checked.cycles);
    std::move(checked.diagnostics.begin(), checked.diagnostics.end(),
              std::back_inserter(prepared.diagnostics));
    prepared.diagnostics =
        apply_allowances(loaded.modules, std::move(prepared.diagnostics), AllowanceFindings::kLeftOut);
  }
  if (!has_errors(prepared.diagnostics)) prepared.program = std::move(loaded.program);
  return prepared;
}

ProgramChange Engine::install(std::shared_ptr<const Program> program) {
  ProgramChange change = compare(impl_->index == nullptr ? nullptr : impl_->index->program().get(), *program);
  {
    const std::lock_guard lock(impl_->program_mutex);
    impl_->latest_symbols = program->symbols();
  }
  impl_->cache->use_symbols(program->symbols());
  impl_->failures.reset();
  impl_->index = std::make_unique<RuleIndex>(std::move(program));
  impl_->dispatcher->use(*impl_->index);
  if (impl_->metrics != nullptr) impl_->metrics->use(*impl_->index->program());
  impl_->set_schedules();
  impl_->go_on_with_calls();
  return change;
}

LoadResult Engine::load(const std::vector<SourcePtr>& sources) {
  PreparedRules prepared = prepare(sources);
  LoadResult result;
  result.diagnostics = std::move(prepared.diagnostics);
  result.cycles = std::move(prepared.cycles);
  result.ok = prepared.program != nullptr;
  if (result.ok) result.change = install(std::move(prepared.program));
  return result;
}

std::shared_ptr<const Program> Engine::program() const {
  return impl_->index == nullptr ? nullptr : impl_->index->program();
}

std::shared_ptr<const SymbolTable> Engine::symbols() const {
  const std::lock_guard lock(impl_->program_mutex);
  return impl_->latest_symbols;
}

StoreStatus Engine::redeliver() {
  if (impl_->store == nullptr) return {};
  std::vector<Store::PendingOutput> pending;
  if (StoreStatus status = impl_->store->pending_outputs(pending); !status.ok()) return status;
  impl_->committer->deliver_again(pending);
  impl_->check_committer();
  return {};
}

bool Engine::process(const InputEvent& event, const SourceKey& source) {
  return impl_->process(event, source);
}

void Engine::foresee(std::span<const InputEvent> events) {
  if (impl_->index != nullptr) impl_->index->foresee(events);
}

bool Engine::send(std::string_view type, std::string_view subject, std::string_view data,
                  std::string_view id) {
  Impl& impl = *impl_;
  if (impl.sent == nullptr) {
    impl.sent = std::make_unique<InputBatch>();
    impl.sent_key.name = "send";
    impl.sent_key.high =
        impl.store == nullptr ? static_cast<uint64_t>(impl.clock->now()) : impl.store->run_number();
  }
  impl.sent->clear();
  Arena& arena = impl.sent->arena;
  const auto names = symbols();
  InputEvent event;
  event.type = names->find_or_foreign(type, arena);
  event.subject = subject;
  event.id = id;
  event.begin = event.line = ++impl.sent_count;
  event.payload = Value::map(&empty_map());
  if (!data.empty()) {
    const JsonResult parsed = parse_json(data, JsonStyle::kPlain, arena, *names);
    if (!parsed.error.empty()) return false;
    event.payload = parsed.value;
  }
  return impl.process(event, impl.sent_key);
}

bool Engine::put(std::string_view subject, const Value& properties, const Value& extended) {
  return impl_->put(subject, properties, extended);
}

void Engine::on_seal(std::function<void(std::vector<SourcePosition>&)> callback) {
  impl_->position_source = std::move(callback);
}

void Engine::idle() {
  if (impl_->failure.empty() && !impl_->group.empty()) impl_->seal();
}

bool Engine::flush() {
  // What a failed engine has open was not all done: it comes again.
  if (!impl_->failure.empty()) return false;
  if (!impl_->group.empty()) impl_->seal();
  impl_->committer->wait();
  return impl_->check_committer();
}

bool Engine::close() {
  if (!flush()) return false;
  impl_->committer->finish();
  return impl_->check_committer();
}

void Engine::dead_letter_done(int64_t id) {
  impl_->group.add_retried(id);
}

std::string Engine::failure() const {
  return impl_->failure;
}
bool Engine::output_closed() const {
  return impl_->output_closed;
}
const EngineStatistics& Engine::statistics() const {
  return impl_->statistics;
}
Store* Engine::store() {
  return impl_->store.get();
}

std::string Engine::property_json(std::string_view subject, std::string_view property) {
  const Subject* found = impl_->cache->get(subject);
  if (found == nullptr) return {};
  for (const PropertySlot& slot : found->properties) {
    if (slot.name->text() != property) continue;
    std::string text;
    append_json(text, slot.value);
    return text;
  }
  return {};
}

}  // namespace krules
