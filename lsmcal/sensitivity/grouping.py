"""Groups of parameters of similar influence, and how sure the groups are (Sheikholeslami et al. 2019)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lsmcal.core.errors import InputError, Problem
from lsmcal.sensitivity.indices import competition_ranks


@dataclass(frozen=True)
class Groups:
    """Groups of the parameters of one response.

    Parameters
    ----------
    names : (n,) tuple of str
    scale : float
        Of the IVARS that were grouped.
    group : (n,) array of int
        1 is the most influential group. Parameters without any effect make the last one.
    reliability : (n,) array
        Share of replicates in which the parameter's rank is among the ranks that its group has in the full sample.
    tree : (merges, 4) array
        SciPy's linkage of the parameters ``active``.
    active : (a,) array of int
        Parameters with an effect.
    transform : float
        Exponent of the Box-Cox transform.
    """

    names: tuple[str, ...]
    scale: float
    group: np.ndarray
    reliability: np.ndarray
    tree: np.ndarray
    active: np.ndarray
    transform: float

    @property
    def members(self) -> list[list[str]]:
        """Names by group, the most influential first."""
        return [[self.names[k] for k in np.flatnonzero(self.group == g)] for g in range(1, self.group.max() + 1)]

    def to_df(self):
        """A :class:`pandas.DataFrame` with group and reliability of every parameter."""
        import pandas

        table = pandas.DataFrame({"group": self.group, "reliability": self.reliability}, index=list(self.names))
        return table.rename_axis("parameter").sort_values("group", kind="stable")

    def plot(self):
        """The tree of the parameters: a :class:`matplotlib.figure.Figure`."""
        from lsmcal.sensitivity.plots import tree

        return tree(self)


def group(result, scale: float | None = None, groups: int | None = None) -> Groups:
    """Group the parameters of one response by their IVARS in all replicates.

    Parameters
    ----------
    result : lsmcal.sensitivity.Result
        Of one response, with a bootstrap.
    scale : float, optional
        Of IVARS; the largest by default.
    groups : int, optional
        How many groups of parameters with an effect; by default as many as are left at the elbow of the heights at
        which groups merge, the height farthest from the line between the first and the last.

    Raises
    ------
    InputError
        Without a bootstrap, for a number of groups that cannot be, or a response of which all runs failed.

    Notes
    -----
    The replicates are made alike in spread by a Box-Cox transform, whose exponent has the greatest likelihood, and
    parameters are merged by Ward's method on the Euclidean distance between their replicates.
    """
    if not result.replicates:
        raise InputError([Problem("grouping needs a bootstrap", "group", "result", expected="analyze(bootstrap=...)")])
    result = result.response(0)
    at = result.at_scale(scale)
    values, ranks = result.ivars_replicates[:, at], result.rank_ivars[at]
    if not np.isfinite(values).all():
        raise InputError([Problem("replicates without an index: too many runs failed", "group", result.responses[0])])
    active = np.flatnonzero(values.max(axis=0) > 0.0)
    if groups is not None and not 1 <= groups <= max(active.size, 1):
        expected = f"1 to {max(active.size, 1)}"
        raise InputError([Problem("invalid number of groups", "group", "groups", value=str(groups), expected=expected)])
    tree, transform = _tree(values[:, active])
    number = np.full(len(result.names), 1, np.int64)
    if active.size:
        number[:] = 0
        number[active] = _numbered(_cut(tree, active.size, groups), values[:, active].mean(axis=0))
        number[number == 0] = number.max() + 1
    share = _reliability(number, ranks, competition_ranks(values))
    return Groups(result.names, float(result.scales[at]), number, share, tree, active, transform)


def _tree(values: np.ndarray) -> tuple[np.ndarray, float]:
    """Linkage of the columns of (replicates, parameters) and the exponent of the transform."""
    if values.shape[1] < 2:
        return np.empty((0, 4)), 1.0
    from scipy.cluster.hierarchy import linkage

    positive = np.maximum(values, values[values > 0.0].min())
    transform = 1.0
    if positive.min() < positive.max():
        from scipy.stats import boxcox_normmax

        transform = float(boxcox_normmax(positive.ravel() / positive.mean(), method="mle"))
    scaled = positive / positive.mean()
    changed = np.log(scaled) if abs(transform) < 1e-6 else (scaled**transform - 1.0) / transform
    return linkage(changed.T, "ward"), transform


def _cut(tree: np.ndarray, parameters: int, groups: int | None) -> np.ndarray:
    """Cluster of each parameter."""
    if not len(tree):
        return np.ones(parameters, np.int64)
    from scipy.cluster.hierarchy import cut_tree

    return cut_tree(tree, groups or parameters - _elbow(tree[:, 2])).ravel()


def _elbow(heights: np.ndarray) -> int:
    """Merges up to the one farthest below the line from the first height to the last; none of one or two."""
    if heights.size < 3 or heights[0] == heights[-1]:
        return 0 if heights[0] > 0.0 else int((heights == 0.0).sum())
    place = np.linspace(0.0, 1.0, heights.size)
    below = place - (heights - heights[0]) / (heights[-1] - heights[0])
    return int(below.argmax()) + 1


def _numbered(cluster: np.ndarray, influence: np.ndarray) -> np.ndarray:
    """Groups numbered from 1 by descending mean influence."""
    labels = np.unique(cluster)
    mean = np.array([influence[cluster == label].mean() for label in labels])
    order = labels[np.argsort(-mean, kind="stable")]
    return np.array([int(np.flatnonzero(order == label)[0]) + 1 for label in cluster])


def _reliability(number: np.ndarray, ranks: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Share of replicates (replicates, parameters) whose rank lies within the ranks of the parameter's group."""
    least = np.array([ranks[number == g].min() for g in number])
    # tied members share the best of their ranks but fill the ones after it
    most = least + np.array([(number == g).sum() for g in number]) - 1
    most = np.maximum(most, np.array([ranks[number == g].max() for g in number]))
    return ((drawn >= least) & (drawn <= most)).mean(axis=0)
