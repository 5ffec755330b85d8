# SPDX-License-Identifier: ISC
"""Tables of what was measured, and whether the goals were reached."""
import json
import statistics

FIGURES = (
    # heading, where it is in a result, digits are for people
    ("accepted/s", "accepted_per_s"),
    ("delivered/s", "delivered_per_s"),
    ("MiB/s accepted", "octets_per_s"),
    ("KiB/idle session", "octets_per_session"),
    ("CPU s/1000", "cpu"),
    ("whole machine s/1000", "machine_cpu"),
    ("flushes/message", "flushes"),
    ("writes/message", "writes"),
    ("KiB/message", "kib"),
    ("dot to 250, p50 ms", "reply_ms.p50"),
    ("             p99 ms", "reply_ms.p99"),
    ("dot to new/, p50 ms", "seen_ms.p50"),
    ("             p99 ms", "seen_ms.p99"),
)
UNITS = {"octets_per_s": 1 << 20, "octets_per_session": 1 << 10}
ONLY = {"octets_per_s": "w3"}       # elsewhere the rate says it all

OURS, BARE, LADEN = "mailgrave", "bare", "laden"
BEST = "best peer"
GOALS = (
    # workload, figure, least or most, factor, of whom (None: of one)
    ("w1", "delivered_per_s", "least", 8, "postfix"),
    ("w1k", "delivered_per_s", "least", 8, "postfix"),
    ("w1", "delivered_per_s", "least", 0.6, BARE),
    ("w1k", "delivered_per_s", "least", 0.6, BARE),
    ("w1", "cpu", "most", 1 / 8, "postfix"),
    ("w1k", "cpu", "most", 1 / 8, "postfix"),
    ("w2", "delivered_per_s", "least", 8, "postfix"),
    ("w3", "octets_per_s", "least", 2, "postfix"),
    ("w4", "octets_per_session", "most", 4, None),
    ("w5", "accepted_per_s", "least", 4, BEST),
    ("w6", "delivered_per_s", "least", 4, BEST),
    ("w7", "reply_ms.p50", "most", 1.25, BARE),
    ("w7", "seen_ms.p50", "most", 0.5, "postfix"),
    ("w8", "accepted_per_s", "least", 0.95, OURS),
    ("w1", "flushes", "most", 0.5, None),
    ("w1k", "flushes", "most", 0.5, None),
    ("w2", "flushes", "most", 0.15, None),
)


def value(result, path):
    for key in path.split("."):
        result = result.get(key) if result else None
    return result


def values(results, path):
    found = [value(r, path) for r in results]
    return [v / UNITS.get(path, 1) for v in found if v is not None]


def median(results, path):
    found = values(results, path)
    return statistics.median(found) if found else None


def cell(found):
    if not found:
        return "-"
    middle = statistics.median(found)
    digits = 0 if middle >= 100 else 1 if middle >= 10 else 2
    return "%.*f (%.*f-%.*f)" % (digits, middle, digits, min(found), digits,
                                 max(found))


def ratio(ours, theirs, path):
    """By round: what disturbs a round disturbs both."""
    pairs = [(value(a, path), value(b, path)) for a, b in zip(ours, theirs)]
    return [a / b for a, b in pairs if a is not None and b]


def print_table(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for name, *cells in rows:
        print("  " + name.ljust(widths[0]),
              *(text.rjust(width) for text, width in zip(cells, widths[1:])),
              sep="  ")


def print_workload(name, text, results):
    """results: by server, a list of a result a round."""
    print(f"\n{name}: {text}")
    servers = list(results)
    first = servers[0]
    rows = [["", *servers, *(f"{first}:{s}" for s in servers[1:])]]
    for heading, path in FIGURES:
        row = [cell(values(results[s], path)) for s in servers]
        if row[0] != "-" and ONLY.get(path, name) == name:
            rows.append([heading, *row, *(
                cell(ratio(results[first], results[s], path))
                for s in servers[1:])])
    print_table(rows)
    stages = results[first][0].get("cpu_by_stage")
    if stages:
        print(f"  CPU s/1000 of {first}: " + ", ".join(
            "%s %.3f" % (stage, median(results[first],
                                       f"cpu_by_stage.{stage}"))
            for stage in stages))
    wrong = [(s, r) for s in servers for r in results[s]
             if not r.get("whole", True)]
    for server, result in wrong:
        print(f"  NOT AS IT SHOULD BE: {server}:", json.dumps(result))
    return not wrong


def judge(goal, results):
    """What was reached of a goal, as a factor; None: not measured."""
    name, path, sense, _, whom = goal
    here = results.get(name, {})
    if whom is None:
        return median(here.get(OURS, []), path)
    if name == "w8":
        found = ratio(here.get(LADEN, []), here.get(OURS, []), path)
        return statistics.median(found) if found else None
    peers = [s for s in here if s not in (OURS, BARE, LADEN)] \
        if whom == BEST else [whom]
    found = [ratio(here.get(OURS, []), here.get(s, []), path) for s in peers]
    found = [statistics.median(r) for r in found if r]
    if not found:
        return None
    return min(found) if sense == "least" else max(found)


def print_goals(results):
    rows = [["goal", "wanted", "reached", ""]]
    for goal in GOALS:
        name, path, sense, wanted, whom = goal
        reached = judge(goal, results)
        if reached is None:
            continue
        heading = next(h for h, p in FIGURES if p == path).strip()
        fine = reached >= wanted if sense == "least" else reached <= wanted
        rows.append([f"{name} {heading}" + (f", of {whom}'s" if whom else ""),
                     f"at {sense} {wanted:g}", f"{reached:.3g}",
                     "yes" if fine else "NO"])
    if len(rows) > 1:
        print()
        print_table(rows)
