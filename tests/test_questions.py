"""The readers' questions: each piece of code, after the page's first lines, prints what the page says."""

import contextlib
import io
import re

import pytest
from building import ROOT

PAGE = (ROOT / "book" / "questions.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```(?:\n+```(?:text)?\n(.*?)```)?", PAGE, re.DOTALL)


def test_each_of_the_eight_questions_has_something_to_try():
    questions = PAGE.split("\n## ")[1:]
    assert len(questions) == 8
    assert all("**Try it.**" in question and "```python" in question for question in questions)


@pytest.mark.parametrize(("code", "output"), BLOCKS, ids=range(len(BLOCKS)))
def test_the_code_prints_what_the_page_says(code, output):
    names = {}
    exec(BLOCKS[0][0], names)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(code, names)
    assert printed.getvalue().rstrip() == output.rstrip()
