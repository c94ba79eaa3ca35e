"""docs/domain.md is the dictionary: what it says stands somewhere does stand there."""

import re
from importlib import import_module
from pathlib import Path

import pytest

import matching
from mentoring.pairings import rules as pairings
from mentoring.pairings import slots
from mentoring.programmes.rules import PLANS, Matching, MatchingRules, MatchingWeights
from mentoring.rounds import rules as rounds

DOMAIN = (Path(__file__).parents[2] / "docs" / "domain.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`((?:matching|mentoring)\.[\w.]+)`", DOMAIN)))


def found(path: str) -> bool:
    """Whether a module has the name, or a class in it has the field."""
    words = path.split(".")
    depth = 3 if words[0] == "mentoring" else 2 if words[1].islower() and len(words) > 2 else 1
    thing: object = import_module(".".join(words[:depth]))
    for word in words[depth:]:
        if not hasattr(thing, word):
            return False
        thing = getattr(thing, word)
    return True


@pytest.mark.parametrize("path", NAMED)
def test_every_place_that_the_dictionary_names_is_there(path: str) -> None:
    assert found(path)


def test_the_dictionary_names_places_at_all() -> None:
    assert len(NAMED) > 30


def test_the_weights_in_the_dictionary_are_the_defaults() -> None:
    weights = MatchingWeights()

    written = dict(re.findall(r"^\| (need|time|wishes|tools|language|across) \| (0\.\d\d) \|", DOMAIN, re.MULTILINE))

    assert {name: float(value) for name, value in written.items()} == {
        name: getattr(weights, name) for name in weights.__struct_fields__
    }


def test_the_plans_in_the_dictionary_are_the_presets() -> None:
    shape = r"^\| plan, (\w+) \| (\d+) sessions of (\d+) minutes every (\d+) days"

    written = [(name, *map(int, numbers)) for name, *numbers in re.findall(shape, DOMAIN, re.MULTILINE)]

    assert written == [(preset.value, plan.sessions, plan.minutes, plan.every_days) for preset, plan in PLANS.items()]


def test_the_numbers_in_the_dictionary_are_the_defaults() -> None:
    rules = MatchingRules()

    assert f"grade at least {rules.seniority_gap} levels below" in DOMAIN
    assert f"above the leader's, and at least {rules.minimum_offer} |" in DOMAIN
    assert f"professional level ({rules.working_fluency}) on both sides" in DOMAIN
    assert f"| {rules.shared_hours} shared hours a week" in DOMAIN
    assert f"| weak | a fit below {matching.WEAK / matching.POINTS:.2f} |" in DOMAIN
    assert f"costs {Matching().change_cost} perfect fits" in DOMAIN
    assert f"more likely than {Matching().cap} (policy" in DOMAIN
    assert f"| {rounds.WAITING_BONUS} per earlier round" in DOMAIN
    assert f"| waiting bonus, most | {rounds.MOST_WAITING_BONUS} |" in DOMAIN
    assert f"no sooner than {pairings.SETTLING_IN.days} days" in DOMAIN
    assert f"| booking | at most {pairings.BOOKED_WITHIN.days} days ahead |" in DOMAIN
    assert f"| pause | at most {pairings.LONGEST_PAUSE.days} days;" in DOMAIN
    assert f"| closing | {pairings.CLOSING_AFTER.days} days after the last session's end" in DOMAIN
    assert f"{slots.A_DAY} a day, {slots.AHEAD.days} days ahead" in DOMAIN
