#!/usr/bin/env python3
"""Measures krules against hand-written C++ and prints the ratios as Markdown tables.

Both programs are run in turn, whole, from the file of JSON Lines to the output file, and every output is compared line by
line. README.md says what the workloads are and how to read the figures.
"""

import argparse
import collections
import contextlib
import json
import os
import pathlib
import platform
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

import generate

HERE = pathlib.Path(__file__).resolve().parent
W3 = [f"w3_{rules}" for rules in generate.RULE_COUNTS]
EVALUATIONS = 5_000_000
EVENTS_PER_COMMIT = 100

# The slowest ratio (krules / reference, in events per second) that is acceptable, and the one to reach for.
GOALS = {
    "w1": (1 / 3, 1 / 2),
    "w2": (1 / 2.5, 1 / 1.5),
    "w3_10000": (1 / 2.5, 1 / 1.5),
    "w4": (1 / 7, 1 / 4),
    "w5": (0.70, 0.95),
}
MEMORY_GOALS = {"w1": (30, 20), "w2": (80, 50)}  # MiB

Run = collections.namedtuple("Run", "seconds cpu_seconds mebibytes")


class Bench:
    def __init__(self, options):
        self.krules = options.krules
        self.reference = options.build / "bench" / "krules_bench_reference"
        self.expression = options.build / "bench" / "krules_bench_expression"
        self.repeat = options.repeat
        self.folder = options.folder
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="krules-bench-", dir=options.folder))
        self.nothing = self.scratch / "nothing.jsonl"
        self.nothing.write_text("")

    def data(self, name):
        return str(self.folder / name)

    def measure(self, command, output=None):
        """Runs a command to its end: its wall time, its processor time, and the most memory that it had in use."""
        peak = self.scratch / "peak"
        with open(output or os.devnull, "wb") as out, open(self.scratch / "messages", "wb") as messages:
            start = time.perf_counter()
            # The memory is asked of `time`: a child of this program is charged with this program's own size.
            child = subprocess.Popen(
                ["/usr/bin/time", "-q", "-o", peak, "-f", "%M", *command],
                stdin=subprocess.DEVNULL, stdout=out, stderr=messages,
            )
            _, status, usage = os.wait4(child.pid, 0)
            seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            text = (self.scratch / "messages").read_text(errors="replace")
            sys.exit(f"run.py: `{' '.join(map(str, command))}` ended with {child.returncode}:\n{text}")
        return Run(seconds, usage.ru_utime + usage.ru_stime, int(peak.read_text()) / 1024)

    def in_turn(self, *jobs):
        """Calls each job `repeat` times, one after the other, so that a machine that drifts drifts for all."""
        runs = [[] for _ in jobs]
        for _ in range(self.repeat):
            for job, results in zip(jobs, runs):
                results.append(job())
        return [
            Run(
                statistics.median(run.seconds for run in results),
                statistics.median(run.cpu_seconds for run in results),
                max(run.mebibytes for run in results),
            )
            for results in runs
        ]

    def krules_run(self, rules, events, output, *more):
        return self.measure([self.krules, "run", rules, "--events", events, *more], output)

    def compare(self, name, krules_output, reference_output):
        """Ends the program where krules's output, put in the reference's form, differs from the reference's."""
        expected = reference_output.read_text().splitlines()
        got = [FORM[name.split("_")[0]](json.loads(line)) for line in open(krules_output)]
        if got == expected:
            return len(got)
        for number, (a, b) in enumerate(zip(got, expected), 1):
            if a != b:
                sys.exit(f"run.py: {name}: line {number} is {a!r}, expected {b!r}")
        sys.exit(f"run.py: {name}: {len(got)} lines, expected {len(expected)}")

    def events_workload(self, name):
        """w1, w2 and w3: without durability, against the typed C++."""
        kind, _, rules = name.partition("_")
        ours, theirs = self.scratch / "krules.out", self.scratch / "reference.out"
        program = self.data(f"{name}.krules") if rules else HERE / "rules" / f"{kind}.krules"
        emit = {"w1": "device.alert.*", "w2": "order.shipped", "w3": "alarm_*"}[kind]

        def krules(events=self.data(f"{name}.jsonl"), output=ours):
            return self.krules_run(program, events, output, "--durability", "off", "--emit", emit)

        def reference(events=self.data(f"{name}.jsonl"), output=theirs):
            return self.measure([self.reference, kind, events, output, *([rules] if rules else [])])

        # The same without events: what starting and loading the rules takes.
        result = self.in_turn(
            krules, reference, lambda: krules(self.nothing, None), lambda: reference(self.nothing, os.devnull)
        )
        return result, self.compare(name, ours, theirs)

    def durable_workload(self):
        ours, theirs = self.scratch / "krules.out", self.scratch / "reference.out"
        our_store, their_store = self.scratch / "krules.db", self.scratch / "reference.db"

        def clean(store):
            for path in self.scratch.glob(f"{store.name}*"):
                path.unlink()
            os.sync()

        def krules():
            clean(our_store)
            return self.krules_run(
                HERE / "rules" / "w1.krules", self.data("w1.jsonl"), ours, "--durability", "full", "--db", our_store,
                "--commit-batch", str(EVENTS_PER_COMMIT), "--emit", "device.alert.*",
            )

        def reference():
            clean(their_store)
            return self.measure([self.reference, "w5", self.data("w1.jsonl"), theirs, their_store, "full",
                                 str(EVENTS_PER_COMMIT)])

        result = self.in_turn(krules, reference)
        if stored_subjects(our_store) != stored_subjects(their_store):
            sys.exit("run.py: w5: the stores differ")
        return result, self.compare("w5", ours, theirs)

    def expression_workload(self):
        """w4: the same condition in krules's interpreter, in compiled C++ and, where it is installed, in Lua 5.4."""
        count = str(EVALUATIONS)
        outputs = [self.scratch / f"w4.{i}" for i in range(3)]
        jobs = [
            lambda: self.measure([self.expression, HERE / "rules" / "w4.krules", self.data("w4.jsonl"), count], outputs[0]),
            lambda: self.measure([self.reference, "w4", self.data("w4.jsonl"), outputs[1], count]),
        ]
        if lua := shutil.which("lua5.4"):
            table = self.scratch / "w4.lua"
            probes = [json.loads(line)["data"] for line in open(self.data("w4.jsonl"))]
            rows = (", ".join(f"{key} = {json.dumps(value)}" for key, value in probe.items()) for probe in probes)
            table.write_text("return {\n" + "".join(f"  {{ {row} }},\n" for row in rows) + "}\n")
            jobs.append(lambda: self.measure([lua, HERE / "reference" / "w4.lua", table, count], outputs[2]))
        result = self.in_turn(*jobs)
        counts = {output.read_text() for output in outputs[: len(jobs)]}
        if len(counts) != 1:
            sys.exit(f"run.py: w4: the programs disagree: {sorted(counts)}")
        return result, counts.pop().split()[1]

    def load(self):
        """The time to start, load 10,000 rules, read no event and end."""
        one = self.scratch / "one.krules"
        one.write_text("rule only on reading { set seen = true }\n")
        rules = self.data("w3_10000.krules")
        return self.in_turn(
            lambda: self.krules_run(rules, self.nothing, None, "--durability", "off"),
            lambda: self.krules_run(one, self.nothing, None, "--durability", "off"),
        )


def stored_subjects(store):
    with contextlib.closing(sqlite3.connect(store)) as database:
        return {name: json.loads(props) for name, props in database.execute("SELECT name, props FROM subjects")}


def two_fields(event):
    return f"{event['type']}\t{event['subject']}"


FORM = {
    "w1": two_fields,
    "w2": lambda event: f"{two_fields(event)}\t{event['data']['total']}",
    "w3": lambda event: f"{two_fields(event)}\t{event['data']['value']}",
    "w5": two_fields,
}


def rate(count, seconds):
    return f"{count / seconds:,.0f}"


def fraction(ratio):
    return f"1/{1 / ratio:.2f}"


def verdict(value, goals, better):
    must, aim = goals
    return "aim" if better(value, aim) else "must" if better(value, must) else "**missed**"


def at_least(a, b):
    return a >= b


def at_most(a, b):
    return a <= b


def table(header, rows):
    print("| " + " | ".join(header) + " |")
    print("|" + " --- |" * len(header))
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |", flush=True)
    print()


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    return f"{os.cpu_count()} x {model}, {platform.system()} {platform.release()}"


def report(bench, chosen):
    print(f"{machine()}; medians of {bench.repeat} runs, krules and reference in turn.\n")
    speed, memory, growth = [], [], {}
    for name in chosen:
        if name in ("w4", "load"):
            continue
        (krules, reference, *starts), lines = bench.durable_workload() if name == "w5" else bench.events_workload(name)
        ratio = reference.seconds / krules.seconds
        # With the rules loaded, as the goals for many rules mean it: loading has a goal of its own.
        loaded = [run.seconds - start.seconds for run, start in zip((krules, reference), starts)]
        loaded_ratio = loaded[1] / loaded[0] if loaded else ratio
        goals = GOALS.get(name)
        speed.append((
            name, f"{krules.seconds:.3f}", f"{reference.seconds:.3f}", f"{krules.cpu_seconds:.3f}",
            f"{reference.cpu_seconds:.3f}", rate(generate.EVENTS, krules.seconds), fraction(ratio), fraction(loaded_ratio),
            verdict(loaded_ratio if name.startswith("w3") else ratio, goals, at_least) if goals else "", f"{lines:,}",
        ))
        reached = verdict(krules.mebibytes, MEMORY_GOALS[name], at_most) if name in MEMORY_GOALS else ""
        memory.append((name, f"{krules.mebibytes:.1f}", f"{reference.mebibytes:.1f}", reached))
        growth[name] = loaded
        print(f"{name}: {fraction(ratio)}, loaded {fraction(loaded_ratio)}", file=sys.stderr)
    if speed:
        table(("workload", "krules s", "C++ s", "krules CPU s", "C++ CPU s", "krules events/s", "ratio", "ratio, loaded",
               "reached", "lines, equal"), speed)
        table(("peak memory", "krules MiB", "C++ MiB", "reached"), memory)
    if "w3_10" in growth and "w3_10000" in growth:
        ours, theirs = (growth["w3_10000"][i] / growth["w3_10"][i] for i in (0, 1))
        print(f"Time with 10,000 rules over time with 10, loaded: krules {ours:.2f}, C++ {theirs:.2f} "
              f"(reached: {verdict(ours, (2.5, 2.0), at_most)}).\n")
    if "w4" in chosen:
        results, held = bench.expression_workload()
        compiled = results[1].seconds
        rows = [(who, f"{run.seconds:.3f}", rate(EVALUATIONS, run.seconds), f"1/{run.seconds / compiled:.2f}")
                for who, run in zip(("krules", "C++ compiled", "Lua 5.4"), results)]
        table((f"w4, {int(held):,} held", "s", "evaluations/s", "of C++"), rows)
        print(f"w4 against compiled C++: {verdict(compiled / results[0].seconds, GOALS['w4'], at_least)}.")
        if len(results) > 2:
            print(f"w4 against Lua 5.4: {results[2].seconds / results[0].seconds:.2f} times as fast (must: 2.5).")
        print()
    if "load" in chosen:
        many, one = bench.load()
        print(f"Start, load 10,000 rules, end: {many.seconds:.3f} s, {many.mebibytes:.1f} MiB "
              f"({verdict(many.seconds, (1.0, 0.3), at_most)}); with one rule: {one.seconds:.3f} s.")


def main():
    every = ["w1", "w2", *W3, "w4", "w5", "load"]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=f"any of {' '.join(every)} and w3; default: all")
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parent / "build" / "release",
                        help="the build folder (default: build/release)")
    parser.add_argument("--krules", type=pathlib.Path, help="the krules binary (default: the one in the build folder)")
    parser.add_argument("--folder", type=pathlib.Path, help="for inputs and outputs (default: bench-data in the build folder)")
    parser.add_argument("--repeat", type=int, default=9, help="runs of each program (default: 9)")
    options = parser.parse_args()
    options.krules = options.krules or options.build / "krules"
    options.folder = options.folder or options.build / "bench-data"

    chosen = [name for word in options.workloads or every for name in (W3 if word == "w3" else [word])]
    for name in chosen:
        if name not in every:
            parser.error(f"unknown workload `{name}`")
    for needed in (options.krules, options.build / "bench" / "krules_bench_reference", pathlib.Path("/usr/bin/time")):
        if not needed.exists():
            sys.exit(f"run.py: {needed} is missing; scripts/install-deps bench && cmake --preset release && "
                     "cmake --build --preset release")
    generate.generate(options.folder)
    bench = Bench(options)
    try:
        report(bench, chosen)
    finally:
        shutil.rmtree(bench.scratch)


if __name__ == "__main__":
    main()
