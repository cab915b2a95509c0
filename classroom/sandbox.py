"""One student's process: bubblewrap around it, limits on it, and a pipe of JSON lines to and from it."""

import json
import os
import secrets
import selectors
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from classroom.bubblewrap import NoSandboxError, command, python, refusals

USERS = 1 << 30  # the first of the user numbers that stand for nobody


class Trouble(Exception):
    """A student's process can no longer be asked. kind: "time", "end", "flood" or "forged"."""

    def __init__(self, kind):
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True)
class Limits:
    """What a submission may use. Times in seconds of a clock on the wall, sizes in bytes.

    cell, question: for one cell, for all calls of one question. whole: for the submission. starts: how often its
    process is started again without the cell that stopped it. reply: of one reply. memory, files, threads: the process.
    """

    cell: float = 20
    question: float = 10
    whole: float = 90
    starts: int = 10
    reply: int = 1 << 20
    memory: int = 1 << 30
    files: int = 16 << 20
    threads: int = 64

    def resources(self):
        return {
            "RLIMIT_AS": self.memory,
            "RLIMIT_FSIZE": self.files,
            "RLIMIT_NPROC": self.threads,
            "RLIMIT_NOFILE": 256,
            "RLIMIT_CORE": 0,
            "RLIMIT_MEMLOCK": 0,
            "RLIMIT_CPU": int(self.whole) + 1,
        }


LIMITS = Limits()


class Sandbox:
    """A running student's process, to be used in a `with` block. Nothing of it is left after the block.

    hidden: paths that must not be seen in it, even if they lie in a folder that can be.
    Errors: `NoSandboxError` if it cannot be started, `Trouble` when it can no longer be asked.
    """

    def __init__(self, limits=LIMITS, hidden=()):
        self.limits, self.hidden = limits, tuple(hidden)

    def __enter__(self):
        for wait in 0.1, 1, 5, None:
            self._start()
            try:
                if self._receive(30) == {"ready": True}:
                    return self
            except Trouble:
                pass
            said = self._stop()
            if wait is None:
                raise NoSandboxError(f"The sandbox did not start. It said: {said or 'nothing.'}")
            time.sleep(wait)  # a busy machine may refuse a process now, and have it a moment later
        return None

    def __exit__(self, *_):
        self._stop()

    def ask(self, message, seconds):
        """Send a message, a dict, and return the reply to it. Errors: `Trouble`; then nothing more can be asked."""
        id = secrets.token_hex(8)
        self._send(json.dumps({"id": id, **message}).encode() + b"\n", seconds)
        reply = self._receive(seconds)
        if not isinstance(reply, dict) or reply.pop("id", None) != id:
            raise Trouble("forged")
        return reply

    def _start(self):
        program, passed = os.pipe(), []
        try:
            os.write(program[1], refusals())  # smaller than a pipe holds
            os.close(program[1])
            passed = [program[0]]
            user = USERS + secrets.randbelow(1 << 29)
            grader = os.getpid()  # so that one sees in a list of processes whose it is
            limits = json.dumps({"resources": self.limits.resources(), "user": user, "grader": grader})
            sandbox = [*command(self.hidden, self.limits.files), "--seccomp", str(program[0]), "--"]
            self.process = subprocess.Popen(
                [*sandbox, python(), "-S", "-P", "-X", "utf8", "/grader/worker.py", limits],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=passed,
                cwd="/",
                env={"PATH": os.environ.get("PATH", os.defpath)},  # a student could read bubblewrap's own
                bufsize=0,
            )
        finally:
            os.close(program[0])
        self.buffer = b""
        for pipe in self.process.stdin, self.process.stdout, self.process.stderr:
            os.set_blocking(pipe.fileno(), False)

    def _stop(self):
        """End the process and all that belongs to it; return what the sandbox itself said."""
        self.process.kill()
        self.process.wait()
        said = self.process.stderr.read(2000) or b""  # a student's process has no way to write there
        for pipe in self.process.stdin, self.process.stdout, self.process.stderr:
            pipe.close()
        return " ".join(said.decode(errors="replace").split())

    def _send(self, data, seconds):
        end = time.monotonic() + seconds
        while data:
            self._wait(self.process.stdin, selectors.EVENT_WRITE, end)
            try:
                data = data[os.write(self.process.stdin.fileno(), data) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                raise Trouble("end") from None

    def _receive(self, seconds):
        end = time.monotonic() + seconds
        while b"\n" not in self.buffer:
            if len(self.buffer) > self.limits.reply:
                raise Trouble("flood")
            self._wait(self.process.stdout, selectors.EVENT_READ, end)
            try:
                more = os.read(self.process.stdout.fileno(), 1 << 16)
            except BlockingIOError:
                continue
            if not more:
                raise Trouble("end")
            self.buffer += more
        line, self.buffer = self.buffer.split(b"\n", 1)
        if self.buffer:  # one question, one line: more was not asked for
            raise Trouble("forged")
        try:
            reply = json.loads(line)
            json.dumps(reply, ensure_ascii=False).encode()  # half a surrogate could not be written into a report
        except (ValueError, RecursionError):
            raise Trouble("forged") from None
        return reply

    def _wait(self, pipe, event, end):
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, event)
            left = end - time.monotonic()
            if left <= 0 or not selector.select(left):  # though more may be there: who drips gets no longer
                raise Trouble("time")


def check_sandbox():
    """Start a sandbox and look that it holds. Errors: `NoSandboxError`, with what to install or to set."""
    refusals()
    probe = f"""
import os, socket
found = []
try: open({str(Path(__file__))!r}); found.append("reads files of the course")
except OSError: pass
try: os.fork() or os._exit(0); found.append("starts processes")
except OSError: pass
try: socket.socket(); found.append("opens sockets")
except OSError: pass
try: open("/usr/here", "w"); found.append("writes to the system")
except OSError: pass
if os.getuid() == 0: found.append("is root")
"""
    with Sandbox() as box:
        ran = box.ask({"run": probe}, 30)
        found = box.ask({"ask": "found", "cases": None}, 30).get("results")
    if ran or found != [[]]:
        raise NoSandboxError(f"The sandbox does not hold. A program in it: {found or ran}. Nothing was graded.")
