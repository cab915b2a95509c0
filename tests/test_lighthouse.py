"""tools/lighthouse.py: what it reads in a report, and when it says that a page falls short."""

import lighthouse
import pytest

REPORT = {
    "categories": {
        "performance": {"score": 0.96},
        "accessibility": {"score": 1},
        "best-practices": {"score": 1},
        "seo": {"score": None},
    },
    "audits": {
        "cumulative-layout-shift": {"numericValue": 0.02},
        "first-contentful-paint": {"numericValue": 987.4},
        "largest-contentful-paint": {"numericValue": 1400},
        "total-blocking-time": {"numericValue": 6},
    },
}


def test_a_report_is_read_and_each_shortfall_named():
    found = lighthouse.figures(REPORT)
    assert found == {
        "performance": 96,
        "accessibility": 100,
        "best-practices": 100,
        "seo": 0,
        "shift": 0.02,
        "first paint": 987,
        "largest": 1400,
        "blocked": 6,
    }
    assert list(lighthouse.shortfalls("bump", found)) == [
        "bump: seo 0, expected 100 or more",
        "bump: layout shift 0.020, expected less than 0.02",
    ]
    good = {**found, "seo": 100, "shift": 0.019}
    assert list(lighthouse.shortfalls("bump", good)) == []
    assert list(lighthouse.shortfalls("bump", {**good, "performance": 94})) == [
        "bump: performance 94, expected 95 or more"
    ]


def test_without_npm_or_a_book_it_says_what_it_needs(tmp_path, monkeypatch):
    monkeypatch.setattr(lighthouse, "TOOLS", tmp_path / "none")
    monkeypatch.setattr(lighthouse.shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match="needs Node 18 or newer with npm"):
        lighthouse.program()
    monkeypatch.setattr(lighthouse, "HTML", tmp_path)
    with pytest.raises(SystemExit, match="Build it first: make book"):
        lighthouse.main([])
