"""The workflows: valid, on the Pythons and the versions that are promised, and doing nothing that one command does not."""

import re
import subprocess
import sys

import packages
import pytest
import yaml
from building import ROOT
from canary import VERSIONS
from environment import FIRST, LAST

FOLDER = ROOT / ".github" / "workflows"
FILES = sorted(FOLDER.iterdir())
FLOWS = {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in FILES}
PYTHONS = [f"{FIRST[0]}.{minor}" for minor in range(FIRST[1], LAST[1] + 1)]
TARGETS = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
# What a step may do besides a check: prepare the machine, and tell GitHub.
HELPERS = {"Let bubblewrap make sandboxes", "Tag this version", "Say so in an issue, one for all weeks", "about"}


def steps(flow):
    return [step for job in FLOWS[flow]["jobs"].values() for step in job.get("steps", [])]


def commands(flow):
    """The commands that check or build."""
    return [step["run"] for step in steps(flow) if "run" in step and not {step.get("name"), step.get("id")} & HELPERS]


def when(flow):
    return FLOWS[flow][True]  # YAML takes the word "on" for true


def test_there_are_three():
    assert [path.name for path in FILES] == ["canary.yml", "publish.yml", "test.yml"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_is_valid(path):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", path]
    ran = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_what_is_invalid_is_found(tmp_path):
    """So that the test above is one."""
    wrong = (FOLDER / "test.yml").read_text("utf-8").replace("runs-on:", "runs-at:")
    (tmp_path / "test.yml").write_text(wrong, "utf-8")
    with pytest.raises(AssertionError, match="runs-at"):
        test_each_is_valid(tmp_path / "test.yml")


@pytest.mark.parametrize("flow", FLOWS)
def test_a_check_is_one_command_of_make(flow):
    for command in commands(flow):
        match = re.fullmatch(r"make ([\w-]+)( \w+=\S+| \w+=\$\{\{ [\w.]+ \}\})*", command)
        assert match, command
        assert match[1] in TARGETS


def test_they_are_the_two_of_the_readme():
    readme = (ROOT / "README.md").read_text("utf-8")
    assert (
        commands("test")
        == re.findall(r"^    (make book|make test) ", readme, re.MULTILINE)
        == ["make book", "make test"]
    )
    assert commands("publish") == ["make book"]


@pytest.mark.parametrize("flow", FLOWS)
def test_an_action_has_a_major_version(flow):
    used = [step["uses"] for step in steps(flow) if "uses" in step]
    assert used
    assert all(re.fullmatch(r"actions/[\w-]+@v\d+", action) for action in used)


def test_every_push_is_tested_on_every_python():
    matrix = FLOWS["test"]["jobs"]["test"]["strategy"]["matrix"]
    assert matrix["python"] == PYTHONS
    assert matrix["os"] == ["ubuntu-latest"]
    assert matrix["include"] == [{"os": "macos-latest", "python": PYTHONS[-1]}]
    assert when("test")["push"] == {"branches-ignore": ["main"]}
    assert {"pull_request", "workflow_call"} <= set(when("test"))


def test_only_main_is_published_and_only_when_tested():
    flow = FLOWS["publish"]
    assert when("publish") == {"push": {"branches": ["main"]}}
    assert flow["jobs"]["test"]["uses"] == "./.github/workflows/test.yml"
    assert (flow["jobs"]["build"]["needs"], flow["jobs"]["publish"]["needs"]) == ("test", "build")
    assert flow["concurrency"] == {"group": "pages", "cancel-in-progress": False}


def test_the_tag_is_there_before_the_pages_that_name_it():
    about, upload = (step for step in steps("publish") if step.get("id") == "about" or "path" in step.get("with", {}))
    tag, deploy = steps("publish")[-2:]
    assert upload["with"]["path"] == "_build/html"
    assert (tag["name"], deploy["uses"].split("@")[0]) == ("Tag this version", "actions/deploy-pages")
    code = re.search(r"python -c '(.*)'\)", about["run"])[1]
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "tools", capture_output=True, text=True, check=True
    ).stdout
    assert re.fullmatch(r"v\d+\.\d+(\.\d+)?\n", said)


def test_rights_are_no_more_than_needed():
    allowed = {name: flow["permissions"] for name, flow in FLOWS.items()}
    assert allowed.pop("canary") == {"contents": "read", "issues": "write"}
    assert allowed == {"test": {"contents": "read"}, "publish": {"contents": "read"}}
    own = {name: job["permissions"] for name, job in FLOWS["publish"]["jobs"].items() if "permissions" in job}
    assert own == {"publish": {"contents": "write", "pages": "write", "id-token": "write"}}


def test_once_a_week_the_oldest_and_the_newest_versions_are_tried():
    [job] = FLOWS["canary"]["jobs"].values()
    minute, hour, day, month, weekday = when("canary")["schedule"][0]["cron"].split()
    assert (day, month) == ("*", "*")
    assert all(field.isdigit() for field in (minute, hour, weekday))
    assert set(when("canary")) == {"schedule", "workflow_dispatch"}
    tried = {each["versions"]: each["python"] for each in job["strategy"]["matrix"]["include"]}
    assert tried == {"oldest": PYTHONS[0], "newest": PYTHONS[-1]}
    assert set(tried) == set(VERSIONS)
    assert job["strategy"]["fail-fast"] is False
    assert commands("canary") == ["make canary VERSIONS=${{ matrix.versions }}"]


GH = """#!/bin/sh
echo "$@" >> said.txt
case "$2" in list) echo "$OPEN";; esac
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a runner's shell")
@pytest.mark.parametrize(
    ("number", "last"), [("", "issue create --title T --body B"), ("12", "issue comment 12 --body B")]
)
def test_a_failure_is_said_in_one_issue(tmp_path, number, last):
    tell = steps("canary")[-1]
    assert tell["if"] == "failure()"
    (tmp_path / "gh").write_text(GH)
    (tmp_path / "gh").chmod(0o755)
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin", "TITLE": "T", "BODY": "B", "OPEN": number}
    subprocess.run(["bash", "-e", "-c", tell["run"]], cwd=tmp_path, env=env, check=True)
    assert (tmp_path / "said.txt").read_text().splitlines()[1:] == [last]


def test_ubuntu_is_made_ready_for_the_grader_everywhere():
    ready = [step["run"] for flow in ("test", "canary") for step in steps(flow) if "bubblewrap" in step.get("name", "")]
    assert len(ready) == 2
    assert ready[0] == ready[1]


def test_the_graders_tests_are_left_out_where_it_does_not_run_and_nowhere_else():
    assert packages.left_out("linux") == []
    left_out = packages.left_out("darwin")
    assert all((ROOT / "tests" / name).is_file() for name in left_out)
    needing = {
        path.name
        for path in (ROOT / "tests").glob("test_*.py")
        if '\npytestmark = pytest.mark.usefixtures("bubblewrap")\n' in path.read_text("utf-8")
    }
    assert needing | {"test_hostile.py", "test_submissions.py"} == set(left_out)
