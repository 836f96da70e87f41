"""The analyses behind the headlines: revenue, leverage, exposure, likelihood, the route to India.

Each module asks one question of runs or evidence and answers in numbers; `pages` puts them into the texts of
docs/analysis (`python -m sim.analysis docs/analysis`, or `make analyses`).
"""
