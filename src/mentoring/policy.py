"""Who may do what: one table, default deny.

An action is allowed when every predicate of one of its clauses holds. What is not there and what is not yours are
refused alike, with ``NotFound``.
"""

import enum
from collections.abc import Callable
from typing import Any, TypeVar

from mentoring.errors import NotAllowed, NotFound
from mentoring.identity import Actor

Thing = TypeVar("Thing")
Predicate = Callable[[Actor, Any], bool]
Clause = tuple[Predicate, ...]


class SignInNeeded(NotAllowed):
    """Nobody is signed in."""


class SignedOutMeanwhile(SignInNeeded):
    """Somebody sent a form whose session had ended: ``again`` is where to, ``typed`` what stood in it."""


class ScopeMissing(NotAllowed):
    """The API token was not given the scope ``scope``."""


class NotYours(NotAllowed):
    """Signed in, but without the role that this asks for."""


class Action(enum.StrEnum):
    """What can be done: ``area.verb``. The area is the scope that an API token needs for it."""

    PUBLIC = "public.read"
    SIGNED_IN = "self.read"
    SELF_WRITE = "self.write"
    PEOPLE_READ = "people.read"
    PEOPLE_INVITE = "people.invite"
    STAFF_IMPORT = "staff.import"
    SKILL_READ = "skills.read"
    SKILL_WRITE = "skills.write"
    PROGRAMME_LIST = "programmes.list"
    PROGRAMME_READ = "programmes.read"
    PROGRAMME_CREATE = "programmes.create"
    PROGRAMME_WRITE = "programmes.write"
    SIGN_UP = "self.sign_up"
    SIGN_UPS_IMPORT = "programmes.import"
    ENROLMENT_READ = "programmes.enrolment"
    EXCLUSIONS_READ = "programmes.exclusions"
    ROUND_READ = "rounds.read"
    ROUND_WRITE = "rounds.write"
    PAIRING_READ = "pairings.read"
    PAIRING_SURVEY = "pairings.survey"
    DECLINE_REASON_READ = "pairings.decline_reason"
    PAIRING_ANSWER = "pairings.answer"
    PAIRING_PAUSE = "pairings.pause"
    PAIRING_RESUME = "pairings.resume"
    PAIRING_END = "pairings.end"
    REMATCH = "pairings.rematch"
    SESSION_READ = "pairings.session"
    SESSION_BOOK = "pairings.book"
    SESSION_REPORT = "pairings.report"
    AGREEMENT_READ = "pairings.agreement"
    AGREEMENT_SIGN = "pairings.sign"
    ASSESS = "pairings.assess"
    DELEGATES = "self.delegates"
    FEED = "self.feed"
    GOAL_SET = "pairings.goal"
    DATA_EXPORT = "privacy.export"
    ERASE = "privacy.erase"
    CONCERN_RAISE = "pairings.concern"
    CONCERN_READ = "concerns.read"
    CONCERN_CLOSE = "concerns.close"
    CHECK_IN_READ = "checkins.read"
    CHECK_IN_ANSWER = "checkins.answer"
    FOLLOW_UP_READ = "checkins.follow_up"
    RISK_READ = "followups.read"
    RISK_ACT = "followups.act"
    CONFIDENCE_READ = "followups.confidence"
    LADDER_TRY = "followups.try"
    INBOUND = "inbound.write"
    HOOK_WRITE = "hooks.write"
    ANSWERS_READ = "pairings.answers"
    MESSAGES_READ = "messages.read"
    MESSAGES_WRITE = "messages.write"
    MAIL_READ = "messages.mail"
    EXPORT = "exports.write"
    AUDIT_READ = "audit.read"
    SETTINGS_WRITE = "settings.write"
    STATUS_READ = "status.read"
    CLOCK_RESUME = "status.resume"
    TOKENS = "tokens.write"
    ADMINISTER = "administration.write"

    @property
    def scope(self) -> str:
        return self.value.partition(".")[0]


SCOPES = tuple(sorted({action.scope for action in Action} - {"public", "tokens", "administration"}))
"""What an API token can be granted. Tokens and administration stay with people."""


def anyone(_actor: Actor, _thing: Any) -> bool:
    return True


def signed_in(actor: Actor, _thing: Any) -> bool:
    return not actor.anonymous


def administrator(actor: Actor, _thing: Any) -> bool:
    return actor.administrator


def a_coordinator(actor: Actor, _thing: Any) -> bool:
    return bool(actor.coordinates)


def its_coordinator(actor: Actor, thing: Any) -> bool:
    """Coordinates the programme that the thing is, or belongs to."""
    programme_id = getattr(thing, "programme_id", None) or getattr(thing, "id", None)
    return programme_id in actor.coordinates


def oneself(actor: Actor, thing: Any) -> bool:
    """The thing is the actor's own: a person, or what belongs to a person."""
    owner_id = getattr(thing, "person_id", None) or getattr(thing, "id", None)
    return actor.id is not None and owner_id == actor.id


def one_of_the_two(actor: Actor, pairing: Any) -> bool:
    """The leader, or the junior once asked: of what the leader declines, the junior never learns."""
    if actor.id is None:
        return False
    return actor.id == pairing.leader_id or (actor.id == pairing.junior_id and pairing.junior_asked_at is not None)


def begun(_actor: Actor, pairing: Any) -> bool:
    """Both have said yes, whatever has become of it since."""
    return bool(pairing.began_at)


def stands_in(actor: Actor, pairing: Any) -> bool:
    """Delegate of the pairing's leader."""
    return any(pairing.leader_id == one for one in actor.stands_in_for)


def paused_it(actor: Actor, pairing: Any) -> bool:
    return actor.id is not None and actor.id == pairing.paused_by_id


def not_the_subject(actor: Actor, concern: Any) -> bool:
    """A coordinator who is the partner of whoever confided does not read it."""
    return bool(actor.id != concern.about_id)


def addressee(actor: Actor, message: Any) -> bool:
    return actor.id is not None and actor.id == message.recipient_id


POLICY: dict[Action, tuple[Clause, ...]] = {
    Action.PUBLIC: ((anyone,),),
    Action.SIGNED_IN: ((signed_in,),),
    Action.SELF_WRITE: ((oneself,),),
    Action.PEOPLE_READ: ((administrator,), (a_coordinator,)),
    Action.PEOPLE_INVITE: ((administrator,), (a_coordinator,)),
    Action.STAFF_IMPORT: ((administrator,), (a_coordinator,)),
    Action.SKILL_READ: ((signed_in,),),
    Action.SKILL_WRITE: ((administrator,), (a_coordinator,)),
    Action.PROGRAMME_LIST: ((signed_in,),),
    Action.PROGRAMME_READ: ((administrator,), (its_coordinator,)),
    Action.PROGRAMME_CREATE: ((administrator,), (a_coordinator,)),
    Action.PROGRAMME_WRITE: ((administrator,), (its_coordinator,)),
    Action.SIGN_UP: ((signed_in,),),
    Action.SIGN_UPS_IMPORT: ((administrator,), (its_coordinator,)),
    Action.ENROLMENT_READ: ((administrator,), (its_coordinator,), (oneself,)),
    Action.EXCLUSIONS_READ: ((its_coordinator,),),
    Action.ROUND_READ: ((administrator,), (its_coordinator,)),
    Action.ROUND_WRITE: ((administrator,), (its_coordinator,)),
    Action.PAIRING_READ: ((one_of_the_two,),),
    Action.PAIRING_SURVEY: ((administrator,), (its_coordinator,)),
    Action.DECLINE_REASON_READ: ((its_coordinator,),),
    Action.PAIRING_ANSWER: ((one_of_the_two,),),
    Action.PAIRING_PAUSE: ((one_of_the_two, begun),),
    Action.PAIRING_RESUME: ((one_of_the_two, paused_it),),
    Action.PAIRING_END: ((one_of_the_two, begun),),
    Action.REMATCH: ((one_of_the_two, begun),),
    Action.SESSION_READ: ((one_of_the_two, begun), (stands_in, begun)),
    Action.SESSION_BOOK: ((one_of_the_two, begun), (stands_in, begun)),
    Action.SESSION_REPORT: ((one_of_the_two, begun),),
    Action.AGREEMENT_READ: ((one_of_the_two, begun),),
    Action.AGREEMENT_SIGN: ((one_of_the_two, begun),),
    Action.ASSESS: ((one_of_the_two, begun),),
    Action.DELEGATES: ((signed_in,),),
    Action.FEED: ((signed_in,),),
    Action.GOAL_SET: ((one_of_the_two, begun),),
    Action.DATA_EXPORT: ((oneself,),),
    Action.ERASE: ((oneself,),),
    Action.CONCERN_RAISE: ((one_of_the_two, begun),),
    Action.CONCERN_READ: ((its_coordinator, not_the_subject),),
    Action.CONCERN_CLOSE: ((its_coordinator, not_the_subject),),
    Action.CHECK_IN_READ: ((oneself,),),
    Action.CHECK_IN_ANSWER: ((oneself,),),
    Action.FOLLOW_UP_READ: ((administrator,), (its_coordinator,)),
    Action.RISK_READ: ((administrator,), (its_coordinator,)),
    Action.RISK_ACT: ((administrator,), (its_coordinator,)),
    Action.CONFIDENCE_READ: ((its_coordinator,),),
    Action.LADDER_TRY: ((administrator,), (its_coordinator,)),
    Action.INBOUND: ((administrator,),),
    Action.HOOK_WRITE: ((administrator,),),
    Action.ANSWERS_READ: ((one_of_the_two,),),
    Action.MESSAGES_READ: ((administrator,), (a_coordinator,)),
    Action.MESSAGES_WRITE: ((administrator,), (a_coordinator,)),
    Action.MAIL_READ: ((administrator,), (addressee,)),
    Action.EXPORT: ((administrator,), (its_coordinator,)),
    Action.AUDIT_READ: ((administrator,),),
    Action.SETTINGS_WRITE: ((administrator,),),
    Action.STATUS_READ: ((administrator,), (a_coordinator,)),
    Action.CLOCK_RESUME: ((administrator,), (a_coordinator,)),
    Action.TOKENS: ((administrator,),),
    Action.ADMINISTER: ((administrator,),),
}


OF_NOTHING = {anyone, signed_in, administrator, a_coordinator}
"""Predicates that look at the actor alone."""


def decided_at_the_door(action: Action) -> bool:
    """Whether it matters to no clause of the action what is acted upon, so that the guard can decide alone."""
    return all(holds in OF_NOTHING for clause in POLICY[action] for holds in clause)


def allows(actor: Actor, action: Action, thing: object = None) -> bool:
    """Whether ``actor`` may do ``action`` to ``thing``."""
    if actor.scopes is not None and action.scope not in actor.scopes and action is not Action.PUBLIC:
        return False
    return any(all(holds(actor, thing) for holds in clause) for clause in POLICY[action])


def require(actor: Actor, action: Action, thing: Thing | None, missing: type[NotFound] = NotFound) -> Thing:
    """Return ``thing`` if ``actor`` may do ``action`` to it; what is absent and what is not theirs look the same."""
    if thing is None or not allows(actor, action, thing):
        raise missing()
    return thing


def require_right(actor: Actor, action: Action) -> None:
    """For actions on nothing in particular. Raises ``SignInNeeded``, ``ScopeMissing`` or ``NotYours``."""
    if allows(actor, action):
        return
    if actor.anonymous:
        raise SignInNeeded()
    if actor.scopes is not None and action.scope not in actor.scopes:
        raise ScopeMissing(scope=action.scope)
    raise NotYours()
