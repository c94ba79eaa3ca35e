"""`mentoring programme`, `signups` and `skills`, as an administrator types them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mentoring.__main__ import main

Mentoring = Callable[..., Result]
DATA = Path(__file__).parents[2] / "data"


@pytest.fixture
def mentoring(sqlite_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Mentoring:
    """Run ``mentoring`` with the given words."""
    monkeypatch.setenv("MENTORING_DATABASE_URL", sqlite_database_url)
    return lambda *words: CliRunner().invoke(main, [str(word) for word in words])


def test_the_cabinet_signs_up(mentoring: Mentoring) -> None:
    mentoring("staff", "import", DATA / "cabinet-staff.csv", "--apply")
    mentoring("programme", "create", "Digital leaders")

    report = json.loads(
        mentoring("signups", "import", "Digital leaders", DATA / "cabinet-signups.csv", "--apply", "--json").stdout
    )
    again = mentoring("signups", "import", "Digital leaders", DATA / "cabinet-signups.csv", "--apply")
    shown = json.loads(mentoring("programme", "show", "Digital leaders", "--json").stdout)

    assert (report["applied"], report["leaders"], report["juniors"], report["added"]) == (True, 427, 329, 756)
    assert again.stdout.splitlines()[0] == "Leaders: 427. Juniors: 329. Added: 0. Changed: 0. Unchanged: 756."
    assert (shown["leaders"], shown["juniors"]) == ({"enrolled": 427, "ready": 427}, {"enrolled": 329, "ready": 329})


def test_what_show_prints_set_reads(mentoring: Mentoring) -> None:
    mentoring("programme", "create", "Pilot", "--preset", "sprint")
    lines = mentoring("programme", "show", "Pilot").stdout.splitlines()
    pairs = [line.strip() for line in lines if "=" in line]

    unchanged = mentoring("programme", "set", "Pilot", *pairs)
    changed = mentoring("programme", "set", "Pilot", "plan.sessions=8", "open=no")

    assert len(pairs) == 34
    assert unchanged.stdout.splitlines() == lines
    assert "  plan.sessions=8" in changed.stdout.splitlines()
    assert changed.stdout.splitlines()[0] == "Pilot  (sprint)  closed for sign-ups"


REFUSED = {
    "rules.luck=on": "SettingUnknown: There is no setting “rules.luck”. There are: name, open, rules.reporting_line",
    "rules.unit=maybe": "SettingOutOfRange: rules.unit cannot be “maybe”. It takes on / off.",
    "ladder.consent_expires=1": "LadderOutOfOrder: Reminders must come one after the other and before the end: 2, 4,",
}


@pytest.mark.parametrize("pair", REFUSED)
def test_a_setting_that_cannot_be_is_refused_and_none_of_them_is_set(mentoring: Mentoring, pair: str) -> None:
    mentoring("programme", "create", "Pilot")

    refused = mentoring("programme", "set", "Pilot", "open=no", pair)

    assert refused.exit_code == 1
    assert refused.stderr.startswith(REFUSED[pair])
    assert json.loads(mentoring("programme", "list", "--json").stdout)[0]["open"]


def test_a_programme_that_is_not_there_is_refused_and_a_preset_that_is_not_is_wrong_use(mentoring: Mentoring) -> None:
    missing = mentoring("programme", "show", "Nowhere")
    wrong = mentoring("programme", "create", "Pilot", "--preset", "endless")

    assert (missing.exit_code, wrong.exit_code) == (1, 2)
    assert missing.stderr == "ProgrammeNotFound: There is no programme of that name that you may see.\n"


def test_a_coordinator_is_named_by_staff_number(mentoring: Mentoring) -> None:
    mentoring("staff", "import", DATA / "cabinet-staff.csv", "--apply")
    mentoring("programme", "create", "Pilot")

    added = mentoring("programme", "coordinator", "add", "Pilot", "CA000161")
    removed = mentoring("programme", "coordinator", "remove", "Pilot", "CA000161", "--json")
    unknown = mentoring("programme", "coordinator", "add", "Pilot", "CA999999")

    assert "  Coordinators: Olivia Isla." in added.stdout.splitlines()
    assert json.loads(removed.stdout)["coordinators"] == []
    assert (unknown.exit_code, unknown.stderr.partition(":")[0]) == (1, "PersonNotFound")


def test_skills_are_listed_with_their_credit_added_and_loaded(mentoring: Mentoring) -> None:
    listed = mentoring("skills", "list").stdout.splitlines()
    added = mentoring("skills", "add", "X.1", "Running a hybrid meeting", "--area", "Meetings")
    taken = mentoring("skills", "add", "X.1", "Another")
    odd = mentoring("skills", "add", "no spaces", "Another")
    loaded = [mentoring("skills", "load", DATA / "supplement-excerpt.jsonld", "--json") for _ in range(2)]

    assert (len(listed), "CC BY 4.0" in listed[-1]) == (22, True)
    assert (added.exit_code, taken.exit_code, odd.exit_code) == (0, 1, 2)
    assert taken.stderr == "SkillCodeTaken: There is already a skill with the code X.1.\n"
    assert [one.exit_code for one in loaded] == [0, 0]
    assert (json.loads(loaded[1].stdout)["added"], json.loads(loaded[1].stdout)["changed"]) == (0, 0)
