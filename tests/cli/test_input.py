"""Input that is not as it should be, and input that is unusual and right."""

import contextlib
import json
import os
import sqlite3
import unittest

from support import Case, event, main, parse_lines

RULES = "rule echo on go { emit came { payload.n } }\n"


class Input(Case):
    def setUp(self):
        super().setUp()
        self.write("a.krules", RULES)

    def run_lines(self, text, status=0):
        """The numbers that came through, and the dead letters."""
        self.write("e.jsonl", text)
        self.done = self.krules("run", "a.krules", "--events", "e.jsonl", "--db", "a.db", status=status)
        letters = self.krules("dead-letters", "list", "--format", "json", "--db", "a.db").stdout
        return [line["data"]["n"] for line in parse_lines(self.done.stdout)], parse_lines(letters)

    def go(self, n):
        return event("go", "s", {"n": n})

    def test_broken_json_is_told_with_its_line(self):
        came, letters = self.run_lines(self.go(1) + "{broken\n" + self.go(2) + '["no", "object"]\n' + self.go(3), status=3)
        self.assertEqual(came, [1, 2, 3])
        self.assertEqual([letter["line"] for letter in letters], [2, 4])
        self.assertIn("e.jsonl:2", self.done.stderr)

    def test_lines_that_are_no_events(self):
        lines = [
            '{"subject":"s"}', '{"type":"","subject":"s"}', '{"type":3,"subject":"s"}', '{"type":"go","data":{"n":1}}',
            '{"type":"go","subject":"s","time":"yesterday"}', '{"type":"go","subject":"s"} and more', "null", "7",
            '{"type":"go","subject":"s","data":{"n":99999999999999999999}}',
            '{"type":"go","subject":"s","specversion":"0.3"}', '{"type":"subject-deleted","subject":"s"}',
        ]
        came, letters = self.run_lines("\n".join(lines) + "\n" + self.go(1), status=3)
        self.assertEqual(came, [1])
        self.assertEqual([letter["event"] for letter in letters], lines)
        self.assertTrue(all(letter["message"] for letter in letters))

    def test_invalid_utf8(self):
        bad = b'{"type":"go","subject":"s","data":{"n":"\xff\xfe"}}\n'
        came, letters = self.run_lines(self.go(1).encode() + bad + self.go(2).encode(), status=3)
        self.assertEqual(came, [1, 2])
        self.assertEqual(letters[0]["line"], 2)
        self.assertIn("UTF-8", letters[0]["message"])

    def test_numbers_of_many_digits_go_through_the_store(self):
        self.write("n.krules", """\
rule put on put { set mean = (payload.a + payload.b) / 2 set at = payload.x }
rule see on see { emit seen { subject.mean, subject.at, payload.x, parsed: parse_json("3.14159265358979323846"), set: p } }
param p: any
""")
        number = "123.45600000000000000000001"
        put = '{"type":"put","subject":"s","data":{"a":1764441234567890123,"b":1764441234567890923,"x":%s}}\n' % number
        see = '{"type":"see","subject":"s","data":{"x":18446744073709551615.0}}\n'
        for line in (put, see):
            done = self.krules("run", "n.krules", "--db", "n.db", "--set", f"p=[{number}]", input=line)
        self.assertEqual(parse_lines(done.stdout)[0]["data"], {
            "mean": 1764441234567890523.0, "at": 123.456, "x": 18446744073709551615.0,
            "parsed": 3.14159265358979323846, "set": [123.456],
        })

    def test_bytes_that_are_no_text_come_in_nowhere(self):
        self.write("t.krules", """\
param h: string = ""
rule r on go { set h = h set e = env("REGION") }
rule c on go { set c = payload.t.re_extract(payload.p) }
""")
        run = lambda *more, **rest: self.krules("run", "t.krules", "--db", "t.db", "--allow-env", "REGION", *more,
                                                input=event("go", data={"t": "é", "p": "\\C"}), **rest)
        bad = b"a\xffb"
        done = run("--set", os.fsdecode(b"h=" + bad), status=1)
        self.assertIn("what is given for the param `h` is no text: its bytes are not UTF-8", done.stderr)
        done = run(env={**os.environ, "REGION": os.fsdecode(bad)})
        self.assertIn("the environment variable `REGION` is no text: its bytes are not UTF-8", done.stderr)
        self.assertIn("`re_extract` takes no \\C in `pattern`", done.stderr)
        self.assertEqual(self.subjects("--db", "t.db"), {})

    def test_a_moment_beyond_the_calendar_is_never_stored(self):
        self.write("y.krules", """\
rule put on order { set due = now() + payload.days * 1d emit got { subject.due } }
rule ask on ask { emit got { subject.due, back: subject.due - 2900000d } }
""")
        done = self.krules("run", "y.krules", "--db", "y.db", input=event("order", data={"days": 3000000}))
        self.assertIn("the result of `+` lies beyond the year 9999", done.stderr)
        self.assertEqual(self.subjects("--db", "y.db"), {})
        # An earlier version stored one: the store stays usable, and the value can be read and replaced.
        self.krules("run", "y.krules", "--db", "y.db", input=event("order", data={"days": 3}))
        with contextlib.closing(sqlite3.connect(self.folder / "y.db")) as store, store:
            store.execute("UPDATE subjects SET props = ?", ('{"due":{"$timestamp":"010240-08-18T19:24:01.548853Z"}}',))
        self.assertEqual(self.subjects("--db", "y.db"), {"s": {"due": "010240-08-18T19:24:01.548853Z"}})
        done = self.krules("run", "y.krules", "--db", "y.db", input=event("ask") + event("order", data={"days": 3}))
        self.assertEqual(
            parse_lines(done.stdout)[0]["data"], {"due": "010240-08-18T19:24:01.548853Z", "back": "2300-09-13T19:24:01.548853Z"}
        )
        self.assertTrue(self.subjects("--db", "y.db")["s"]["due"].startswith("2"))

    def test_blank_lines_count_as_lines(self):
        came, letters = self.run_lines("\n  \n" + self.go(1) + "\r\n\t\n{\n" + self.go(2), status=3)
        self.assertEqual(came, [1, 2])
        self.assertEqual(letters[0]["line"], 6)

    def test_crlf(self):
        came, _ = self.run_lines((self.go(1) + self.go(2)).replace("\n", "\r\n"))
        self.assertEqual(came, [1, 2])

    def test_no_line_end_at_the_end(self):
        came, _ = self.run_lines(self.go(1) + self.go(2).rstrip("\n"))
        self.assertEqual(came, [1, 2])

    def test_byte_order_mark(self):
        came, _ = self.run_lines(b"\xef\xbb\xbf" + self.go(1).encode() + self.go(2).encode())
        self.assertEqual(came, [1, 2])

    def test_a_line_of_100_mb(self):
        long = b'{"type":"go","subject":"s","data":{"n":"' + b"x" * 100_000_000 + b'"}}\n'
        came, letters = self.run_lines(self.go(1).encode() + long + self.go(2).encode(), status=3)
        self.assertEqual(came, [1, 2])
        self.assertEqual(letters[0]["line"], 2)
        self.assertIn("MiB is the most", letters[0]["message"])
        self.assertLess(len(letters[0]["event"]), 100_000)

    def test_a_line_of_30_mb_is_taken(self):
        long = b'{"type":"go","subject":"s","data":{"n":3,"more":"' + b"x" * 30_000_000 + b'"}}\n'
        came, letters = self.run_lines(long + self.go(4).encode())
        self.assertEqual((came, letters), ([3, 4], []))

    def test_deep_nesting(self):
        deep = '{"type":"go","subject":"s","data":{"n":' + "[" * 5000 + "]" * 5000 + "}}\n"
        came, letters = self.run_lines(deep + self.go(1), status=3)
        self.assertEqual(came, [1])
        self.assertEqual(len(letters), 1)

    def test_unusual_names(self):
        text = "\U0001F600 \u0000\u2028 \\u0041 'x' \"y\""
        line = json.dumps({"type": "go", "subject": text, "data": {"n": text}}) + "\n"
        came, _ = self.run_lines(line)
        self.assertEqual(came, [text])
        self.assertEqual(parse_lines(self.done.stdout)[0]["subject"], text)

    def test_the_same_id_from_the_same_source_counts_once(self):
        lines = (
            event("go", "s", {"n": 1}, id="a", source="/x") + event("go", "s", {"n": 2}, id="a", source="/x")
            + event("go", "s", {"n": 3}, id="a", source="/y") + event("go", "s", {"n": 4}, id="b", source="/x")
        )
        came, _ = self.run_lines(lines)
        self.assertEqual(came, [1, 3, 4])
        self.assertIn("1 duplicate", self.done.stderr)

    def test_the_same_id_in_a_later_run_counts_once(self):
        line = event("go", "s", {"n": 1}, id="a", source="/x")
        first = self.krules("run", "a.krules", "--db", "b.db", input=line)
        second = self.krules("run", "a.krules", "--db", "b.db", input=line)
        self.assertEqual((len(parse_lines(first.stdout)), second.stdout), (1, ""))
        self.assertIn("1 duplicate", second.stderr)

    def test_events_without_ids_are_never_the_same(self):
        came, _ = self.run_lines(self.go(1) * 3)
        self.assertEqual(came, [1, 1, 1])
        ids = [line["id"] for line in parse_lines(self.done.stdout)]
        self.assertEqual(len(set(ids)), 3)


if __name__ == "__main__":
    main()
