"""The API's door to the life of a pairing: agreement, pause, end, what is confided, delegates and feeds."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.identity import Actor
from mentoring.pairings import agreements, closing, concerns, delegates, endings, feeds, goals, pausing
from mentoring.pairings.contracts import PairingView
from mentoring.pairings.life import (
    Agreements,
    Assess,
    AssessmentView,
    ConcernView,
    DelegatedSession,
    DelegateView,
    EndPairing,
    FeedShown,
    FeedView,
    GoalView,
    LeaveProgramme,
    NameDelegate,
    Pause,
    RaiseConcern,
    SetGoal,
    SignAgreement,
    TickGoal,
    WriteAgreement,
)
from mentoring.policy import Action
from mentoring.settings import Settings


class LifeApi(Controller):
    path = "/api/v1/pairings/{pairing_id:uuid}"
    tags = ["pairings"]

    @get("/agreement", opt={"action": Action.AGREEMENT_READ})
    async def agreement(
        self,
        pairing_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
    ) -> Agreements:
        """What the two have agreed on, and what waits for signatures."""
        return await agreements.read_agreements(db, actor, pairing_id)

    @put("/agreement", opt={"action": Action.AGREEMENT_SIGN})
    async def write(
        self,
        pairing_id: FromPath[UUID],
        data: JSONBody[WriteAgreement],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Agreements:
        """Write the words. What changes has to be signed anew by both."""
        return await agreements.write_agreement(db, actor, pairing_id, data, now)

    @post("/agreement/sign", opt={"action": Action.AGREEMENT_SIGN}, status_code=200)
    async def sign(
        self,
        pairing_id: FromPath[UUID],
        data: JSONBody[SignAgreement],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Agreements:
        """Sign the words that you have read."""
        return await agreements.sign_agreement(db, actor, pairing_id, data, now)

    @get("/goals", opt={"action": Action.GOAL_SET})
    async def goals(
        self,
        pairing_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
    ) -> list[GoalView]:
        """What the two want to have done together."""
        return await goals.list_goals(db, actor, pairing_id)

    @post("/goals", opt={"action": Action.GOAL_SET})
    async def set_goal(
        self,
        pairing_id: FromPath[UUID],
        data: JSONBody[SetGoal],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> GoalView:
        """Set a goal; the same words twice are the same as once."""
        return await goals.set_goal(db, actor, pairing_id, data, now)

    @post("/pause", opt={"action": Action.PAIRING_PAUSE}, status_code=200)
    async def pause(
        self,
        pairing_id: FromPath[UUID],
        data: JSONBody[Pause],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> PairingView:
        """Let it rest until a day: no mails, no questions, no sessions."""
        return await pausing.pause_pairing(db, actor, pairing_id, data, now)

    @post("/resume", opt={"action": Action.PAIRING_RESUME}, status_code=200)
    async def resume(
        self,
        pairing_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> PairingView:
        """Go on before the day. Only whoever paused can."""
        return await pausing.resume_pairing(db, actor, pairing_id, now)

    @post("/end", opt={"action": Action.PAIRING_END}, status_code=200)
    async def end(
        self,
        pairing_id: FromPath[UUID],
        data: JSONBody[EndPairing],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> PairingView:
        """End it. The reason, if you give one, is for the coordinator alone."""
        return await endings.end_pairing(db, actor, pairing_id, data, now)

    @post("/leave", opt={"action": Action.PAIRING_END}, status_code=200)
    async def leave(
        self,
        pairing_id: FromPath[UUID],
        data: JSONBody[LeaveProgramme],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> PairingView:
        """Leave the programme in this role: what you have in it ends."""
        return await endings.leave_programme(db, actor, pairing_id, data, now)

    @post("/rematch", opt={"action": Action.REMATCH}, status_code=200)
    async def rematch(
        self,
        pairing_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> PairingView:
        """Ask for somebody else after it ended early: at once where anybody is free, else first in the next round."""
        return await endings.request_rematch(db, actor, pairing_id, now)

    @post("/concerns", opt={"action": Action.CONCERN_RAISE}, status_code=204)
    async def confide(
        self,
        pairing_id: FromPath[UUID],
        data: JSONBody[RaiseConcern],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> None:
        """Tell the coordinator something in confidence. Nobody else sees it."""
        await concerns.raise_concern(db, actor, pairing_id, data, now)

    @get("/assessment", opt={"action": Action.ASSESS})
    async def assessment(
        self,
        pairing_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> AssessmentView:
        """Your closing assessment."""
        return await closing.read_assessment(db, actor, pairing_id, now)

    @put("/assessment", opt={"action": Action.ASSESS})
    async def assess(
        self,
        pairing_id: FromPath[UUID],
        data: JSONBody[Assess],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> AssessmentView:
        """Say how well you can do now, and could at the start, what the pairing was about."""
        return await closing.assess(db, actor, pairing_id, data, now)


class OwnCalendarApi(Controller):
    path = "/api/v1/me"
    tags = ["pairings"]

    @get("/delegates", opt={"action": Action.DELEGATES})
    async def delegates(
        self,
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
    ) -> list[DelegateView]:
        """Who may book your sessions as a leader."""
        return await delegates.list_delegates(db, actor)

    @post("/delegates", opt={"action": Action.DELEGATES}, status_code=200)
    async def name(
        self,
        data: JSONBody[NameDelegate],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> list[DelegateView]:
        """Let somebody book and move your sessions as a leader."""
        return await delegates.name_delegate(db, actor, data, now)

    @delete("/delegates/{person_id:uuid}", opt={"action": Action.DELEGATES}, status_code=200)
    async def remove(
        self,
        person_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> list[DelegateView]:
        """Take it back."""
        return await delegates.remove_delegate(db, actor, person_id, now)

    @get("/delegated-sessions", opt={"action": Action.SIGNED_IN})
    async def delegated(
        self,
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
    ) -> list[DelegatedSession]:
        """The sessions that you may book for leaders."""
        return await delegates.delegated_sessions(db, actor)

    @get("/feed", opt={"action": Action.FEED})
    async def feed(
        self,
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
    ) -> FeedView:
        """Whether you have a calendar feed."""
        return await feeds.read_feed(db, actor)

    @post("/feed", opt={"action": Action.FEED})
    async def make_feed(
        self,
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        now: NamedDependency[datetime],
    ) -> FeedShown:
        """Make the secret address of your sessions, shown this once. The one before it leads nowhere from now on."""
        return await feeds.make_feed(db, actor, settings, now)

    @delete("/feed", opt={"action": Action.FEED}, status_code=200)
    async def revoke_feed(
        self,
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> FeedView:
        """Let the address lead nowhere."""
        return await feeds.revoke_feed(db, actor, now)


class ConcernApi(Controller):
    path = "/api/v1/concerns"
    tags = ["pairings"]

    @get(opt={"action": Action.CONCERN_READ})
    async def mine(
        self,
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
    ) -> list[ConcernView]:
        """What was told to you in confidence as a coordinator."""
        return await concerns.list_concerns(db, actor)

    @post("/{concern_id:uuid}/close", opt={"action": Action.CONCERN_CLOSE}, status_code=204)
    async def close(
        self,
        concern_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> None:
        """Put it aside as looked after."""
        await concerns.close_concern(db, actor, concern_id, now)


class GoalApi(Controller):
    path = "/api/v1/goals/{goal_id:uuid}"
    tags = ["pairings"]

    @put("/", opt={"action": Action.GOAL_SET})
    async def tick(
        self,
        goal_id: FromPath[UUID],
        data: JSONBody[TickGoal],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> GoalView:
        """Tick a goal as reached, or take the tick back."""
        return await goals.tick_goal(db, actor, goal_id, data, now)

    @delete("/", opt={"action": Action.GOAL_SET})
    async def drop(
        self,
        goal_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> None:
        """Take a goal away."""
        await goals.drop_goal(db, actor, goal_id, now)


ROUTES = (LifeApi, GoalApi, OwnCalendarApi, ConcernApi)
