"""The teacher's guide: what it says that a link shows is what the stepper behind the link shows.

python tests/test_teaching.py    writes the links into the page
"""

import base64
import json
import re
from functools import cache

import made_up
import nbformat
import pytest
from bs4 import BeautifulSoup
from building import ROOT

from convtools.state import checked
from convtools.trace import trace_step

PAGE = ROOT / "book" / "teaching.md"
LINKED = ("input", "layers", "layer", "filter", "step", "channel_names")  # what a link may set, as in host.js
UPRIGHT = [[[[0]], [[1]], [[0]]]] * 3
UNTRAINED = [[[[0.04]], [[-0.18]], [[-0.15]]], [[[-0.14]], [[0.56]], [[0.15]]], [[[0.2]], [[-0.2]], [[0.21]]]]
FROM_STRIPES = [[[[-1]], [[1.8]], [[-1.2]]], [[[-1.2]], [[2.5]], [[-0.9]]], [[[-0.8]], [[1.7]], [[-0.9]]]]


def one_to_the_right(image):
    return [[[0], *row[:-1]] for row in image]


# The words of each link: its chapter, its stepper, the step as people count, and what else differs from the state that
# the chapter gives to it: parts of the state, or settings of its first layer.
SHOWN = {
    "step 6 of the thermometer": ("1-convolution", 1, 6, {}),
    "step 6 with ReLU": ("1-convolution", 2, 6, {}),
    "step 2 of the spike": ("1-convolution", 3, 2, {}),
    "step 2 with the filter turned": ("1-convolution", 3, 2, {"flip": True}),
    "step 3 of the bump": ("2-bump", 1, 3, {}),
    "step 5 on a ramp": ("2-bump", 1, 5, {"input": [[height] for height in range(8)]}),
    "step 5 on the plateau": ("2-bump", 2, 5, {}),
    "step 3 of the bar": ("2-bump", 3, 3, {}),
    "step 7 of the line": ("3-line", 1, 7, {}),
    "step 2 with the upright filter": ("3-line", 2, 2, {"kernel": UPRIGHT}),
    "step 7 of the fooled filter": ("3-line", 3, 7, {"kernel": UPRIGHT, "bias": [0], "activation": None}),
    "step 7 of the mended one": ("3-line", 3, 7, {}),
    "step 6, the last": ("4-edges-and-steps", 1, 6, {}),
    "step 1 with a zero before": ("4-edges-and-steps", 2, 1, {}),
    "step 8 of the false edge": ("4-edges-and-steps", 3, 8, {}),
    "step 3 of the strides": ("4-edges-and-steps", 5, 3, {}),
    "step 1 of the three channels": ("5-channels", 1, 1, {}),
    "step 4 in the white": ("5-channels", 3, 4, {}),
    "step 14 in the red": ("5-channels", 3, 14, {}),
    "step 4 of the storm": ("5-channels", 4, 4, {}),
    "step 34 with filter 0": ("6-filters", 1, 34, {"filter": 0}),
    "step 34 with filter 1": ("6-filters", 1, 34, {"filter": 1}),
    "step 11 with filter 2": ("6-filters", 1, 11, {"filter": 2}),
    "step 1 of the corners": ("7-layers", 2, 1, {}),
    "step 1 with filter 1": ("7-layers", 2, 1, {"filter": 1}),
    "step 6 of the last layer": ("7-layers", 3, 6, {}),
    "step 1 behind the pooling": ("7-layers", 4, 1, {}),
    "step 3 before training": ("8-learning-one-filter", 1, 3, {"kernel": UNTRAINED}),
    "step 3 after it": ("8-learning-one-filter", 1, 3, {}),
    "step 3 of the filter from stripes": ("8-learning-one-filter", 1, 3, {"kernel": FROM_STRIPES}),
    "step 37 of the 6": ("9-digits", 1, 37, {}),
    "step 38 of the moved 6": ("9-digits", 1, 38, {"input": one_to_the_right}),
    "step 11 of the pooling": ("9-digits", 1, 11, {"layer": 1, "input": one_to_the_right}),
    "step 1 of the nine weights": ("10-keras", 1, 1, {}),
    "step 1 with them turned": ("10-keras", 1, 1, {"flip": True}),
}
LINK = re.compile(r'<a href="([^"]*)">([^<]*)</a>')


# ---------------------------------------------------------------- the links


@cache
def chapter(name):
    return nbformat.read(ROOT / "book" / f"{name}.ipynb", as_version=4)


@cache
def stills(name):
    """The state of each stepper of a chapter, in the order in which links count them."""
    outputs = [output for cell in chapter(name).cells for output in cell.get("outputs", ())]
    html = "".join(output.get("data", {}).get("text/html", "") for output in outputs)
    figures = BeautifulSoup(html, "html.parser").select("figure.ct-stepper")
    return [json.loads(figure["data-state"]) for figure in figures]


def changes(words):
    """What the link sets."""
    name, stepper, step, wanted = SHOWN[words]
    own = stills(name)[stepper - 1]
    parts = {key: value(own[key]) if callable(value) else value for key, value in wanted.items() if key in LINKED}
    settings = {key: value for key, value in wanted.items() if key not in LINKED}
    if settings:
        parts["layers"] = [{**own["layers"][0], **settings}, *own["layers"][1:]]
    return {"step": step - 1, **parts}


def href(words):
    name, stepper, _, _ = SHOWN[words]
    text = json.dumps(changes(words), separators=(",", ":"))
    return f"{name}.html#stepper-{stepper}={base64.urlsafe_b64encode(text.encode()).decode().rstrip('=')}"


def with_links(text):
    """The page's text with all links as they should be."""
    return LINK.sub(lambda found: f'<a href="{href(found[2])}">{found[2]}</a>', text)


def followed(link):
    """The chapter, the number of the stepper and its whole state that a link of the page leads to."""
    name, stepper, text = re.fullmatch(r"([\w-]+)\.html#stepper-(\d+)=([\w-]+)", link).groups()
    assert (ROOT / "book" / f"{name}.ipynb").exists()
    assert 1 <= int(stepper) <= len(stills(name))
    new = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    assert new.keys() <= set(LINKED)
    return name, int(stepper), {**stills(name)[int(stepper) - 1], **new}


def promises():
    """(words, link, [what the stepper will say]) of each link, the last from the quotes that follow it."""
    for block in re.split(r"\n(?=- |\n)", PAGE.read_text("utf-8")):
        _, *parts = LINK.split(block)
        for link, words, after in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
            yield words, link, re.findall(r'"([^"]+)"', after)


def keeps(sentence, words, promised):
    """Whether the stepper's sentence tells the step in the link's words, and all that the guide promises."""
    step = re.match(r"step (\d+)\b", words)[1]
    return sentence.startswith(f"Step {step} of ") and all(part in sentence for part in promised)


def test_all_links_are_made_not_typed():
    assert PAGE.read_text("utf-8") == with_links(PAGE.read_text("utf-8")), "run: python tests/test_teaching.py"
    assert sorted(words for words, _, _ in promises()) == sorted(SHOWN)


def test_python_takes_every_state_and_says_what_the_guide_promises():
    for words, link, promised in promises():
        name, _, state = followed(link)
        assert checked(state) == state, words
        said = trace_step(state, state["step"]).sentence
        assert promised, f"{words}: nothing is promised"
        assert keeps(said, words, promised), f"{name}, {words}: {promised}, but it says: {said}"


LIVE = """n => {
  const figure = document.querySelectorAll("figure.ct-stepper")[n - 1];
  const stepper = figure?.querySelector(".ct-live:not([data-old]) .ct-widget")?.stepper;
  if (!stepper || !figure.matches(".ct-mounted")) return null;
  const { top, bottom } = figure.getBoundingClientRect();
  return top < innerHeight && bottom > 0 && {
    state: stepper.state,
    sentence: figure.querySelector(".ct-live .ct-sentence").textContent,
    status: figure.querySelector(".ct-live .ct-status").textContent,
  };
}"""  # once it is mounted and in view


def test_every_link_opens_its_stepper_with_the_promised_step(chromium, site):
    home = site.as_uri()
    with chromium.new_context(reduced_motion="reduce") as context:
        page, complaints = made_up.opened(context, f"{home}/book/teaching.html")
        links = page.locator("article a[href*='#stepper-']").evaluate_all(
            "all => all.map(({ href, textContent }) => [href, textContent])"
        )
        expected = list(promises())
        assert [words for _, words in links] == [words for words, _, _ in expected]
        for (address, words), (_, link, promised) in zip(links, expected, strict=True):
            name, stepper, state = followed(link)
            page.evaluate("document.querySelectorAll('.ct-live').forEach((live) => { live.dataset.old = ''; })")
            page.goto(address, wait_until="commit")  # the first link of a chapter loads it, the next ones find it open
            live = page.wait_for_function(LIVE, arg=stepper).json_value()
            assert address.startswith(f"{home}/book/{name}.html#")
            assert {key: live["state"][key] for key in LINKED} == {key: state[key] for key in LINKED}, words
            assert keeps(live["sentence"], words, promised), f"{words}: {promised}, but it says: {live['sentence']}"
            assert live["status"] == "", words
        assert complaints == []


# ----------------------------------------------------------------- the page


SECTIONS = re.split(r"^## ", PAGE.read_text("utf-8"), flags=re.MULTILINE)[1:]
PLANS = [section for section in SECTIONS if section.startswith("Chapter ")]
MINUTES = [int(re.search(r"\*\*(\d+) minutes:\*\*", plan)[1]) for plan in PLANS]


def rows(start):
    """The cells of the table in the section that starts with these words."""
    section = next(section for section in SECTIONS if section.startswith(start))
    _, _, *body = (line for line in section.splitlines() if line.startswith("|"))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in body]


def numbers(cell):
    return [int(number) for number in re.findall(r"\d+", cell)]


def test_there_is_a_plan_for_each_chapter():
    assert len(PLANS) == 10


@pytest.mark.parametrize("number", range(1, 11))
def test_a_plan_has_all_its_parts(number):
    plan = PLANS[number - 1]
    [path] = (ROOT / "book").glob(f"{number}-*.ipynb")
    title = chapter(path.stem).cells[0].source.splitlines()[0].removeprefix("# ")
    assert plan.splitlines()[0] == f"Chapter {number}: {title}"
    assert f"[The chapter]({path.name})" in plan
    for part in "**Aim.**", "**Have ready.**", "**Ask**", "**Expect**":
        assert plan.count(part) == 1
    asked, expected = (re.findall("^- .*", part, re.MULTILINE) for part in plan.split("**Ask**")[1].split("**Expect**"))
    for question in asked:
        assert re.search(r"\? \*[^*]+\*", question), f"no answer to listen for: {question}"
    for mistake in expected:
        assert re.match(r"- \*[^*]+\.\* ", mistake), f"no mistake, and what to say then: {mistake}"
    assert len(asked) >= 4
    assert len(expected) >= 3
    words = re.sub(r"[#*`]|\]\(.*?\)", " ", LINK.sub(r"\2", plan)).split()
    assert 150 <= len([word for word in words if re.search(r"\w", word)]) <= 260
    links = LINK.findall(plan)
    assert 2 <= len(links) <= 4
    assert all(link.startswith(f"{path.stem}.html#") for link, _ in links)
    times = re.search(r"minutes:\*\*(.*)\.$", plan, re.MULTILINE)[1].split(",")
    assert sum(int(time.split()[-1]) for time in times) == MINUTES[number - 1]


def test_the_lessons_fit_and_go_through_the_book():
    lessons = rows("Lessons")
    for length, chapters, minutes, left in lessons:
        taken = sum(MINUTES[number - 1] for number in numbers(chapters))
        assert (int(minutes), int(left)) == (taken, int(length) - taken)
        assert taken <= int(length)
    for length, last in ("45", 10), ("60", 9), ("90", 10):
        taught = [number for lesson in lessons if lesson[0] == length for number in numbers(lesson[1])]
        assert taught == list(range(1, last + 1))


def test_the_four_weeks_are_the_lessons_of_60_minutes_and_have_all_assignments():
    weeks = rows("Four weeks")
    assert [week[1] for week in weeks] == [lesson[1] for lesson in rows("Lessons") if lesson[0] == "60"]
    given = [name for week in weeks for name in week[2].split(", ")]
    assert given == ["bump", "line", "channels", "filters", "layers", "learning"]


if __name__ == "__main__":
    PAGE.write_text(with_links(PAGE.read_text("utf-8")), "utf-8")
