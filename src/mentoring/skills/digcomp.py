"""The skill catalogue: read from the DigComp data supplement (JSON-LD), or the one that ships with us.

Pure: bytes in, catalogue out. The supplement is a flat graph of typed nodes; we take areas,
competences, the four broad levels and the learning outcomes, and leave the rest. Reading it
takes no network: the context of the JSON-LD is not followed.
"""

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec
from msgspec import Struct, field

from mentoring.errors import Invalid

LARGEST_SUPPLEMENT: Final = 8 * 1024 * 1024
"""Bytes. The published one has 0.45 million; a larger one by far is something else."""

LONGEST_TEXT: Final = 4_000
"""Characters of one title or description; the longest published description has below 600."""

MOST_COMPETENCES: Final = 500

AREA_CODE: Final = re.compile(r"[0-9]{1,2}")
COMPETENCE_CODE: Final = re.compile(r"[0-9]{1,2}\.[0-9]{1,2}")
OUTCOME_CODE: Final = re.compile(r"[A-Za-z0-9.]{1,20}")
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


class NotASupplement(Invalid):
    """The file is not the JSON-LD of a DigComp supplement; ``reason`` says what is missing."""


class SupplementTooLarge(Invalid):
    """More bytes, text or competences (``what``) than any supplement has; ``limit``."""


class SupplementIncomplete(Invalid):
    """A node (``id``) has nothing, or nothing usable, where ``missing`` should stand."""


class SkillCodeDoubled(Invalid):
    """Two nodes carry the same ``code``."""


class SkillAreaUnknown(Invalid):
    """A competence (``code``) belongs to an ``area`` that the file does not have."""


class Area(Struct, frozen=True):
    code: str
    title: str
    description: str


class Competence(Struct, frozen=True):
    code: str
    area: str
    title: str
    description: str


class Level(Struct, frozen=True):
    """0 is ours (not yet); 1 to 4 are the broad levels of the framework."""

    level: int
    title: str
    description: str


class Outcome(Struct, frozen=True):
    """What somebody at ``level`` of a competence can do; raw material for goals and sessions."""

    code: str
    competence: str
    level: int
    text: str


class Credit(Struct, frozen=True):
    title: str
    holder: str
    identifier: str
    source: str
    licence: str
    licence_url: str
    changes: str


class Catalogue(Struct, frozen=True):
    """Areas, competences and levels, each sorted by code."""

    areas: tuple[Area, ...]
    competences: tuple[Competence, ...]
    levels: tuple[Level, ...]
    credit: Credit
    outcomes: tuple[Outcome, ...] = ()


class Node(Struct, frozen=True):
    """Any node of the graph. What a kind needs is asked for when the kind is known."""

    type: str | list[str] = field(name="@type")
    id: str = field(name="@id")
    name: str = ""
    description: str = ""
    competence_area_id: str = ""
    competence_id: str = ""
    four_levels_name: str = ""
    four_levels_description: str = ""
    four_levels_proficiency_name: str = ""
    eight_levels_mapping: int = 0

    @property
    def code(self) -> str:
        return _tail(self.id)


class Supplement(Struct, frozen=True):
    graph: list[Node] = field(name="@graph")


@cache
def shipped_catalogue() -> Catalogue:
    """Return the 21 competences of DigComp 3.0 that come with the project."""
    content = files(__package__).joinpath("catalogue.json").read_bytes()
    return msgspec.json.decode(content, type=Catalogue)


def read_supplement(content: bytes) -> Catalogue:
    """Return the catalogue that a supplement holds, or raise the first cause that speaks against it."""
    nodes = _decoded(content).graph
    areas = _areas(_of(nodes, "CompetenceArea"))
    competences = _competences(_of(nodes, "Competence"), {area.code for area in areas})
    levels = _levels(_of(nodes, "ProficiencyLevel"))
    outcomes = _outcomes(_of(nodes, "LearningOutcome"), competences, levels)
    return Catalogue(areas, competences, levels, shipped_catalogue().credit, outcomes)


def _decoded(content: bytes) -> Supplement:
    if len(content) > LARGEST_SUPPLEMENT:
        raise SupplementTooLarge(what="bytes", limit=LARGEST_SUPPLEMENT)
    try:
        return msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"), type=Supplement)
    except RecursionError as wrong:
        raise NotASupplement(reason="depth") from wrong
    except msgspec.ValidationError as wrong:
        raise NotASupplement(reason="shape", detail=str(wrong)) from wrong
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        raise NotASupplement(reason="not_json", detail=str(wrong)) from wrong


def _of(nodes: Iterable[Node], kind: str) -> list[Node]:
    """Return the nodes of a kind in the order of their ids, each id once."""
    found = {}
    for node in nodes:
        if kind in ([node.type] if isinstance(node.type, str) else node.type):
            if node.code in found:
                raise SkillCodeDoubled(code=node.code)
            found[node.code] = node
    return list(found.values())


def _areas(nodes: list[Node]) -> tuple[Area, ...]:
    if not nodes:
        raise NotASupplement(reason="no_areas")
    areas = [Area(_code(node, AREA_CODE), _text(node, "name"), _text(node, "description")) for node in nodes]
    return tuple(sorted(areas, key=lambda area: _order(area.code)))


def _competences(nodes: list[Node], areas: set[str]) -> tuple[Competence, ...]:
    if not nodes:
        raise NotASupplement(reason="no_competences")
    if len(nodes) > MOST_COMPETENCES:
        raise SupplementTooLarge(what="competences", limit=MOST_COMPETENCES)
    read = [_competence(node, areas) for node in nodes]
    return tuple(sorted(read, key=lambda competence: _order(competence.code)))


def _competence(node: Node, areas: set[str]) -> Competence:
    code = _code(node, COMPETENCE_CODE)
    area = _tail(_text(node, "competence_area_id"))
    if area not in areas or area != code.partition(".")[0]:
        raise SkillAreaUnknown(code=code, area=area)
    return Competence(code, area, _text(node, "name"), _text(node, "description"))


def _levels(nodes: list[Node]) -> tuple[Level, ...]:
    """Return the broad levels, from the eight fine ones of which two make one.

    A file without levels gets ours: an organisation's own supplement need not repeat them.
    """
    ours = shipped_catalogue().levels
    broad: dict[str, str] = {}
    for node in sorted(nodes, key=lambda node: node.eight_levels_mapping):
        broad.setdefault(_text(node, "four_levels_name"), _text(node, "four_levels_description"))
    if broad and len(broad) != len(ours) - 1:
        raise NotASupplement(reason="levels")
    return (ours[0], *(Level(number, *of) for number, of in enumerate(broad.items(), 1))) if broad else ours


def _outcomes(nodes: list[Node], competences: tuple[Competence, ...], levels: tuple[Level, ...]) -> tuple[Outcome, ...]:
    known = {competence.code for competence in competences}
    numbers = {level.title: level.level for level in levels}
    return tuple(_outcome(node, known, numbers) for node in nodes)


def _outcome(node: Node, known: set[str], numbers: dict[str, int]) -> Outcome:
    competence = _tail(node.competence_id)
    level = numbers.get(_tail(node.four_levels_proficiency_name))
    if competence not in known:
        raise SupplementIncomplete(id=node.id, missing="competence_id")
    if level is None:
        raise SupplementIncomplete(id=node.id, missing="four_levels_proficiency_name")
    return Outcome(_code(node, OUTCOME_CODE), competence, level, _text(node, "description"))


def _code(node: Node, shape: re.Pattern[str]) -> str:
    if not shape.fullmatch(node.code):
        raise SupplementIncomplete(id=node.id, missing="@id")
    return node.code


def _text(node: Node, name: str) -> str:
    text: str = getattr(node, name)
    if len(text) > LONGEST_TEXT:
        raise SupplementTooLarge(what=name, limit=LONGEST_TEXT)
    even = " ".join(text.split())
    if not even or CONTROL.search(even):
        raise SupplementIncomplete(id=node.id, missing=name)
    return even


def _tail(identifier: str) -> str:
    """``Competence/1.1`` and ``https://.../Competence/1.1`` both name 1.1."""
    return identifier.rpartition("/")[2]


def _order(code: str) -> list[int]:
    return [int(part) for part in code.split(".")]
