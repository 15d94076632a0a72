"""What a session keeps of a fit, so that its buttons and `/predict` still work after a restart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

from handlers.errors import Refusal, new_code
from handlers.fit_options import Options, Theme
from handlers.number_cells import Commas
from handlers.points import Note, Points
from handlers.texts import N_
from ml.regression import Fit, Observations, Spec
from ml.regression import fit as fit_observations

MOST_KEPT = 2_000  # rows; of a longer table the summary is kept
MOST_CELLS = 20_000  # of a table that is kept
NOTHING_KEPT = N_(
    "There is no fit of yours here in the last 24 h. Send points first, for example:\n/fit 1,2 2,4.1 3,5.9"
)
LAST_GAVE_NONE = N_(
    "No curve went through your last points, and I keep nothing older. Send others first, for example:\n"
    "/fit 1,2 2,4.1 3,5.9"
)
OTHER_FIT = N_("You have fitted something else since, and I keep only the last one. Send these points again.")


@dataclass(frozen=True, slots=True)
class KeptFit:
    """The last fit of a person here.

    Args:
        id: Ties the buttons below an answer to it.
        data: The observations, without which only predictions are possible.
        excluded: Rows (from 0) that a person took out.
        source: What was typed, or `file_id` of the file, where its commas can be read in another way.
    """

    id: str
    fit: Fit
    data: Observations | None = None
    excluded: tuple[int, ...] = ()
    left_out: int = 0
    notes: tuple[Note, ...] = ()
    other: Commas | None = None
    origins: tuple[tuple[str, str], ...] = ()
    source: str = ""
    file_id: str = ""
    theme: Theme = "light"

    @property
    def used(self) -> Observations | None:
        """The observations that the fit is of."""
        if self.data is None or not self.excluded:
            return self.data
        return self.data.without(list(self.excluded))

    def refitted(self, spec: Spec | None = None, excluded: tuple[int, ...] | None = None) -> KeptFit:
        """Fit the same points in another way.

        Raises:
            FitError: See `ml.regression.fit`.
        """
        changed = replace(self, excluded=self.excluded if excluded is None else excluded)
        used = changed.used
        if used is None:
            raise Refusal(OTHER_FIT)
        return replace(changed, fit=fit_observations(used, spec or self.fit.spec))

    def without_outliers(self) -> KeptFit:
        """Fit the same points without those far off this curve, and without those left out before."""
        if self.data is None:
            raise Refusal(OTHER_FIT)
        kept = [index for index in range(self.data.n) if index not in self.excluded]
        further = [kept[outlier.index] for outlier in self.fit.outliers]
        return self.refitted(excluded=(*self.excluded, *further))

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {
            "id": self.id,
            "fit": self.fit.to_dict() | {"covariance": []},  # that of the curve is all that predictions need
            "data": None if self.data is None else self.data.to_dict(),
            "excluded": list(self.excluded),
            "left_out": self.left_out,
            "notes": [[note.sentence, note.values] for note in self.notes],
            "other": self.other,
            "origins": [list(origin) for origin in self.origins],
            "source": self.source,
            "file_id": self.file_id,
            "theme": self.theme,
        }

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> KeptFit:
        """Read what `to_dict` wrote."""
        return cls(
            record["id"],
            Fit.from_dict(record["fit"]),
            None if record["data"] is None else Observations.from_dict(record["data"]),
            tuple(record["excluded"]),
            record["left_out"],
            tuple(Note(sentence, values) for sentence, values in record["notes"]),
            cast("Commas | None", record["other"]),
            tuple((name, origin) for name, origin in record["origins"]),
            record["source"],
            record["file_id"],
            record.get("theme", "light"),  # a session may be older than this field
        )


@dataclass(frozen=True, slots=True)
class Source:
    """Where points came from: a text with its options, or a file."""

    text: str = ""
    file_id: str = ""


def fit_points(points: Points, options: Options, source: Source, fit_id: str = "") -> KeptFit:
    """Fit what was read, and put together what is to be kept of it.

    Raises:
        FitError: See `ml.regression.fit`.
    """
    return KeptFit(
        fit_id or new_id(),
        fit_observations(points.data, options.spec),
        points.data if _small(points.data) else None,
        (),
        points.left_out,
        points.notes,
        points.other,
        points.origins,
        source.text if points.other else "",
        source.file_id if points.other else "",
        options.theme,
    )


def _small(data: Observations) -> bool:
    return data.n <= MOST_KEPT and data.n * (data.k + 1) <= MOST_CELLS


def unfitted(points: Points, source: Source) -> dict[str, Any] | None:
    """Return what to keep of points that could not be fitted but may be read in another way, else None."""
    if points.other is None:
        return None
    return {"id": new_id(), "fit": None, "source": source.text, "file_id": source.file_id}


def new_id() -> str:
    """Return a short id for the buttons."""
    return new_code(4)


def find_kept(record: dict[str, Any] | None, fit_id: str = "") -> KeptFit:
    """Return the fit that a session keeps, if it is the one that is asked for.

    Raises:
        Refusal: There is none, or another one, or the last points gave none.
    """
    if record is not None and fit_id and record["id"] != fit_id:
        raise Refusal(OTHER_FIT)
    if record is None:
        raise Refusal(NOTHING_KEPT)
    if record["fit"] is None:
        raise Refusal(LAST_GAVE_NONE)
    return KeptFit.from_dict(record)


def find_source(record: dict[str, Any] | None, fit_id: str) -> Source:
    """Return where the points of the last `/fit` came from, to read them in another way.

    Raises:
        Refusal: They are no longer kept.
    """
    if record is None or record["id"] != fit_id or not (record["source"] or record["file_id"]):
        raise Refusal(OTHER_FIT)
    return Source(record["source"], record["file_id"])
