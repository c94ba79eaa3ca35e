"""What a coordinator sets by name."""

import msgspec
import pytest

from mentoring.errors import Invalid
from mentoring.programmes import rules
from mentoring.programmes.changes import GROUPS, change_of, known_settings, merged, names_set, pairs_of
from mentoring.programmes.contracts import (
    ChangeProgramme,
    LadderChange,
    MatchingChange,
    PlanChange,
    RulesChange,
    WeightsChange,
)
from mentoring.programmes.rules import (
    Hours,
    Ladder,
    LadderOutOfOrder,
    Matching,
    MatchingRules,
    MatchingWeights,
    Plan,
    PolicyName,
    Role,
    SettingOutOfRange,
    SettingUnknown,
)
from mentoring.web.typed import Typed

READS = {
    "rules.unit=off": ("rules", "unit", False),
    "rules.unit=YES": ("rules", "unit", True),
    "rules.seniority_gap=0": ("rules", "seniority_gap", 0),
    "rules.shared_hours = 1.5": ("rules", "shared_hours", 1.5),
    "weights.need=0.5": ("weights", "need", 0.5),
    "matching.policy=stable": ("matching", "policy", PolicyName.STABLE),
    "matching.cap=0.25": ("matching", "cap", 0.25),
    "plan.sessions=8": ("plan", "sessions", 8),
    "ladder.consent_expires=6": ("ladder", "consent_expires", 6),
    "ladder.consent_reminders=1, 3": ("ladder", "consent_reminders", (1, 3)),
    "ladder.check_in_follow_ups=": ("ladder", "check_in_follow_ups", ()),
}

REFUSED = {
    "rules.unit=maybe": "on / off",
    "rules.seniority_gap=31": "0 – 30",
    "rules.seniority_gap=1.5": "0 – 30",
    "rules.shared_hours=nan": "0 – 40",
    "weights.need=-1": "0 – 100",
    "weights.need=inf": "0 – 100",
    "matching.cap=0": "0.01 – 1",
    "matching.policy=best": ", ".join(PolicyName),
    "plan.sessions=0": "1 – 52",
    "ladder.consent_reminders=2,x": "1 – 60, 1 – 60, …",
    "name=": "1 – 120",
    "open=ajar": "on / off",
}


@pytest.mark.parametrize(
    "group, change",
    [
        (MatchingRules, RulesChange),
        (MatchingWeights, WeightsChange),
        (Matching, MatchingChange),
        (Plan, PlanChange),
        (Ladder, LadderChange),
    ],
)
def test_everything_that_is_decided_can_be_changed(group: type[msgspec.Struct], change: type[msgspec.Struct]) -> None:
    assert group in GROUPS.values()
    assert change.__struct_fields__ == group.__struct_fields__


@pytest.mark.parametrize("pair", READS)
def test_a_value_is_read_as_its_setting_wants_it(pair: str) -> None:
    group, name, value = READS[pair]

    change = change_of([pair])

    assert getattr(getattr(change, group), name) == value
    assert names_set(change) == [f"{group}.{name}"]


@pytest.mark.parametrize("pair", REFUSED)
def test_a_value_that_does_not_fit_is_refused_with_what_would(pair: str) -> None:
    with pytest.raises(SettingOutOfRange) as refused:
        change_of([pair])

    name, _, value = pair.partition("=")
    assert refused.value.details == {"name": name, "value": value, "takes": REFUSED[pair]}


def test_an_unknown_name_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(SettingUnknown) as refused:
        change_of(["rules.luck=on"])

    assert refused.value.details == {"name": "rules.luck", "known": ", ".join(known_settings())}


def test_what_is_left_out_stays() -> None:
    change = change_of(["rules.unit=off", "plan.sessions=8", "open=no", "name=Pilot"])

    assert merged(MatchingRules(), change.rules) == MatchingRules(unit=False)
    assert merged(Plan(minutes=60), change.plan) == Plan(sessions=8, minutes=60)
    assert merged(Ladder(), change.ladder) == Ladder()
    assert (change.open, change.name) == (False, "Pilot")
    assert names_set(ChangeProgramme()) == []


@pytest.mark.parametrize(
    "ladder", [Ladder(consent_reminders=(4, 2)), Ladder(consent_reminders=(2, 5)), Ladder(check_in_follow_ups=(1, 1))]
)
def test_reminders_rise_and_come_before_the_end(ladder: Ladder) -> None:
    with pytest.raises(LadderOutOfOrder):
        rules.check_ladder(ladder)


def test_some_weight_must_be_left() -> None:
    with pytest.raises(rules.WeightsEmpty):
        rules.check_weights(MatchingWeights(0, 0, 0, 0, 0, 0))


MORNING: Hours = [(0, 540, 720)]
WRONG: dict[type[Invalid], tuple[Role, list[tuple[str, int]], Hours, int, int]] = {
    rules.NeedsMissing: (Role.LEADER, [], MORNING, 1, 0),
    rules.HoursMissing: (Role.LEADER, [("1.1", 0)], [], 1, 0),
    rules.TooManyNeeds: (Role.LEADER, [("1.1", 0), ("1.2", 0), ("1.3", 0), ("2.1", 0)], MORNING, 1, 0),
    rules.TooManyWishes: (Role.LEADER, [("1.1", 0)], MORNING, 1, 4),
    rules.CapacityTooLarge: (Role.LEADER, [("1.1", 0)], MORNING, 2, 0),
    rules.SkillDoubled: (Role.LEADER, [("1.1", 0), ("1.1", 1)], MORNING, 1, 0),
    rules.OfferNeedsLevel: (Role.JUNIOR, [("1.1", 0)], MORNING, 1, 0),
    rules.HoursBackwards: (Role.JUNIOR, [("1.1", 1)], [(0, 720, 720)], 1, 0),
}


@pytest.mark.parametrize("cause", WRONG, ids=lambda cause: cause.__name__)
def test_a_sign_up_that_cannot_be_right_is_refused(cause: type[Invalid]) -> None:
    with pytest.raises(cause):
        rules.check_sign_up(*WRONG[cause])


def test_a_junior_may_take_three_and_offer_many_skills() -> None:
    offers = [(f"{area}.{number}", 2) for area in range(1, 6) for number in range(1, 5)]

    rules.check_sign_up(Role.JUNIOR, offers, MORNING, 3, 3)

    with pytest.raises(rules.CapacityTooLarge) as refused:
        rules.check_sign_up(Role.JUNIOR, offers, MORNING, 4, 3)
    assert refused.value.details == {"most": 3}


def test_the_rungs_of_a_form_become_a_ladder_and_those_without_days_go() -> None:
    typed: Typed = {
        "rung.first_session.after.1": "3", "rung.first_session.tell.1": "junior",
        "rung.first_session.after.2": "", "rung.first_session.tell.2": "red",
        "rung.first_session.after.3": "7.5", "rung.first_session.tell.3": ["leader", "delegate"],
        "open": ["off", "on"],
    }  # fmt: skip

    assert pairs_of(typed) == ["open=on", "ladder.first_session=3:junior,7.5:leader+delegate"]


def test_a_rung_that_tells_nobody_is_refused() -> None:
    with pytest.raises(SettingOutOfRange):
        change_of(pairs_of({"rung.silence.after.1": "2"}))
