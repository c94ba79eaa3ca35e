"""The front page: what this is, for whoever is not signed in; the way on, for whoever is."""

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from mentoring.identity import Actor
from mentoring.policy import Action, allows
from mentoring.web.doors import AnyRequest, address, page


def start_page(actor: Actor) -> str:
    """Where somebody's own work begins."""
    return "/programmes" if allows(actor, Action.PROGRAMME_CREATE) else "/me"


class FrontPage(Controller):
    include_in_schema = False

    @get("/", opt={"action": Action.PUBLIC})
    async def home(
        self, request: AnyRequest, actor: NamedDependency[Actor], participation: NamedDependency[dict[str, int]]
    ) -> Template | Redirect:
        front = page("web/home.html", participation=participation)
        return front if actor.anonymous else Redirect(address(request.scope, start_page(actor)), status_code=303)


ROUTES = (FrontPage,)
