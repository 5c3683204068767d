#include <catch2/catch.hpp>

#include "engine_rig.h"
#include "store_support.h"

// What is committed together, what comes again after a crash, and what happens when the store or the output
// fails.
namespace krules::test {

using Lines = std::vector<std::string>;

namespace {

constexpr const char* kCount = "rule count on tick { set n += 1 from 0  emit counted.once { n: subject.n } }";

/// A store that can be made to fail.
class FailingStore final : public Store {
 public:
  explicit FailingStore(bool* fail) : inner_(make_memory_store()), fail_(fail) {}
  StoreStatus load(std::string_view subject, std::vector<StoredPart>& parts) override {
    return *fail_ ? broken() : inner_->load(subject, parts);
  }
  StoreStatus commit(const CommitGroup& group) override { return *fail_ ? broken() : inner_->commit(group); }
  StoreStatus scan(std::string_view glob, const SubjectVisitor& visit) override {
    return inner_->scan(glob, visit);
  }
  StoreStatus count_subjects(uint64_t& count) override { return inner_->count_subjects(count); }
  StoreStatus position(std::string_view source, std::optional<SourcePosition>& position) override {
    return inner_->position(source, position);
  }
  StoreStatus position_by_identity(uint64_t device, uint64_t inode,
                                   std::optional<SourcePosition>& position) override {
    return inner_->position_by_identity(device, inode, position);
  }
  StoreStatus was_seen(std::string_view source, std::string_view id, bool& seen) override {
    return inner_->was_seen(source, id, seen);
  }
  StoreStatus pending_outputs(std::vector<PendingOutput>& outputs) override {
    return inner_->pending_outputs(outputs);
  }
  StoreStatus last_group(uint64_t& number) override { return inner_->last_group(number); }
  uint64_t run_number() const override { return inner_->run_number(); }
  StoreStatus dead_letters(std::vector<DeadLetter>& letters) override {
    return inner_->dead_letters(letters);
  }
  StoreStatus dead_letters_to_retry(size_t limit, std::vector<DeadLetter>& letters) override {
    return inner_->dead_letters_to_retry(limit, letters);
  }
  StoreStatus timers(const TimerVisitor& visit) override { return inner_->timers(visit); }
  StoreStatus calls(const CallVisitor& visit) override { return inner_->calls(visit); }
  StoreStatus journal_of_event(std::string_view event_id, const JournalVisitor& visit) override {
    return inner_->journal_of_event(event_id, visit);
  }
  StoreStatus journal_of_property(std::string_view subject, std::string_view property, size_t limit,
                                  const JournalVisitor& visit) override {
    return inner_->journal_of_property(subject, property, limit, visit);
  }
  StoreStatus journal_recent(size_t limit, const JournalVisitor& visit) override {
    return inner_->journal_recent(limit, visit);
  }
  StoreStatus journal_bytes(uint64_t& bytes) override { return inner_->journal_bytes(bytes); }

 private:
  static StoreStatus broken() { return StoreError{StoreErrorKind::kFull, "the disk is full"}; }
  std::unique_ptr<Store> inner_;
  bool* fail_;
};

}  // namespace

TEST_CASE("an event id is taken once per source, also after a restart") {
  const TemporaryFolder folder;
  const std::string path = folder.file("k.db");
  {
    EngineRig rig(kCount, {}, open_store(path));
    REQUIRE(rig.engine->send("tick", "s", "", "one"));
    REQUIRE(rig.engine->send("tick", "s", "", "one"));  // before the commit
    rig.send("tick", "s", "", "one");                   // and behind it
    rig.send("tick", "s", "", "two");
    CHECK(rig.property("s", "n") == "2");
    CHECK(rig.engine->statistics().duplicates == 2);
    REQUIRE(rig.engine->close());
  }
  EngineRig again(kCount, {}, open_store(path));
  again.send("tick", "s", "", "two");
  again.send("tick", "s", "", "three");
  CHECK(again.property("s", "n") == "3");
  CHECK(again.engine->statistics().duplicates == 1);
}

TEST_CASE("outputs that were not confirmed come again with the same bytes, once") {
  const TemporaryFolder folder;
  const std::string path = folder.file("k.db");
  Lines first;
  {
    EngineRig rig(kCount, {}, open_store(path));
    rig.send("tick", "s");
    first = rig.lines;
    // No close(): as if the process had ended before it could note that the line went out.
  }
  {
    EngineRig rig(kCount, {}, open_store(path));
    REQUIRE(rig.engine->redeliver().ok());
    CHECK(rig.lines == first);
    REQUIRE(rig.engine->close());
  }
  EngineRig rig(kCount, {}, open_store(path));
  REQUIRE(rig.engine->redeliver().ok());
  CHECK(rig.lines.empty());
}

TEST_CASE("when the store fails nothing is handed over and the engine takes no more") {
  bool fail = false;
  EngineRig rig(kCount, {}, std::make_unique<FailingStore>(&fail));
  rig.send("tick", "s");
  CHECK(rig.take().size() == 1);
  fail = true;
  REQUIRE(rig.engine->send("tick", "s"));
  CHECK_FALSE(rig.engine->flush());
  CHECK(rig.take().empty());
  CHECK(rig.engine->failure() == "the disk is full");
  fail = false;
  CHECK_FALSE(rig.engine->send("tick", "s"));
  CHECK_FALSE(rig.engine->flush());
  CHECK(rig.stored("s") == R"({"n":1})");
}

TEST_CASE("a subject that cannot be loaded stops the engine, not the rule") {
  bool fail = false;
  auto store = std::make_unique<FailingStore>(&fail);
  CommitGroup group;
  group.number = 1;
  group.subjects.push_back({"other", 0, R"({"n":7})", ""});
  REQUIRE(store->commit(group).ok());
  EngineRig rig(R"(rule read on go { set n = subject("other").n })", {}, std::move(store));
  rig.send("warm", "s");
  fail = true;
  CHECK_FALSE(rig.engine->send("go", "s"));
  CHECK(rig.engine->failure() == "the disk is full");
}

TEST_CASE("an output that can take no more stops the engine; what is committed stays") {
  class ClosedSink final : public OutputSink {
    bool deliver(std::string_view) override { return false; }
  };
  KeepingLogger logger;
  const TemporaryFolder folder;
  {
    Engine engine({}, open_store(folder.file("k.db")), std::make_unique<ClosedSink>(), logger);
    REQUIRE(engine.load({std::make_shared<Source>("t.krules", kCount)}).ok);
    REQUIRE(engine.send("tick", "s"));
    CHECK_FALSE(engine.flush());
    CHECK(engine.output_closed());
  }
  EngineRig rig(kCount, {}, open_store(folder.file("k.db")));
  REQUIRE(rig.engine->redeliver().ok());
  CHECK(rig.take() == Lines{R"(counted.once s {"n":1})"});
  CHECK(rig.property("s", "n") == "1");
}

TEST_CASE(
    "an output that is held back halfway through what comes again ends well, and the rest comes later") {
  class HoldingSink final : public OutputSink {
   public:
    explicit HoldingSink(int takes) : takes_(takes) {}
    bool deliver(std::string_view) override { return takes_-- > 0; }
    bool held_back() const override { return true; }

   private:
    int takes_;
  };
  KeepingLogger logger;
  const TemporaryFolder folder;
  {
    Engine engine({}, open_store(folder.file("k.db")), std::make_unique<HoldingSink>(0), logger);
    REQUIRE(engine.load({std::make_shared<Source>("t.krules", kCount)}).ok);
    for (int i = 0; i < 3; ++i) {
      REQUIRE(engine.send("tick", "s"));
      REQUIRE(engine.flush());
    }
    REQUIRE(engine.close());
  }
  {
    Engine engine({}, open_store(folder.file("k.db")), std::make_unique<HoldingSink>(1), logger);
    REQUIRE(engine.load({std::make_shared<Source>("t.krules", kCount)}).ok);
    REQUIRE(engine.redeliver().ok());
    CHECK(engine.close());
    CHECK(engine.failure().empty());
  }
  EngineRig rig(kCount, {}, open_store(folder.file("k.db")));
  REQUIRE(rig.engine->redeliver().ok());
  CHECK(rig.take() == Lines{R"(counted.once s {"n":2})", R"(counted.once s {"n":3})"});
}

TEST_CASE("a small cache forgets subjects and loads them again") {
  EngineOptions options;
  options.cache_bytes = 4096;
  options.max_commit_batch = 10;
  EngineRig rig(kCount, options);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 500; ++i) REQUIRE(rig.engine->send("tick", "subject-" + std::to_string(i)));
  }
  REQUIRE(rig.engine->flush());
  for (int i = 0; i < 500; ++i) {
    CHECK(rig.stored("subject-" + std::to_string(i)) == R"({"n":3})");
  }
}

TEST_CASE("a commit thread of its own gives the same results in the same order") {
  auto run = [](CommitThread thread) {
    EngineOptions options;
    options.commit_thread = thread;
    options.max_commit_batch = 7;
    EngineRig rig(kCount, options);
    for (int i = 0; i < 1000; ++i) REQUIRE(rig.engine->send("tick", "s" + std::to_string(i % 13)));
    REQUIRE(rig.engine->close());
    return rig.take();
  };
  CHECK(run(CommitThread::kOwn) == run(CommitThread::kCaller));
}

TEST_CASE("without durability everything works in memory") {
  EngineOptions options;
  options.durability = Durability::kOff;
  EngineRig rig(kCount, options);
  rig.send("tick", "s", "", "a");
  rig.send("tick", "s", "", "a");
  CHECK(rig.take() == Lines{R"(counted.once s {"n":1})"});
  CHECK(rig.engine->store() == nullptr);
}

TEST_CASE("a reload keeps state, finds properties that only the new rules name, and tells what changed") {
  EngineRig rig(R"(
    rule keep on go { set "stran{payload.x}" = 1 }
    rule old on go { set n = 1 }
    rule same on go { emit same.ran })");
  rig.send("go", "s", R"({"x":"ger"})");
  rig.take();
  const LoadResult loaded = rig.engine->load({std::make_shared<Source>("test.krules", R"(
    rule same on go { emit same.ran }
    rule old on go { set n = 2 }
    rule fresh on go when payload.unheard == 1 { emit read.it { subject.stranger, payload.unheard } })")});
  REQUIRE(loaded.ok);
  CHECK(loaded.change.added == Lines{"fresh"});
  CHECK(loaded.change.removed == Lines{"keep"});
  CHECK(loaded.change.changed == Lines{"old"});
  rig.send("go", "s", R"({"unheard":1})");
  CHECK(rig.take() == Lines{"same.ran s {}", R"(read.it s {"stranger":1,"unheard":1})"});
  CHECK(rig.property("s", "n") == "2");
}

TEST_CASE("rules with errors do not take the place of those in force") {
  EngineRig rig(kCount);
  const LoadResult loaded =
      rig.engine->load({std::make_shared<Source>("test.krules", "rule count on tick { set n = lowr(1) }")});
  CHECK_FALSE(loaded.ok);
  CHECK_FALSE(loaded.diagnostics.empty());
  rig.send("tick", "s");
  CHECK(rig.take().size() == 1);
}

TEST_CASE("an embedder's function is called by rules") {
  KeepingLogger logger;
  Lines seen;
  Engine engine({}, make_memory_store(),
                make_callback_sink([&](const EmittedEvent& e) { seen.emplace_back(e.line); }), logger);
  FunctionSpec spec;
  spec.name = "twice";
  spec.parameters = {{"x", "int"}};
  REQUIRE(engine.functions().add(spec, [](CallContext& context, std::span<const Value> arguments) {
    if (!arguments[0].is(ValueKind::kInt)) return context.error("kind", "twice takes an int");
    return Value::integer(arguments[0].as_int() * 2);
  }));
  REQUIRE(engine
              .load({std::make_shared<Source>("t.krules",
                                              "rule go on go { emit done.it { n: twice(payload.n) } }")})
              .ok);
  REQUIRE(engine.send("go", "s", R"({"n":21})"));
  REQUIRE(engine.send("go", "s", R"({"n":"x"})"));
  REQUIRE(engine.flush());
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].find(R"("data":{"n":42})") != std::string::npos);
  CHECK(logger.has("twice takes an int"));
  CHECK_FALSE(engine.send("go", "s", "{broken"));
}

TEST_CASE("what `input` declares is checked before any rule sees the event") {
  EngineRig rig(R"(
    input login.failed { src: string } on "ip:{payload.src}"
    rule count on login.failed { set n += 1 from 0 })");
  rig.send("login.failed", "", R"({"src":"10.0.0.1"})");
  rig.send("login.failed", "ignored", R"({"src":"10.0.0.1"})");
  rig.send("login.failed", "x", R"({"src":3})");
  CHECK(rig.property("ip:10.0.0.1", "n") == "2");
  REQUIRE(rig.dead_letters().size() == 1);
  CHECK(rig.dead_letters()[0].kind == "input");
  CHECK(rig.dead_letters()[0].message.find("src") != std::string::npos);
}

TEST_CASE("only events that match --emit go out, the built-in ones too when asked for") {
  EngineOptions options;
  options.emit_globs = {"subject-property-*", "counted.o*"};
  EngineRig rig(kCount, options);
  rig.send("tick", "s");
  CHECK(rig.take() == Lines{R"(subject-property-changed s {"property":"n","old":null,"new":1})",
                            R"(counted.once s {"n":1})"});
}

}  // namespace krules::test
