"""The garbage collector during the start of the server.

The imports make hundreds of thousands of objects that stay, which the collector would look at again and again: a fifth
of the start. Without it, though, the classes that attrs makes twice stay as well, and with them 10 MB for good. So only
what is young is looked at, and rarely.
"""

from __future__ import annotations

import gc
from typing import Final

USUAL: Final = gc.get_threshold()
"""What this Python begins with."""

AT_THE_START: Final = (5_000, 1_000_000, 1_000_000)
"""Objects between two looks at the young ones; looks at the others do not come before that many of the former."""


def be_sparing() -> None:
    """Collect only what is young, and rarely."""
    gc.set_threshold(*AT_THE_START)


def be_usual() -> None:
    """Collect as Python does by itself."""
    gc.set_threshold(*USUAL)
