#!/usr/bin/env python3
"""Writes the golden world as SQL that makes a PostgreSQL schema of some version with it.

    make_postgres.py 1 FOLDER SCHEMA_CPP
    make_postgres.py 2 FOLDER SCHEMA_CPP COUNTED_CPP
    make_postgres.py 3 FOLDER SCHEMA_CPP COUNTED_CPP UPKEEP_TABLES_CPP

As make_sqlite.py: only the text of the tables is taken from the sources (plugins/postgres/schema.cpp, counted.cpp and
upkeep_tables.cpp as they were in that version), everything else is made from what the READMEs say. The schema is
golden_v1, golden_v2, golden_v3.
"""
import json
import pathlib
import re
import sys

from make_sqlite import BEGIN, LOGS, OWNER, PRUNED, RECORDS, RUN, RUNS, SESSIONS, crc32c

VERSION = int(sys.argv[1]) if len(sys.argv) > 1 else 1
SCHEMA = f"golden_v{VERSION}."


def statements(source, array):
    """The elements of that array; literals that follow one another without a comma are one."""
    body = re.search(array + r"\[\] = \{\n(.*?)\n\};", source, re.S)[1]
    found, end = [], 0
    for literal in re.finditer(r'R"sql\((.*?)\)sql"|"((?:[^"\\]|\\.)*)"', body, re.S):
        text = literal[1] if literal[1] is not None else literal[2].replace('\\"', '"')
        if found and "," not in body[end:literal.start()]:
            found[-1] += text
        else:
            found.append(text)
        end = literal.end()
    return [re.sub(r"\s+", " ", text).replace("@", SCHEMA) for text in found]


def literal(value):
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'::bytea"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def insert(table, *values):
    return f"INSERT INTO {SCHEMA}{table} VALUES ({', '.join(literal(value) for value in values)})"


def rows():
    for key, s in enumerate(SESSIONS, 1):
        columns = (s["session"], s["status"], s["version"], s["created"], s["updated"], s["deleted"])
        rest = (s["agent"], s["parent"], s["tenant"], s["chain"])
        yield insert("sessions", key, *columns, crc32c(key, *columns, *rest, s["doc"]), *rest, s["doc"].encode())
        log = LOGS[s["session"]]
        yield insert("heads", s["session"], key, len(log), 1, OWNER, log[-1]["hash"])
        for e in log:
            yield insert("events", key, e["seq"], e["time"], e["type"], e["flags"], e["schema"], e["name"],
                         e["provider"], e["run"], e["id"], e["correlation"], e["hash"], e["body"],
                         e["metadata"].encode(), e["data"].encode())
        kinds = 15 if key == 1 else 3
        yield (f"INSERT INTO {SCHEMA}changes VALUES ({key}, ARRAY[{kinds}]::bigint[], "
               f"ARRAY[{literal(s['session'])}]::text[], ARRAY[{len(log)}]::bigint[])")
    yield f"INSERT INTO {SCHEMA}changes VALUES (4, ARRAY[8]::bigint[], ARRAY['']::text[], ARRAY[0]::bigint[])"
    yield f"UPDATE {SCHEMA}state SET last_change = 4"
    for r in RUNS:
        columns = (r["status"], r["version"], r["created"], r["started"], r["ended"])
        checksum = crc32c(r["run"], 1, *columns, r["provider"], r["doc"])
        yield insert("runs", r["run"], 1, *columns, checksum, r["provider"], r["doc"].encode())
    for r in RECORDS:
        identity = (r["kind"], r["record"], r["tenant"], r["version"], r["due"], r["value"])
        rest = (r["session"], r["status"])
        yield insert("records", *identity, crc32c(*identity, *rest, r["body"]), *rest, r["body"].encode())


def counts():
    """What is taken out of docs, since version 2."""
    for key, s in enumerate(SESSIONS, 1):
        for tag in sorted(json.loads(s["doc"])["tags"]):
            yield insert("session_tags", key, tag)
    yield (f"UPDATE {SCHEMA}runs SET input_tokens = 12, output_tokens = 30, total_tokens = 42, "
           f"cost_micro_usd = 12500 WHERE id = {literal(RUN)}")
    yield insert("schema_version", 2, BEGIN)


def text_counts():
    """How much text a session has, since version 3."""
    for s in SESSIONS:
        texts = [len((e["data"] + e["metadata"]).encode()) for e in LOGS[s["session"]] if not e["flags"] & PRUNED]
        yield (f"UPDATE {SCHEMA}heads SET text_events = {len(texts)}, text_bytes = {sum(texts)} "
               f"WHERE id = {literal(s['session'])}")
    yield insert("schema_version", 3, BEGIN)


def main():
    folder, *sources = (pathlib.Path(path) for path in sys.argv[2:])
    texts = [source.read_text() for source in sources]
    tables = statements(texts[0], "kCreate")
    if VERSION >= 2:
        tables += statements(texts[1], "kTables") + statements(texts[1], "kIndexes")
    if VERSION >= 3:
        tables += statements(texts[2], "kUpkeepTables")
    script = [f"CREATE SCHEMA {SCHEMA[:-1]}",
              f"CREATE TABLE {SCHEMA}schema_version (version bigint PRIMARY KEY, applied_us bigint NOT NULL)",
              *tables, f"ALTER SEQUENCE {SCHEMA}session_keys RESTART WITH {len(SESSIONS) + 1}",
              insert("schema_version", 1, BEGIN), *rows(), *(counts() if VERSION >= 2 else ()),
              *(text_counts() if VERSION >= 3 else ())]
    target = folder / f"v{VERSION}.postgres.sql"
    target.write_text("".join(statement + ";\n" for statement in script))


if __name__ == "__main__":
    main()
