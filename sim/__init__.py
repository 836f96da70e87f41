"""Open scenario simulator of the Myanmar-China rare-earth chain.

In Python: `sim.load`, `sim.run`, `sim.sweep`, `sim.compare`, `sim.backtest`; see sim.api.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.api import backtest, compare, load, run, sweep

__version__ = "0.1.0"
__all__ = ["__version__", "backtest", "compare", "load", "run", "sweep"]


def __getattr__(name: str) -> Any:
    """The functions of the interface, whose libraries are only loaded for those who use them."""
    if name not in __all__:
        raise AttributeError(f"module 'sim' has no attribute '{name}'")
    return getattr(import_module("sim.api"), name)
