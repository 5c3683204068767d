#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>
#include <thread>

#include "call_secrets.h"
#include "engine_rig.h"
#include "krules/http_grants.h"
#include "krules/stored_call.h"
#include "store_support.h"

// Outside calls: with actions of an embedder's own, and what the requests of HTTP are made of.
namespace krules::test {

using Lines = std::vector<std::string>;

namespace {

constexpr int64_t kSecond = 1'000'000;

/// An action `fake.do(what)` that keeps its attempts, and does with each what the test says.
class FakeAction {
 public:
  std::function<void(ActionAttempt)> then;

  ActionHandler handler() {
    return [this](ActionAttempt attempt) {
      {
        const std::lock_guard lock(mutex_);
        attempts_.push_back(attempt);
      }
      if (then) then(std::move(attempt));
    };
  }
  std::vector<ActionAttempt> attempts() const {
    const std::lock_guard lock(mutex_);
    return attempts_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<ActionAttempt> attempts_;
};

struct CallRig {
  explicit CallRig(std::string_view rules, EngineOptions options = {}, std::unique_ptr<Store> store = nullptr,
                   std::function<void(ActionAttempt)> then = nullptr) {
    options.check = LoopCheck::kOff;
    // What an earlier run left is done as soon as there are rules.
    action.then = std::move(then);
    auto sink = make_callback_sink([this](const EmittedEvent& event) {
      std::string text(event.type);
      text.append(" ")
          .append(event.subject)
          .append(" ")
          .append(event.line.substr(event.line.find("\"data\":") + 7));
      text.pop_back();
      outputs.push_back(std::move(text));
    });
    if (store == nullptr) store = make_memory_store();
    engine = std::make_unique<Engine>(std::move(options), std::move(store), std::move(sink), logger);
    ActionSpec spec;
    spec.name = "fake.do";
    spec.parameters = {{"what", ast::Kind::kAny, false, {}}};
    REQUIRE(engine->add_action(spec, action.handler()));
    CHECK_FALSE(engine->add_action(spec, action.handler()));
    const LoadResult loaded = engine->load({std::make_shared<Source>("test.krules", std::string(rules))});
    for (const Diagnostic& diagnostic : loaded.diagnostics) UNSCOPED_INFO(render_text(diagnostic));
    REQUIRE(loaded.ok);
  }

  /// Sends, and goes on until no call is out.
  void send(std::string_view type, std::string_view subject, std::string_view data = {}) {
    REQUIRE(engine->send(type, subject, data));
    settle();
  }
  void settle() {
    REQUIRE(engine->flush());
    while (engine->open_call_count() > 0) {
      REQUIRE(engine->wait_for_replies(30 * kSecond));
      REQUIRE(engine->take_replies());
    }
    REQUIRE(engine->flush());
  }

  KeepingLogger logger;
  FakeAction action;
  Lines outputs;
  std::unique_ptr<Engine> engine;
};

constexpr const char* kAsk = R"(
    rule ask on go { call fake.do(payload) reply came with { n: 7 } }
    rule came on came { emit done { ...payload, extra.n } })";

}  // namespace

TEST_CASE("an embedder's action answers at once") {
  CallRig rig(kAsk);
  rig.action.then = [](const ActionAttempt& attempt) {
    attempt.finish(ActionResult::success(R"({"a":[1]})"));
  };
  rig.send("go", "s", R"({"x": 1})");
  CHECK(rig.outputs == Lines{R"(done s {"ok":true,"body":{"a":[1]},"n":7})"});
  const auto attempts = rig.action.attempts();
  REQUIRE(attempts.size() == 1);
  CHECK(attempts[0].action == "fake.do");
  CHECK(attempts[0].arguments == R"({"what":{"x":1}})");
  CHECK(attempts[0].number == 1);
  CHECK(attempts[0].timeout == 30 * kSecond);
}

TEST_CASE("an embedder's action answers from another thread, and only once") {
  CallRig rig(kAsk);
  std::vector<std::thread> threads;
  rig.action.then = [&](const ActionAttempt& attempt) {
    threads.emplace_back([finish = attempt.finish] {
      finish(ActionResult::failure("it is closed"));
      finish(ActionResult::success("1"));
    });
  };
  rig.send("go", "a");
  rig.send("go", "b");
  for (std::thread& thread : threads) thread.join();
  CHECK(rig.outputs == Lines{R"(done a {"ok":false,"error":"it is closed","n":7})",
                             R"(done b {"ok":false,"error":"it is closed","n":7})"});
}

TEST_CASE("an attempt that may do better is made again under the same key") {
  CallRig rig(R"(rule ask on go { call fake.do(1) reply came retry 2 backoff 1ms }
                 rule came on came { emit done payload })");
  rig.action.then = [](const ActionAttempt& attempt) {
    attempt.finish(attempt.number < 3 ? ActionResult::failure("busy", true) : ActionResult::success("3"));
  };
  rig.send("go", "s");
  CHECK(rig.outputs == Lines{R"(done s {"ok":true,"body":3})"});
  const auto attempts = rig.action.attempts();
  REQUIRE(attempts.size() == 3);
  CHECK(attempts[0].key == attempts[2].key);
  CHECK(attempts[0].key.size() == 36);

  rig.action.then = [](const ActionAttempt& attempt) { attempt.finish(ActionResult::failure("no", false)); };
  rig.send("go", "s");
  CHECK(rig.outputs.back() == R"(done s {"ok":false,"error":"no"})");
  REQUIRE(rig.action.attempts().size() == 4);
  CHECK(rig.action.attempts()[3].key != attempts[0].key);
}

TEST_CASE("an answer that does not come in time is one that failed") {
  CallRig rig(R"(rule ask on go { call fake.do(1) reply came timeout 2ms retry 1 backoff 0s }
                 rule came on came { emit done payload })");
  rig.send("go", "s");
  CHECK(rig.outputs == Lines{R"(done s {"ok":false,"error":"no answer within 2ms"})"});
  // Both come too late, and are passed over.
  const auto attempts = rig.action.attempts();
  REQUIRE(attempts.size() == 2);
  for (const ActionAttempt& attempt : attempts) attempt.finish(ActionResult::success("1"));
  rig.action.then = [](const ActionAttempt& attempt) { attempt.finish(ActionResult::success("2")); };
  rig.send("go", "t");
  CHECK(rig.outputs.size() == 2);
  rig.engine.reset();
  attempts[0].finish(ActionResult::success("1"));
}

TEST_CASE("no call is made before what asked for it is stored") {
  CallRig rig(kAsk);
  rig.action.then = [](const ActionAttempt& attempt) { attempt.finish(ActionResult::success("1")); };
  REQUIRE(rig.engine->send("go", "s"));
  CHECK(rig.engine->open_call_count() == 1);
  uint64_t stored = 0;
  check_ok(rig.engine->store()->calls([&](const StoredCall&) { return ++stored != 0; }));
  CHECK(stored == 0);
  CHECK(rig.action.attempts().empty());
  rig.settle();
  CHECK(rig.action.attempts().size() == 1);
}

TEST_CASE("calls that are out when a program ends are made by the next one, once") {
  TemporaryFolder folder;
  const std::string path = folder.file("krules.db");
  std::string key;
  {
    CallRig rig(kAsk, {}, open_store(path));
    REQUIRE(rig.engine->send("go", "s", R"({"x": 1})"));
    REQUIRE(rig.engine->flush());
    const std::vector<StoredCall> open = rig.engine->open_calls();
    REQUIRE(open.size() == 1);
    key = idempotency_key(open[0]);
  }
  {
    CallRig rig(kAsk, {}, open_store(path),
                [](const ActionAttempt& attempt) { attempt.finish(ActionResult::success("1")); });
    rig.settle();
    CHECK(rig.outputs == Lines{R"(done s {"ok":true,"body":1,"n":7})"});
    REQUIRE(rig.action.attempts().size() == 1);
    CHECK(rig.action.attempts()[0].key == key);
    CHECK(rig.action.attempts()[0].arguments == R"({"what":{"x":1}})");
  }
  CallRig rig(kAsk, {}, open_store(path));
  rig.settle();
  CHECK(rig.action.attempts().empty());
}

TEST_CASE("attempts that were made are in the store") {
  TemporaryFolder folder;
  CallRig rig(R"(rule ask on go { call fake.do(1) retry 1 backoff 1h })", {},
              open_store(folder.file("krules.db")));
  rig.action.then = [](const ActionAttempt& attempt) { attempt.finish(ActionResult::failure("busy", true)); };
  REQUIRE(rig.engine->send("go", "s"));
  REQUIRE(rig.engine->wait_for_replies(30 * kSecond));
  REQUIRE(rig.engine->take_replies());
  REQUIRE(rig.engine->flush());
  std::vector<StoredCall> calls;
  check_ok(rig.engine->store()->calls([&](const StoredCall& call) { return calls.push_back(call), true; }));
  REQUIRE(calls.size() == 1);
  CHECK(calls[0].attempts == 1);
  CHECK(calls[0].most_attempts == 2);
  CHECK(calls[0].not_before >= calls[0].time + 3600 * kSecond);
}

TEST_CASE("a call without a reply is told where it fails, and nowhere else") {
  CallRig rig("rule ask on go { call fake.do(payload.n) }");
  rig.action.then = [](const ActionAttempt& attempt) {
    attempt.finish(attempt.arguments == R"({"what":1})" ? ActionResult::success("1")
                                                        : ActionResult::failure("it is closed"));
  };
  rig.send("go", "s", R"({"n": 1})");
  CHECK_FALSE(rig.logger.has("fake.do"));
  rig.send("go", "s", R"({"n": 2})");
  CHECK(rig.logger.has("call fake.do failed: it is closed"));
  CHECK(rig.engine->statistics().calls == 2);
}

TEST_CASE("the reply's cascade and the end of the call are one transaction") {
  TemporaryFolder folder;
  CallRig rig(R"(rule ask on go { call fake.do(1) reply came }
                 rule came on came { set n = 1  fail cascade "it does not fit" })",
              {}, open_store(folder.file("krules.db")));
  rig.action.then = [](const ActionAttempt& attempt) { attempt.finish(ActionResult::success("1")); };
  rig.send("go", "s");
  std::vector<DeadLetter> letters;
  check_ok(rig.engine->store()->dead_letters(letters));
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].event.find(R"("type":"came","subject":"s")") != std::string::npos);
  CHECK(letters[0].source == "call");
  uint64_t stored = 0;
  check_ok(rig.engine->store()->calls([&](const StoredCall&) { return ++stored != 0; }));
  CHECK(stored == 0);
}

TEST_CASE("held calls wait for the test to answer them") {
  EngineOptions options;
  options.calls = CallHandling::kHold;
  EngineRig rig(R"(rule ask on go { call http.get("https://example.com/{subject}") reply came }
                   rule came on came { emit done payload })",
                options);
  rig.send("go", "a");
  rig.send("go", "b");
  const std::vector<StoredCall> open = rig.engine->open_calls();
  REQUIRE(open.size() == 2);
  CHECK(open[1].arguments == R"({"url":"https://example.com/b"})");
  REQUIRE(rig.engine->answer_call(open[1].id, ActionResult::success("2")));
  REQUIRE(rig.engine->answer_call(open[1].id, ActionResult::success("3")));  // once is enough
  REQUIRE(rig.engine->flush());
  CHECK(rig.take() == Lines{R"(done b {"ok":true,"body":2})"});
  CHECK(rig.engine->open_call_count() == 1);
}

TEST_CASE("a program with a secret that has no value is refused") {
  KeepingLogger logger;
  EngineOptions options;
  options.secret = [](std::string_view name) {
    return name == "known" ? std::optional<std::string>("v") : std::nullopt;
  };
  Engine engine(options, make_memory_store(), make_callback_sink([](const EmittedEvent&) {}), logger);
  const auto load = [&](const char* rules) {
    return engine.load({std::make_shared<Source>("test.krules", rules)});
  };
  CHECK(load("secret known").ok);
  const LoadResult refused = load("secret other");
  CHECK_FALSE(refused.ok);
  REQUIRE(refused.diagnostics.size() == 1);
  CHECK(refused.diagnostics[0].message == "the secret `other` has no value");
}

TEST_CASE("hosts that are granted") {
  HttpGrants grants;
  CHECK(grants.add("api.example.com").empty());
  CHECK(grants.add("*.Example.org:8443").empty());
  CHECK(grants.add("[::1]:8080").empty());
  const auto allowed = [&](const std::string& url) {
    HttpPlace place;
    std::string error;
    return find_http_place(url, place, error) && grants.allow(place);
  };
  CHECK(allowed("https://api.example.com/x"));
  CHECK(allowed("http://API.example.com./x?y#z"));
  CHECK_FALSE(allowed("https://api.example.com:8443/"));
  CHECK_FALSE(allowed("https://xapi.example.com"));
  CHECK_FALSE(allowed("https://api.example.com.evil.org"));
  CHECK_FALSE(allowed("https://api.example.com@evil.org"));
  CHECK_FALSE(allowed("https://evil.org/api.example.com"));
  CHECK_FALSE(allowed("https://evil.org\\@api.example.com"));
  CHECK(allowed("https://a.b.example.org:8443"));
  CHECK_FALSE(allowed("https://example.org:8443"));
  CHECK_FALSE(allowed("https://evilexample.org:8443"));
  CHECK(allowed("http://[::1]:8080/"));
  CHECK_FALSE(allowed("http://[::1]/"));
  CHECK_FALSE(allowed("ftp://api.example.com"));
  HttpGrants all;
  CHECK(all.add("*").empty());
  HttpPlace place;
  std::string error;
  REQUIRE(find_http_place("http://anything:99/", place, error));
  CHECK(all.allow(place));
  CHECK(place.text() == "anything:99");
}

TEST_CASE("secrets are filled in and taken out") {
  CallSecrets secrets;
  std::string arguments;
  std::string error;
  const auto lookup = [](std::string_view name) {
    return name == "key" ? std::optional<std::string>("a\"b/c") : std::nullopt;
  };
  const std::string stored =
      R"({"url":"https://x/<secret key 12>","options":{"list":["<secret key 12>",1]},"$secrets":{"<secret key 12>":"key"}})";
  REQUIRE(secrets.fill(stored, lookup, arguments, error));
  CHECK(arguments == R"({"url":"https://x/a\"b/c","options":{"list":["a\"b/c",1]}})");
  std::string echo = R"(raw a"b/c json a\"b/c url a%22b%2Fc base64 YSJiL2M=)";
  secrets.take_out(echo);
  CHECK(echo == "raw [secret key] json [secret key] url [secret key] base64 [secret key]");

  CallSecrets none;
  CHECK_FALSE(none.fill(R"({"url":"x","$secrets":{"m":"gone"}})", lookup, arguments, error));
  CHECK(error == "the secret `gone` has no value");
  // Only what the call itself says is a secret is one.
  CallSecrets plain;
  REQUIRE(plain.fill(R"({"url":"<secret key 12>"})", lookup, arguments, error));
  CHECK(arguments == R"({"url":"<secret key 12>"})");
}

}  // namespace krules::test
