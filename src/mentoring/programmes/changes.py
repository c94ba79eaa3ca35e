"""What a coordinator may set in a programme, by name: ``rules.unit=off``, ``plan.sessions=8``, ``open=no``."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple, TypeVar, get_type_hints

import msgspec
from msgspec import Struct, UnsetType, structs
from msgspec.inspect import BoolType, EnumType, FloatType, IntType, StrType, Type, VarTupleType, type_info

from mentoring.programmes.contracts import ChangeProgramme, Name, ProgrammeView
from mentoring.programmes.rules import (
    Ladder,
    Matching,
    MatchingRules,
    MatchingWeights,
    Plan,
    PolicyName,
    SettingOutOfRange,
    SettingUnknown,
    Tell,
    climbs,
    shares_of,
)
from mentoring.programmes.timeline import timeline_of
from mentoring.web.typed import Typed, several, single

Group = TypeVar("Group", bound=Struct)
GROUPS: dict[str, type[Struct]] = {
    "rules": MatchingRules,
    "weights": MatchingWeights,
    "matching": Matching,
    "plan": Plan,
    "ladder": Ladder,
}
YES = ("on", "yes", "true", "1")
NO = ("off", "no", "false", "0")
UNCHANGED = ChangeProgramme()
MATTERS = ("first_session", "silence", "agreement")
"""Of the ladder, those whose rungs say who is told."""
MOST_RUNGS = 8
RUNG = re.compile(rf"rung\.({'|'.join(MATTERS)})\.(?:after|tell)\.[1-{MOST_RUNGS}]")


@cache
def known_settings() -> dict[str, object]:
    """Every name that can be set, with its type."""
    grouped = {
        f"{group}.{name}": kind
        for group, struct in GROUPS.items()
        for name, kind in get_type_hints(struct, include_extras=True).items()
    }
    return {"name": Name, "open": bool, **grouped}


def change_of(pairs: Iterable[str]) -> ChangeProgramme:
    """Read ``NAME=VALUE`` pairs. Raises ``SettingUnknown`` or ``SettingOutOfRange``, with what would do."""
    change: dict[str, object] = {}
    for pair in pairs:
        name, _, text = (part.strip() for part in pair.partition("="))
        if name not in known_settings():
            raise SettingUnknown(name=name, known=", ".join(known_settings()))
        value = _value(name, text)
        group, _, setting = name.rpartition(".")
        within = change.setdefault(group, {}) if group else change
        assert isinstance(within, dict)
        within[setting] = value
    return msgspec.convert(change, ChangeProgramme)


def _value(name: str, text: str) -> object:
    kind = known_settings()[name]
    shape = type_info(kind)
    try:
        value: object = msgspec.convert(_plain(shape, text), type=kind, strict=False)
    except msgspec.ValidationError as error:
        raise SettingOutOfRange(name=name, value=text, takes=_takes(shape)) from error
    return value


def _plain(shape: Type, text: str) -> object:
    if isinstance(shape, BoolType) and text.lower() in YES + NO:
        return text.lower() in YES
    if isinstance(shape, VarTupleType):
        return [part.strip() for part in text.split(",") if part.strip()]
    if isinstance(shape, FloatType) and text.strip("+-").lower() in ("nan", "inf", "infinity"):
        return None
    return text


def _takes(shape: Type) -> str:
    """What a setting takes, in signs that every language reads."""
    if isinstance(shape, BoolType):
        return "on / off"
    if isinstance(shape, IntType | FloatType):
        return f"{shape.ge} – {shape.le}"
    if isinstance(shape, VarTupleType):
        return ", ".join([_takes(shape.item_type)] * 2 + ["…"])
    if isinstance(shape, EnumType):
        return ", ".join(one.value for one in shape.cls)
    if isinstance(shape, StrType) and shape.pattern and shape.min_length is None:
        return "3:junior / 7:leader+delegate / 14:amber"
    if isinstance(shape, StrType):
        return f"{shape.min_length} – {shape.max_length}"
    return ""


class ShownRung(NamedTuple):
    """A rung as a form shows it; a new one is empty."""

    after: str = ""
    tell: tuple[str, ...] = ()


def pairs_of(typed: Typed) -> list[str]:
    """A form as ``NAME=VALUE`` pairs. The rungs of a ladder, a sentence each, become one; without a time they go."""
    plain = [f"{name}={single(typed, name)}" for name in typed if not RUNG.fullmatch(name)]
    rungs = {matter: _typed_rungs(typed, matter) for matter in _matters_in(typed)}
    said = {matter: (f"{one.after}:{'+'.join(one.tell)}" for one in found) for matter, found in rungs.items()}
    return plain + [f"ladder.{matter}={','.join(texts)}" for matter, texts in said.items()]


def _matters_in(typed: Typed) -> list[str]:
    return sorted({found[1] for name in typed if (found := RUNG.fullmatch(name))})


def _typed_rungs(typed: Typed, matter: str) -> list[ShownRung]:
    every = (
        ShownRung(single(typed, f"rung.{matter}.after.{n}"), tuple(several(typed, f"rung.{matter}.tell.{n}")))
        for n in range(1, MOST_RUNGS + 1)
    )
    return [one for one in every if one.after]


def shown_of(programme: ProgrammeView, typed: Typed, change: ChangeProgramme = UNCHANGED) -> dict[str, object]:
    """What the page of a programme shows: its settings, or what was typed, and what would follow from a change."""
    weights, plan = merged(programme.weights, change.weights), merged(programme.plan, change.plan)
    return {
        "programme": programme,
        "typed": typed,
        "groups": {name: structs.asdict(getattr(programme, name)) for name in GROUPS},
        "policies": list(PolicyName),
        "weights": shares_of(weights),
        "together": sum(structs.astuple(weights)),
        "milestones": timeline_of(plan, merged(programme.ladder, change.ladder)),
        "rungs": {matter: _shown_rungs(programme.ladder, typed, matter) for matter in MATTERS},
        "tells": list(Tell),
    }


def _shown_rungs(ladder: Ladder, typed: Typed, matter: str) -> list[ShownRung]:
    """With an empty one at the end, as long as there is room."""
    known = [ShownRung(f"{one.after:g}", one.tell) for one in climbs(getattr(ladder, matter))]
    shown = _typed_rungs(typed, matter) if matter in _matters_in(typed) else known
    return [*shown, ShownRung()][:MOST_RUNGS]


def merged(group: Group, change: Struct | UnsetType) -> Group:
    """``group`` with what the change sets."""
    if isinstance(change, UnsetType):
        return group
    return structs.replace(group, **dict(_set(change)))


def names_set(change: ChangeProgramme) -> list[str]:
    """``open``, ``rules.unit``: what a change speaks of."""
    names = []
    for name, value in _set(change):
        names += [f"{name}.{inner}" for inner, _ in _set(value)] if isinstance(value, Struct) else [name]
    return names


def _set(change: Struct) -> Iterator[tuple[str, object]]:
    return ((name, value) for name, value in structs.asdict(change).items() if value is not msgspec.UNSET)
