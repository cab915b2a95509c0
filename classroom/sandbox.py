"""One student's process: bubblewrap around it, limits on it, and a pipe of JSON lines to and from it."""

import errno
import functools
import json
import os
import secrets
import selectors
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import convtools

WORKER = Path(__file__).with_name("worker.py")
BOOK = Path(convtools.__file__).parent
INSTALL = "On Debian or Ubuntu: apt install bubblewrap libseccomp2. On Fedora: dnf install bubblewrap libseccomp."
USERS = 1 << 30  # the first of the user numbers that stand for nobody
# No program of a student needs these: new processes, sockets, memory that no limit counts, and ways into the kernel.
# fmt: off
REFUSED = (
    "fork", "vfork", "execveat", "socket", "shmget", "shmat", "msgget", "semget", "mq_open", "memfd_create",
    "memfd_secret", "unshare", "setns", "mount", "umount2", "fsopen", "fsmount", "move_mount", "open_tree",
    "mount_setattr", "pivot_root", "chroot", "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise",
    "pidfd_open", "pidfd_getfd", "kcmp", "bpf", "perf_event_open", "userfaultfd", "io_uring_setup",
    "io_uring_enter", "io_uring_register", "keyctl", "add_key", "request_key", "open_by_handle_at",
    "name_to_handle_at", "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "swapon",
    "swapoff", "reboot", "acct", "quotactl", "syslog", "personality",
)
# fmt: on


class NoSandboxError(Exception):
    """No sandbox can be had on this machine; the text says why and what to install."""


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
            command = [*bubblewrap(self.hidden), "--seccomp", str(program[0]), "--"]
            command += [python(), "-P", "-X", "utf8", "/grader/worker.py", limits]
            self.process = subprocess.Popen(
                command,
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


@functools.cache
def refusals():
    """Return the filter of system calls, for bubblewrap's --seccomp. Errors: `NoSandboxError`."""
    if not sys.platform.startswith("linux"):
        raise NoSandboxError("Grading needs Linux and its bubblewrap. On Windows use WSL 2, on a Mac a Linux machine.")
    if not shutil.which("bwrap"):
        raise NoSandboxError(f"Grading needs bubblewrap, which runs each submission in a sandbox. {INSTALL}")
    try:
        import pyseccomp as seccomp
    except (ImportError, RuntimeError) as error:
        raise NoSandboxError(f"Grading needs pyseccomp and libseccomp ({error}). {INSTALL}") from error
    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    refuse = seccomp.ERRNO(errno.EPERM)
    for name in REFUSED:
        try:
            rules.add_rule(refuse, name)
        except (RuntimeError, OSError, ValueError):  # a call that this machine does not have
            continue
    thread = 0x00010000  # CLONE_THREAD: a thread of the same process may be started, another process may not
    rules.add_rule(refuse, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, thread, 0))
    rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")  # its flags cannot be read here; all fall back to clone
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def python():
    """The path of the Python that the environment was made from; the environment itself is not in the sandbox."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


@functools.lru_cache(maxsize=8)
def bubblewrap(hidden):
    """Return the command that makes a sandbox in which nothing can be read but Python, its packages and convtools."""
    places = {}  # path in the sandbox: what is there
    for path in map(Path, ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin")):
        if path.is_symlink():
            places[path] = ["--symlink", os.readlink(path), str(path)]
        elif path.exists():
            places[path] = ["--ro-bind", str(path), str(path)]
    for path in map(Path, ("/etc/ld.so.cache", sys.base_prefix)):
        if path.exists():
            places.setdefault(path, ["--ro-bind", str(path), str(path)])
    for path in {*map(Path, hidden), BOOK.parent}:
        if path.is_dir():
            places.setdefault(path.resolve(), ["--tmpfs", str(path.resolve()), "--remount-ro", str(path.resolve())])
    visible = [path for path, words in places.items() if words[0] == "--ro-bind"]
    packages = sysconfig.get_path("purelib")
    places[Path("/packages")] = ["--ro-bind", packages, "/packages"]
    places[Path("/book/convtools")] = ["--ro-bind", str(BOOK), "/book/convtools"]
    places[Path("/grader/worker.py")] = ["--ro-bind", str(WORKER), "/grader/worker.py"]
    words, made = [], set(places)
    for path, place in sorted(places.items()):  # a folder before what lies in it
        if place[0] == "--tmpfs" and not any(path.is_relative_to(outer) for outer in visible):
            continue  # it cannot be seen anyway
        for outer in reversed(path.parents[:-1]):
            if outer not in made and not any(outer.is_relative_to(other) for other in visible):
                words += ["--perms", "0755", "--dir", str(outer)]
                made.add(outer)
        words += place
    answers = "/book/convtools/exercises"  # to the book's own exercises
    words += ["--tmpfs", answers, "--remount-ro", answers]
    words += ["--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev"]
    words += ["--tmpfs", "/proc/1", "--remount-ro", "/proc/1"]  # bubblewrap's own: the grader's environment is in it
    words += ["--perms", "1777", "--size", str(Limits.files), "--tmpfs", "/tmp"]
    for fonts in font_cache():
        words += ["--ro-bind", str(fonts), f"/tmp/{fonts.name}"]
    words += ["--remount-ro", "/", "--chdir", "/tmp", "--clearenv"]
    for name, value in ENVIRONMENT.items():
        words += ["--setenv", name, value]
    if os.getuid() == 0:  # the worker goes on as nobody
        user = ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        user = ["--unshare-user", "--disable-userns", "--uid", "65534", "--gid", "65534"]
    spaces = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    return ["bwrap", *user, *spaces, "--hostname", "sandbox", "--die-with-parent", "--new-session", *words]


ENVIRONMENT = {
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
    "MPLBACKEND": "Agg",
    "MPLCONFIGDIR": "/tmp",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PATH": "/usr/bin",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONPATH": "/packages:/book",
}


def font_cache():
    """Matplotlib's list of fonts, if it was made: making it anew takes a second."""
    import matplotlib

    return sorted(Path(matplotlib.get_cachedir()).glob("fontlist-*.json"))
