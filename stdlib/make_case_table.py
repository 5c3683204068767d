#!/usr/bin/env python3
"""Writes case_table.inc: the characters whose lower or upper case is one other character, as ranges.

Run it by hand when a newer Unicode is wanted: python3 stdlib/make_case_table.py > stdlib/case_table.inc
"""
import unicodedata


def ranges(convert):
    pairs = []
    for code in range(0x80, 0x110000):
        other = convert(chr(code))
        if len(other) == 1 and ord(other) != code:
            pairs.append((code, ord(other) - code))
    result = []  # [first, last, step, delta]
    for code, delta in pairs:
        if result:
            run = result[-1]
            distance = code - run[1]
            if run[3] == delta and (distance == run[2] or (run[0] == run[1] and distance in (1, 2))):
                run[1], run[2] = code, distance
                continue
        result.append([code, code, 1, delta])
    return result


def main():
    print(f"// Unicode {unicodedata.unidata_version}. Written by make_case_table.py.")
    for name, convert in (("kToLower", str.lower), ("kToUpper", str.upper)):
        print(f"constexpr CaseRange {name}[] = {{")
        for first, last, step, delta in ranges(convert):
            print(f"    {{0x{first:X}, 0x{last:X}, {step}, {delta}}},")
        print("};")


main()
