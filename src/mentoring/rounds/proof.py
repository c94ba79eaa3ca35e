"""A proposal with its prices as bytes, kept beside the problem, so that anybody can verify it later. No pickles."""

import io
import zipfile
import zlib
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from matching import Certificate, Objective, Proposal

FORMAT = 1
"""Of the bytes; raised when a stored proof would otherwise be read wrongly."""

ARRAYS = {"pairs": np.int32, "fit": np.float64, "parts": np.float64, "points": np.int32}
NUMBERS = {"total_fit": np.float64, "objective": np.float64, "matched": np.int64, "weak": np.int64}
"""Of the proposal."""

PRICES = ("leader_price", "further_price", "junior_price", "pairs", "pair_price", "worth")
AIMS = tuple(field.name for field in fields(Objective))
"""Of the certificate and of its objective; their names in the archive say so."""

UNREADABLE = (ValueError, OSError, EOFError, KeyError, AttributeError, TypeError, zipfile.BadZipFile, zlib.error)
"""What numpy raises on bytes that are no archive, or a broken one."""


class ProofUnreadable(Exception):
    """The bytes are not what ``proof_of`` wrote."""


def proof_of(proposal: Proposal) -> bytes:
    """The proposal as bytes."""
    certificate = proposal.certificate
    stored: dict[str, NDArray[np.generic]] = {"format": np.array(FORMAT)}
    stored |= {name: np.asarray(getattr(proposal, name), kind) for name, kind in (ARRAYS | NUMBERS).items()}
    stored |= {f"certificate.{name}": np.asarray(getattr(certificate, name)) for name in PRICES}
    stored |= {f"aim.{name}": np.asarray(getattr(certificate.objective, name)) for name in AIMS}
    blob = io.BytesIO()
    np.savez_compressed(blob, allow_pickle=False, **stored)
    return blob.getvalue()


def proposal_of(proof: bytes) -> Proposal:
    """Read what ``proof_of`` wrote. Raises: ProofUnreadable, InvalidProblem."""
    try:
        with np.load(io.BytesIO(proof), allow_pickle=False) as archive:
            stored = {name: archive[name] for name in archive.files}
        if int(stored["format"]) != FORMAT:
            raise ProofUnreadable
        arrays = {name: stored[name].astype(kind, casting="equiv") for name, kind in ARRAYS.items()}
        prices = {name: stored[f"certificate.{name}"] for name in PRICES[:-1]}
        worth = stored["certificate.worth"].tolist()
        aims = {name: one if one.ndim else one.item() for name in AIMS for one in [stored[f"aim.{name}"]]}
        numbers = {name: stored[name].item() for name in NUMBERS}
    except UNREADABLE as error:
        raise ProofUnreadable from error
    certificate = Certificate(objective=Objective(**aims), worth=tuple(worth), **prices)
    return Proposal(certificate=certificate, **arrays, **numbers)
