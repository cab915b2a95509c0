"""Questions in the page: Python's verdict for whatever is typed or chosen, in a small page and in the built book."""

import json
import re

import anywidget
import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup
from building import ROOT

from convtools import page as page_parts
from convtools.check import Exercise, exercises, find, verdict
from convtools.question import Question, ask, still

CHAPTERS = sorted((ROOT / "book").glob("[0-9]*-*.ipynb"))
RECORDS = {f"{chapter}.{record.name}": record for chapter, records in exercises().items() for record in records}


def askable(record):
    try:
        return Question(record)
    except ValueError:
        return None


QUESTIONS = {name: question for name, record in RECORDS.items() if (question := askable(record))}
every_question = pytest.mark.parametrize("name", QUESTIONS)

# Mounts the questions again: views[n] shows models[n % models.length].
MOUNT = """async ([text, states, views]) => {
  window.module ??= await import(URL.createObjectURL(new Blob([text], {type: "text/javascript"})));
  document.body.replaceChildren();
  document.onbeforeinput = (event) => event.inputType !== "insertLineBreak"; // as JupyterLab keeps Enter for itself
  window.models = states.map((state) => {
    const heard = new Set();
    return {
      state, heard, saved: 0,
      get: (key) => state[key],
      set(key, value) { // as in JupyterLab, no change is no event
        const same = JSON.stringify(state[key]) === JSON.stringify(value);
        state[key] = value;
        if (!same) heard.forEach((listener) => listener());
      },
      on(event, listener) { if (event === "change:value") heard.add(listener); },
      off(event, listener) { heard.delete(listener); },
      save_changes() { this.saved += 1; },
    };
  });
  window.cleanUps = Array.from({length: views}, (_, n) => {
    const el = document.createElement("div");
    document.body.append(el);
    return module.default.render({model: models[n % models.length], el});
  });
}"""


@pytest.fixture(scope="module")
def page(chromium):
    page = chromium.new_page(viewport={"width": 700, "height": 900})
    page.set_content(f"<!doctype html><style>{page_parts.style('question')}</style><body></body>")
    yield page
    page.close()


def mount(page, *questions, views=None):
    """Show the questions and return their forms."""
    states = [question.state for question in questions]
    page.evaluate(MOUNT, [page_parts.module("question"), states, views or len(states)])
    return page.locator("form").all()


def answer_by_mouse(form, value):
    if isinstance(value, str):
        form.get_by_text(value, exact=True).click()
    else:
        form.get_by_role("textbox").fill(typed(value))
    form.get_by_role("button", name="Check").click()


def answer_by_keyboard(form, value):
    keys = form.page.keyboard
    if isinstance(value, str):
        radios = form.get_by_role("radio")
        radios.first.focus()
        keys.press(" ")
        for _ in range([radio.input_value() for radio in radios.all()].index(value)):
            keys.press("ArrowDown")
    else:
        form.get_by_role("textbox").focus()
        keys.press("Control+A")
        keys.type(typed(value))
    keys.press("Enter")


def typed(value):
    """An answer as a reader types it."""
    row = np.ravel(value).tolist()
    return ", ".join(np.format_float_positional(number, 9, trim="-") for number in row).replace("-", "−")


def says(form):
    """What stands in the answer line: (its kind, its words)."""
    status = form.get_by_role("status")
    return status.get_attribute("data-state"), status.text_content()


def came(text, wanted):
    """How an answer that cannot be read is told: what came, cut where it is long; nothing if nothing came."""
    text = text.strip()
    return f"“{text[:40]}{'…' * (len(text) > 40)}” cannot be read as {wanted}. " if text else ""


def expected(record, value):
    """What must stand there: Python's verdict, with a sign and a word before it."""
    right, said = verdict(record, value)
    said = said.replace("`", "")
    if right:
        return "right", f"✓ {said}"
    return "wrong", f"✗ {said}" if said.startswith("Not yet.") else f"✗ Not yet. {said}"


def other_values(record):
    """Answers, most of them wrong, some only just."""
    answer = np.asarray(record.answer)
    near = answer + 1e-6, answer * 1.001 + 0.001, answer + 1e-5
    if answer.ndim == 0:
        return [*near, -12345, 0.5, 1 / 3, 987654321, [answer, answer], [1, 2, 3]]
    return [*near, answer[::-1], answer[:-1], [*answer, 0], answer[:1], answer * 0 + 7, -answer]


# ------------------------------------------------------------- in Python


def test_the_state_is_the_record():
    question = ask("bump.places")
    record = find("bump.places")
    assert isinstance(question, anywidget.AnyWidget)
    assert question.state == json.loads(json.dumps(question.state)) == {
        "question": record.question,
        "kind": "number",
        "choices": [],
        "answer": 6,
        "mistakes": [list(row) for row in record.mistakes],
        "hint": record.hint,
        "why": record.why,
        "value": None,
    }  # fmt: skip
    assert ask("bump.ramp").kind == "numbers"
    assert ask("bump.ramp").answer == [1, 2, 3, 4, 5, 6]
    assert ask("bump.above-the-one").kind == "choice"
    assert repr(question) == "Question('places')"


def test_the_answer_can_be_read_and_set():
    question = ask("bump.places")
    assert question.value is None
    assert question.right is False
    question.value = np.int64(6)
    assert question.value == 6
    assert type(question.value) is int
    assert question.right is True
    question.set_state({"value": [6]})  # as it comes from the page
    assert question.value == [6]
    assert question.right is False
    question.value = np.array([1.0, 0.5])
    assert question.value == [1, 0.5]
    question.value = None
    assert question.right is False


@pytest.mark.parametrize(
    "value", ["six", "", [], [[6]], [1, None], float("nan"), [1, float("inf")], 10**400, True, 1j, {}, object()]
)
def test_a_value_that_no_reader_could_give_is_refused(value):
    question = ask("bump.places")
    question.value = 8
    with pytest.raises(ValueError, match=r"value must be a finite number or a list of them, got .* None takes"):
        question.value = value
    assert question.value == 8


def test_only_a_choice_can_be_chosen():
    question = ask("bump.above-the-one")
    question.value = "the middle one"
    assert question.right
    for value in "the fourth one", 1, ["the middle one"]:
        with pytest.raises(ValueError, match=r"value must be one of \['the left one', .*got "):
            question.value = value
    assert question.value == "the middle one"


def record(answer, **more):
    return Exercise("n", "?", answer, (), "H.", "W.", **more)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (lambda: ask("bump.nothing"), r"No exercise is called 'bump\.nothing'\. There are: .*bump\.places"),
        (lambda: ask("bump.as-kernel"), r"'as-kernel' asks for a function\. .* use check\.answer"),
        (lambda: ask("bump.falling"), r"'falling' has many right answers, .* use check\.answer"),
        (lambda: ask("convolution.average"), r"'average' has an answer in words\. Give it choices"),
        (lambda: Question(record([[1, 2]])), r"'n' has an answer of shape \(1, 2\), not one number or one row"),
        (lambda: Question(record(np.nan)), r"'n' has an answer of shape \(\), not one number or one row"),
        (lambda: Question(record("c", choices=("a", "b"))), r"'n' has the answer 'c', which is not one of its choices"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(asked, words):
    with pytest.raises(ValueError, match=words):
        asked()


@every_question
def test_the_still_says_all_without_a_script(name):
    question = QUESTIONS[name]
    data, _ = question._repr_mimebundle_()
    assert data["text/html"] == still(question.state)
    soup = BeautifulSoup(data["text/html"], "html.parser")
    assert json.loads(soup.figure["data-state"]) == question.state
    record = RECORDS[name]
    assert soup.select_one(".ct-asked").text == record.question.replace("`", "")
    assert [item.text for item in soup.select("li")] == list(record.choices)
    hint, worked = (part.text for part in soup.select("details"))
    assert hint == "Hint" + record.hint.replace("`", "")
    assert worked.endswith(f". {record.why}".replace("`", ""))
    assert soup.find_all(["script", "style", "input", "button"]) == []


def test_the_still_is_safe_text():
    nasty = Exercise("n", '<b>a</b> & `<i>` "q"?', "<x>", (("`y`", "<z>"),), "<h>.", "<w>.", choices=("<x>", "`y`"))
    soup = BeautifulSoup(still(Question(nasty).state), "html.parser")
    assert soup.find_all(["b", "i", "x", "z", "h", "w"]) == []
    assert soup.select_one(".ct-asked").text == '<b>a</b> & <i> "q"?'
    assert [code.text for code in soup.select("code")] == ["<i>", "y"]


# ----------------------------------------------------------- in the page


@every_question
def test_the_page_says_what_python_says(page, name):
    record = RECORDS[name]
    (form,) = mount(page, QUESTIONS[name])
    assert len(record.mistakes) >= 2
    rows = [(record.answer, f"✓ Right. {record.why}")]
    rows += [(wrong, f"✗ Not yet. {message}") for wrong, message in record.mistakes]
    for answer in answer_by_mouse, answer_by_keyboard:
        for value, words in rows:
            answer(form, value)
            assert says(form) == expected(record, value) == (says(form)[0], words.replace("`", ""))


ANSWER = """(texts) => texts.map((text) => {
  const form = document.forms[0];
  form.querySelector("input").value = text;
  form.requestSubmit();
  const status = form.querySelector("[role=status]");
  return [models[0].state.value, status.dataset.state, status.textContent];
})"""


@pytest.mark.parametrize("name", [name for name, question in QUESTIONS.items() if question.kind != "choice"])
def test_the_page_says_what_python_says_of_any_other_answer(page, name):
    record = RECORDS[name]
    mount(page, QUESTIONS[name])
    values = other_values(record)
    for value, (came, state, words) in zip(values, page.evaluate(ANSWER, [typed(v) for v in values]), strict=True):
        assert np.shape(came) == np.shape(value)
        assert np.allclose(came, value, rtol=0, atol=1e-8)
        assert (state, words) == expected(record, came)


@every_question
def test_the_worked_answer_and_the_hint_wait_behind_a_click(page, name):
    (form,) = mount(page, QUESTIONS[name])
    soup = BeautifulSoup(still(QUESTIONS[name].state), "html.parser")
    for title, details in zip(["Hint", "Worked answer"], soup.select("details"), strict=True):
        text = form.locator("details", has=page.get_by_text(title, exact=True)).locator("p")
        assert text.is_hidden()
        form.get_by_text(title, exact=True).focus()
        page.keyboard.press("Enter")
        assert text.is_visible()
        assert text.text_content() == details.p.text, "the page and the still say the same"
    assert says(form) == ("", ""), "Enter on these is no answer"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("6", 6), (" 6 ", 6), ("+6", 6), ("6.", 6), ("-3", -3), ("−3", -3), ("–3", -3), ("- 3", -3), ("-0", 0),
        ("0.5", 0.5), ("0,5", 0.5), (".5", 0.5), (",5", 0.5), ("1/3", 1 / 3), ("-1 / 4", -0.25), ("1.5/3", 0.5),
        ("18,496", 18496), ("18 496", 18496), ("1,234,567", 1234567), ("0,125", 0.125), ("9898", 9898), ("1,25", 1.25),
        ("[6]", 6), ("(−6)", -6), ("3, 0, -2", [3, 0, -2]), ("3 0", [3, 0]), ("1,2,3", [1, 2, 3]), ("0, 5", [0, 5]),
        ("1e300", None), ("9" * 400, None), ("1/0", None), ("6 apples", None), ("six", None), ("8-3+1", None),
        ("", None), ("  ", None), (",", None), ("[]", None), ("-", None), ("1/", None), ("1.2.3", None), ("NaN", None),
        ("Infinity", None), ("0x10", None), ("true", None), ("null", None), ("<b>6</b>", None), ("٣", None), ("6;DROP", None),
    ],
)  # fmt: skip
def test_a_number_is_read_or_asked_for_again(page, text, value):
    (form,) = mount(page, ask("bump.places"))
    answer_by_mouse(form, 8)
    form.get_by_role("textbox").fill(text)
    form.get_by_role("button").click()
    if value is None:
        assert says(form) == ("unread", f"? {came(text, 'a number')}Type a number, such as −0.5.")
        assert page.evaluate("models[0].state.value") == 8, "the last answer that could be read"
    else:
        assert page.evaluate("models[0].state.value") == value
        assert says(form) == expected(find("bump.places"), value)
    assert form.get_by_role("textbox").input_value() == text, "what was typed stays as it was typed"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1, 6, 6, 1", [1, 6, 6, 1]), ("1 6 6 1", [1, 6, 6, 1]), ("(1,6,6,1)", [1, 6, 6, 1]), ("[1; 6; 6; 1]", [1, 6, 6, 1]),
        ("{1}[6](6) 1,", [1, 6, 6, 1]), ("1,\t6,,6\u00a01", [1, 6, 6, 1]), ("1, 6, 6 and 1", [1, 6, 6, 1]), ("6", [6]),
        ("−1, –2, -3", [-1, -2, -3]), ("1/2 , 1 / 4", [0.5, 0.25]), ("0.5, .5", [0.5, 0.5]), ("0,5", [0, 5]), ("18,496", [18, 496]),
        ("", None), ("[ ]", None), ("and", None), ("one, two", None), ("1, x", None), ("1, 2, …", None), ("1 6 6 1e9", None),
        ("1-2", None), ("None", None), ("nan, 1", None), ("1, 1/0", None), ("1 " * 30 + "?", None),
    ],
)  # fmt: skip
def test_a_row_is_read_or_asked_for_again(page, text, value):
    (form,) = mount(page, ask("line.map-shape"))
    form.get_by_role("textbox").fill(text)
    page.keyboard.press("Enter")
    if value is None:
        assert says(form) == ("unread", f"? {came(text, 'numbers')}Type numbers, such as 1, 0, −2.")
        assert page.evaluate("models[0].state.value") is None
    else:
        assert page.evaluate("models[0].state.value") == value
        assert says(form) == expected(find("line.map-shape"), value)


def test_no_choice_is_no_answer(page):
    (form,) = mount(page, ask("bump.above-the-one"))
    form.get_by_role("button").click()
    assert says(form) == ("unread", "? Choose an answer.")
    answer_by_keyboard(form, "the right one")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("models[0].state.value") == "the right one", "looking through the choices is no answer"


def test_all_views_of_a_question_stay_in_step(page):
    questions = ask("bump.places"), ask("bump.ramp"), ask("bump.above-the-one")
    forms = mount(page, *questions, views=6)
    for n, value in enumerate((8, [-1, 0.5], "the left one")):
        name = ("bump.places", "bump.ramp", "bump.above-the-one")[n]
        answer_by_mouse(forms[n], value)  # in one view
        assert says(forms[n + 3]) == says(forms[n]) == expected(find(name), value)
        page.evaluate("n => models[n].set('value', null)", n)  # by Python
        assert says(forms[n + 3]) == says(forms[n]) == ("", "")
        page.evaluate("([n, value]) => models[n].set('value', value)", [n, value])
        assert says(forms[n + 3]) == says(forms[n]) == expected(find(name), value)
        assert page.evaluate("n => models[n].saved", n) == 1, "what came from Python does not go back"
    assert [form.get_by_role("textbox").input_value() for form in forms[3:5]] == ["8", "−1, 0.5"]
    assert forms[5].get_by_role("radio", name="the left one").is_checked()
    page.evaluate("models[0].set('value', null)")
    assert forms[0].get_by_role("textbox").input_value() == ""


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("bump.places", 5, "5"),
        ("bump.places", 1 / 3, "0.3333333333333333"),
        ("bump.places", [6], "6"),
        ("bump.places", [1, -2], "1, −2"),
        ("bump.ramp", [1, 2, 3, 4, 5, 6], "1, 2, 3, 4, 5, 6"),
        ("bump.ramp", 1, "1"),
    ],
)
def test_an_answer_from_before_is_shown(page, name, value, text):
    question = ask(name)
    question.value = value
    (form,) = mount(page, question)
    assert form.get_by_role("textbox").input_value() == text
    assert says(form) == expected(find(name), value)


def test_the_same_answer_is_checked_as_often_as_wanted(page):
    (form,) = mount(page, ask("bump.places"))
    for text, state in ("8", "wrong"), ("8", "wrong"), ("?", "unread"), ("8", "wrong"), ("6", "right"), ("6", "right"):
        form.get_by_role("textbox").fill(text)
        form.get_by_role("button").click()
        assert says(form)[0] == state
    assert page.evaluate("document.activeElement.textContent") == "Check", "the focus stays"


def test_clean_up_leaves_nothing(page):
    mount(page, ask("bump.places"), views=2)
    page.evaluate("cleanUps.forEach((cleanUp) => cleanUp())")
    assert page.evaluate("[models[0].heard.size, document.body.textContent]") == [0, ""]


CONTROLS = """() => [...document.forms].map((form) => ({
  asked: form.querySelector(".ct-asked").textContent,
  named: form.querySelector("fieldset")?.querySelector("legend").textContent
    ?? form.querySelector("input").labels[0].querySelector("span").textContent,
  fits: form.scrollWidth <= form.clientWidth && form.getBoundingClientRect().right <= innerWidth,
  controls: [...form.querySelectorAll("input, button, summary")].map((control) => {
    const target = control.type === "radio" ? control.labels[0] : control;
    const { width, height } = target.getBoundingClientRect();
    return { large: Math.min(width, height) >= 44, keeps: control.dataset.lmSuppressShortcuts };
  }),
}))"""


def test_every_control_is_large_named_and_keeps_its_keys(page):
    page.set_viewport_size({"width": 360, "height": 740})
    forms = mount(page, *QUESTIONS.values())
    for question, shown in zip(QUESTIONS.values(), page.evaluate(CONTROLS), strict=True):
        assert shown["named"] == shown["asked"] == question.question.replace("`", "")
        assert shown["fits"]
        assert len(shown["controls"]) == (len(question.choices) or 1) + 3
        assert all(control == {"large": True, "keeps": "true"} for control in shown["controls"]), shown
    kinds = {question.kind: (form, question) for form, question in zip(forms, QUESTIONS.values(), strict=True)}
    for kind, (form, question) in kinds.items():  # as a screen reader finds them
        role = "group" if kind == "choice" else "textbox"
        assert form.get_by_role(role, name=question.question.replace("`", ""), exact=True).count() == 1
    page.set_viewport_size({"width": 700, "height": 900})


def test_right_and_wrong_differ_in_more_than_colour(page):
    forms = mount(page, ask("bump.places"), ask("bump.places"))
    answer_by_mouse(forms[0], 6)
    answer_by_mouse(forms[1], 8)
    styles = [
        form.get_by_role("status").evaluate("p => getComputedStyle(p).borderLeftStyle + p.textContent.slice(0, 5)")
        for form in forms
    ]
    assert styles == ["solid✓ Rig", "dashed✗ Not"]


# ------------------------------------------------------ in the built book

PHONE = {"width": 360, "height": 740}


@pytest.fixture(params=CHAPTERS, ids=lambda path: path.stem)
def asked(request):
    """A chapter's page and the names of its questions."""
    cells = nbformat.read(request.param, as_version=4).cells
    names = [name for cell in cells for name in re.findall(r'^ask\("([\w.-]+)"\)$', cell.source)]
    return f"book/{request.param.stem}.html", names


def test_every_mistake_is_answered_in_the_built_book(chromium, server, asked):
    address, names = asked
    with chromium.new_context(viewport=PHONE) as context:
        page = context.new_page()
        page.goto(server + address)
        figures = page.locator("figure.ct-question").all()
        for figure, name in zip(figures, names, strict=True):
            record = RECORDS[name]
            figure.scroll_into_view_if_needed()
            form = figure.locator(".ct-live form")
            form.wait_for()
            assert figure.locator(".ct-still").is_hidden()
            for number, value in enumerate([record.answer, *(wrong for wrong, _ in record.mistakes), record.answer]):
                (answer_by_mouse, answer_by_keyboard)[number % 2](form, value)
                assert says(form) == expected(record, value), name
            assert figure.evaluate("figure => figure.scrollWidth <= figure.clientWidth")
        page.emulate_media(media="print")
        for figure in figures:
            assert figure.locator(".ct-live").is_hidden()
            assert figure.locator(".ct-still .ct-asked").is_visible()


def test_without_javascript_the_question_can_be_read(chromium, server, asked):
    address, names = asked
    assert len(names) >= 3
    with chromium.new_context(java_script_enabled=False, viewport=PHONE) as context:
        page = context.new_page()
        page.goto(server + address)
        for figure, name in zip(page.locator("figure.ct-question").all(), names, strict=True):
            assert figure.get_by_text("?").first.is_visible()
            assert [item.text_content() for item in figure.locator("li").all()] == list(RECORDS[name].choices)
            worked = figure.locator("details").nth(1)
            assert worked.locator("p").is_hidden()
            worked.locator("summary").click()
            assert worked.locator("p").text_content().endswith(RECORDS[name].why.replace("`", ""))
            assert worked.locator("p").is_visible()
