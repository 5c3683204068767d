#!/usr/bin/env python3
"""Checks the tables of functions in docs/language.md: every function of `krules doc` has a row, no other has one, and each
example gives what the row says.

usage: check_functions.py KRULES docs/language.md
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

ROW = re.compile(r"^\| `(?P<name>\w+)\((?P<rest>.*)$")
EXAMPLE = re.compile(r"\| `(?P<code>[^`]+)`(?: is `(?P<result>[^`]+)`)? \|$")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.strip())
    krules, page = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    listing = subprocess.run([krules, "doc"], capture_output=True, encoding="utf-8", check=True).stdout
    # Parts of the language stand behind the functions, and have pages of their own.
    known = set(re.findall(r"^ +(\w+)\(", listing.partition("\nparts of the language\n")[0], re.MULTILINE))

    described, examples = [], []
    for line in page.read_text(encoding="utf-8").partition("\n## Functions\n")[2].splitlines():
        line = line.replace("\\|", "|")
        if row := ROW.match(line):
            described.append(row["name"])
            example = EXAMPLE.search(line)
            if example and example["result"]:
                examples.append((row["name"], example["code"], example["result"]))

    problems = [f"{name} has no row" for name in sorted(known - set(described))]
    problems += [f"{name} has a row and is no function" for name in sorted(set(described) - known)]
    problems += [f"{name} has two rows" for name in sorted({n for n in described if described.count(n) > 1})]

    rules = "rule examples on go {\n" + "".join(
        f"  emit example {{ n: {i}, got: {code}, same: ({code}) == ({result}) }}\n" for i, (_, code, result) in enumerate(examples)
    ) + "}\n"
    with tempfile.TemporaryDirectory(prefix="krules-docs-") as folder:
        path = pathlib.Path(folder) / "examples.krules"
        path.write_text(rules, encoding="utf-8")
        done = subprocess.run(
            [krules, "run", path, "--events", "-", "--durability", "off"],
            input='{"type":"go","subject":"s"}\n', capture_output=True, encoding="utf-8", timeout=60, cwd=folder,
        )
    outcomes = {}
    for line in done.stdout.splitlines():
        data = json.loads(line)["data"]
        outcomes[data["n"]] = data
    for i, (name, code, result) in enumerate(examples):
        if i not in outcomes:
            sys.exit(f"{page.name}: the examples did not run:\n{done.stderr}")
        if outcomes[i]["same"] is not True:
            problems.append(f"{name}: `{code}` is {json.dumps(outcomes[i]['got'], ensure_ascii=False)}, the page says {result}")
    for problem in problems:
        print(f"{page.name}: {problem}", file=sys.stderr)
    print(f"{page.name}: {len(described)} functions, {len(examples)} examples, {len(problems)} problems")
    sys.exit(1 if problems or not examples else 0)


if __name__ == "__main__":
    main()
