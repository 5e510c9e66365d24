#!/usr/bin/env python3
"""Writes the golden world as SQL that makes a PostgreSQL schema of version 1 with it.

    make_postgres.py SCHEMA_CPP FOLDER

As make_sqlite.py: only the text of the tables is taken from SCHEMA_CPP (plugins/postgres/schema.cpp as it was in that
version), everything else is made from what the READMEs say. The schema is golden_v1.
"""
import pathlib
import re
import sys

from make_sqlite import BEGIN, LOGS, OWNER, RECORDS, RUNS, SESSIONS, crc32c

SCHEMA = "golden_v1."


def statements(schema_cpp):
    """The elements of kCreate; literals that follow one another without a comma are one."""
    body = re.search(r"kCreate\[\] = \{\n(.*?)\n\};", schema_cpp, re.S)[1]
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


def main():
    tables = statements(pathlib.Path(sys.argv[1]).read_text())
    script = [f"CREATE SCHEMA {SCHEMA[:-1]}",
              f"CREATE TABLE {SCHEMA}schema_version (version bigint PRIMARY KEY, applied_us bigint NOT NULL)",
              *tables, f"ALTER SEQUENCE {SCHEMA}session_keys RESTART WITH {len(SESSIONS) + 1}",
              insert("schema_version", 1, BEGIN), *rows()]
    target = pathlib.Path(sys.argv[2]) / "v1.postgres.sql"
    target.write_text("".join(statement + ";\n" for statement in script))


if __name__ == "__main__":
    main()
