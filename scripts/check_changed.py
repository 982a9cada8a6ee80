#!/usr/bin/env python3
"""Checks what changed, each source alone, with the flags of a preset that is built:

  check_changed.py compile    compiles it without its unity build, public headers by themselves
  check_changed.py tidy       runs clang-tidy (.clang-tidy) on its changed lines

Changed is what differs from --base: the commit where this branch left origin/main, else the one before
the last. --minutes bounds the time; the last line says how many sources were reached.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def output_of(*command):
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return found.stdout.strip() if found.returncode == 0 else ""


def base_commit():
    head = output_of("git", "rev-parse", "HEAD")
    left_main = output_of("git", "merge-base", "HEAD", "origin/main")
    return left_main if left_main not in ("", head) else output_of("git", "rev-parse", "HEAD~1")


def changed_lines(base):
    """By file, the ranges of its lines that are new or different."""
    ranges, file = {}, None
    for line in output_of("git", "diff", "-U0", "--diff-filter=d", base, "--", "apps", "lib*", "tests").splitlines():
        if line.startswith("+++ b/"):
            file = ROOT / line[6:]
        elif found := re.match(r"@@ .* \+(\d+)(?:,(\d+))? @@", line):
            start, count = int(found[1]), int(found[2] or 1)
            ranges.setdefault(file, []).append([start, start + max(count, 1) - 1])
    return ranges


def flags_by_target(build):
    """The compiler and its arguments, without source and output."""
    flags = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        words = shlex.split(entry["command"])
        output = words.index("-o")
        if found := re.search(r"CMakeFiles/(\w+)\.dir/(?!cmake_pch)", words[output + 1]):
            flags.setdefault(found[1], words[:output])
    return flags


def plugin_of(file):
    """The target that CMake makes of a plugin's source; of a header the one whose sources include it."""
    cmake = (file.parent.parent / "CMakeLists.txt").read_text()
    for name, sources in re.findall(r"seg_plugin\((\w+)\s+([^)]*)\)", cmake):
        paths = [file.parent.parent / source for source in sources.split()]
        if file in paths or any(f'"{file.name}"' in path.read_text() for path in paths):
            return f"seg_{name}"
    return None


def target_of(file):
    parts = file.relative_to(ROOT).parts
    if parts[0] == "apps":
        return {"report": "seg_report", "bench": "seg_bench"}.get(parts[1], "seg")
    if parts[0] == "tests":
        return {"check_oracles": "oracle_topics", "dicom": "dicom_writer_of_dcmtk"}.get(parts[1], f"test_{parts[1]}")
    if parts[1] == "plugins":
        return plugin_of(file)
    if parts[1] == "python":
        return "seg_python"
    return f"seg_{parts[0].removeprefix('lib')}"


def compile_command(file, flags, _):
    # A header is included by an empty source: as a source of its own its "#pragma once" is a warning.
    source = ["-include", str(file), "/dev/null"] if file.suffix == ".hpp" else [str(file)]
    return [*flags, "-fsyntax-only", "-x", "c++", *source]


def without_precompiled_headers(flags):
    """The other compiler's do not suit clang: it reads copies of the headers that they were made of."""
    flags = [flag for flag in flags if flag != "-Winvalid-pch"]
    for i, flag in enumerate(flags):
        if flag.endswith("/cmake_pch.hxx"):
            copy = pathlib.Path(flag).with_name("headers_for_tidy.hxx")
            shutil.copyfile(flag, copy)
            flags[i] = str(copy)
    return flags


def tidy_command(file, flags, lines):
    own_headers = output_of("gcc", "-print-file-name=include")  # omp.h is the compiler's
    return ["clang-tidy", "--quiet", "--line-filter=" + json.dumps([{"name": file.name, "lines": lines}]),
            str(file), "--", *without_precompiled_headers(flags[1:]), "-idirafter", own_headers,
            "-Wno-unknown-warning-option", "-Wno-return-type-c-linkage"]  # plugins are built with their program


def other_backend(build):
    """The folder whose sources this build is without."""
    has_cuda = any(entry["file"].endswith(".cu") for entry in json.loads((build / "compile_commands.json").read_text()))
    return "stub" if has_cuda else "cuda"


def is_checked(check, file):
    if check == "tidy":
        return file.suffix == ".cpp" and "tests" not in file.parts
    return file.suffix == ".cpp" or ("include" in file.parts and file.suffix == ".hpp")


def run(command, end):
    """Nothing when the time is over before it ends."""
    left = end - time.time()
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=left) if left > 0 else None
    except subprocess.TimeoutExpired:
        return None


def is_at_fault(check, result):
    """clang goes on after headers of ITK and GCC that it cannot read: what it says of those is no fault of ours."""
    if check == "compile":
        return result.returncode != 0
    told_of = re.findall(r"^(/[^:\n]+):\d+:\d+: (?:warning|error):", result.stdout, re.MULTILINE)
    is_ours = any(pathlib.Path(file).is_relative_to(ROOT) for file in told_of)
    return is_ours or (result.returncode != 0 and not told_of)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("check", choices=("compile", "tidy"))
    parser.add_argument("--base", default=os.environ.get("SEG_BASE_COMMIT") or base_commit())
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--minutes", type=float, default=4)
    arguments = parser.parse_args()

    command = {"compile": compile_command, "tidy": tidy_command}[arguments.check]
    flags, end = flags_by_target(arguments.build), time.time() + 60 * arguments.minutes
    left_out = other_backend(arguments.build)
    commands = [command(file, flags[target_of(file)], lines)
                for file, lines in changed_lines(arguments.base).items()
                if is_checked(arguments.check, file) and left_out not in file.parts and target_of(file) in flags]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = [result for result in pool.map(lambda one: run(one, end), commands) if result]
    faults = [result for result in results if is_at_fault(arguments.check, result)]
    for result in faults:
        print(result.stdout + result.stderr, file=sys.stderr)
    print(f"check_changed {arguments.check}: {len(results)} of {len(commands)} changed files, {len(faults)} at fault")
    sys.exit(1 if faults else 0)


main()
