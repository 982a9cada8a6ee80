#!/usr/bin/env python3
"""Where seg's time goes in a row of run.py, as a Markdown table: seg's command under Linux perf.

  scripts/bench/profile.py --data Dataset004_Hippocampus predict-folder-auto --size small

Takes run.py's options. Needs perf and the right to use it (sysctl kernel.perf_event_paranoid).
Writes profile_ROW.md into --folder.
"""

import collections
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import rows
import run

LEAST = 1.5  # percent of the time that a line of the table stands for


def recorded(row, bench, file):
    run.clear(row.again)
    subprocess.run(["perf", "record", "--quiet", "--freq", "500", "--output", file, "--",
                    *map(str, row.seg)], env=bench.environment(), check=True,
                   stdout=subprocess.DEVNULL)


def short(function):
    """LibTorch's kernels are lambdas in templates: their kernel's name says what they do."""
    kernel = re.search(r"\w+_kernel\b", function) if "<" in function else None
    return kernel.group() if kernel else re.split(r"[(;]", function)[0].strip() or function


def shares(file):
    """Percent of the samples by (library, function); what oneDNN generates is one function."""
    report = subprocess.check_output(
        ["perf", "report", "--input", file, "--stdio", "--no-children", "--sort", "dso,symbol",
         "--show-nr-samples", "--field-separator", ";"], text=True, stderr=subprocess.DEVNULL)
    found = collections.Counter()
    for line in report.splitlines():
        match = re.match(r"\s*[\d.]+%\s*;\s*(\d+)\s*;([^;]+?)\s*;\[(.)\] (.*)", line)
        if not match:
            continue
        samples, library, space, function = match.groups()
        if space == "k":
            library, function = "kernel", "(pages, threads, files)"
        elif library.startswith(("[JIT]", "[unknown]", "perf-")):
            library, function = "oneDNN", "(generated code)"
        elif function.startswith("0x"):
            function = "(waiting)" if library.startswith("libgomp") else "(no names)"
        found[library, short(function)] += int(samples)
    # Of thousands of generated addresses perf's own percents are rounded to 0.
    return collections.Counter({place: 100 * samples / found.total()
                                for place, samples in found.items()})


def table(found):
    lines = ["| share of CPU time | where |", "|---|---|"]
    large = [(share, *place) for place, share in found.most_common() if share >= LEAST]
    lines += [f"| {share:.1f} % | {library}: `{function}` |" for share, library, function in large]
    lines.append(f"| {100 - sum(share for share, *_ in large):.1f} % | less than {LEAST} % each |")
    return "\n".join(lines) + "\n"


def main():
    options = run.parse()
    bench = rows.Bench(options)
    for name in options.rows:
        file = bench.folder / f"profile_{name}.data"
        recorded(rows.ROWS[name][0](bench), bench, file)
        text = table(shares(file))
        (bench.folder / f"profile_{name}.md").write_text(text)
        print(f"{name}\n\n{text}")


if __name__ == "__main__":
    main()
