"""Rules that change while they run."""

import os
import signal
import unittest

from support import Case, event, main


def rule(name, text):
    return f'rule {name} on go {{ set seen += 1 from 0\n emit out {{ text: "{text}", seen: subject.seen }} }}\n'


class Reload(Case):
    def setUp(self):
        super().setUp()
        self.path = self.write("rules/a.krules", rule("a", "old"))
        self.sent = 0

    def begin(self, *arguments):
        self.running = self.start("run", "rules", "--db", "a.db", *arguments)
        self.running.until_logged("1 rule in force")
        self.expect("old")

    def expect(self, *texts):
        """The answer to one event: a text for each rule."""
        before = self.running.out.count("\n")
        self.running.send(event("go"))
        self.running.until(lambda: self.running.out.count("\n") >= before + len(texts), f"answers {texts}")
        lines = self.running.out.splitlines()[before:]
        for line, text in zip(lines, texts):
            self.sent += 1
            self.assertIn(f'"data":{{"text":"{text}","seen":{self.sent}}}', line)
        self.assertEqual(len(lines), len(texts))

    def replace(self, path, text):
        """As editors do: a new file takes the place of the old one."""
        other = path.with_name(path.name + ".swp")
        other.write_text(text, encoding="utf-8")
        os.replace(other, path)

    def end(self):
        self.assertEqual(self.running.end(), 0)

    def test_saved_in_place(self):
        self.begin()
        self.path.write_text(rule("a", "new"), encoding="utf-8")
        self.running.until_logged("rules reloaded: 1 in force, 1 changed: a")
        self.expect("new")
        self.end()

    def test_replaced_by_rename(self):
        self.begin()
        for version in range(3):
            self.replace(self.path, rule("a", f"v{version}"))
            self.running.until_logged("1 changed: a", times=version + 1)
            self.expect(f"v{version}")
        self.end()

    def test_an_emptied_file(self):
        self.begin()
        self.write("rules/b.krules", rule("b", "second"))
        self.running.until_logged("1 added: b")
        os.truncate(self.path, 0)
        self.running.until_logged("rules reloaded: 1 in force, 1 removed: a")
        self.end()

    def test_new_file_deleted_file_new_folder(self):
        self.begin()
        self.write("rules/b.krules", rule("b", "second"))
        self.running.until_logged("1 added: b")
        self.expect("old", "second")
        (self.folder / "rules/b.krules").unlink()
        self.running.until_logged("1 removed: b")
        self.expect("old")
        (self.folder / "more").mkdir()
        self.write("more/c.krules", rule("c", "third"))
        os.rename(self.folder / "more", self.folder / "rules/more")
        self.running.until_logged("1 added: c")
        self.expect("old", "third")
        self.replace(self.folder / "rules/more/c.krules", rule("c", "fourth"))
        self.running.until_logged("1 changed: c")
        self.expect("old", "fourth")
        self.end()

    def test_a_single_file(self):
        self.running = self.start("run", "rules/a.krules", "--db", "a.db")
        self.running.until_logged("1 rule in force")
        self.expect("old")
        self.replace(self.path, rule("a", "new"))
        self.running.until_logged("1 changed: a")
        self.expect("new")
        self.end()

    def test_a_broken_edit_keeps_the_old_rules(self):
        self.begin()
        self.replace(self.path, rule("a", "new").replace("set seen", "sett seen"))
        self.running.until_logged("rules in force stay")
        self.assertIn("a.krules:1:", self.running.err)
        self.expect("old")
        self.replace(self.path, rule("a", "new"))
        self.running.until_logged("1 changed: a")
        self.expect("new")
        self.end()

    def test_a_loop_is_told_once(self):
        # What is written down about it (.krules-check) lies beside the file that is watched.
        path = self.folder / "a.krules"
        path.write_text("rule a on go { emit done }\n", encoding="utf-8")
        running = self.start("run", "a.krules", "--db", "a.db")
        running.until_logged("1 rule in force")
        path.write_text("rule a on go { emit go }\n", encoding="utf-8")
        running.until_logged("the rules in force stay")
        self.assertTrue((self.folder / ".krules-check").is_dir())
        running.send(event("go"))
        running.until_printed("done")
        path.write_text("rule a on go { emit other }\n", encoding="utf-8")
        running.until_logged("rules reloaded: 1 in force, 1 changed: a")
        self.assertEqual(running.err.count("the rules in force stay"), 1)
        self.assertEqual(running.end(), 0)

    def test_no_rule_file_left_keeps_the_old_rules(self):
        self.begin()
        self.path.unlink()
        self.running.until_logged("stay")
        self.expect("old")
        self.write("rules/a.krules", rule("a", "new"))
        self.running.until_logged("1 changed: a")
        self.expect("new")
        self.end()

    def test_a_burst_of_saves_ends_in_the_last_one(self):
        self.begin()
        for version in range(200):
            self.replace(self.path, rule("a", f"v{version}"))
        # How many of them are seen is left open; a rule that only the last one has tells that it is in force.
        self.replace(self.path, rule("a", "last") + "rule mark on never { }\n")
        self.running.until_logged("1 added: mark")
        self.expect("last")
        self.end()

    def test_hangup_reloads_without_watching(self):
        self.begin("--no-watch")
        self.replace(self.path, rule("a", "new"))
        self.expect("old")
        self.running.kill(signal.SIGHUP)
        self.running.until_logged("1 changed: a")
        self.expect("new")
        self.end()

    def test_nothing_is_lost_while_rules_change(self):
        self.running = self.start("run", "rules", "--db", "a.db")
        self.running.until_logged("1 rule in force")
        for version in range(20):
            self.running.send(event("go") * 50)
            self.replace(self.path, rule("a", f"v{version}"))
        self.running.send(event("go") * 50)
        self.running.until_printed("\n", times=21 * 50)
        self.end()
        self.assertEqual(self.subjects("--db", "a.db"), {"s": {"seen": 21 * 50}})
        numbers = [line.rpartition('"seen":')[2].partition("}")[0] for line in self.running.out.splitlines()]
        self.assertEqual(numbers, [str(n) for n in range(1, 21 * 50 + 1)])

    def test_an_edit_that_changes_no_rule_says_so(self):
        self.begin()
        self.replace(self.path, "# a remark\n" + rule("a", "old"))
        self.running.until_logged("no rule differs")
        self.expect("old")
        self.end()

    def test_a_finite_file_is_not_watched(self):
        self.write("e.jsonl", event("go"))
        done = self.krules("run", "rules", "--events", "e.jsonl", "--db", "a.db")
        self.assertNotIn("in force", done.stderr)


if __name__ == "__main__":
    main()
