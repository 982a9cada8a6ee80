#!/usr/bin/env bash
# Sets up, builds and runs the whole test suite: test.sh [release|debug|asan|tsan].
set -euo pipefail
cd "$(dirname "$0")/.."

preset=${1:-release}
scripts/setup.sh --all
scripts/build.sh "$preset"
ctest --preset "$preset"
