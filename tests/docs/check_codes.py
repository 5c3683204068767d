#!/usr/bin/env python3
"""docs/errors.md has every code of the code tables, with the same meaning, and no other.

usage: check_codes.py SOURCE_FOLDER [--update]
"""
import pathlib
import re
import sys

TABLES = [
    ("The text of a rule file", "grammar/include/krules/codes.h"),
    ("The program that the rule files make", "interpreter/include/krules/program_codes.h"),
    ("What `krules check` finds", "interpreter/include/krules/check_codes.h"),
]
HEAD = """# Codes of errors and warnings

Every message about rules carries a stable code. The message itself says what is wrong in this place and, where krules can
tell, how to mend it; this page is for those who meet a code elsewhere. It is made from the tables in the code, and a test keeps it so.
"""


def page(root: pathlib.Path) -> str:
    text = HEAD
    for title, table in TABLES:
        codes = re.findall(r'X\(\w+,\s*"(K\d+)",\s*"([^"]*)"\)', (root / table).read_text())
        if not codes:
            sys.exit(f"{table}: no codes found")
        text += f"\n## {title}\n\n| code | meaning |\n| --- | --- |\n"
        text += "".join(f"| {code} | {meaning} |\n" for code, meaning in codes)
    return text


def main() -> None:
    root = pathlib.Path(sys.argv[1])
    target = root / "docs" / "errors.md"
    if "--update" in sys.argv:
        target.write_text(page(root))
    elif target.read_text() != page(root):
        sys.exit(f"docs/errors.md is not as the code tables are: run {sys.argv[0]} {root} --update")


main()
