"""bubblewrap's command for a sandbox: what can be seen in it, and which system calls are refused."""

import errno
import functools
import os
import shutil
import sys
import sysconfig
import tempfile
from pathlib import Path

import convtools

WORKER = Path(__file__).with_name("worker.py")
BOOK = Path(convtools.__file__).parent
INSTALL = "On Debian or Ubuntu: apt install bubblewrap libseccomp2. On Fedora: dnf install bubblewrap libseccomp."
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


class NoSandboxError(Exception):
    """No sandbox can be had on this machine; the text says why and what to install."""


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
def command(hidden=(), size=16 << 20):
    """Return the command that makes a sandbox in which nothing can be read but Python, its packages and convtools.

    hidden: paths that must not be seen in it, even if they lie in a folder that can be. size: of its /tmp, in bytes.
    The program to run is to be put behind it. Errors: none; `refusals` says whether there is a bubblewrap.
    """
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
    words += ["--perms", "1777", "--size", str(size), "--tmpfs", "/tmp"]
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


def font_cache():
    """Matplotlib's list of fonts, if it was made: making it anew takes a second."""
    import matplotlib

    return sorted(Path(matplotlib.get_cachedir()).glob("fontlist-*.json"))
