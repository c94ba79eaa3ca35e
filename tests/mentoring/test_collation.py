"""Names in the order in which their readers look for them."""

import csv
import re

import pytest
from playwright.async_api import Page

from mentoring.collation import place_of
from mentoring.i18n import offered
from tests.journeys.organisation import STAFF

FAMILIAR = re.compile(r"[\u0000-\u024f\u0370-\u052f\u0620\u0627-\u0640\u3040-\u30ff\uac00-\ud7a3]+")
"""Latin, Greek, Cyrillic, Arabic without hamza, kana and hangul."""

ORDERED = {
    "en": ["De la Cruz", "Delacroix", "eric", "Eric", "Éric", "Erica", "Lukas", "Łukasz", "O'Brien", "Øberg", "Zoe"],
    "fr": ["Adam", "Æsop", "Af", "cote", "coté", "côte", "côté", "Etienne", "Étienne", "Evan", "Œuvrard", "Olivier"],
    "es": ["Nunez", "Nuno", "Nz", "Ñandú", "Oa"],
    "ru": ["Ёлкин", "Елкина", "Ельцин", "Жуков", "Иванов", "Ия", "Йодов", "Калинин", "Юрьев", "Abel", "Smith"],
    "ar": ["إبراهيم", "احمد", "أحمد", "آدم", "بكر", "محمد", "مُحَمَّد", "محمود", "هالة", "يوسف", "Adam"],
    "zh": ["阿明", "陈静", "李娜", "王芳", "吴刚", "张伟", "赵敏", "周杰", "Smith"],
}


@pytest.mark.parametrize("language", ORDERED)
def test_names_stand_where_readers_of_a_language_look_for_them(language: str) -> None:
    names = ORDERED[language]

    assert sorted(set(names), key=lambda name: place_of(name, language)) == names


def test_what_is_not_seen_does_not_count() -> None:
    assert place_of("A\u202ema", "en").letters == place_of("Ama", "en").letters == place_of("ＡＭＡ", "en").letters


@pytest.mark.parametrize("language", offered())
async def test_the_cabinet_stands_as_the_browser_s_own_collator_has_it(page: Page, language: str) -> None:
    with STAFF.open(newline="", encoding="utf-8") as file:
        rows = [f"{row['family_name']} {row['given_name']}".strip() for row in csv.DictReader(file)]
    names = sorted(name for name in set(rows) if FAMILIAR.fullmatch(name))

    theirs = await page.evaluate(
        "([names, language]) => names.sort(new Intl.Collator(language).compare)", [names, language]
    )

    assert len(names) > 1000
    assert sorted(names, key=lambda name: place_of(name, language)) == theirs
