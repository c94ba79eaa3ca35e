"""Why a pair was made or not, and what would help somebody who has nobody: facts of the round as it was solved."""

import asyncio
from uuid import UUID

import matching
from matching import POINTS, RULE_NAMES, RULES, Problem
from matching.reasons import Otherwise, Relaxation, WhyNot, relaxations, why_not, why_pair
from mentoring.db import Database
from mentoring.identity import Actor
from mentoring.programmes.rules import Role
from mentoring.rounds.asking import proven
from mentoring.rounds.findings import Elsewhere, Explanation, Help, Loss
from mentoring.rounds.models import RoundInputs
from mentoring.rounds.numbering import number_of
from mentoring.rounds.proof import proposal_of
from mentoring.rounds.queries import find_round, members_of

MOST_HELPS = 3
"""Ways to help that are told: the smallest ones."""


async def explain(database: Database, actor: Actor, round_ref: str, leader: str, junior: str | None) -> Explanation:
    """Of a pair: what speaks for it and against it. Of a leader alone: with whom, or what would help.

    Raises ``NothingToVerify``, ``NotEnrolled``, ``NotInRound``.
    """
    async with database.reading() as db:
        round_ = await find_round(db, actor, round_ref)
        inputs = await proven(db, round_)
        row = await number_of(db, round_, inputs, leader, Role.LEADER)
        column = await number_of(db, round_, inputs, junior, Role.JUNIOR) if junior else None
    found = await asyncio.to_thread(_Facts, inputs, row, column)
    async with database.reading() as db:
        members = await members_of(db, [UUID(one) for one in found.mentioned()])
    return found.told(round_.id, {str(enrolment): member.name for enrolment, member in members.items()})


class _Facts:
    """The engine's answers about one leader and, where there is one, a junior: the one named or the partner."""

    def __init__(self, inputs: RoundInputs, leader: int, junior: int | None) -> None:
        problem, proposal = Problem.from_bytes(inputs.problem), proposal_of(inputs.proof or b"")
        partners = proposal.pairs[proposal.pairs[:, 0] == leader, 1].tolist()
        self.inputs, self.leader = inputs, leader
        self.junior: int | None = junior if junior is not None else next(iter(partners), None)
        self.pair = why_pair(problem, proposal, leader, self.junior) if self.junior is not None else None
        self.against = why_not(problem, proposal, leader, self.junior) if self.junior is not None else None
        self.helps = relaxations(problem, proposal, leader)[:MOST_HELPS] if not partners else ()

    def mentioned(self) -> list[str]:
        leaders, juniors = self.inputs.leaders, self.inputs.juniors
        people = [leaders[self.leader], *(juniors[one.cheapest] for one in self.helps)]
        people += [juniors[self.junior]] if self.junior is not None else []
        if self.pair and self.pair.leader_otherwise:
            people.append(juniors[self.pair.leader_otherwise.person])
        if self.pair and self.pair.junior_otherwise:
            people.append(leaders[self.pair.junior_otherwise.person])
        return people

    def told(self, round_id: UUID, name: dict[str, str]) -> Explanation:
        leaders, juniors = self.inputs.leaders, self.inputs.juniors
        pair, against = self.pair, self.against
        return Explanation(
            round=round_id,
            leader=name[leaders[self.leader]],
            junior=name[juniors[self.junior]] if self.junior is not None else None,
            made=bool(against and against.made),
            fit=pair.fit if pair else None,
            leader_otherwise=_elsewhere(pair.leader_otherwise, juniors, name) if pair else None,
            junior_otherwise=_elsewhere(pair.junior_otherwise, leaders, name) if pair else None,
            rules=_names(against.rules) if against else [],
            poor=bool(against and against.poor),
            full=bool(against and against.full),
            costs_at_least=_loss(against) if against else None,
            helps=[_help(one, name[juniors[one.cheapest]]) for one in self.helps],
        )


def _names(rules: matching.Rule) -> list[str]:
    return [name for rule, name in zip(RULES, RULE_NAMES, strict=True) if rule & rules]


def _elsewhere(found: Otherwise | None, people: list[str], name: dict[str, str]) -> Elsewhere | None:
    return Elsewhere(name[people[found.person]], found.fit, found.taken) if found else None


def _loss(against: WhyNot) -> Loss | None:
    return None if against.at_least is None else _in_fits(*against.at_least)


def _in_fits(leaders: int, weak: int, points: int) -> Loss:
    return Loss(leaders, weak, points / POINTS)


def _help(one: Relaxation, cheapest: str) -> Help:
    return Help(_names(one.rule)[0], one.candidates, cheapest, _in_fits(*one.costs_others))
