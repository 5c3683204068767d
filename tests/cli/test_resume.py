"""The same file on the same store: going on where it stopped."""

import os
import shutil
import sqlite3
import subprocess
import unittest

import support
from support import Case, event, main, parse_lines

RULES = "rule count on tick { set n += 1 from 0\n emit counted { subject.n, payload.k } }\n"


class Resume(Case):
    def setUp(self):
        super().setUp()
        self.write("a.krules", RULES)

    def ticks(self, first, last):
        return "".join(event("tick", "s", {"k": k}) for k in range(first, last + 1))

    def run_file(self, name="e.jsonl", *arguments):
        self.done = self.krules("run", "a.krules", "--events", name, "--db", "a.db", *arguments)
        return [line["data"]["k"] for line in parse_lines(self.done.stdout)]

    def test_nothing_twice(self):
        self.write("e.jsonl", self.ticks(1, 5))
        self.assertEqual(self.run_file(), [1, 2, 3, 4, 5])
        self.assertEqual(self.run_file(), [])
        self.assertIn("going on after line 5 of e.jsonl", self.done.stderr)
        self.assertIn("0 events after line 5 of e.jsonl", self.done.stderr)
        self.assertEqual(self.subjects("--db", "a.db"), {"s": {"n": 5}})

    def test_what_was_appended(self):
        path = self.write("e.jsonl", self.ticks(1, 3))
        self.run_file()
        with path.open("a", encoding="utf-8") as file:
            file.write(self.ticks(4, 6))
        self.assertEqual(self.run_file(), [4, 5, 6])
        self.assertIn("going on after line 3", self.done.stderr)
        self.assertEqual(self.subjects("--db", "a.db"), {"s": {"n": 6}})

    def test_a_line_that_was_cut_off_is_not_read_twice(self):
        # The last line had no line end yet; it was a whole event, and more lines follow later.
        path = self.write("e.jsonl", self.ticks(1, 2).rstrip("\n"))
        self.assertEqual(self.run_file(), [1, 2])
        with path.open("a", encoding="utf-8") as file:
            file.write("\n" + self.ticks(3, 3))
        self.assertEqual(self.run_file(), [3])

    def test_a_line_that_somebody_is_still_writing_waits(self):
        text = self.ticks(1, 3)
        cut = text.index('"k": 2') + 4
        path = self.write("e.jsonl", text[:cut])
        for _ in range(2):
            self.run_file()
            self.assertIn("e.jsonl:2: the last line is unfinished: it waits for its end and for the next run", self.done.stderr)
        self.assertEqual(self.subjects("--db", "a.db"), {"s": {"n": 1}})
        with path.open("a", encoding="utf-8") as file:
            file.write(text[cut:])
        self.assertEqual(self.run_file(), [2, 3])
        self.assertIn("going on after line 1 of e.jsonl", self.done.stderr)
        self.assertNotIn("unfinished", self.done.stderr)
        self.assertEqual(self.krules("dead-letters", "list", "--db", "a.db").stdout, "")

    def test_cut_off_at_any_byte(self):
        text = self.ticks(1, 1) + event("tick", "é}", {"k": '{"', "m": "\\"})
        data = text.encode("utf-8").replace(b"\\u00e9", "é".encode("utf-8"))
        for cut in range(len(self.ticks(1, 1)), len(data) + 1):
            with self.subTest(cut=cut):
                path = self.write(f"{cut}.jsonl", data[:cut])
                done = self.krules("run", "a.krules", "--events", path.name, "--db", f"{cut}.db")
                path.write_bytes(data)
                done = done.stdout + self.krules("run", "a.krules", "--events", path.name, "--db", f"{cut}.db").stdout
                self.assertEqual([line["data"]["k"] for line in parse_lines(done)], [1, '{"'])

    def test_a_file_that_is_one_unfinished_line_waits(self):
        path = self.write("e.jsonl", self.ticks(1, 1)[:20])
        self.assertEqual(self.run_file(), [])
        self.assertIn("e.jsonl:1: the last line is unfinished", self.done.stderr)
        path.write_text(self.ticks(1, 2))
        self.assertEqual(self.run_file(), [1, 2])

    def test_an_unfinished_line_of_a_stream_is_a_dead_letter(self):
        text = self.ticks(1, 2)[:-5]
        for name, stream in (("-", {"input": text}), ("/dev/stdin", {"input": text})):
            with self.subTest(name=name):
                done = self.krules(
                    "run", "a.krules", "--events", name, "--durability", "off", status=3, **stream
                )
                self.assertIn(":2: sent to the dead letters", done.stderr)

    def test_lines_are_counted_on_behind_a_line_that_was_cut_off(self):
        path = self.write("e.jsonl", self.ticks(1, 3).rstrip("\n"))
        self.run_file()
        with path.open("a", encoding="utf-8") as file:
            file.write("\n" + self.ticks(4, 4) + "{broken\n")
        done = self.krules("run", "a.krules", "--events", "e.jsonl", "--db", "a.db", status=3)
        self.assertIn("going on after line 3", done.stderr)
        self.assertIn("e.jsonl:5: sent to the dead letters", done.stderr)

    def test_other_content_starts_anew(self):
        self.write("e.jsonl", self.ticks(1, 3))
        self.run_file()
        self.write("e.jsonl", self.ticks(11, 15))
        self.assertEqual(self.run_file(), [11, 12, 13, 14, 15])
        self.assertIn("starting at its beginning", self.done.stderr)

    def test_a_shorter_file_starts_anew(self):
        self.write("e.jsonl", self.ticks(1, 9))
        self.run_file()
        self.write("e.jsonl", self.ticks(1, 2))
        self.assertEqual(self.run_file(), [1, 2])

    def test_the_same_beginning_and_other_content_starts_anew(self):
        # Longer than what is looked at of the beginning.
        common = self.ticks(1, 500)
        self.write("e.jsonl", common + self.ticks(501, 600))
        self.run_file()
        self.write("e.jsonl", common + self.ticks(701, 850))
        self.assertEqual(len(self.run_file()), 650)

    def test_a_renamed_file_is_known(self):
        path = self.write("e.jsonl", self.ticks(1, 3))
        self.run_file()
        os.rename(path, self.folder / "f.jsonl")
        self.assertEqual(self.run_file("f.jsonl"), [])

    def test_two_files_have_their_own_positions(self):
        self.write("e.jsonl", self.ticks(1, 3))
        self.write("f.jsonl", self.ticks(4, 5))
        self.run_file()
        self.assertEqual(self.run_file("f.jsonl"), [4, 5])
        self.assertEqual(self.run_file(), [])
        self.assertEqual(self.run_file("f.jsonl"), [])

    def test_another_name_for_the_same_file(self):
        self.write("e.jsonl", self.ticks(1, 3))
        self.run_file()
        self.assertEqual(self.run_file(self.folder / "e.jsonl"), [])
        os.symlink("e.jsonl", self.folder / "link.jsonl")
        self.assertEqual(self.run_file("link.jsonl"), [])

    def test_from_start(self):
        self.write("e.jsonl", self.ticks(1, 3))
        self.run_file()
        self.assertEqual(self.run_file("e.jsonl", "--from-start"), [1, 2, 3])
        self.assertEqual(self.subjects("--db", "a.db"), {"s": {"n": 6}})
        self.assertEqual(self.run_file(), [])

    def test_another_store_starts_at_the_beginning(self):
        self.write("e.jsonl", self.ticks(1, 3))
        self.run_file()
        done = self.krules("run", "a.krules", "--events", "e.jsonl", "--db", "b.db")
        self.assertEqual(len(parse_lines(done.stdout)), 3)

    def test_dead_letters_of_an_earlier_run_do_not_count_again(self):
        self.write("e.jsonl", "{broken\n" + self.ticks(1, 1))
        self.krules("run", "a.krules", "--events", "e.jsonl", "--db", "a.db", status=3)
        self.assertEqual(self.run_file(), [])


class BrokenOffOutput(Case):
    """Output that is a file goes on where an earlier run broke off."""

    def setUp(self):
        super().setUp()
        self.write("a.krules", RULES)
        self.write("e.jsonl", "".join(event("tick", "zürich", {"k": k}) for k in range(10)))
        # Everything is committed, and nothing could be written.
        self.assertEqual(self.run_into("/dev/full", "a.db"), 4)
        with sqlite3.connect(self.folder / "a.db") as store:
            self.pending = "".join(lines for (lines,) in store.execute("SELECT lines FROM outbox ORDER BY number")).encode()
        store.close()
        self.assertEqual(len(parse_lines(self.pending.decode())), 10)

    def run_into(self, path, store, mode="ab"):
        with open(self.folder / path, mode) as out:
            return subprocess.run(
                [support.KRULES, "run", "a.krules", "--events", "e.jsonl", "--db", store], cwd=self.folder, stdin=subprocess.DEVNULL,
                stdout=out, stderr=subprocess.PIPE, timeout=support.DEADLINE,
            ).returncode

    def go_on_after(self, text, mode="ab"):
        """What the output file holds after a run that finds `text` in it."""
        path = self.write("out.jsonl", text)
        for name in self.folder.glob("b.db*"):
            name.unlink()
        shutil.copy(self.folder / "a.db", self.folder / "b.db")
        self.assertEqual(self.run_into(path, "b.db", mode), 0)
        return path.read_bytes()

    def test_cut_off_anywhere(self):
        line = self.pending.index(b"\n") + 1
        for length in (0, 1, 30, line - 1, line, line + 1, 3 * line + 50, len(self.pending) - 1, len(self.pending)):
            self.assertEqual(self.go_on_after(self.pending[:length]), self.pending, length)

    def test_behind_other_lines(self):
        before = b'{"of": "before"}\n' * 1000
        self.assertEqual(self.go_on_after(before + self.pending[:700]), before + self.pending)

    def test_half_a_line_of_somebody_else(self):
        self.assertEqual(self.go_on_after(b"half a line"), b"half a line\n" + self.pending)

    def test_a_file_written_anew(self):
        self.assertEqual(self.go_on_after(self.pending[:700], mode="wb"), self.pending)


if __name__ == "__main__":
    main()
