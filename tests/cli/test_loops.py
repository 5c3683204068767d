"""Loops: `check` proves them with a replay, `run` refuses them, at the start and when rules are reloaded."""

import json

import support

LOOP = "rule begin on go {\n  set started = now()\n}\nrule count_changes on subject-property-changed {\n  set counter += 1 from 0\n}\n"
GOOD = "rule greet on go {\n  emit greeted\n}\n"
POSSIBLE = "rule step on go when subject.n ?? 0 != 10 {\n  set n += 2 from 0\n  emit go\n}\n"


class Loops(support.Case):
    def test_check_shows_a_loop_and_writes_its_replay(self):
        self.write("loop.krules", LOOP)
        done = self.krules("check", "loop.krules", status=1)
        self.assertIn("error[K0301]", done.stdout)
        self.assertIn(".krules-check/K0301-1.json", done.stdout)
        self.assertIn("1 loop that never ends", done.stdout.splitlines()[-1])
        replay = json.loads((self.folder / ".krules-check/K0301-1.json").read_text())
        self.assertEqual(replay["rules"], ["loop.krules"])
        self.assertIn(replay["expected"]["end"], ("repeats", "fuse"))

    def test_a_loop_that_is_mended_has_no_replay_any_more(self):
        self.write("loop.krules", LOOP)
        self.krules("check", "loop.krules", status=1)
        self.write("loop.krules", GOOD)
        self.krules("check", "loop.krules")
        self.assertEqual(list((self.folder / ".krules-check").iterdir()), [])

    def test_json_names_the_replay(self):
        self.write("loop.krules", LOOP)
        report = json.loads(self.krules("check", "loop.krules", "--format", "json", status=1).stdout)
        (cycle,) = [each for each in report["cycles"] if each["verdict"] == "certain"]
        self.assertEqual(cycle["rules"], ["count_changes"])
        self.assertEqual(cycle["replay"], ".krules-check/K0301-1.json")
        self.assertIs(report["summary"]["every_cascade_ends"], False)

    def test_run_refuses_a_loop_with_the_message_of_check(self):
        self.write("loop.krules", LOOP)
        self.write("events.jsonl", support.event("go"))
        told = self.krules("check", "loop.krules", "--allow", "K0404", status=1).stdout
        message = told[told.index("error[K0301]"):].split("\n\n")[0]
        done = self.krules("run", "loop.krules", "--events", "events.jsonl", status=1)
        self.assertIn(message, done.stderr)
        self.assertIn("1 error in the rules; nothing was run", done.stderr)
        self.assertTrue((self.folder / ".krules-check/K0301-1.json").exists())
        self.assertFalse((self.folder / "krules.db").exists())

    def test_a_reload_refuses_a_loop(self):
        self.write("a.krules", GOOD)
        running = self.start("run", "a.krules", "--watch", "--durability", "off")
        running.until_logged("1 rule in force")
        self.write("a.krules", LOOP)
        running.until_logged("the rules in force stay")
        self.assertIn("error[K0301]", running.err)
        running.send(support.event("go"))
        running.until_printed("greeted")
        self.assertEqual(running.end(), 0)

    def test_a_possible_loop_is_a_warning_and_runs(self):
        self.write("a.krules", POSSIBLE)
        self.write("events.jsonl", "")
        done = self.krules("run", "a.krules", "--events", "events.jsonl", "--durability", "off")
        self.assertIn("warning[K0302]", done.stderr)

    def test_a_comment_accepts_a_possible_loop(self):
        self.write("a.krules", "# krules: allow K0302 \"steps run out\"\n" + POSSIBLE)
        self.write("events.jsonl", "")
        done = self.krules("run", "a.krules", "--events", "events.jsonl", "--durability", "off")
        self.assertNotIn("K0302", done.stderr)

    def test_a_picture_shows_the_loop(self):
        self.write("loop.krules", LOOP)
        self.assertIn("loop 1: never ends", self.krules("graph", "loop.krules", "--format", "dot").stdout)


if __name__ == "__main__":
    support.main()
