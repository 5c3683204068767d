#!/usr/bin/env python3
"""Turns a USGS GeoJSON feed of earthquakes into events for krules, one JSON line each, oldest first.

usage: convert.py earthquakes.json > events.jsonl
"""

import datetime
import json
import sys


def utc(milliseconds):
    moment = datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def event(feature):
    properties = feature["properties"]
    longitude, latitude, depth = feature["geometry"]["coordinates"]
    data = {
        "kind": properties["type"],
        "magnitude": properties["mag"],
        "place": properties["place"],
        "latitude": round(latitude, 3),
        "longitude": round(longitude, 3),
        "depth_km": round(depth, 1),
        "network": properties["net"],
    }
    if properties["felt"]:
        data["felt"] = properties["felt"]
    if properties["tsunami"]:
        data["tsunami"] = True
    return {
        "type": "quake.recorded",
        "id": feature["id"],
        "time": utc(properties["time"]),
        "data": data,
    }


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    with open(sys.argv[1], encoding="utf-8") as file:
        features = json.load(file)["features"]
    for feature in sorted(features, key=lambda f: (f["properties"]["time"], f["id"])):
        print(json.dumps(event(feature), ensure_ascii=False, separators=(",", ":")))


if __name__ == "__main__":
    main()
