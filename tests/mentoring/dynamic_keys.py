"""Keys of the catalogues that are put together while the program runs, and all that can fill their gaps.

A gap is ``{}``. Whoever puts a key together says here what can stand in it; ``test_i18n`` then finds each of them.
"""

import ast
from collections.abc import Iterable
from itertools import product

from matching import RULE_NAMES
from mentoring.administration.queries import event_names
from mentoring.administration.service import COLUMNS as AUDIT_COLUMNS
from mentoring.checkins.my_page import Wanted
from mentoring.checkins.rules import CheckInKind, CheckInState, Met
from mentoring.deployment import CHANGEABLE
from mentoring.exports.contracts import Table
from mentoring.exports.service import COLUMNS
from mentoring.followups.contracts import Scenario
from mentoring.followups.rules import ADDRESSED, Level, Matter, NextAction, Reason
from mentoring.heartbeat import HoldReason
from mentoring.hooks.rules import HookKind, Topic
from mentoring.inbound.rules import Answer, Outcome
from mentoring.messages.rules import MessageState
from mentoring.outbox.rules import Box, Remedy
from mentoring.pairings.contracts import Parts
from mentoring.pairings.history import Happened
from mentoring.pairings.rules import Ending, PairingState, SessionState, Standing
from mentoring.pairings.slots import DayPart
from mentoring.people.rules import LinkPurpose
from mentoring.policy import SCOPES
from mentoring.programmes.rules import (
    CHECKLIST,
    EnrolmentState,
    Ladder,
    Matching,
    MatchingRules,
    MatchingWeights,
    Plan,
    PolicyName,
    Preset,
    Role,
    Tell,
)
from mentoring.reactions import COMPOSERS
from mentoring.rounds.fairness import TRAITS
from mentoring.rounds.rules import OverrideKind, RoundState
from mentoring.rounds.trying import PolicyRow
from mentoring.rounds.verdicts import AIMS, CAUSES
from mentoring.rounds.wording import PRICED
from mentoring.sheets import SheetFormat
from mentoring.skills.digcomp import shipped_catalogue
from mentoring.upkeep.rules import BACKUP, CHECK, Alarm
from scheduler.jobs import JOBS
from tests.architecture.sources import code, function_name, nodes


def filled(pattern: str, *values: Iterable[object]) -> list[str]:
    return [pattern.format(*ones) for ones in product(*values)]


def problem_codes() -> set[str]:
    """What the readers of files find: the second argument of ``findings.add``, or a code that is chosen before."""
    found = {"more_problems"}
    for path in code():
        for call in nodes(path):
            if isinstance(call, ast.Call) and function_name(call) == "add" and "findings" in ast.unparse(call.func):
                given = call.args[1]
                codes = (given.body, given.orelse) if isinstance(given, ast.IfExp) else (given,)
                found |= {str(one.value) for one in codes if isinstance(one, ast.Constant)}
    return found


CHOSEN_BEFORE = {"too_long", "person_left", "unknown_staff_no", "too_many_values", "too_many_wishes"}
"""Codes that go through a variable on their way."""
READERS = (*Role, "coordinator")
CLOSED = [state for state in CheckInState if state is not CheckInState.OPEN]
COMPETENCES, AREAS = shipped_catalogue().competences, shipped_catalogue().areas
CONSENT = ("consent_leader", "consent_junior")
ENDINGS = ("pairing_expired", "pairing_fell_through", "pairing_withdrawn", "pairing_ended", "pairing_began")
SESSIONS = ("session_invitation", "session_cancelled", "session_moved")
LIFE = (
    "agreement_to_renew", "agreement_to_sign", "pairing_completed", "pairing_paused", "pairing_resumed",
    "pairing_erased", "pairing_stopped", "rematch_waits",
)  # fmt: skip
GOALS = ("skill_goal", "perspective_goal", "junior_wants")
PROMISES = ("moved", "stays", "appraisal", "coordinator", "managers", "end")
QUESTIONS = ("mail.check_in", "mail.pulse")
LETTERS = [f"mail.{purpose}" for purpose in (LinkPurpose.INVITATION, LinkPurpose.RESET)]
OF_STAFF, OF_SIGN_UPS = ("added", "changed", "left", "unchanged"), ("leaders", "juniors")
FILE_STAGES = ("read", "compare", "write")
SOLVING_STAGES = (
    *("reading", "scoring", "assigning", "unmatched", "explaining", "storing"),
    *("verifying", "trying", "comparing"),
)
COMPARED = tuple(name for name in PolicyRow.__struct_fields__ if name not in ("policy", "refused"))
SWITCHED = MatchingRules.__struct_fields__
NUMBERED = [
    *(f"rules.{name}" for name in MatchingRules.__struct_fields__),
    *(f"ladder.{name}" for name in Ladder.__struct_fields__),
    *(f"matching.{name}" for name in Matching.__struct_fields__),
    *(f"weights.{name}" for name in MatchingWeights.__struct_fields__),
    *(f"plan.{name}" for name in Plan.__struct_fields__),
]
LADDER = Ladder.__struct_fields__
SENTENCES = ("reporting_line", "unit", "seniority", "skill", "language", "time")
LADDER_SENTENCES = ("consent_reminders", "check_in_follow_ups", "first_session", "silence", "agreement")
MILESTONES = ("asked", "began", "pulse", "midpoint", "closed", "look_back")
LEVELS = range(5)
OF_MATTERS = [f"{kind}_{matter}" for kind in ("nudge", "look") for matter in Matter]
SAID = (
    "consent_leader",
    "consent_junior",
    "pairing_began",
    "agreement_to_sign",
    "agreement_to_renew",
    "pairing_paused",
    "pairing_resumed",
    "pairing_ended",
    "session_cancelled",
    "session_invitation",
    "check_in",
    "pulse",
    "at_risk",
    "bundle",
)
TOLD_COORDINATORS = ("at_risk", "confided", "ended_early", *(f"look_{matter}" for matter in Matter))
NUDGES = [f"mail.nudge.{matter}" for matter in Matter]
COUNTED = ("messages_due", "messages_uncertain", "messages_refused", "leases_expired", "events_failing")

WITH_WORDS = [one for one in Wanted if one not in (Wanted.PROPOSAL, Wanted.CHECK_IN, Wanted.BOOKING)]
"""What is asked with a line of text below; the others show the thing itself."""

EXPANSIONS: dict[str, list[str]] = {
    "status.alarm.{}": filled("status.alarm.{}", Alarm),
    "status.{}": filled("status.{}", COUNTED),
    "check_in.met.{}": filled("check_in.met.{}", Met),
    "event.{}": filled("event.{}", event_names()),
    "error.{}": [],  # every cause is looked for by its own test
    "hook.{}": filled("hook.{}", Topic),
    "http.{}": filled("http.{}", (400, 404, 405, 413, 415, 500)),
    "import.problem.{}": filled("import.problem.{}", problem_codes() | CHOSEN_BEFORE),
    "inbound.{}": filled("inbound.{}", Outcome),
    "level.{}": filled("level.{}", LEVELS),
    "level.{}.hint": filled("level.{}.hint", LEVELS),
    "mail.fact.{}": filled("mail.fact.{}", ("name", "job", "unit", "place")),
    "mail.signed_up.{}": filled("mail.signed_up.{}", Role),
    "mail.{}": [],  # a beginning: ``{}.subject`` and so on
    "mail.{}.subject": filled("mail.{}.subject", (*CONSENT, *ENDINGS, *SESSIONS, *LIFE, *TOLD_COORDINATORS)),
    "mail.{}.text": filled("mail.{}.text", (*CONSENT, *ENDINGS, *SESSIONS, *LIFE, *TOLD_COORDINATORS)),
    "day_part.{}": filled("day_part.{}", DayPart),
    "page.agreement.promise.{}": filled("page.agreement.promise.{}", PROMISES),
    "page.agreement.{}": filled("page.agreement.{}", GOALS),
    "page.agreement.{}.hint": filled("page.agreement.{}.hint", GOALS),
    "mail.session_answered.subject.{}": filled("mail.session_answered.subject.{}", Answer),
    "mail.nudge.{}": [],  # a beginning
    "page.at_risk.level.{}": filled("page.at_risk.level.{}", (Level.AMBER, Level.RED)),
    "page.check_in.met.{}.text": filled("page.check_in.met.{}.text", (Met.MOVED, Met.NO)),
    "page.check_in.question.{}": filled("page.check_in.question.{}", CheckInKind),
    "page.check_in.state.{}": filled("page.check_in.state.{}", CLOSED),
    "page.check_in.state.{}.text": filled("page.check_in.state.{}.text", CLOSED),
    "page.check_in.title.{}": filled("page.check_in.title.{}", CheckInKind),
    "page.check_in.{}": filled("page.check_in.{}", ("good_fit", "candour", "clarity", "protected_time")),
    "page.closing.text.{}": filled("page.closing.text.{}", Role),
    "page.closing.{}": filled("page.closing.{}", ("after", "before")),
    "page.concerns.about.{}": filled("page.concerns.about.{}", Role),
    "page.enter.text.{}": filled("page.enter.text.{}", LinkPurpose),
    "page.enter.title.{}": filled("page.enter.title.{}", LinkPurpose),
    "page.fact.across.{}": filled("page.fact.across.{}", READERS),
    "page.fact.junior_wished.{}": filled("page.fact.junior_wished.{}", (Role.JUNIOR, "coordinator")),
    "page.fact.language.{}": filled("page.fact.language.{}", READERS),
    "page.fact.leader_wished.{}": filled("page.fact.leader_wished.{}", (Role.LEADER, "coordinator")),
    "page.fact.need.{}.{}": filled("page.fact.need.{}.{}", READERS, (1, 2, 3)),
    "page.fact.tools.{}": filled("page.fact.tools.{}", READERS),
    "page.fluency.{}": filled("page.fluency.{}", (1, 2, 3)),
    "page.fluency.{}.long": filled("page.fluency.{}.long", (1, 2, 3)),
    "page.home.how.{}": filled("page.home.how.{}", ("sign_up", "match", "accept", "meet")),
    "page.home.how.{}.text": filled("page.home.how.{}.text", ("sign_up", "match", "accept", "meet")),
    "page.home.joined.{}": filled("page.home.joined.{}", ("leaders", "juniors", "countries", "sessions")),
    "page.home.promise.{}": filled("page.home.promise.{}", ("confidence", "managers", "ends", "data")),
    "page.home.{}.get": filled("page.home.{}.get", Role),
    "page.home.{}.give": filled("page.home.{}.give", Role),
    "page.home.{}.title": filled("page.home.{}.title", Role),
    "page.import.what.{}": filled("page.import.what.{}", ("added", "changed", "left", "returned")),
    "page.import.{}": filled("page.import.{}", ("rows", *OF_STAFF, *OF_SIGN_UPS)),
    "page.answers.{}": filled("page.answers.{}", (CheckInState.ANSWERED, CheckInState.LAPSED)),
    "page.history.{}": filled("page.history.{}", Happened),
    "page.me.asked.{}": filled("page.me.asked.{}", Wanted),
    "page.me.asked.{}.text": filled("page.me.asked.{}.text", WITH_WORDS),
    "page.me.do.{}": filled("page.me.do.{}", Wanted),
    "page.me.as.{}": filled("page.me.as.{}", Role),
    "page.pairing.state.{}": filled("page.pairing.state.{}", Standing),
    "page.pairing.text.proposed.{}": filled("page.pairing.text.proposed.{}", Role),
    "page.pairing.text.{}.{}": filled("page.pairing.text.{}.{}", Standing, Role),
    "page.person.as.{}": filled("page.person.as.{}", Role),
    "page.person.mail.{}": filled("page.person.mail.{}", MessageState),
    "page.person.state.{}": filled("page.person.state.{}", PairingState),
    "page.preparation.{}": filled("page.preparation.{}", CHECKLIST),
    "page.preparation.{}.text": filled("page.preparation.{}.text", CHECKLIST),
    "page.preparation.{}.title": filled("page.preparation.{}.title", CHECKLIST),
    "page.problem.title.{}": filled("page.problem.title.{}", (403, 404, 409, 410, 500, 503, "other")),
    "page.preset.{}": filled("page.preset.{}", Preset),
    "page.preset.{}.text": filled("page.preset.{}.text", Preset),
    "page.round.dropped.{}": filled("page.round.dropped.{}", ("left", "withdrawn", "taken", "excluded", "rules")),
    "page.round.kind.{}": filled("page.round.kind.{}", OverrideKind),
    "page.round.show.{}": filled("page.round.show.{}", ("all", "weak", "pinned", "alternate")),
    "page.round.state.{}": filled("page.round.state.{}", RoundState),
    "page.rule.{}": filled("page.rule.{}", RULE_NAMES),
    "page.session.state.{}": filled("page.session.state.{}", SessionState),
    "page.simulation.scenario.{}": filled("page.simulation.scenario.{}", Scenario),
    "page.setting.ladder.{}": filled("page.setting.ladder.{}", LADDER),
    "page.setting.matching.{}": filled("page.setting.matching.{}", Matching.__struct_fields__),
    "page.ladder.tell.{}": filled("page.ladder.tell.{}", Tell),
    "page.sentence.{}": filled("page.sentence.{}", (*SENTENCES, *LADDER_SENTENCES)),
    "page.sentence.weights.{}": filled("page.sentence.weights.{}", MatchingWeights.__struct_fields__),
    "page.setting.weights.{}": filled("page.setting.weights.{}", MatchingWeights.__struct_fields__),
    "page.timeline.{}": filled("page.timeline.{}", MILESTONES),
    "page.setting.rules.{}": filled("page.setting.rules.{}", SWITCHED),
    "page.setting.{}": filled("page.setting.{}", NUMBERED),
    "page.sign_up.as.{}": filled("page.sign_up.as.{}", Role),
    "page.sign_up.change.{}": filled("page.sign_up.change.{}", Role),
    "page.sign_up.continue.{}": filled("page.sign_up.continue.{}", Role),
    "page.sign_up.hours.hint.{}": filled("page.sign_up.hours.hint.{}", Role),
    "page.sign_up.need.{}": filled("page.sign_up.need.{}", (1, 2, 3)),
    "page.sign_up.part.{}": filled("page.sign_up.part.{}", ("what", "when", "languages", "tools", "about", "people")),
    "page.sign_up.text.{}": filled("page.sign_up.text.{}", Role),
    "page.sign_up.tools.{}": filled("page.sign_up.tools.{}", Role),
    "page.sign_up.wishes.{}": filled("page.sign_up.wishes.{}", Role),
    "page.sign_up.{}": filled("page.sign_up.{}", ("from", "to")),
    "part.{}": filled("part.{}", Parts.__struct_fields__),
    "policy.{}": filled("policy.{}", PolicyName),
    "risk.action.{}": filled("risk.action.{}", NextAction),
    "risk.mail.{}": filled("risk.mail.{}", (action for action, readers in ADDRESSED.items() if readers)),
    "risk.reason.{}": filled("risk.reason.{}", Reason),
    "role.{}": filled("role.{}", (*Role, "coordinator", "administrator")),
    "round.dropped.{}": filled("round.dropped.{}", ("left", "withdrawn", "taken", "excluded", "rules")),
    "round.stage.{}": filled("round.stage.{}", SOLVING_STAGES),
    "round.state.{}": filled("round.state.{}", RoundState),
    "page.round.compare.{}": filled("page.round.compare.{}", COMPARED),
    "page.round.frontier.{}": filled("page.round.frontier.{}", ("lowest", "across")),
    "page.round.otherwise.{}": filled("page.round.otherwise.{}", ("needs", "offers")),
    "page.round.{}": filled(
        "page.round.{}", (*OverrideKind, "unmatched", "scores", "recruits", "fairness", "differences")
    ),
    "round.fairness.{}": filled("round.fairness.{}", TRAITS),
    "round.compare.refused.{}": filled("round.compare.refused.{}", ("size", "quota")),
    "round.price.free.{}": filled("round.price.free.{}", PRICED),
    "round.price.{}": filled("round.price.{}", PRICED),
    "round.verify.cause.{}": filled("round.verify.cause.{}", CAUSES),
    "round.verify.first.{}": filled("round.verify.first.{}", AIMS),
    "round.verify.then.{}": filled("round.verify.then.{}", AIMS[1:]),
    "rule.{}": filled("rule.{}", RULE_NAMES),
    "simulation.{}": filled("simulation.{}", (*SAID, *OF_MATTERS, *COMPOSERS, *Topic)),
    "check_in.state.{}": filled("check_in.state.{}", (CheckInState.OPEN, CheckInState.ANSWERED, CheckInState.LAPSED)),
    "enrolment.{}": filled("enrolment.{}", EnrolmentState),
    "export.{}": filled("export.{}", Table),
    "export.column.{}": filled("export.column.{}", {name for names in COLUMNS.values() for name in names}),
    "job.{}": filled("job.{}", (*(job.__name__ for job in JOBS), BACKUP, CHECK)),
    "message.state.{}": filled("message.state.{}", MessageState),
    "page.admin.{}": filled("page.admin.{}", ("health", "roles", "settings", "tokens", "hooks", "audit")),
    "page.audit.{}": filled("page.audit.{}", AUDIT_COLUMNS),
    "page.export.{}": filled("page.export.{}", SheetFormat),
    "page.exports.{}": filled("page.exports.{}", Table),
    "page.health.hold.{}": filled("page.health.hold.{}", HoldReason),
    "page.hooks.kind.{}": filled("page.hooks.kind.{}", HookKind),
    "page.hooks.topic.{}": filled("page.hooks.topic.{}", Topic),
    "page.messages.box.{}": filled("page.messages.box.{}", Box),
    "page.messages.text.{}": filled("page.messages.text.{}", Box),
    "page.messages.{}": filled("page.messages.{}", Remedy),
    "page.messages.{}.label": filled("page.messages.{}.label", Remedy),
    "page.settings.{}": filled("page.settings.{}", CHANGEABLE),
    "page.settings.{}.hint": filled("page.settings.{}.hint", CHANGEABLE),
    "pairing.ending.{}": filled("pairing.ending.{}", Ending),
    "pairing.state.{}": filled("pairing.state.{}", PairingState),
    "scope.{}": filled("scope.{}", SCOPES),
    "skill.area.{}": filled("skill.area.{}", (area.code for area in AREAS)),
    "skill.{}": [*filled("skill.{}", (one.code for one in COMPETENCES))],
    "skill.{}.hint": [*filled("skill.{}.hint", (one.code for one in COMPETENCES))],
    "skill.{}.words": [*filled("skill.{}.words", (one.code for one in COMPETENCES))],
    "staff.import.{}": filled("staff.import.{}", ("applied", "dry", "refused", "same")),
    "staff.show.{}": filled("staff.show.{}", ("line_up", "dotted", "appraisers", "reports")),
    "{}.again": filled("{}.again", QUESTIONS),
    "{}.choice": filled("{}.choice", LETTERS),
    "{}.closing": filled("{}.closing", LETTERS),
    "{}.subject": filled("{}.subject", (*QUESTIONS, *LETTERS, *NUDGES)),
    "{}.text": filled("{}.text", (*QUESTIONS, *LETTERS, *NUDGES)),
    "{}.{}": [
        *filled("{}.import.stage.{}", ("staff", "signups"), FILE_STAGES),
        *filled("round.stage.{}", SOLVING_STAGES),
    ],
}
