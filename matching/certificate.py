"""The proof that comes with a proposal: prices under which nobody could do better, which ``verify`` checks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.objective import Objective


@dataclass(frozen=True, eq=False)
class Certificate:
    """Prices at each level (leaders matched, weak pairs avoided, points), compared from the first level on.

    leader_price (L, 3): of a leader's first free place. further_price (L, 3): of each further one. junior_price
    (J, 3): of each free place of a junior. pair_price (K, 3): of letting the two of ``pairs`` (K, 2) meet at all, where
    both have several places. No price is below nothing. For every pair that breaks no rule and is not pinned, the
    prices of the two (and of the pair) come to at least what it is worth; all prices together, each as often as there
    are free places, come to ``worth`` (3,), which is what the proposal made without its pins: so nothing is worth more.
    """

    objective: Objective
    leader_price: NDArray[np.int64]
    further_price: NDArray[np.int64]
    junior_price: NDArray[np.int64]
    pairs: NDArray[np.int32]
    pair_price: NDArray[np.int64]
    worth: tuple[int, int, int]
