#!/usr/bin/env bash
# All tests: everything under the address and undefined-behaviour sanitizers, the tests with threads under the thread
# sanitizer, the fuzzers where Clang brings libFuzzer; in a release build the benchmarks, each as a smoke run, and what
# sanitizers hide (the size of memory).
#
#   tests/run.sh [--long]    --long: the counts of a night's run (ASMGR_TEST_PROFILE=long) instead of CI's
#
# The last line is "N passed, N failed"; exits 0 only when nothing failed. Builds are in build/asan, build/tsan,
# build/fuzz and build/release, the logs of the tests in tests.log there.
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
if [[ $ASMGR_TEST_PROFILE == long ]]; then limit=3600; fi
# Several sources in one unit: most of a build is headers, and a change waits for this.
tests_on=(-DASMGR_BUILD_TESTS=ON "-DASMGR_TEST_TIMEOUT=$limit" -DCMAKE_UNITY_BUILD=ON)

table=()
passed=0
failed=0

# note STAGE SECONDS PASSED FAILED SKIPPED TEXT
note() {
  table+=("$(printf '%-22s %6ss %7s %7s %8s  %s' "$@")")
  passed=$((passed + $3))
  failed=$((failed + $4))
}

# build STAGE PRESET CONFIGURE_OPTIONS -- BUILD_OPTIONS: into build/STAGE; a failure counts as one failed test.
build() {
  local stage=$1 preset=$2 start=$SECONDS
  local -a configure=()
  shift 2
  while [[ $1 != -- ]]; do
    configure+=("$1")
    shift
  done
  shift
  printf '\n== build %s\n' "$stage"
  if cmake --preset "$preset" -B "build/$stage" "${configure[@]}" &&
    cmake --build "build/$stage" --parallel "$(build_jobs)" "$@"; then
    note "build $stage" $((SECONDS - start)) 0 0 0 ok
    return 0
  fi
  note "build $stage" $((SECONDS - start)) 0 1 0 FAILED
  return 1
}

# test_stage STAGE CTEST_OPTIONS: one run of ctest, counted by its own summary.
test_stage() {
  local stage=$1 start=$SECONDS log=build/$1/tests.log ended=ok summary bad total skipped
  shift
  printf '\n== test %s\n' "$stage"
  ctest --test-dir "build/$stage" --output-on-failure -j2 --timeout "$limit" "$@" 2>&1 | tee "$log" || ended=FAILED
  summary=$(grep -E '^[0-9]+% tests passed, [0-9]+ tests? failed out of [0-9]+' "$log" | tail -n 1 || true)
  if [[ -z $summary ]]; then
    note "test $stage" $((SECONDS - start)) 0 1 0 "FAILED: ctest found no tests"
    return
  fi
  read -r bad total < <(sed -E 's/^[0-9]+% tests passed, ([0-9]+) tests? failed out of ([0-9]+).*/\1 \2/' <<<"$summary")
  skipped=$(grep -c -E '\*\*\*Skipped' "$log" || true)
  note "test $stage" $((SECONDS - start)) $((total - bad - skipped)) \
    "$([[ $ended == FAILED && $bad -eq 0 ]] && echo 1 || echo "$bad")" "$skipped" "$ended"
}

# real_agents BUILD: the real agent programs, driven by what is in that build folder.
real_agents() {
  local start=$SECONDS log=$1/agents.log ended=ok counts good bad skipped
  printf '\n== test real agents\n'
  tests/real/run.sh --agents "$1" 2>&1 | tee "$log" || ended=FAILED
  counts=$(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' "$log" | tail -n 1)
  skipped=$(grep -c '^SKIPPED: ' "$log" || true)
  read -r good bad <<<"${counts:-0 0}"
  if [[ $ended == FAILED && $bad -eq 0 ]]; then bad=1; fi
  if [[ $skipped -gt 0 ]]; then ended="$ended; $(sed -n 's/^SKIPPED: /skipped /p' "$log" | paste -sd ';')"; fi
  note "test real agents" $((SECONDS - start)) "$good" "$bad" "$skipped" "$ended"
}

# Whether Clang is installed, and with it the library that fuzzes.
has_libfuzzer() {
  command -v clang >/dev/null && command -v clang++ >/dev/null &&
    [[ -e $(clang++ -print-runtime-dir)/libclang_rt.fuzzer-$(uname -m).a ]]
}

unset ASMGR_CONFIG ASMGR_PLUGIN_PATH
printf '== packages\n'
if ! install_packages build test optional; then
  echo "0 passed, 1 failed"
  exit 1
fi
keep_ccache_in_build

if build asan asan "${tests_on[@]}" -DASMGR_BUILD_BENCH=OFF --; then
  test_stage asan
  if [[ $ASMGR_TEST_PROFILE == long ]]; then real_agents build/asan; fi
fi

if build tsan tsan "${tests_on[@]}" -DASMGR_BUILD_BENCH=OFF -- --target asmgr_threaded_tests; then
  test_stage tsan -L '^threads$'
fi

# Compilers are named in full: for another name of the same one CMake would begin anew.
if has_libfuzzer; then
  if build fuzz asan "${tests_on[@]}" -DASMGR_BUILD_BENCH=OFF -DASMGR_SANITIZE=address,undefined,fuzzer-no-link \
    "-DCMAKE_C_COMPILER=$(command -v clang)" "-DCMAKE_CXX_COMPILER=$(command -v clang++)" -- \
    --target asmgr_fuzzers; then
    test_stage fuzz -L '^fuzz$'
  fi
fi

if build release release "${tests_on[@]}" -DASMGR_BUILD_BENCH=ON -- \
  --target asmgr_core asmgr_plugin_sqlite asmgr_benchmarks asmgr_release_tests; then
  test_stage release -R '^(bench_|Memory\.|Simulation\.)'
fi

if [[ $ASMGR_TEST_PROFILE == long ]]; then
  # That each source stands alone; nothing of it is run.
  build debug debug -DASMGR_BUILD_TESTS=ON -DASMGR_BUILD_BENCH=ON -- || true
fi

printf '\n%-22s %7s %7s %7s %8s\n' stage time passed failed skipped
printf '%s\n' "${table[@]}"
printf '\nprofile %s, %s s in all; failed tests are named above and in build/*/tests.log\n' "$ASMGR_TEST_PROFILE" "$SECONDS"
printf '%s passed, %s failed\n' "$passed" "$failed"
[[ $failed -eq 0 ]]
