#!/usr/bin/env python3
"""Runs an example over its events, twice on one store, and compares what it emits with expected/NAME.jsonl. It has
nothing that `krules check` finds fault with.

usage: check_example.py KRULES EXAMPLE_FOLDER [--update]
"""

import itertools
import json
import pathlib
import subprocess
import sys
import tempfile

EXPECTED = pathlib.Path(__file__).resolve().parent / "expected"
# Emitted on the way from rule to rule; the examples' READMEs leave them out, too.
INNER = ("quake.located", "route.flown", "order.validated", "payment.completed")
# Where an event is refused on purpose.
EXIT_STATUS = {"order_flow": 3, "tenants": 3}


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
    checked = subprocess.run(
        [krules, "check", "--deny", "warnings", example], capture_output=True, encoding="utf-8", timeout=300
    )
    if checked.returncode != 0:
        sys.exit(f"{example.name}: krules check: exit status {checked.returncode}\n{checked.stdout}{checked.stderr}")

    with tempfile.TemporaryDirectory(prefix="krules-example-") as folder:

        def run():
            return subprocess.run(
                [krules, "run", example, "--events", example / "events.jsonl", "--db", f"{folder}/store.db", *arguments],
                capture_output=True, encoding="utf-8", timeout=300,
            )

        first = run()
        if first.returncode != EXIT_STATUS.get(example.name, 0):
            sys.exit(f"{example.name}: exit status {first.returncode}\n{first.stderr}")
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
