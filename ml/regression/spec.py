"""What is to be fitted to what: the observations, the model asked for, and why a fit may be impossible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Term = tuple[int, int]  # (column, power); (0, 0) is the intercept
Model = Literal["linear", "exp", "log", "power"]
Robust = Literal["huber", "theil-sen"]
MAX_DEGREE = 10
MAX_TERMS = 100  # columns of the design: the exact solution takes the cube of it
LARGEST = 1e150  # squares of anything larger leave the range of a double


class FitError(ValueError):
    """Observations that cannot be fitted as asked, in fields from which words are built elsewhere.

    Args:
        kind: `too_few` (needed, n), `equal_x` (column), `few_distinct` (column, needed, found),
            `collinear` (column), `not_positive`, `not_finite` and `too_large` (column, row, held),
            `weights` (row, held), `combination` (first, second), `too_many_terms` (limit), `one_x`,
            `no_shape` (no such curve describes these points), `out_of_range` (of a double).
    """

    def __init__(self, kind: str, **fields: Any) -> None:
        super().__init__(kind, fields)
        self.kind = kind
        self.fields = fields


@dataclass(frozen=True, slots=True)
class Spec:
    """The model asked for; `ridge` and `lasso` are strengths, or `cv` to choose one by cross-validation.

    The strengths are those of scikit-learn's `Ridge` and `Lasso` on standardised columns.
    """

    model: Model = "linear"
    degree: int = 1  # 1..10
    through0: bool = False
    ci: float = 95.0  # percent
    robust: Robust | None = None
    ridge: float | Literal["cv"] | None = None
    lasso: float | Literal["cv"] | None = None

    def check(self) -> None:
        """Raise FitError `combination` where two wishes exclude each other."""
        wishes = {
            "exp/log/power": self.model != "linear",
            "degree": self.degree > 1,
            "through0": self.through0,
            "robust": self.robust is not None,
            "ridge": self.ridge is not None,
            "lasso": self.lasso is not None,
        }
        apart = [("ridge", "lasso"), ("robust", "ridge"), ("robust", "lasso")]
        apart += [("exp/log/power", other) for other in ("degree", "through0", "robust", "ridge", "lasso")]
        for first, second in apart:
            if wishes[first] and wishes[second]:
                raise FitError("combination", first=first, second=second)


@dataclass(frozen=True, slots=True)
class Observations:
    """The numbers to fit, with the names of their columns.

    Args:
        x: Shape (n, k).
        y: Shape (n,).
        weights: Shape (n,), positive; as many observations as the row stands for, or 1 / variance.
        rows: Shape (n,): where each row stood in the table, for what is said about it.
    """

    x: Floats
    y: Floats
    weights: Floats | None = None
    x_names: tuple[str, ...] = ("x",)
    y_name: str = "y"
    rows: NDArray[np.int64] | None = None

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.y)

    @property
    def k(self) -> int:
        """Number of x columns."""
        return int(self.x.shape[1])

    def row(self, index: int) -> int:
        """Return where a row stood in the table, from 1."""
        return int(self.rows[index]) if self.rows is not None else index + 1

    def without(self, indices: list[int]) -> Observations:
        """Return the observations without some rows."""
        kept = np.ones(self.n, dtype=bool)
        kept[indices] = False
        return self.where(kept)

    def where(self, kept: NDArray[np.bool_]) -> Observations:
        """Return the observations in which `kept` is true."""
        weights = None if self.weights is None else self.weights[kept]
        rows = np.arange(1, self.n + 1) if self.rows is None else self.rows
        return Observations(self.x[kept], self.y[kept], weights, self.x_names, self.y_name, rows[kept])

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON; the numbers come back bit by bit."""
        return {
            "x": self.x.T.tolist(),
            "y": self.y.tolist(),
            "weights": None if self.weights is None else self.weights.tolist(),
            "x_names": list(self.x_names),
            "y_name": self.y_name,
            "rows": None if self.rows is None else self.rows.tolist(),
        }

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Observations:
        """Read what `to_dict` wrote."""
        return cls(
            np.array(record["x"], dtype=np.float64).T.reshape(len(record["y"]), -1),
            np.array(record["y"], dtype=np.float64),
            None if record["weights"] is None else np.array(record["weights"], dtype=np.float64),
            tuple(record["x_names"]),
            record["y_name"],
            None if record["rows"] is None else np.array(record["rows"], dtype=np.int64),
        )


def observations(
    x: Any, y: Any, weights: Any = None, x_names: tuple[str, ...] | None = None, y_name: str = "y"
) -> Observations:
    """Build observations from anything array-like; a flat `x` is one column.

    >>> observations([1, 2, 3], [2, 4, 6]).x.shape
    (3, 1)
    """
    X = np.asarray(x, dtype=np.float64)
    X = X.reshape(len(X), -1)
    names = x_names or (("x",) if X.shape[1] == 1 else tuple(f"x{j + 1}" for j in range(X.shape[1])))
    w = None if weights is None else np.asarray(weights, dtype=np.float64)
    return Observations(X, np.asarray(y, dtype=np.float64), w, names, y_name)
