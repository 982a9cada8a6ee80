#!/usr/bin/env bash
# Fails when a C++ or CUDA file is not formatted as .clang-format says; with --fix, formats it.
set -euo pipefail
cd "$(dirname "$0")/.."

mode=(--dry-run -Werror)
[ "${1:-}" = --fix ] && mode=(-i)
command -v clang-format >/dev/null || { echo "check_format: clang-format is not installed" >&2; exit 1; }
git ls-files -z '*.cpp' '*.hpp' '*.cu' '*.cuh' | xargs -0 clang-format "${mode[@]}"
