#!/usr/bin/env bash
# Reads mutated files of every kind that seg reads, under AddressSanitizer and UBSan.
#   fuzz.sh [--seconds N] [--runs N] [ENDING...]    such as: fuzz.sh --runs 1000000 .nii .png
# Without endings all are run, N seconds each (10). Needs clang, its libFuzzer (libclang-rt-*-dev) and
# a configured build/release, whose folders and libraries are taken. A file that breaks something is
# left in build/fuzz/findings. Inputs that reach new code are kept in build/fuzz/corpus; tests/fuzz/corpus
# holds a small part of them, made by `fuzz.sh --minimise`.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=10 runs=-1 minimise=
while [[ ${1:-} == --* ]]; do
  case $1 in
    --seconds) seconds=$2; shift 2 ;;
    --runs) runs=$2 seconds=0; shift 2 ;;
    --minimise) minimise=1; shift ;;
    *) echo "fuzz: unknown option $1" >&2; exit 2 ;;
  esac
done
endings=("$@")
[ ${#endings[@]} -gt 0 ] ||
  endings=(.nii .nii.gz .nrrd .mha .gipl .png .tif .bmp .dcm .npy .npz .pth .json .zip)

compiler=$(command -v clang++ || compgen -c clang++- | sort -V | tail -1) ||
  { echo "fuzz: no clang here (packages clang and libclang-rt-dev)" >&2; exit 1; }
out=build/fuzz
mkdir -p $out/findings
python3 scripts/build_fuzz.py "$compiler" build/release $out

failed=0
for ending in "${endings[@]}"; do
  export SEG_FUZZ_TARGET=$ending OMP_NUM_THREADS=1 ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1
  corpus=$out/corpus/${ending#.} committed=tests/fuzz/corpus/${ending#.}
  mkdir -p "$corpus" "$committed"
  if [ -n "$minimise" ]; then
    mkdir -p $out/minimised
    rm -rf "$out/minimised/${ending#.}" && mkdir "$out/minimised/${ending#.}"
    $out/seg_fuzz -merge=1 -max_len=4096 "$out/minimised/${ending#.}" "$corpus" "$committed" \
      >"$out/log" 2>&1 || { tail -20 $out/log; failed=1; }
    continue
  fi
  if $out/seg_fuzz -max_total_time="$seconds" -runs="$runs" -timeout=10 -rss_limit_mb=3000 \
    -malloc_limit_mb=1000 -max_len=65536 -dict=tests/fuzz/dictionary.txt -print_final_stats=1 \
    -artifact_prefix="$out/findings/${ending#.}-" "$corpus" "$committed" >"$out/log-${ending#.}" 2>&1
  then
    echo "$ending: $(sed -n 's/^stat::number_of_executed_units: *//p' "$out/log-${ending#.}") runs, no finding"
  else
    echo "$ending: FINDING, see $out/log-${ending#.}"
    grep -m 3 -E "ERROR|SUMMARY|runtime error|Test unit written" "$out/log-${ending#.}" || true
    failed=1
  fi
done
exit $failed
