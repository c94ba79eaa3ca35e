"""The time zones and countries that there are, from the data that Python keeps of them."""

import zoneinfo
from functools import cache
from importlib import resources

NOT_PLACES = frozenset({"localtime", "Factory", "posixrules"})
"""Names that the system lists beside the zones: a machine's own setting, and "not set"."""

USER_ASSIGNED = frozenset({"XK"})
"""Kosovo has no code in ISO 3166-1; this one is what the EU, the IMF and others use."""


@cache
def known_zones() -> frozenset[str]:
    """IANA time zones, about 600. Reads the data once."""
    return frozenset(zoneinfo.available_timezones()) - NOT_PLACES


@cache
def known_countries() -> frozenset[str]:
    """ISO 3166-1 codes of two letters, about 250. Reads the data once."""
    lines = resources.files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text("utf-8").splitlines()
    return frozenset(line[:2] for line in lines if line and not line.startswith("#")) | USER_ASSIGNED
