"""Scenario simulator of the Myanmar-China rare-earth chain."""

__version__ = "0.1.0"
