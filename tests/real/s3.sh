#!/usr/bin/env bash
# Asks the contract of artifact stores of the plugin s3 on @20minutes/s3rver, a service that nobody here wrote and that
# checks signatures. Called by run.sh --s3, which has installed it.
#
#   tests/real/s3.sh BUILD NODE FOLDER    FOLDER: where node_modules is; the service's bucket is put beside it
#
# Prints a line per test and at the end "N passed, N failed".
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
tests=$1/bin/artifact_contract_test
node=$2
folder=$3

[[ -x $tests ]] || { echo "there is no $tests: build the target artifact_contract_test first" >&2; exit 1; }
cd "$folder"
mkdir -p bucket
# Its continuation tokens are made with a cipher that newer OpenSSL has only when asked.
coproc service { NODE_OPTIONS=--openssl-legacy-provider exec "$node" "$here/s3_service.cjs" "$folder/bucket" 2> service.log; }
read -r -t 20 -u "${service[0]}" port || { echo "the service did not start: $(tail -5 service.log)" >&2; exit 1; }

# It writes objects in place, so that who reads one while it is replaced may get half of it. The store finds that out and
# answers so, which is no fault of its own.
left_out='*ThreadsThatReplaceOneKeyLeaveOneOfTheirsWhole*'
# Thousands of requests each, which take minutes where every one of them walks through the service's files.
if [[ ${ASMGR_TEST_PROFILE:-ci} != long ]]; then left_out+=':*ALimitOfZeroIsAThousand*:*TellsWhatAMapWouldTell*'; fi
export no_proxy=127.0.0.1 ASMGR_TEST_PROFILE=ci
code=0
ASMGR_TEST_S3='{"endpoint":"http://127.0.0.1:'$port'","bucket":"asmgr-artifacts","access_key":"S3RVER","secret_key":"S3RVER","part_size":5242880}' \
  "$tests" --gtest_filter="*/s3_elsewhere-$left_out" > contract.log 2>&1 || code=$?
grep -v -E '^\[ RUN|^\[-|^\[=|^Running|^$' contract.log || true
passed=$(grep -c '^\[       OK \]' contract.log || true)
failed=$(grep -c '^\[  FAILED  \] Stores.*(' contract.log || true)
if [[ $code -ne 0 && $failed -eq 0 ]]; then failed=1; fi
if [[ $passed -eq 0 ]]; then failed=1; fi
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
