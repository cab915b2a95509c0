"""An assignment's public checks, carried in its notebook as one line of text that gives no answer away."""

import base64
import copy
import hashlib
import json
import zlib

import numpy as np

from convtools.check import UNSOLVED, Exercise, difference, numbers, verdict


class Sheet:
    """The public checks of one assignment: `sheet("name", value)` prints what is to be said to an answer.

    text: what `packed` made. Errors: `ValueError` for a text that was cut or changed, or a name it does not have.

    >>> record = Exercise("sum", "1 + 1?", answer=2, mistakes=((11, "Add, do not join."),), hint="", why="")
    >>> Sheet(packed([record]))("sum", 11)
    Add, do not join.
    """

    def __init__(self, text):
        try:
            self.questions = json.loads(zlib.decompress(base64.b64decode("".join(text.split()))))
        except (ValueError, AttributeError, zlib.error) as error:
            raise ValueError("The text of the checks was changed. Copy this cell from a fresh notebook.") from error

    def __call__(self, name, value):
        print(self.verdict(name, value)[1])

    def verdict(self, name, value):
        """Return (is it right, what to say) for the `value` of the question called `name`.

        >>> record = Exercise("sum", "1 + 1?", answer=2, mistakes=(), hint="Count.", why="So it is.")
        >>> Sheet(packed([record])).verdict("sum", 3)
        (False, 'Not yet. Count.')
        """
        if name not in self.questions:
            raise ValueError(f"No question is called {name!r}. There are: {', '.join(self.questions)}.")
        question = self.questions[name]
        return verdict(_recorded(name, question), value) if "cases" in question else _opened(question, value)


def packed(records):
    """Return the text of a Sheet for a list of Exercise.

    A function is kept as what it and its typical mistakes give in the record's cases, which are for all to see. Of any
    other answer nothing is kept that can be read: a word on it opens only to who has given that answer.

    >>> record = Exercise("sum", "1 + 1?", answer=2, mistakes=(), hint="Count.", why="So it is.")
    >>> Sheet(packed([record])).verdict("sum", 2)
    (True, 'Right. So it is.')
    """
    questions = {record.name: _shown(record) if record.cases else _sealed(record) for record in records}
    text = json.dumps(questions, separators=(",", ":"), ensure_ascii=False)
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


NUMBERS = {f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)} | {"bool", "float32", "float64"}


def encode(value):
    """Return `value` in JSON's own types: numbers, text, lists and arrays of numbers are kept, all else only named.

    >>> encode((1, "a")), encode(np.array([1, 2], "float32"))
    ([1, 'a'], {'array': [1.0, 2.0], 'dtype': 'float32', 'shape': [2]})
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [encode(part) for part in value]
    if value is ...:
        return {"dots": True}
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.name in NUMBERS and not np.ma.is_masked(value):
        if value.ndim == 0:
            return value.item()
        return {"array": value.ravel().tolist(), "dtype": value.dtype.name, "shape": list(value.shape)}
    return {"other": f"a value of type {type(value).__name__}"}


def decode(value):
    """Return what `encode` was given; what it only named comes back as an object whose repr is that name.

    Errors: `ValueError` for what `encode` does not make.

    >>> decode(encode([np.eye(2), None]))
    [array([[1., 0.],
           [0., 1.]]), None]
    """
    if isinstance(value, list):
        return [decode(part) for part in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"dots"}:
        return ...
    if value.keys() == {"other"}:
        return Other(value["other"])
    if value.keys() != {"array", "dtype", "shape"} or value["dtype"] not in NUMBERS:
        raise ValueError(f"Not a value that was encoded: {str(value)[:80]}")
    return np.array(value["array"], value["dtype"]).reshape(value["shape"])


class Other:
    """A value that is neither number, text nor list: only its name is known.

    >>> decode(encode({1: 2}))
    a value of type dict
    """

    def __init__(self, words):
        self.words = str(words)[:80]

    def __repr__(self):
        return self.words


def _shown(record):
    def results(function):
        return [encode(function(*copy.deepcopy(case))) for case in record.cases]

    return {
        "cases": encode(record.cases),
        "right": results(record.answer),
        "mistakes": [[results(wrong), message] for wrong, message in record.mistakes],
        "hint": record.hint,
        "why": record.why,
    }


def _recorded(name, question):
    """The Exercise of a function of which only the results are known."""
    cases = decode(question["cases"])

    def replay(results):
        def function(*arguments):
            at = next(at for at, case in enumerate(cases) if encode(case) == encode(arguments))
            return decode(results[at])

        return function

    mistakes = tuple((replay(results), message) for results, message in question["mistakes"])
    return Exercise(
        name, "", replay(question["right"]), mistakes, question["hint"], question["why"], tuple(map(tuple, cases))
    )


def _sealed(record):
    """A record without its answer: each word on an answer is veiled by that answer."""
    words = {}
    for value, said in [*record.mistakes, (record.answer, f"Right. {record.why}")]:
        words[_key(record.name, value)] = base64.b64encode(_veil(record.name, value, said.encode())).decode()
    kind = "text" if isinstance(record.answer, str) else list(np.shape(record.answer))
    return {"name": record.name, "kind": kind, "words": words, "hint": record.hint}


def _opened(question, value):
    if value is None or value is ...:
        return False, UNSOLVED
    name, kind = question["name"], question["kind"]
    if veiled := question["words"].get(_key(name, value)):
        said = _veil(name, value, base64.b64decode(veiled)).decode()
        return said.startswith("Right. "), said
    return False, f"Not yet.{difference(value, '' if kind == 'text' else np.zeros(kind))} {question['hint']}"


def _key(name, value):
    return hashlib.sha256(b"key" + _canonical(name, value)).hexdigest()[:16]


def _veil(name, value, words):
    """Return bytes that say nothing without `value`, and with it, put in again, the `words`."""
    stream = hashlib.shake_256(b"veil" + _canonical(name, value)).digest(len(words))
    return bytes(a ^ b for a, b in zip(words, stream, strict=True))


def _canonical(name, value):
    """Bytes that are the same for answers that are the same."""
    if isinstance(value, str):
        return f"{name}|text|{value.strip().casefold()}".encode()
    array = numbers(value)
    if array is None:
        return f"{name}|none".encode()
    return f"{name}|{array.shape}|".encode() + (np.round(array, 4) + 0.0).tobytes()
