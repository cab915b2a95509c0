"""What comes out of grading: tables for gradebooks, a page for each student, an overview of the class."""

import base64
import collections
import csv
import html
import io
import os
import sys
from pathlib import Path

from classroom.question import assignments

STYLE = Path(__file__).with_name("reports.css")
VERDICTS = {  # in words, and in which of the overview's four bars
    "right": ("Right", "right"),
    "mistake": ("A typical mistake", "mistake"),
    "wrong": ("Not right", "wrong"),
    "error": ("Stopped with an error", "wrong"),
    "time": ("No answer in time", "wrong"),
    "end": ("The process ended", "wrong"),
    "flood": ("Too much came back", "wrong"),
    "forged": ("No answer that can be read", "wrong"),
    "late": ("Not reached", "wrong"),
    "unanswered": ("Not answered", "none"),
    "missing": ("Not there", "none"),
}
BARS = {  # colours that are told apart without colour, too: each has its own pattern
    "right": ("right", "#2b7a78", ""),
    "mistake": ("typical mistake", "#e0a030", "///"),
    "wrong": ("wrong, or stopped", "#b3423a", "xx"),
    "none": ("not answered", "#d9d9d9", ".."),
}


def write(results, passed_over, out, class_settings):
    """Write all reports on `results`, the dicts of `classroom.grade.grade_job`, into the folder `out`."""
    _write_marks(results, out / "marks.csv")
    _write_canvas([one for one in results if one["system"] == "canvas"], out / "canvas.csv", class_settings)
    for name in assignments():
        moodle = [one for one in results if one["system"] == "moodle" and one["assignment"] == name]
        _write_moodle(moodle, out / f"moodle-{name}.csv")
    for result in results:
        path = out / "feedback" / result["student"] / f"{result['assignment']}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(feedback(result), "utf-8")
    (out / "overview.html").write_text(overview(results, passed_over), "utf-8")


def total(result):
    """The points of a result, a whole number where it is one."""
    points = round(sum(mark["points"] for mark in result["marks"]), 2)
    return int(points) if points == int(points) else points


def feedback(result):
    """A student's page: what was asked, what came, a hint; never what should have come."""
    questions = {question.name: question for question in assignments()[result["assignment"]]}
    out_of = sum(question.points for question in questions.values())
    rows = "".join(
        _question(number, mark, questions[mark["question"]]) for number, mark in enumerate(result["marks"], 1)
    )
    notes = "".join(f"<li>{_safe(note)}</li>" for note in result["notes"])
    notes = f"<h2>What happened while your notebook ran</h2><ul>{notes}</ul>" if notes else ""
    title = f"{result['assignment'].capitalize()}: {_number(total(result))} of {out_of} points"
    return _page(title, f"<p>For {_safe(result['name'])}. File: {_safe(result['file'])}</p>{rows}{notes}")


def overview(results, passed_over):
    """The teacher's page: which questions were hard, which mistakes common, and every student's points."""
    parts = []
    for name, questions in assignments().items():
        own = [one for one in results if one["assignment"] == name]
        if own:
            parts.append(_assignment(name, questions, own))
    rest = "".join(f"<li>{_safe(line)}</li>" for line in passed_over)
    if rest:
        parts.append(f"<h2>Passed over</h2><p>These files were not graded.</p><ul>{rest}</ul>")
    students = len({one["student"] for one in results})
    return _page("Overview of the class", f"<p>{students} students, {len(results)} notebooks.</p>" + "".join(parts))


def write_gradebook(results, file):
    """Write the points into nbgrader's gradebook, the SQLite database `file`. Errors: `ValueError` without nbgrader."""
    try:
        from nbgrader.api import Gradebook
    except ImportError as error:
        raise ValueError("For --gradebook install nbgrader: python -m pip install nbgrader") from error
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # it looks for alembic
    with Gradebook(f"sqlite:///{Path(file).resolve()}") as book:
        for name, questions in assignments().items():
            own = [one for one in results if one["assignment"] == name]
            if own:
                book.update_or_create_assignment(name)
                book.update_or_create_notebook(name, name)
                for question in questions:
                    cell = {"max_score": question.points, "cell_type": "code"}
                    book.update_or_create_grade_cell(f"{question.name}_check", name, name, **cell)
            for one in own:
                student = one["name"] if one["system"] == "nbgrader" else one["student"]
                book.update_or_create_student(student)
                book.update_or_create_submission(name, student)
                for mark in one["marks"]:
                    grade = book.find_grade(f"{mark['question']}_check", name, name, student)
                    grade.auto_score, grade.needs_manual_grade = mark["points"], False
        book.db.commit()


def _write_marks(results, path):
    rows = [
        [
            one["student"],
            one["name"],
            one["assignment"],
            mark["question"],
            mark["points"],
            mark["out_of"],
            mark["verdict"],
        ]
        for one in results
        for mark in one["marks"]
    ]
    _write_csv(path, ["student", "name", "assignment", "question", "points", "out of", "verdict"], rows)


def _write_canvas(results, path, class_settings):
    """Canvas knows a student by ID, and a column by its name; who handed in anonymously has none."""
    results = [one for one in results if one["id"]]
    names = [name for name in assignments() if any(one["assignment"] == name for one in results)]
    students = {}
    for one in results:
        students.setdefault((one["name"], one["id"]), {})[one["assignment"]] = total(one)
    columns = [class_settings.columns.get(name, name) for name in names]
    rows = [
        [name, id, "", "", "", *(points.get(each, "") for each in names)] for (name, id), points in students.items()
    ]
    if rows:
        _write_csv(path, ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *columns], rows)


def _write_moodle(results, path):
    """Moodle's grading worksheet knows a student as "Participant" and a number; a team may have none."""
    rows = [[f"Participant {one['id']}", one["name"], total(one), _summary(one)] for one in results if one["id"]]
    if rows:
        _write_csv(path, ["Identifier", "Full name", "Grade", "Feedback comments"], rows)


def _summary(result):
    return "; ".join(f"{mark['question']} {_number(mark['points'])}/{mark['out_of']}" for mark in result["marks"])


def _write_csv(path, head, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *([_cell(value) for value in row] for row in rows)])


def _cell(value):
    """A value that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _question(number, mark, question):
    asked = f"<dt>It was called with</dt><dd><code>{_safe(mark['asked'])}</code></dd>" if mark["asked"] else ""
    came = f"<dt>What came</dt><dd><code>{_safe(mark['came'])}</code></dd>" if mark["came"] else ""
    hint = "" if mark["verdict"] in ("right", "mistake", "wrong") else f"<p>{_safe(question.hint)}</p>"
    shown = f"<dl>{asked}{came}</dl>" if asked or came else ""
    verdict, bar = VERDICTS[mark["verdict"]]
    said = _safe(mark["said"].removeprefix("Right. "))
    points = f"{_number(mark['points'])} of {mark['out_of']} points"
    return f"""
<section class="{bar}">
<h2>{number}. <code>{_safe(mark["question"])}</code> <span>{points}</span></h2>
<p>{_safe(question.asks)}</p>
<p><strong>{verdict}.</strong> {said}</p>{shown}{hint}
</section>"""


def _assignment(name, questions, results):
    counts = {question.name: collections.Counter() for question in questions}
    mistakes = {question.name: collections.Counter() for question in questions}
    for mark in (mark for one in results for mark in one["marks"]):
        counts[mark["question"]][VERDICTS[mark["verdict"]][1]] += 1
        if mark["verdict"] == "mistake":
            mistakes[mark["question"]][mark["said"]] += 1
    head = "".join(f"<th scope='col'>{label}</th>" for label, _, _ in BARS.values())
    rows = "".join(
        f"<tr><th scope='row'><code>{question}</code></th>{''.join(f'<td>{count[bar]}</td>' for bar in BARS)}</tr>"
        for question, count in counts.items()
    )
    common = "".join(
        f"<li>{count} × <code>{question}</code>: {_safe(said)}</li>"
        for count, question, said in sorted(
            ((count, question, said) for question, each in mistakes.items() for said, count in each.items()),
            key=lambda row: (-row[0], row[1:]),
        )[:10]
    )
    out_of = sum(question.points for question in questions)
    points = sorted(total(one) for one in results)
    middle, least, most = map(_number, (points[len(points) // 2], points[0], points[-1]))
    students = "".join(
        f"<tr><th scope='row'><a href='feedback/{one['student']}/{name}.html'>{_safe(one['name'])}</a></th>"
        f"<td>{_number(total(one))}</td><td>{_safe(' '.join(one['notes'][:1]))}</td></tr>"
        for one in results
    )
    return f"""
<h2>{name.capitalize()}</h2>
<p>{len(results)} notebooks. Half of them have {middle} or more of {out_of} points.
The fewest are {least}, the most {most}.</p>
<figure>{_plot(counts, len(results))}<figcaption>How the answers to each question came out.</figcaption></figure>
<details><summary>The same in numbers</summary>
<table><tr><th scope="col">question</th>{head}</tr>{rows}</table></details>
{f"<h3>The commonest mistakes</h3><ul>{common}</ul>" if common else ""}
<details><summary>Every student</summary><table>
<tr><th scope="col">student</th><th scope="col">points</th><th scope="col">note</th></tr>{students}</table></details>"""


def _plot(counts, students):
    """An image element: for each question a bar of students, by what came of their answers."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 0.9 + 0.42 * len(counts)), layout="constrained")
    axes = figure.subplots()
    names, left = list(counts), [0] * len(counts)
    for bar, (label, colour, pattern) in BARS.items():
        widths = [counts[name][bar] for name in names]
        axes.barh(names, widths, left=left, color=colour, hatch=pattern, edgecolor="white", label=label)
        left = [start + width for start, width in zip(left, widths, strict=True)]
    axes.invert_yaxis()
    axes.set(xlim=(0, students), xlabel="students")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside upper center", ncols=len(BARS), frameon=False)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=150, metadata={"Software": None})
    text = base64.b64encode(picture.getvalue()).decode()
    alt = "Bars of students for each question; the table below has the numbers."
    return f'<img alt="{alt}" src="data:image/png;base64,{text}">'


def _page(title, body):
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_safe(title)}</title>
<style>
{STYLE.read_text("utf-8")}</style>
</head>
<body>
<main>
<h1>{_safe(title)}</h1>
{body}
</main>
</body>
</html>
"""


def _safe(text):
    return html.escape(str(text)).encode("utf-8", "replace").decode()


def _number(value):
    return f"{value:g}"
