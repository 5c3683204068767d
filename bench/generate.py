#!/usr/bin/env python3
"""Writes the inputs of the benchmarks, the same bytes on every machine.

usage: generate.py FOLDER       (files that are already right are left alone)

All numbers come from splitmix64 with a fixed seed per file, in integer arithmetic. README.md describes the workloads.
"""

import hashlib
import pathlib
import sys

MASK = 2**64 - 1
EVENTS = 100_000
RULE_COUNTS = (10, 100, 1_000, 10_000)

MD5 = {
    "w1.jsonl": "2deef12ceb4548a9aaa9609a719cad68",
    "w2.jsonl": "448274e93d915c4f1badc8593972f839",
    "w3_10.jsonl": "34ce6e2b65f0519ff93a1d0feba67273",
    "w3_100.jsonl": "9d36dbcfb602f19793d8d5c51b547ca0",
    "w3_1000.jsonl": "af638aa906722ed7fd7a66f9aa79d529",
    "w3_10000.jsonl": "b56dfb93bc86fead66b9173ed832f5b9",
    "w4.jsonl": "2b8da3478492038aaa2ccd56a73ed543",
}


def splitmix64(seed):
    """Returns a function `below(n)`: the next number of the sequence, in 0..n-1."""
    state = seed

    def below(n):
        nonlocal state
        state = (state + 0x9E3779B97F4A7C15) & MASK
        mixed = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & MASK
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB & MASK
        mixed ^= mixed >> 31
        return (mixed >> 11) % n

    return below


def tenths(n):
    """n tenths as the shortest JSON number: 40 -> "4", 41 -> "4.1"."""
    whole, rest = divmod(n, 10)
    return f"{whole}.{rest}" if rest else str(whole)


def device_metrics(events=EVENTS, devices=1_000):
    """Mostly calm devices; one event in twenty is wild, and one memory value in five repeats the device's last one."""
    below = splitmix64(1)
    last_memory = [400] * devices
    for _ in range(events):
        device = below(devices)
        mood = below(100)
        if mood < 85:
            cpu, memory, errors = 200 + below(450), 300 + below(380), below(40)
        elif mood < 95:
            cpu, memory, errors = 400 + below(480), 500 + below(380), below(90)
        else:
            cpu, memory, errors = 600 + below(401), 600 + below(401), below(200)
        if below(5) == 0:
            memory = last_memory[device]
        last_memory[device] = memory
        yield (
            f'{{"type":"device.metrics","subject":"device:{device}","data":'
            f'{{"cpu":{tenths(cpu)},"memory":{tenths(memory)},"error_rate":{tenths(errors)}}}}}'
        )


def orders():
    """Every order is a subject of its own; one in twenty has nothing to pay."""
    below = splitmix64(2)
    for number in range(EVENTS):
        total = 0 if below(20) == 0 else 1 + below(100_000)
        items = 1 + below(9)
        customer = below(5_000)
        yield (
            f'{{"type":"order.submitted","subject":"order:{number}","data":'
            f'{{"total":{total},"items":{items},"customer":"c{customer}"}}}}'
        )


def readings(rules):
    below = splitmix64(3 + rules)
    for _ in range(EVENTS):
        gateway, sensor, value = below(100), below(rules), below(1_000)
        yield f'{{"type":"reading","subject":"gw:{gateway}","data":{{"sensor":"s{sensor}","value":{value}}}}}'


def probes():
    below = splitmix64(4)
    states = ("on", "idle", "off", "fault")
    names = ("dev-1", "dev-22", "gw-3", "dev-900")
    for _ in range(1_024):
        a, b, c, d = below(100), below(100), below(100), below(100)
        state = states[below(4)]
        name = names[below(4)]
        yield (
            f'{{"type":"probe","subject":"p:0","data":'
            f'{{"a":{a},"b":{b},"c":{c},"d":{d},"s":"{state}","t":"{name}"}}}}'
        )


def many_rules(rules):
    """The program of workload 3: one rule a sensor, each with a threshold of its own."""
    for i in range(rules):
        threshold = 100 + i * 7919 % 800
        yield (
            f'rule alarm_{i} on reading when payload.sensor == "s{i}" and payload.value > {threshold} {{\n'
            f"  set alarm_{i} = payload.value\n"
            f"  emit alarm_{i} {{ payload.value }}\n"
            f"}}\n"
        )


def write(folder, name, lines):
    path = folder / name
    expected = MD5.get(name)
    if expected and path.exists() and hashlib.md5(path.read_bytes()).hexdigest() == expected:
        return
    content = "".join(line + "\n" for line in lines).encode()
    if expected and hashlib.md5(content).hexdigest() != expected:
        sys.exit(f"generate.py: {name} came out differently from what the figures were measured with")
    path.write_bytes(content)


def generate(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write(folder, "w1.jsonl", device_metrics())
    write(folder, "w2.jsonl", orders())
    for rules in RULE_COUNTS:
        write(folder, f"w3_{rules}.jsonl", readings(rules))
        write(folder, f"w3_{rules}.krules", many_rules(rules))
    write(folder, "w4.jsonl", probes())


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] in ("-h", "--help"):
        sys.exit(__doc__.strip())
    generate(sys.argv[1])
