"""What an analysis found: arrays by name, a table, a figure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, repr=False)
class Result:
    """Indices of sensitivity of one or many responses.

    Parameters
    ----------
    names : (n,) tuple of str
        Parameters.
    responses : (r,) tuple of str
    h : (lags,) array
        Lags, as parts of the parameters' ranges.
    scales : (s,) array
        Of IVARS.
    stars, runs : int
        Number of stars and of rows of the sample.
    confidence : float
        Part of the replicates between the limits.
    replicates : int
        Of the bootstrap; 0 for none.
    fields : dict of str to array
        See below. With a two-dimensional ``Y`` every field has an axis of responses in front.

    Notes
    -----
    A field is had by ``result["name"]`` or ``result.name``:

    ``gamma``, ``cov``, ``ecov``, ``abe``, ``ace`` (n, lags)
        Variogram, covariogram, mean covariogram of the rays, mean absolute and mean signed difference, in the
        response's unit (squared for the first three).
    ``ivars`` (s, n), ``vars_to`` (n)
        Integrated variograms (unit squared); total-order index [1].
    ``rank_ivars`` (s, n), ``rank_vars_to`` (n)
        1 is the most influential; equal values share the better rank (1, 2, 2, 4); 0 where there is no index.
    ``mean``, ``variance`` ()
        Of the distinct points.
    ``pairs`` (n, lags), ``dropped_pairs`` (n), ``failed_runs`` (), ``failed_stars`` ()
        Pairs that entered; share of the pairs lost with failed runs; share of runs that failed; number of stars of
        which no run is left.
    ``constant`` ()
        Whether all outputs are equal; then every index is 0.
    ``<field>_low``, ``<field>_high``
        Limits of ``gamma``, ``cov``, ``ecov``, ``abe``, ``ace``, ``ivars`` and ``vars_to``, with a bootstrap.
    ``reliability_ivars`` (s, n), ``reliability_vars_to`` (n)
        Share of replicates with exactly the rank of the full sample, with a bootstrap.
    ``ivars_replicates`` (replicates, s, n), ``vars_to_replicates`` (replicates, n)
        The replicates, with a bootstrap.
    """

    names: tuple[str, ...]
    responses: tuple[str, ...]
    h: np.ndarray
    scales: np.ndarray
    stars: int
    runs: int
    confidence: float
    replicates: int
    fields: dict[str, np.ndarray]

    def __repr__(self) -> str:
        drawn = f", {self.replicates} replicates" if self.replicates else ""
        size = f"{len(self.names)} parameters, {len(self.responses)} responses, {self.stars} stars"
        return f"Result({size}{drawn}: {', '.join(self.fields)})"

    def __getitem__(self, name: str) -> np.ndarray:
        return self.fields[name]

    def __getattr__(self, name: str) -> np.ndarray:
        fields = self.__dict__.get("fields", {})
        if name in fields:
            return fields[name]
        hint = "; it needs a bootstrap" if name.endswith(("_low", "_high", "_replicates")) or "reliab" in name else ""
        raise AttributeError(f"no {name} in the result{hint}")

    def __iter__(self) -> Iterator[str]:
        return iter(self.fields)

    def keys(self) -> list[str]:
        """Names of the fields."""
        return list(self.fields)

    @property
    def single(self) -> bool:
        """Whether the fields have no axis of responses."""
        return np.ndim(self.fields["mean"]) == 0

    def response(self, name: str | int) -> Result:
        """The result of one response alone.

        Parameters
        ----------
        name : str or int
            Its name or number.
        """
        number = self.responses.index(name) if isinstance(name, str) else range(len(self.responses))[name]
        fields = self.fields if self.single else {key: values[number] for key, values in self.fields.items()}
        responses = (self.responses[number],)
        return Result(
            self.names, responses, self.h, self.scales, self.stars, self.runs, self.confidence, self.replicates, fields
        )

    @property
    def notes(self) -> list[str]:
        """What has to be said about the runs: failures, and responses that do not vary."""
        found = []
        for name in self.responses:
            one = self.response(name)
            if one.failed_runs == 1.0:
                found.append(f"{name}: all runs failed; there is no index")
                continue
            if one.failed_runs:
                found.append(
                    f"{name}: {one.failed_runs:.2%} of the runs failed, and with them {one.dropped_pairs.min():.2%} to "
                    f"{one.dropped_pairs.max():.2%} of a parameter's pairs"
                )
            if one.failed_stars:
                found.append(f"{name}: {one.failed_stars} of {self.stars} stars have no run that did not fail")
            if one.constant:
                found.append(f"{name}: constant, so every index is 0")
            without = [self.names[k] for k in np.flatnonzero(one.pairs[:, 0] == 0)]
            if without:
                found.append(f"{name}: no pair of neighbours is left of {', '.join(without)}")
        return found

    def to_df(self):
        """The indices as a :class:`pandas.DataFrame`.

        Returns
        -------
        pandas.DataFrame
            A row for each parameter, and for each response and parameter with a two-dimensional ``Y``; columns
            ``IVARS-10`` and so on for the scales, ``VARS-TO``, ``VARS-ABE`` and ``VARS-ACE`` at the smallest lag, their
            limits (``_low``, ``_high``), ``rank`` and ``reliability`` with the index after an underscore.
        """
        import pandas

        tables = {
            name: pandas.DataFrame(self.response(name)._columns(), index=list(self.names)) for name in self.responses
        }
        if self.single:
            return tables[self.responses[0]].rename_axis("parameter")
        return pandas.concat(tables, names=["response", "parameter"])

    def _columns(self) -> dict[str, np.ndarray]:
        places: dict[str, tuple] = {
            f"IVARS-{100.0 * scale:g}": ("ivars", (number,)) for number, scale in enumerate(self.scales)
        }
        places |= {"VARS-TO": ("vars_to", ()), "VARS-ABE": ("abe", (..., 0)), "VARS-ACE": ("ace", (..., 0))}
        columns = {}
        for title, (field, at) in places.items():
            for suffix in ("", "_low", "_high"):
                if field + suffix in self.fields:
                    columns[title + suffix] = self.fields[field + suffix][at]
            for prefix in ("rank", "reliability"):
                if f"{prefix}_{field}" in self.fields:
                    columns[f"{prefix}_{title}"] = self.fields[f"{prefix}_{field}"][at]
        return columns

    def plot(self, response: str | int = 0, scale: float | None = None):
        """Variograms and bars of IVARS and VARS-TO of one response.

        Parameters
        ----------
        response : str or int
        scale : float, optional
            Of IVARS; the largest by default.

        Returns
        -------
        matplotlib.figure.Figure
        """
        from lsmcal.sensitivity.plots import overview

        return overview(self.response(response), scale)

    def group(self, scale: float | None = None, groups: int | None = None, response: str | int = 0):
        """Groups of parameters of similar influence on one response; see :func:`lsmcal.sensitivity.grouping.group`."""
        from lsmcal.sensitivity.grouping import group

        return group(self.response(response), scale, groups)

    def at_scale(self, scale: float | None) -> int:
        """Number of a scale of IVARS; the largest by default. ValueError when it was not analysed."""
        if scale is None:
            return int(np.argmax(self.scales))
        near = np.flatnonzero(np.isclose(self.scales, scale, rtol=1e-9))
        if not near.size:
            there = ", ".join(f"{known:g}" for known in self.scales)
            raise ValueError(f"IVARS at {scale:g} was not analysed; there is {there}")
        return int(near[0])
