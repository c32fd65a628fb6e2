"""bench/results.json, and bench/RESULTS.md made from it."""

import json

from lib.machine import BENCH

RAW = BENCH / "results.json"
WRITTEN = BENCH / "RESULTS.md"


class Row:
    """A line of a table. `at_most` and `at_least` are goals for the ratio."""

    def __init__(self, what, figure, peer="", ratio=None, at_most=None, at_least=None, goal="", met=None):
        self.what, self.figure, self.peer, self.ratio = what, figure, peer, ratio
        self.goal, self.met = goal, met
        if at_most is not None:
            self.goal, self.met = f"≤ {at_most:g}", ratio <= at_most
        if at_least is not None:
            self.goal, self.met = f"≥ {at_least:g}", ratio >= at_least

    def cells(self):
        met = {None: "", True: "yes", False: "**no**"}[self.met]
        return [self.what, self.figure, self.peer, number(self.ratio), self.goal, met]


def number(ratio):
    """A ratio to three digits that count."""
    if ratio is None:
        return ""
    if ratio >= 100:
        return f"{ratio:,.0f}"
    return f"{ratio:.3g}" if ratio >= 0.001 else f"{ratio:.4f}"


def megabytes(size):
    return f"{size / 1e6:,.2f} MB" if size < 10e6 else f"{size / 1e6:,.0f} MB"


def duration(seconds):
    """Seconds in the unit that suits them."""
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} µs"
    return f"{seconds * 1e3:.3g} ms" if seconds < 1 else f"{seconds:.2f} s"


def keep(name, measured, machine):
    """Replaces what one topic measured; the others stay."""
    results = json.loads(RAW.read_text()) if RAW.exists() else {}
    results[name] = {"machine": machine, "measured": measured}
    RAW.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")


def render(topics):
    """Writes RESULTS.md. Gives its text."""
    results = json.loads(RAW.read_text()) if RAW.exists() else {}
    lines = [
        "# Results",
        "",
        "Measured by `bench/run`; sandbox, headcount, peers and load share one machine. Figures are medians, "
        "each ratio is of two figures from the same run. Figures without a goal are there to compare.",
    ]
    for name, topic in topics.items():
        if name in results:
            lines += section(topic, results[name])
    text = "\n".join(lines) + "\n"
    WRITTEN.write_text(text)
    return text


def section(topic, result):
    machine = result["machine"]
    quick = ", quick run" if machine.get("quick") else ""
    lines = [
        "",
        f"## {topic.TITLE}",
        "",
        f"{machine['date']}, {machine['cores']} cores, {machine['machine']}, {machine['system']}{quick}.",
    ]
    note = getattr(topic, "NOTE", None)
    if note:
        lines += ["", note]
    lines += ["", "| What | Figure | Peer | Ratio | Goal | Met |", "|---|---|---|---|---|---|"]
    for row in topic.rows(result["measured"]):
        lines.append("| " + " | ".join(row.cells()) + " |")
    return lines
