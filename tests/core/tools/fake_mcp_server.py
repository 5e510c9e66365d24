#!/usr/bin/env python3
"""A tool server for tests: the Model Context Protocol over standard streams.

    fake_mcp_server.py [--pages] [--die-after N] [--old] [--no-tools] [--say TEXT]
                       [--tool NAME]

Tools: echo (its input as text), fail (an error result), picture (an image), wait (answers when told to stop waiting, never
by itself), die (ends the program). --pages gives one tool per page; --die-after N ends it after N calls; --old speaks an
unknown revision; --no-tools answers tools/list with an error; --say writes a line to stderr first; --tool adds one that
answers with its whole input as JSON.
"""
import argparse
import json
import sys

options = argparse.ArgumentParser()
options.add_argument("--pages", action="store_true")
options.add_argument("--die-after", type=int, default=-1)
options.add_argument("--old", action="store_true")
options.add_argument("--no-tools", action="store_true")
options.add_argument("--say", default="")
options.add_argument("--tool", action="append", default=[])
options = options.parse_args()

TOOLS = [{"name": name, "description": f"The tool {name}",
          "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}}}
         for name in ("echo", "fail", "picture", "wait", "die", *options.tool)]
calls = 0


def say(message):
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


def tools(params):
    if not options.pages:
        return {"tools": TOOLS}
    at = int(params.get("cursor", "0"))
    page = {"tools": TOOLS[at:at + 1]}
    if at + 1 < len(TOOLS):
        page["nextCursor"] = str(at + 1)
    return page


def text(words, error=False):
    return {"content": [{"type": "text", "text": words}], "isError": error}


def call(params):
    name, given = params["name"], params.get("arguments", {})
    if name == "echo":
        return text(given.get("text", ""))
    if name in options.tool:
        return text(json.dumps(given))
    if name == "fail":
        return text("it did not work", True)
    if name == "picture":
        return {"content": [{"type": "text", "text": "look"},
                            {"type": "image", "data": "aGVsbG8=", "mimeType": "image/png"}]}
    if name == "die":
        print("I was told to die", file=sys.stderr, flush=True)
        sys.exit(3)
    return None


if options.say:
    print(options.say, file=sys.stderr, flush=True)
for line in sys.stdin:
    message = json.loads(line)
    method, params, number = message.get("method"), message.get("params", {}), message.get("id")
    if method == "initialize":
        revision = "1999-01-01" if options.old else params["protocolVersion"]
        say({"id": number, "result": {"protocolVersion": revision, "capabilities": {"tools": {}},
                                      "serverInfo": {"name": "fake", "version": "1"}}})
    elif method == "notifications/initialized":
        say({"id": "s1", "method": "ping"})  # a server may ask too
    elif method == "tools/list":
        if options.no_tools:
            say({"id": number, "error": {"code": -32603, "message": "no tools today"}})
        else:
            say({"id": number, "result": tools(params)})
    elif method == "tools/call":
        if options.die_after >= 0 and calls >= options.die_after:
            sys.exit(4)
        calls += 1
        result = call(params)
        if result is not None:
            say({"id": number, "result": result})
    elif method == "notifications/cancelled":
        print(f"cancelled {params['requestId']}: {params.get('reason')}", file=sys.stderr, flush=True)
