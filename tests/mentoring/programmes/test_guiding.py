"""How far one is, how many hours that is, and which words a browser may follow."""

import pytest

from mentoring.programmes.guiding import steps_of, week_of
from mentoring.programmes.rules import EvidenceNotALink, Role, clock_there, links_of
from mentoring.web.typed import Typed

MORNING = {"from-0-1": "09:00", "to-0-1": "12:15"}


@pytest.mark.parametrize(
    "typed, role, done",
    [
        ({}, Role.LEADER, []),
        ({"skill-2": "2.6"}, Role.LEADER, ["what"]),
        ({"offer-2.6": "3", "language-1": "en"}, Role.JUNIOR, ["what", "languages"]),
        ({"skill-1": "2.6", "language-1": "en", **MORNING}, Role.LEADER, ["what", "when", "languages"]),
        ({"tools": "Signal", "wish-1": "S1"}, Role.LEADER, []),
    ],
)
def test_what_is_needed_is_done_or_not(typed: Typed, role: Role, done: list[str]) -> None:
    assert [step.place for step in steps_of(typed, role) if step.done] == done


@pytest.mark.parametrize(
    "typed, hours",
    [({}, 0), (MORNING, 3.25), ({"from-0-1": "09:00"}, 0), ({"from-0-1": "nine", "to-0-1": "ten"}, 0)],
)
def test_the_hours_of_a_week_are_added_up(typed: Typed, hours: float) -> None:
    assert week_of(typed) == hours


@pytest.mark.parametrize(
    "evidence, links",
    [
        ("", []),
        ("A course: Excel, 2024", []),
        ("https://example.org/a?b=c#d\nhttp://example.org", ["https://example.org/a?b=c#d", "http://example.org"]),
        ("Note:Excel", []),
    ],
)
def test_links_are_found_in_what_is_said(evidence: str, links: list[str]) -> None:
    assert links_of(evidence) == links


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "JavaScript:x", "data:text/html,x", "ftp://example.org/x", "https://localhost/x",
     "https://ama:secret@example.org/", "file:///etc/passwd", "https://"],
)  # fmt: skip
def test_what_no_browser_should_follow_is_refused(link: str) -> None:
    with pytest.raises(EvidenceNotALink) as refused:
        links_of(f"see {link}")

    assert refused.value.details == {"link": link}


@pytest.mark.parametrize(
    "there, winter, summer",
    [("Europe/Zurich", 540, 540), ("Asia/Bangkok", 900, 840), ("Asia/Kathmandu", 825, 765),
     ("America/New_York", 180, 180), ("Pacific/Apia", 1260, 1200), ("Pacific/Honolulu", -120, -180)],
)  # fmt: skip
def test_clocks_elsewhere_when_it_is_nine_in_zurich(there: str, winter: int, summer: int) -> None:
    seen = [clock_there("Europe/Zurich", there, 2026, month) for month in (1, 7)]

    assert seen == [winter, summer]
