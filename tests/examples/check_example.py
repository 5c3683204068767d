#!/usr/bin/env python3
"""Runs an example over its events, twice on one store, and compares what it emits with expected/NAME.jsonl. It has
nothing that `krules check` finds fault with.

usage: check_example.py KRULES EXAMPLE_FOLDER [--update]
"""

import itertools
import json
import os
import pathlib
import subprocess
import sys
import tempfile

EXPECTED = pathlib.Path(__file__).resolve().parent / "expected"
# Emitted on the way from rule to rule; the examples' READMEs leave them out, too.
INNER = ("quake.located", "route.flown", "order.validated", "payment.completed")
# Where an event is refused on purpose.
EXIT_STATUS = {"order_flow": 3, "tenants": 3}
# What an example is there to show besides what it emits: how it is run, and what is found in FILE or among the messages.
SHOWN = {
    "metrics": {
        "arguments": ["--metrics-file", "FILE"],
        "lines": [
            'krules_events_total{event_type="order.paid"} 5',
            'krules_events_total{event_type="shop.busy"} 1',
            'krules_event_duration_seconds_count{event_type="order.paid"} 5',
            'krules_rule_fired_total{rule="count"} 5',
        ],
    },
    "debugging": {
        "environment": {"DEBUG_EVENTS": "true"},
        "lines": [
            '        ran      take_payment',
            '          emit     payment.taken on order-1 {"total":30}',
            '        held     take_payment: when payload.card != null; payload.card is null',
            '        held     take_payment: when payload.total < 500; payload.total is 900',
        ],
    },
}


def emitted(text):
    events = (json.loads(line) for line in text.splitlines())
    return [
        json.dumps({key: event.get(key) for key in ("type", "subject", "data")}, ensure_ascii=False)
        for event in events
        if event["type"] not in INNER
    ]


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__.strip())
    krules, example = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    is_pattern = example.parent.name == "patterns"
    golden = EXPECTED / ("patterns" if is_pattern else "") / f"{example.name}.jsonl"
    # The patterns go by the times of their events.
    arguments = ["--virtual-time"] if is_pattern else []
    shown = SHOWN.get(example.name, {"lines": []})
    checked = subprocess.run(
        [krules, "check", "--deny", "warnings", example], capture_output=True, encoding="utf-8", timeout=300
    )
    if checked.returncode != 0:
        sys.exit(f"{example.name}: krules check: exit status {checked.returncode}\n{checked.stdout}{checked.stderr}")

    with tempfile.TemporaryDirectory(prefix="krules-example-") as folder:

        file = pathlib.Path(folder) / "shown"
        arguments += [str(file) if each == "FILE" else each for each in shown.get("arguments", [])]

        def run():
            return subprocess.run(
                [krules, "run", example, "--events", example / "events.jsonl", "--db", f"{folder}/store.db", *arguments],
                capture_output=True, encoding="utf-8", timeout=300, env={**os.environ, **shown.get("environment", {})},
            )

        first = run()
        if first.returncode != EXIT_STATUS.get(example.name, 0):
            sys.exit(f"{example.name}: exit status {first.returncode}\n{first.stderr}")
        seen = file.read_text(encoding="utf-8") if file.exists() else first.stderr
        for line in shown["lines"]:
            if not any(each.startswith(line) for each in seen.splitlines()):
                sys.exit(f"{example.name}: nothing shows this:\n{line}\nin\n{seen}")
        got = emitted(first.stdout)
        if "--update" in sys.argv:
            golden.parent.mkdir(exist_ok=True)
            golden.write_text("".join(line + "\n" for line in got), encoding="utf-8")
        expected = golden.read_text(encoding="utf-8").splitlines()
        for number, (a, b) in enumerate(itertools.zip_longest(got, expected, fillvalue="nothing"), 1):
            if a != b:
                sys.exit(f"{example.name}: emitted event {number}:\n  got      {a}\n  expected {b}")
        if again := emitted(run().stdout):
            sys.exit(f"{example.name}: the same file on the same store emitted {len(again)} events more")
    print(f"{example.name}: {len(got)} emitted events, as expected")


if __name__ == "__main__":
    main()
