"""Causes of errors of the administration."""

from mentoring.errors import Invalid


class SettingNotChangeable(Invalid):
    """``name`` is none of the settings that can be changed while the service runs."""
