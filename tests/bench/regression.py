"""Digits, seconds and megabytes of a regression, beside the libraries that people would use instead.

Run it alone with `python -m tests.bench.regression`; a library that is not installed is left out, and said.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

from ml.regression import Spec, fit, observations
from ml.regression.linear import fit_linear
from tests.bench.machine import described, one_core
from tests.ml.strd import NAMES, Certified, certified, lre

ROWS = 1_000_000
Peer = Callable[[np.ndarray[Any, Any], np.ndarray[Any, Any]], np.ndarray[Any, Any]]


def main() -> None:
    """Print every table."""
    console = Console(width=120)
    console.print(f"Regression on {described()}")
    digits(console)
    speed(console)
    million(console)


def digits(console: Console) -> None:
    """Print how many digits of the worst coefficient each program finds (15 is all that NIST certifies)."""
    peers = _peers(console)
    table = Table(
        "data set", "Tonefit", "errors", "deviation", "R²", *peers, title="NIST StRD: correct digits"
    )
    for name in NAMES:
        truth = certified(name)
        found = fit(truth.data, truth.spec)
        row = [
            min(map(lre, found.coefficients, truth.coefficients)),
            min(map(lre, [error or 0.0 for error in found.std_errors], truth.std_errors)),
            lre(found.residual_std, truth.residual_std),
            lre(found.r2, truth.r2),
            *(_digits_of(peer, truth) for peer in peers.values()),
        ]
        table.add_row(name, *("–" if np.isnan(value) else f"{value:.1f}" for value in row))
    console.print(table)


def speed(console: Console) -> None:
    """Print the seconds of a fit beside numpy.polyfit of the same degree, and of 20 points."""
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 100, ROWS).round(4)
    y = (2 * x + rng.normal(size=ROWS)).round(4)
    data = observations(x, y)
    table = Table(
        "degree",
        "fit",
        "numpy.polyfit",
        "fit / polyfit",
        "fit and everything said of it",
        title=f"{ROWS:,} rows on one core, s of processor time",
    )
    for degree in (1, 2, 3, 5, 10):
        spec = Spec(degree=degree)
        with one_core(), threadpool_limits(1, "blas"):
            times = [
                _best(lambda: fit_linear(data, spec)),  # noqa: B023 - called at once
                _best(lambda: np.polyfit(x, y, degree)),  # noqa: B023
                _best(lambda: fit(data, spec)),  # noqa: B023
            ]
        ours, theirs, whole = times
        cells = [f"{ours:.3f}", f"{theirs:.3f}", f"{ours / theirs:.2f}", f"{whole:.3f}"]
        table.add_row(str(degree), *cells)
    console.print(table)
    few = observations(x[:20], y[:20])
    console.print(f"20 points: {1000 * _best(lambda: fit(few), 50):.2f} ms (the aim is below 5)")


def million(console: Console) -> None:
    """Print the seconds and megabytes of a CSV of a million rows, in a process and on a core of its own."""
    program = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from handlers.fit_options import Options\n"
        "from handlers.point_files import read_file\n"
        "from ml.regression import fit\n"
        "content = Path(sys.argv[1]).read_bytes()\n"
        "start = time.process_time()\n"
        "points = read_file(content, Options())\n"
        "read = time.process_time()\n"
        "fit(points.data)\n"
        "print(read - start, time.process_time() - read)\n"
        "status = Path('/proc/self/status')\n"
        "peak = status.read_text().split('VmHWM:')[1].split()[0] if status.exists() else 'nan'\n"
        "print(float(peak) / 1024)\n"
    )
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 100, ROWS).round(4)
    y = (2 * x + rng.normal(size=ROWS)).round(4)
    lines = "".join(f"{a},{b}\n" for a, b in zip(x.tolist(), y.tolist(), strict=True))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "million.csv"
        file.write_text(f"x,y\n{lines}")
        one_core = ["taskset", "-c", "0"] if sys.platform == "linux" else []
        said = subprocess.run(
            [*one_core, sys.executable, "-c", program, str(file)],
            capture_output=True, text=True, check=True, timeout=120,
        ).stdout.split()  # fmt: skip
        start = time.perf_counter()
        command = [*one_core, sys.executable, "-m", "bot", "fit", str(file), "--json"]
        subprocess.run(command, capture_output=True, check=True, timeout=120)
        whole = time.perf_counter() - start
    read, fitted, memory = map(float, said)
    console.print(
        f"CSV of {ROWS:,} rows: read {read:.2f} s, fitted and described {fitted:.2f} s, "
        f"together {read + fitted:.2f} s of processor time (the aim is at most 2), "
        f"{memory:.0f} MB (at most 500)"
    )
    console.print(f"`tonefit fit` of it, with the start of the program: {whole:.2f} s by the clock")


def _best(work: Callable[[], Any], repeats: int = 3) -> float:
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def _digits_of(peer: Peer, truth: Certified) -> float:
    data, spec = truth.data, truth.spec
    columns = [data.x[:, j] ** power for j in range(data.k) for power in range(1, spec.degree + 1)]
    X = np.column_stack(columns if spec.through0 else [np.ones(data.n), *columns])
    found = peer(X, data.y).tolist()
    return float("nan") if np.isnan(found).all() else min(map(lre, found, truth.coefficients))


def _peers(console: Console) -> dict[str, Peer]:
    """Return the programs that are installed."""
    peers: dict[str, Peer] = {
        "numpy.linalg.lstsq": lambda X, y: np.linalg.lstsq(X, y, rcond=None)[0],
        "numpy.polyfit": _polyfit,
    }
    for name, module, peer in (
        ("scikit-learn", "sklearn", _scikit_learn),
        ("statsmodels", "statsmodels", _statsmodels),
    ):
        if importlib.util.find_spec(module) is None:
            console.print(f"{name} is not installed and left out (pip install {name})")
        else:
            peers[name] = peer
    return peers


def _statsmodels(X: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    import statsmodels.api as sm

    return np.asarray(sm.OLS(y, X).fit().params)


def _scikit_learn(X: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    from sklearn.linear_model import LinearRegression

    if not (X[:, 0] == 1).all():
        return np.asarray(LinearRegression(fit_intercept=False).fit(X, y).coef_)
    found = LinearRegression().fit(X[:, 1:], y)
    return np.array([found.intercept_, *found.coef_])


def _polyfit(X: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Fit a polynomial from its own powers; what is none gets no digits."""
    polynomial = (
        X.shape[1] > 1
        and (X[:, 0] == 1).all()
        and np.allclose(X, np.vander(X[:, 1], X.shape[1], increasing=True))
    )
    return np.polyfit(X[:, 1], y, X.shape[1] - 1)[::-1] if polynomial else np.full(X.shape[1], np.nan)


if __name__ == "__main__":
    main()
