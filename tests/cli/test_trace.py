"""`krules run --trace` and `--metrics-file`."""

import json
import os
import re
import threading
import time
import unittest

import support
from support import Case, event, main, parse_lines

RULES = """\
rule check on order.submitted when payload.total > 0 { emit order.valid { total: payload.total } }
rule refuse on order.submitted when payload.total <= 0 { fail "nothing in it" }
rule ship on order.valid { set status = "shipped" }
"""

TREE = """\
event 1  order.submitted of o-1 {"total":3}                             -:1
  ran      check                                                        a.krules:1
    emit     order.valid on o-1 {"total":3}
      event 2  order.valid of o-1 {"total":3}
        ran      ship                                                   a.krules:3
          set      status of o-1: null -> "shipped"
  held     refuse: when payload.total <= 0; payload.total is 3          a.krules:2
"""


def tree_of(text):
    """The lines of trees, without their durations."""
    lines = [line for line in text.splitlines() if re.match(r" *(event|ran|held|failed|set|emit|idle|log) ", line)]
    return "".join(re.sub(r" +[0-9.]+ (us|ms|s)$", "", line) + "\n" for line in lines)


def metrics_of(text):
    """By name and labels, checked against the text form."""
    found = {}
    types = {}
    for line in text.splitlines():
        if match := re.fullmatch(r"# TYPE ([a-z_]+) (counter|gauge|histogram)", line):
            assert match[1] not in types, line
            types[match[1]] = match[2]
        elif line.startswith("# HELP "):
            continue
        else:
            match = re.fullmatch(r'([a-z_]+)(\{(?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)+\})? ([0-9.e+-]+)', line)
            assert match, line
            base = re.sub(r"_(bucket|sum|count)$", "", match[1]) if match[1] not in types else match[1]
            assert base in types, line
            key = match[1] + (match[2] or "")
            assert key not in found, line
            found[key] = float(match[3])
    return found


class Trace(Case):
    def setUp(self):
        super().setUp()
        self.write("a.krules", RULES)

    def run_rules(self, *arguments, input=event("order.submitted", "o-1", {"total": 3}), **options):
        return self.krules("run", "a.krules", "--db", "a.db", *arguments, input=input, **options)

    def test_a_tree(self):
        done = self.run_rules("--trace")
        self.assertEqual(tree_of(done.stderr), TREE)
        self.assertNotIn("\x1b", done.stderr)
        self.assertEqual([line["type"] for line in parse_lines(done.stdout)], ["order.valid"])

    def test_the_environment_asks_for_it(self):
        done = self.run_rules(env={**os.environ, "DEBUG_EVENTS": "true"})
        self.assertEqual(tree_of(done.stderr), TREE)
        done = self.run_rules(env={**os.environ, "DEBUG_EVENTS": "1"})
        self.assertEqual(tree_of(done.stderr), "")

    def test_only_some_types(self):
        events = event("other", "x") + event("order.submitted", "o-1", {"total": 3})
        done = self.run_rules("--trace=order.v*", input=events)
        self.assertEqual(tree_of(done.stderr), TREE.replace("-:1", "-:2"))
        self.assertEqual(tree_of(self.run_rules("--trace=nothing.*", input=events).stderr), "")

    def test_a_path_behind_it_is_no_glob(self):
        done = self.krules("run", "--trace", "a.krules", "--db", "a.db", input=event("order.submitted", "o-1", {"total": 3}))
        self.assertEqual(tree_of(done.stderr), TREE)

    def test_json(self):
        done = self.run_rules("--trace", "--log-format", "json", input=event("order.submitted", "o-1", {"total": 0}, id="e7"))
        traces = [line["trace"] for line in parse_lines(done.stderr) if "trace" in line]
        self.assertEqual(len(traces), 1)
        self.assertEqual(traces[0]["event_id"], "e7")
        units = traces[0]["events"][0]["units"]
        self.assertEqual([(unit["rule"], unit["outcome"]) for unit in units], [("check", "held back"), ("refuse", "failed")])
        self.assertEqual(units[0]["when"]["parts"], [{"text": "payload.total", "value": 0}])
        self.assertIn("nothing in it", units[1]["message"])

    def test_input_does_not_steer_the_terminal(self):
        done = self.run_rules("--trace", input=event("order.\x1b[31m", "o\n-\x1b[2J", {"a": "\x1b"}))
        self.assertNotIn("\x1b", done.stderr)

    def test_emits_the_same_as_without(self):
        events = "".join(event("order.submitted", f"o-{n}", {"total": n % 3}, id=f"e{n}") for n in range(50))
        plain = self.run_rules("--durability", "off", input=events)
        traced = self.run_rules("--durability", "off", "--trace", input=events)
        without_time = lambda text: [{**line, "time": ""} for line in parse_lines(text)]
        self.assertEqual(without_time(plain.stdout), without_time(traced.stdout))


class Metrics(Case):
    def setUp(self):
        super().setUp()
        self.write("a.krules", RULES)

    def counted(self, input, *arguments, status=0):
        self.krules(
            "run", "a.krules", "--db", "a.db", "--metrics-file", "m.prom", *arguments, input=input, status=status
        )
        return metrics_of((self.folder / "m.prom").read_text(encoding="utf-8"))

    def test_events_and_rules(self):
        orders = "".join(event("order.submitted", f"o-{n}", {"total": n}) for n in range(5))
        found = self.counted(orders + event("nobody.cares") + "no event\n", status=3)
        self.assertEqual(found['krules_events_total{event_type="order.submitted"}'], 5)
        self.assertEqual(found['krules_events_total{event_type="order.valid"}'], 4)
        self.assertEqual(found['krules_events_total{event_type="nobody.cares"}'], 1)
        self.assertEqual(found['krules_event_duration_seconds_count{event_type="order.submitted"}'], 5)
        self.assertEqual(found['krules_event_duration_seconds_bucket{event_type="order.submitted",le="+Inf"}'], 5)
        self.assertEqual(found['krules_rule_fired_total{rule="check"}'], 4)
        self.assertEqual(found['krules_rule_held_back_total{rule="check"}'], 1)
        self.assertEqual(found['krules_rule_failures_total{rule="refuse"}'], 1)
        self.assertEqual(found["krules_dead_letters_total"], 1)
        self.assertEqual(found["krules_input_events_total"], 7)
        self.assertGreaterEqual(found["krules_commit_duration_seconds_count"], 1)
        self.assertEqual(found["krules_subjects_cached"], 6)

    def test_events_are_counted_once_where_something_failed(self):
        # The journal runs such a cascade a second time.
        found = self.counted(event("order.submitted", "o", {"total": 0}))
        self.assertEqual(found['krules_events_total{event_type="order.submitted"}'], 1)
        self.assertEqual(found['krules_rule_failures_total{rule="refuse"}'], 1)

    def test_an_event_that_is_emitted_and_nobody_waits_for_is_counted(self):
        self.write("a.krules", "rule a on go { emit gone  emit gone }\n")
        found = self.counted(event("go"))
        self.assertEqual(found['krules_events_total{event_type="gone"}'], 2)

    def test_names_from_outside_are_escaped_and_bounded(self):
        found = self.counted("".join(event(f'type "{n}" \\ \n') for n in range(1500)))
        types = [name for name in found if name.startswith("krules_events_total")]
        self.assertLessEqual(len(types), 1001)
        self.assertIn('krules_events_total{event_type="type \\"3\\" \\\\ \\n"}', found)
        self.assertEqual(found['krules_events_total{event_type="other"}'], 500)
        self.assertEqual(sum(found[name] for name in types), 1500)

    def test_buckets_grow(self):
        found = self.counted("".join(event("order.submitted", "o", {"total": 1}) for _ in range(20)))
        buckets = [
            value for name, value in found.items()
            if name.startswith('krules_event_duration_seconds_bucket{event_type="order.submitted"')
        ]
        self.assertEqual(buckets, sorted(buckets))
        self.assertEqual(len(buckets), 12)

    def test_written_while_it_runs(self):
        running = self.start("run", "a.krules", "--db", "a.db", "--metrics-file", "m.prom")
        running.send(event("order.submitted", "o", {"total": 1}))
        running.until_printed("order.valid")

        # The file is all there is to see: looked at again and again, with a pause between.
        pause = threading.Event()
        end = time.monotonic() + support.DEADLINE
        while 'krules_events_total{event_type="order.valid"} 1' not in (self.folder / "m.prom").read_text(encoding="utf-8"):
            self.assertLess(time.monotonic(), end)
            pause.wait(0.05)
        self.assertEqual(running.end(), 0)
        self.assertEqual([path.name for path in self.folder.iterdir() if "m.prom" in path.name], ["m.prom"])

    def test_a_file_that_cannot_be_written(self):
        done = self.krules("run", "a.krules", "--db", "a.db", "--metrics-file", "no/where/m.prom", status=2)
        self.assertIn("cannot write the metrics to `no/where/m.prom`: No such file or directory", done.stderr)
        self.assertFalse((self.folder / "a.db").exists())

    def test_modules_that_are_none(self):
        self.write("a.krules", "use std.metrics on api.*\nuse std.debug on *\n")
        done = self.krules("run", "a.krules", "--durability", "off", status=1)
        self.assertIn("there is no module `std.metrics`, and none is needed", done.stderr)
        self.assertIn("--metrics-file FILE", done.stderr)
        self.assertIn("there is no module `std.debug`, and none is needed", done.stderr)
        self.assertIn("--trace", done.stderr)


if __name__ == "__main__":
    main()
