"""``python -m scheduler``: the clock."""

from importlib import import_module

from mentoring.memory import for_good

if __name__ == "__main__":
    with for_good():
        clock = import_module("scheduler.metronome")
    clock.main()
