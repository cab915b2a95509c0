"""Every exercise and question: its answer is accepted, each typical mistake gets its own message, and nothing a reader types stops it."""

import numpy as np
import pytest

from convtools.check import Exercise, answer, exercises, find, same, verdict

ALL = [(f"{chapter}.{exercise.name}", exercise) for chapter, records in exercises().items() for exercise in records]
every_exercise = pytest.mark.parametrize("exercise", [row[1] for row in ALL], ids=[row[0] for row in ALL])


class Hostile:
    """Fails whatever one asks of it."""

    def __array__(self, *args, **kwargs):
        raise RuntimeError("no array")

    def __bool__(self):
        raise RuntimeError("no truth")

    def __len__(self):
        raise RuntimeError("no length")

    def __eq__(self, other):
        raise RuntimeError("no equality")

    def __repr__(self):
        raise RuntimeError("no text")

    __hash__ = None


class BadError(Exception):
    def __str__(self):
        raise RuntimeError("no words for this error")


def fails(*args):
    raise ZeroDivisionError("division by zero")


def fails_twice(*args):
    raise BadError


NONSENSE = [
    Hostile(), [Hostile()], object(), int, np, "", "no answer", b"1", 1j, [[1], [2, 3]], [[]], {}, {1, 2},
    np.nan, [np.inf], -1e300, 10**400, [10**400], np.zeros((3, 0)), np.full((40, 40), "x"), np.zeros(10**6), [None], [...],
    np.ma.masked, np.array("2020", "datetime64[Y]"), np.float128("1e4000") if hasattr(np, "float128") else 0,
    lambda: 1, lambda *args: Hostile(), lambda *args: [1, [2]], lambda *args: "text", fails, fails_twice, Exercise,
]  # fmt: skip


@every_exercise
def test_the_answer_is_right_and_every_mistake_gets_its_own_message(exercise):
    right, said = verdict(exercise, exercise.answer)
    assert right, said
    assert said == f"Right. {exercise.why}"
    messages = {message for _, message in exercise.mistakes}
    assert len(messages) >= 2
    assert len(messages | {exercise.hint, exercise.why}) == len(messages) + 2
    for wrong, message in exercise.mistakes:
        assert verdict(exercise, wrong) == (False, message)
    for text in (exercise.question, exercise.hint, exercise.why, *messages):
        assert text.strip() == text
        assert text.endswith((".", "?", "!", "`", ":")), text


@every_exercise
def test_no_answer_is_not_wrong(exercise):
    for missing in None, ...:
        assert verdict(exercise, missing) == (False, "Not answered yet: replace the dots.")
    if exercise.cases:
        assert verdict(exercise, lambda *arguments: ...)[1].startswith(
            "Not answered yet: your function returned nothing."
        )


@every_exercise
def test_nothing_stops_the_check(exercise):
    for value in NONSENSE:
        right, said = verdict(exercise, value)
        assert right is False
        assert 10 < len(said) < 700


@every_exercise
def test_an_answer_is_not_changed_by_the_check(exercise):
    if isinstance(exercise.answer, (list, np.ndarray)):
        mine = np.array(exercise.answer)
        before = mine.copy()
        assert verdict(exercise, mine)[0]
        assert np.array_equal(mine, before)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (6, 6.0, True),
        (6, np.int64(6), True),
        (6, np.float32(6), True),
        (6, 6.000001, True),
        (6, 6.01, False),
        (6, -6, False),
        (6, "6", False),
        (6, [6], False),
        ((1, 6, 1), [1, 6, 1], True),
        ((1, 6, 1), np.array([1, 6, 1]), True),
        ((1, 6, 1), (6, 1, 1), False),
        ([[1, 2]], [1, 2], False),
        ([1, 2], [1, 2, 3], False),
        ("same", " Same ", True),
        ("same", "valid", False),
        (True, True, True),
        (np.nan, np.nan, True),
        (0, np.ma.masked, False),
        (0, 0.00001, True),
        (0, 0.00002, False),
        (1j, 1j, False),
        ([1, [2]], [1, [2]], False),
    ],
)
def test_same(a, b, expected):
    assert same(a, b) is same(b, a) is expected


QUESTION = Exercise("n", "How many?", 6, ((8, "Too many."),), "Count.", "Six.")
SHAPE, WORD = Exercise("s", "?", (1, 6, 1), (), "H.", "W."), Exercise("w", "?", "same", (), "H.", "W.")
DOUBLE = Exercise(
    "f", "?", lambda n: 2 * n, ((lambda n: n * n, "That is the square."),), "H.", "W.", cases=((3,), (-1,))
)
CHOICE = Exercise("c", "?", "a", (("b", "Not b."),), "H.", "W.", choices=("a", "b"))
EVEN = Exercise("a", "?", 2, (), "H.", "W.", accept=lambda n: None if n % 2 == 0 else "That is odd.")


@pytest.mark.parametrize(
    ("exercise", "value", "said"),
    [
        (QUESTION, 6, "Right. Six."),
        (QUESTION, 8, "Too many."),
        (QUESTION, 7, "Not yet. Count."),
        (QUESTION, "six", "Not yet. Numbers were expected, got 'six'. Count."),
        (QUESTION, [6], "Not yet. One number was expected, got a row of 1. Count."),
        (SHAPE, (1, 6), "Not yet. Numbers in your answer: 2, expected 3. H."),
        (SHAPE, 6, "Not yet. Numbers in your answer: 1, expected 3. H."),
        (SHAPE, [[1, 6, 1]], "Not yet. Your answer has shape (1, 3), expected shape (3,). H."),
        (QUESTION, [[6]], "Not yet. Your answer has shape (1, 1), expected shape (). Count."),
        (CHOICE, "b", "Not b."),
        (CHOICE, "A", "Right. W."),
        (WORD, 3, "Not yet. A word in quotes was expected, got 3. H."),
        (WORD, "SAME", "Right. W."),
        (DOUBLE, lambda n: n + n, "Right. W."),
        (DOUBLE, lambda n: n**2, "That is the square."),
        (DOUBLE, lambda n: 6, "Not yet. For -1 it gave 6, expected -2. H."),
        (DOUBLE, 6, "A function was expected, got 6. Pass its name, without brackets."),
        (DOUBLE, fails, "Your function stopped with ZeroDivisionError: division by zero. It was called with 3."),
        (EVEN, 4, "Right. W."),
        (EVEN, 3, "That is odd."),
    ],
)
def test_what_is_said(exercise, value, said):
    assert verdict(exercise, value)[1] == said


@pytest.mark.parametrize("exercise", [row[1] for row in ALL if row[1].choices])
def test_every_choice_is_right_or_a_mistake_with_its_own_message(exercise):
    wrong = [choice for choice, _ in exercise.mistakes]
    assert sorted([exercise.answer, *wrong]) == sorted(exercise.choices)
    assert len(set(exercise.choices)) == len(exercise.choices) >= 3


def test_the_right_choice_stands_at_every_place():
    places = {record.choices.index(record.answer) for _, record in ALL if record.choices}
    assert places >= {0, 1, 2}


def test_answers_by_name(capsys):
    name, exercise = ALL[0]
    answer(name, exercise.answer)
    assert capsys.readouterr().out == f"Right. {exercise.why}\n"
    assert find(name) is exercise
    assert len({name for name, _ in ALL}) == len(ALL)
    for bad in ("bump.nothing", "nothing.at-all", "", 3, None):
        with pytest.raises(ValueError, match=r"No exercise is called .*\. There are: .*bump\.map-length"):
            answer(bad, 1)


def test_the_readers_own_function_may_change_its_arguments():
    def add_one(values):
        values += 1
        return values

    exercise = Exercise("f", "?", lambda values: values + 1, (), "H.", "W.", cases=((np.zeros(2),),))
    assert verdict(exercise, add_one)[0]
    assert exercise.cases[0][0].tolist() == [0, 0]
