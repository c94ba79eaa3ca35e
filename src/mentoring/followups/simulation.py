"""A pairing that nobody has: what it would be told under a plan and a ladder, from the first question to the last.

A clock without a database: the same pure functions decide, and what waits for a good moment is let go by the same rule.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from mentoring.checkins import rules as asking
from mentoring.checkins.asking import questions
from mentoring.checkins.rules import CheckInKind, CheckInState, Step
from mentoring.followups import rules
from mentoring.followups.contracts import Said, Scenario
from mentoring.followups.rules import SEVERITY, Facts, Level, Matter, Taken
from mentoring.messages.bundles import BUNDLE
from mentoring.messages.rules import Pace
from mentoring.pairings import rules as meeting
from mentoring.people.rules import MAIL_HOURS, MailHours, at_wall_time, good_moment, working
from mentoring.programmes.rules import Ladder, Plan, Tell

ASKED = time(10)
"""When the leader is asked, on their own clock."""
ANSWERS_AFTER = timedelta(minutes=30)
"""How soon somebody answers who answers at all."""
PAUSED_AFTER_SESSION, PAUSED_FOR = 2, timedelta(days=42)
NEVER = datetime.max.replace(tzinfo=UTC)
BOTH = frozenset((UUID(int=1), UUID(int=2)))
"""Nobody in particular: a try-out has no people."""
LEADER, JUNIOR, COORDINATOR = "leader", "junior", "coordinator"
MAIL = {CheckInKind.SESSION: "check_in", CheckInKind.PULSE: "pulse"}


class Where(NamedTuple):
    """A place, and so its working days and its wall clock."""

    country: str
    zone: str


class Held(NamedTuple):
    """A message that waits for a good moment."""

    kind: str
    about: str
    due_at: datetime
    pace: Pace
    sensible: Callable[[], bool]


class Question:
    """A check-in of one of the two."""

    def __init__(self, who: str, moment: str, kind: CheckInKind, due_at: datetime) -> None:
        self.who, self.moment, self.kind, self.due_at = who, moment, kind, due_at
        self.wake_at: datetime | None = due_at
        self.fired_at: datetime | None = None
        self.state, self.follow_ups = CheckInState.SCHEDULED, 0


class Life:
    """The life of one pairing, moved on from moment to moment."""

    def __init__(
        self,
        plan: Plan,
        ladder: Ladder,
        scenario: Scenario,
        leader: Where,
        junior: Where,
        hours: MailHours = MAIL_HOURS,
    ) -> None:
        self.plan, self.ladder, self.scenario, self.hours = plan, ladder, scenario, hours
        self.places = {LEADER: leader, JUNIOR: junior, COORDINATOR: leader}
        self.said: list[Said] = []
        self.waiting: dict[str, list[Held]] = {who: [] for who in self.places}
        self.wakes: dict[str, datetime] = {}
        self.got: dict[str, list[datetime]] = {who: [] for who in self.places}
        self.answers: list[tuple[datetime, Question]] = []
        self.invitations: list[tuple[datetime, int]] = []
        self.questions: list[Question] = []
        self.sessions: dict[int, datetime] = {}
        self.held: list[datetime] = []
        self.answered_at: datetime | None = None
        self.booked, self.pauses = False, list[tuple[datetime, datetime | None]]()
        self.pause_at, self.resume_at, self.over_at = NEVER, NEVER, NEVER
        self.signed_by, self.over = 0, False
        self.signs: list[datetime] = []
        self.taken: dict[Matter, Taken] = {}
        self.level, self.look_at, self.alerts = Level.GREEN, NEVER, 0

    def begin(self, asked_at: datetime) -> None:
        """Both are asked and say yes; what follows from that is planned."""
        self._say(asked_at, LEADER, "consent_leader")
        agreed_at = asked_at + ANSWERS_AFTER
        self._say(agreed_at, JUNIOR, "consent_junior")
        self.start(agreed_at + ANSWERS_AFTER)

    def start(self, began_at: datetime) -> None:
        """Both have said yes."""
        self.began_at = began_at
        for who in (JUNIOR, LEADER):
            self._say(began_at, who, "pairing_began")
        self._plan(range(1, self.plan.sessions + 1), began_at, began_at)
        for who in (LEADER, JUNIOR):
            asked = questions(began_at, self._ends(), self.plan, *self.places[who])
            self.questions += [Question(who, moment, kind, at) for moment, (kind, at) in asked.items()]
        self.look_at = rules.first_look(began_at, self.plan, self.ladder) or self.look_at
        if self.scenario is not Scenario.SILENT:
            self.signs = [began_at + ANSWERS_AFTER, began_at + 2 * ANSWERS_AFTER]
        if self.scenario is Scenario.PAUSED and PAUSED_AFTER_SESSION in self.sessions:
            self.pause_at = self.sessions[PAUSED_AFTER_SESSION] + self._long + timedelta(days=1)

    @property
    def _long(self) -> timedelta:
        return timedelta(minutes=self.plan.minutes)

    def _ends(self) -> list[tuple[int, datetime]]:
        return [(number, at + self._long) for number, at in self.sessions.items()]

    def _plan(self, numbers: Sequence[int], since: datetime, now: datetime) -> None:
        """Give those sessions times; the first of them is invited to at once."""
        zone = self.places[LEADER].zone
        starts = meeting.plan_starts(since, len(numbers), self.plan.every_days, zone, (), self._both_work)
        for place, (number, local) in enumerate(zip(numbers, starts, strict=True), 1):
            self.sessions[number] = meeting.moment_of(local, zone)
            self.invitations.append((meeting.invitation_at(place, self.sessions[number], now), number))
        self.over_at = max(end for _, end in self._ends()) + meeting.CLOSING_AFTER

    def _both_work(self, moment: datetime) -> bool:
        two = (self.places[LEADER], self.places[JUNIOR])
        return all(working(moment.astimezone(ZoneInfo(one.zone)), one.country) for one in two)

    @property
    def _paused(self) -> bool:
        return bool(self.pauses) and self.pauses[-1][1] is None

    def next_moment(self) -> datetime | None:
        """When something happens next."""
        ahead: list[datetime] = [at for at, _ in (*self.invitations, *self.answers)]
        ahead += [one.wake_at for one in self.questions if one.wake_at is not None]
        ahead += [*self.signs, *self.wakes.values(), self.pause_at, self.resume_at, self.over_at, self.look_at]
        return min(ahead, default=None)

    def move_on(self, now: datetime) -> None:
        """Everything that is due now happens, in the order in which the clock would do it."""
        self._answer(now)
        self._sign(now)
        self._live_on(now)
        self._invite(now)
        self._ask(now)
        if self.look_at <= now:
            self._look(now)
        for who in self.places:
            self._release(who, now)

    def _answer(self, now: datetime) -> None:
        due = [question for at, question in self.answers if at <= now]
        self.answers = [(at, question) for at, question in self.answers if at > now]
        for question in due:
            question.state, question.wake_at, self.answered_at = CheckInState.ANSWERED, None, now
            if question.kind is CheckInKind.SESSION:
                self._hold(int(question.moment.removeprefix("session_")), now)
            self.look_at = now

    def _hold(self, number: int, now: datetime) -> None:
        if self.sessions[number] in self.held:
            return
        self.held = sorted({*self.held, self.sessions[number]})
        if number == min(self.plan.midpoint_after_session, self.plan.sessions):
            for who in (LEADER, JUNIOR):
                self._wait(who, Held("agreement_to_renew", "", now, Pace.REMINDER, lambda: self._under_way))

    def _sign(self, now: datetime) -> None:
        """The junior writes the agreement and signs it, and then the leader does."""
        signed = [at for at in self.signs if at <= now]
        self.signs = self.signs[len(signed) :]
        for _ in signed:
            self.signed_by, self.look_at = self.signed_by + 1, now
            if self.signed_by == 1:
                self._wait(LEADER, Held("agreement_to_sign", "", now, Pace.REMINDER, lambda: self.signed_by == 1))

    @property
    def _under_way(self) -> bool:
        return not self.over and not self._paused

    def _live_on(self, now: datetime) -> None:
        if self.pause_at <= now:
            self._pause(now)
        if self.resume_at <= now:
            self._resume(now)
        if self.over_at <= now:
            self._end(now)

    def _pause(self, now: datetime) -> None:
        """The leader pauses it: what lies ahead leaves the calendars, and nothing wakes any more."""
        zone = self.places[LEADER].zone
        until = (now.astimezone(ZoneInfo(zone)) + PAUSED_FOR).date()
        self.pause_at, self.resume_at, self.over_at = NEVER, meeting.end_of_pause(until, zone, now), NEVER
        self.pauses.append((now, None))
        self._say(now, JUNIOR, "pairing_paused")
        waiting = {number for _, number in self.invitations}
        for number, at in self.sessions.items():
            if at > now and number not in waiting:
                for who in (LEADER, JUNIOR):
                    self._say(now, who, "session_cancelled", f"session_{number}")
        self.invitations = []
        for one in self.questions:
            one.wake_at = None
        self.look_at = now

    def _resume(self, now: datetime) -> None:
        """It goes on as if the pause had not been, with the sessions that lay ahead planned anew."""
        begin, _ = self.pauses.pop()
        self.pauses.append((begin, now))
        self.resume_at, paused = NEVER, now - begin
        for who in (LEADER, JUNIOR):
            self._say(now, who, "pairing_resumed")
        ahead = [number for number, at in self.sessions.items() if at > begin]
        if ahead:
            earliest = max(now + meeting.SETTLING_IN, self.sessions[ahead[0]] + paused)
            self._plan(ahead, earliest - meeting.SETTLING_IN, now)
        self._thaw(paused, now)
        self.look_at = now

    def _thaw(self, paused: timedelta, now: datetime) -> None:
        """What was not asked yet is asked that much later, or with its session; what waits for an answer goes on."""
        for one in self.questions:
            if one.state is CheckInState.SCHEDULED:
                due = questions(self.began_at, self._ends(), self.plan, *self.places[one.who])[one.moment][1]
                one.due_at = one.due_at + paused if one.moment == "day_30" else due
                one.wake_at = one.due_at
            elif one.state is CheckInState.OPEN and one.fired_at is not None:
                one.fired_at += paused
                days = (*self.ladder.check_in_follow_ups[one.follow_ups :], self.ladder.check_in_lapses)
                one.wake_at = max(now, one.fired_at + timedelta(days=days[0]))

    def _end(self, now: datetime) -> None:
        """It is over; one in which they met is still asked about, looking back."""
        self.over, self.over_at, self.look_at, self.level = True, NEVER, NEVER, Level.GREEN
        self.taken.clear()
        for who in (LEADER, JUNIOR):
            self._say(now, who, "pairing_ended")
        if not self.held:
            self._wait(COORDINATOR, Held("ended_early", "", now, Pace.REMINDER, lambda: True))
        for one in self.questions:
            if not self.held and one.wake_at is not None:
                one.state, one.wake_at = CheckInState.CANCELLED, None

    def _invite(self, now: datetime) -> None:
        due = [number for at, number in self.invitations if at <= now]
        self.invitations = [(at, number) for at, number in self.invitations if at > now]
        for number in due:
            if self.sessions[number] > now:
                self.booked = True
                for who in (LEADER, JUNIOR):
                    self._say(now, who, "session_invitation", f"session_{number}")

    def _ask(self, now: datetime) -> None:
        for one in self.questions:
            if one.wake_at is None or one.wake_at > now:
                continue
            follow_ups = tuple(timedelta(days=days) for days in self.ladder.check_in_follow_ups)
            lapses = timedelta(days=self.ladder.check_in_lapses)
            step, one.wake_at = asking.wake(one.fired_at, now, follow_ups, lapses)
            self._take(one, step, now)

    def _take(self, one: Question, step: Step, now: datetime) -> None:
        if step is Step.LAPSE:
            one.state, self.look_at = CheckInState.LAPSED, now
            return
        if step is Step.FIRE:
            one.state, one.fired_at = CheckInState.OPEN, now
        else:
            one.follow_ups += 1
        again = one.follow_ups

        def sensible() -> bool:
            return one.state is CheckInState.OPEN and one.follow_ups == again and not self._paused

        pace = asking.pace(again, one.due_at, now)
        about = one.moment if not again else f"{one.moment} +{again}"
        self._wait(one.who, Held(MAIL[one.kind], about, now, pace, sensible))
        if step is Step.FIRE and self.scenario is not Scenario.SILENT:
            self.answers.append((now + ANSWERS_AFTER, one))

    def facts(self) -> Facts:
        """What is known of it now."""
        return Facts(
            began_at=self.began_at,
            cadence=timedelta(days=self.plan.every_days),
            booked=self.booked,
            held=self.held,
            answered_at=self.answered_at,
            unanswered=max(self._lapsed(LEADER), self._lapsed(JUNIOR)),
            unsigned=BOTH if self.signed_by < len(BOTH) else frozenset(),
            ends_at=max(self.sessions.values(), default=None),
            pauses=list(self.pauses),
        )

    def _lapsed(self, who: str) -> int:
        over = (CheckInState.ANSWERED, CheckInState.LAPSED)
        asked = [one for one in self.questions if one.who == who and one.state in over]
        latest = sorted(sorted(asked, key=lambda one: one.moment), key=lambda one: one.due_at, reverse=True)
        return sum(1 for _ in takewhile(lambda one: one.state is CheckInState.LAPSED, latest))

    def _look(self, now: datetime) -> None:
        self.look_at = NEVER
        if not self._under_way:
            return
        seen = rules.look(self.facts(), self.ladder, self.taken, now)
        for matter in seen.over:
            self.taken.pop(matter, None)
        for step in seen.taken:
            self.taken[step.matter] = Taken(step.since, step.number + 1, now)
            self._nudge(step, now)
        if SEVERITY[seen.level] > SEVERITY[self.level]:
            self.alerts += 1
            alert = self.alerts
            said = Held("at_risk", seen.level.value, now, Pace.REMINDER, lambda: self._still_at_risk(alert))
            self._wait(COORDINATOR, said)
        self.level, self.look_at = seen.level, seen.wake_at or NEVER

    def _still_at_risk(self, alert: int) -> bool:
        return self.level is not Level.GREEN and self.alerts == alert and not self._paused

    def _nudge(self, step: rules.Step, now: datetime) -> None:
        def sensible() -> bool:
            taken = self.taken.get(step.matter)
            return taken is not None and taken.since == step.since and not self._paused

        told = {Tell.JUNIOR: JUNIOR, Tell.LEADER: LEADER, Tell.COORDINATOR: COORDINATOR}
        for tell in step.tell:
            if tell in told:
                kind = "look" if tell is Tell.COORDINATOR else "nudge"
                held = Held(f"{kind}_{step.matter.value}", f"+{step.number + 1}", now, Pace.REMINDER, sensible)
                self._wait(told[tell], held)

    def _wait(self, who: str, held: Held) -> None:
        self.waiting[who].append(held)
        self.wakes[who] = held.due_at

    def _release(self, who: str, now: datetime) -> None:
        """The same as the clock does with rows: what makes no sense is dropped, the rest goes together or waits."""
        if who not in self.wakes or self.wakes[who] > now:
            return
        del self.wakes[who]
        waiting = self.waiting[who] = [one for one in self.waiting[who] if one.sensible()]
        if not waiting:
            return
        any_hour = any(one.pace is Pace.QUESTION for one in waiting)
        at = good_moment(now, *self.places[who], self.got[who], any_hour, self.hours)
        if at > now:
            self.wakes[who] = at
            return
        self.waiting[who] = []
        self.got[who].append(now)
        parts = [self._said(now, who, one) for one in waiting]
        self.said.append(parts[0] if len(parts) == 1 else Said(now, who, BUNDLE, parts=parts))

    @staticmethod
    def _said(now: datetime, who: str, held: Held) -> Said:
        return Said(now, who, held.kind, held.about, held.due_at if held.due_at < now else None)

    def _say(self, at: datetime, who: str, kind: str, about: str = "") -> None:
        self.said.append(Said(at, who, kind, about))


def simulate(
    plan: Plan,
    ladder: Ladder,
    scenario: Scenario,
    leader: Where,
    junior: Where,
    asked_on: date,
    hours: MailHours = MAIL_HOURS,
) -> list[Said]:
    """Every message of a pairing whose leader is asked on that day, in the order in which they go out."""
    life = Life(plan, ladder, scenario, leader, junior, hours)
    life.begin(at_wall_time(datetime.combine(asked_on, ASKED), ASKED, leader.zone))
    return lived(life)


def lived(life: Life) -> list[Said]:
    """Move a life on until nothing happens any more."""
    over = life.began_at + LONGEST
    while (now := life.next_moment()) is not None and now < min(over, NEVER):
        life.move_on(now)
    return sorted(life.said, key=lambda one: one.at)


LONGEST = timedelta(days=5 * 366)
"""A life longer than this is none: a guard against a rule that never comes to an end."""
