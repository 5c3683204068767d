#!/usr/bin/env python3
"""Measures what modules around every event cost, and what a million pending timers take.

modules: w1 with `use std.error_handler on *` and `use std.rate_limit(...) on *`, in turn with w1 alone; goal: half its speed.
timers:  1,000,000 timers that wait: memory (goal: under 300 MiB); and while they wait, how late others fire (goal: within 10 ms).
"""

import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

import generate
from run import machine

HERE = pathlib.Path(__file__).resolve().parent
PENDING = 1_000_000

TIMERS = """
rule pend on pend { emit late after 30d }
rule keyed on keyed { emit late after 30d key "k" }
rule soon on soon { emit due { at: now() + 1ms * payload.ms } after 1ms * payload.ms }
rule due on due { emit fired { late: now() - payload.at } }
"""


def run(command, events, output=subprocess.DEVNULL):
    """Wall time and the most memory in use, MiB."""
    with tempfile.NamedTemporaryFile() as peak:
        start = time.perf_counter()
        done = subprocess.run(["/usr/bin/time", "-q", "-o", peak.name, "-f", "%M", *command, "--events", events],
                              stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.PIPE)
        seconds = time.perf_counter() - start
        if done.returncode != 0:
            sys.exit(f"parts.py: exit status {done.returncode}\n{done.stderr.decode()}")
        return seconds, int(peak.read().decode()) / 1024


def modules(krules, folder, repeat):
    generate.generate(folder)
    events = str(folder / "w1.jsonl")
    rules = {"alone": "w1.krules", "with modules": "w1_modules.krules"}
    seconds = {name: [] for name in rules}
    lines = {}
    for _ in range(repeat):
        for name, file in rules.items():
            with tempfile.TemporaryFile() as out:
                command = [krules, "run", HERE / "rules" / file, "--durability", "off", "--emit", "device.alert.*"]
                seconds[name].append(run(command, events, out)[0])
                out.seek(0)
                lines[name] = [(e["type"], e["subject"]) for e in map(json.loads, out)]
    if lines["alone"] != lines["with modules"]:
        sys.exit("parts.py: the modules change what comes out")
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    for name, median in medians.items():
        print(f"w1 {name}: {median:.3f} s, {generate.EVENTS / median:,.0f} events/s")
    print(f"with modules {medians['alone'] / medians['with modules']:.2f} of the speed (goal: 0.50)\n")


def timers(krules, folder):
    rules = folder / "timers.krules"
    rules.write_text(TIMERS)
    command = [krules, "run", rules, "--durability", "off", "--cache-mb", "16"]
    for kind in ("pend", "keyed"):
        events = folder / f"{kind}.jsonl"
        with events.open("w") as file:
            for n in range(PENDING):
                file.write(f'{{"type":"{kind}","subject":"device-{n}"}}\n')
        seconds, mebibytes = run(command, events)
        print(f"{PENDING:,} timers {'with a key' if kind == 'keyed' else 'without'}: {mebibytes:.0f} MiB in all, set in {seconds:.2f} s")

    for options in (["--durability", "off"], ["--db", str(folder / "timers.db")]):
        process = subprocess.Popen([krules, "run", rules, *options, "--emit", "fired", "--cache-mb", "16"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with (folder / "pend.jsonl").open("rb") as file:
            while chunk := file.read(1 << 20):
                process.stdin.write(chunk)
        count = 1000
        for n in range(count):
            # Spread over five seconds, which begin when all of them are set.
            process.stdin.write(f'{{"type":"soon","subject":"s{n}","data":{{"ms":{3000 + 5 * n}}}}}\n'.encode())
        process.stdin.flush()
        late = []
        for line in process.stdout:
            text = json.loads(line)["data"]["late"]
            late.append(text)
            if len(late) == count:
                break
        process.stdin.close()
        process.wait()
        micro = sorted(milliseconds(text) for text in late)
        print(f"{count} fired beside {PENDING:,} pending, {' '.join(options[:2]).split('/')[0]}: median {micro[len(micro) // 2]:.2f} ms late, "
              f"99 of 100 within {micro[len(micro) * 99 // 100]:.2f} ms, the latest {micro[-1]:.2f} ms (goal: 10)")
        for path in folder.glob("timers.db*"):
            os.unlink(path)


def milliseconds(text):
    """Of a duration as krules writes it."""
    units = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1, "us": 0.001}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"([\d.]+)(us|ms|d|h|m|s)", text))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workloads", nargs="*", help="modules, timers; default: both")
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parent / "build" / "release")
    parser.add_argument("--repeat", type=int, default=9)
    options = parser.parse_args()
    folder = options.build / "bench-data"
    folder.mkdir(exist_ok=True)
    print(f"{machine()}\n")
    if not options.workloads or "modules" in options.workloads:
        modules(options.build / "krules", folder, options.repeat)
    if not options.workloads or "timers" in options.workloads:
        timers(options.build / "krules", folder)


if __name__ == "__main__":
    main()
