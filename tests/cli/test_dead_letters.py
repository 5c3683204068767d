"""`krules dead-letters`, and dead letters sent again."""

import unittest

from support import Case, event, main, parse_lines

RULES = """
input order { total: number }
rule take on order { set total += payload.total from 0
 emit taken { total: subject.total } }
"""
MENDED = RULES.replace("total: number", "total: any").replace("payload.total", "int(payload.total)")


class DeadLetters(Case):
    def setUp(self):
        super().setUp()
        self.write("a.krules", RULES)
        self.write("e.jsonl", event("order", "a", {"total": 1}) + "{nonsense\n" + event("order", "a", {"total": "2"}))
        self.krules("run", "a.krules", "--events", "e.jsonl", "--db", "a.db", status=3)

    def letters(self):
        return parse_lines(self.krules("dead-letters", "list", "--format", "json", "--db", "a.db").stdout)

    def test_list(self):
        first, second = self.letters()
        self.assertEqual((first["id"], first["kind"], first["line"], first["event"]), (1, "malformed", 2, "{nonsense"))
        self.assertEqual((second["id"], second["kind"], second["line"]), (2, "input", 3))
        self.assertTrue(first["source"].endswith("/e.jsonl"), first)
        table = self.krules("dead-letters", "list", "--db", "a.db").stdout.splitlines()
        self.assertEqual(len(table), 3)
        self.assertIn("MESSAGE", table[0])
        self.assertIn("e.jsonl:2", table[1])

    def test_the_store_may_be_named_before_the_word(self):
        self.assertEqual(len(self.krules("dead-letters", "--db", "a.db", "list").stdout.splitlines()), 3)

    def test_bytes_that_are_no_text_are_listed_as_json(self):
        self.krules("run", "a.krules", "--db", "b.db", input=b'{"type":"go\xff"}\n{"not": "' + "é".encode() * 40000 + b"\n", status=3)
        listed = self.krules("dead-letters", "list", "--format", "json", "--db", "b.db").stdout
        self.assertEqual(listed.encode("utf-8", "surrogateescape").decode("utf-8"), listed)
        first, second = parse_lines(listed)
        self.assertEqual(first["event"], '{"type":"go\ufffd"}')
        self.assertEqual(second["event"], '{"not": "' + "é" * 32763 + "\ufffd")

    def test_show(self):
        text = self.krules("dead-letters", "show", "2", "--db", "a.db").stdout
        self.assertIn('{"type": "order", "subject": "a", "data": {"total": "2"}}', text)
        self.assertIn("kind     input", text)
        self.assertNotIn("nonsense", text)

    def test_show_what_is_not_there(self):
        done = self.krules("dead-letters", "show", "2", "7", "--db", "a.db", status=1)
        self.assertIn("there is no dead letter 7 in a.db", done.stderr)
        self.assertIn("dead letter 2", done.stdout)

    def test_drop(self):
        self.assertIn("dropped 1 dead letter\n", self.krules("dead-letters", "drop", "1", "--db", "a.db").stderr)
        self.assertEqual([letter["id"] for letter in self.letters()], [2])
        self.krules("dead-letters", "drop", "--all", "--db", "a.db")
        self.assertEqual(self.letters(), [])
        done = self.krules("dead-letters", "list", "--db", "a.db")
        self.assertEqual((done.stdout, done.stderr), ("", "krules: there are no dead letters in a.db\n"))

    def test_one_wrong_number_changes_nothing(self):
        self.krules("dead-letters", "drop", "1", "9", "--db", "a.db", status=1)
        self.assertEqual(len(self.letters()), 2)

    def test_retry_by_the_next_run(self):
        self.write("a.krules", MENDED)
        done = self.krules("dead-letters", "retry", "2", "--db", "a.db")
        self.assertIn("1 dead letter will be sent again", done.stderr)
        self.assertEqual([letter["retry"] for letter in self.letters()], [False, True])
        self.assertIn("(to be sent again)", self.krules("dead-letters", "list", "--db", "a.db").stdout)
        again = self.krules("run", "a.krules", "--events", "e.jsonl", "--db", "a.db")
        self.assertEqual([line["data"] for line in parse_lines(again.stdout)], [{"total": 3}])
        self.assertEqual([letter["id"] for letter in self.letters()], [1])
        self.assertEqual(self.subjects("--db", "a.db"), {"a": {"total": 3}})

    def test_nobody_outside_can_send_what_only_comes_from_within(self):
        rules = "input order { n: int }\nrule take on order { set who = extra.role ?? \"nobody\" }\n"
        self.write("b.krules", rules)
        self.write("b.jsonl", '{"within":true,"type":"order","subject":"s","data":{"n":"x"},"extra":{"role":"boss"}}\n')
        self.krules("run", "b.krules", "--events", "b.jsonl", "--db", "b.db", status=3)
        self.write("b.krules", rules.replace("int", "any"))
        self.krules("dead-letters", "retry", "--all", "--db", "b.db")
        self.write("none.jsonl", "")
        self.krules("run", "b.krules", "--events", "none.jsonl", "--db", "b.db")
        self.assertIn('"who":"nobody"', self.krules("subjects", "s", "--db", "b.db").stdout)

    def test_retry_by_a_run_that_goes_on(self):
        self.write("a.krules", MENDED)
        running = self.start("run", "a.krules", "--db", "a.db")
        running.send(event("order", "b", {"total": 1}))
        running.until_printed("taken")
        self.krules("dead-letters", "retry", "2", "--db", "a.db")
        running.until_printed('{"total":3}')
        self.assertEqual(running.end(), 0)
        self.assertEqual([letter["id"] for letter in self.letters()], [1])

    def test_what_fails_again_is_a_dead_letter_again(self):
        self.krules("dead-letters", "retry", "--all", "--db", "a.db")
        self.krules("run", "a.krules", "--events", "e.jsonl", "--db", "a.db", status=3)
        letters = self.letters()
        self.assertEqual(sorted(letter["kind"] for letter in letters), ["input", "malformed"])
        self.assertEqual([letter["retry"] for letter in letters], [False, False])
        self.assertEqual(self.subjects("--db", "a.db"), {"a": {"total": 1}})

    def test_what_came_from_within_is_sent_again_as_it_was(self):
        self.write(
            "a.krules",
            """\
rule begin on go {
    call http.get("http://127.0.0.1:1/") reply came with { at: timestamp("2026-01-01T00:00:00Z"), q: 7 }
    emit later { pause: 5m } after 0s with { hops: 2 }
    emit step { size: 1 } with { since: timestamp("2026-01-01T00:00:00Z") }
}
rule came on came { fail cascade "not yet" }
rule later on later { fail cascade "not yet" }
gate steps on step { fail "not yet" }
""",
        )
        self.krules("run", "a.krules", "--drain", "--db", "b.db", input=event("go"), status=3)
        self.write(
            "a.krules",
            """\
rule came on came { emit answered { payload.ok, extra.q, next: extra.at + 1h } }
rule later on later { emit was.late { twice: payload.pause * 2, meta.hops } }
rule step on step { emit stepped { payload.size, next: meta.since + 1h } }
""",
        )
        self.krules("dead-letters", "retry", "--all", "--db", "b.db")
        done = self.krules("run", "a.krules", "--db", "b.db")
        made = {line["type"]: line["data"] for line in parse_lines(done.stdout)}
        self.assertEqual(made["answered"], {"ok": False, "q": 7, "next": "2026-01-01T01:00:00Z"})
        self.assertEqual(made["was.late"], {"twice": "10m", "hops": 2})
        self.assertEqual(made["stepped"], {"size": 1, "next": "2026-01-01T01:00:00Z"})

    def test_what_came_from_within_stays_so_when_it_fails_again(self):
        self.write(
            "a.krules",
            """\
rule begin on go { emit later { pause: 5m } after 0s with { hops: 2 } }
rule later on later { if subject.free == null { fail cascade "not yet" } emit was.late { twice: payload.pause * 2, meta.hops } }
rule free on free { set free = true }
gate steps on was.late { if subject.open == null { fail "shut" } }
rule open on open { set open = true }
""",
        )
        self.krules("run", "a.krules", "--drain", "--db", "b.db", input=event("go"), status=3)
        listed = lambda: parse_lines(self.krules("dead-letters", "list", "--format", "json", "--db", "b.db").stdout)
        first = listed()[0]["event"]
        for _ in range(3):
            self.krules("dead-letters", "retry", "--all", "--db", "b.db")
            self.krules("run", "a.krules", "--db", "b.db", status=3)
            self.assertEqual([letter["event"] for letter in listed()], [first])
        # What the gate refuses is an event from within, too.
        self.krules("run", "a.krules", "--db", "b.db", input=event("free"))
        self.krules("dead-letters", "retry", "--all", "--db", "b.db")
        self.krules("run", "a.krules", "--db", "b.db", status=3)
        for _ in range(2):
            self.assertEqual([letter["kind"] for letter in listed()], ["gate"])
            self.krules("dead-letters", "retry", "--all", "--db", "b.db")
            self.krules("run", "a.krules", "--db", "b.db", status=3)
        self.krules("run", "a.krules", "--db", "b.db", input=event("open"))
        self.krules("dead-letters", "retry", "--all", "--db", "b.db")
        self.write("a.krules", "rule seen on was.late { set got = [payload.twice, payload.hops] }\n")
        self.krules("run", "a.krules", "--db", "b.db")
        self.assertEqual(self.subjects("--db", "b.db")["s"]["got"], ["10m", 2])
        self.assertEqual(listed(), [])

    def test_what_looks_like_it_stays_from_outside_when_it_fails_again(self):
        rules = "input order { n: int }\nrule take on order { set who = extra.role ?? \"nobody\" }\n"
        self.write("b.krules", rules)
        line = '{"within":true,"type":"order","subject":"s","data":{"n":"x"},"extra":{"role":"boss"}}\n'
        self.krules("run", "b.krules", "--db", "b.db", input=line, status=3)
        for _ in range(3):
            self.krules("dead-letters", "retry", "--all", "--db", "b.db")
            self.krules("run", "b.krules", "--db", "b.db", status=3)
        self.write("b.krules", rules.replace("int", "any"))
        self.krules("dead-letters", "retry", "--all", "--db", "b.db")
        self.krules("run", "b.krules", "--db", "b.db")
        self.assertEqual(self.subjects("--db", "b.db"), {"s": {"who": "nobody"}})

    def test_a_cascade_that_is_too_long_tells_its_way(self):
        self.write(
            "a.krules",
            "rule ping on ping when (subject.n ?? 0) < 200 {\n  set n += 1 from 0\n  emit pong\n}\nrule pong on pong { emit ping }\n",
        )
        self.krules("run", "a.krules", "--max-cascade", "100", "--db", "b.db", input=event("ping"), status=3)
        letter = parse_lines(self.krules("dead-letters", "list", "--format", "json", "--db", "b.db").stdout)[0]
        self.assertEqual(letter["kind"], "fuse")
        self.assertEqual(letter["path"][0]["event"], "ping")
        self.assertEqual(letter["path"][1]["by"], "ping")


if __name__ == "__main__":
    main()
