"""What is to be matched: numbers only, checked once, here."""

import copy
import hashlib
import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field, fields
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from matching.errors import InvalidProblem
from matching.lots import GOLDEN, mixed
from matching.rules import TOP_FLUENCY, TOP_LEVEL, WEEK, Rule, Rules, Weights

NEEDS = 3
"""Needs of a leader, in order of priority."""

SEASONS = 2
"""Winter and summer time."""

FORMAT = 2
"""Of the stored bytes; raised when a stored round would otherwise be read wrongly. 1 had neither lots nor lines."""


COMPRESSION = 1
"""Of the stored bytes: four times as quick as zlib's own choice, and a quarter larger."""


class Field(NamedTuple):
    """What an array must be. A letter in ``dims`` is a size that all arrays share."""

    dtype: DTypeLike
    dims: tuple[str | int, ...]
    low: float
    high: float


_INT16 = float(np.iinfo(np.int16).max)
_INT32 = float(np.iinfo(np.int32).max)
_MOST_CAPACITY = 1000
_MOST_WAITING = 1.0

ARRAYS: Mapping[str, Field] = {
    "need_skill": Field(np.int16, ("L", NEEDS), -1, _INT16),
    "need_level": Field(np.int8, ("L", NEEDS), 0, TOP_LEVEL),
    "offer_level": Field(np.int8, ("J", "S"), 0, TOP_LEVEL),
    "wanted_tools": Field(np.bool_, ("L", "T"), 0, 1),
    "offered_tools": Field(np.bool_, ("J", "T"), 0, 1),
    "leader_fluency": Field(np.int8, ("L", "G"), 0, TOP_FLUENCY),
    "junior_fluency": Field(np.int8, ("J", "G"), 0, TOP_FLUENCY),
    "leader_hours": Field(np.bool_, (SEASONS, "L", WEEK), 0, 1),
    "junior_hours": Field(np.bool_, (SEASONS, "J", WEEK), 0, 1),
    "leader_country": Field(np.int16, ("L",), -1, _INT16),
    "junior_country": Field(np.int16, ("J",), -1, _INT16),
    "leader_unit": Field(np.int32, ("L",), -1, _INT32),
    "junior_unit": Field(np.int32, ("J",), -1, _INT32),
    "leader_grade": Field(np.int16, ("L",), -1000, 1000),
    "junior_grade": Field(np.int16, ("J",), -1000, 1000),
    "leader_manager": Field(np.int32, ("L",), -1, _INT32),
    "junior_manager": Field(np.int32, ("J",), -1, _INT32),
    "leader_capacity": Field(np.int32, ("L",), 0, _MOST_CAPACITY),
    "junior_capacity": Field(np.int32, ("J",), 0, _MOST_CAPACITY),
    "leader_waiting": Field(np.float64, ("L",), 0, _MOST_WAITING),
    "junior_waiting": Field(np.float64, ("J",), 0, _MOST_WAITING),
    "leader_line": Field(np.int32, ("L", 2), -1, _INT32),
    "junior_line": Field(np.int32, ("J", 2), -1, _INT32),
    "leader_lot": Field(np.int64, ("L",), 0, float(1 << 63)),
    "junior_lot": Field(np.int64, ("J",), 0, float(1 << 63)),
}
"""Dense fields. The first field that has a size settles it for those after it."""

LATER = ("leader_line", "junior_line", "leader_lot", "junior_lot")
"""Fields that may be left out, and are missing in rounds stored before there were any."""

LEADER_FIELDS = ("need_skill", "need_level", "wanted_tools", "leader_fluency", "leader_country", "leader_unit",
                 "leader_grade", "leader_manager", "leader_capacity", "leader_waiting", "leader_line")  # fmt: skip
JUNIOR_FIELDS = ("offer_level", "offered_tools", "junior_fluency", "junior_country", "junior_unit", "junior_grade",
                 "junior_manager", "junior_capacity", "junior_waiting", "junior_line")  # fmt: skip
"""What is said of one person, hours aside: lots are drawn from it where none are given."""

PAIRS = ("in_line", "barred", "forbidden", "pinned", "leader_wishes", "junior_wishes")
"""Sparse fields: pairs (leader, junior)."""

_UNREADABLE = (ValueError, OSError, EOFError, AttributeError, TypeError, zipfile.BadZipFile, zlib.error)
"""What numpy raises on bytes that are no archive, or a broken one."""


def _no_pairs() -> NDArray[np.int32]:
    return np.empty((0, 2), np.int32)


def _no_lots() -> NDArray[np.int64]:
    return np.empty(0, np.int64)


@dataclass(frozen=True, eq=False, kw_only=True)
class Problem:
    """Leaders, juniors, rules and weights of one round.

    Rows are leaders ``L``, columns juniors ``J``; ``S`` skills, ``T`` tools, ``G`` languages.

    need_skill, need_level: by priority; skill -1 is no need. Level is the level held now, 0 to 4.
    offer_level: 0 where nothing is offered. Fluency: 0 none, 1 basic, 2 professional, 3 native.
    hours: winter and summer; quarter hours of the UTC week, Monday 00:00 first.
    country, unit, manager: -1 is unknown, which is equal to nothing (and no other country either).
    waiting: bonus in units of fit; counts once for each pair the person is in.
    line: the place in a walk through the reporting tree, from entering a person to leaving the last
    one below; whoever is entered in between is below. -1 is unknown. in_line: pairs that stand in
    one line without being so in that tree (dotted lines, appraisers). barred: the same person, an
    earlier pairing, a private exclusion. leader_wishes: the leader named the junior;
    junior_wishes: the junior named the leader.
    lot: settles what is of equal worth, so draw it from an id that never changes; each lot once a
    side. Without lots they are drawn from what is said of people, so that their order never counts.

    Arrays become read-only, of the types in ``ARRAYS``; pairs are sorted and each kept once.
    Raises: InvalidProblem, which names the field.
    """

    need_skill: NDArray[np.int16]
    need_level: NDArray[np.int8]
    offer_level: NDArray[np.int8]
    wanted_tools: NDArray[np.bool_]
    offered_tools: NDArray[np.bool_]
    leader_fluency: NDArray[np.int8]
    junior_fluency: NDArray[np.int8]
    leader_hours: NDArray[np.bool_]
    junior_hours: NDArray[np.bool_]
    leader_country: NDArray[np.int16]
    junior_country: NDArray[np.int16]
    leader_unit: NDArray[np.int32]
    junior_unit: NDArray[np.int32]
    leader_grade: NDArray[np.int16]
    junior_grade: NDArray[np.int16]
    leader_manager: NDArray[np.int32]
    junior_manager: NDArray[np.int32]
    leader_capacity: NDArray[np.int32]
    junior_capacity: NDArray[np.int32]
    leader_waiting: NDArray[np.float64]
    junior_waiting: NDArray[np.float64]
    leader_line: NDArray[np.int32] = field(default_factory=_no_pairs)
    junior_line: NDArray[np.int32] = field(default_factory=_no_pairs)
    leader_lot: NDArray[np.int64] = field(default_factory=_no_lots)
    junior_lot: NDArray[np.int64] = field(default_factory=_no_lots)
    in_line: NDArray[np.int32] = field(default_factory=_no_pairs)
    barred: NDArray[np.int32] = field(default_factory=_no_pairs)
    forbidden: NDArray[np.int32] = field(default_factory=_no_pairs)
    pinned: NDArray[np.int32] = field(default_factory=_no_pairs)
    leader_wishes: NDArray[np.int32] = field(default_factory=_no_pairs)
    junior_wishes: NDArray[np.int32] = field(default_factory=_no_pairs)
    rules: Rules = field(default_factory=Rules)
    weights: Weights = field(default_factory=Weights)

    def __post_init__(self) -> None:
        sizes: dict[str, int] = {}
        for name, wanted in ARRAYS.items():
            given = getattr(self, name)
            if name in LATER and not len(given):
                given = self._unsaid(name, sizes[str(wanted.dims[0])])
            object.__setattr__(self, name, _checked(name, given, wanted, sizes))
        if self.need_skill.max(initial=-1) >= sizes["S"]:
            raise InvalidProblem("need_skill", "range")
        for name in PAIRS:
            object.__setattr__(self, name, _checked_pairs(name, getattr(self, name), sizes))

    def _unsaid(self, name: str, people: int) -> NDArray[np.generic]:
        if name.endswith("line"):
            return np.full((people, 2), -1, np.int32)
        side = name.removesuffix("_lot")
        said = LEADER_FIELDS if side == "leader" else JUNIOR_FIELDS
        return drawn_lots([getattr(self, one) for one in said], getattr(self, f"{side}_hours"))

    @property
    def leaders(self) -> int:
        return len(self.need_skill)

    @property
    def juniors(self) -> int:
        return len(self.offer_level)

    def keys(self, pairs: NDArray[np.integer]) -> NDArray[np.int64]:
        """Return a number for each pair (K, 2), in the order of leaders and then of juniors."""
        return pairs[:, 0].astype(np.int64) * self.juniors + pairs[:, 1]

    def changed(self, **fields: NDArray[np.generic]) -> "Problem":
        """Return the problem with other arrays for these fields, which alone are checked. Raises: InvalidProblem."""
        other = copy.copy(self)
        sizes = {"L": self.leaders, "J": self.juniors, "S": self.offer_level.shape[1]}
        for name, given in fields.items():
            checked = (
                _checked(name, given, ARRAYS[name], sizes) if name in ARRAYS else _checked_pairs(name, given, sizes)
            )
            object.__setattr__(other, name, checked)
        return other

    def to_bytes(self) -> bytes:
        """Return the problem as one blob without pickles; equal problems give equal bytes.

        (Equal with the same numpy and zlib: the numbers are what is kept for good.)
        """
        stored: dict[str, NDArray[np.generic]] = {name: getattr(self, name) for name in (*ARRAYS, *PAIRS)}
        for name in ("leader_hours", "junior_hours"):
            stored[name] = np.packbits(getattr(self, name), axis=-1)
        stored["format"] = np.array(FORMAT)
        stored["rules"] = np.array(astuple(self.rules), np.int64)
        stored["weights"] = np.array(astuple(self.weights), np.float64)
        blob = io.BytesIO()
        with zipfile.ZipFile(blob, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION) as archive:
            for name, array in stored.items():
                with archive.open(f"{name}.npy", "w") as entry:
                    np.lib.format.write_array(entry, np.asarray(array), allow_pickle=False)
        return blob.getvalue()

    @classmethod
    def from_bytes(cls, blob: bytes) -> "Problem":
        """Read what ``to_bytes`` wrote. Raises: InvalidProblem."""
        try:
            with np.load(io.BytesIO(blob), allow_pickle=False) as archive:
                stored = {name: archive[name] for name in archive.files}
        except _UNREADABLE as error:
            raise InvalidProblem("format", "bytes") from error
        names = {"format", "rules", "weights", *ARRAYS, *PAIRS}
        if set(stored) != names - {1: set(LATER), FORMAT: set()}.get(int(stored.get("format", 0)), names):
            raise InvalidProblem("format", "bytes")
        if stored["rules"].shape != (len(fields(Rules)),) or stored["weights"].shape != (len(fields(Weights)),):
            raise InvalidProblem("format", "bytes")
        for name in ("leader_hours", "junior_hours"):
            stored[name] = np.unpackbits(stored[name].astype(np.uint8), axis=-1, count=WEEK).view(np.bool_)
        on, *thresholds = (int(number) for number in stored["rules"])
        return cls(
            rules=Rules(Rule(on), *thresholds),
            weights=Weights(*(float(number) for number in stored["weights"])),
            **{name: stored[name] for name in (*ARRAYS, *PAIRS) if name in stored},
        )


def weights_of(blob: bytes) -> Weights:
    """The weights alone of what ``to_bytes`` wrote. Raises: InvalidProblem."""
    try:
        with np.load(io.BytesIO(blob), allow_pickle=False) as archive:
            return Weights(*archive["weights"].tolist())
    except (*_UNREADABLE, KeyError) as error:
        raise InvalidProblem("format", "bytes") from error


def drawn_lots(said: Sequence[NDArray[np.generic]], hours: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return lots (n,) that depend on what is said of people alone; who are alike get one after the other."""
    people = hours.shape[1]
    packed = [np.packbits(season, axis=-1) for season in hours]
    columns = [
        np.ascontiguousarray(array).reshape(people, -1).view(np.uint8) for array in (*said, *packed) if array.size
    ]
    rows = np.concatenate([column.reshape(people, -1) for column in columns], axis=1) if people else np.empty((0, 0))
    digests = [hashlib.blake2b(row.tobytes(), digest_size=8).digest() for row in rows]
    drawn = np.frombuffer(b"".join(digests), "<u8").astype(np.uint64)
    order = np.argsort(drawn, kind="stable")
    _, first, kind = np.unique(drawn[order], return_index=True, return_inverse=True)
    again = np.empty(people, np.uint64)
    again[order] = np.arange(people) - first[kind]
    return (mixed(drawn + again * GOLDEN) >> np.uint64(1)).astype(np.int64)


def _checked(name: str, given: NDArray[np.generic], wanted: Field, sizes: dict[str, int]) -> NDArray[np.generic]:
    array = np.asarray(given)
    if len(array.shape) != len(wanted.dims):
        raise InvalidProblem(name, "shape")
    for dim, size in zip(wanted.dims, array.shape, strict=True):
        if size != (sizes.setdefault(dim, size) if isinstance(dim, str) else dim):
            raise InvalidProblem(name, "shape")
    if array.size:
        if not np.can_cast(array.dtype, wanted.dtype, "same_kind") or array.dtype.kind not in "biuf":
            raise InvalidProblem(name, "kind")
        # written so that NaN, which compares as false, is refused too
        if not (array.min() >= wanted.low and array.max() <= wanted.high):
            raise InvalidProblem(name, "range")
    kept = np.ascontiguousarray(array, wanted.dtype).view()
    kept.flags.writeable = False
    return kept


def _checked_pairs(name: str, given: NDArray[np.generic], sizes: Mapping[str, int]) -> NDArray[np.int32]:
    wanted = Field(np.int64, ("K", 2), 0, _INT32)
    pairs = np.asarray(_checked(name, given, wanted, {}), np.int64)
    if len(pairs) and (pairs[:, 0].max() >= sizes["L"] or pairs[:, 1].max() >= sizes["J"]):
        raise InvalidProblem(name, "range")
    keys = np.unique(pairs[:, 0] * max(sizes["J"], 1) + pairs[:, 1])
    kept = np.stack(np.divmod(keys, max(sizes["J"], 1)), axis=1).astype(np.int32)
    kept.flags.writeable = False
    return kept
