"""Who may do what: the table, row by row. Whether the doors keep to it is tried in ``test_routes``."""

from types import SimpleNamespace
from uuid import uuid4

import pytest

from mentoring.identity import ANONYMOUS, MACHINE, Actor
from mentoring.policy import POLICY, SCOPES, Action, allows

ME, PROGRAMME, ELSEWHERE = uuid4(), uuid4(), uuid4()
ACTORS = {
    "anonymous": ANONYMOUS,
    "somebody": Actor(id=uuid4()),
    "me": Actor(id=ME),
    "coordinator": Actor(id=uuid4(), coordinates=frozenset({PROGRAMME})),
    "another": Actor(id=uuid4(), coordinates=frozenset({ELSEWHERE})),
    "administrator": Actor(id=uuid4(), administrator=True),
    "machine": MACHINE,
    "delegate": Actor(id=uuid4(), stands_in_for=frozenset({ME})),
}
NOTHING = None
MINE = SimpleNamespace(id=uuid4(), person_id=ME)
MYSELF = SimpleNamespace(id=ME)
OF_THE_PROGRAMME = SimpleNamespace(id=uuid4(), programme_id=PROGRAMME)
MY_ENROLMENT = SimpleNamespace(id=uuid4(), programme_id=PROGRAMME, person_id=ME)
THE_PROGRAMME = SimpleNamespace(id=PROGRAMME)
I_LEAD = SimpleNamespace(id=uuid4(), programme_id=PROGRAMME, leader_id=ME, junior_id=uuid4(), junior_asked_at=None)
I_TEACH = SimpleNamespace(id=uuid4(), programme_id=PROGRAMME, leader_id=uuid4(), junior_id=ME, junior_asked_at=1)
NOT_ASKED = SimpleNamespace(id=uuid4(), programme_id=PROGRAMME, leader_id=uuid4(), junior_id=ME, junior_asked_at=None)
BEGUN = SimpleNamespace(
    id=uuid4(), programme_id=PROGRAMME, leader_id=ME, junior_id=uuid4(), junior_asked_at=1, began_at=1, paused_by_id=ME
)
TAUGHT = SimpleNamespace(
    id=uuid4(), programme_id=PROGRAMME, leader_id=uuid4(), junior_id=ME, junior_asked_at=1, began_at=1,
    paused_by_id=uuid4(),
)  # fmt: skip
NOT_BEGUN = SimpleNamespace(
    id=uuid4(), programme_id=PROGRAMME, leader_id=ME, junior_id=uuid4(), junior_asked_at=1, began_at=None,
    paused_by_id=None,
)  # fmt: skip
CONCERN = SimpleNamespace(id=uuid4(), programme_id=PROGRAMME, person_id=uuid4(), about_id=uuid4())
CONCERN_ABOUT_THE_COORDINATOR = SimpleNamespace(
    id=uuid4(), programme_id=PROGRAMME, person_id=ME, about_id=ACTORS["coordinator"].id
)
MY_MAIL = SimpleNamespace(id=uuid4(), recipient_id=ME)

RUNS_IT = {"administrator", "machine"}
COORDINATORS = {"coordinator", "another", *RUNS_IT}
ITS_OWN = {"coordinator", *RUNS_IT}
INSIDE = set(ACTORS) - {"anonymous"}
MAY: list[tuple[Action, object, set[str]]] = [
    (Action.PUBLIC, NOTHING, set(ACTORS)),
    (Action.SIGNED_IN, NOTHING, INSIDE),
    (Action.SELF_WRITE, MYSELF, {"me"}),
    (Action.PEOPLE_READ, NOTHING, COORDINATORS),
    (Action.PEOPLE_INVITE, NOTHING, COORDINATORS),
    (Action.STAFF_IMPORT, NOTHING, COORDINATORS),
    (Action.SKILL_READ, NOTHING, INSIDE),
    (Action.SKILL_WRITE, NOTHING, COORDINATORS),
    (Action.PROGRAMME_LIST, NOTHING, INSIDE),
    (Action.PROGRAMME_READ, THE_PROGRAMME, ITS_OWN),
    (Action.PROGRAMME_CREATE, NOTHING, COORDINATORS),
    (Action.PROGRAMME_WRITE, THE_PROGRAMME, ITS_OWN),
    (Action.SIGN_UP, THE_PROGRAMME, INSIDE),
    (Action.SIGN_UPS_IMPORT, THE_PROGRAMME, ITS_OWN),
    (Action.ENROLMENT_READ, MY_ENROLMENT, {"me", *ITS_OWN}),
    (Action.EXCLUSIONS_READ, THE_PROGRAMME, {"coordinator"}),
    (Action.ROUND_READ, OF_THE_PROGRAMME, ITS_OWN),
    (Action.ROUND_WRITE, OF_THE_PROGRAMME, ITS_OWN),
    (Action.PAIRING_READ, I_LEAD, {"me"}),
    (Action.PAIRING_READ, I_TEACH, {"me"}),
    (Action.PAIRING_READ, NOT_ASKED, set()),
    (Action.PAIRING_SURVEY, I_LEAD, ITS_OWN),
    (Action.DECLINE_REASON_READ, I_LEAD, {"coordinator"}),
    (Action.PAIRING_ANSWER, I_LEAD, {"me"}),
    (Action.PAIRING_ANSWER, I_TEACH, {"me"}),
    (Action.PAIRING_ANSWER, NOT_ASKED, set()),
    (Action.PAIRING_PAUSE, BEGUN, {"me"}),
    (Action.PAIRING_PAUSE, TAUGHT, {"me"}),
    (Action.PAIRING_PAUSE, NOT_BEGUN, set()),
    (Action.PAIRING_END, BEGUN, {"me"}),
    (Action.PAIRING_END, TAUGHT, {"me"}),
    (Action.PAIRING_END, NOT_BEGUN, set()),
    (Action.REMATCH, BEGUN, {"me"}),
    (Action.REMATCH, TAUGHT, {"me"}),
    (Action.REMATCH, NOT_BEGUN, set()),
    (Action.SESSION_REPORT, BEGUN, {"me"}),
    (Action.SESSION_REPORT, TAUGHT, {"me"}),
    (Action.SESSION_REPORT, NOT_BEGUN, set()),
    (Action.AGREEMENT_READ, BEGUN, {"me"}),
    (Action.AGREEMENT_READ, TAUGHT, {"me"}),
    (Action.AGREEMENT_READ, NOT_BEGUN, set()),
    (Action.AGREEMENT_SIGN, BEGUN, {"me"}),
    (Action.AGREEMENT_SIGN, TAUGHT, {"me"}),
    (Action.AGREEMENT_SIGN, NOT_BEGUN, set()),
    (Action.ASSESS, BEGUN, {"me"}),
    (Action.ASSESS, TAUGHT, {"me"}),
    (Action.ASSESS, NOT_BEGUN, set()),
    (Action.GOAL_SET, BEGUN, {"me"}),
    (Action.GOAL_SET, TAUGHT, {"me"}),
    (Action.GOAL_SET, NOT_BEGUN, set()),
    (Action.DATA_EXPORT, MYSELF, {"me"}),
    (Action.ERASE, MYSELF, {"me"}),
    (Action.CONCERN_RAISE, BEGUN, {"me"}),
    (Action.CONCERN_RAISE, TAUGHT, {"me"}),
    (Action.CONCERN_RAISE, NOT_BEGUN, set()),
    (Action.SESSION_READ, BEGUN, {"me", "delegate"}),
    (Action.SESSION_READ, TAUGHT, {"me"}),
    (Action.SESSION_READ, NOT_BEGUN, set()),
    (Action.SESSION_BOOK, BEGUN, {"me", "delegate"}),
    (Action.SESSION_BOOK, TAUGHT, {"me"}),
    (Action.SESSION_BOOK, NOT_BEGUN, set()),
    (Action.PAIRING_RESUME, BEGUN, {"me"}),
    (Action.PAIRING_RESUME, TAUGHT, set()),
    (Action.DELEGATES, NOTHING, INSIDE),
    (Action.FEED, NOTHING, INSIDE),
    (Action.CONCERN_READ, CONCERN, {"coordinator"}),
    (Action.CONCERN_READ, CONCERN_ABOUT_THE_COORDINATOR, set()),
    (Action.CONCERN_CLOSE, CONCERN, {"coordinator"}),
    (Action.CONCERN_CLOSE, CONCERN_ABOUT_THE_COORDINATOR, set()),
    (Action.CHECK_IN_READ, MINE, {"me"}),
    (Action.CHECK_IN_ANSWER, MINE, {"me"}),
    (Action.FOLLOW_UP_READ, OF_THE_PROGRAMME, ITS_OWN),
    (Action.RISK_READ, OF_THE_PROGRAMME, ITS_OWN),
    (Action.RISK_READ, THE_PROGRAMME, ITS_OWN),
    (Action.RISK_ACT, OF_THE_PROGRAMME, ITS_OWN),
    (Action.CONFIDENCE_READ, OF_THE_PROGRAMME, {"coordinator"}),
    (Action.LADDER_TRY, THE_PROGRAMME, ITS_OWN),
    (Action.INBOUND, NOTHING, RUNS_IT),
    (Action.HOOK_WRITE, THE_PROGRAMME, RUNS_IT),
    (Action.ANSWERS_READ, I_LEAD, {"me"}),
    (Action.ANSWERS_READ, NOT_ASKED, set()),
    (Action.MESSAGES_READ, NOTHING, COORDINATORS),
    (Action.MESSAGES_WRITE, NOTHING, COORDINATORS),
    (Action.MAIL_READ, MY_MAIL, {"me", *RUNS_IT}),
    (Action.EXPORT, THE_PROGRAMME, ITS_OWN),
    (Action.AUDIT_READ, NOTHING, RUNS_IT),
    (Action.SETTINGS_WRITE, NOTHING, RUNS_IT),
    (Action.STATUS_READ, NOTHING, COORDINATORS),
    (Action.CLOCK_RESUME, NOTHING, COORDINATORS),
    (Action.TOKENS, NOTHING, RUNS_IT),
    (Action.ADMINISTER, NOTHING, RUNS_IT),
]


def test_every_action_has_its_row() -> None:
    assert set(POLICY) == set(Action)
    assert {action for action, _, _ in MAY} == set(Action)
    assert all(clauses and all(clauses) for clauses in POLICY.values())


@pytest.mark.parametrize("action, thing, who", MAY, ids=lambda value: value.value if isinstance(value, Action) else "")
def test_the_table_lets_in_whom_it_should(action: Action, thing: object, who: set[str]) -> None:
    assert {name for name, actor in ACTORS.items() if allows(actor, action, thing)} == who


@pytest.mark.parametrize("action", [action for action in Action if action is not Action.PUBLIC])
def test_a_token_needs_the_scope_whoever_it_speaks_for(action: Action) -> None:
    everybody = {"id": ME, "administrator": True, "coordinates": frozenset({PROGRAMME})}
    things = (NOTHING, MYSELF, MINE, THE_PROGRAMME, OF_THE_PROGRAMME, I_LEAD, BEGUN, CONCERN, MY_MAIL)

    def may(scopes: frozenset[str]) -> bool:
        return any(_holds(Actor(**everybody, scopes=scopes), action, thing) for thing in things)  # type: ignore[arg-type]

    assert may(frozenset({action.scope}))
    assert not may(frozenset(set(SCOPES) - {action.scope}))


def _holds(actor: Actor, action: Action, thing: object) -> bool:
    try:
        return allows(actor, action, thing)
    except AttributeError:  # not the kind of thing that this action is done to
        return False


def test_no_token_can_be_given_the_right_to_make_tokens() -> None:
    assert {"tokens", "administration", "public"}.isdisjoint(SCOPES)
