#!/usr/bin/env bash
# Runs asmgr against the example agent of @agentclientprotocol/sdk: an agent that nobody here wrote, with no model
# behind it. It reads, then asks to change a file.
#
#   tests/real/acp_example.sh [BUILD]    BUILD: a folder with bin/asmgr and lib/asmgr/plugins (default build/asan)
#
# Installs the package into a temporary folder; without node, npm or the registry it says so (SKIPPED: ...) and exits 0.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
build=${1:-$root/build/asan}
asmgr=$build/bin/asmgr
export ASMGR_PLUGIN_PATH=$build/lib/asmgr/plugins
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

skip() {
  echo "SKIPPED: $1"
  exit 0
}
[[ -x $asmgr ]] || skip "there is no $asmgr; build the target asmgr and the plugins first"
command -v node >/dev/null && command -v npm >/dev/null || skip "node and npm are needed"
npm install --silent --no-audit --no-fund --prefix "$scratch" @agentclientprotocol/sdk@0.28.1 >/dev/null 2>&1 ||
  skip "the npm registry cannot be reached"

mkdir "$scratch/work"
cat >"$scratch/asmgr.yaml" <<YAML
version: 1
stores:
  local: {plugin: memory}
providers:
  agent:
    plugin: acp
    config:
      command: [node, "$scratch/node_modules/@agentclientprotocol/sdk/dist/examples/agent.js"]
      cwd: "$scratch/work"
policies:
  allowing: {plugin: tool_rules, config: {allow: [read, edit]}}
  denying: {plugin: tool_rules, config: {deny: [edit]}}
pipelines:
  default: {store: local, provider: agent, policies: [allowing]}
  careful: {store: local, provider: agent, policies: [denying]}
YAML

failed=0
# expect NAME FILE REGEX: a line of the file matches.
expect() {
  if grep -Eq -- "$3" "$2"; then
    echo "ok      $1"
  else
    echo "FAILED  $1: nothing in the output matches $3"
    failed=1
  fi
}
asmgr_run=("$asmgr" -c "$scratch/asmgr.yaml" run hello --output jsonl)
nobody_left() {
  if pgrep -f "$scratch/node_modules" >/dev/null; then
    echo "FAILED  $1 left an agent behind"
    failed=1
  fi
}

"${asmgr_run[@]}" >"$scratch/allowed" || true
expect "text is streamed" "$scratch/allowed" '"type":"message_streamed".*I.ll help you'
expect "a permitted call is completed" "$scratch/allowed" '"type":"tool_call_completed".*"call_2"'
expect "the run is completed" "$scratch/allowed" '"result":\{"status":"completed".*Perfect!'
nobody_left "the permitted run"

"${asmgr_run[@]}" --pipeline careful >"$scratch/denied" || true
expect "a denied call fails" "$scratch/denied" '"type":"tool_call_failed".*"call_2".*denied by the rule'
expect "the agent goes on" "$scratch/denied" '"result":\{"status":"completed".*skip the configuration update'
nobody_left "the denied run"

mkfifo "$scratch/lines"
"${asmgr_run[@]}" >"$scratch/lines" &
running=$!
exec 3<"$scratch/lines"
while IFS= read -r -t 30 line <&3; do
  echo "$line" >>"$scratch/cancelled"
  if [[ $line == *'"type":"message_streamed"'* ]]; then break; fi
done
kill -INT "$running"
cat <&3 >>"$scratch/cancelled"
code=0
wait "$running" || code=$?
[[ $code -eq 5 ]] && echo "ok      a cancelled run exits with 5" || { echo "FAILED  a cancelled run exits with $code"; failed=1; }
expect "the run is cancelled" "$scratch/cancelled" '"result":\{"status":"cancelled"'
nobody_left "the cancelled run"
exit "$failed"
