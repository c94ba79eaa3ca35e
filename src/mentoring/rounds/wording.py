"""What was found out about a round, in a coordinator's words: the same on the page as at the command line."""

from collections.abc import Iterator

from mentoring.i18n import Words
from mentoring.rounds.findings import Member, Verification, VerifyFault


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
