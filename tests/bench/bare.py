"""The least that could answer: the main query of one's own page, put out as JSON, with nothing around it."""

from datetime import datetime
from uuid import UUID

from litestar import Litestar, get
from msgspec import Struct
from sqlalchemy import select

from mentoring.db import open_database
from mentoring.pairings.models import Pairing
from mentoring.pairings.queries import MANY, VISIBLE
from mentoring.settings import read_settings


class Row(Struct, frozen=True):
    id: UUID
    state: str
    fit: float
    made_at: datetime


def create_bare() -> Litestar:
    """An application with one address and no walls, entrance, guard or template."""
    opened = open_database(read_settings().database_url)
    chosen = select(Pairing).where(VISIBLE).order_by(Pairing.made_at.desc(), Pairing.id).limit(MANY)

    @get("/bare/{person_id:uuid}")
    async def mine(person_id: UUID) -> list[Row]:
        async with opened.reading() as db:
            return [Row(one.id, one.state, one.fit, one.made_at) for one in await db.scalars(chosen, {"me": person_id})]

    @get("/health")
    async def health() -> dict[str, str]:
        return {}

    return Litestar([mine, health], openapi_config=None)
