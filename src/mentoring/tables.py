"""Every table of the service, so that migrations and export see the whole schema."""

from mentoring import deployment, heartbeat, journal, sealing
from mentoring.checkins import models as checkins
from mentoring.db import Base
from mentoring.directory import models as directory
from mentoring.followups import models as followups
from mentoring.hooks import models as hooks
from mentoring.inbound import models as inbound
from mentoring.messages import models as messages
from mentoring.pairings import models as pairings
from mentoring.people import models as people
from mentoring.programmes import models as programmes
from mentoring.rounds import models as rounds
from mentoring.skills import models as skills

OWNERS = (
    journal,
    sealing,
    heartbeat,
    deployment,
    messages,
    people,
    directory,
    skills,
    programmes,
    pairings,
    rounds,
    checkins,
    followups,
    inbound,
    hooks,
)
ALL = Base.metadata.tables
