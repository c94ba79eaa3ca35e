"""The course of a programme, day by day from the second yes."""

from mentoring.programmes.rules import PLANS, Ladder, Plan, Preset
from mentoring.programmes.timeline import timeline_of


def test_the_standard_course_from_the_proposals_to_looking_back() -> None:
    found = timeline_of(PLANS[Preset.STANDARD], Ladder())

    assert [(one.kind, one.day) for one in found if one.kind != "session"] == [
        ("asked", -7), ("began", 0), ("pulse", 30), ("midpoint", 49), ("closed", 147), ("look_back", 237),
    ]  # fmt: skip
    assert [one.day for one in found if one.kind == "session"] == [7, 28, 49, 70, 91, 112, 133]
    assert (found[0].at, found[-1].at) == (0.0, 1.0)


def test_who_meets_once_has_a_course_too() -> None:
    found = timeline_of(Plan(sessions=1, midpoint_after_session=3), Ladder())

    assert "midpoint" not in [one.kind for one in found]
    assert sorted(one.at for one in found) == [one.at for one in found]
