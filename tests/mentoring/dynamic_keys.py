"""Keys of the catalogues that are put together while the program runs, and what can fill their gaps."""

EXPANSIONS: dict[str, list[str]] = {}
