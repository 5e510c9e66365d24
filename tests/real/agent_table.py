"""The agent programs that are checked: where each comes from and what is known of it."""
import dataclasses

CODES_BY_STATUS = {"err400": "provider_error", "err401": "provider_authentication_failed",
                   "err429": "provider_rate_limited", "err500": "provider_unavailable"}
# For agents that break their turn off when a call is refused.
DENIED = (1, "failed", "tool_permission_denied")
# For agents of grade `intercept`: a policy refuses the call.
BY_POLICY = ("--pipeline", "careful")
# For agents that ask nobody: the program's own rules refuse it.
BY_MODE = ("--set", "providers.agent.config.permission_mode=default")
BY_PLAN = ("--set", "providers.agent.config.permission_mode=plan")


def without(*cases):
    return {case: code for case, code in CODES_BY_STATUS.items() if case not in cases}


@dataclasses.dataclass(frozen=True)
class Agent:
    """`deployment` is a file of deployments/; `home_files` maps paths in the agent's home to files there."""
    name: str
    package: str
    program: str
    home_files: dict = dataclasses.field(default_factory=dict)
    # Whether words and tools are heard of while they come, so that an interrupt can follow them.
    streams: bool = True
    refused_by: tuple = BY_POLICY
    # What a refused call is seen as.
    refusal: tuple = ("tool_call_failed",)
    # How a run with a refused call ends: exit code, status, error.
    refused_end: tuple = (0, "completed", None)
    # Whether it tells how many tokens it used, and what its tools said.
    counts_tokens: bool = True
    shows_output: bool = True
    # It overwrites a session that is loaded within the minute in which it began.
    resumes_next_minute: bool = False
    errors: dict = dataclasses.field(default_factory=lambda: dict(CODES_BY_STATUS))

    @property
    def deployment(self):
        return self.name + ".yaml"


CODEX_HOME = {".codex/config.toml": "codex.toml"}
GEMINI_HOME = {".gemini/settings.json": "gemini_settings.json"}
OPENCODE_HOME = {".config/opencode/opencode.json": "opencode.json"}

AGENTS = (
    Agent("claude_code", "@anthropic-ai/claude-code@2.1.330", "claude"),
    Agent("codex", "@openai/codex@0.169.0", "codex", home_files=CODEX_HOME),
    Agent("codex_exec", "@openai/codex@0.169.0", "codex", home_files=CODEX_HOME, streams=False, refused_by=BY_PLAN),
    Agent("acp_claude", "@agentclientprotocol/claude-agent-acp@0.49.0", "claude-agent-acp"),
    Agent("gemini_cli", "@google/gemini-cli@0.61.0", "gemini", home_files=GEMINI_HOME, refused_by=BY_MODE),
    # It repeats a request that failed with 500 for more than a minute.
    Agent("opencode", "opencode-ai@1.18.33", "opencode", home_files=OPENCODE_HOME, streams=False, refused_by=BY_MODE,
          refused_end=DENIED, errors=without("err500")),
    Agent("acp_codex", "@zed-industries/codex-acp@0.16.0", "codex-acp", home_files=CODEX_HOME, refused_end=DENIED,
          counts_tokens=False),
    Agent("acp_gemini", "@google/gemini-cli@0.61.0", "gemini", home_files=GEMINI_HOME, shows_output=False,
          resumes_next_minute=True),
    Agent("acp_opencode", "opencode-ai@1.18.33", "opencode", home_files=OPENCODE_HOME,
          errors=dict.fromkeys(without("err500"), "provider_error")),  # it says with which words, not with which status
)
