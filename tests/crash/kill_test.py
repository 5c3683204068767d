#!/usr/bin/env python3
"""Kills `krules run` with SIGKILL at random instants and starts it again on the same store and output file, until the
events are through. What it leaves must be what an uninterrupted run leaves: the same subjects, and each emitted event once,
on a line of its own.

usage: kill_test.py KRULES [--seconds 30] [--seed 1]
"""

import argparse
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

RULES = """
# An order is counted, taken apart into its items, and each item has its stock; some steps fail, some are undone.
rule take on order.submitted {
    set orders += 1 from 0
    for item in payload.items { emit stock.taken { item, order: payload.number } on "stock:{item}" }
}
rule stock on stock.taken {
    set left -= 1 from 1000
    set history ++= [payload.order] from []
    if len(subject.history) > 5 { set history = subject.history.slice(1) }
}
rule low on changed left of stock:* when new % 10 == 0 { emit stock.low { left: new, before: old } }
rule sour on order.submitted when payload.number % 7 == 0 {
    set sour += 1 from 0
    fail "seven"
}
rule undone on stock.taken when payload.order % 101 == 0 { fail cascade "a hundred and one" }
rule total on order.submitted { as "total" { set orders += 1 from 0
    set text = "order {payload.number} of {origin}" } }
rule shipped on order.submitted { emit order.shipped { payload.number, note: payload.note } }

# Timers, by the time of the events: set, replaced, ended, and failing when they fire.
rule remind on order.submitted {
    emit order.late { payload.number } after 1s * (payload.number % 90) key "late{payload.number % 3}"
    emit order.checked { payload.number } after 20s
    if payload.number % 29 == 0 { fail "twenty-nine" }
}
rule late on order.late {
    set reminders += 1 from 0
    emit order.reminded { payload.number, subject.reminders, at: now() }
    if payload.number % 11 == 0 { cancel "late1" }
    if payload.number % 13 == 0 { fail "thirteen" }
}
rule checked on order.checked when payload.number % 37 == 0 { fail cascade "thirty-seven" }
"""

# What timers emit has an id of the run in which the timer was set.
BY_TIMERS = ("order.late", "order.checked", "order.reminded")

EVENTS = 4000


def make_events(path, rng):
    with path.open("w", encoding="utf-8") as file:
        for number in range(EVENTS):
            data = {
                "number": number, "items": [rng.randrange(40) for _ in range(rng.randrange(4))],
                "note": "n" * rng.choice([0, 10, 100, 3000]),  # lines of many lengths
            }
            time = f"2026-03-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z"
            line = {"type": "order.submitted", "subject": f"customer-{rng.randrange(200)}", "data": data, "time": time}
            if number % 3 == 0:
                line["id"] = f"e{number // 6}"  # every second of these is one that came before
            file.write(json.dumps(line) + "\n")


class Krules:
    def __init__(self, program, folder):
        self.program = program
        self.folder = folder

    def run(self, name, options, kill_after=None):
        """The exit status, or None when it was killed."""
        with open(self.folder / f"{name}.jsonl", "ab") as out, open(self.folder / f"{name}.log", "ab") as log:
            process = subprocess.Popen(
                [self.program, "run", "orders.krules", "--events", "events.jsonl", "--db", f"{name}.db", "--virtual-time", *options],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=out, stderr=log,
            )
            try:
                return process.wait(kill_after)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                return None if process.wait() == -signal.SIGKILL else process.returncode

    def outputs(self, name):
        """Emitted events by id, those of timers by their number: everything that does not depend on when it ran."""
        events, ids, by_timers = {}, set(), 0
        text = (self.folder / f"{name}.jsonl").read_bytes()
        if text and not text.endswith(b"\n"):
            raise AssertionError(f"{name}: the last line is cut off: {text[-200:]}")
        for number, line in enumerate(text.splitlines(), 1):
            try:
                event = json.loads(line)
            except ValueError:
                raise AssertionError(f"{name}: line {number} is torn: {line[:300]}") from None
            if event["id"] in ids:
                raise AssertionError(f"{name}: line {number} brings {event['id']} a second time")
            ids.add(event["id"])
            key = event["id"]
            if event["type"] in BY_TIMERS:
                key = f"by timers {by_timers:06}"
                by_timers += 1
            events[key] = (event["type"], event["subject"], json.dumps(event["data"]))
        return events

    def subjects(self, name):
        done = subprocess.run(
            [self.program, "subjects", "--db", f"{name}.db"], cwd=self.folder, capture_output=True, check=True, encoding="utf-8"
        )
        return done.stdout.splitlines()

    def dead_letters(self, name):
        done = subprocess.run(
            [self.program, "dead-letters", "list", "--format", "json", "--db", f"{name}.db"], cwd=self.folder,
            capture_output=True, check=True, encoding="utf-8",
        )
        letters = [json.loads(line) for line in done.stdout.splitlines()]
        return sorted((letter["line"], letter["kind"], letter["message"]) for letter in letters)


def first_difference(what, got, expected):
    if got == expected:
        return
    for a, b in zip(sorted(got), sorted(expected)):
        if a != b:
            raise AssertionError(f"{what} differ:\n  got      {str(a)[:400]}\n  expected {str(b)[:400]}")
    raise AssertionError(f"{what} differ: {len(got)} instead of {len(expected)}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("krules")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)

    with tempfile.TemporaryDirectory(prefix="krules-crash-") as name:
        folder = pathlib.Path(name)
        (folder / "orders.krules").write_text(RULES, encoding="utf-8")
        make_events(folder / "events.jsonl", rng)
        krules = Krules(os.path.abspath(arguments.krules), folder)

        began = time.monotonic()
        status = krules.run("whole", [])
        took = time.monotonic() - began
        if status != 3:
            sys.exit(f"the uninterrupted run ended with {status}:\n" + (folder / "whole.log").read_text())
        outputs, subjects, letters = krules.outputs("whole"), krules.subjects("whole"), krules.dead_letters("whole")
        if len(outputs) < EVENTS or not letters:
            sys.exit("the uninterrupted run did too little to be compared with")

        kills = rounds = 0
        deadline = time.monotonic() + arguments.seconds
        while rounds == 0 or time.monotonic() < deadline:
            rounds += 1
            name = f"round{rounds}"
            options = ["--durability", rng.choice(["full", "full", "normal"])]
            # Small commits make a run longer than one of which a kill finds nothing but the beginning.
            options += ["--commit-batch", str(rng.choice([5, 50, 500, 4096]))]
            killed_here = 0
            while True:
                # Later starts of a round have more and more time, so that every round ends.
                limit = None if killed_here == 20 else rng.uniform(0, took) * (1 + killed_here / 10)
                status = krules.run(name, options, limit)
                if status is not None:
                    break
                killed_here += 1
            kills += killed_here
            try:
                if status not in (0, 3):
                    raise AssertionError(f"the last run ended with {status}")
                first_difference("emitted events", krules.outputs(name).items(), outputs.items())
                first_difference("subjects", krules.subjects(name), subjects)
                first_difference("dead letters", krules.dead_letters(name), letters)
            except AssertionError as error:
                log = (folder / f"{name}.log").read_text(errors="replace")
                sys.exit(f"seed {arguments.seed}, round {rounds} {options}, after {killed_here} kills: {error}\n{log[-3000:]}")
            for path in folder.glob(f"{name}.*"):
                path.unlink()
        print(f"{rounds} rounds with {kills} kills: {len(outputs)} emitted events and {len(subjects)} subjects each, all as they should be")
        if kills < rounds:
            sys.exit("hardly any run was killed in time: the test shows nothing")


if __name__ == "__main__":
    main()
