#!/usr/bin/env bash
# Configures and builds a preset: build.sh [release|debug|asan|tsan] [TARGET...]. Run scripts/setup.sh
# before.
set -euo pipefail
cd "$(dirname "$0")/.."

preset=${1:-release}
targets=("${@:2}")
[ -f .deps/env ] && . .deps/env
log=$(mktemp)
trap 'rm -f "$log"' EXIT
cmake --preset "$preset" >"$log" || { cat "$log"; exit 1; }
cmake --build --preset "$preset" ${targets:+--target "${targets[@]}"}
