"""What a coordinator asks before deciding: what would this change, what would another policy give? Writes nothing."""

from collections.abc import Sequence
from time import perf_counter
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import Database
from mentoring.identity import Actor
from mentoring.policy import Action
from mentoring.programmes.queries import find_programme
from mentoring.programmes.rules import Role
from mentoring.rounds import rules
from mentoring.rounds.aims import Aim
from mentoring.rounds.child import Told, run_solver, unheard
from mentoring.rounds.contracts import NamedPair
from mentoring.rounds.findings import Comparison, Consequence, Member, Move, WhatIf
from mentoring.rounds.models import Round, RoundInputs
from mentoring.rounds.problem import build_in_thread
from mentoring.rounds.queries import find_enrolment, find_round, members_of
from mentoring.rounds.results import refusal_of
from mentoring.rounds.snapshot import read_rows
from mentoring.rounds.solver import Request
from mentoring.rounds.trying import Compared, Edits, Tried, TriedPair


async def what_if(database: Database, actor: Actor, round_ref: str, data: WhatIf) -> Consequence:
    """Say what decisions would change and cost, by solving the edited round.

    Raises ``NothingToTry``, ``NothingToVerify``, ``NotEnrolled``, ``NotInRound``, ``PinsImpossible``.
    """
    if not (data.pins or data.forbids or data.without):
        raise rules.NothingToTry()
    began = perf_counter()
    async with database.reading() as db:
        round_ = await find_round(db, actor, round_ref)
        inputs = await proven(db, round_)
        edits = await _edits(db, round_, inputs, data)
    request = Request("try", inputs.problem, aim=inputs.aim, proof=inputs.proof or b"", edits=edits)
    answer = await run_solver(request)
    if not isinstance(answer, Tried):
        raise refusal_of(answer, list(map(UUID, inputs.leaders)), list(map(UUID, inputs.juniors)))
    async with database.reading() as db:
        given_up, made = await _moves(db, inputs, answer.given_up), await _moves(db, inputs, answer.made)
    return Consequence(
        round=round_.id,
        name=round_.name,
        revision=inputs.revision,
        before=answer.before,
        after=answer.after,
        given_up=given_up,
        made=made,
        seconds=perf_counter() - began,
    )


async def proven(db: AsyncSession, round_: Round) -> RoundInputs:
    """The inputs and the proof of the round's latest result. Raises ``NothingToVerify``."""
    inputs = await db.get(RoundInputs, round_.id)
    if inputs is None or inputs.proof is None:
        raise rules.NothingToVerify()
    return inputs


async def _edits(db: AsyncSession, round_: Round, inputs: RoundInputs, data: WhatIf) -> Edits:
    async def pair(named: NamedPair) -> tuple[int, int]:
        return (
            await number_of(db, round_, inputs, named.leader, Role.LEADER),
            await number_of(db, round_, inputs, named.junior, Role.JUNIOR),
        )

    leaders, juniors = [], []
    for who in data.without:
        found = {role: await _found(db, round_, inputs, who, role) for role in Role}
        if all(number is None for number in found.values()):
            raise rules.NotInRound(who=who)
        leaders += [number for number in [found[Role.LEADER]] if number is not None]
        juniors += [number for number in [found[Role.JUNIOR]] if number is not None]
    return Edits([await pair(one) for one in data.pins], [await pair(one) for one in data.forbids], leaders, juniors)


async def number_of(db: AsyncSession, round_: Round, inputs: RoundInputs, who: str, role: Role) -> int:
    """The row or column of somebody. Raises ``NotEnrolled``, ``NotInRound``."""
    enrolment = await find_enrolment(db, round_.programme_id, who, role)
    people = inputs.leaders if role is Role.LEADER else inputs.juniors
    if str(enrolment.id) not in people:
        raise rules.NotInRound(who=who)
    return people.index(str(enrolment.id))


async def _found(db: AsyncSession, round_: Round, inputs: RoundInputs, who: str, role: Role) -> int | None:
    try:
        return await number_of(db, round_, inputs, who, role)
    except (rules.NotEnrolled, rules.NotInRound):
        return None


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
