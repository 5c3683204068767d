#!/usr/bin/env python3
"""Turns the flights-*.json tables of the vega-datasets package into events for krules, one JSON line each, in order of
departure.

usage: convert.py flights-5k.json > events.jsonl
"""

import json
import sys


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    with open(sys.argv[1], encoding="utf-8") as file:
        flights = json.load(file)
    for flight in sorted(flights, key=lambda f: f["date"]):
        day, clock = flight["date"].split(" ")
        event = {
            "type": "flight.arrived",
            "subject": f"airport:{flight['origin']}",
            # The table gives local time without a zone; it is written down as if it were UTC.
            "time": f"{day.replace('/', '-')}T{clock}:00Z",
            "data": {"to": flight["destination"], "delay": flight["delay"]},
        }
        print(json.dumps(event, separators=(",", ":")))


if __name__ == "__main__":
    main()
