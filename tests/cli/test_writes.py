"""How often the store is written: properties that are set together, and those that must not wait."""

import contextlib
import json
import sqlite3
import unittest

from support import Case, event, main, parse_lines

RULES = """
rule import on user.fields_sent { for i in range(100) { set "field{i}" = i } emit imported }
rule record on sensor.reading { set last_reading = payload.value direct emit kept { payload.value } }
rule count on sensor.counted { set count += 1 from 0 emit counted }
"""


class Writes(Case):
    def setUp(self):
        super().setUp()
        self.write("a.krules", RULES)
        # Makes the store, in which every row that is written is counted from here on.
        self.krules("run", "a.krules", "--db", "a.db")
        self.sql(
            "CREATE TABLE written(name TEXT, part INTEGER)",
            "CREATE TRIGGER inserted AFTER INSERT ON subjects BEGIN INSERT INTO written VALUES(new.name, new.part); END",
            "CREATE TRIGGER updated AFTER UPDATE ON subjects BEGIN INSERT INTO written VALUES(new.name, new.part); END",
        )

    def sql(self, *statements):
        with contextlib.closing(sqlite3.connect(self.folder / "a.db")) as store, store:
            return [list(store.execute(statement)) for statement in statements][-1]

    def run_events(self, *events):
        self.write("e.jsonl", "".join(events))
        done = self.krules(
            "run", "a.krules", "--db", "a.db", "--events", "e.jsonl", "--from-start", "--log-format", "json",
        )
        summary = [line for line in map(json.loads, done.stderr.splitlines()) if line["message"] == "done"]
        return summary[0]["data"] if "data" in summary[0] else summary[0]

    def test_a_hundred_sets_are_one_write(self):
        summary = self.run_events(event("user.fields_sent", "user-123"))
        self.assertEqual(len(self.subjects("--db", "a.db")["user-123"]), 100)
        self.assertEqual(summary["commits"], 1)
        # A subject of a hundred properties has two rows, of 64 properties at most.
        self.assertEqual(self.sql("SELECT name, part, count(*) FROM written GROUP BY name, part"), [
            ("user-123", 0, 1), ("user-123", 1, 1),
        ])

    def test_a_subject_that_changes_often_is_written_once_a_commit(self):
        summary = self.run_events(*(event("sensor.counted", "sensor-1") for _ in range(500)))
        self.assertEqual(self.subjects("--db", "a.db"), {"sensor-1": {"count": 500}})
        self.assertLessEqual(self.sql("SELECT count(*) FROM written")[0][0], summary["commits"])

    def test_direct_is_committed_for_each_event(self):
        summary = self.run_events(*(event("sensor.reading", "sensor-1", {"value": n}) for n in range(20)))
        self.assertGreaterEqual(summary["commits"], 20)
        self.assertEqual(self.sql("SELECT count(*) FROM written"), [(20,)])

    def test_direct_is_in_the_store_when_the_event_is_acknowledged(self):
        # The place in the input and what is printed are what acknowledges an event.
        running = self.start("run", "a.krules", "--db", "a.db", "--commit-batch", "4096")
        for n in range(3):
            running.send(event("sensor.reading", "sensor-1", {"value": n}))
            running.until_printed(f'"data":{{"value":{n}}}')
            self.assertEqual(self.subjects("--db", "a.db"), {"sensor-1": {"last_reading": n}})
        self.assertEqual(running.end(), 0)


if __name__ == "__main__":
    main()
