"""What a coordinator asks before deciding: what would this change, what would another policy give? Writes nothing."""

from collections.abc import Sequence
from contextlib import suppress
from time import perf_counter
from uuid import UUID

from msgspec import structs
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from mentoring.db import Database
from mentoring.identity import Actor
from mentoring.people.models import Person
from mentoring.policy import Action
from mentoring.programmes.models import Enrolment
from mentoring.programmes.queries import find_programme
from mentoring.programmes.rules import Role
from mentoring.rounds import rules
from mentoring.rounds.aims import settled
from mentoring.rounds.answering import Numbered, numbered
from mentoring.rounds.child import Told, run_solver, unheard
from mentoring.rounds.contracts import NamedPair
from mentoring.rounds.desk import Desk
from mentoring.rounds.findings import Answered, Comparison, Consequence, Member, Move, Swap, WhatIf
from mentoring.rounds.models import ProposedPair, Round, RoundInputs
from mentoring.rounds.numbering import number_of, numbers_of
from mentoring.rounds.problem import build_in_thread
from mentoring.rounds.queries import find_enrolment, find_round, members_of
from mentoring.rounds.results import refusal_of
from mentoring.rounds.rules import Aim
from mentoring.rounds.snapshot import read_rows
from mentoring.rounds.solver import Answer, Refused, Request
from mentoring.rounds.trying import Compared, Edits, Tried, TriedPair, Unopened


async def what_if(database: Database, desk: Desk, actor: Actor, round_ref: str, data: WhatIf) -> Consequence:
    """Say what decisions and other answers would change and cost: what solving the round again would give.

    Raises ``NothingToTry``, ``NothingToVerify``, ``NothingToSwap``, ``NotEnrolled``, ``NotInRound``,
    ``PinsImpossible``; for answers ``SkillUnknown``, ``SkillNotListed``, ``NeedListed``, ``NeedsFull``,
    ``HoursEndBefore``.
    """
    if data == WhatIf() or any(one == Answered(one.person) for one in data.answers):
        raise rules.NothingToTry()
    began = perf_counter()
    async with database.reading() as db:
        round_ = await find_round(db, actor, round_ref)
        inputs = await _at_hand(db, round_)
        tried = structs.replace(data, pins=[*data.pins, *await _swapped(db, round_, data.swaps)], swaps=[])
        answers = await numbered(db, round_, inputs, data.answers)
        edits = await _edits(db, round_, inputs, tried, answers)
    answer = await _answer(database, desk, inputs, edits)
    if isinstance(answer, Refused) and answer.code == "answers":
        raise answers.refused(answer)
    if not isinstance(answer, Tried):
        raise refusal_of(answer, list(map(UUID, inputs.leaders)), list(map(UUID, inputs.juniors)))
    async with database.reading() as db:
        given_up, made = await _moves(db, inputs, answer.given_up), await _moves(db, inputs, answer.made)
    return Consequence(
        round=round_.id,
        name=round_.name,
        revision=inputs.revision,
        tried=tried,
        before=answer.before,
        after=answer.after,
        given_up=given_up,
        made=made,
        seconds=perf_counter() - began,
    )


async def _at_hand(db: AsyncSession, round_: Round) -> RoundInputs:
    """Who was in the round and how it was solved, without the bytes: the desk has them already."""
    inputs = await db.scalar(
        select(RoundInputs)
        .where(RoundInputs.round_id == round_.id, RoundInputs.proof.is_not(None))
        .options(defer(RoundInputs.problem, raiseload=True), defer(RoundInputs.proof, raiseload=True))
    )
    if inputs is None:
        raise rules.NothingToVerify()
    return inputs


async def _answer(database: Database, desk: Desk, inputs: RoundInputs, edits: Edits) -> Answer:
    """By the desk, which keeps the round open; anew where no prices would tell what the policy does."""
    request = Request("try", b"", aim=inputs.aim, edits=edits, key=f"{inputs.round_id} {inputs.revision}")
    if settled(inputs.aim) is None:
        return await run_solver(await _brought(database, inputs, request))
    return await _of_desk(database, desk, inputs, request)


async def get_ready(database: Database, desk: Desk, actor: Actor, round_ref: str) -> None:
    """Open the round on the desk before anything is asked: whoever looks at a pair is likely to."""
    with suppress(rules.NothingToVerify, rules.SolverDied, rules.SolversBusy):
        async with database.reading() as db:
            round_ = await find_round(db, actor, round_ref)
            inputs = await _at_hand(db, round_)
        if settled(inputs.aim) is not None and round_.state is rules.RoundState.PROPOSED:
            request = Request("open", b"", aim=inputs.aim, key=f"{inputs.round_id} {inputs.revision}")
            await _of_desk(database, desk, inputs, request)


async def _of_desk(database: Database, desk: Desk, inputs: RoundInputs, request: Request) -> Answer:
    answer = await desk.ask(request)
    if isinstance(answer, Unopened):
        answer = await desk.ask(await _brought(database, inputs, request))
    return answer


async def _brought(database: Database, inputs: RoundInputs, request: Request) -> Request:
    """The request with the bytes of its round. Raises ``NothingToVerify`` where it was solved again just now."""
    async with database.reading() as db:
        problem, proof = (
            await db.execute(
                select(RoundInputs.problem, RoundInputs.proof).where(
                    RoundInputs.round_id == inputs.round_id, RoundInputs.revision == inputs.revision
                )
            )
        ).one_or_none() or (b"", b"")
    if not problem:
        raise rules.NothingToVerify()
    return structs.replace(request, problem=problem, proof=proof)


async def proven(db: AsyncSession, round_: Round) -> RoundInputs:
    """The inputs and the proof of the round's latest result. Raises ``NothingToVerify``."""
    inputs = await db.get(RoundInputs, round_.id)
    if inputs is None or inputs.proof is None:
        raise rules.NothingToVerify()
    return inputs


async def _swapped(db: AsyncSession, round_: Round, swaps: Sequence[Swap]) -> list[NamedPair]:
    """Each of the two with the other's junior."""
    pairs = []
    for one in swaps:
        ours, theirs = [await _junior_of(db, round_, leader) for leader in (one.leader, one.other)]
        pairs += [NamedPair(one.leader, theirs), NamedPair(one.other, ours)]
    return pairs


async def _junior_of(db: AsyncSession, round_: Round, leader: str) -> str:
    led = await find_enrolment(db, round_.programme_id, leader, Role.LEADER)
    people = await db.execute(
        select(Person.staff_no, Person.id)
        .join(Enrolment, Enrolment.person_id == Person.id)
        .join(ProposedPair, ProposedPair.junior_enrolment_id == Enrolment.id)
        .where(ProposedPair.round_id == round_.id, ProposedPair.leader_enrolment_id == led.id)
    )
    juniors = [staff_no or str(person_id) for staff_no, person_id in people]
    if len(juniors) != 1:
        raise rules.NothingToSwap(who=leader)
    return juniors[0]


async def _edits(db: AsyncSession, round_: Round, inputs: RoundInputs, data: WhatIf, answers: Numbered) -> Edits:
    async def pair(named: NamedPair) -> tuple[int, int]:
        return (
            await number_of(db, round_, inputs, named.leader, Role.LEADER),
            await number_of(db, round_, inputs, named.junior, Role.JUNIOR),
        )

    without: dict[Role, list[int]] = {role: [] for role in Role}
    for who in data.without:
        for role, number in (await numbers_of(db, round_, inputs, who)).items():
            without[role].append(number)
    return Edits(
        [await pair(one) for one in data.pins],
        [await pair(one) for one in data.forbids],
        without[Role.LEADER],
        without[Role.JUNIOR],
        answers.places,
        answers.given,
    )


async def _moves(db: AsyncSession, inputs: RoundInputs, pairs: Sequence[TriedPair]) -> list[Move]:
    leaders = [UUID(inputs.leaders[one.leader]) for one in pairs]
    juniors = [UUID(inputs.juniors[one.junior]) for one in pairs]
    members: dict[UUID, Member] = await members_of(db, [*leaders, *juniors])
    return [
        Move(members[leader], members[junior], one.fit)
        for one, leader, junior in zip(pairs, leaders, juniors, strict=True)
    ]


async def compare_round(database: Database, actor: Actor, round_ref: str, told: Told = unheard) -> Comparison:
    """What each policy gives for the stored inputs of a round. Raises ``NothingToReplay``, ``SolverDied``."""
    async with database.reading() as db:
        round_ = await find_round(db, actor, round_ref)
        inputs = await db.get(RoundInputs, round_.id)
    if inputs is None:
        raise rules.NothingToReplay()
    people = list(map(UUID, inputs.leaders)), list(map(UUID, inputs.juniors))
    return await _compared(round_.name, inputs.problem, inputs.aim, people, told)


async def compare_programme(database: Database, actor: Actor, programme_ref: str, year: int) -> Comparison:
    """What each policy would give if a round were proposed now. Raises ``NobodyToMatch``, ``ProblemRefused``."""
    async with database.reading() as db:
        programme = await find_programme(db, actor, programme_ref, Action.ROUND_READ)
        rows = await read_rows(db, programme, year)
    snapshot = await build_in_thread(rows)
    aim = snapshot.aim(programme.matching)
    people = snapshot.leaders, snapshot.juniors
    return await _compared(programme.name, snapshot.problem.to_bytes(), aim, people, unheard)


async def compare_either(database: Database, actor: Actor, ref: str, year: int, told: Told = unheard) -> Comparison:
    """A round, or else a programme, of this id or name."""
    try:
        return await compare_round(database, actor, ref, told)
    except rules.RoundNotFound:
        return await compare_programme(database, actor, ref, year)


async def _compared(
    name: str, problem: bytes, aim: Aim, people: tuple[list[UUID], list[UUID]], told: Told
) -> Comparison:
    began = perf_counter()
    answer = await run_solver(Request("compare", problem, aim=aim), told)
    if not isinstance(answer, Compared):
        raise refusal_of(answer, *people)
    return Comparison(name, aim.policy, answer, perf_counter() - began)
