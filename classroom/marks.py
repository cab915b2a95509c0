"""The marks of one notebook: its cells run in a sandbox, its values are asked for there and compared here."""

import json
import re
import time
from dataclasses import asdict, dataclass, replace

from classroom.question import assignments, shown
from classroom.sandbox import LIMITS, Sandbox, Trouble
from classroom.teacher import settings
from convtools.check import same
from convtools.sheet import decode, encode

CHECK = re.compile(r'^check\(\s*["\'](\w+)["\']\s*,.*\)\s*$', re.MULTILINE)
SAID = {
    "unanswered": "The dots are still there, or the function has no return.",
    "missing": "The notebook has nothing of this name. Was its cell deleted, does it stop with an error, or is it "
    "spelled otherwise?",
    "time": "No answer came in time. Is there a loop that never ends?",
    "end": "The notebook's process ended here: by exit, for want of memory, or by a crash.",
    "flood": "More came back than can be an answer.",
    "forged": "What came back was no answer to what was asked.",
    "late": "The notebook was stopped too often, or took too long, before this question came up.",
}


@dataclass(frozen=True)
class Mark:
    """What became of one question.

    verdict: "right", "mistake", "wrong", "error" or a key of SAID. said: the words for the student.
    asked, came: a hidden input that shows what went wrong, and what the student's function made of it.
    """

    question: str
    points: float
    out_of: int
    verdict: str
    said: str
    asked: str = ""
    came: str = ""


def grade(cells, assignment, seed, limits=LIMITS, hidden=()):
    """Return {"marks": a list of Mark as dicts, "notes": what else happened} of a notebook's code cells.

    cells: their sources, in order. seed: the class's, a text. hidden: as Sandbox has it.
    A cell or question that stops the process is left out when it is started again, so that it costs no other its marks.
    Cells of the assignment that only show something, and are as they were, are run if a name turns out to be missing.
    Errors: `NoSandboxError`.
    """
    return _Grading(cells, assignment, seed, limits, hidden).result()


def points(assignment, name, value):
    """Return the points of `value` for a question, and print why if they are not all: for nbgrader's own autograding.

    There the student's code shares a process with the answers; use it only where you trust your students.
    """
    question = next(question for question in assignments()[assignment] if question.name == name)
    cases = question.hidden(settings().seed)
    results = [value(*case) for case in json_copy(cases)] if question.cases else [value]
    marks, said, verdict = question.worth(*json_copy(results), cases=cases)
    if verdict != "right":
        print(said)
    return marks


def json_copy(value):
    """Return `value` as it is after a way through JSON, as all that a sandbox says."""
    return decode(json.loads(json.dumps(encode(value))))


class _Grading:
    def __init__(self, cells, assignment, seed, limits, hidden):
        questions = assignments()[assignment]
        self.questions = {question.name: question for question in questions}
        self.cases = {question.name: question.hidden(seed) for question in questions}
        self.limits, self.hidden, self.steps = limits, hidden, list(_steps(cells, self.questions))
        self.pictures = {at for at, step in enumerate(self.steps) if step[1].strip() in shown(assignment)}
        self.a_name_was_missing = False
        self.marks, self.notes, self.left_out = {}, [], set(self.pictures)

    def result(self):
        end = time.monotonic() + self.limits.whole
        for _ in range(self.limits.starts):
            if self._run_through(end):
                if not (self.pictures and self.a_name_was_missing):
                    break
                self.left_out, self.pictures = self.left_out - self.pictures, set()
        for question in self.questions.values():
            self.marks.setdefault(question.name, self._without_answer(question, "late"))
        marks = [asdict(self.marks[name]) for name in self.questions]
        return {"marks": marks, "notes": self.notes}

    def _run_through(self, end):
        """Go through all steps in a fresh process; return whether it lasted to the end."""
        with Sandbox(self.limits, self.hidden) as box:
            for at, (kind, what) in enumerate(self.steps):
                if at in self.left_out or (kind == "ask" and self._settled(what)):
                    continue
                left = end - time.monotonic()
                if left <= 0:
                    return True
                try:
                    if kind == "run":
                        self._run(box, at, what, min(left, self.limits.cell))
                    else:
                        self._ask(box, self.questions[what], min(left, self.limits.question))
                except Trouble as trouble:
                    self.left_out.add(at)
                    if kind == "run":
                        self._note(at, SAID[trouble.kind])
                    else:
                        self._keep(self._without_answer(self.questions[what], trouble.kind))
                    return False
        return True

    def _run(self, box, at, source, seconds):
        reply = box.ask({"run": source}, seconds)
        if "error" in reply:
            self._look_for_names(reply["error"])
            self._note(at, f"It stopped with {_text(reply['error'])}")

    def _look_for_names(self, error):
        self.a_name_was_missing |= "NameError" in _text(error)

    def _note(self, at, said):
        number = 1 + sum(kind == "run" for kind, _ in self.steps[:at])
        first = next((line.strip() for line in self.steps[at][1].splitlines() if line.strip()), "")
        note = f'The cell that begins with "{first[:60]}" (code cell {number}): {said}'
        if note not in self.notes and len(self.notes) < 50:
            self.notes.append(note)

    def _ask(self, box, question, seconds):
        cases = self.cases[question.name]
        reply = box.ask({"ask": question.name, "cases": encode(cases) if cases else None}, seconds)
        if "missing" in reply:
            return self._keep(self._without_answer(question, "missing"))
        if "error" in reply:
            asked = reply.get("case")
            asked = _shown(cases[asked]) if cases and isinstance(asked, int) and 0 <= asked < len(cases) else ""
            said = _text(reply["error"])
            self._look_for_names(said)
            return self._keep(Mark(question.name, 0, question.points, "error", said, asked))
        try:
            results = decode(reply["results"])
            if all(result is None or result is ... for result in results):
                return self._keep(self._without_answer(question, "unanswered"))
            if len(results) != max(1, len(cases)):
                raise ValueError("not one result for each case")
            marks, said, verdict = question.worth(*results, cases=cases)
        except Exception:  # the reply may be anything at all; a forged one is no answer
            return self._keep(self._without_answer(question, "forged"))
        asked, came = self._example(question, results) if verdict != "right" else ("", "")
        return self._keep(Mark(question.name, marks, question.points, verdict, said, asked, came))

    def _example(self, question, results):
        """The first case that went wrong, and what came."""
        cases = self.cases[question.name]
        right = question.expected(question.answer, cases)
        at = next((at for at, result in enumerate(results) if not same(result, right[at])), 0)
        return _shown(cases[at]) if cases else "", _shown([results[at]])

    def _without_answer(self, question, verdict):
        return Mark(question.name, 0, question.points, verdict, SAID[verdict])

    def _keep(self, mark):
        """Of two marks of one question, where it was first asked and at the end of the notebook, the better one."""
        known = self.marks.get(mark.question)
        if known is None or (mark.points, mark.verdict != "missing") > (known.points, known.verdict != "missing"):
            self.marks[mark.question] = replace(mark, points=round(mark.points, 2))

    def _settled(self, name):
        mark = self.marks.get(name)
        return mark and (mark.verdict in ("right", "time", "end", "flood", "forged"))


def _steps(cells, questions):
    """Yield ("run", source) and ("ask", name): each question where the notebook checks it, and once more at the end."""
    for source in cells:
        names = [name for name in CHECK.findall(source) if name in questions]
        if CHECK.sub("", source).strip() or not names:
            yield "run", source
        for name in names:
            yield "ask", name
    for name in questions:
        yield "ask", name


def _shown(values):
    words = ", ".join(" ".join(repr(value).split()) for value in values)
    return words if len(words) <= 300 else words[:297] + "..."


def _text(words):
    return str(words)[:400]
