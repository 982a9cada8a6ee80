#!/usr/bin/env bash
# Configures and builds a preset: build.sh [release|debug|asan|tsan] [-DOPTION=VALUE...] [TARGET...].
# Run scripts/setup.sh before.
set -euo pipefail
cd "$(dirname "$0")/.."

preset=${1:-release}
settings=() targets=()
for argument in "${@:2}"; do
  if [[ $argument == -D* ]]; then settings+=("$argument"); else targets+=("$argument"); fi
done
[ -f .deps/env ] && . .deps/env
log=$(mktemp)
trap 'rm -f "$log"' EXIT
cmake --preset "$preset" ${settings:+"${settings[@]}"} >"$log" || { cat "$log"; exit 1; }
cmake --build --preset "$preset" ${targets:+--target "${targets[@]}"}
