"""A class of hostile and broken submissions, each with its fair marks. Run them in the grader's sandbox, nowhere else.

What is fair: work that is right keeps its marks; trouble costs at most the cell or question that made it; what cannot
be asked gets nothing. An attack that succeeds says so in `escaped`, which then is the answer to the first question.
"""

import json
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

from notebooks import notebook, solved

from classroom.grade import grade_class
from classroom.question import assignments
from classroom.sandbox import Limits, Sandbox
from classroom.teacher import Settings

POINTS = {question.name: question.points for question in assignments()["bump"]}
MARK = "planted-secret-"  # before each secret; an attack does not know what comes after it


@dataclass(frozen=True, eq=False)
class Hostile:
    """One submission. name: what it does, and its file's. why: why its marks are fair.

    fair: {question: verdict, or several with "|" between that are as fair}; those that are not named are right.
    cells: sources of code cells, in which @PORT@, @SOCKET@ and @PATHS@ are put in. data: the whole file instead.
    """

    name: str
    why: str
    cells: tuple = ()
    fair: dict = field(default_factory=dict)
    data: bytes = b""
    file: str = ""

    def verdicts(self):
        return {name: self.fair.get(name, "right").split("|") for name in POINTS}

    def points(self):
        return sum(POINTS[name] for name, verdicts in self.verdicts().items() if verdicts == ["right"])

    def path(self):
        return self.file or f"{self.name}.ipynb"

    def written(self, port, socket, paths):
        """The file's bytes; port, socket: where the test listens. paths: files and folders that are to be hidden."""
        cells = []
        for source in self.cells:
            source = source.replace("@PORT@", str(port)).replace("@SOCKET@", repr(socket))
            cells.append(source.replace("@PATHS@", repr([str(path) for path in paths])))
        return self.data or notebook(cells)


def work(*first, last=(), without="nothing", **changed):
    """The solved notebook's cells. first: cells put before the questions. last: behind all.

    without: cells whose id has this in it are left out. changed: sources instead, by the question's name.
    """
    changed = {name.replace("_", "-"): textwrap.dedent(source) for name, source in changed.items()}
    cells = []
    for id, source in solved().items():
        if id == "map-length":
            cells += map(textwrap.dedent, first)
        if without not in id:
            cells.append(changed.get(id, source))
    return (*cells, *map(textwrap.dedent, last))


def attack(*first, **more):
    """As `work`; what the cells of `first` put into `escaped` becomes the answer to the first question."""
    tell = '+ 0\nif escaped: map_length = "escaped: " + "; ".join(map(str, escaped))'
    return work(TOOLS, *first, map_length=f"map_length = 17 {tell}", **more)


def function(body):
    """A function of one's own for the last question, on which no other depends."""
    return "def weights_from_map(feature_map, place, width):\n" + textwrap.indent(textwrap.dedent(body), "    ")


RIGHT = "return np.array([feature_map[place - cell] for cell in range(width)])\n"
LAST = "weights_from_map"
ALL = list(POINTS)
FUNCTIONS = ("slide", "slide_same", "strongest", LAST)

TOOLS = """
escaped = []
def attempt(what, function, *arguments):
    try:
        result = function(*arguments)
    except BaseException:
        return None
    escaped.append(what)
    return result
def searched(what, text):
    import re
    text = text if isinstance(text, bytes) else str(text).encode("utf-8", "replace")
    if found := re.search(b"planted" + b"-secret-" + b"[0-9a-f]{32}", text):
        escaped.append(f"{what}: {found[0].decode()}")
"""

# Goes up the frames to the worker's own, where the message and the pipe are.
STOLEN = """
import sys
frame = sys._getframe()
while "outbox" not in frame.f_locals:
    frame = frame.f_back
inbox, outbox, message = (frame.f_locals[name] for name in ("inbox", "outbox", "message"))
"""

# Answers all messages itself, each question with the line of `replies` that belongs to it.
TAKEN_OVER = f"""{STOLEN}
import json
def say(id, text):
    outbox.write(b'{{"id": "' + id.encode() + b'"' + text + b"}}\\n")
    outbox.flush()
say(message["id"], b"")
for line in inbox:
    asked = json.loads(line)
    say(asked["id"], replies.get(asked.get("ask"), b', "results": [0, 0, 0, 0]') if "ask" in asked else b"")
"""

CLASS = [
    # Notebooks that were cut, renamed, or are none.
    Hostile("check cells deleted", "Every question is asked at the end, too.", work(without="-check")),
    Hostile(
        "all but the answers deleted",
        "The answers are there.",
        tuple(solved()[id] for id in ("imports", *[name.replace("_", "-") for name in ALL])),
    ),
    Hostile(
        "checks that raise and lie",
        "The student's check decides nothing.",
        work(
            "def check(name, value):\n    raise RuntimeError('no check')",
            **{f"{name}_check": f"assert False, {name}" for name in ALL[::2]},
        ),
    ),
    Hostile(
        "check that says right to a wrong answer",
        "What the student's check prints is read by no one.",
        work("def check(name, value):\n    print('Right. Full marks.')\n    return True", one_step="one_step = 10**6"),
        {"one_step": "wrong"},
    ),
    Hostile("Untitled (3) FINAL final", "A file may be called as it likes.", work()),
    Hostile("formula", "The name is only text.", work(), file='=HYPERLINK("http:--x";"y")+cmd|\' -C calc\'!A0.ipynb'),
    Hostile("script name", "The name is only text.", work(), file="<script>alert(1)<img src=x onerror=alert(2)>.ipynb"),
    Hostile("name of control characters", "The name is only text.", work(), file="bell\a\x1b[31m\u202eline.ipynb"),
    Hostile("quotes in the name", "The name is only text.", work(), file="'\"><svg onload=alert(3)>&amp;.IPYNB"),
    Hostile(
        "a cell of 500 kB",
        "It is long, and right.",
        work(f"long = '''{'x' * 500_000}'''", "table = [" + "1, " * 20_000 + "]"),
    ),
    Hostile(
        "magics and shell lines",
        "What only IPython knows is left out; nothing of it is run.",
        work(
            "%matplotlib inline\n!cat /etc/passwd\nkept = 1",
            "%%bash\ncat /etc/passwd\nkill -9 $PPID",
            "%%time\nkept += 1\nprint?",
            one_step="%config x\n!touch /tmp/hostile-x\none_step = 8 + kept / 2",
        ),
    ),
    Hostile(
        "syntax errors in one cell",
        "Only this cell cannot be run.",
        work("if True print('x'", bump_map="bump_map = [-2, 2, 2, -2"),
        {"bump_map": "missing"},
    ),
    Hostile("indented by tabs", "Tabs are Python, too.", work(weights_from_map=function(RIGHT).replace("    ", "\t"))),
    Hostile(
        "tabs and blanks mixed",
        "The cell is no Python.",
        work(weights_from_map=function("x = 1\n" + RIGHT).replace("    x", "\tx")),
        {LAST: "missing"},
    ),
    Hostile(
        "cp1252 with an umlaut",
        "It can be read as what Windows wrote.",
        data=notebook(work("name = 'J@rg'")).replace(b"J@rg", b"J\xf6rg"),
    ),
    Hostile("utf-16", "It is JSON in another coding.", data=notebook(work()).decode().encode("utf-16")),
    Hostile("with a byte order mark", "Some editors put one.", data=b"\xef\xbb\xbf" + notebook(work())),
    Hostile("half a surrogate", "A letter that is none is replaced.", work("name = '\ud83d'")),
    Hostile(
        "format 3",
        "The cells are there, as they were before 2015.",
        data=json.dumps(
            {
                "nbformat": 3,
                "worksheets": [{"cells": [{"cell_type": "code", "input": cell.splitlines(True)} for cell in work()]}],
            }
        ).encode(),
    ),
    Hostile(
        "without metadata",
        "Cells are all that is needed.",
        data=json.dumps({"cells": [{"cell_type": "code", "source": cell} for cell in work()]}).encode(),
    ),
    Hostile(
        "nonsense among the cells",
        "The cells that are some are run.",
        data=notebook(work()).replace(
            b'{"cells": [',
            b'{"cells": [null, 7, [], {"cell_type": "code"}, {"cell_type": "code", "source": {"a": 1}}, ',
        ),
    ),
    Hostile("bump of no cells", "Nothing was handed in.", data=notebook(()), fair=dict.fromkeys(ALL, "missing")),
    Hostile("bump of no bytes", "Nothing was handed in.", data=b" ", fair=dict.fromkeys(ALL, "missing")),
    Hostile("bump cut off", "It cannot be read.", data=notebook(work())[:-500], fair=dict.fromkeys(ALL, "missing")),
    Hostile("bump of brackets", "It is no notebook.", data=b"[" * 300_000, fair=dict.fromkeys(ALL, "missing")),
    Hostile("bump of noise", "It is no notebook.", data=bytes(range(256)) * 40, fair=dict.fromkeys(ALL, "missing")),
    # Its own tools broken.
    Hostile(
        "allclose says yes",
        "Answers are compared where no student's code runs.",
        work(
            "np.allclose = np.array_equal = np.isclose = lambda *a, **k: True",
            one_step="one_step = -77",
            weights_from_map=function("return [0.5] * width"),
        ),
        {"one_step": "wrong", LAST: "wrong"},
    ),
    Hostile(
        "np.dot replaced",
        "A dot product of one's own may be right.",
        work("np.dot = lambda a, b: 0", weights_from_map=function("return np.dot(1, 1) + " + RIGHT[7:])),
    ),
    Hostile(
        "np.array broken at the end",
        "It was right when it was first asked.",
        work(last=["np.array = np.ndarray = None"]),
    ),
    Hostile(
        "json replaced",
        "The worker keeps its own.",
        work("import json\njson.loads = lambda *a, **k: '{\"results\": [17]}'", one_step="one_step = -77"),
        {"one_step": "wrong"},
    ),
    Hostile(
        "builtins replaced",
        "The cell that broke the worker's tools is left out, and what it answered.",
        work(
            bump_map="bump_map = [-2, 2, 2, -2]\nimport builtins\nbuiltins.len = builtins.isinstance = builtins.print = builtins.__import__ = None"
        ),
        {"bump_map": "missing"},
    ),
    Hostile(
        "len and print of one's own",
        "Names in the notebook are the student's.",
        work("print = id = type = __name__ = None\nisinstance = lambda *a: True"),
    ),
    Hostile(
        "sheet and check replaced",
        "Only what it breaks itself is lost; nothing is won.",
        work(
            last=[
                "import convtools.sheet, convtools.check\nconvtools.sheet.encode = lambda value: 17\nconvtools.sheet.decode = lambda value: ()\nconvtools.check.same = lambda a, b: True"
            ],
            one_step="one_step = -77",
        ),
        {"one_step": "wrong"},
    ),
    Hostile(
        "a worker's function replaced",
        "A claim of one's own is still only a claim.",
        work(
            "import sys\nmain = sys.modules['__main__']\nmain.ask = lambda *a: {'results': [17]}",
            one_step="one_step = 9",
        ),
        {name: "forged" if name in FUNCTIONS else "wrong" for name in ALL[1:]},
    ),
    Hostile(
        "warnings as errors",
        "Right work warns of nothing.",
        work("import warnings\nwarnings.simplefilter('error')\nnp.seterr(all='raise')"),
    ),
    Hostile(
        "np deleted",
        "What needs it stops; the rest stays.",
        work("del np"),
        {"slide": "error", "slide_same": "error", "strongest": "error", LAST: "error"},
    ),
    Hostile(
        "a profile that raises",
        "The cell that set it is left out.",
        work("import sys\nsys.setprofile(lambda *a: 1 / 0)", "import sys\nsys.settrace(lambda *a: 1 / 0)"),
    ),
    Hostile("recursion limit of 100", "That is enough for right work.", work("import sys\nsys.setrecursionlimit(100)")),
    Hostile(
        "streams replaced and closed",
        "Nothing printed is read.",
        work("import sys\nsys.stdout.close()\nsys.stderr = sys.stdin = sys.stdout = None\nprint('x')"),
    ),
    Hostile("descriptors closed", "The cell that cut the pipe is left out.", work("import os\nos.closerange(0, 64)")),
    # Ends, loops and bombs.
    Hostile(
        "exits",
        "A cell that exits has only stopped.",
        work("raise SystemExit(0)", "exit()", "import sys\nsys.exit('x')", "raise KeyboardInterrupt", "quit()"),
    ),
    Hostile(
        "a function that exits",
        "It gives no answer.",
        work(weights_from_map=function("raise SystemExit")),
        {LAST: "error"},
    ),
    Hostile(
        "dies in five ways",
        "Each cell that ended the process is left out.",
        work(
            "import os\nos._exit(0)",
            "import os\nos.kill(os.getpid(), 9)",
            "import os\nos.abort()",
            "import ctypes\nctypes.string_at(0)",
            "import signal\nsignal.setitimer(signal.ITIMER_REAL, 0.01)\nwhile True: signal.pause()",
        ),
    ),
    Hostile(
        "a function that dies",
        "Only this question cannot be asked.",
        work(weights_from_map=function("import ctypes\nctypes.string_at(0)")),
        {LAST: "end"},
    ),
    Hostile(
        "dies twelve times",
        "It is started ten times, then there is no more to be asked.",
        work(*["import os\nos._exit(0)"] * 12),
        dict.fromkeys(ALL, "late"),
    ),
    Hostile(
        "loops in a cell",
        "The cell is left out; the answer in it came too late.",
        work(bump_map="while True: pass\nbump_map = [-2, 2, 2, -2]"),
        {"bump_map": "missing"},
    ),
    Hostile("sleeps for days", "Only what sleeps is left out.", work("import time\ntime.sleep(10**6)")),
    Hostile(
        "loops in a function, deaf to all signals",
        "SIGKILL is not asked.",
        work(
            "import signal\nfor number in range(1, 65):\n    try: signal.signal(number, lambda *a: None)\n    except (OSError, ValueError): pass",
            weights_from_map=function("while True: pass"),
        ),
        {LAST: "time"},
    ),
    Hostile(
        "endless recursion",
        "Only this function stops.",
        work("def f(): f()\nf()", weights_from_map=function("return weights_from_map(feature_map, place, width)")),
        {LAST: "error"},
    ),
    Hostile(
        "memory hog",
        "There is a limit, and the cell has only stopped.",
        attack(
            "attempt('took 100 GB', bytearray, 10**11)",
            "attempt('took 8 TB', np.ones, (10**6, 10**6))",
            "held = []\nattempt('took 2 GB', lambda: [held.append(np.zeros(10**7)) for _ in range(25)])\nheld.clear()",
        ),
    ),
    Hostile(
        "a function that hogs",
        "Only this function stops.",
        work(weights_from_map=function("held = [np.zeros(10**7) for _ in range(300)]\n" + RIGHT)),
        {LAST: "error"},
    ),
    Hostile(
        "fork bomb",
        "No process is started, and the cells have only stopped.",
        attack(
            """
            import os, time
            for _ in range(20):
                try: child = os.fork()
                except OSError: continue
                if not child: time.sleep(40); os._exit(0)
                escaped.append("forked")
            """,
            "import subprocess\nattempt('ran a program', subprocess.run, ['/usr/bin/true'])\nattempt('ran a shell', lambda: subprocess.run('true', shell=True))",
            "import os\nif os.system('true') == 0: escaped.append('ran a shell')",
            "import multiprocessing\nattempt('multiprocessing', lambda: multiprocessing.get_context('fork').Process(target=int).start())",
            "import os\nattempt('spawned', os.posix_spawn, '/usr/bin/true', ['true'], {})",
            """
            import ctypes, os
            libc = ctypes.CDLL(None, use_errno=True)
            if os.uname().machine == "x86_64":
                child = libc.syscall(56, 17, 0, 0, 0, 0)  # clone
                if child == 0: os._exit(0)
                if child > 0: escaped.append("cloned")
            """,
        ),
    ),
    Hostile(
        "thread bomb",
        "There is a limit to threads; small sums find room beside them.",
        attack(
            """
            import threading, time
            threading.stack_size(1 << 16)
            for number in range(300):
                try: threading.Thread(target=time.sleep, args=(10**6,), daemon=True).start()
                except (RuntimeError, MemoryError): break
            else: escaped.append("300 threads")
            """
        ),
    ),
    Hostile(
        "fills the disks",
        "There is a limit, and nothing else needs the room.",
        attack(
            """
            import os
            def fill(folder):
                size = 0
                for number in range(20):
                    with open(f"{folder}/hostile-{number}", "wb", buffering=0) as file:
                        for _ in range(5): size += file.write(bytes(1 << 20))
                return size
            for folder in "/tmp", "/dev/shm", "/var/tmp", "/run", "/book", "/grader", "/packages", "/":
                attempt(f"100 MB in {folder}", fill, folder)
            """,
            "import os\nattempt('memfd', os.memfd_create, 'x')",
        ),
    ),
    Hostile(
        "500 MB printed",
        "What is printed goes nowhere.",
        work(
            "import sys\nfor _ in range(250):\n    print('x' * 10**6)\n    sys.stderr.write('y' * 10**6)",
            "import os\nfor _ in range(100): os.write(1, bytes(1 << 20)); os.write(2, bytes(1 << 20))",
        ),
    ),
    Hostile(
        "floods every descriptor",
        "The cell that flooded the pipe is left out.",
        work(
            "import os\nfor fd in range(3, 65):\n    try:\n        for _ in range(500): os.write(fd, bytes(1 << 20))\n    except OSError: pass"
        ),
    ),
    Hostile(
        "a function that floods",
        "Only this question got no answer.",
        work(
            weights_from_map=function(
                "import os\nfor fd in range(3, 65):\n    try:\n        for _ in range(500): os.write(fd, bytes(1 << 20))\n    except OSError: pass\n"
                + RIGHT
            )
        ),
        {LAST: "flood"},
    ),
    # Signals and rights.
    Hostile(
        "signals to everyone",
        "It reaches no process but its own; cells that end it are left out.",
        attack(
            """
            import os, signal
            if os.getpid() > 50 or os.path.exists("/proc/51"): escaped.append("sees the machine's processes")
            else:
                for pid in range(1, 50):
                    if pid != os.getpid():
                        try: os.kill(pid, signal.SIGTERM); os.kill(pid, 9)
                        except OSError: pass
                try: os.kill(-1, 9)
                except OSError: pass
            """,
            "import os\nif os.getpid() <= 50: os.kill(os.getpid(), 15)",
        ),
    ),
    Hostile(
        "more rights",
        "Refused, all of it.",
        attack(
            """
            import os, resource
            for name in "AS", "NPROC", "FSIZE", "NOFILE", "CPU":
                limit = getattr(resource, f"RLIMIT_{name}")
                attempt(f"raised {name}", resource.setrlimit, limit, (resource.RLIM_INFINITY,) * 2)
            attempt("priority", os.nice, -5)
            for name in "setuid", "setgid", "seteuid":
                attempt(name, getattr(os, name), 0)
            attempt("setgroups", os.setgroups, [0])
            attempt("chroot", os.chroot, "/tmp")
            for path in "/grader/worker.py", "/book", "/", "/usr", "/packages/numpy/__init__.py":
                attempt(f"chmod {path}", lambda: os.chmod(path, os.stat(path).st_mode & 0o7777))
            for path in "/grader/worker.py", "/book/convtools/sheet.py", "/packages/hostile-x.pth", "/usr/lib/hostile-x", "/hostile-x":
                attempt(f"wrote {path}", open, path, "a")
            """,
            """
            import ctypes
            libc = ctypes.CDLL(None)
            for name, arguments in {"unshare": (0x10000000,), "mount": (b"x", b"/tmp", b"tmpfs", 0, 0), "umount2": (b"/proc", 2), "ptrace": (16, 1, 0, 0), "setns": (3, 0)}.items():
                if getattr(libc, name)(*arguments) == 0: escaped.append(name)
            """,
        ),
    ),
    Hostile(
        "other ways into the kernel",
        "Calls of another architecture end the process; the cells are left out.",
        attack(
            "import ctypes, os\nif os.uname().machine == 'x86_64' and ctypes.CDLL(None).syscall(0x40000000 + 41, 2, 1, 0) >= 0: escaped.append('an x32 socket')",
            """
            import ctypes, mmap, os
            if os.uname().machine == "x86_64":  # socket of a 32 bit program: int 0x80
                page = mmap.mmap(-1, 4096, prot=7)
                page.write(bytes.fromhex("53b867010000bb02000000b90100000031d2cd805bc3"))
                if ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))() >= 0: escaped.append("a 32 bit socket")
            """,
        ),
    ),
    Hostile(
        "symlinks and odd files in tmp",
        "Nobody follows them.",
        attack(
            "import os\nfor name, to in ('class.toml', '/etc/passwd'), ('results', '/'), ('a', 'a'), ('fontlist', '/dev/zero'):\n    os.symlink(to, '/tmp/hostile-' + name)\nos.mkfifo('/tmp/hostile-fifo')\nattempt('chmod /tmp', os.chmod, '/', 0o755)"
        ),
    ),
    Hostile(
        "hangs when it is ended",
        "Nobody waits for its end.",
        work(
            "import atexit, time\natexit.register(time.sleep, 10**6)\nclass Late:\n    def __del__(self): time.sleep(10**6)\nlate = [Late()]\nlate.append(late)\nthreading = __import__('threading')\nthreading.Thread(target=time.sleep, args=(10**6,)).start()"
        ),
    ),
    # Looking for what is hidden.
    Hostile(
        "reads the course by its paths",
        "None of it can be seen.",
        attack(
            """
            import os
            for path in @PATHS@:
                attempt(f"listed {path}", os.listdir, path)
                try: searched(path, open(path, "rb").read())
                except OSError: continue
                escaped.append(f"read {path}")
            """,
            """
            import importlib, sys
            sys.path += ["/", "/work", ".", "..", "/grader", "/book", *@PATHS@]
            for name in "classroom", "classroom.questions.bump", "hostile", "question", "bump", "convtools.exercises.bump":
                attempt(f"imported {name}", importlib.import_module, name)
            """,
        ),
    ),
    Hostile(
        "searches the file system",
        "No secret is in it.",
        attack(
            """
            import os, stat, sys
            for here, folders, files in os.walk("/"):
                folders[:] = [name for name in folders if os.path.join(here, name) not in ("/proc", "/usr", "/packages", sys.base_prefix)]
                for name in files:
                    path = os.path.join(here, name)
                    searched("name", path)
                    try:
                        if stat.S_ISREG(os.stat(path).st_mode): searched(path, open(path, "rb").read(1 << 22))
                    except OSError: pass
            """
        ),
    ),
    Hostile(
        "searches proc",
        "No secret is in it.",
        attack(
            """
            import os
            for pid in [*(name for name in os.listdir("/proc") if name.isdigit() or name == "self"), "1"]:
                for name in "environ", "cmdline", "maps", "mountinfo", "status", "stack", "auxv":
                    try: searched(f"{pid}/{name}", open(f"/proc/{pid}/{name}", "rb").read(1 << 22))
                    except OSError: pass
                for name in "cwd", "root", "fd", "task":
                    try: searched(f"{pid}/{name}", os.listdir(f"/proc/{pid}/{name}"))
                    except OSError: pass
            searched("environ", os.environ)
            """,
            "attempt('the memory of process 1', open, '/proc/1/mem', 'r+b')\nattempt('the environment of process 1', open, '/proc/1/environ', 'rb')",
            """
            import ctypes, os
            class Part(ctypes.Structure): _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]
            buffer = ctypes.create_string_buffer(64)
            mine, other = Part(ctypes.addressof(buffer), 64), Part(id(escaped), 64)
            for pid in {1, os.getppid()}:
                if ctypes.CDLL(None).process_vm_readv(pid, ctypes.byref(mine), 1, ctypes.byref(other), 1, 0) > 0: escaped.append("read its parent")
            """,
        ),
    ),
    Hostile(
        "searches its own process",
        "The worker holds no secret.",
        attack(
            """
            import gc, sys
            frame = sys._getframe()
            while frame:
                searched("frame", {name: repr(value)[:10**5] for name, value in frame.f_locals.items()})
                frame = frame.f_back
            for thing in gc.get_objects():
                if type(thing) in (dict, list, tuple) and len(thing) < 50:
                    for part in thing.values() if type(thing) is dict else thing:
                        if type(part) in (str, bytes) and len(part) < 10**5: searched("object", part)
            """
        ),
    ),
    Hostile(
        "opens sockets",
        "There is no way to anyone.",
        attack(
            """
            import socket
            def reach(family, address):
                with socket.socket(family) as one:
                    one.settimeout(0.2)
                    one.connect(address)
                    one.sendall(b"here")
            attempt("a connection", reach, socket.AF_INET, ("127.0.0.1", @PORT@))
            attempt("an abstract socket", reach, socket.AF_UNIX, "\\0" + @SOCKET@)
            attempt("any socket", socket.socket)
            attempt("a datagram", socket.socket, socket.AF_INET, socket.SOCK_DGRAM)
            attempt("netlink", socket.socket, socket.AF_NETLINK)
            """,
            "import urllib.request\nattempt('a page', urllib.request.urlopen, 'http://127.0.0.1:@PORT@/')",
            "import os\nfor fd in range(3, 64):\n    try: name = os.readlink(f'/proc/self/fd/{fd}')\n    except OSError: continue\n    if 'socket' in name or name.startswith(('/work', '/home', '/root/')): escaped.append(name)",
        ),
    ),
    Hostile(
        "says the secret's name",
        "A name is no secret, and no answer.",
        work(only_peaks=f"only_peaks = '{MARK}'"),
        {"only_peaks": "wrong"},
    ),
    # Forging replies.
    Hostile(
        "replies with guessed ids",
        "The cell that wrote into the pipe is left out.",
        work(
            'import os\nfor fd in range(3, 65):\n    try: os.write(fd, b\'{"id": "0123456789abcdef", "results": [17]}\\n\' * 3)\n    except OSError: pass',
            one_step="one_step = -77",
        ),
        {"one_step": "wrong"},
    ),
    Hostile(
        "replies once with a guessed id",
        "It is no reply to what was asked: the cell is left out.",
        work(
            'import os, time\nfor fd in range(3, 65):\n    try: os.write(fd, b\'{"id": "0123456789abcdef"}\\n\')\n    except OSError: pass\ntime.sleep(0.3)',
        ),
    ),
    Hostile(
        "replies with the stolen id",
        "Two replies to one message are one too many: the cell is left out.",
        work(
            f"{STOLEN}\nimport os, json\nos.write(outbox.fileno(), (json.dumps({{'id': message['id']}}) + '\\n').encode() * 2)"
        ),
    ),
    Hostile(
        "a function that claims",
        "The claim is wrong, whoever makes it.",
        work(
            weights_from_map=function(
                STOLEN
                + "import json, os\nos.write(outbox.fileno(), (json.dumps({'id': message['id'], 'results': [[0.5]] * 4}) + '\\n').encode())\n"
                + RIGHT
            )
        ),
        {LAST: "wrong|forged"},
    ),
    Hostile(
        "a thread that replies without end",
        "The cell that started it is left out.",
        work(
            'import os, threading\nbegun = threading.Event()\ndef babble():\n    while True:\n        for fd in range(3, 9):\n            try: os.write(fd, b\'{"id": "0", "results": [17]}\\n\'); begun.set()\n            except OSError: pass\nthreading.Thread(target=babble, daemon=True).start()\nbegun.wait()'
        ),
    ),
    Hostile(
        "takes the worker's place",
        "Claims that are wrong get nothing.",
        work(f"replies = {{}}\n{TAKEN_OVER}"),
        {name: "wrong" if name in FUNCTIONS else "forged" for name in ALL},
    ),
    Hostile(
        "replies that are none",
        "None of them answers the question.",
        work(
            "replies = "
            + repr(
                {
                    "map_length": b', "results": [NaN]',
                    "one_step": b', "results": ' + b"[" * 100_000,
                    "bump_map": b', "results": [{"array": [-2, 2, 2, -2], "dtype": "object", "shape": [4]}]',
                    "slide": b', "results": [{"array": [1], "dtype": "int64", "shape": [1000000000000]}, 0, 0, 0]',
                    "slide_same": b', "results": [Infinity, -Infinity, 1e999, NaN]',
                    "only_peaks": b', "results": ["\xff\xfe\xc0"]',
                    "strongest": b', "results": [' + b"9" * 4000 + b", 1, 1, 1]",
                    LAST: b', "results": [' + b"9" * 9000 + b", 1, 1, 1]",
                }
            )
            + TAKEN_OVER
        ),
        {
            "map_length": "wrong",
            "one_step": "forged",
            "bump_map": "forged",
            "slide": "forged",
            "slide_same": "wrong",
            "only_peaks": "forged",
            "strongest": "wrong",
            LAST: "forged",
        },
    ),
    Hostile(
        "more replies that are none",
        "None of them answers the question.",
        work(
            "replies = "
            + repr(
                {
                    "map_length": b', "error": {"a": [1]}, "case": NaN',
                    "one_step": b', "error": "\\ud800\\u0000<script>alert(1)</script>", "case": 1e9',
                    "bump_map": b', "results": {"dots": true}',
                    "slide": b', "results": "four", "case": -1',
                    "slide_same": b', "error": null, "case": ' + b"9" * 4000,
                    "only_peaks": b', "results": ["c", "c"]',
                    "strongest": b', "results": [{"array": [1], "dtype": ["int64"], "shape": [1]}, 1, 1, 1]',
                    LAST: b', "results": ' + b"[" * 800 + b"]" * 800,
                }
            )
            + TAKEN_OVER
        ),
        {
            "map_length": "error",
            "one_step": "forged",
            "bump_map": "forged",
            "slide": "wrong|forged",
            "slide_same": "error",
            "only_peaks": "forged",
            "strongest": "forged",
            LAST: "forged|wrong",
        },
    ),
    # Answers that are none.
    Hostile(
        "objects with hostile habits",
        "They are neither numbers nor text.",
        work(
            """
            class Odd:
                def __array__(self, *a, **k): raise SystemExit
                def __len__(self): return -1
                def __repr__(self): return "<script>alert(1)</script>"
                def __eq__(self, other): return True
                def __getattr__(self, name): raise MemoryError
            class Posing:
                __class__ = property(lambda self: int)
            """,
            map_length="map_length = Odd()",
            one_step="one_step = type('<b>17</b><script>', (), {})()",
            bump_map="bump_map = [Odd()] * 4",
            only_peaks="class Text(str):\n    def __eq__(self, other): return True\n    def strip(self): return 'c'\n    casefold = strip\n    __hash__ = None\nonly_peaks = Text('all')",
            weights_from_map=function("return Posing()"),
        ),
        {"map_length": "wrong", "one_step": "wrong", "bump_map": "wrong", "only_peaks": "wrong", LAST: "wrong|error"},
    ),
    Hostile(
        "values without end",
        "They are no answers.",
        work(
            map_length="map_length = []\nmap_length.append(map_length)",
            one_step="import itertools\none_step = itertools.count()",
            bump_map="bump_map = np.ma.masked_array([-2, 2, 2, -2], mask=[0, 0, 0, 1])",
            only_peaks="only_peaks = np.zeros(10**6)",
            weights_from_map=function("return (number for number in iter(int, 1))"),
        ),
        {"map_length": "error", "one_step": "wrong", "bump_map": "wrong", "only_peaks": "flood", LAST: "wrong"},
    ),
    Hostile(
        "a huge array",
        "It does not fit into the process.",
        work(weights_from_map=function("return np.zeros(10**8)")),
        {LAST: "error"},
    ),
    Hostile(
        "an array of one's own kind",
        "It is an array with the right numbers.",
        work(
            "class Mine(np.ndarray):\n    def __eq__(self, other): return True\n    def __repr__(self): return 'mine'",
            bump_map="bump_map = np.array([-2, 2, 2, -2]).view(Mine)",
        ),
    ),
    Hostile(
        "letters that are none",
        "The error's words are shown as well as they can be.",
        work(
            "raise ValueError('\\ud800 \\x00 \\x1b[31m')",
            map_length="map_length = '\\ud800'",
            weights_from_map=function("raise ValueError('\\ud800\\x00\\udfff')"),
        ),
        {"map_length": "wrong", LAST: "error"},
    ),
    Hostile(
        "markup in every output",
        "It is shown as text.",
        work(
            "raise ValueError('</li></ul><script>alert(1)</script>')",
            map_length="map_length = '</code></dd><script>alert(2)</script><img src=x onerror=alert(3)>'",
            one_step="one_step = '=1+1\\n@SUM(A1)'",
            weights_from_map=function(
                "raise type('</p><iframe>', (Exception,), {})('<svg onload=alert(4)> &lt;script&gt;')"
            ),
        ),
        {"map_length": "wrong", "one_step": "wrong", LAST: "error"},
    ),
    # Answers by heart.
    Hostile(
        "a table of the public cases",
        "The hidden cases are others.",
        work(
            weights_from_map=function(
                "return {4: [3, 5, 7], 2: [1, 2]}.get(place, [0] * width) if len(feature_map) < 9 else [0] * width"
            )
        ),
        {LAST: "wrong|mistake"},  # zeros may be all that the maps of these hidden cases begin with
    ),
    Hostile(
        "plays the first asking again",
        "What was wrong the first time is wrong again.",
        work(
            "heard = {}",
            weights_from_map=function(
                "return heard.setdefault((*map(int, feature_map), int(place)), [len(heard)] * int(width))"
            ),
        ),
        {LAST: "wrong"},
    ),
    Hostile(
        "right first, then wrong",
        "Of two askings the better counts.",
        work(
            "asked = []",
            weights_from_map=function("asked.append(1)\nif len(asked) > 4: return 0\n" + RIGHT),
            last=["one_step = 'changed'"],
        ),
    ),
    Hostile(
        "wrong first, then right",
        "Of two askings the better counts.",
        work(
            "asked = []",
            weights_from_map=function("asked.append(1)\nif len(asked) <= 4: return 0\n" + RIGHT),
            one_step="one_step = ...",
            last=["one_step = 9"],
        ),
    ),
    Hostile(
        "tampers with its arguments",
        "Each call gets arguments of its own.",
        work(weights_from_map=function("answer = " + RIGHT[7:] + "feature_map[:] = 0\nreturn answer")),
    ),
]


def main():
    """Grade a folder as the JSON on stdin says, with the secrets in this process's memory; print all that came back.

    It is a process of its own, so that it can be another user's.
    """
    job, said, ask = json.load(sys.stdin), [], Sandbox.ask

    def listening(box, *arguments):
        reply = ask(box, *arguments)
        said.append(reply)
        return reply

    Sandbox.ask = listening
    grade_class(Path(job["folder"]), Path(job["out"]), Settings(job["seed"]), limits=Limits(**job["limits"]), say=str)
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main()
