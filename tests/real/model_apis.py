#!/usr/bin/env python3
"""Runs prompts through the built program, over each model API of a server that imitates them, and looks at what a user sees.

    model_apis.py PROGRAM NODE AIMOCK FIXTURES SCRATCH

Prints a line per check and exits 1 when one failed.
"""
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

PROGRAM, NODE, AIMOCK, FIXTURES, SCRATCH = sys.argv[1:6]
KEY = "sk-not-a-real-key"
CONFIG = """version: 1
stores:
  local: {{plugin: memory}}
providers:
  anthropic: {{plugin: anthropic, config: {{api_key: {key}, base_url: "{url}", model: claude-sonnet-4-5, max_retries: 0}}}}
  responses: {{plugin: openai, config: {{api_key: {key}, base_url: "{url}/v1", model: gpt-5, max_retries: 0}}}}
  chat: {{plugin: openai, config: {{api: chat, api_key: {key}, base_url: "{url}/v1", model: gpt-4o, max_retries: 0}}}}
  gemini: {{plugin: gemini, config: {{api_key: {key}, base_url: "{url}/v1beta", model: gemini-2.5-flash, max_retries: 0}}}}
pipelines:
  default: {{store: local, provider: chat}}
"""
PROVIDERS = ["anthropic", "responses", "chat", "gemini"]
TEXT = "Hello from a mock that you did not write. Streaming works."
# What the script of the server answers with, by the prompt; the codes are asmgr's.
REFUSALS = {"err400": "invalid_input", "err401": "provider_authentication_failed", "err429": "provider_rate_limited",
            "err500": "provider_unavailable", "err529": "provider_unavailable", "trunc": "provider_unavailable"}


class Seen:
    """What one run of the program printed."""

    def __init__(self, exit_code, output):
        lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
        self.exit_code = exit_code
        self.events = [line for line in lines if "type" in line]
        self.result = next((line["result"] for line in lines if "result" in line), {})
        self.output = output

    def joined(self, kind):
        return "".join(event["data"].get("delta", "") for event in self.events if event["type"] == kind)

    def error_code(self):
        return (self.result.get("error") or {}).get("code")

    def content(self):
        return (self.result.get("output") or {}).get("content")


def command(config, provider, case):
    return [PROGRAM, "-c", config, "--output", "jsonl", "run", "--provider", provider, "CASE:" + case]


def run(config, provider, case):
    done = subprocess.run(command(config, provider, case), capture_output=True, text=True, timeout=60, check=False)
    return Seen(done.returncode, done.stdout)


def interrupted(config, provider):
    """The slow answer, interrupted once its first words are there."""
    child = subprocess.Popen(command(config, provider, "slow"), stdout=subprocess.PIPE, text=True)
    lines = []
    for line in child.stdout:
        lines.append(line)
        if '"message_streamed"' in line:
            child.send_signal(signal.SIGINT)
            break
    rest, _ = child.communicate(timeout=30)
    return Seen(child.returncode, "".join(lines) + rest)


def checks(config, provider):
    """Pairs of what is asked and what was found instead, None when it is as it should be."""

    def expect(what, found, wanted):
        return f"{provider}: {what}", None if found == wanted else f"found {found!r}, not {wanted!r}"

    text = run(config, provider, "text")
    yield expect("a text is answered", (text.exit_code, text.content(), text.joined("message_streamed")), (0, TEXT, TEXT))
    yield expect("its key is shown nowhere", KEY in text.output, False)
    unicode_text = next(one["response"]["content"] for one in json.load(open(FIXTURES, encoding="utf-8"))["fixtures"]
                        if one["match"]["userMessage"] == "CASE:unicode")
    yield expect("characters that the stream cuts are put together", run(config, provider, "unicode").content(), unicode_text)
    yield expect("reasoning is told apart", run(config, provider, "reason").joined("reasoning_streamed"),
                 "2 plus 2 makes 4, so I answer 4.")
    usage = run(config, provider, "usage").result.get("token_usage", {})
    yield expect("tokens are counted", (usage.get("input_tokens"), usage.get("output_tokens")), (1234, 56))
    yield expect("the limit of an answer is seen", (run(config, provider, "length").result.get("output") or {}).get("stop_reason"),
                 "max_tokens")

    # No tools are offered here, and the server asks for one all the same.
    tool = run(config, provider, "tool")
    asked = {event["data"].get("tool_name") for event in tool.events if event["type"] == "tool_input_streamed"}
    ran = [event for event in tool.events if event["type"] == "tool_call_completed"]
    yield expect("a tool that nobody offered is asked for", asked, {"get_weather"})
    yield expect("and does not run", ran, [])

    for case, code in REFUSALS.items():
        seen = run(config, provider, case)
        yield expect(f"{case} fails", (seen.exit_code, seen.result.get("status"), seen.error_code()), (1, "failed", code))
    limited = run(config, provider, "err429").result.get("error") or {}
    yield expect("how long to wait is passed on", limited.get("details", {}).get("retry_after_ms"), 7000)

    stopped = interrupted(config, provider)
    yield expect("an interrupted run is cancelled", (stopped.exit_code, stopped.result.get("status")), (5, "cancelled"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_server():
    """The process and its URL; it is ready."""
    settings = pathlib.Path(SCRATCH, "aimock.json")
    settings.write_text(json.dumps({"host": "127.0.0.1", "llm": {"fixtures": FIXTURES, "chunkSize": 16}}), encoding="utf-8")
    port = free_port()
    with open(pathlib.Path(SCRATCH, "aimock.log"), "wb") as log:
        server = subprocess.Popen([NODE, AIMOCK, "--config", str(settings), "--port", str(port)], stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    until = time.monotonic() + 20
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(url + "/health", timeout=1).close()
            return server, url
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    server.kill()
    sys.exit("the server did not begin: " + pathlib.Path(SCRATCH, "aimock.log").read_text(encoding="utf-8")[-500:])


def main():
    os.environ["no_proxy"] = "127.0.0.1"
    server, url = start_server()
    try:
        config = pathlib.Path(SCRATCH, "asmgr.yaml")
        config.write_text(CONFIG.format(key=KEY, url=url), encoding="utf-8")
        failed = passed = 0
        for provider in PROVIDERS:
            for what, problem in checks(str(config), provider):
                print(("ok      " if problem is None else "FAILED  ") + what + ("" if problem is None else ": " + problem), flush=True)
                failed += problem is not None
                passed += problem is None
    finally:
        server.terminate()
        server.wait()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
