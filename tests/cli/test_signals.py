"""Signals, streams of events, and closed streams."""

import fcntl
import os
import pty
import select
import signal
import subprocess
import termios
import time
import unittest

import support
from support import Case, event, main, parse_lines

RULES = "rule count on tick { set n += 1 from 0\n emit counted { n: subject.n } }\n"


def wait_until_full(read, write):
    """Until the pipe takes no more and what it holds stays the same, so that its writer waits in the middle of a write."""
    held, since = None, time.monotonic()
    end = since + support.DEADLINE
    while select.select([], [write], [], 0)[1] or time.monotonic() - since < 0.3:
        if time.monotonic() > end:
            raise AssertionError("the pipe does not fill")
        now = fcntl.ioctl(read, termios.FIONREAD, b"    ")
        if now != held:
            held, since = now, time.monotonic()
        time.sleep(0.01)


class Signals(Case):
    def setUp(self):
        super().setUp()
        self.write("a.krules", RULES)

    def test_each_event_of_a_stream_comes_out_at_once(self):
        running = self.start("run", "a.krules", "--db", "a.db")
        for n in range(1, 6):
            running.send(event("tick"))
            running.until_printed(f'{{"n":{n}}}')
        self.assertEqual(running.end(), 0)
        self.assertIn("krules: 5 events", running.err)

    def test_terminate_and_interrupt_commit_and_end_well(self):
        for count, number in enumerate((signal.SIGTERM, signal.SIGINT), 1):
            running = self.start("run", "a.krules", "--db", "a.db")
            running.send(event("tick"))
            running.until_printed("counted")
            self.assertEqual(running.stop(number), 0, running.err)
            self.assertEqual(self.subjects("--db", "a.db"), {"s": {"n": count}})
            self.assertIn("krules: 1 event,", running.err)

    def test_terminate_in_the_middle_of_a_file(self):
        self.write("e.jsonl", event("tick") * 300_000)
        running = self.start("run", "a.krules", "--events", "e.jsonl", "--db", "a.db", "--durability", "normal")
        running.until_printed("counted")
        self.assertEqual(running.stop(), 0, running.err)
        printed = len(parse_lines(running.out))
        self.assertEqual(self.subjects("--db", "a.db"), {"s": {"n": printed}})
        again = self.krules("run", "a.krules", "--events", "e.jsonl", "--db", "a.db", "--durability", "normal")
        self.assertEqual(printed + len(parse_lines(again.stdout)), 300_000)
        self.assertEqual(self.subjects("--db", "a.db"), {"s": {"n": 300_000}})

    def test_dead_letters_do_not_change_how_a_stopped_run_ends(self):
        running = self.start("run", "a.krules", "--db", "a.db")
        running.send("{broken\n")
        running.until_logged("dead letters")
        self.assertEqual(running.stop(), 0)

    def test_output_that_nobody_reads_does_not_keep_it_from_ending(self):
        self.write("e.jsonl", event("tick") * 20_000)
        for number in (signal.SIGTERM, signal.SIGINT):
            read, write = os.pipe()
            running = self.start("run", "a.krules", "--events", "e.jsonl", "--db", "a.db", stdout=write)
            first = os.read(read, 1)
            wait_until_full(read, write)
            os.close(write)
            running.kill(number)
            self.assertEqual(running.wait(), 0, running.err)
            self.assertIn("nobody reads standard output: what was not written comes first in the next run", running.err)
            with open(read, "rb") as pipe:
                written = parse_lines((first + pipe.read()).decode().rpartition("\n")[0])
        # All that was committed is printed by the next run, from where the reader had not yet read it.
        again = self.krules("run", "a.krules", "--events", "e.jsonl", "--db", "a.db")
        self.assertRegex(again.stderr, r"[\d,]+ events that an earlier run may not have written come first")
        numbers = [line["data"]["n"] for line in parse_lines(again.stdout)]
        self.assertLessEqual(numbers[0], written[-1]["data"]["n"] + 1)
        self.assertEqual(numbers, list(range(numbers[0], 20_001)))
        self.assertEqual(self.subjects("--db", "a.db"), {"s": {"n": 20_000}})

    def test_a_second_interrupt_ends_at_once(self):
        # Nobody reads the output, so that the first one finds the program in the middle of a write.
        self.write("e.jsonl", event("tick") * 50_000)
        read, write = os.pipe()
        running = self.start("run", "a.krules", "--events", "e.jsonl", "--db", "a.db", "--durability", "off", stdout=write)
        wait_until_full(read, write)
        os.close(write)
        running.kill(signal.SIGINT)
        while running.process.poll() is None:
            running.kill(signal.SIGINT)
        self.assertEqual(running.wait(), 130)
        os.close(read)

    def test_closed_pipe(self):
        self.write("e.jsonl", event("tick") * 20_000)
        command = f'"$0" run a.krules --events e.jsonl --db a.db | head -n 1; echo "${{PIPESTATUS[0]}}"'
        done = subprocess.run(
            ["bash", "-c", command, support.KRULES], cwd=self.folder, capture_output=True, encoding="utf-8", timeout=support.DEADLINE
        )
        first, status = done.stdout.splitlines()
        self.assertEqual(parse_lines(first)[0]["data"], {"n": 1})
        self.assertEqual(status, "4")
        self.assertIn("krules: stopped: nobody reads standard output any more (a closed pipe)", done.stderr)
        # What was committed and not written comes first in the next run; nothing is lost and nothing applied twice.
        again = self.krules("run", "a.krules", "--events", "e.jsonl", "--db", "a.db")
        numbers = [line["data"]["n"] for line in parse_lines(again.stdout)]
        self.assertEqual(numbers[-1], 20_000)
        self.assertEqual(numbers, list(range(numbers[0], 20_001)))

    def test_closed_standard_output(self):
        done = subprocess.run(
            ["bash", "-c", '"$0" run a.krules --db a.db >&-', support.KRULES], cwd=self.folder, input=event("tick"),
            capture_output=True, encoding="utf-8", timeout=support.DEADLINE,
        )
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertEqual(self.subjects("--db", "a.db"), {"s": {"n": 1}})

    def test_closed_standard_input_is_an_empty_one(self):
        done = subprocess.run(
            ["bash", "-c", '"$0" run a.krules --db a.db <&-', support.KRULES], cwd=self.folder, capture_output=True,
            encoding="utf-8", timeout=support.DEADLINE,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("0 events", done.stderr)

    def test_progress_on_a_terminal(self):
        # The reader of the output takes its time, so that the run lasts as long as it must.
        self.write("e.jsonl", event("tick") * 20_000)
        ours, theirs = pty.openpty()
        read, write = os.pipe()
        process = subprocess.Popen(
            [support.KRULES, "run", "a.krules", "--events", "e.jsonl", "--durability", "off"], cwd=self.folder, stdout=write,
            stderr=theirs, env={**os.environ, "TERM": "xterm"},
        )
        os.close(write)
        os.close(theirs)
        seen = b""
        while b"events, " not in seen:
            seen += os.read(ours, 4096)
        self.assertRegex(seen.decode(), r"[\d,]+ events, [\d,]+ a second")
        while os.read(read, 1 << 20):
            pass
        while b"events/s" not in seen:
            seen += os.read(ours, 4096)
        # The line of progress is wiped away before the summary.
        self.assertIn(b"\r\x1b[Kkrules: 20,000 events", seen)
        self.assertEqual(process.wait(support.DEADLINE), 0)
        os.close(read)
        os.close(ours)


if __name__ == "__main__":
    main()
