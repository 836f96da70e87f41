"""Designs of many runs: declared, laid out, made, kept in a ledger, put together as tables, read again.

declared → designs → plan → (experiment × job → ledger) → tables → reading
"""
