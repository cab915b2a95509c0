"""The code has one style: ruff's rules, set in pyproject.toml."""

import subprocess
import sys

import pytest
from building import ROOT


@pytest.mark.parametrize("rule", [["check"], ["format", "--check"]], ids=" ".join)
def test_ruff_has_nothing_to_say(rule):
    ran = subprocess.run([sys.executable, "-m", "ruff", *rule, ROOT], capture_output=True, text=True, encoding="utf-8")
    assert ran.returncode == 0, ran.stdout + ran.stderr
