"""Draws docs/img/sensitivity_convergence.png: how many runs each method needs where ranks are known.

Sobol's g-function of eight inputs, a_i = 0, 1, 4.5, 9, 99, 99, 99, 99: the first four matter, in this order.
Run it with the interpreter of the environment: `.venv/bin/python docs/convergence.py`; it prints the numbers.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from SALib.sample import morris as morris_design
from SALib.sample import sobol as saltelli_design

from sim.sensitivity import pawn, pictures, screening, sobol, tornado
from sim.sensitivity.convergence import agreements

A = np.array([0, 1, 4.5, 9, 99, 99, 99, 99])
SIZES = (256, 2048, 16384)
PROBLEM = {"num_vars": A.size, "names": [f"x{n}" for n in range(A.size)], "bounds": [[0.0, 1.0]] * A.size}


def g(x):
    """Sobol's g-function, with a slope added so that a tornado sees it: |4 x - 2| alone is even."""
    return np.prod((np.abs(4 * x - 2) + A) / (1 + A), axis=1) + (x / (1 + A)).sum(axis=1)


def lines(method, found, points):
    """Rows of the table of convergence."""
    return [
        {
            "method": method,
            "of": "g",
            "runs": one.size * points,
            "parts": one.parts,
            "agreement": one.agreement,
        }
        for one in found
    ]


def of_size(count):
    """Agreement within the halves, quarters and eighths of about so many runs of each method."""
    x = np.random.default_rng(1).random((count, A.size))
    y = g(x)
    found = lines("pawn", agreements(lambda rows: pawn.medians(x[rows], y[rows]), count, 80), 1)
    found += lines("tornado", agreements(lambda rows: tornado.sizes(x[rows], y[rows]), count, 30), 1)
    design = saltelli_design.sample(PROBLEM, count // 16, calc_second_order=False, seed=2)
    values = g(design)[sobol.blocks(design)]
    found += lines("sobol", agreements(lambda rows: sobol.totals(values[rows]), len(values), 4), A.size + 2)
    design = morris_design.sample(PROBLEM, count // 16, num_levels=4, seed=3)
    ends = np.zeros(A.size), np.ones(A.size)
    effects = np.abs(screening.elementary_effects(design, g(design), *ends))
    found += lines("morris", agreements(lambda rows: effects[rows].mean(axis=0), len(effects), 4), A.size + 1)
    return found


def measured():
    """Agreement of rankings by method and runs."""
    return pd.DataFrame([line for count in SIZES for line in of_size(count)])


if __name__ == "__main__":
    frame = measured()
    print(frame.pivot_table(index="runs", columns="method", values="agreement").round(2).to_string())
    target = Path(__file__).parent / "img" / "sensitivity_convergence.png"
    target.write_bytes(pictures.convergence(frame))
