"""The list of commands says what each says of itself, though it imports none of them."""

import subprocess
import sys

import pytest
from click import Context

from mentoring.__main__ import COMMANDS, main


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_what_the_command_says_first(name: str) -> None:
    command = main.get_command(Context(main), name)

    assert command is not None
    assert command.help is not None
    assert " ".join(command.help.split()).startswith(COMMANDS[name].says)


def test_help_comes_at_once() -> None:
    """Nothing that takes long to load is loaded to say which commands there are."""
    told = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "mentoring", "--help"], capture_output=True, text=True, check=True
    )

    assert all(f"  {name} " in told.stdout for name in COMMANDS)
    assert "click" in told.stderr
    assert "sqlalchemy" not in told.stderr
