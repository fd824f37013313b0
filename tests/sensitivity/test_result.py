"""Tables, figures, functions as models, and a light import."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lsmcal.sensitivity import analyze, evaluate, sample
from tests.sensitivity.functions import cube, sobol_g, three_responses


@pytest.fixture(scope="module")
def result():
    X = sample(cube(4), 12, 0.1, seed=4)
    return analyze(cube(4), X, three_responses(X), bootstrap=40, seed=9, responses=["g", "warm", "cubic"])


def test_the_table_holds_the_numbers(result):
    table = result.to_df()
    assert table.index.names == ["response", "parameter"] and len(table) == 12
    row = table.loc[("warm", "x1")]
    assert row["IVARS-30"] == result.ivars[1, 1, 1] and row["IVARS-30_low"] == result.ivars_low[1, 1, 1]
    assert row["VARS-TO_high"] == result.vars_to_high[1, 1] and row["rank_IVARS-50"] == result.rank_ivars[1, 2, 1]
    assert row["VARS-ABE"] == result.abe[1, 1, 0] and row["reliability_VARS-TO"] == result.reliability_vars_to[1, 1]


def test_the_table_of_one_response_has_a_row_for_each_parameter():
    X = sample(cube(2), 5, seed=1)
    table = analyze(cube(2), X, sobol_g(X)).to_df()
    assert table.index.tolist() == ["x0", "x1"]
    assert [name for name in table.columns if "_" not in name] == [
        "IVARS-10",
        "IVARS-30",
        "IVARS-50",
        "VARS-TO",
        "VARS-ABE",
        "VARS-ACE",
    ]


def test_the_figure_draws_what_was_found(result):
    curves, bars, orders = result.plot("cubic", scale=0.3).axes
    line = next(line for line in curves.get_lines() if line.get_label() == "x2")
    assert np.allclose(line.get_ydata(), np.append(0.0, result.gamma[2, 2]))
    names = [label.get_text() for label in bars.get_yticklabels()]
    assert names[0] == "x2"
    widths = [bar.get_width() for bar in bars.patches]
    assert np.allclose(widths, np.sort(result.ivars[2, 1])[::-1])
    assert np.allclose(orders.patches[0].get_width(), result.vars_to[2, 2])


def test_a_constant_response_says_so_in_its_figure():
    X = sample(cube(2), 5, seed=1)
    axes = analyze(cube(2), X, np.ones(len(X))).plot().axes
    assert "constant response" in [text.get_text() for text in axes[1].texts]


def test_a_function_is_a_model():
    X = sample(cube(3), 5, seed=1)

    def model(x):
        if x[0] > 0.95:
            raise ZeroDivisionError
        return x[0] + 2.0 * x[1], x[2]

    Y = evaluate(model, X)
    assert Y.shape == (len(X), 2)
    failed = X[:, 0] > 0.95
    assert failed.any() and np.isnan(Y[failed]).all()
    assert np.array_equal(Y[~failed, 0], X[~failed, 0] + 2.0 * X[~failed, 1])
    assert analyze(cube(3), X, Y).rank_ivars[0, 2].tolist() == [2, 1, 3]
    assert evaluate(lambda x: float(x[0]), X).shape == (len(X),)


def test_the_chain_of_salib():
    from SALib import ProblemSpec

    spec = ProblemSpec({"names": ["a", "b"], "bounds": [[0.0, 1.0], [-1.0, 1.0]], "outputs": ["u", "v"]})
    spec.sample(sample, 10, 0.2, seed=1)
    spec.evaluate(lambda X: np.column_stack([X[:, 0] + 0.1 * X[:, 1], X[:, 1]]))
    spec.analyze(analyze, delta_h=0.2, scales=[0.4], bootstrap=20, seed=1)
    assert spec.samples.shape == (10 * 9, 2)
    assert spec.analysis["u"].rank_vars_to.tolist() == [1, 2] and spec.analysis["v"].vars_to[0] == 0.0


def test_a_result_is_short_in_words(result):
    assert repr(result).startswith("Result(4 parameters, 3 responses, 12 stars, 40 replicates: gamma, cov")


def test_the_import_is_light():
    heavy = ("scipy", "SALib", "pandas", "matplotlib", "numba", "netCDF4")
    code = f"import sys, lsmcal.sensitivity; print([name for name in {heavy} if name in sys.modules])"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
