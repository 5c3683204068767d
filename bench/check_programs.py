#!/usr/bin/env python3
"""Writes large programs to time `krules check` on, the same bytes on every machine.

usage: check_programs.py FOLDER [RULES ...]       (10000 and 100000 rules where none are given)

In a hundred rules: 40 in chains of ten events, 16 that fan out, 12 that wait for globs, 24 in cascades of properties, 7
that go round and are bounded, 1 that goes round for ever. FOLDER/check_N.krules is written for each N.
"""

import pathlib
import sys


def chain(n):
    """Ten rules, each following from the one before; every other one asks for something."""
    for i in range(10):
        guard = f" when subject.total ?? 0 > {i}" if i % 2 else ""
        yield (
            f"rule chain_{n}_{i} on flow{n}.step{i}{guard} {{\n"
            f"    set stage = {i}\n"
            f"    emit flow{n}.step{i + 1} {{ payload.amount, stage: {i} }}\n"
            f"}}\n"
        )


def fan_out(n):
    """One rule that sends to seven."""
    sends = "".join(f"    emit part{n}.job{i} payload\n" for i in range(7))
    yield f"rule fan_{n} on part{n}.asked {{\n{sends}}}\n"
    for i in range(7):
        yield f"rule job_{n}_{i} on part{n}.job{i} when payload.urgent != true {{ emit done{n}.job{i} }}\n"


def globs(n):
    """Rules that wait for patterns, and leave out what they say themselves."""
    yield f'rule note_{n} on area{n}.* when event != "area{n}.noted" {{ emit area{n}.noted {{ of: event }} }}\n'
    yield f'rule door_{n} on *.area{n}.opened of door{n}:* {{ emit "seen{n}.{{payload.kind}}" on "house{n}" }}\n'
    yield f"rule seen_{n} on seen{n}.* {{ set last_{n} = event }}\n"
    yield f'rule last_{n} on changed last_{n} {{ emit area{n}.changed {{ of: new }} }}\n'


def properties(n):
    """Six rules that follow from each other's properties, on devices of their own."""
    yield f"rule read_{n} on read{n}.came {{ set raw_{n} = payload.value }}\n"
    yield f"rule scale_{n} on changed raw_{n} of device{n}:* {{ set scaled_{n} = new * 2 + 1 }}\n"
    yield (
        f"rule band_{n} on changed scaled_{n} {{\n"
        f'    set band_{n} = if new > 90 then "high" else if new < 10 then "low" else "fine"\n'
        f"}}\n"
    )
    yield f'rule alarm_{n} on changed band_{n} when new != "fine" {{ set alarm_{n} = true }}\n'
    yield f"rule told_{n} on changed alarm_{n} when new == true {{ emit alarm{n}.raised {{ band: subject.band_{n} }} }}\n"
    yield f'rule mirror_{n} on changed band_{n} {{ set panel_{n} = new on "panel{n}" }}\n'


def bounded(n):
    """Circles that end: a counter, a chain of states, a mark, a filter."""
    kind = n % 7
    if kind in (0, 1, 2):
        yield (
            f"rule retry_{n} on retry{n}.due when subject.tries_{n} ?? 0 < {3 + kind} {{\n"
            f"    set tries_{n} += 1 from 0 muted\n"
            f"    emit retry{n}.due\n"
            f"}}\n"
        )
    elif kind == 3:
        yield (
            f"rule count_{n} on count{n}.down when payload.n in [3, 2, 1] {{\n"
            f"    emit count{n}.down {{ n: payload.n - 1 }}\n"
            f"}}\n"
        )
    elif kind == 4:
        yield f'rule state_{n} on state{n}.asked, changed state_{n} {{ set state_{n} = "shut" }}\n'
    elif kind == 5:
        yield (
            f"rule level_{n} on level{n}.asked, changed level_{n} {{\n"
            f"    set level_{n} = min(subject.level_{n} ?? 0 + 1, 9)\n"
            f"}}\n"
        )
    else:
        yield (
            f"rule once_{n} on once{n}.asked when subject.done_{n} != true {{\n"
            f"    set done_{n} = true\n"
            f"    emit once{n}.asked\n"
            f"}}\n"
        )


def endless(n):
    """A circle that never ends."""
    if n % 2:
        yield f"rule spin_{n} on spin{n}.turned {{ emit spin{n}.turned }}\n"
    else:
        yield f"rule grow_{n} on grow{n}.begun, changed size_{n} {{ set size_{n} += 1 from 0 }}\n"


# What is made of a hundred rules: a maker, how many times, and how many rules it makes each time.
HUNDRED = ((chain, 4, 10), (fan_out, 2, 8), (globs, 3, 4), (properties, 4, 6), (bounded, 7, 1), (endless, 1, 1))


def program(rules):
    numbers = {make: 0 for make, _, _ in HUNDRED}
    for _ in range(rules // 100):
        for make, times, _ in HUNDRED:
            for _ in range(times):
                yield from make(numbers[make])
                numbers[make] += 1


def main(arguments):
    if not arguments or arguments[0] in ("-h", "--help"):
        sys.exit(__doc__.strip())
    assert sum(times * rules for _, times, rules in HUNDRED) == 100
    folder = pathlib.Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for rules in [int(each) for each in arguments[1:]] or [10_000, 100_000]:
        (folder / f"check_{rules}.krules").write_text("".join(program(rules)))


if __name__ == "__main__":
    main(sys.argv[1:])
