"""What the checks against programs that are not ours have in common: the server that imitates the model APIs, runs of the
built program and what they print, and the counting of checks."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

KEY = "sk-not-a-real-key"


class Seen:
    """What one call of the program printed: of `--output jsonl` the events and the result."""

    def __init__(self, exit_code, output, complaints):
        lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
        self.exit_code = exit_code
        self.events = [line for line in lines if "type" in line]
        self.result = next((line["result"] for line in lines if "result" in line), {})
        self.output = output
        self.complaints = complaints

    def of_type(self, kind):
        """The data of the events of one type."""
        return [event["data"] for event in self.events if event["type"] == kind]

    def joined(self, kind):
        return "".join(data.get("delta", "") for data in self.of_type(kind))

    def end(self):
        return self.exit_code, self.result.get("status")

    def error(self):
        return self.result.get("error") or {}

    def error_code(self):
        return self.error().get("code")

    def content(self):
        return (self.result.get("output") or {}).get("content")


class Run:
    """A call of the program that is under way."""

    def __init__(self, command, environment):
        self._said = []
        self._complaints = tempfile.TemporaryFile("w+")
        self._child = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=self._complaints, text=True)

    def wait_for_event(self, kind, limit=60):
        """Reads until an event of this type was printed; one that does not come shows in what the run came to."""
        alarm = threading.Timer(limit, self._child.kill)
        alarm.start()
        for line in self._child.stdout:
            self._said.append(line)
            if f'"type":"{kind}"' in line:
                break
        alarm.cancel()

    def interrupt(self):
        self._child.send_signal(signal.SIGINT)
        return self.finish(60)

    def finish(self, limit=90):
        """What it came to; one that does not end in time is interrupted."""
        try:
            rest, _ = self._child.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            self._child.send_signal(signal.SIGINT)
            rest, _ = self._child.communicate(timeout=60)
        self._complaints.seek(0)
        seen = Seen(self._child.returncode, "".join(self._said) + rest, self._complaints.read())
        self._complaints.close()
        return seen


class Program:
    """The built program with one configuration and one environment."""

    def __init__(self, path, config, environment=None):
        self._command = [path, "-c", str(config), "--output", "jsonl"]
        self._environment = environment

    def start(self, *arguments):
        return Run(self._command + list(arguments), self._environment)

    def run(self, *arguments):
        return self.start("run", *arguments).finish()

    def new_session(self):
        return json.loads(self.start("session", "create").finish().output)["id"]

    def interrupted_after(self, kind, *arguments):
        """A run that gets SIGINT once an event of this type was printed."""
        run = self.start("run", *arguments)
        run.wait_for_event(kind)
        return run.interrupt()


def eventually(condition, limit=60):
    """Whether the condition comes to hold within so many seconds."""
    until = time.monotonic() + limit
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.02)
    return False


class ModelServer:
    """The server that imitates the model APIs, ready on a port of its own; `fixtures` is its script."""

    def __init__(self, node, aimock, fixtures, scratch):
        settings = pathlib.Path(scratch, "aimock.json")
        settings.write_text(json.dumps({"host": "127.0.0.1", "llm": {"fixtures": str(fixtures), "chunkSize": 16}}),
                            encoding="utf-8")
        log_path = pathlib.Path(scratch, "aimock.log")
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        # Strict: an answer to the second turn is given to no request that does not hold the first.
        environment = dict(os.environ, AIMOCK_STRICT_TURN_INDEX="1")
        with open(log_path, "wb") as log:
            self._process = subprocess.Popen([node, aimock, "--config", str(settings), "--port", str(port)],
                                             stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
        if not eventually(lambda: self._process.poll() is not None or self._answers(), 20) or not self._answers():
            self.stop()
            sys.exit("the server did not begin: " + log_path.read_text(encoding="utf-8")[-500:])

    def _answers(self):
        try:
            urllib.request.urlopen(self.url + "/health", timeout=1).close()
            return True
        except (urllib.error.URLError, OSError):
            return False

    def journal(self):
        """Every request since the last `forget`, oldest first; of a body over 64 KiB only its size is kept."""
        with urllib.request.urlopen(self.url + "/__aimock/journal", timeout=10) as answer:
            return json.load(answer)

    def forget(self):
        request = urllib.request.Request(self.url + "/__aimock/reset/journal", data=b"", method="POST")
        urllib.request.urlopen(request, timeout=10).close()

    def stop(self):
        self._process.terminate()
        self._process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def without_proxies():
    """The server is on this machine."""
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = "127.0.0.1"


class Report:
    """Prints a line per check and counts them."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, what, found, wanted):
        if found == wanted:
            self.passed += 1
            print("ok      " + what, flush=True)
            return
        self.failed += 1
        print(f"FAILED  {what}: found {found!r}, not {wanted!r}", flush=True)

    def exit_code(self):
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed else 0
