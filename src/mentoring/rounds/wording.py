"""What was found out about a round, in a coordinator's words: the same on the page as at the command line."""

from collections.abc import Iterable, Iterator

from mentoring.i18n import Words
from mentoring.rounds.differing import Partner, RunDifference
from mentoring.rounds.findings import (
    Comparison,
    Consequence,
    Explanation,
    FairGroup,
    FairnessReport,
    FairSide,
    Loss,
    Member,
    Verification,
    VerifyFault,
)
from mentoring.rounds.recruiting import Recruiting
from mentoring.rounds.rules import GRADE_BAND
from mentoring.rounds.trying import PriceRow, Sums

PRICED = ("pins", "leaders", "weak", "lowest")
"""Levels of the standard policy that have a price: what they cost of the greatest total."""


def who(member: Member | None) -> str:
    """Staff number and name; nothing for nobody."""
    return f"{member.staff_no or ''} {member.name}".strip() if member else ""


def verification(words: Words, found: Verification) -> Iterator[str]:
    """What was looked at and what holds, or where it fails."""
    if found.holds:
        yield words.text("round.verify.holds" if found.aims else "round.verify.keeps", name=found.name)
    else:
        yield words.plural("round.verify.fails", found.found, name=found.name)
    if found.pairs:
        yield words.text(
            "round.verify.looked",
            pairs=words.number(found.pairs),
            eligible=words.number(found.eligible),
            seconds=words.number(found.seconds, 1),
        )
    yield from _proven(words, found) if found.holds else (_fault(words, one) for one in found.faults)


def _proven(words: Words, found: Verification) -> Iterator[str]:
    if not found.aims:
        yield words.text("round.verify.no_promise", policy=words.text(f"policy.{found.policy}"))
    if found.floor:
        yield words.text("round.verify.floor", floor=words.number(found.floor, 3))
    for place, aim in enumerate(found.aims):
        yield words.text(
            f"round.verify.then.{aim}" if place else f"round.verify.first.{aim}",
            matched=words.number(found.matched),
            weak=words.number(found.weak),
            below=words.number(found.weak_below, 2),
            total=words.exact(found.total_fit, 3),
        )


def _fault(words: Words, one: VerifyFault) -> str:
    rules = ", ".join(words.text(f"rule.{rule}") for rule in one.rules)
    return words.text(f"round.verify.cause.{one.cause}", leader=who(one.leader), junior=who(one.junior), rules=rules)


def consequence(words: Words, found: Consequence) -> Iterator[str]:
    """The cost at each level, then who moves."""
    if not (found.given_up or found.made):
        yield words.text("round.what_if.nothing")
    yield from sums(words, found.before, found.after)
    for key, moves in (("round.what_if.given_up", found.given_up), ("round.what_if.made", found.made)):
        for one in moves:
            yield words.text(key, leader=who(one.leader), junior=who(one.junior), fit=words.number(one.fit, 3))
    yield words.text("round.what_if.took", name=found.name, seconds=words.number(found.seconds, 2))


def sums(words: Words, before: Sums, after: Sums) -> Iterator[str]:
    """Two proposals level by level."""
    yield words.text("round.what_if.leaders", before=words.number(before.matched), after=words.number(after.matched))
    yield words.text("round.what_if.weak", before=words.number(before.weak), after=words.number(after.weak))
    yield words.text(
        "round.what_if.total",
        before=words.exact(before.total_fit, 3),
        after=words.exact(after.total_fit, 3),
        change=words.exact(after.total_fit - before.total_fit, 3),
    )
    yield words.text("round.what_if.lowest", before=words.exact(before.lowest, 3), after=words.exact(after.lowest, 3))


def recruits(words: Words, found: Recruiting) -> Iterator[str]:
    """A line for each skill, the most wanted first."""
    for one in found.skills:
        key = f"skill.{one.code}"
        yield words.text(
            "round.recruit",
            code=one.code,
            title=words.text(key) if words.has(key) else "",
            leaders=words.number(one.leaders, 2),
            fit=words.number(one.fit, 3),
            useful=words.share(one.useful),
        )


def differences(words: Words, found: RunDifference) -> Iterator[str]:
    """The sums, then everybody who is served otherwise."""
    if found.policy is None and found.other == found.name:
        yield words.text("page.round.differences.alone")
        return
    yield from sums(words, found.before, found.after)
    yield words.plural("page.round.differences.same", found.same)
    for one in found.differences:
        here, there = (_partners(words, some) for some in (one.here, one.there))
        yield words.text("round.difference", leader=who(one.leader), here=here, there=there)


def _partners(words: Words, some: Iterable[Partner]) -> str:
    named = [f"{who(one.member)} ({words.number(one.fit, 3)})" for one in some]
    return ", ".join(named) or words.text("page.round.differences.nobody")


def comparison(words: Words, found: Comparison) -> Iterator[str]:
    """A line for each policy, then what each step of the standard one costs."""
    for row in found.found.policies:
        policy = words.text(f"policy.{row.policy}")
        if row.refused:
            yield words.text(f"round.compare.refused.{row.refused}", policy=policy)
            continue
        yield words.text(
            "round.compare.row",
            policy=policy,
            matched=words.number(row.matched),
            weak=words.number(row.weak),
            total=words.exact(row.total_fit, 3),
            given_up=tenths(words, row.given_up),
            lowest=words.number(row.lowest, 3),
            tenth=words.number(row.lowest_tenth, 3),
            across=words.number(row.across),
            blocking=words.number(row.blocking),
            changes=words.number(row.changes),
        )
    yield from prices(words, found.found.prices)
    yield words.text("round.compare.took", name=found.name, seconds=words.number(found.seconds, 1))


def prices(words: Words, steps: Iterable[PriceRow]) -> Iterator[str]:
    """What each level brings over those before it, and what that costs."""
    for one in steps:
        if one.level not in PRICED:
            continue
        brought = {"pins": True, "leaders": one.leaders > 0, "weak": one.weak > 0, "lowest": one.lowest > 0}
        free = round(one.given_up, 4) <= 0 and (one.level == "pins" or not brought[one.level])
        yield words.text(
            f"round.price.free.{one.level}" if free else f"round.price.{one.level}",
            leaders=words.number(one.leaders),
            weak=words.number(one.weak),
            lowest=words.number(one.lowest, 3),
            share=tenths(words, max(one.given_up, 0.0)),
        )


def tenths(words: Words, share: float) -> str:
    """A share to the tenth of a per cent, as prices are told."""
    return f"{words.exact(100 * share, 1)}\N{NO-BREAK SPACE}%"


def fairness(words: Words, found: FairnessReport) -> Iterator[str]:
    """Each trait and side with its groups, and a warning where the rates lie far apart."""
    for side in found.sides:
        yield words.text(f"round.fairness.{side.trait}", role=words.text(f"role.{side.role}"))
        for one in side.groups:
            yield "  " + fair_group(words, side.trait, one)
        if side.warns:
            yield "  " + words.text("round.fairness.warns", ratio=words.number(side.impact_ratio or 0.0, 2))


def fair_group(words: Words, trait: str, one: FairGroup) -> str:
    label = group_label(words, trait, one.label)
    if one.hidden or one.rate is None or one.likely is None:
        return words.text("round.fairness.hidden", label=label)
    rate = words.text(
        "round.fairness.rate",
        label=label,
        matched=words.number(one.matched or 0),
        people=words.number(one.people or 0),
        rate=words.share(one.rate),
        low=words.share(one.likely[0]),
        high=words.share(one.likely[1]),
    )
    if one.mean_fit is None or one.likely_fit is None:
        return rate
    low, high = one.likely_fit
    quality = words.text(
        "round.fairness.fit",
        mean=words.number(one.mean_fit, 3),
        low=words.number(low, 3),
        high=words.number(high, 3),
        tenth=words.number(one.lowest_tenth or 0.0, 3),
    )
    return f"{rate}; {quality}"


def group_label(words: Words, trait: str, label: str | None) -> str:
    if label is None:
        return words.text("round.fairness.unknown")
    if trait == "grade":
        return words.text("round.fairness.band", low=int(label), high=int(label) + GRADE_BAND - 1)
    return words.country_name(label) if trait == "region" else label


def labelled(words: Words, side: FairSide) -> list[tuple[str, FairGroup]]:
    """The groups with their names: countries in the order of these, bands from the lowest, the unknown last."""
    named = [(group_label(words, side.trait, one.label), one) for one in side.groups]
    by_name = side.trait == "region"
    return sorted(named, key=lambda one: (one[1].label is None, words.place(one[0] if by_name else one[1].label or "")))


def explanation(words: Words, found: Explanation) -> Iterator[str]:
    """What speaks for a pair, then what speaks against it; or what would help."""
    if found.junior is None:
        yield words.text("round.explain.nobody", leader=found.leader)
    else:
        key = "round.explain.made" if found.made else "round.explain.not_made"
        yield words.text(key, leader=found.leader, junior=found.junior, fit=words.number(found.fit or 0.0, 3))
    for who_, other in ((found.leader, found.leader_otherwise), (found.junior, found.junior_otherwise)):
        if other is not None:
            key = "round.explain.otherwise_taken" if other.taken else "round.explain.otherwise"
            yield words.text(key, who=who_ or "", other=other.name, fit=words.number(other.fit, 3))
    yield from _against(words, found)
    for one in found.helps:
        yield words.text(
            "round.explain.help",
            rule=words.text(f"rule.{one.rule}"),
            candidates=words.number(one.candidates),
            cheapest=one.cheapest,
            loss=_loss(words, one.costs_others),
        )


def _against(words: Words, found: Explanation) -> Iterator[str]:
    if found.rules:
        yield words.text("round.explain.rules", rules=", ".join(words.text(f"rule.{one}") for one in found.rules))
    if found.poor:
        yield words.text("round.explain.poor")
    if found.full:
        yield words.text("round.explain.full")
    if found.costs_at_least is not None:
        yield words.text("round.explain.costs", loss=_loss(words, found.costs_at_least))


def _loss(words: Words, one: Loss) -> str:
    return words.text(
        "round.explain.loss",
        leaders=words.number(one.leaders),
        weak=words.number(abs(one.weak)),
        total=words.number(one.total_fit, 3),
    )
