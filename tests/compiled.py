"""The engine compiled once, before the workers of the tests and what they start would each do it for themselves.

Run by ``make test`` beside the checks of types. Half a minute of a processor, each of them.
"""

from matching import GREATEST_TOTAL, solve, verify
from tests.bench.market import organisation

PEOPLE = 4100
"""Of either side: from so many on, both the search and its proof take the compiled way."""


def main() -> None:
    problem = organisation(PEOPLE, PEOPLE)
    assert verify(problem, solve(problem, GREATEST_TOTAL)).holds


if __name__ == "__main__":
    main()
