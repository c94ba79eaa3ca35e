"""How our processes log: one line an event, its details as ``name=value`` behind it; never a name or an address."""

import logging

_KNOWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class Line(logging.Formatter):
    """A formatter that also writes what was passed as ``extra``, control characters escaped."""

    def format(self, record: logging.LogRecord) -> str:
        details = {name: value for name, value in vars(record).items() if name not in _KNOWN}
        line = super().format(record)
        first, separator, rest = line.partition("\n")
        shown = "".join(f" {name}={str(value).encode('unicode_escape').decode()}" for name, value in details.items())
        return first + shown + separator + rest


def configure() -> None:
    """Log to standard error, from INFO upwards."""
    handler = logging.StreamHandler()
    handler.setFormatter(Line(FORMAT))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
