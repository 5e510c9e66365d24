#!/usr/bin/env bash
# Drives the built program against a server that imitates the model APIs and that is not ours: see README.md.
#
#   tests/real/run.sh [BUILD]      BUILD: a build folder, build/asan when left out
#
# Exit code 0 when all went as it should, or when the server cannot be had (then the last line begins with SKIPPED).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:-$here/../../build/asan}" && pwd)
program=$build/bin/asmgr
version=1.43.0

skip() {
  echo "SKIPPED: $1"
  exit 0
}

[[ -x $program ]] || { echo "there is no $program: build the target asmgr and the providers first" >&2; exit 1; }
command -v npm > /dev/null || skip "there is no npm here; install Node.js 20 or later with npm"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
echo '{"private": true}' > package.json
timeout 120 npm install --no-fund --no-audit --loglevel=error "@copilotkit/aimock@$version" > npm.log 2>&1 ||
  skip "npm cannot be reached, or has no @copilotkit/aimock@$version: $(tail -1 npm.log)"

node=node
if (($(node -p 'process.versions.node.split(".")[0]') < 20)); then
  # The distribution's Node.js is older than the package wants; npm has newer ones.
  timeout 300 npm install --no-fund --no-audit --loglevel=error node@22 >> npm.log 2>&1 || skip "npm has no node@22: $(tail -1 npm.log)"
  node=$scratch/node_modules/.bin/node
fi

python3 "$here/model_apis.py" "$program" "$node" "$scratch/node_modules/.bin/aimock" "$here/fixtures/llm.json" "$scratch"
