"""The marks of one notebook: where a question is asked, which of two answers counts, and what trouble costs."""

import time

import pytest
from notebooks import FLIPPED, solved

from classroom.marks import grade
from classroom.question import assignments
from classroom.sandbox import LIMITS, Limits

pytestmark = pytest.mark.usefixtures("bubblewrap")
QUESTIONS = [question.name for question in assignments()["bump"]]
LOOP = "while True: pass"


def marks(cells, limits=LIMITS):
    """({question: (points, verdict)}, notes) of cells, a dict of sources."""
    result = grade(list(cells.values()), "bump", "the seed of a class", limits)
    assert [mark["question"] for mark in result["marks"]] == QUESTIONS
    return {mark["question"]: (mark["points"], mark["verdict"]) for mark in result["marks"]}, result["notes"]


def but(**changed):
    """The marks of a notebook that is right but for some questions."""
    right = {question.name: (question.points, "right") for question in assignments()["bump"]}
    return {**right, **changed}


def test_a_solved_notebook_has_all_points():
    assert marks(solved()) == (but(), [])


def test_cells_deleted_or_emptied_are_missing():
    cells = solved()
    del cells["map-length"]
    cells["only-peaks"] = ""
    assert marks(cells)[0] == but(map_length=(0, "missing"), only_peaks=(0, "missing"))


def test_dots_are_not_answered():
    cells = {**solved(), "map-length": "map_length = ...", "weights-from-map": "def weights_from_map(*all):\n    ..."}
    assert marks(cells)[0] == but(map_length=(0, "unanswered"), weights_from_map=(0, "unanswered"))


def test_a_function_that_returns_nothing_for_some_inputs_is_wrong():
    cells = {**solved(), "slide": solved()["slide"] + "\n_slide = slide\nslide = lambda *all: next(maps)(*all)"}
    cells["slide"] += "\nimport itertools\nmaps = itertools.cycle([_slide, print])"
    assert marks(cells)[0]["slide"] == (0, "wrong")


def test_a_value_counts_as_it_was_where_the_notebook_checks_it():
    cells = {**solved(), "later": "one_step = 0\nfor map_length in range(3): pass"}
    assert marks(cells)[0] == but()


def test_without_its_check_a_value_counts_as_it_is_at_the_end():
    cells = solved()
    del cells["one-step-check"]
    assert marks({**cells, "later": "one_step = 12"})[0] == but(one_step=(0.5, "mistake"))


def test_an_answer_below_its_check_counts_too():
    cells = solved()
    late = cells.pop("slide-same")
    assert marks({**cells, "late": late})[0] == but()


def test_the_better_of_two_answers_counts():
    assert marks({**solved(), "slide": FLIPPED, "later": solved()["slide"]})[0]["slide"] == (3, "right")
    assert marks({**solved(), "later": FLIPPED})[0]["slide"] == (3, "right")
    assert marks({**solved(), "slide": FLIPPED, "later": "slide = ..."})[0]["slide"] == (1, "mistake")


def test_a_check_in_another_cells_midst_is_found():
    cells = solved()
    del cells["one-step-check"]
    cells["one-step"] += '\ncheck("one_step", one_step)\none_step = 0'
    assert marks(cells)[0]["one_step"] == (0, "wrong")  # the cell is run to its end before it is asked


def test_a_name_from_a_cell_that_only_shows_something_is_found():
    cells = {"imports": "import numpy as np", **solved("channels")}
    cells["lost-channel"] = "tiny  # from the cell above\n" + cells["lost-channel"]
    result = grade(list(cells.values()), "channels", "the seed of a class")
    assert sum(mark["points"] for mark in result["marks"]) == sum(one.points for one in assignments()["channels"])


def test_cells_that_only_show_something_are_left_out():
    cells = {**solved("line"), "spy": "import sys\nassert 'matplotlib' not in sys.modules"}
    assert grade(list(cells.values()), "line", "the seed of a class")["notes"] == []
    cells["look"] += "\n# changed by the student"
    assert grade(list(cells.values()), "line", "the seed of a class")["notes"] != []


def test_an_error_says_for_which_input():
    cells = {
        **solved(),
        "slide": "def slide(signal, weights, bias):\n    return len(signal) / 0 if len(signal) > 9 else missing",
    }
    result = grade(list(cells.values()), "bump", "the seed of a class")
    mark = result["marks"][QUESTIONS.index("slide")]
    assert mark["verdict"] == "error"
    assert mark["said"].startswith("It stopped with ")
    assert mark["asked"].startswith("array([")
    assert mark["came"] == ""


def test_what_is_no_function_is_said():
    result = grade(list({**solved(), "slide": "slide = 3"}.values()), "bump", "the seed of a class")
    mark = result["marks"][QUESTIONS.index("slide")]
    assert (mark["verdict"], mark["said"]) == ("error", "A function was expected, got a value of type int.")


def test_a_wrong_answer_is_shown_with_its_input_and_never_with_the_right_one():
    cells = {**solved(), "strongest": "def strongest(signal, weights):\n    return 1000"}
    mark = grade(list(cells.values()), "bump", "the seed of a class")["marks"][QUESTIONS.index("strongest")]
    question = assignments()["bump"][QUESTIONS.index("strongest")]
    case = question.hidden("the seed of a class")[0]
    assert mark["asked"] == ", ".join(" ".join(repr(argument).split()) for argument in case)
    assert mark["came"] == "1000"
    assert mark["said"] == question.hint


def test_a_cell_without_end_costs_only_itself():
    got, notes = marks({**solved(), "slide": LOOP}, Limits(cell=1))
    assert got["slide"] == (0, "missing")
    assert {name for name, (points, _) in got.items() if not points} == {"slide", "slide_same", "strongest"}
    assert notes[0] == (
        'The cell that begins with "while True: pass" (code cell 7): No answer came in time. Is there a loop that never ends?'
    )


def test_a_function_without_end_costs_only_its_question():
    cells = {**solved(), "weights-from-map": f"def weights_from_map(*all):\n    {LOOP}"}
    assert marks(cells, Limits(question=1)) == (but(weights_from_map=(0, "time")), [])


def test_a_notebook_of_nothing_but_trouble_comes_to_an_end():
    cells = {f"loop {number}": LOOP for number in range(50)}
    start = time.monotonic()
    got, notes = marks(cells, Limits(cell=0.4, starts=3))
    assert time.monotonic() - start < 30
    assert set(got.values()) == {(0, "late")}
    assert len(notes) == 3
    got, notes = marks(cells, Limits(cell=0.4, whole=2, starts=50))
    assert set(got.values()) == {(0, "late")}
    assert 1 <= len(notes) <= 5


def test_magics_are_no_trouble():
    cells = solved()
    cells["imports"] = "%matplotlib inline\n!pip install something\nimport numpy as np\nnp.dot?\n?np"
    cells["more"] = "%%time\nx = 1"
    cells["shell"] = "%%bash\nrm -r $HOME"
    assert marks(cells) == (but(), [])


def test_a_cell_that_stops_is_noted():
    got, notes = marks({**solved(), "broken": "1 / 0", "typo": "print(", "end": "raise SystemExit('bye')"})
    assert got == but()
    assert [note.split(": ", 1)[1].split(":")[0] for note in notes] == [
        "It stopped with ZeroDivisionError",
        "It stopped with SyntaxError",
        "It stopped with SystemExit",
    ]
