"""krules test: what it runs, what it says of what does not hold, and how it ends."""

import json
import unittest
import xml.etree.ElementTree as xml

import support

SHOP = """\
param tax: float = 0.2
rule take on order.placed when payload.total > 0 {
    set total = payload.total * (1 + tax)
    emit order.taken { subject.total, note: "thanks" }
}
rule refuse on order.placed when payload.total <= 0 { fail "nothing to pay" }
rule remind on order.taken { emit order.late { subject.total } after 2h key "late" }
rule paid on order.paid { cancel "late" }
"""


class Test(support.Case):
    def shop(self, text, *arguments, status=0):
        self.write("shop.krules", SHOP)
        self.write("shop_test.krules", text)
        return self.krules("test", ".", *arguments, status=status)

    def says(self, text, *lines):
        out = self.shop(text, status=1).stdout
        for line in lines:
            self.assertIn(line, out)
        return out

    # what passes

    def test_all_pass(self):
        out = self.shop(
            """\
test "an order is taken" {
    send order.placed { total: 10 } on "o-1"
    expect emitted order.taken { total: 12 } on "o-1" times 1
    expect subject("o-1").total == 12.0
    expect not emitted order.late
}
test "what is late is told once" {
    send order.placed { total: 10 } on "o-1"
    expect pending("late", "o-1") == now() + 2h
    advance 1h59m
    expect not emitted order.late
    advance 1m
    expect emitted order.late { total: 12 } on "o-1" times 1
    expect pending("late", "o-1") == null
    advance 100d
    expect emitted order.late times 1
}
test "what is paid is not late" {
    send order.placed { total: 10 } on "o-1"
    send order.paid on "o-1"
    advance 3h
    expect not emitted order.late
}
test "a rule fails" {
    send order.placed { total: 0 } on "o-1"
    expect failed refuse
    expect not failed take
    expect not emitted *
}
test "another tax" {
    param tax = 0.5
    let id = "o-{1 + 1}"
    send order.placed { total: 10 } on id
    expect subject(id).total == 10 * (1 + tax)
    expect subject(id).total == 15
}
test "what is there before" {
    given "o-1" { total: 3, tags: ["a"] } ext { seen: 2 }
    expect subject("o-1").total == 3 and subject("o-1").ext.seen == 2
    expect not has(subject("o-1").note)
    expect not emitted *
    given "o-1" { total: 4 }
    expect subject("o-1").props() == { total: 4, tags: ["a"] }
}
test "the time begins where the page says" {
    send order.placed { total: 10 } on "o-1"
    expect now() == timestamp("2026-01-01T12:00:00Z")
    advance 1d
    expect now() == timestamp("2026-01-02T12:00:00Z")
}
"""
        ).stdout
        self.assertRegex(out, r"\A7 tests passed, 0 failed \(\d+\.\d\d s\)\n\Z")

    def test_set(self):
        text = 'test "tax" {\n send order.placed { total: 10 } on "o-1"\n expect subject("o-1").total == 20\n}\n'
        self.shop(text, "--set", "tax=1.0")
        self.shop(text, status=1)

    def test_filter(self):
        text = 'test "one" { expect subject("a").x == 1 }\ntest "two" { expect subject("a").x == null }\n'
        self.shop(text, status=1)
        self.assertIn("1 test passed, 0 failed", self.shop(text, "--filter", "tw*").stdout)
        self.assertIn("did you mean `two`?", self.shop(text, "--filter", "twoo", status=2).stderr)

    def test_clocks_fire_in_order(self):
        self.write(
            "clock.krules",
            """\
rule tick every 1m { set ticks += 1 from 0 on "clock" }
rule nightly at "0 3 * * *" { emit night.over { ticks: subject("clock").ticks } on "clock" }
test "an hour and a night" {
    advance 1h
    expect subject("clock").ticks == 60
    advance 14h
    expect emitted night.over { ticks: 899 } times 1
}
""",
        )
        self.krules("test", "clock.krules")

    def test_middleware_gates_and_modules(self):
        self.write(
            "wrapped.krules",
            """\
use std.error_handler on order.*
use std.rate_limit(limit: 2, per: 1m) on order.*
rule pay on order.paid { if payload.total < 0 { fail "no" } set paid += 1 from 0 }
test "failures are told" {
    send order.paid { total: -1 } on "o"
    expect failed pay
    expect emitted error.handler_failed { original_event: "order.paid", error: "no", rule: "pay" } times 1
}
test "the third within a minute is dropped" {
    send order.paid { total: 1 } on "o"
    send order.paid { total: 1 } on "o"
    send order.paid { total: 1 } on "o"
    expect subject("o").paid == 2
    advance 1m
    send order.paid { total: 1 } on "o"
    expect subject("o").paid == 3
}
""",
        )
        out = self.krules("test", "wrapped.krules", "--coverage").stdout
        self.assertRegex(out, r"gate rate_limit +ran \d+ times")

    # what fails

    def test_what_was_emitted_instead(self):
        out = self.says(
            """\
test "a" {
    send order.placed { total: 10 } on "o-1"
    expect emitted order.taken { total: 13, note: "thanks" } on "o-1"
}
""",
            "test failed: a",
            'error[K0243]: no `order.taken` on `o-1` with {"total":13,"note":"thanks"} was emitted',
            "shop_test.krules:3:5",
            '    expect emitted order.taken { total: 13, note: "thanks" } on "o-1"',
            "^^^^",
            'emitted instead: `order.taken` on `o-1` {"total":12.0,"note":"thanks"}; `total` is 12.0, not 13',
            "0 tests passed, 1 failed",
        )
        self.assertNotIn("`note` is", out)
        # The tree of the cascade: what was held back, and why.
        tree = out[out.index("what happened:") :]
        self.assertIn("order.placed", tree)
        self.assertIn("refuse", tree)
        self.assertIn("payload.total is 10", tree)
        report = json.loads(self.krules("test", ".", "--format", "json", status=1).stdout)
        cascade = report["programs"][0]["tests"][0]["cascades"][0]
        self.assertIn("events", cascade)

    def test_closest_first(self):
        out = self.says(
            """\
test "a" {
    send order.placed { total: 10 } on "o-2"
    send order.placed { total: 10 } on "o-1"
    advance 2h
    expect emitted order.late on "o-3"
    expect emitted order.late times 3
    expect not emitted order.late on "o-1"
    expect emitted order.taken on "o-1" times 0
}
""",
            "no `order.late` on `o-3` was emitted",
            'emitted instead: `order.late` on `o-2` {"total":12.0}; it is on `o-2`',
            'also: `order.late` on `o-1` {"total":12.0}; it is on `o-1`',
            "`order.late` was emitted twice, not 3 times",
            "`order.late` on `o-1` was emitted once",
            "`order.taken` on `o-1` was emitted once, not 0 times",
        )
        self.assertLess(out.index("emitted instead: `order.late`"), out.index("also: `order.taken`"))

    def test_nothing_was_emitted(self):
        self.says('test "a" {\n send order.paid on "o"\n expect emitted order.taken\n}\n', "= note: nothing was emitted")

    def test_values_that_decided(self):
        self.says(
            """\
test "a" {
    send order.placed { total: 10 } on "o-1"
    let wanted = 13
    expect subject("o-1").total == wanted
    expect subject("o-1").total == 12 and subject("o-1").note == "x"
    expect not (subject("o-1").total > 3)
    expect subject("o-1").paid
    expect "abc".starts_with(subject("o-2").name ?? "b")
    expect subject("o-1").total > "x"
    expect failed take
}
""",
            "this does not hold",
            '`subject("o-1").total` is 12.0',
            "`wanted` is 13",
            '`subject("o-1").note == "x"` is false',
            '`subject("o-1").note` is null',
            '`(subject("o-1").total > 3)` is true',
            '`subject("o-1").paid` is null',
            '`subject("o-2").name ?? "b"` is "b"',
            "this failed: `>` does not compare float with string",
            "`take` did not fail",
        )

    def test_a_step_that_fails_ends_the_test(self):
        out = self.says(
            'test "a" {\n let n = subject("o").n + 1\n expect subject("o").n == 3\n}\n',
            "this failed: ",
            "shop_test.krules:2:10",
        )
        self.assertEqual(out.count("error[K0243]"), 1)

    def test_a_timer_without_end(self):
        self.write("spin.krules", 'rule spin on spin { emit spin after 0s }\ntest "s" { send spin on "x" expect emitted spin }')
        out = self.krules("test", "spin.krules", status=1).stdout
        self.assertIn("more than 100000 timers fired in this step", out)

    def test_failing_subjects_and_kinds(self):
        self.says(
            """\
test "a" { let n = subject("o").n given "x{n}" n expect subject("o").n == null }
test "b" { let n = subject("o").n send order.paid on "o" with n expect subject("o").n == null }
test "c" { let n = subject("o").n advance n expect subject("o").n == null }
test "d" { let n = subject("o").n expect emitted order.late times n }
""",
            "what is given is of kind null, not map",
            "what `with` gives is of kind null, not map",
            "what `advance` takes is of kind null, not duration",
            "the count of `times` is of kind null, not int",
        )

    # what is wrong with the tests themselves

    def test_errors_when_rules_load(self):
        self.says(
            """\
test "a" {
    param taxx = 1
    param tax = "high"
    send order.placed
    send subject-deleted on "o"
    given 3 { x: 1 }
    given "o" (3)
    expect emitted order.taken times -1
    expect failed tak
    expect payload.total == 1
    expect subject.total == 1
    expect subjct("o").total == 1
    expect pending("late") == null
}
test "a" { expect subject("o").x == 1 }
""",
            "no file declares a param `taxx`",
            "did you mean `tax`?",
            "the param `tax` is of kind float, got string",
            "nothing says which subject `order.placed` is about",
            "`subject-deleted` is a built-in event",
            "a subject's name is a text, got int",
            "properties are a map, got int",
            "`times` takes a whole number, 0 or more",
            "there is no rule, gate or middleware `tak`",
            "did you mean `take`?",
            "a test has no `payload` of its own",
            "a test has no `subject` of its own",
            "unknown function `subjct`",
            "`pending` needs one",
            "two tests are called `a`",
            "1 program with errors",
        )

    def test_steps_that_do_not_parse(self):
        self.says(
            'test "a" {\n emit x.y\n given "o" 3\n advance 2\n sned x.y on "o"\n expect failed tak\n}\n',
            "expected the properties, a map, found `3`",
            "`advance` needs a duration, and this is a plain number",
            "`emit` is not a step of a test",
            "sned",
        )

    def test_run_says_the_same(self):
        self.write("shop.krules", SHOP + 'test "a" { expect failed tak }\n')
        done = self.krules("run", "shop.krules", "--db", "x.db", status=1)
        self.assertIn("there is no rule, gate or middleware `tak`", done.stderr)

    def test_warnings(self):
        out = self.shop(
            """\
test "a" {
    send order.placd { total: 1 } on "o"
    expect not emitted order.takn
    expect not emitted order.unheard_of
}
test "b" { send order.paid on "o" }
test "c" { expect 1 < 2 }
"""
        ).stdout
        self.assertIn("warning[K0241]: no rule waits for `order.placd`", out)
        self.assertIn("did you mean `order.placed`?", out)
        self.assertIn("warning[K0241]: no rule emits `order.takn`", out)
        self.assertNotIn("unheard_of`", out.replace("expect not emitted order.unheard_of", ""))
        self.assertIn("warning[K0242]: the test `b` expects nothing, so it cannot fail", out)
        self.assertIn("this is always true, whatever the rules do", out)

    def test_an_event_that_nothing_emits(self):
        self.says(
            'test "a" { send order.paid on "o" expect emitted parcel.lost }\n',
            "warning[K0241]: no rule emits `parcel.lost`",
            "rules emit `order.late`, `order.taken`",
        )

    # what is tested

    def test_no_tests(self):
        self.write("shop.krules", SHOP)
        self.assertIn("there is no test in shop.krules", self.krules("test", "shop.krules", status=2).stderr)
        self.assertIn("name at least one", self.krules("test", status=2).stderr)
        self.assertIn("is not there", self.krules("test", "gone", status=2).stderr)
        (self.folder / "empty").mkdir()
        self.assertIn("no .krules files", self.krules("test", "empty", status=2).stderr)
        self.assertIn("--format", self.krules("test", "shop.krules", "--format", "xml", status=2).stderr)

    def test_collections(self):
        for name in ("a", "b/deep"):
            self.write(f"all/{name}/r.krules", f'rule r on x {{ set here = "{name}" }}\n')
            self.write(
                f"all/{name}/r_test.krules", f'test "t" {{ send x on "s" expect subject("s").here == "{name}" }}\n'
            )
        self.write("all/c/broken.krules", 'rule r on x { set }\ntest "t" { expect failed r }\n')
        out = self.krules("test", "all", status=1).stdout
        self.assertIn("2 tests passed, 0 failed, 1 program with errors, in 3 programs", out)
        self.write("all/c/broken.krules", "rule no_tests on x { stop }\n")
        out = self.krules("test", "all").stdout
        self.assertIn("2 tests passed, 0 failed, in 2 programs", out)
        self.assertIn("without tests: all/c", out)
        self.assertIn("declared twice", self.krules("test", "all", "--together", status=1).stdout)

    def test_tests_do_not_run_with_the_rules(self):
        self.write("shop.krules", SHOP + 'test "t" { send order.placed { total: 1 } on "o" expect emitted order.taken }\n')
        done = self.krules("run", "shop.krules", "--db", "x.db", input=support.event("order.placed", "p", {"total": 5}))
        self.assertEqual([line["subject"] for line in support.parse_lines(done.stdout)], ["p"])
        self.assertEqual(set(self.subjects("--db", "x.db")), {"p"})

    # how it is told

    def test_coverage(self):
        out = self.shop(
            """\
test "t" {
    send order.placed { total: 1 } on "o"
    send order.placed { total: 1 } on "p"
}
test "u" { send order.placed { total: "x" } on "o" expect not emitted * }
""",
            "--coverage",
        ).stdout
        self.assertRegex(out, r"(?m)^coverage of \.: 56 % \(5 of 8; 2 of 4 rules ran\)$|^coverage of \.: \d+ %")
        self.assertRegex(out, r"(?m)^ +2  take +ran twice$")
        self.assertRegex(out, r"(?m)^ +2    when payload.total > 0 +held twice, failed once$|always, failed once$")
        self.assertRegex(out, r"(?m)^ +6  refuse +never ran$")
        self.assertRegex(out, r"(?m)^  paid \(\./shop.krules:8\)$")

    def test_json(self):
        text = 'test "t" {\n send order.placed { total: 1 } on "o"\n expect emitted order.taken { total: 2 }\n}\ntest "u" { expect subject("a").x == null }\n'
        report = json.loads(self.shop(text, "--format", "json", "--coverage", status=1).stdout)
        self.assertEqual({key: report["summary"][key] for key in ("passed", "failed")}, {"passed": 1, "failed": 1})
        program = report["programs"][0]
        first, second = program["tests"]
        self.assertEqual((first["name"], first["file"], first["line"], first["passed"]), ("t", "./shop_test.krules", 1, False))
        self.assertEqual(first["failures"][0]["code"], "K0243")
        self.assertEqual(first["failures"][0]["line"], 3)
        self.assertEqual(second["failures"], [])
        rules = {rule["name"]: rule for rule in program["coverage"]["rules"]}
        self.assertEqual(rules["take"]["runs"], 1)
        self.assertEqual(rules["take"]["whens"][0]["held"], 1)
        self.assertEqual(rules["refuse"]["whens"][0]["did_not_hold"], 1)
        self.assertTrue(0 < program["coverage"]["percent"] < 100)

    def test_junit(self):
        text = 'test "a < b & \\"c\\"" { expect subject("a").x == 1 }\ntest "u" { expect subject("a").x == null }\n'
        root = xml.fromstring(self.shop(text, "--format", "junit", status=1).stdout)
        self.assertEqual((root.get("tests"), root.get("failures"), root.get("errors")), ("2", "1", "0"))
        failed, passed = root.iter("testcase")
        self.assertEqual(failed.get("name"), 'a < b & "c"')
        self.assertIn("this does not hold", failed.find("failure").text)
        self.assertEqual(list(passed), [])
        root = xml.fromstring(self.shop('test "t" { expect failed nobody }\n', "--format", "junit", status=1).stdout)
        self.assertIn("no rule, gate or middleware", root.find(".//error").get("message"))

    def test_each_test_begins_anew(self):
        one = 'test "t{0}" {{\n expect subject("o").total == null\n expect now() == timestamp("2026-01-01T12:00:00Z")\n send order.placed {{ total: {0} }} on "o"\n advance 3h\n expect emitted order.late times 1\n expect subject("o").total != null\n}}\n'
        out = self.shop("".join(one.format(i + 1) for i in range(200))).stdout
        self.assertIn("200 tests passed", out)


if __name__ == "__main__":
    support.main()
