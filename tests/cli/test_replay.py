"""krules replay: loops that turn again, how they end when they are mended, files that cannot be run."""

import json

import support

LAMP = """
rule begin on go { set on = true }
rule dark on changed "on" when new == true { set on = false }
rule light on changed "on" when new == false { set on = true }
"""
COUNTER = """
rule start on bump { set counter = 0 }
rule count_changes on subject-property-changed { set counter += 1 }
"""


class Replay(support.Case):
    def file(self, name="loop.json", **parts):
        whole = {"krules_replay": 1, "rules": ["a.krules"], "inputs": [{"type": "go", "subject": "s"}], **parts}
        return self.write(name, json.dumps(whole))

    def replay(self, *arguments, rules=LAMP, status=1, **parts):
        self.write("a.krules", rules)
        self.file(**parts)
        return self.krules("replay", "loop.json", *arguments, status=status)

    def test_a_turn_is_shown_with_its_rules_and_where_it_begins_again(self):
        self.assertEqual(self.replay().stdout, (
            "    1   go of s                         the input\n"
            "    2   changed on of s: null -> true   by begin, on event 1\n"
            "    3 | changed on of s: true -> false  by dark, on event 2\n"
            "    4 | changed on of s: false -> true  by light, on event 3\n"
            "      and so on: the state after event 4 is the state after event 2\n"
            "\n"
            "this cascade never ends: each turn makes 2 events, by these rules:\n"
            "  light  a.krules:4\n"
            "  dark   a.krules:3\n"
        ))

    def test_events_of_a_turn_that_no_rule_waits_for(self):
        done = self.replay(rules='rule again on go { emit note.made { text: "é" } emit go }')
        self.assertEqual(done.stdout.split("\n\n")[0], (
            "    1 | go of s                      the input\n"
            "    2 | note.made of s {\"text\":\"é\"}  by again, on event 1 (no rule waits for it)\n"
            "      and so on: the state after event 1 is the state at the start"
        ))
        self.assertIn("each turn makes 2 events", done.stdout)

    def test_a_loop_that_grows_is_stopped(self):
        text = self.replay("--events", "3", rules=COUNTER, inputs=[{"type": "bump", "subject": "s"}], max_cascade=50).stdout
        self.assertIn("    3   changed counter of s: 0 -> 1     by count_changes, on event 2\n", text)
        self.assertIn("    ... 48 more events (--events N shows more)\n", text)
        self.assertIn("it made more than 50 events", text)
        self.assertTrue(text.endswith("  count_changes  a.krules:3\n"), text)

    def test_what_was_mended_ends(self):
        mended = COUNTER.replace("+= 1", "+= 1 muted")
        parts = {"inputs": [{"type": "bump", "subject": "s"}], "expected": {"end": "fuse", "events": 10001}}
        self.assertIn("\nthis cascade ends now, after 2 events\n", self.replay(rules=mended, status=0, **parts).stdout)
        self.assertIn("\nthis cascade ends, after 2 events\n", self.replay(rules=mended, status=0, inputs=parts["inputs"]).stdout)

    def test_a_cascade_that_a_rule_gives_up_ends(self):
        text = self.replay(rules='rule no on go { fail cascade "not today" }', status=0).stdout
        self.assertIn("this cascade ends, after 1 event: a rule said `fail cascade`: not today\n", text)

    def test_the_start_is_shown(self):
        rules = "param most: int = 1\nrule arm on arm { set armed = true }\nrule again on go when subject.armed and subject.n < most { emit go }"
        text = self.replay(
            rules=rules, parameters={"most": "9"}, properties=[{"subject": "s", "name": "n", "value": 5}],
            inputs=[{"type": "arm", "subject": "s", "data": {"by": "hand"}}, {"type": "go", "subject": "s"}],
        ).stdout
        self.assertTrue(text.startswith('param   most = 9\nstart   n of s = 5\nbefore  arm of s {"by":"hand"}\n\n'), text)

    def test_failures_stand_with_their_events(self):
        text = self.replay(rules=LAMP + 'rule bad on go { fail "nothing goes" }').stdout
        self.assertIn("the input\n        bad failed: nothing goes (a.krules:5:18)\n    2 ", text)

    def test_other_rules(self):
        self.write("b.krules", "rule quiet on go { }")
        self.replay("--rules", "b.krules", status=0)
        self.file(rules=[])
        self.assertIn("`loop.json` names no rules", self.krules("replay", "loop.json", status=2).stderr)
        self.krules("replay", "loop.json", "--rules", "a.krules", status=1)

    def test_as_json(self):
        told = json.loads(self.replay("--format", "json").stdout)
        self.assertEqual((told["end"], told["period"], told["turn_begins_after"], told["turn_ends_after"]), ("repeats", 2, 2, 4))
        self.assertEqual(told["rules"][1], {"name": "dark", "file": "a.krules", "line": 3})
        self.assertEqual(told["list"][0], {"number": 1, "type": "go", "subject": "s", "data": {}, "fired": ["begin"]})
        self.assertEqual(told["list"][2], {
            "number": 3, "type": "subject-property-changed", "subject": "s", "rule": "dark", "cause": 2,
            "property": "on", "old": True, "new": False, "fired": ["light"],
        })
        self.assertEqual(json.loads(self.replay("--format", "json", rules="", status=0).stdout)["end"], "ends")


class Refused(support.Case):
    def refused(self, text, *arguments):
        done = self.krules("replay", *arguments, status=2)
        self.assertIn(text, done.stderr)
        self.assertEqual(done.stdout, "")

    def test_files(self):
        self.refused("name a replay file")
        self.refused("krules: cannot read `loop.json`: No such file or directory", "loop.json")
        self.write("loop.json", "{")
        self.refused("krules: `loop.json` cannot be replayed: not valid JSON", "loop.json")
        self.write("loop.json", '{"krules_replay": 7}')
        self.refused("it is of version 7, and this krules reads version 1", "loop.json")

    def test_rules(self):
        self.write("loop.json", '{"krules_replay": 1, "rules": ["a.krules"], "inputs": [{"type": "go", "data": {"n": "x"}}]}')
        self.refused("krules: `a.krules` is not there", "loop.json")
        self.write("a.krules", "rule broken on go { set }")
        self.refused("krules: the rules have errors; nothing was run", "loop.json")
        self.refused("error[K0", "loop.json")
        self.write("a.krules", "rule fine on go { }")
        self.refused("cannot be run with these rules: input 1 (`go`): an event needs a `subject`", "loop.json")
        self.write("a.krules", 'input go { n: int } on "s"\nrule fine on go { }')
        self.refused("cannot be run with these rules: input 1 (`go`): ", "loop.json")
        self.refused("`none` is no value of --events", "loop.json", "--events", "none")

    def test_params_that_the_rules_no_longer_have(self):
        self.write("a.krules", "rule fine on go { }")
        self.write("loop.json", json.dumps({
            "krules_replay": 1, "rules": ["a.krules"], "parameters": {"most": "3"}, "inputs": [{"type": "go", "subject": "s"}],
        }))
        self.refused("most", "loop.json")


if __name__ == "__main__":
    support.main()
