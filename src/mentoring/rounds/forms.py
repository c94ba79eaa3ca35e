"""What the forms of the round desk say, as commands."""

import re

from mentoring.rounds.findings import Decide, WhatIf
from mentoring.web.forms import FormUnreadable, command_of
from mentoring.web.typed import Typed, several, single

CLOCK = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])(?::00)?")
LISTED = re.compile(r"(needs|offers)-(?:([0-4])|none)")
"""In which role a skill is listed, and at which level."""


def what_if_of(typed: Typed) -> WhatIf:
    """One pair to pin or to forbid, two leaders who swap, one person to leave out, or one who answers otherwise."""
    named = {name: single(typed, name) for name in ("leader", "junior", "other", "without", "who")}
    pair = {"leader": named["leader"], "junior": named["junior"]}
    kinds: dict[str, dict[str, object]] = {
        "pin": {"pins": [pair]},
        "forbid": {"forbids": [pair]},
        "swap": {"swaps": [{"leader": named["leader"], "other": named["other"]}]},
    }
    wanted = kinds.get(single(typed, "kind"), {}) if any(pair.values()) else {}
    without = {"without": [named["without"]]} if named["without"] else {}
    answers = {"answers": [_answered(typed)]} if named["who"] else {}
    return command_of(WhatIf, wanted | without | answers)


def _answered(typed: Typed) -> dict[str, object]:
    answered: dict[str, object] = {"person": single(typed, "who")}
    if skill := single(typed, "skill"):
        said = LISTED.fullmatch(single(typed, "listed"))
        if said is None:
            raise FormUnreadable(field="listed")
        answered[said[1]] = [{"code": skill, "level": said[2]}]
    begin, end = single(typed, "from"), single(typed, "to")
    if begin or end:
        hours = "hours" if single(typed, "only") else "more_hours"
        answered[hours] = [(single(typed, "day"), _minutes("from", begin), _minutes("to", end))]
    if places := single(typed, "places"):
        answered["places"] = places
    return answered


def _minutes(field: str, clock: str) -> int:
    found = CLOCK.fullmatch(clock)
    if found is None:
        raise FormUnreadable(field=field)
    return int(found[1]) * 60 + int(found[2])


def decided_of(typed: Typed) -> Decide:
    """The decisions that a page of what-if has in its form."""
    pairs = {
        f"{kind}s": [
            {"leader": leader, "junior": junior}
            for leader, junior in zip(several(typed, f"{kind}_leader"), several(typed, f"{kind}_junior"), strict=False)
        ]
        for kind in ("pin", "forbid")
    }
    rest = {"reason": single(typed, "reason"), "revision": single(typed, "revision") or None}
    return command_of(Decide, pairs | rest | {"without": several(typed, "without")})
