#!/usr/bin/env python3
"""Checks the C headers of the plugin boundary against their one description.

abi.yaml says what there is; a generated C program, compiled against the headers, proves that every name, type and value is
so and prints where each member lies; the print must equal the golden file MAJOR.MINOR.layout beside this script.

    layout.py [--cc COMPILER] [--include FOLDER]            check
    layout.py [--cc COMPILER] [--include FOLDER] --update   write the golden file
"""
import argparse
import difflib
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent


def read_description(path):
    """Returns {section: {name: value or {name: value}}}. abi.yaml keeps to the part of YAML that this reads: nested plain
    mappings, two spaces a level, comments on lines of their own."""
    root = {}
    stack = [root]
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = re.fullmatch(r"((?:  )*)([A-Za-z_][\w.]*):(?: (.+))?", line)
        if not found or len(found[1]) // 2 >= len(stack):
            sys.exit(f"{path}:{number}: expected `name: value`, two spaces a level, found: {line}")
        depth, name, value = len(found[1]) // 2, found[2], found[3]
        del stack[depth + 1:]
        if name in stack[depth]:
            sys.exit(f"{path}:{number}: {name} is there twice")
        stack[depth][name] = {} if value is None else value.strip('"')
        if value is None:
            stack.append(stack[depth][name])
    return root


def strip_comments(text):
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.S)


def read_headers(folder):
    """Returns (structs, enumerators, ids) as the headers declare them: {struct: {member: C type}}, [name], {macro: text}."""
    structs, enumerators, ids = {}, [], {}
    for header in sorted((folder / "asmgr/abi").glob("*.h")):
        text = strip_comments(header.read_text())
        ids.update(re.findall(r'#define (ASMGR_IFACE_\w+|ASMGR_ENTRY_SYMBOL) "([^"]*)"', text))
        for body in re.findall(r"\benum \{(.*?)\}", text, flags=re.S):
            enumerators += re.findall(r"\b(ASMGR_\w+)\s*=", body)
        for name, body in re.findall(r"typedef struct (\w+) \{(.*?)\n\} \1;", text, flags=re.S):
            structs[name] = dict(read_member(member) for member in body.split(";") if member.strip())
    return structs, enumerators, ids


def read_member(text):
    text = " ".join(text.split())
    function = re.fullmatch(r"ASMGR_FN\(([^,]*), (\w+), (.*)\)", text)
    if function:
        return function[2], f"{function[1]} (*)({function[3]})"
    plain = re.fullmatch(r"(.*?)(\w+)((?:\[\w+\])?)", text)
    return plain[2], plain[1].strip() + plain[3]


def bare_type(text):
    """abi.yaml adds the element's type to arrays: `asmgr_array of asmgr_run`."""
    return text.split(" of ")[0]


def complaints(described, structs, enumerators, ids):
    """Yields what the headers have and abi.yaml has not, and arrays and sinks of
    which nobody says what they hold."""
    for struct, members in structs.items():
        known = described["structs"].get(struct, {})
        for member in members:
            if member not in known:
                yield f"{struct}.{member} is in the headers but not in abi.yaml"
        if [m for m in known if m in members] != list(members):
            yield f"{struct}: abi.yaml has its members in another order than the header"
    for name in enumerators:
        if not any(name in values for values in described["enums"].values()):
            yield f"{name} is in the headers but not in abi.yaml"
    for name, text in ids.items():
        if described["ids"].get(name) != text:
            yield f'{name} is "{text}" in the headers and "{described["ids"].get(name)}" in abi.yaml'
    for struct, members in described["structs"].items():
        for member, kind in members.items():
            if kind.startswith("asmgr_array") and " of " not in kind:
                yield f"{struct}.{member}: say in abi.yaml of what the array is"
            if re.search(r"const asmgr_(sink|array) \*", kind) and f"{struct}.{member}" not in described["elements"]:
                yield f"{struct}.{member}: say in abi.yaml under `elements` what its sinks and arrays hold"


def c_program(described):
    """C that does not compile unless types are as described, and prints the layout when run."""
    lines = ["#include <asmgr/plugin.h>", "#include <stdio.h>",
             "#define TYPE(s, m, ...) _Static_assert(__builtin_types_compatible_p(__typeof__(((s *)0)->m), __VA_ARGS__), "
             '#s "." #m " has not the type that abi.yaml says: " #__VA_ARGS__)',
             "#define STRUCT(s) printf(\"struct %s %zu\\n\", #s, sizeof(s))",
             "#define MEMBER(s, m) printf(\"member %s.%s %zu %zu\\n\", #s, #m, offsetof(s, m), sizeof(((s *)0)->m))",
             "#define VALUE(e) printf(\"enum %s %llu\\n\", #e, (unsigned long long)(e))",
             "int main(void) {"]
    for struct, members in described["structs"].items():
        lines.append(f"  STRUCT({struct});")
        for member, kind in members.items():
            lines.append(f"  TYPE({struct}, {member}, __typeof__({bare_type(kind)}));")
            lines.append(f"  MEMBER({struct}, {member});")
    for group, values in described["enums"].items():
        for name, value in values.items():
            lines.append(f'  _Static_assert({name} == {value}, "{group}: {name} is not {value}, as abi.yaml says");')
            lines.append(f"  VALUE({name});")
    return "\n".join(lines + ["  return 0;", "}", ""])


def actual_layout(described, compiler, include):
    with tempfile.TemporaryDirectory() as folder:
        source, program = pathlib.Path(folder, "layout.c"), pathlib.Path(folder, "layout")
        source.write_text(c_program(described))
        command = [*shlex.split(compiler), "-std=gnu11", "-w", f"-I{include}", str(source), "-o", str(program)]
        built = subprocess.run(command, capture_output=True, text=True)
        if built.returncode != 0:
            sys.exit(f"the headers are not as {HERE / 'abi.yaml'} says:\n{built.stderr}")
        return subprocess.run([str(program)], capture_output=True, text=True, check=True).stdout


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--cc", default="cc")
    options.add_argument("--include", type=pathlib.Path, default=HERE.parent / "include")
    options.add_argument("--update", action="store_true")
    args = options.parse_args()

    described = read_description(HERE / "abi.yaml")
    problems = list(complaints(described, *read_headers(args.include)))
    if problems:
        sys.exit("\n".join(problems))
    layout = actual_layout(described, args.cc, args.include)
    golden = HERE / f"{described['abi']['major']}.{described['abi']['minor']}.layout"
    if args.update:
        golden.write_text(layout)
        return
    expected = golden.read_text() if golden.exists() else ""
    if layout != expected:
        changed = difflib.unified_diff(expected.splitlines(), layout.splitlines(), golden.name, "headers", lineterm="", n=0)
        sys.exit("\n".join(changed) + "\n\nThe layout of the boundary has changed. A released layout only grows at the end "
                 "of structs and tables.\nIf the change is meant: layout.py --update, and a line in sdk/CHANGELOG.md.")


if __name__ == "__main__":
    main()
