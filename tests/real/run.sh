#!/usr/bin/env bash
# Drives the built program against programs that are not ours: see README.md.
#
#   tests/real/run.sh [BUILD]                  the model APIs of a server that imitates them
#   tests/real/run.sh --agents [BUILD]         the real agent programs, with that server as their model
#   tests/real/run.sh --agents=codex [BUILD]   some of them: names from agent_table.py, with commas
#   tests/real/run.sh --s3 [BUILD]             the artifact store s3, with a service that speaks its protocol
#
# BUILD is a build folder, build/asan when left out. Where $ASMGR_REAL_CACHE names a folder, the packages of the agents (up
# to 400 MB each) are kept there; else they go with the temporary folder.
#
# Exit code 0 when all went as it should, or when nothing can be had to check with (then the last line begins with
# SKIPPED). An agent that cannot be installed is named in such a line, and the others are checked.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
profile=apis
names=
case "${1:-}" in
  --agents) profile=agents ;;
  --agents=*)
    profile=agents
    names=${1#--agents=}
    ;;
  --s3) profile=s3 ;;
  -*)
    echo "usage: tests/real/run.sh [--agents[=NAME,NAME...] | --s3] [BUILD]" >&2
    exit 2
    ;;
esac
if [[ $profile != apis ]]; then shift; fi
build=$(cd "${1:-$here/../../build/asan}" && pwd)
program=$build/bin/asmgr
package=@copilotkit/aimock@1.43.0
if [[ $profile == s3 ]]; then
  program=$build/bin/artifact_contract_test
  package=@20minutes/s3rver@5.0.0
fi

skip() {
  echo "SKIPPED: $1"
  exit 0
}

[[ -x $program ]] || { echo "there is no $program: build it and the plugins first" >&2; exit 1; }
command -v npm > /dev/null || skip "there is no npm here; install Node.js 20 or later with npm"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
echo '{"private": true}' > package.json
timeout 120 npm install --no-fund --no-audit --loglevel=error "$package" > npm.log 2>&1 ||
  skip "npm cannot be reached, or has no $package: $(tail -1 npm.log)"

node=$(command -v node)
if (($(node -p 'process.versions.node.split(".")[0]') < 20)); then
  # The distribution's Node.js is older than the packages want; npm has newer ones.
  timeout 300 npm install --no-fund --no-audit --loglevel=error node@22 >> npm.log 2>&1 || skip "npm has no node@22: $(tail -1 npm.log)"
  node=$scratch/node_modules/.bin/node
fi

if [[ $profile == s3 ]]; then
  "$here/s3.sh" "$build" "$node" "$scratch"
  exit
fi

export ASMGR_PLUGIN_PATH=$build/lib/asmgr/plugins
aimock=$scratch/node_modules/.bin/aimock
if [[ $profile == agents ]]; then
  python3 -B "$here/agents.py" "$program" "$node" "$aimock" "$here/fixtures/agents.json" "$scratch" "$names"
else
  python3 -B "$here/model_apis.py" "$program" "$node" "$aimock" "$here/fixtures/llm.json" "$scratch"
fi
