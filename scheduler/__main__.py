"""``python -m scheduler``: the clock. What it imports stays for good, and is not looked through for garbage."""

import gc
from importlib import import_module

if __name__ == "__main__":
    gc.disable()
    import_module("scheduler.metronome").main()
