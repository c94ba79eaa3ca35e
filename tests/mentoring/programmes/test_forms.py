"""A sign-up as a browser sends it, and as a page shows it again."""

from uuid import uuid4

import pytest

from mentoring.programmes.contracts import PersonName, SignUp, SignUpView, SkillLevel
from mentoring.programmes.forms import sign_up_of, spans_of, typed_of
from mentoring.programmes.rules import EnrolmentState, Role
from mentoring.web.forms import FormUnreadable
from mentoring.web.typed import Typed
from tests.builders import NOW

VIEW = SignUpView(
    id=uuid4(), programme_id=uuid4(), programme="Pilot", role=Role.LEADER, state=EnrolmentState.ENROLLED,
    enrolled_at=NOW, prepared=True, checklist=[], skills=[SkillLevel("2.6", 1), SkillLevel("3.1", 0)],
    hours=[(0, 540, 720), (0, 780, 1440), (4, 0, 60)], tools=["LinkedIn", "Viva Engage"], capacity=1,
    languages={"en": 2, "fr": 3}, wishes=[PersonName(uuid4(), "S1", "Ama Mensah")], exclusions=2, evidence=None,
    wants_back="A network", version="abc",
)  # fmt: skip


def test_a_sign_up_that_is_shown_and_sent_again_is_the_same() -> None:
    assert sign_up_of(typed_of(VIEW), Role.LEADER) == SignUp(
        skills=VIEW.skills, hours=VIEW.hours, tools=VIEW.tools, languages={"fr": 3, "en": 2}, wishes=["S1"],
        wants_back="A network", version="abc",
    )  # fmt: skip


def test_a_junior_offers_what_has_a_level() -> None:
    typed: Typed = {"offer-2.6": "3", "offer-1.1": "", "offer-own.1": "4", "capacity": "2"}

    given = sign_up_of(typed, Role.JUNIOR)

    assert (given.skills, given.capacity) == ([SkillLevel("2.6", 3), SkillLevel("own.1", 4)], 2)


@pytest.mark.parametrize(
    "typed, hours",
    [
        ({"from-0-1": "09:00", "to-0-1": "10:30"}, [(0, 540, 630)]),
        ({"from-6-1": "22:00", "to-6-1": "00:00"}, [(6, 1320, 1440)]),
        ({"from-0-1": "09:00", "to-0-1": "10:00", "from-0-2": "14:00", "to-0-2": "15:00"},
         [(0, 540, 600), (0, 840, 900)]),
        ({"from-0-2": "09:00", "to-0-2": "10:00"}, [(0, 540, 600)]),
        ({"from-0-1": "09:00:00", "to-0-1": "10:00:00"}, [(0, 540, 600)]),
        ({"from-3-1": "09:00"}, [(3, 540, 540)]),  # the rules say that it ends as it begins, and on which day
        ({"to-3-1": "09:00"}, [(3, 540, 540)]),
        ({"to-3-1": "00:00"}, [(3, 0, 0)]),
        ({}, []),
    ],
)  # fmt: skip
def test_hours_are_read_as_they_stand(typed: Typed, hours: list[tuple[int, int, int]]) -> None:
    assert sign_up_of(typed, Role.LEADER).hours == hours


@pytest.mark.parametrize(
    "typed, exclusions",
    [
        ({}, None),
        ({"exclusions": " "}, None),
        ({"exclusions": "S1, S2\nama@example.org"}, ["S1", "S2", "ama@example.org"]),
        ({"exclusions-none": "true"}, []),
        ({"exclusions": "S1", "exclusions-none": "true"}, ["S1"]),
    ],
)
def test_exclusions_stay_unless_others_are_named_or_they_are_to_be_forgotten(
    typed: Typed, exclusions: list[str] | None
) -> None:
    assert sign_up_of(typed, Role.LEADER).exclusions == exclusions


@pytest.mark.parametrize(
    "typed, field",
    [
        ({"from-0-1": "nine", "to-0-1": "10:00"}, "nine"),
        ({"skill-1": "2.6", "level-1": "7"}, "skills"),
        ({"capacity": "many"}, "capacity"),
        ({"tools": "x" * 61}, "tools"),
        ({"evidence": "x" * 1001}, "evidence"),
        ({"language-1": "klingon"}, "languages"),
    ],
)
def test_what_a_form_cannot_mean_is_refused_with_the_field(typed: Typed, field: str) -> None:
    with pytest.raises(FormUnreadable) as refused:
        sign_up_of(typed, Role.LEADER)

    assert refused.value.details == {"field": field}


def test_a_page_shows_two_spans_a_day_and_more_where_somebody_has_more() -> None:
    assert spans_of({}) == 2
    assert spans_of({"from-0-4": "09:00"}) == 4
