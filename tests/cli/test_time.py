"""Timers and clocks: what a restart, a reload and the end of the input make of them."""

import contextlib
import os
import sqlite3
import unittest

from support import Case, event, main, parse_lines

LATER = """
rule begin on go { emit late { payload.n } after 1h key "k"  emit plain { payload.n } after 1h }
rule late on late, plain { set fired ++= event from [] }
"""
CLOCKS = """
rule start on go { set n = 1 }
rule beat every 1h { emit beat }
rule sweep every 1h of room:* { emit swept }
"""
HOUR = 3_600_000_000


class Time(Case):
    def run_rules(self, *arguments, rules=None, events="", **options):
        if rules is not None:
            self.write("a.krules", rules)
        options.setdefault("input", events)
        done = self.krules("run", "a.krules", "--db", "a.db", *arguments, **options)
        self.log = done.stderr
        return [(line["type"], line["subject"]) for line in parse_lines(done.stdout)]

    def timers(self):
        return parse_lines(self.krules("timers", "--db", "a.db").stdout)

    def let_pass(self, microseconds):
        """As if the last run had been so long ago."""
        with contextlib.closing(sqlite3.connect(self.folder / "a.db")) as store, store:
            store.execute("UPDATE timers SET due = due - ?", (microseconds,))

    # ------------------------------------------------------------ restart

    def test_a_timer_waits_in_the_store(self):
        self.assertEqual(self.run_rules(rules=LATER, events=event("go", "s", {"n": 1})), [])
        self.assertEqual(
            [(t["subject"], t["key"], t["type"], t["payload"], t["rule"]) for t in self.timers()],
            [("s", "k", "late", {"n": 1}, "begin"), ("s", "", "plain", {"n": 1}, "begin")],
        )
        self.assertEqual(self.run_rules(), [])
        self.assertEqual(len(self.timers()), 2)

    def test_what_came_due_while_down_fires_once(self):
        self.run_rules(rules=LATER, events=event("go", "s", {"n": 1}))
        self.let_pass(2 * HOUR)
        self.assertEqual(self.run_rules(), [("late", "s"), ("plain", "s")])
        self.assertIn("2 timers", self.log)
        self.assertEqual(self.timers(), [])
        self.assertEqual(self.run_rules(), [])
        self.assertEqual(self.subjects("--db", "a.db"), {"s": {"fired": ["late", "plain"]}})

    def test_before_what_comes_in(self):
        self.run_rules(rules=LATER, events=event("go", "s", {"n": 1}))
        self.let_pass(2 * HOUR)
        self.run_rules(
            rules=LATER + 'rule seen on seen { emit answer { f: subject.fired, due: pending("k") } }\n', events=event("seen", "s")
        )
        self.assertEqual(self.subjects("--db", "a.db"), {"s": {"fired": ["late", "plain"]}})

    def test_a_key_is_known_after_a_restart(self):
        self.run_rules(rules=LATER, events=event("go", "s", {"n": 1}))
        self.run_rules(rules=LATER, events=event("go", "s", {"n": 2}))
        self.assertEqual(
            sorted((t["type"], t["payload"]["n"]) for t in self.timers()), [("late", 2), ("plain", 1), ("plain", 2)]
        )
        self.run_rules(rules=LATER + 'rule end on end { cancel "k" }\n', events=event("end", "s"))
        self.assertEqual([t["type"] for t in self.timers()], ["plain", "plain"])

    def test_a_rule_that_is_gone(self):
        # The event comes all the same, and is printed, as an event without rules is.
        self.run_rules(rules=LATER, events=event("go", "s", {"n": 1}))
        self.let_pass(2 * HOUR)
        self.assertEqual(self.run_rules(rules="rule other on other { stop }\n"), [("late", "s"), ("plain", "s")])

    def test_a_clock_that_was_down_comes_once(self):
        # Five times were missed: they come as one, and the next is in step.
        self.assertEqual(self.run_rules(rules=CLOCKS, events=event("go", "room:1") + event("go", "room:2")), [])
        self.assertEqual({t["subject"] for t in self.timers()}, {"timer:beat", "timer:sweep"})
        self.let_pass(5 * HOUR + HOUR // 2)
        self.assertEqual(self.run_rules(), [("beat", "timer:beat"), ("swept", "room:1"), ("swept", "room:2")])
        after = {t["subject"]: t["due"] for t in self.timers()}
        self.assertEqual(set(after), {"timer:beat", "timer:sweep"})
        self.assertEqual(self.run_rules(), [])

    def test_a_clock_that_another_program_has_not(self):
        self.run_rules(rules=CLOCKS)
        self.assertEqual(len(self.timers()), 2)
        self.run_rules(rules="rule beat every 2h { emit beat }\n")
        self.assertEqual([(t["subject"], t["schedule"]) for t in self.timers()], [("timer:beat", "every 2h")])

    def test_state_of_modules_survives(self):
        rules = "use std.rate_limit(limit: 2, per: 1d) on go\nrule a on go { emit a }\n"
        self.assertEqual(self.run_rules(rules=rules, events=event("go")), [("a", "s")])
        self.assertEqual(self.run_rules(events=event("go")), [("a", "s")])
        self.assertEqual(self.run_rules(events=event("go")), [])
        self.assertIn("1 dropped", self.log)

    def test_tries_survive(self):
        rules = 'use std.retry(times: 3, pause: 1h) on go\nrule a on go { fail "no" }\n'
        self.run_rules(rules=rules, events=event("go"))
        for _ in range(2):
            self.let_pass(4 * HOUR)
            emitted = self.run_rules()
        self.assertEqual(emitted, [("go", "s"), ("go_failed", "s")])
        self.assertEqual(self.timers(), [])

    # ------------------------------------------------------------ the end of the input

    def test_drain_waits(self):
        rules = 'rule a on go { emit one after 1ms emit two after 20ms } rule b on two { emit three after 5ms }\nrule c every 1h { stop }\n'
        self.assertEqual(
            self.run_rules("--drain", rules=rules, events=event("go")), [("one", "s"), ("two", "s"), ("three", "s")]
        )
        self.assertEqual([t["subject"] for t in self.timers()], ["timer:c"])

    def test_virtual_time_jumps(self):
        rules = """
            rule a on go { emit late after 90d }
            rule b on late { emit seen { at: now() } }
            rule c at "0 12 * * *" { emit noon }
        """
        self.write("a.krules", rules)
        done = self.krules(
            "run", "a.krules", "--virtual-time", "--durability", "off",
            input=event("go", time="2026-01-01T00:00:00Z") + event("go", "t", time="2026-01-02T13:00:00Z"),
        )
        events = [(line["type"], line["subject"], line["time"]) for line in parse_lines(done.stdout)]
        self.assertEqual(events[:2], [
            ("noon", "timer:c", "2026-01-01T12:00:00Z"), ("noon", "timer:c", "2026-01-02T12:00:00Z"),
        ])
        self.assertEqual(sum(kind == "noon" for kind, _, _ in events), 92)
        self.assertIn(("seen", "s", "2026-04-01T00:00:00Z"), events)
        self.assertEqual(events[-2:], [("late", "t", "2026-04-02T13:00:00Z"), ("seen", "t", "2026-04-02T13:00:00Z")])

    def test_virtual_time_is_the_same_again(self):
        self.write("a.krules", LATER + "rule beat every 10m { set n += 1 from 0 emit beat { id: uuid(), subject.n } }\n")
        events = "".join(event("go", f"s{n}", {"n": n}, time=f"2026-01-01T0{n}:00:00Z") for n in range(4))
        outputs = {
            self.krules("run", "a.krules", "--virtual-time", "--durability", "off", input=events).stdout for _ in range(2)
        }
        self.assertEqual(len(outputs), 1)

    def test_virtual_time_without_events(self):
        # Time begins with the first timer then.
        self.run_rules(rules=LATER, events=event("go", "s", {"n": 1}))
        self.assertEqual(
            self.run_rules("--virtual-time", rules=LATER + "rule beat every 1m { emit beat }\n"), [("late", "s"), ("plain", "s")]
        )

    def test_virtual_time_goes_on_in_step(self):
        rules = """
            rule note on go { set n += 1 from 0 }
            rule tick every 7h { emit ticked { payload.due, at: now() } }
            rule report at "0 5 * * *" of s { emit reported { payload.due, at: now() } }
        """
        self.write("a.krules", rules)
        times = ["01T00:00:00", "01T10:06:00", "02T11:00:00", "02T11:00:00", "02T12:00:00", "05T00:00:00"]
        events = [event("go", time=f"2026-03-{time}Z") for time in times]

        def run(name, part):
            done = self.krules("run", "a.krules", "--virtual-time", "--db", name, input="".join(part))
            return [(line["type"], line["time"], line["data"]) for line in parse_lines(done.stdout)]

        whole = run("whole.db", events)
        self.assertEqual(sum(kind == "reported" for kind, _, _ in whole), 4)
        self.assertEqual(sum(kind == "ticked" for kind, _, _ in whole), 13)
        parts = []
        for part in ([], events[:1], [], events[1:2], events[2:3], [], events[3:]):
            parts += run("parts.db", part)
        self.assertEqual(parts, whole)
        due = lambda name: [(t["subject"], t["due"]) for t in parse_lines(self.krules("timers", "--db", name).stdout)]
        self.assertEqual(due("parts.db"), due("whole.db"))

    def test_virtual_time_without_events_sets_no_clocks(self):
        self.assertEqual(self.run_rules("--virtual-time", rules=CLOCKS), [])
        self.assertEqual(self.timers(), [])

    # ------------------------------------------------------------ reload

    def test_a_reload_leaves_timers_alone(self):
        rules = """
            rule a on go { emit done {} emit late after 1d }
            rule beat every 1h { stop }
            rule sweep every 1h of room:* { stop }
        """
        self.write("a.krules", rules)
        running = self.start("run", "a.krules", "--db", "a.db", "--watch")
        running.send(event("go", "room:1"))
        # What is printed is committed, and so is what was set before it.
        running.until_printed("done")
        before = {(t["subject"], t["schedule"]): t["due"] for t in self.timers()}
        self.assertEqual(set(before), {("timer:beat", "every 1h"), ("timer:sweep", "every 1h of room:*"), ("room:1", "")})
        other = self.write("other", rules.replace("rule beat every 1h", "rule beat every 2h") + "rule more on more { stop }\n")
        os.replace(other, self.folder / "a.krules")
        running.until_logged("rules reloaded")
        running.send(event("go", "room:2"))
        running.until_printed("done", times=2)
        after = {(t["subject"], t["schedule"]): t["due"] for t in self.timers()}
        self.assertEqual(set(after), {
            ("timer:beat", "every 2h"), ("timer:sweep", "every 1h of room:*"), ("room:1", ""), ("room:2", ""),
        })
        for kept in (("timer:sweep", "every 1h of room:*"), ("room:1", "")):
            self.assertEqual(after[kept], before[kept])
        self.assertEqual(running.end(), 0)

    def test_no_reload_because_of_modules(self):
        # What a program uses is no file of its own: nothing has changed, and nothing is said.
        self.write("a.krules", "use std.error_handler on *\nmodule m { rule a on go { emit a } }\nuse m\n")
        running = self.start("run", "a.krules", "--db", "a.db", "--watch")
        running.send(event("go"))
        running.until_printed('"type":"a"')
        self.assertEqual(running.end(), 0)
        self.assertNotIn("reloaded", running.err)

    def test_live(self):
        # A timer fires while nothing comes in.
        self.write("a.krules", "rule a on go { emit late after 30ms }\nrule b on late { emit seen }\n")
        running = self.start("run", "a.krules", "--db", "a.db")
        running.send(event("go"))
        running.until_printed('"type":"seen"')
        self.assertEqual(running.end(), 0)

    # ------------------------------------------------------------ counts

    def test_counts(self):
        rules = """
            gate closed on drop { stop }
            gate refuse on refuse { fail "no" }
            middleware never on hold { stop }
            rule a on drop, refuse, hold, go { emit a }
        """
        events = "".join(event(kind) for kind in ("drop", "refuse", "hold", "go"))
        self.assertEqual(self.run_rules(rules=rules, events=events, status=3), [("a", "s")])
        for text in ("4 events", "1 rule fired", "1 dropped", "1 held back", "1 dead letter"):
            self.assertIn(text, self.log)

    def test_a_refused_event_can_be_sent_again(self):
        rules = 'gate known on go { if payload.user == null and subject("door").open == null { fail "nobody" } }\nrule a on go { emit a }\nrule o on open { set open = true }\n'
        self.assertEqual(self.run_rules(rules=rules, events=event("go", "s", {"n": 1}), status=3), [])
        self.run_rules(events=event("open", "door"))
        self.krules("dead-letters", "retry", "--all", "--db", "a.db")
        self.assertEqual(self.run_rules(), [("a", "s")])


if __name__ == "__main__":
    main()
