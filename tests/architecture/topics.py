#!/usr/bin/env python3
"""Checks that what configs/README.md says "by topic" is shown by tests that exist and by files that are there.

Prints one line per row that is wrong and exits 1 when there is one.
"""
import pathlib
import re
import sys

TEST = re.compile(r"^\s*TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", re.M)


def known_tests(root):
    names = set()
    for path in (root / "tests").rglob("*.cpp"):
        names.update(f"{suite}.{name}" for suite, name in TEST.findall(path.read_text(encoding="utf-8")))
    return names


def rows(text):
    table = text.split("## By topic", 1)[1]
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and len(cells) == 3 and cells[0] not in ("topic", "---"):
            yield cells


def problems(root):
    known = known_tests(root)
    for topic, here, shown in rows((root / "configs/README.md").read_text(encoding="utf-8")):
        tests = re.findall(r"`([^`]+)`", shown)
        if not tests and not here.startswith("later: "):
            yield f"{topic}: no test shows it"
        for test in tests:
            if test not in known:
                yield f"{topic}: there is no test {test}"
        for name in re.findall(r"`([\w./]+\.(?:yaml|yml)|workflow/\w+)`", here):
            if not (root / "configs" / name).exists():
                yield f"{topic}: there is no configs/{name}"


def main():
    found = list(problems(pathlib.Path(sys.argv[1])))
    print("\n".join(found))
    sys.exit(1 if found else 0)


main()
