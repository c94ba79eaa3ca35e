"""What a coordinator may set in a programme, by name: ``rules.unit=off``, ``plan.sessions=8``, ``open=no``."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import TypeVar, get_type_hints

import msgspec
from msgspec import Struct, UnsetType, structs
from msgspec.inspect import BoolType, EnumType, FloatType, IntType, StrType, Type, VarTupleType, type_info

from mentoring.programmes.contracts import ChangeProgramme, Name
from mentoring.programmes.rules import (
    Ladder,
    Matching,
    MatchingRules,
    MatchingWeights,
    Plan,
    SettingOutOfRange,
    SettingUnknown,
)

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
