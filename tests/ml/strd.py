"""The certified linear data sets of NIST (Statistical Reference Datasets, public domain)."""

import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.regression import Observations, Spec, observations

FOLDER = Path(__file__).parent / "nist"
POLYNOMIALS = {"Pontius": 2, "Filip": 10, **{f"Wampler{n}": 5 for n in range(1, 6)}}
NAMES = sorted(path.stem for path in FOLDER.glob("*.dat"))


@dataclass(frozen=True)
class Certified:
    """What NIST computed in 500 digits."""

    data: Observations
    spec: Spec
    coefficients: list[float]
    std_errors: list[float]
    residual_std: float
    r2: float


def certified(name: str) -> Certified:
    """Read a data set and its certified values."""
    text = (FOLDER / f"{name}.dat").read_text()
    lines = text.splitlines()
    rows = np.array([[float(cell) for cell in line.split()] for line in lines[60:] if line.strip()])
    values = [line.split() for line in lines[30:60] if re.match(r"\s+B\d+\s", line)]
    statistics = re.search(r"Standard Deviation\s+([\d.E+-]+)\s+R-Squared\s+([\d.E+-]+)", text)
    assert statistics is not None
    spec = Spec(degree=POLYNOMIALS.get(name, 1), through0=values[0][0] != "B0")
    return Certified(
        observations(rows[:, 1:], rows[:, 0]),
        spec,
        [float(value[1]) for value in values],
        [float(value[2]) for value in values],
        float(statistics[1]),
        float(statistics[2]),
    )


def lre(estimate: float, truth: float) -> float:
    """Return the number of correct digits, capped at 15."""
    if estimate == truth:
        return 15.0
    error = abs(estimate - truth) / (abs(truth) or 1.0)
    return min(15.0, max(0.0, -math.log10(error))) if math.isfinite(error) else 0.0
