"""`krules why` and the journal behind it."""

import json
import unittest

from support import Case, event, main, parse_lines

RULES = """\
rule check on order.submitted when payload.total > 0 { emit order.valid { total: payload.total } }
rule refuse on order.submitted when payload.total <= 0 { fail "nothing in it" }
rule ship on order.valid { set status = "shipped"  set ext.by = "ship" }
rule note on changed status { set noted = true }
rule later on order.valid { emit order.late after 1s }
rule late on order.late { set late = true }
"""


class Why(Case):
    def setUp(self):
        super().setUp()
        self.write("a.krules", RULES)

    def run_rules(self, input, *arguments, status=0):
        return self.krules("run", "a.krules", "--db", "a.db", *arguments, input=input, status=status)

    def why(self, *arguments, status=0):
        return self.krules("why", *arguments, "--db", "a.db", status=status)

    def order(self, number, total, **more):
        return event("order.submitted", f"o-{number}", {"total": total}, **more)

    def test_an_event_of_the_input(self):
        self.run_rules(self.order(1, 3, id="e1"), "--journal", "all")
        text = self.why("e1").stdout
        self.assertIn("cascade e1 at ", text)
        self.assertIn('event 1  order.submitted of o-1 {"total":3}', text)
        self.assertIn("held     refuse: when payload.total <= 0; payload.total is 3", text)
        self.assertIn("timer    order.late on o-1 at ", text)

    def test_an_event_that_was_printed(self):
        for more in ({}, {"id": "mine"}):
            done = self.run_rules(self.order(1, 3, **more), "--journal", "all")
            # The timer of the run before may come first.
            printed = next(each for each in parse_lines(done.stdout) if each["type"] == "order.valid")
            self.assertIn("event 2  order.valid of o-1", self.why(printed["id"]).stdout)

    def test_a_property(self):
        self.run_rules(self.order(1, 3, id="e1"), "--journal", "all")
        lines = self.why("o-1.noted").stdout.splitlines()
        self.assertEqual(lines[0], "noted of o-1 is true")
        self.assertIn("cascade e1 at ", lines[2])
        self.assertEqual(lines[3], "  set       noted of o-1: null -> true   by note (a.krules:4)")
        self.assertEqual(lines[4], '  because   event 3  changed status of o-1: null -> "shipped"   by ship')
        self.assertEqual(lines[5], '  because   event 2  order.valid of o-1 {"total":3}   by check')
        self.assertEqual(lines[6], '  because   event 1  order.submitted of o-1 {"total":3}   the input')
        self.assertEqual(len(lines), 7)
        self.assertIn('set       ext.by of o-1: null -> "ship"', self.why("o-1.ext.by").stdout)

    def test_names_with_dots(self):
        self.write("a.krules", 'rule a on go { set "x.y" = 1 }\n')
        self.run_rules(event("go", "a.b.c", id="e1"), "--journal", "all")
        self.assertIn("x.y of a.b.c is 1", self.why("a.b.c.x.y").stdout)

    def test_through_a_timer(self):
        self.run_rules(self.order(1, 3, id="e1"), "--journal", "all", "--drain")
        text = self.why("o-1.late").stdout
        self.assertIn("late of o-1 is true", text)
        self.assertIn("set       late of o-1: null -> true   by late (a.krules:6)", text)
        self.assertIn("timer     order.late on o-1 at ", text)
        self.assertIn('because   event 1  order.submitted of o-1 {"total":3}   the input', text)

    def test_through_the_answer_of_a_call(self):
        self.write(
            "a.krules",
            """\
secret token
rule ask on go {
    try { call http.get("http://127.0.0.1:1/no") reply never  fail "undone" } catch err { }
    call http.get("http://127.0.0.1:1/first", { headers: { authorization: token } }) reply first.came
}
rule first on first.came { call http.put("http://127.0.0.1:1/second") reply second.came on "other" }
rule second on second.came { set known = payload.ok }
rule quiet on go { call http.delete("http://127.0.0.1:1/q") }
""",
        )
        token = {"KRULES_SECRET_TOKEN": "0123456789"}
        done = self.krules(
            "run", "a.krules", "--db", "a.db", "--journal", "all", "--trace", "--log-level", "off",
            input=event("go", "s", id="e1"), env=token,
        )
        self.assertIn(
            '    call     http.get {"url":"http://127.0.0.1:1/no"}, reply never on s, undone\n', done.stderr)
        story = self.why("e1", "--format", "json").stdout
        self.assertIn('"headers":{"authorization":"<secret token>"}', story)
        self.assertNotIn("0123456789", story)
        self.assertIn('    call     http.delete {"url":"http://127.0.0.1:1/q"}, no reply\n', done.stderr)
        lines = self.why("other.known").stdout.splitlines()
        self.assertEqual(lines[0], "known of other is false")
        self.assertRegex(lines[2], r"^cascade [0-9a-f-]{36} at \S+, from the answer of call \d+$")
        self.assertEqual(lines[3], "  set       known of other: null -> false   by second (a.krules:7)")
        self.assertRegex(lines[4], r"^  because   event 1  second.came of other .*   the answer of call \d+$")
        self.assertIn(", from the answer of call ", lines[5])
        self.assertEqual(
            lines[6],
            '  call      http.put {"url":"http://127.0.0.1:1/second"}, reply second.came on other   by first '
            "(a.krules:6)",
        )
        self.assertRegex(lines[7], r"^  because   event 1  first.came of s .*   the answer of call \d+$")
        self.assertIn("cascade e1 at ", lines[8])
        self.assertRegex(lines[9], r'^  call      http.get \{"url":.*, reply first.came on s   by ask \(a.krules:2\)$')
        self.assertEqual(lines[10], "  because   event 1  go of s   the input")
        self.assertEqual(len(lines), 11)

    def test_more_than_one_change(self):
        self.write("a.krules", "rule a on go { set n = payload.n }\n")
        events = "".join(event("go", "s", {"n": n}, id=f"e{n}") for n in range(1, 6))
        self.run_rules(events, "--journal", "all")
        self.assertEqual(self.why("s.n").stdout.count("set  "), 1)
        text = self.why("s.n", "--limit", "3").stdout
        self.assertLess(text.index("n of s: 4 -> 5"), text.index("n of s: 2 -> 3"))
        self.assertNotIn("n of s: 1 -> 2", text)

    def test_why_a_rule_did_not_run(self):
        self.run_rules(self.order(1, 0, id="e1") + self.order(2, 3, id="e2"))
        text = self.why("e1", "--rule", "check").stdout
        self.assertIn("check did not run: when payload.total > 0; payload.total is 0 (a.krules:1)", text)
        self.assertIn("refuse failed, and what it did was undone: nothing in it", self.why("e1", "--rule", "refuse").stdout)

    def test_a_rule_that_no_event_of_the_cascade_fits(self):
        self.run_rules(self.order(1, 0, id="e1") + self.order(2, 3, id="e2"), "--journal", "all")
        text = self.why("e1", "--rule", "ship").stdout
        self.assertIn("ship was not looked at: its patterns fit no event of this cascade", text)

    def test_a_rule_that_is_not_there(self):
        self.run_rules(self.order(1, 0, id="e1") + self.order(2, 3, id="e2"), "--journal", "all")
        text = self.why("e1", "--rule", "frobnicate", status=1).stdout
        self.assertIn("no story of the journal tells of a rule `frobnicate`: there is none, or no event has fitted it yet\n", text)
        self.assertNotIn("was not looked at", text)
        # Rules of other stories are suggested, too.
        self.assertIn("; did you mean `ship`?", self.why("e1", "--rule", "shipp", status=1).stdout)

    def test_a_rule_does_not_go_with_a_property(self):
        self.write("a.krules", "rule count on go { set n += 1 from 0 }\n")
        self.run_rules(event("go", "a.b", id="e1"), "--journal", "all")
        text = self.why("a.b.n", "--rule", "count", status=2).stderr
        self.assertIn("`a.b.n` is a property, and --rule asks about an event: leave it out", text)

    def test_one_of_many_rules_that_wait_for_another_value(self):
        self.write("a.krules", "".join(f'rule r{i} on go when payload.s == "{i}" {{ set n = {i} }}\n' for i in range(40)))
        self.run_rules(event("go", "s", {"s": "3"}, id="e1"), "--journal", "all")
        self.assertIn(
            'or it is one of the 39 rules that wait for another payload.s than "3", which event 1 has\n',
            self.why("e1", "--rule", "r5").stdout,
        )

    def test_failures_alone_by_default(self):
        self.run_rules(self.order(1, 0, id="e1") + self.order(2, 3, id="e2"))
        self.assertIn("failed   refuse: nothing in it", self.why("e1").stdout)
        done = self.why("o-2.status", status=1)
        self.assertIn('status of o-2 is "shipped", but the journal has nothing about it', done.stderr)
        self.assertIn("--journal all", done.stderr)

    def test_the_last_change_that_is_known(self):
        self.write("a.krules", 'rule a on go { set n = payload.n }\nrule b on go when payload.n == 1 { fail "one" }\n')
        self.run_rules(event("go", "s", {"n": 1}, id="e1") + event("go", "s", {"n": 2}, id="e2"))
        text = self.why("s.n").stdout
        self.assertIn("n of s is 2\n(the journal does not know the cascade that gave it this value", text)
        self.assertIn("n of s: null -> 1", text)

    def test_an_empty_journal(self):
        self.run_rules(self.order(1, 3, id="e1"), "--journal", "off")
        self.assertIn("the journal of a.db is empty: `krules run --journal all`", self.why("e1", status=1).stderr)

    def test_what_is_not_there(self):
        self.run_rules(self.order(1, 3, id="event-17"), "--journal", "all")
        self.assertIn("did you mean `event-17`?", self.why("event-18", status=1).stderr)
        self.assertIn("`o-1` has no property `statuss`; did you mean `o-1.status`?", self.why("o-1.statuss", status=1).stderr)
        self.assertIn("knows no event and no property `what`", self.why("what", status=1).stderr)
        for odd in ("", ".", "a.", ".a", "..", "\n", "'; DROP TABLE journal"):
            self.why(odd, status=2 if odd == "" else 1)
        self.assertIn("cannot open", self.krules("why", "x", "--db", "no.db", status=2).stderr)

    def test_a_cascade_that_was_undone(self):
        self.write("a.krules", 'rule a on go { set n = 1 }\nrule b on changed n { fail cascade "no" }\n')
        self.run_rules(event("go", "s", id="e1"), status=3)
        text = self.why("e1").stdout
        self.assertIn("undone   all of it (fail): no", text)
        self.assertIn("set      n of s: null -> 1", text)
        self.why("s.n", status=1)

    def test_json(self):
        self.run_rules(self.order(1, 3, id="e1"), "--journal", "all")
        story = json.loads(self.why("e1", "--format", "json").stdout)["story"]
        self.assertEqual(story["event_id"], "e1")
        self.assertEqual([each["type"] for each in story["events"]][:2], ["order.submitted", "order.valid"])
        change = json.loads(self.why("o-1.noted", "--format", "json").stdout)
        self.assertEqual((change["event"], change["rule"], change["because"]), (3, "note", [3, 2, 1]))
        rule = json.loads(self.why("e1", "--rule", "refuse", "--format", "json").stdout)
        self.assertEqual(rule["considered"], [{"event": 1, "outcome": "held back"}])

    def test_the_oldest_stories_go(self):
        self.write("a.krules", "rule a on go { set text = payload.text }\n")
        events = "".join(event("go", f"s-{n}", {"text": "x" * 1500}, id=f"e{n}") for n in range(800))
        self.run_rules(events, "--journal", "all", "--journal-mb", "1")
        self.assertIn("e799", self.why("e799").stdout)
        self.why("e0", status=1)
        self.assertIn("has forgotten it", self.why("s-0.text", status=1).stderr)

    def test_after_kill(self):
        running = self.start("run", "a.krules", "--db", "a.db", "--journal", "all")
        running.send(self.order(1, 3, id="e1"))
        running.until_printed("order.valid")
        running.kill(9)
        running.wait()
        self.assertIn("noted of o-1 is true", self.why("o-1.noted").stdout)
        self.assertIn("event 1  order.submitted", self.why("e1").stdout)

    def test_while_it_runs(self):
        running = self.start("run", "a.krules", "--db", "a.db", "--journal", "all")
        running.send(self.order(1, 3, id="e1"))
        running.until_printed("order.valid")
        self.assertIn("event 1  order.submitted", self.why("e1").stdout)
        self.assertEqual(running.end(), 0)

    def test_input_does_not_steer_the_terminal(self):
        self.run_rules(event("order.submitted", "\x1b[2J", {"total": 0, "x": "\x1b"}, id="\x1b[31m"))
        self.assertNotIn("\x1b", self.why("\x1b[31m").stdout)

    def test_wrong_usage(self):
        self.krules("why", "--db", "a.db", status=2)
        self.krules("run", "a.krules", "--journal", "some", status=2)
        self.krules("run", "a.krules", "--journal-mb", "0", status=2)


if __name__ == "__main__":
    main()
