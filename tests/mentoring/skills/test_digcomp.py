"""A supplement is read as it is, and one that is not right is refused with what is wrong in it."""

import json
from pathlib import Path

import pytest

from mentoring.errors import Invalid
from mentoring.skills.digcomp import (
    LARGEST_SUPPLEMENT,
    LONGEST_TEXT,
    Area,
    Catalogue,
    Competence,
    Level,
    NotASupplement,
    Outcome,
    SkillAreaUnknown,
    SkillCodeDoubled,
    SupplementIncomplete,
    SupplementTooLarge,
    read_supplement,
    shipped_catalogue,
)

Json = str | int | list[str]
Node = dict[str, Json]

EXCERPT = (Path(__file__).parents[2] / "data" / "supplement-excerpt.jsonld").read_bytes()

DIGCOMP_CODES = [
    *("1.1", "1.2", "1.3"),
    *("2.1", "2.2", "2.3", "2.4", "2.5", "2.6"),
    *("3.1", "3.2", "3.3", "3.4"),
    *("4.1", "4.2", "4.3", "4.4"),
    *("5.1", "5.2", "5.3", "5.4"),
]


def nodes() -> list[Node]:
    graph: list[Node] = json.loads(EXCERPT)["@graph"]
    return graph


def supplement(graph: list[Node]) -> bytes:
    return json.dumps({"@graph": graph}).encode()


def with_node(index: int, **changed: Json) -> bytes:
    """The excerpt with the fields of one node changed (``id`` stands for ``@id``)."""
    graph = nodes()
    graph[index] |= {("@id" if name == "id" else name): value for name, value in changed.items()}
    return supplement(graph)


def without(index: int, name: str) -> bytes:
    graph = nodes()
    del graph[index][name]
    return supplement(graph)


def only(*kinds: str) -> bytes:
    return supplement([node for node in nodes() if node["@type"] in kinds])


def test_areas_and_competences_are_read_in_the_order_of_their_codes() -> None:
    catalogue = read_supplement(EXCERPT)

    assert catalogue.areas == (
        Area("1", "Finding the river", "To find water."),
        Area("2", "Rowing", "To move a boat."),
    )
    assert catalogue.competences == (
        Competence("1.2", "1", "Reading a map", "To read."),
        Competence("1.10", "1", "Asking a fisher", "To ask."),
        Competence("2.1", "2", "Pulling", "To pull."),
    )


def test_the_fine_levels_become_four_broad_ones_above_not_yet() -> None:
    assert read_supplement(EXCERPT).levels == (
        shipped_catalogue().levels[0],
        Level(1, "Passenger", "Sits still."),
        Level(2, "Rower", "Keeps the stroke."),
        Level(3, "Skipper", "Gives the stroke."),
        Level(4, "Master", "Builds boats."),
    )


def test_outcomes_know_their_competence_and_level() -> None:
    assert read_supplement(EXCERPT).outcomes == (Outcome("LO1.2.01", "1.2", 1, "Turn the map the right way up."),)


def test_a_file_without_levels_and_outcomes_gets_the_levels_of_the_framework() -> None:
    catalogue = read_supplement(only("CompetenceArea", "Competence"))

    assert (catalogue.levels, catalogue.outcomes) == (shipped_catalogue().levels, ())


def test_a_byte_order_mark_does_no_harm() -> None:
    assert read_supplement(b"\xef\xbb\xbf" + EXCERPT) == read_supplement(EXCERPT)


UNREADABLE = {
    "nothing at all": (b"", "not_json"),
    "half a file": (EXCERPT[:400], "not_json"),
    "a web page": (b"<!doctype html><title>Sign in</title>", "not_json"),
    "a spreadsheet": (b"PK\x03\x04\x14\x00\x06\x00", "not_json"),
    "letters that are no letters": (b'{"@graph": [{"@type": "Glossary", "@id": "\xff"}]}', "not_json"),
    "a list": (b"[]", "shape"),
    "no graph": (b'{"competences": []}', "shape"),
    "a graph of numbers": (b'{"@graph": [1, 2]}', "shape"),
    "a node without a type": (without(0, "@type"), "shape"),
    "a node without an id": (without(0, "@id"), "shape"),
    "a name that is a number": (with_node(0, name=7), "shape"),
    "lists in lists in lists": (b'{"@graph": [], "x": ' + b"[" * 200_000, "depth"),
    "no areas": (only("Competence"), "no_areas"),
    "no competences": (only("CompetenceArea", "Glossary"), "no_competences"),
    "three broad levels": (with_node(9, four_levels_name="Rower"), "levels"),
}


@pytest.mark.parametrize(("content", "reason"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_is_no_supplement_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(NotASupplement) as refused:
        read_supplement(content)

    assert refused.value.details["reason"] == reason


LACKING = {
    "an area without a name": (without(0, "name"), "CompetenceArea/2", "name"),
    "an area without a description": (without(1, "description"), "CompetenceArea/1", "description"),
    "an area whose code is a word": (with_node(0, id="CompetenceArea/two"), "CompetenceArea/two", "@id"),
    "a competence without a name": (without(2, "name"), "Competence/1.10", "name"),
    "a competence whose name is blank": (with_node(2, name=" \n"), "Competence/1.10", "name"),
    "a competence whose name hides a NUL": (with_node(2, name="a\x00b"), "Competence/1.10", "name"),
    "a competence without an area": (without(2, "competence_area_id"), "Competence/1.10", "competence_area_id"),
    "a competence whose code is a word": (with_node(2, id="Competence/one"), "Competence/one", "@id"),
    "a level without a name": (without(5, "four_levels_name"), "ProficiencyLevel/d8", "four_levels_name"),
    "an outcome of nothing": (without(10, "competence_id"), "LearningOutcome/LO1.2.01", "competence_id"),
    "an outcome of no level": (
        with_node(10, four_levels_proficiency_name="ProficiencyLevel/Pirate"),
        "LearningOutcome/LO1.2.01",
        "four_levels_proficiency_name",
    ),
}


@pytest.mark.parametrize(("content", "id_", "missing"), LACKING.values(), ids=LACKING.keys())
def test_a_node_that_lacks_something_is_named_with_what_it_lacks(content: bytes, id_: str, missing: str) -> None:
    with pytest.raises(SupplementIncomplete) as refused:
        read_supplement(content)

    assert refused.value.details == {"id": id_, "missing": missing}


def test_a_code_that_comes_twice_is_named() -> None:
    with pytest.raises(SkillCodeDoubled) as refused:
        read_supplement(with_node(2, id="Competence/1.2"))

    assert refused.value.details == {"code": "1.2"}


@pytest.mark.parametrize("area", ["CompetenceArea/2", "CompetenceArea/9"], ids=["another's", "nobody's"])
def test_a_competence_of_an_area_that_is_not_its_own_is_refused(area: str) -> None:
    with pytest.raises(SkillAreaUnknown) as refused:
        read_supplement(with_node(2, competence_area_id=area))

    assert refused.value.details == {"code": "1.10", "area": area[-1]}


MANY: list[Node] = [
    {"@type": "Competence", "@id": f"Competence/{number}.1", "name": "a", "description": "b"} for number in range(501)
]

TOO_LARGE = {
    "bytes": b" " * (LARGEST_SUPPLEMENT + 1),
    "name": with_node(0, name="a" * (LONGEST_TEXT + 1)),
    "competences": supplement([*nodes()[:2], *MANY]),
}


@pytest.mark.parametrize(("what", "content"), TOO_LARGE.items(), ids=TOO_LARGE.keys())
def test_more_than_a_supplement_can_hold_is_refused(what: str, content: bytes) -> None:
    with pytest.raises(SupplementTooLarge) as refused:
        read_supplement(content)

    assert refused.value.details["what"] == what


def test_every_cause_is_the_fault_of_what_was_given() -> None:
    causes = (NotASupplement, SupplementTooLarge, SupplementIncomplete, SkillCodeDoubled, SkillAreaUnknown)

    assert {cause.__base__ for cause in causes} == {Invalid}


def test_the_catalogue_that_ships_has_the_twenty_one_competences_of_digcomp() -> None:
    shipped: Catalogue = shipped_catalogue()

    assert [competence.code for competence in shipped.competences] == DIGCOMP_CODES
    assert [area.code for area in shipped.areas] == ["1", "2", "3", "4", "5"]
    assert all(competence.area == competence.code[0] for competence in shipped.competences)
    assert [level.level for level in shipped.levels] == [0, 1, 2, 3, 4]


def test_the_catalogue_that_ships_gives_credit_and_says_what_was_changed() -> None:
    credit = shipped_catalogue().credit

    assert (credit.holder, credit.identifier) == ("European Commission, Joint Research Centre", "JRC144121")
    assert (credit.licence, credit.licence_url) == ("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/")
    assert credit.changes != ""
