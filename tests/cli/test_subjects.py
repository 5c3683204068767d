"""`krules subjects`."""

import json
import unittest

from support import Case, event, main, parse_lines

RULES = """
rule fill on fill {
    set { text: "a\\"b", count: 3, part: 1.0, yes: true, list: [1, "x"], map: { a: { b: null } } }
    set at = timestamp("2026-01-31T12:00:00Z")
    set waits = 1h30m
    set nothing = null
    set ext.tags = ["new"]
}
rule many on many { for i in range(2000) { set "field{i}" = i } }
rule gone on gone { delete subject }
"""


class Subjects(Case):
    def setUp(self):
        super().setUp()
        self.write("a.krules", RULES)

    def run_events(self, text):
        self.krules("run", "a.krules", "--db", "a.db", input=text)

    def test_values_as_plain_json(self):
        self.run_events(event("fill", "zürich"))
        done = self.krules("subjects", "--db", "a.db")
        self.assertEqual(
            parse_lines(done.stdout),
            [{
                "subject": "zürich",
                "properties": {
                    "text": 'a"b', "count": 3, "part": 1.0, "yes": True, "list": [1, "x"], "map": {"a": {"b": None}},
                    "at": "2026-01-31T12:00:00Z", "waits": "1h30m", "nothing": None,
                },
                "ext": {"tags": ["new"]},
            }],
        )
        self.assertIn('"part":1.0', done.stdout)
        self.assertEqual(done.stderr, "")

    def test_names_and_patterns(self):
        self.run_events("".join(event("fill", name) for name in ("b:2", "a:1", "b:1", "c")))

        def names(*arguments):
            return [line["subject"] for line in parse_lines(self.krules("subjects", *arguments, "--db", "a.db").stdout)]

        self.assertEqual(names(), ["a:1", "b:1", "b:2", "c"])
        self.assertEqual(names("b:*"), ["b:1", "b:2"])
        self.assertEqual(names("?:1"), ["a:1", "b:1"])
        self.assertEqual(names("c"), ["c"])
        self.assertEqual(names("d*"), [])

    def test_a_name_that_is_not_there(self):
        self.run_events(event("fill", "a"))
        done = self.krules("subjects", "b", "--db", "a.db", status=1)
        self.assertEqual((done.stdout, done.stderr), ("", "krules: there is no subject `b` in a.db\n"))

    def test_a_large_subject_is_one_line(self):
        self.run_events(event("many", "a"))
        self.assertEqual(self.subjects("--db", "a.db"), {"a": {f"field{i}": i for i in range(2000)}})

    def test_a_deleted_subject_is_gone(self):
        self.run_events(event("many", "a") + event("fill", "b") + event("gone", "a"))
        self.assertEqual(list(self.subjects("--db", "a.db")), ["b"])

    def test_beside_a_running_program(self):
        running = self.start("run", "a.krules", "--db", "a.db", "--emit", "subject-property-changed")
        running.send(event("fill", "a"))
        running.until_printed('"property":"count"')
        self.assertEqual(list(self.subjects("--db", "a.db")), ["a"])
        running.send(event("fill", "b"))
        running.until_printed('"property":"count"', times=2)
        self.assertEqual(list(self.subjects("--db", "a.db")), ["a", "b"])
        self.assertEqual(running.end(), 0)

    def test_no_store(self):
        done = self.krules("subjects", "--db", "b.db", status=2)
        self.assertIn("b.db", done.stderr)
        self.assertEqual(list(self.folder.glob("b.db*")), [])

    def test_not_a_store(self):
        self.write("b.db", "some text that is not a database, long enough to have a header " * 20)
        self.assertIn("is not a krules store", self.krules("subjects", "--db", "b.db", status=2).stderr)


if __name__ == "__main__":
    main()
