"""Addresses in plain text that a page may turn into links: those of this service, and no others."""

import re

from markupsafe import Markup, escape

ADDRESS = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)]")


def linked(base_url: str, text: str) -> Markup:
    """``text`` for a page, in which addresses of this service are links; all else is escaped and stays text."""
    parts, end = [], 0
    for found in ADDRESS.finditer(text):
        address = found.group()
        if address == base_url or address.startswith(f"{base_url}/"):
            parts += [escape(text[end : found.start()]), Markup('<a href="{0}">{0}</a>').format(address)]
            end = found.end()
    return Markup("").join([*parts, escape(text[end:])])
