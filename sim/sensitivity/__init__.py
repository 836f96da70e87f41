"""What matters in a result: which inputs drive it, what to find out next, what to decide."""
