"""How fast it is. Reported, never asserted."""
