#!/usr/bin/env bash
# What every script needs before it builds: the packages of host/packages.txt, and settings that fit this machine.
#
#   host/setup.sh GROUP...    installs the groups (build, test, optional); does nothing when all of it is there
#
# Other scripts source it and use its functions. It works as root or through sudo.

setup_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

setup_fail() {
  printf 'setup: %s\n' "$@" >&2
  return 1
}

# The packages of one group, one a line.
packages_of() {
  awk -v wanted="$1" '
    /^# group: / { group = $3; next }
    /^#/ || NF == 0 { next }
    group == wanted { print $1 }' "$setup_root/host/packages.txt"
}

# Of the packages given, those that are not installed, one a line.
packages_missing() {
  local package
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Abbrev}\n' "$package" 2>/dev/null | grep -q '^ii' || printf '%s\n' "$package"
  done
}

may_install() {
  [[ $(id -u) -eq 0 ]] || command -v sudo >/dev/null
}

as_root() {
  local -a sudo=()
  [[ $(id -u) -eq 0 ]] || sudo=(sudo)
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive "$@"
}

# The package lists are fetched only when a package is unknown to them, or when they have become too old to install from.
apt_install() {
  local package known=yes
  for package in "$@"; do
    apt-cache show "$package" >/dev/null 2>&1 || known=no
  done
  if [[ $known == yes ]] && as_root apt-get install -y --no-install-recommends "$@"; then return 0; fi
  as_root apt-get update && as_root apt-get install -y --no-install-recommends "$@"
}

# install_packages GROUP...: a package of the group `optional` that cannot be had is named and left out.
install_packages() {
  local group
  local -a needed=() optional=() missing=() wanted=()
  for group in "$@"; do
    mapfile -t wanted < <(packages_of "$group")
    [[ ${#wanted[@]} -gt 0 ]] || { setup_fail "host/packages.txt has no group '$group'"; return 1; }
    if [[ $group == optional ]]; then optional+=("${wanted[@]}"); else needed+=("${wanted[@]}"); fi
  done

  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    setup_fail "cannot install packages: this is no Debian (apt-get or dpkg-query is not there)." \
      "Install what corresponds to these packages of Debian 12 by hand: ${needed[*]} ${optional[*]}" \
      "Then build with: cmake --workflow --preset release"
    return 1
  fi
  mapfile -t missing < <(packages_missing "${needed[@]}")
  if [[ ${#missing[@]} -gt 0 ]]; then
    if ! may_install; then
      setup_fail "cannot install packages: this user is not root and there is no sudo." \
        "Let root run: apt-get install ${missing[*]}"
      return 1
    fi
    printf 'setup: installing %s\n' "${missing[*]}"
    if ! apt_install "${missing[@]}"; then
      setup_fail "apt-get could not install ${missing[*]}; its messages are above." \
        "These are packages of Debian 12 (bookworm): on another release their names may differ."
      return 1
    fi
  fi

  mapfile -t missing < <(packages_missing "${optional[@]}")
  [[ ${#missing[@]} -gt 0 ]] || return 0
  printf 'setup: installing %s\n' "${missing[*]}"
  may_install && apt_install "${missing[@]}" && return 0
  printf 'setup: going on without %s: builds take longer\n' "${missing[*]}"
}

# How many compilers fit: one per core, and 1.5 GB of free memory for each.
build_jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/^MemAvailable:/ { print int($2 / 1500000) }' /proc/meminfo)
  ((memory < cores)) && cores=$memory
  echo $((cores > 1 ? cores : 1))
}

# ccache keeps its files in the home folder; without one it would refuse to compile.
keep_ccache_in_build() {
  if [[ -z ${CCACHE_DIR:-} && ! -w ${HOME:-} ]]; then export CCACHE_DIR=$setup_root/build/ccache; fi
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
  set -euo pipefail
  if [[ $# -eq 0 ]]; then
    setup_fail "name the groups of host/packages.txt to install, e.g.: host/setup.sh build optional"
    exit 2
  fi
  install_packages "$@"
fi
