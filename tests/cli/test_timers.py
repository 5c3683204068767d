"""`krules timers`."""

import contextlib
import json
import sqlite3
import unittest

from support import Case, event, main, parse_lines

RULES = "rule count on go { set n = 1 }\n"

# Microseconds since 1970.
NOON = 1_795_521_600_000_000  # 2026-11-24T12:00:00Z


class Timers(Case):
    def setUp(self):
        super().setUp()
        self.write("a.krules", RULES)
        self.krules("run", "a.krules", "--db", "a.db", input=event("go"))

    def sql(self, *statements):
        with contextlib.closing(sqlite3.connect(self.folder / "a.db")) as store, store:
            for statement in statements:
                store.execute(*statement) if isinstance(statement, tuple) else store.execute(statement)

    def set_timer(self, number, due, subject="s", key="", kind="late", payload="{}", meta="", schedule="", rule="r"):
        self.sql((
            "INSERT INTO timers(id, due, subject, key, type, payload, meta, schedule, rule) VALUES(?,?,?,?,?,?,?,?,?)",
            (number, due, subject, key, kind, payload, meta, schedule, rule),
        ))

    def timers(self, *arguments):
        return parse_lines(self.krules("timers", *arguments, "--db", "a.db").stdout)

    def subjects_of_timers(self, *arguments):
        return [timer["subject"] for timer in self.timers(*arguments)]

    def test_none(self):
        done = self.krules("timers", "--db", "a.db")
        self.assertEqual((done.stdout, done.stderr), ("", ""))

    def test_a_line_each(self):
        self.set_timer(
            1, NOON + 500_000, "tür:1", key="off", kind="door.close", rule="close",
            payload='{"at":{"$timestamp":"2026-01-31T12:00:00Z"},"wait":{"$duration":"1h30m"},"n":1.0,"m":{"k":[null]}}',
        )
        self.set_timer(2, NOON, 'a "b"\n', kind="", payload="", rule="sweep", schedule="every 5m")
        done = self.krules("timers", "--db", "a.db")
        lines = done.stdout.split("\n")
        self.assertEqual(
            lines[0],
            '{"subject":"a \\"b\\"\\n","key":"","type":"","due":"2026-11-24T12:00:00Z","payload":null,"rule":"sweep",'
            '"schedule":"every 5m"}',
        )
        self.assertEqual(
            json.loads(lines[1]),
            {
                "subject": "tür:1", "key": "off", "type": "door.close", "due": "2026-11-24T12:00:00.5Z",
                "payload": {"at": "2026-01-31T12:00:00Z", "wait": "1h30m", "n": 1.0, "m": {"k": [None]}},
                "rule": "close", "schedule": "",
            },
        )
        self.assertEqual(list(json.loads(lines[1])), ["subject", "key", "type", "due", "payload", "rule", "schedule"])
        self.assertEqual(lines[2:], [""])
        self.assertEqual(done.stderr, "")

    def test_the_next_one_first(self):
        for number, (subject, due) in enumerate([("d", 30), ("a", 10), ("c", 20), ("b", 10), ("past", -5)], start=1):
            self.set_timer(number, NOON + due, subject)
        self.assertEqual(self.subjects_of_timers(), ["past", "a", "b", "c", "d"])

    def test_patterns_of_subjects(self):
        for number, subject in enumerate(["b:2", "a:1", "b:1", "c"], start=1):
            self.set_timer(number, NOON + number, subject)
        self.assertEqual(self.subjects_of_timers("*"), ["b:2", "a:1", "b:1", "c"])
        self.assertEqual(self.subjects_of_timers("b:*"), ["b:2", "b:1"])
        self.assertEqual(self.subjects_of_timers("?:1"), ["a:1", "b:1"])
        self.assertEqual(self.subjects_of_timers("c"), ["c"])
        self.assertEqual(self.subjects_of_timers("d"), [])

    def test_many(self):
        rows = [(i, NOON + i * 7919 % 20_000, f"s{i}") for i in range(1, 20_001)]
        with contextlib.closing(sqlite3.connect(self.folder / "a.db")) as store, store:
            store.executemany("INSERT INTO timers VALUES(?, ?, ?, '', 'late', '{}', '', '', 'r')", rows)
        expected = [subject for _, _, subject in sorted(rows, key=lambda row: row[1])]
        self.assertEqual(self.subjects_of_timers(), expected)

    def test_beside_a_running_program(self):
        self.set_timer(1, NOON * 100)
        running = self.start("run", "a.krules", "--db", "a.db", "--emit", "subject-property-changed")
        running.send(event("go", "other"))
        running.until_printed('"property":"n"')
        self.assertEqual(self.subjects_of_timers(), ["s"])
        self.assertEqual(running.end(), 0)

    def test_a_payload_that_is_not_json(self):
        self.set_timer(1, NOON)
        self.set_timer(2, NOON, payload='{"a":')
        done = self.krules("timers", "--db", "a.db", status=4)
        self.assertEqual((done.stdout, done.stderr), ("", "krules: the store is damaged: the payload of timer 2 is not JSON\n"))

    def test_no_store(self):
        self.assertIn("b.db", self.krules("timers", "--db", "b.db", status=2).stderr)
        self.assertEqual(list(self.folder.glob("b.db*")), [])

    def test_a_store_of_version_1(self):
        self.sql(
            "DROP TABLE timers", "DROP TABLE calls", "DROP TABLE journal", "DROP TABLE journal_touched",
            "UPDATE meta SET value = 1 WHERE key = 'schema_version'",
        )
        self.assertEqual(self.timers(), [])
        self.assertEqual(self.subjects("--db", "a.db"), {"s": {"n": 1}})
        self.krules("dead-letters", "list", "--db", "a.db")

        upgraded = "a.db was a store of version 1 and is one of version 2 now"
        self.assertIn(upgraded, self.krules("run", "a.krules", "--db", "a.db", input=event("go", "other")).stderr)
        self.assertEqual(self.subjects("--db", "a.db"), {"other": {"n": 1}, "s": {"n": 1}})
        self.set_timer(1, NOON)
        self.assertEqual(self.subjects_of_timers(), ["s"])
        self.assertNotIn("version", self.krules("run", "a.krules", "--db", "a.db").stderr)


if __name__ == "__main__":
    main()
