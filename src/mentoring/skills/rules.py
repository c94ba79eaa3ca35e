"""What can go wrong with the catalogue."""

from mentoring.errors import Conflict


class SkillCodeTaken(Conflict):
    """There is a skill with this ``code`` already."""
