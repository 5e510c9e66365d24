#!/usr/bin/env bash
# From a fresh checkout to a first session: installs what is missing, builds asmgr, runs a command as an agent's run and
# shows what was kept of it. Writes below build/ only; may be run again, from any folder.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
source "$root/host/setup.sh"
cd "$root"

step() { printf '\n== %s\n' "$*"; }
# Shows the command as one would type it, then runs it.
asmgr() {
  local word
  printf '\n$ asmgr'
  for word in "$@"; do
    if [[ $word == *" "* ]]; then printf ' "%s"' "$word"; else printf ' %s' "$word"; fi
  done
  printf '\n'
  ./build/release/bin/asmgr "${deployment[@]}" "$@"
}

step "1/4 packages"
install_packages build optional
echo "all there"

step "2/4 build (release; a few minutes the first time)"
keep_ccache_in_build
cmake --preset release -DASMGR_BUILD_TESTS=OFF -DASMGR_BUILD_BENCH=OFF -DCMAKE_UNITY_BUILD=ON  # half the time
cmake --build --preset release --parallel "$(build_jobs)"

step "3/4 a run: configs/quickstart.yaml, with its database in build/quickstart"
mkdir -p build/quickstart
unset ASMGR_CONFIG ASMGR_PLUGIN_PATH
# A path from --set is relative to the working folder.
deployment=(--config configs/quickstart.yaml --set stores.local.config.path=build/quickstart/asmgr.db)
session=$(./build/release/bin/asmgr "${deployment[@]}" session create --agent-id quickstart)
asmgr run --session "$session" "wc -l README.md configs/quickstart.yaml core/include/asmgr/session_manager.hpp"
asmgr session complete "$session"

step "4/4 what was kept of it"
asmgr events "$session"
asmgr session show "$session"

cat <<TEXT

== done
The session is in build/quickstart/asmgr.db; every line of it was durable before it was shown. The commands above ran with

  alias asmgr="./build/release/bin/asmgr ${deployment[*]}"

Try next, in $root:
  asmgr session list
  asmgr run "ls core"                  # another command of the allow-list
  asmgr run "uname -a"                 # one that is not in it: refused
  asmgr doctor                         # is everything as it should be?
  ./build/release/bin/asmgr -c configs/replay.yaml run "How many headers are there?"    # a recorded model with a tool
TEXT
