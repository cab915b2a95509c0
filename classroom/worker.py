"""Runs inside the sandbox, in the student's process: executes cells and answers questions, JSON lines in and out.

It holds no answer and is trusted by no one: whatever comes out of it is only a claim. It takes messages such as
{"id": "a1", "run": "x = 1"} and {"id": "a2", "ask": "x", "cases": null}, and replies with the same id.
"""

import gc
import os
import re
import resource
import sys
from json import dumps, loads  # of our own, whatever a notebook makes of json


def main():
    limits = loads(sys.argv[1])
    inbox, outbox = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):  # what a notebook prints is read by no one
        os.dup2(nothing, stream)
    confine(limits)
    gc.disable()  # while much is made and nothing thrown away
    from convtools.sheet import decode, encode  # now, while all is as it should be

    gc.enable()
    nothing_to_show = dict.fromkeys(("display", "get_ipython", "help"), lambda *args, **kwargs: None)
    names = {"__name__": "__main__", "exit": sys.exit, "quit": sys.exit, **nothing_to_show}  # as in a notebook

    def reply(message):
        outbox.write(dumps(message, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
        outbox.flush()

    reply({"ready": True})
    for line in inbox:
        message = loads(line)
        answer = (
            run(message["run"], names)
            if "run" in message
            else ask(message["ask"], message["cases"], names, decode, encode)
        )
        reply({"id": message["id"], **answer})


def confine(limits):
    """Give up all rights that the sandbox still left, for good."""
    for name, value in limits["resources"].items():
        resource.setrlimit(getattr(resource, name), (value, value))
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(*[limits["user"]] * 3)
        os.setresuid(*[limits["user"]] * 3)


def run(source, names):
    """Execute a cell; return {} or {"error": what stopped it}."""
    try:
        exec(compile(python(source), "<cell>", "exec"), names)
    except BaseException as error:  # SystemExit and KeyboardInterrupt, too: a cell must not end the process
        return {"error": words(error)}
    return {}


def ask(name, cases, names, decode, encode):
    """Return {"results": ...} of a variable (`cases` is None) or of a function's calls, or why there are none."""
    if name not in names:
        return {"missing": True}
    value, results = names[name], []
    try:
        if cases is None or value is None or value is ...:
            results.append(encode(value))
        elif not callable(value):
            return {"error": f"A function was expected, got a value of type {type(value).__name__}."}
        else:
            for case in cases:
                results.append(encode(value(*decode(case))))
        dumps(results)
    except BaseException as error:
        return {"error": f"It stopped with {words(error)}", "case": len(results)}
    return {"results": results}


def words(error):
    """An error's kind and words, on one line of at most 300 characters."""
    try:
        text = " ".join(str(error).split())
    except BaseException:
        text = ""
    return f"{type(error).__name__}: {text}"[:300] if text else f"{type(error).__name__}."


def python(source):
    """Return a cell's source without what only IPython understands: %magic, !command, ?help.

    >>> python("%matplotlib inline")
    'pass'
    """
    try:
        compile(source, "<cell>", "exec")
    except (SyntaxError, ValueError):
        if re.match(r"\s*%%(?!time|capture|prun)", source):
            return ""
        source = re.sub(r"^(\s*)(?:[%!?].*|.*\?\s*)$", r"\1pass", source, flags=re.MULTILINE)
    return source


if __name__ == "__main__":
    main()
