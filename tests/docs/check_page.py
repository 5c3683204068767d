#!/usr/bin/env python3
"""Runs the examples of a Markdown page.

usage: check_page.py KRULES PAGE.md

Fenced blocks are told apart by the first words after the fence:

    krules          rules that load without a complaint
    krules wrong    rules that are refused
    events [ARGS]   what is sent to the rules above; ARGS go to `krules run`
    output          exactly what they emit, in order: type, subject and data of each event
    state           exactly the subjects at the end, as `krules subjects` prints them
    message         for `krules wrong`: each line is part of what is said
    tests [ARGS]    exactly what `krules test` says of the rules above, but for the time it took
    trace           exactly the trees on standard error (`events --trace --log-level off`), whatever the durations
    why ARGS        exactly what `krules why ARGS` prints afterwards, whatever the time

Other blocks are left alone.
"""

import json
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile


class Block:
    def __init__(self, info, line):
        self.info = info
        self.line = line
        self.text = ""


def blocks_of(page):
    block = None
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(keepends=True), 1):
        if line.startswith("```"):
            if block is None:
                block = Block(line[3:].strip(), number)
            else:
                yield block
                block = None
        elif block is not None:
            block.text += line
    if block is not None:
        sys.exit(f"{page.name}:{block.line}: this block is never closed")


def examples_of(page):
    """Each block of rules with the blocks that belong to it, by kind."""
    example = None
    for block in blocks_of(page):
        kind = block.info.split(" ")[0]
        if kind == "krules":
            if example:
                yield example
            example = {"rules": block}
        elif kind == "why":
            if example is None:
                sys.exit(f"{page.name}:{block.line}: this block belongs to no rules")
            example.setdefault("why", []).append(block)
        elif kind in ("events", "output", "state", "message", "tests", "trace"):
            if example is None or kind in example:
                sys.exit(f"{page.name}:{block.line}: this block belongs to no rules")
            example[kind] = block
    if example:
        yield example


def lines_of(text):
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def shown(events):
    return [json.dumps(event, ensure_ascii=False) for event in events]


class Failure(Exception):
    pass


def without_times(text):
    """Durations and times of day differ from run to run, and with their length the spaces before them."""
    text = re.sub(r" +(\S+)? *[0-9.]+ (us|ms|s)$", lambda m: f"  {m[1] or ''}", text, flags=re.M)
    text = re.sub(r"/[^ ]*/events\.jsonl", "events.jsonl", text)
    text = re.sub(r"[0-9]{4}-[0-9-]+T[0-9:.]+Z", "TIME", text)
    return [re.sub(r" {2,}", "  ", line.rstrip()) for line in text.splitlines()]


def expect_same_text(block, got, expected):
    got, expected = without_times(got), without_times(expected)
    if got != expected:
        raise Failure(f"line {block.line}: expected\n  " + "\n  ".join(expected) + "\ngot\n  " + "\n  ".join(got))


def expect_equal(block, got, expected):
    # JSON texts, so that 1 and 1.0, and true and 1, are told apart.
    if shown(got) != shown(expected):
        raise Failure(f"line {block.line}: expected\n  " + "\n  ".join(shown(expected)) + "\ngot\n  " + "\n  ".join(shown(got)))


def check(krules, example, folder):
    rules = example["rules"]
    (folder / "example.krules").write_text(rules.text, encoding="utf-8")
    events = example.get("events")
    (folder / "events.jsonl").write_text(events.text if events else "", encoding="utf-8")

    def run(*arguments):
        return subprocess.run([krules, *arguments], cwd=folder, capture_output=True, text=True, encoding="utf-8", timeout=60)

    arguments = shlex.split(events.info)[1:] if events else []
    done = run("run", "example.krules", "--events", "events.jsonl", "--db", "example.db", "--durability", "normal", *arguments)
    if rules.info == "krules wrong":
        if done.returncode != 1:
            raise Failure(f"line {rules.line}: these rules should be refused; exit status {done.returncode}\n{done.stderr}")
        for line in example["message"].text.splitlines():
            if line not in done.stderr:
                raise Failure(f"line {rules.line}: the message has no `{line}`:\n{done.stderr}")
        return
    if done.returncode not in (0, 3):
        raise Failure(f"line {rules.line}: exit status {done.returncode}\n{done.stderr}")
    if "output" in example:
        got = [{key: event.get(key) for key in ("type", "subject", "data")} for event in lines_of(done.stdout)]
        expect_equal(example["output"], got, lines_of(example["output"].text))
    if "tests" in example:
        block = example["tests"]
        tested = run("test", "example.krules", *shlex.split(block.info)[1:])
        got, expected = (re.sub(r"\(\d+\.\d\d s\)", "(0.00 s)", text) for text in (tested.stdout, block.text))
        if got.rstrip() != expected.rstrip():
            raise Failure(f"line {block.line}: `krules test` says\n{tested.stdout}{tested.stderr}")
    if "trace" in example:
        expect_same_text(example["trace"], done.stderr, example["trace"].text)
    for block in example.get("why", []):
        answer = run("why", *shlex.split(block.info)[1:], "--db", "example.db")
        expect_same_text(block, answer.stdout + answer.stderr, block.text)
    if "state" in example:
        subjects = run("subjects", "--db", "example.db")
        expect_equal(example["state"], lines_of(subjects.stdout), lines_of(example["state"].text))


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.strip())
    krules, page = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    count = failures = 0
    for example in examples_of(page):
        count += 1
        with tempfile.TemporaryDirectory(prefix="krules-docs-") as folder:
            try:
                check(krules, example, pathlib.Path(folder))
            except Failure as failure:
                failures += 1
                print(f"{page.name}: {failure}\n", file=sys.stderr)
    print(f"{page.name}: {count} examples, {failures} failures")
    sys.exit(1 if failures or not count else 0)


if __name__ == "__main__":
    main()
