#!/usr/bin/env python3
"""Runs the real agent programs through the built program, against a server that imitates the model APIs.

    agents.py PROGRAM NODE AIMOCK FIXTURES SCRATCH [NAME,NAME...]

Prints a line per check and exits 1 when one failed. The npm packages are kept in $ASMGR_REAL_CACHE where that is set.
"""
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import harness
from agent_table import AGENTS

HERE = pathlib.Path(__file__).resolve().parent
TEXT = "Hello from a server that nobody here wrote. Words come in pieces."
MADE = "made by a tool\n"
WAITING = ["tail", "-f", "/dev/null"]
INSTALL_LIMIT = 600


def install(agent, cache):
    """The folder with the agent's programs, or None and why it cannot be had."""
    folder = cache / agent.package.replace("/", "_")
    programs = folder / "node_modules" / ".bin"
    if (folder / "complete").exists():
        return programs, None
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"private": true}', encoding="utf-8")
    try:
        done = subprocess.run(["npm", "install", "--no-fund", "--no-audit", "--loglevel=error", agent.package], cwd=folder,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=INSTALL_LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return None, f"{agent.package} was not installed within {INSTALL_LIMIT} s"
    if done.returncode != 0:
        return None, f"npm cannot install {agent.package}: {(done.stdout.strip().splitlines() or ['no reason given'])[-1]}"
    if not (programs / agent.program).exists():
        return None, f"{agent.package} brings no program {agent.program} for this machine"
    (folder / "complete").touch()
    return programs, None


def command_lines():
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            line = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        yield int(entry.name), [word.decode(errors="replace") for word in line.split(b"\0") if word]


class Room:
    """One agent's place: a home, a workspace for each check, the program that drives it."""

    def __init__(self, agent, program, programs, node, server, scratch):
        self.agent = agent
        self.server = server
        self.folder = pathlib.Path(scratch, agent.name)
        self._program = program
        self._works = 0
        self._environment = {
            "PATH": os.pathsep.join([str(programs), str(pathlib.Path(node).parent), "/usr/local/bin", "/usr/bin", "/bin"]),
            "HOME": str(self.folder / "home"), "TMPDIR": str(self.folder / "tmp"), "LANG": "C.UTF-8",
            "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", "ASMGR_PLUGIN_PATH": os.environ["ASMGR_PLUGIN_PATH"],
            "ASMGR_REAL_URL": server.url, "ASMGR_REAL_KEY": harness.KEY, "ASMGR_REAL_STORE": str(self.folder / "asmgr.db")}
        for folder in ("home", "tmp"):
            (self.folder / folder).mkdir(parents=True)
        for target, source in agent.home_files.items():
            path = self.folder / "home" / target
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text((HERE / "deployments" / source).read_text(encoding="utf-8").replace("@URL@", server.url),
                            encoding="utf-8")

    def workspace(self):
        """A new one, and the program set to work there."""
        self._works += 1
        work = self.folder / f"work{self._works}"
        work.mkdir()
        environment = dict(self._environment, ASMGR_REAL_WORK=str(work))
        config = HERE / "deployments" / self.agent.deployment
        return work, harness.Program(self._program, config, environment)

    def processes(self):
        """The command lines, by process id, of all that was started here and lives, however far it moved away."""
        return {process: line for process, line in command_lines() if self._is_ours(process)}

    def _is_ours(self, process):
        try:
            entry = pathlib.Path("/proc", str(process))
            home = f"HOME={self.folder}/home".encode()
            return home in (entry / "environ").read_bytes().split(b"\0") or self.folder in (entry / "cwd").readlink().parents
        except OSError:
            return False  # it has ended, or belongs to somebody else

    def left_over(self):
        return sorted(" ".join(line)[:120] for line in self.processes().values())

    def clear(self):
        for process in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    def tool_waits(self):
        return any(line == WAITING for line in self.processes().values())


def check_text(room, expect):
    _, program = room.workspace()
    seen = program.run("CASE:text")
    expect("a text is answered", (seen.end(), seen.content()), ((0, "completed"), TEXT))
    expect("it is streamed whole", seen.joined("message_streamed"), TEXT)
    usage = seen.result.get("token_usage", {})
    tokens = (1234, 56) if room.agent.counts_tokens else (None, None)
    expect("its tokens are counted" if room.agent.counts_tokens else "its tokens are not made up",
           (usage.get("input_tokens"), usage.get("output_tokens")), tokens)
    expect("its key is shown nowhere", harness.KEY in seen.output + seen.complaints, False)


def check_tool(room, expect):
    work, program = room.workspace()
    seen = program.run("CASE:tool")
    made = work / "made.txt"
    begun = [data["tool_call_id"] for data in seen.of_type("tool_call_started")]
    ended = seen.of_type("tool_call_completed")
    expect("a tool runs", (seen.end(), seen.content()), ((0, "completed"), "The file is made."))
    expect("and does what it should", made.read_text(encoding="utf-8") if made.exists() else None, MADE)
    expect("its call is seen beginning and ending once", ([data["tool_call_id"] for data in ended], len(begun)), (begun, 1))
    if room.agent.shows_output:
        expect("and with what it said", ["made by a tool" in str(data.get("tool_output")) for data in ended], [True])


def check_refusal(room, expect):
    work, program = room.workspace()
    agent = room.agent
    seen = program.run(*agent.refused_by, "CASE:tool")
    expect("a run with a refused tool ends as it should", (*seen.end(), seen.error_code()), agent.refused_end)
    expect("the refused tool did nothing", (work / "made.txt").exists(), False)
    expect("its call is not seen completed", seen.of_type("tool_call_completed"), [])
    expect("the refusal is seen", [kind for kind in agent.refusal if seen.of_type(kind)], list(agent.refusal))


def check_errors(room, expect):
    for case, code in room.agent.errors.items():
        _, program = room.workspace()
        seen = program.run("CASE:" + case)
        expect(f"{case} fails", (seen.end(), seen.error_code()), ((1, "failed"), code))
        expect(f"{case} says what the agent said", bool((seen.error().get("provider_error") or {}).get("message")), True)


def check_cancel(room, expect):
    if room.agent.streams:
        _, program = room.workspace()
        seen = program.interrupted_after("message_streamed", "CASE:slow")
        expect("an interrupted answer is cancelled", seen.end(), (5, "cancelled"))
        expect("and leaves nothing running", room.left_over(), [])
    _, program = room.workspace()
    run = program.start("run", "CASE:sleep")
    expect("a tool takes its time", harness.eventually(room.tool_waits), True)
    seen = run.interrupt()
    expect("a run interrupted in a tool is cancelled", seen.end(), (5, "cancelled"))
    expect("and leaves nothing running, nor its tool", room.left_over(), [])


def own_session(seen):
    """The agent's name for the session of a run."""
    started = (seen.of_type("provider_started") or [{}])[0]
    return started.get("session_id") or started.get("thread_id")


def check_resume(room, expect):
    _, program = room.workspace()
    session = program.new_session()
    first = program.run("--session", session, "CASE:text")
    if room.agent.resumes_next_minute:
        minute = time.gmtime().tm_min
        harness.eventually(lambda: time.gmtime().tm_min != minute, 61)
    room.server.forget()
    second = program.run("--session", session, "CASE:more")
    expect("the agent names its session", own_session(first) is not None, True)
    expect("a second run goes on in it", own_session(second), own_session(first))
    expect("and the model is told what was said before", (second.end(), second.content()),
           ((0, "completed"), "I know what was said before."))
    # Where the request is short enough to be kept, its messages are looked at too.
    kept = [entry["body"]["messages"] for entry in room.server.journal() if "messages" in (entry.get("body") or {})]
    for messages in kept[-1:]:
        words = "".join(str(message.get("content")) for message in messages)
        expect("in the words in which it was said", ("CASE:text" in words, TEXT in words), (True, True))


CHECKS = (check_text, check_tool, check_refusal, check_errors, check_cancel, check_resume)


def check_agent(agent, room, report):
    began = time.monotonic()

    def expect(what, found, wanted):
        report.check(f"{agent.name}: {what}", found, wanted)

    for check in CHECKS:
        try:
            check(room, expect)
        except (OSError, ValueError, subprocess.SubprocessError) as problem:
            expect(f"{check.__name__} can be carried out", repr(problem), None)
    expect("nothing of it runs any more", room.left_over(), [])
    room.clear()
    print(f"        {agent.name} is {agent.package}; {time.monotonic() - began:.0f} s", flush=True)


def chosen(names):
    """The agents of these names, with commas between; all for an empty text."""
    if not names:
        return AGENTS
    by_name = {agent.name: agent for agent in AGENTS}
    unknown = [name for name in names.split(",") if name not in by_name]
    if unknown:
        sys.exit(f"there is no agent {', '.join(unknown)}; there are {', '.join(by_name)}")
    return [by_name[name] for name in names.split(",")]


def main():
    program, node, aimock, fixtures, scratch = sys.argv[1:6]
    wanted = chosen(sys.argv[6] if len(sys.argv) > 6 else "")
    harness.without_proxies()
    kept = os.environ.get("ASMGR_REAL_CACHE")
    cache = pathlib.Path(kept or pathlib.Path(scratch, "packages")).resolve()
    report = harness.Report()
    server = harness.ModelServer(node, aimock, fixtures, scratch)
    try:
        for agent in wanted:
            programs, reason = install(agent, cache)
            if programs is None:
                print(f"SKIPPED: {agent.name}: {reason}", flush=True)
                continue
            check_agent(agent, Room(agent, program, programs, node, server, scratch), report)
            needed_again = agent.package in [later.package for later in wanted[wanted.index(agent) + 1:]]
            if not kept and not needed_again:
                shutil.rmtree(programs.parent.parent)  # hundreds of megabytes
    finally:
        server.stop()
    return report.exit_code()


if __name__ == "__main__":
    sys.exit(main())
