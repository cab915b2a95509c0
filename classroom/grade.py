"""make grade SUBMISSIONS=folder: fair marks for a class, each notebook in a sandbox of its own.

    python -m classroom.grade SUBMISSIONS [--out FOLDER] [--class FILE] [--assignment NAME]
                              [--scheduler tcp://HOST:PORT] [--gradebook FILE]

A run that was stopped goes on where it was, and the marks are the same every time.
"""

import argparse
import datetime
import functools
import hashlib
import json
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

import convtools
from classroom import reports
from classroom.bubblewrap import NoSandboxError
from classroom.marks import grade
from classroom.question import assignments
from classroom.sandbox import LIMITS, Limits, check_sandbox
from classroom.submissions import submissions
from classroom.teacher import settings


def grade_class(folder, out, class_settings, assignment="", scheduler="", limits=LIMITS, say=print):
    """Grade every submission in `folder`; write results and reports into the folder `out`.

    class_settings: a classroom.teacher.Settings. assignment: what notebooks are that cannot be recognised.
    scheduler: the address of a Dask scheduler whose workers share the work; without it all cores of this machine do.
    Return the results, a list of dicts, and what was passed over, in words. Errors: `NoSandboxError`, `ValueError`.
    """
    check_sandbox()
    names = {name: [question.name for question in questions] for name, questions in assignments().items()}
    found, passed_over = submissions(folder, names, assignment)
    if not found:
        raise ValueError(f"No notebook of a known assignment is in {folder}. Passed over: {passed_over[:5] or 'none'}.")
    (out / "results").mkdir(parents=True, exist_ok=True)
    jobs = [_job(one, class_settings.seed, limits, (str(folder), str(out))) for one in found]
    results = [_kept(out, job) for job in jobs]
    missing = [job for job, result in zip(jobs, results, strict=True) if result is None]
    if len(missing) < len(jobs):
        say(f"{len(jobs) - len(missing)} of {len(jobs)} were graded before.")
    share = functools.partial(_on_dask, scheduler) if scheduler else _on_this_machine
    with (
        open(out / "audit.jsonl", "a", encoding="utf-8") as log,
        tqdm(total=len(missing), unit="notebook", disable=None) as bar,
    ):
        for result in share(missing):
            if "failure" in result:
                passed_over.append(f"{result['file']}: the grader failed on it: {result['failure']}")
            else:
                _keep(out, result)
            print(json.dumps(_entry(result)), file=log, flush=True)
            bar.update()
    results = list(filter(None, (_kept(out, job) for job in jobs)))
    reports.write(results, passed_over, out, class_settings)
    return results, passed_over


def grade_job(job):
    """Grade one submission, a dict that `grade_class` made, on whatever machine; return its result, a dict."""
    if job["version"] != version():
        raise RuntimeError("This worker has another version of the grader. Update its checkout and start it again.")
    result = {key: job[key] for key in ("student", "name", "system", "id", "file", "assignment", "fingerprint")}
    if job["problem"]:
        questions = assignments()[job["assignment"]]
        marks = [{"question": one.name, "points": 0, "out_of": one.points, "verdict": "missing"} for one in questions]
        marks = [{**mark, "said": job["problem"], "asked": "", "came": ""} for mark in marks]
        return {**result, "marks": marks, "notes": [job["problem"]]}
    limits = Limits(**job["limits"])
    return {**result, **grade(job["cells"], job["assignment"], job["seed"], limits, tuple(job["hidden"]))}


@functools.cache
def version():
    """A hash of all that decides about marks: the grader, its questions, and convtools."""
    sources = [*Path(__file__).parent.rglob("*.py"), *Path(convtools.__file__).parent.rglob("*.py")]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(sources))).hexdigest()[:16]


def _job(submission, seed, limits, hidden):
    job = {**asdict(submission), "seed": seed, "limits": asdict(limits), "version": version()}
    job["fingerprint"] = hashlib.sha256(json.dumps(job, sort_keys=True).encode()).hexdigest()
    return {**job, "hidden": [os.path.abspath(path) for path in hidden]}


def _path(out, job):
    return out / "results" / f"{job['student']}--{job['assignment']}.json"


def _kept(out, job):
    """The result of an earlier run, if it is of this very submission, seed and grader."""
    try:
        result = json.loads(_path(out, job).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return result if isinstance(result, dict) and result.get("fingerprint") == job["fingerprint"] else None


def _keep(out, result):
    """Write a result whole or not at all."""
    path = _path(out, result)
    new = path.with_suffix(".new")
    new.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    os.replace(new, path)


def _entry(result):
    """The audit log's line on a result."""
    if "failure" in result:
        return {"file": result["file"], "failure": result["failure"]}
    return {
        "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "file": result["file"],
        "student": result["student"],
        "assignment": result["assignment"],
        "fingerprint": result["fingerprint"],
        "grader": version(),
        "points": sum(mark["points"] for mark in result["marks"]),
        "verdicts": {mark["question"]: mark["verdict"] for mark in result["marks"]},
        "notes": result["notes"],
    }


def _on_this_machine(jobs):
    """Yield results as they come. A thread only waits for its sandbox and compares."""
    pool = ThreadPoolExecutor(len(os.sched_getaffinity(0)))
    try:
        for future in as_completed([pool.submit(_guarded, job) for job in jobs]):
            yield future.result()
    finally:  # when it is stopped, what has not begun never does
        pool.shutdown(wait=False, cancel_futures=True)


def _guarded(job):
    """Grade a submission; should the grader itself fail on it, that must cost no other its marks."""
    try:
        return grade_job(job)
    except NoSandboxError:
        raise
    except Exception as error:
        return {"file": job["file"], "failure": f"{type(error).__name__}: {error}"}


def _on_dask(address, jobs):
    """Yield results as they come from Dask's workers. A worker that dies costs nothing: its jobs go to another."""
    from distributed import Client
    from distributed import as_completed as completed

    with Client(address) as client:
        by_key = {f"grade-{job['fingerprint']}": job for job in jobs}
        futures = [client.submit(grade_job, job, key=key, retries=2) for key, job in by_key.items()]
        for future in completed(futures):
            if future.status == "finished":
                yield future.result()
            else:  # it took several workers along, or a worker could not do it: here it is looked at once more
                yield _guarded(by_key[future.key])


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m classroom.grade", description=__doc__.splitlines()[0])
    parser.add_argument("submissions", type=Path, help="a folder or a zip, as the LMS exported it")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="for the results; the default is beside the other")
    parser.add_argument("--class", dest="class_file", type=Path, metavar="FILE", help="with the class's seed")
    parser.add_argument("--assignment", default="", choices=["", *assignments()], help="what is not recognised")
    parser.add_argument("--scheduler", default="", metavar="tcp://HOST:PORT", help="of Dask, for many machines")
    parser.add_argument("--gradebook", metavar="FILE", help="of nbgrader, such as gradebook.db, to write into")
    options = parser.parse_args(arguments)
    folder = options.submissions
    out = options.out or folder.with_name(folder.stem + "-graded")
    for number in signal.SIGINT, signal.SIGTERM:  # even where a shell in the background has it ignored
        signal.signal(number, signal.default_int_handler)
    try:
        results, passed_over = grade_class(
            folder, out, settings(options.class_file), options.assignment, options.scheduler
        )
        if options.gradebook:
            reports.write_gradebook(results, options.gradebook)
    except (NoSandboxError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # what is graded is kept; the sandboxes end with this process
        print("Stopped. Run it again to go on.", file=sys.stderr, flush=True)
        os._exit(130)
    print(*(f"Not graded: {line}" for line in passed_over), f"{len(results)} graded.", sep="\n")
    print(f"Open {out / 'overview.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
