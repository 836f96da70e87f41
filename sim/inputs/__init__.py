"""The input edge: located YAML, units, quantities and the laws they may follow."""
