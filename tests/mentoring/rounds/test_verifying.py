"""A stored round is verified apart from the solver, and what was tampered with is told."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import update

from matching import Certificate, Objective, Proposal
from mentoring.db import Database
from mentoring.i18n import Words
from mentoring.identity import MACHINE
from mentoring.rounds.findings import Verification
from mentoring.rounds.models import ProposedPair, RoundInputs
from mentoring.rounds.proof import proof_of, proposal_of
from mentoring.rounds.rules import NothingToVerify, RoundNotFound
from mentoring.rounds.verifying import verify_round
from mentoring.rounds.wording import verification
from tests.mentoring.rounds.worlds import a_world, proposed, published

WORDS = Words("en")
Tamper = Callable[[Proposal], Proposal]


async def a_round(database: Database) -> UUID:
    async with database.sessions.begin() as db:
        world = await a_world(db, {"L1": 1, "L2": 0}, {"J1": 2, "J2": 3})
    return await proposed(database, world)


async def tampered(database: Database, round_id: UUID, tamper: Tamper) -> None:
    async with database.sessions.begin() as db:
        inputs = await db.get_one(RoundInputs, round_id)
        assert inputs.proof is not None
        inputs.proof = proof_of(tamper(proposal_of(inputs.proof)))


async def verify(database: Database, round_id: UUID) -> Verification:
    return await verify_round(database, MACHINE, str(round_id))


async def test_a_round_holds_and_says_what_was_looked_at(database: Database) -> None:
    found = await verify(database, await a_round(database))

    assert (found.holds, found.pairs, found.eligible, found.matched) == (True, 4, 4, 2)
    assert found.aims == ["leaders", "weak", "total"]
    said = list(verification(WORDS, found))
    assert said[0].endswith(" 1 holds: every rule is kept, and nothing could be better.")
    assert said[1].startswith("Looked at: 4 pairs of a leader and a junior; 4 of them break no rule.")
    assert said[2:] == [
        "No proposal can match more leaders than 2.",
        "Of those that do as well, none has fewer pairs with a fit below 0.4 than 0.",
        "Of those that do as well, none reaches a higher total of fit and bonuses; the fit is "
        + WORDS.exact(found.total_fit, 3)
        + ".",
    ]


async def test_a_published_round_still_holds(database: Database) -> None:
    round_id = await a_round(database)
    await published(database, round_id)

    assert (await verify(database, round_id)).holds


def cheaper(proposal: Proposal) -> Proposal:
    proof = proposal.certificate
    return replace(proposal, certificate=replace(proof, leader_price=proof.leader_price - np.array([0, 0, 1])))


def boastful(proposal: Proposal) -> Proposal:
    leaders, weak, points = proposal.certificate.worth
    return replace(proposal, certificate=replace(proposal.certificate, worth=(leaders, weak, points + 1)))


def another_aim(proposal: Proposal) -> Proposal:
    return replace(proposal, certificate=replace(proposal.certificate, objective=Objective(coverage=False)))


def swapped(proposal: Proposal) -> Proposal:
    return replace(proposal, pairs=np.array([[0, 0], [1, 1]], np.int32))


def of_nobody(proposal: Proposal) -> Proposal:
    nothing = np.empty((0, 3), np.int64)
    prices = {"leader_price": nothing, "further_price": nothing, "junior_price": nothing}
    proof = proposal.certificate
    pairs, worth = proof.pairs, proof.worth
    return replace(
        proposal,
        certificate=Certificate(
            objective=proof.objective, pairs=pairs, pair_price=proof.pair_price, worth=worth, **prices
        ),
    )


@pytest.mark.parametrize(
    "tamper, causes",
    [
        (cheaper, {"better", "price_sum"}),
        (boastful, {"worth"}),
        (another_aim, {"objective"}),
        (swapped, {"points", "claim", "worth", "price_sum", "shown"}),
        (of_nobody, {"malformed"}),
    ],
)
async def test_a_proof_that_was_tampered_with_is_refused(database: Database, tamper: Tamper, causes: set[str]) -> None:
    round_id = await a_round(database)
    await tampered(database, round_id, tamper)

    found = await verify(database, round_id)

    assert not found.holds
    assert found.found >= len(found.faults) > 0
    assert {one.cause for one in found.faults} <= causes
    assert " does not hold: " in next(iter(verification(WORDS, found)))


async def test_bytes_that_are_no_proof_are_refused(database: Database) -> None:
    round_id = await a_round(database)
    async with database.sessions.begin() as db:
        (await db.get_one(RoundInputs, round_id)).proof = b"PK\x03\x04 or so"

    found = await verify(database, round_id)

    assert (found.holds, [one.cause for one in found.faults]) == (False, ["malformed"])


async def test_rows_that_show_another_fit_than_was_proven_are_told_by_name(database: Database) -> None:
    round_id = await a_round(database)
    async with database.sessions.begin() as db:
        await db.execute(update(ProposedPair).where(ProposedPair.round_id == round_id).values(fit=0.99))

    found = await verify(database, round_id)

    assert (found.holds, {one.cause for one in found.faults}) == (False, {"shown"})
    assert {one.leader.staff_no for one in found.faults if one.leader} == {"L1", "L2"}
    said = sorted(list(verification(WORDS, found))[-2:])
    assert [line.split()[0] for line in said] == ["L1", "L2"]
    assert all(line.endswith(" are not shown as they were proven.") for line in said)


async def test_a_round_from_before_there_were_proofs_has_nothing_to_verify(database: Database) -> None:
    round_id = await a_round(database)
    async with database.sessions.begin() as db:
        (await db.get_one(RoundInputs, round_id)).proof = None

    with pytest.raises(NothingToVerify):
        await verify(database, round_id)


async def test_a_round_that_is_not_there_cannot_be_verified(database: Database) -> None:
    with pytest.raises(RoundNotFound):
        await verify_round(database, MACHINE, "No such round")
