#!/usr/bin/env bash
# All tests: everything under the address and undefined-behaviour sanitizers, the tests with threads under the thread
# sanitizer; in a release build the benchmarks, each as a smoke run, and what sanitizers hide (the size of memory).
#
#   tests/run.sh [--long]    --long: the counts of a night's run (ASMGR_TEST_PROFILE=long) instead of CI's
#
# The last line is "N passed, N failed"; exits 0 only when nothing failed. Builds are in build/asan, build/tsan and
# build/release, the logs of the tests in tests.log there.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
source "$root/host/setup.sh"
cd "$root"

export ASMGR_TEST_PROFILE=ci
case "${1:-}" in
  "") ;;
  --long) export ASMGR_TEST_PROFILE=long ;;
  *)
    echo "usage: tests/run.sh [--long]" >&2
    exit 2
    ;;
esac
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-second_deadlock_stack=1}

# Seconds that one test may take.
limit=300
# Several sources in one unit: most of a build is headers, and a change waits for this. The long profile compiles each
# source alone, so that each is known to stand alone.
unity=ON
if [[ $ASMGR_TEST_PROFILE == long ]]; then
  limit=3600
  unity=OFF
fi
tests_on=(-DASMGR_BUILD_TESTS=ON "-DASMGR_TEST_TIMEOUT=$limit" "-DCMAKE_UNITY_BUILD=$unity")

table=()
passed=0
failed=0

# note STAGE SECONDS PASSED FAILED SKIPPED TEXT
note() {
  table+=("$(printf '%-22s %6ss %7s %7s %8s  %s' "$@")")
  passed=$((passed + $3))
  failed=$((failed + $4))
}

# build PRESET CONFIGURE_OPTIONS -- BUILD_OPTIONS: a failure counts as one failed test.
build() {
  local preset=$1 start=$SECONDS
  local -a configure=()
  shift
  while [[ $1 != -- ]]; do
    configure+=("$1")
    shift
  done
  shift
  printf '\n== build %s\n' "$preset"
  if cmake --preset "$preset" "${configure[@]}" && cmake --build --preset "$preset" --parallel "$(build_jobs)" "$@"; then
    note "build $preset" $((SECONDS - start)) 0 0 0 ok
    return 0
  fi
  note "build $preset" $((SECONDS - start)) 0 1 0 FAILED
  return 1
}

# test_preset PRESET CTEST_OPTIONS: one run of ctest, counted by its own summary.
test_preset() {
  local preset=$1 start=$SECONDS log=build/$1/tests.log ended=ok summary bad total skipped
  shift
  printf '\n== test %s\n' "$preset"
  ctest --test-dir "build/$preset" --output-on-failure -j2 --timeout "$limit" "$@" 2>&1 | tee "$log" || ended=FAILED
  summary=$(grep -E '^[0-9]+% tests passed, [0-9]+ tests? failed out of [0-9]+' "$log" | tail -n 1 || true)
  if [[ -z $summary ]]; then
    note "test $preset" $((SECONDS - start)) 0 1 0 "FAILED: ctest found no tests"
    return
  fi
  read -r bad total < <(sed -E 's/^[0-9]+% tests passed, ([0-9]+) tests? failed out of ([0-9]+).*/\1 \2/' <<<"$summary")
  skipped=$(grep -c -E '\*\*\*Skipped' "$log" || true)
  note "test $preset" $((SECONDS - start)) $((total - bad - skipped)) \
    "$([[ $ended == FAILED && $bad -eq 0 ]] && echo 1 || echo "$bad")" "$skipped" "$ended"
}

unset ASMGR_CONFIG ASMGR_PLUGIN_PATH
printf '== packages\n'
if ! install_packages build test optional; then
  echo "0 passed, 1 failed"
  exit 1
fi
keep_ccache_in_build

if build asan "${tests_on[@]}" -DASMGR_BUILD_BENCH=OFF --; then test_preset asan; fi

if build tsan "${tests_on[@]}" -DASMGR_BUILD_BENCH=OFF -- --target asmgr_threaded_tests; then
  test_preset tsan -L '^threads$'
fi

if build release "${tests_on[@]}" -DASMGR_BUILD_BENCH=ON -- \
  --target asmgr_core asmgr_plugin_sqlite asmgr_benchmarks asmgr_release_tests; then
  test_preset release -R '^(bench_|Memory\.)'
fi

printf '\n%-22s %7s %7s %7s %8s\n' stage time passed failed skipped
printf '%s\n' "${table[@]}"
printf '\nprofile %s, %s s in all; failed tests are named above and in build/*/tests.log\n' "$ASMGR_TEST_PROFILE" "$SECONDS"
printf '%s passed, %s failed\n' "$passed" "$failed"
[[ $failed -eq 0 ]]
