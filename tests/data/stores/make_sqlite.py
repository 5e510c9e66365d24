#!/usr/bin/env python3
"""Writes the golden world into a SQLite file of a schema version, and the answers that a store must give about it.

    make_sqlite.py VERSION SCHEMA_CPP FOLDER

Shares nothing with the store but the text of its schema, which is taken from SCHEMA_CPP (plugins/sqlite/schema.cpp as it
was in that version): rows, packed ids, checksums, hashes and changes are made from what plugins/sqlite/README.md and the
definition of the hash chain say. The world is that of tests/plugins/sqlite/golden_world.cpp.
"""
import hashlib
import json
import pathlib
import re
import sqlite3
import struct
import sys

BEGIN = 1_763_000_000_000_000
OWNER = "host-of-then"
PRUNED, CALLER_ID = 1, 2


def usual_id(prefix, number):
    return f"{prefix}_{number:032x}"


FIRST, THEIRS, GONE = usual_id("ses", 0x51), "session of tenant é", usual_id("ses", 0x53)
RUN = usual_id("run", 0xA1)


def crc32c(*fields):
    """Numbers as 8 bytes, lowest first; texts after their length."""
    table = []
    for i in range(256):
        for _ in range(8):
            i = i >> 1 ^ (0x82F63B78 if i & 1 else 0)
        table.append(i)
    state = 0xFFFFFFFF
    for field in fields:
        text = b"" if isinstance(field, int) else field if isinstance(field, bytes) else field.encode()
        number = field if isinstance(field, int) else len(text)
        for byte in struct.pack("<q", number) + text:
            state = state >> 8 ^ table[(state ^ byte) & 0xFF]
    return ~state & 0xFFFFFFFF


def packed(text):
    match = re.fullmatch(r"(...)_([0-9a-f]{32})", text)
    return match[1].encode() + bytes.fromhex(match[2]) if match else text


def sized(text):
    return struct.pack(">Q", len(text.encode())) + text.encode()


def event(kind, name, number, run="", data="{}", **more):
    made = {"id": usual_id("evt", number), "type": kind, "name": name, "run": run, "data": data, "metadata": "{}",
            "provider": "talker" if run else "", "correlation": "", "flags": 0, "schema": 1}
    return made | more


def chained(session, events):
    previous = hashlib.sha256(b"asmgr1" + sized(session)).digest()
    for i, e in enumerate(events):
        e["seq"], e["time"], e["session"] = i + 1, BEGIN + i * 1001, session
        e["body"] = hashlib.sha256(sized(e["data"]) + sized(e["metadata"])).digest()
        header = struct.pack(">Qq", e["seq"], e["time"]) + b"".join(
            sized(e[key]) for key in ("id", "name", "run", "provider", "correlation"))
        previous = e["hash"] = hashlib.sha256(previous + header + struct.pack(">Q", e["schema"]) + e["body"]).digest()
        if e["flags"] & PRUNED:
            e["data"] = e["metadata"] = ""
    return events


LOGS = {
    FIRST: chained(FIRST, [
        event(1, "session_created", 1),
        event(2, "session_started", 2),
        event(13, "message_sent", 3, RUN, '{"content":"hello"}'),
        event(8, "run_started", 4, RUN, '{"provider":"talker"}'),
        event(15, "message_streamed", 5, RUN, r'{ "content" : "\u00e9 1e2" , "n":1.0}', metadata='{"attempt":1}'),
        event(15, "message_streamed", 6, RUN, '{"content":"\U0001f30a \'\\""}', correlation=usual_id("cor", 5)),
        event(15, "message_streamed", 7, RUN, '{"content":"this text was pruned"}', flags=PRUNED),
        event(0, "vendor.made_up", 8, RUN, '{"x":[1,2,{"y":null}]}', id="their-own-id", flags=CALLER_ID,
              correlation="a correlation of another form"),
        event(14, "message_received", 9, RUN, '{"content":"' + "x" * 5000 + '"}', schema=2),
        event(9, "run_completed", 10, RUN)]),
    THEIRS: chained(THEIRS, [event(1, "session_created", 20), event(5, "session_completed", 21)]),
    GONE: chained(GONE, [event(1, "session_created", 30)]),
}


def session_row(name, agent, status, created, updated, deleted=0, parent="", tenant="", version=1, doc=None):
    return {"session": name, "agent": agent, "parent": parent, "tenant": tenant, "chain": name,
            "doc": doc or '{"context":{},"metadata":{},"tags":[]}', "status": status, "version": version,
            "created": created, "updated": updated, "deleted": deleted}


# In the order in which they were made: the number of its first change is a session's key.
SESSIONS = [
    session_row(FIRST, "agent", 2, BEGIN, BEGIN + 7, version=3,
                doc='{"context":{},"metadata":{"k":"v"},"tags":["red","big"]}'),
    session_row(THEIRS, "other", 4, BEGIN + 100, BEGIN + 100, parent=FIRST, tenant="t1"),
    session_row(GONE, "agent", 6, BEGIN + 200, BEGIN + 300, BEGIN + 300, doc='{"tags":["red"]}'),
]
RUNS = [
    {"run": RUN, "session": FIRST, "provider": "talker",
     "doc": '{"token_usage":{"input_tokens":12,"output_tokens":30,"total_tokens":42},"cost_usd":0.0125,"model":"m1"}',
     "status": 3, "version": 2, "created": BEGIN + 1, "started": BEGIN + 2, "ended": BEGIN + 9000},
    {"run": "run-of-another-form", "session": FIRST, "provider": "", "doc": "", "status": 1, "version": 1,
     "created": BEGIN + 3, "started": 0, "ended": 0},
]
RECORDS = [
    {"record": RUN, "kind": "queue", "tenant": "", "session": FIRST, "status": "done", "body": "", "version": 1,
     "due": 0, "value": 0},
    {"record": "budget", "kind": "counter", "tenant": "t1", "session": "", "status": "", "body": "", "version": 1,
     "due": 0, "value": 42},
    {"record": "cmd", "kind": "command", "tenant": "", "session": FIRST, "status": "pending",
     "body": '{"verb":"cancel"}', "version": 2**53 + 1, "due": BEGIN + 400, "value": 0},
]


def scripts(schema_cpp):
    """The pieces of SQL in it, by name."""
    return dict(re.findall(r'constexpr const char\* (\w+) = R"sql\((.*?)\)sql"', schema_cpp, re.S))


def write(version, schema, path):
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("BEGIN")
    put = lambda table, *values: db.execute(
        f"INSERT INTO {table} VALUES ({','.join('?' * len(values))})", values)
    for statement in schema["kCreate"].split(";"):
        db.execute(statement)
    db.execute(f"PRAGMA application_id = {0x61736D67}")
    put("schema_version", 1, BEGIN)
    names = {}

    def name(text):
        if text not in names:
            names[text] = len(names) + 1
            put("names", names[text], text)
        return names[text]

    for key, s in enumerate(SESSIONS, 1):
        columns = (s["session"], s["status"], s["version"], s["created"], s["updated"], s["deleted"])
        rest = (s["agent"], s["parent"], s["tenant"], s["chain"], s["doc"])
        put("sessions", key, *columns, crc32c(key, *columns, *rest), *rest)
        log = LOGS[s["session"]]
        for e in log:
            kind = name(e["name"])
            put("events", key, e["seq"], e["time"], e["type"], kind, e["flags"], e["schema"], name(e["provider"]),
                packed(e["run"]), packed(e["id"]), packed(e["correlation"]), e["hash"], e["body"], e["metadata"],
                e["data"])
        put("heads", key, len(log), 1, key, OWNER, log[-1]["hash"])
        put("changes", key, 1, bytes([15 if key == 1 else 3, key, len(log)]))
    put("changes", 4, 1, bytes([8, 0, 0]))
    for key, r in enumerate(RUNS, 1):
        columns = (r["status"], r["version"], r["created"], r["started"], r["ended"])
        checksum = crc32c(r["run"], 1, *columns, r["provider"], r["doc"])
        put("runs", key, r["run"], 1, *columns, checksum, r["provider"], r["doc"])
    for key, r in enumerate(RECORDS, 1):
        identity = (r["kind"], r["record"], r["tenant"], r["version"], r["due"], r["value"])
        rest = (r["session"], r["status"], r["body"])
        put("records", key, *identity, crc32c(*identity, *rest), *rest)
    if version >= 2:
        add_counts(db, schema, put)
    if version >= 3:
        add_upkeep(db, schema, put)
    db.execute("COMMIT")
    db.execute("PRAGMA journal_mode = DELETE")
    db.close()


def add_counts(db, schema, put):
    for statement in (schema["kCounts"] + schema["kCountIndexes"]).split(";"):
        db.execute(statement)
    for key, s in enumerate(SESSIONS, 1):
        for tag in sorted(json.loads(s["doc"])["tags"]):
            put("session_tags", key, tag)
    db.execute("UPDATE runs SET input_tokens = 12, output_tokens = 30, total_tokens = 42, cost_micro_usd = 12500 "
               "WHERE id = ?", (RUN,))
    put("schema_version", 2, BEGIN)


def add_upkeep(db, schema, put):
    for statement in schema["kUpkeep"].split(";"):
        db.execute(statement)
    for key, s in enumerate(SESSIONS, 1):
        log = LOGS[s["session"]]
        texts = [len((e["data"] + e["metadata"]).encode()) for e in log if not e["flags"] & PRUNED]
        checksum = crc32c(key, len(log), 1, key, OWNER, log[-1]["hash"], len(texts), sum(texts))
        db.execute("UPDATE heads SET text_events = ?, text_bytes = ?, checksum = ? WHERE key = ?",
                   (len(texts), sum(texts), checksum, key))
    for first, count, entries in db.execute("SELECT first, count, entries FROM changes").fetchall():
        db.execute("UPDATE changes SET checksum = ? WHERE first = ?", (crc32c(first, count, entries), first))
    put("schema_version", 3, BEGIN)


def answers():
    lines = []

    def page(question, rows):
        lines.append({"asked": question, "status": 0, "rows": len(rows)})
        lines.extend(rows)

    in_order = sorted(SESSIONS, key=lambda s: s["session"].encode())
    page("sessions", in_order)
    page("sessions of t1", [s for s in SESSIONS if s["tenant"] == "t1"])
    for s in in_order:
        log = LOGS[s["session"]]
        lines.append({"head": s["session"], "last": len(log), "epoch": 1, "hash": log[-1]["hash"].hex(),
                      "owner": OWNER, "alive": False})
        page("events", [{"event": e["id"]} | {key: e[key] for key in (
            "session", "seq", "time", "type", "name", "flags", "schema", "run", "provider", "correlation", "data",
            "metadata")} | {"hash": e["hash"].hex(), "body": e["body"].hex()} for e in log])
        page("runs", sorted((r for r in RUNS if r["session"] == s["session"]), key=lambda r: r["run"]))
    for kind in ("queue", "counter", "command"):
        page(kind, [{key: r[key] for key in (
            "record", "kind", "tenant", "session", "status", "body", "version", "due", "value")}
            for r in RECORDS if r["kind"] == kind])
    return "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)


def main():
    version, schema_cpp, folder = int(sys.argv[1]), pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    target = folder / f"v{version}.sqlite"
    target.unlink(missing_ok=True)
    write(version, scripts(schema_cpp.read_text()), target)
    (folder / "world.jsonl").write_text(answers())


if __name__ == "__main__":
    main()
