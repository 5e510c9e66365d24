#!/usr/bin/env python3
"""Checks who includes whom, and what stands at the top of the tree.

    architecture.py ROOT

host uses core, core uses sdk, plugins use sdk; within core a folder uses itself and the folders before it in CORE_ORDER.
Prints one line per violation, `FILE:LINE: what and why`, and exits 1 when there is one.
"""
import pathlib
import re
import subprocess
import sys

CORE_ORDER = ["model", "ports", "cost", "redaction", "transcript", "render", "workspace", "retention", "policy",
              "routing", "pipeline", "engine", "workflow", "tools", "plugin", "config", "telemetry"]
# For each folder at the top with code that is shipped, those whose files it may include.
MAY_INCLUDE = {"sdk": {"sdk"}, "plugins": {"plugins", "sdk"}, "core": {"core", "sdk"}, "host": {"host", "core", "sdk"}}
TOP = {"CMakeLists.txt", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "CMakePresets.json", "core", "sdk",
       "plugins", "host", "configs", "tests"}
SOURCES = {".c", ".h", ".cc", ".cpp", ".hpp", ".inc", ".ipp"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def resolve(root, file, quoted, name):
    """The included file's path below the root, as parts; None when it is not one of ours."""
    beside = (file.parent / name).resolve()
    if quoted and beside.is_file() and beside.is_relative_to(root):
        return beside.relative_to(root).parts
    for folder in ("sdk/include", "core/include"):
        if (root / folder / name).is_file():
            return (*folder.split("/"), *name.split("/"))
    # Also when the file does not exist: the intention counts.
    parts = pathlib.PurePosixPath(name).parts
    return parts if len(parts) > 1 and parts[0] in (*MAY_INCLUDE, "tests") else None


def core_room(parts):
    """'' for files that lie in core itself, such as the precompiled header."""
    return parts[1] if len(parts) > 2 else ""


def core_problem(source, target):
    """Why a file of core may not include another one of core; None when it may."""
    user, used = core_room(source), core_room(target)
    if user in (used, "include"):
        return None
    if user and user not in CORE_ORDER:
        return f"core/{user} has no place in the order of core's folders"
    if used not in CORE_ORDER:
        return f"core/{used or target[-1]} is not for core's own folders"
    if not user or CORE_ORDER.index(used) > CORE_ORDER.index(user):
        return f"core/{user or source[-1]} may not use core/{used}, which comes after it"
    return None


def problem(source, target):
    """Why `source` may not include `target` (both as parts of paths); None when it may."""
    if target[0] not in MAY_INCLUDE[source[0]]:
        return f"{source[0]} may not use {target[0]}"
    if source[0] == "plugins" and target[0] == "plugins" and source[1] != target[1]:
        return "a plugin may not use another plugin"
    if source[0] == "core" and target[0] == "core":
        return core_problem(source, target)
    return None


def include_problems(root):
    count = 0
    found = []
    for top in MAY_INCLUDE:
        for file in sorted((root / top).rglob("*")):
            if file.suffix not in SOURCES or not file.is_file():
                continue
            count += 1
            source = file.relative_to(root).parts
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                match = INCLUDE.match(line)
                target = match and resolve(root, file, match[1] == '"', match[2])
                why = target and problem(source, target)
                if why:
                    found.append(f"{'/'.join(source)}:{number}: includes {match[2]}: {why}")
    if count == 0:
        found.append(f"{root}: no source files here; give the folder with core, sdk, plugins and host")
    return found


def top_entries(root):
    """What belongs to the tree: without what git ignores where git knows the tree, else all that lies there."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\0")
        names = {path.split("/")[0] for path in listed if path}
    except (OSError, subprocess.CalledProcessError):
        names = set()
    return sorted(name for name in names or {entry.name for entry in root.iterdir()} if (root / name).exists())


def top_problems(root):
    return [f"{name}: may not stand at the top of the tree" for name in top_entries(root)
            if name not in TOP and not name.startswith(".") and not name.startswith("build")]


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: architecture.py ROOT")
    root = pathlib.Path(sys.argv[1]).resolve()
    found = include_problems(root) + top_problems(root)
    for line in found:
        print(line)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
