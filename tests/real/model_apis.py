#!/usr/bin/env python3
"""Runs prompts through the built program, over each model API of a server that imitates them, and looks at what a user sees.

    model_apis.py PROGRAM NODE AIMOCK FIXTURES SCRATCH

Prints a line per check and exits 1 when one failed.
"""
import json
import pathlib
import sys

import harness

PROGRAM, NODE, AIMOCK, FIXTURES, SCRATCH = sys.argv[1:6]
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


def check(program, provider, report):
    def expect(what, found, wanted):
        report.check(f"{provider}: {what}", found, wanted)

    def run(case):
        return program.run("--provider", provider, "CASE:" + case)

    text = run("text")
    expect("a text is answered", (text.exit_code, text.content(), text.joined("message_streamed")), (0, TEXT, TEXT))
    expect("its key is shown nowhere", harness.KEY in text.output + text.complaints, False)
    unicode_text = next(one["response"]["content"] for one in json.load(open(FIXTURES, encoding="utf-8"))["fixtures"]
                        if one["match"]["userMessage"] == "CASE:unicode")
    expect("characters that the stream cuts are put together", run("unicode").content(), unicode_text)
    expect("reasoning is told apart", run("reason").joined("reasoning_streamed"), "2 plus 2 makes 4, so I answer 4.")
    usage = run("usage").result.get("token_usage", {})
    expect("tokens are counted", (usage.get("input_tokens"), usage.get("output_tokens")), (1234, 56))
    expect("the limit of an answer is seen", (run("length").result.get("output") or {}).get("stop_reason"), "max_tokens")

    # No tools are offered here, and the server asks for one all the same.
    tool = run("tool")
    asked = {data.get("tool_name") for data in tool.of_type("tool_input_streamed")}
    expect("a tool that nobody offered is asked for", asked, {"get_weather"})
    expect("and does not run", tool.of_type("tool_call_completed"), [])

    for case, code in REFUSALS.items():
        seen = run(case)
        expect(f"{case} fails", (*seen.end(), seen.error_code()), (1, "failed", code))
    expect("how long to wait is passed on", run("err429").error().get("details", {}).get("retry_after_ms"), 7000)

    stopped = program.interrupted_after("message_streamed", "--provider", provider, "CASE:slow")
    expect("an interrupted run is cancelled", stopped.end(), (5, "cancelled"))


def main():
    harness.without_proxies()
    report = harness.Report()
    server = harness.ModelServer(NODE, AIMOCK, FIXTURES, SCRATCH)
    try:
        config = pathlib.Path(SCRATCH, "asmgr.yaml")
        config.write_text(CONFIG.format(key=harness.KEY, url=server.url), encoding="utf-8")
        for provider in PROVIDERS:
            check(harness.Program(PROGRAM, config), provider, report)
    finally:
        server.stop()
    return report.exit_code()


if __name__ == "__main__":
    sys.exit(main())
