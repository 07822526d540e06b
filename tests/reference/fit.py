#!/usr/bin/env python3
"""Writes tests/data/reference_fit.json: what other packages fit, for the tests of otherwise/fit.

    python3 -m venv reference && reference/bin/pip install -r tests/reference/requirements.txt
    reference/bin/pip install --no-deps repeng==0.4.0
    reference/bin/python tests/reference/fit.py > tests/data/reference_fit.json

repeng comes without its dependencies: only its arithmetic runs here, on made-up states in place of
a model's. Inputs are drawn from numpy's PCG64 with a fixed seed, rounded to 4 decimals and stored
beside the results; results are float64. Matrices are lists of rows; a row is one text's state, d
long. Keys of a case, each a list of cases with a "name":

leace        concept-erasure's LeaceFitter. x [n, d], labels [n] (0 .. classes-1), classes,
             one_hot (false: z is one column of labels), shrinkage (the package's own, not
             Ledoit-Wolf), svd_tol (singular values of Σxx^-1/2 Σxz up to it are dropped);
             mean [d], covariance [d, d] whitened with (over n-1; with shrinkage, that of S over n),
             projection P [d, d], rank of I - P, erased [n, d] = mean + P (x - mean).
ledoit_wolf  sklearn.covariance.LedoitWolf. x, assume_centered; location [d], covariance [d, d],
             shrinkage δ: (1-δ) S + δ (tr S / d) I, S divided by n.
pca          sklearn.decomposition.PCA, centred, full SVD. x; mean, component [d] of unit length
             whose largest entry in absolute value is positive, variance (n-1), share of it.
pairs        directions from paired states: positive [n, d], negative [n, d], and
             mean_difference [d]   mean(positive - negative), natural length
             cvector_mean [d]      the same, unit length (llama.cpp's cvector-generator, mean)
             cvector_pca [d]       first eigenvector of Σ d dᵀ, d = positive - negative, NOT centred
                                   (cvector-generator, pca; it leaves the sign to chance, so here the
                                   sign is that of repeng)
             repeng_pca_diff [d]   first principal component of d, CENTRED: the mean difference is
                                   taken out first (repeng's default)
             repeng_pca_center [d] that of positive - c and negative - c stacked, c = the pair's
                                   middle; their mean is zero, so it equals cvector_pca
             repeng's sign: more pairs with positive above negative along it than below. The two
             repeng vectors are recomputed in float64 and asserted to be what the package returns
             (float32).
logistic     sklearn's LogisticRegression, L2: minimises C Σ log(1 + exp(-y z)) + |w|²/2 with
             z = w·x + intercept, the intercept free of penalty. x, labels (0 or 1), C; coefficients
             [d], intercept, accuracy on x, objective, all from lbfgs with tol 1e-10, polished by
             Newton steps; moved = the largest change by the polishing.
transport    Gaussian optimal transport (MiMiC). source [n, d], target [m, d]; their mean and
             covariance (n-1; Ledoit-Wolf where shrunk is true), map W [d, d] symmetric, bias [d]:
             y = W x + bias, by scipy.linalg.sqrtm and asserted to agree with POT's
             bures_wasserstein_mapping; cost = squared Bures-Wasserstein distance.
mass_mean    ITI (honest_llama). x, labels; direction [d] = unit mean(label 1) - mean(label 0),
             deviation = standard deviation (n) of all x along it.
"""

import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import ot
import scipy.linalg
import torch
from concept_erasure import LeaceFitter
from sklearn.covariance import LedoitWolf
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression

PACKAGES = ("numpy", "scipy", "scikit-learn", "torch", "concept-erasure", "repeng", "POT")


def rounded(x):
    return np.round(x, 4)


def mixed(rng, n, d):
    """n rows with correlated columns of unequal scale and a mean that is not zero."""
    scale = np.diag(np.geomspace(3.0, 0.4, d))
    rotation, _ = np.linalg.qr(rng.normal(size=(d, d)))
    return rng.normal(size=(n, d)) @ scale @ rotation + rng.normal(size=d)


def classes_apart(rng, labels, d, apart):
    """Rows whose means differ by class."""
    offsets = apart * rng.normal(size=(labels.max() + 1, d))
    return rounded(mixed(rng, len(labels), d) + offsets[labels])


def leace_case(name, x, labels, *, one_hot=True, shrinkage=False, svd_tol=0.01):
    classes = int(labels.max()) + 1
    z = np.eye(classes)[labels] if one_hot else labels[:, None].astype(float)
    tx = torch.tensor(x, dtype=torch.float64)
    fitter = LeaceFitter.fit(
        tx, torch.tensor(z, dtype=torch.float64), shrinkage=shrinkage, svd_tol=svd_tol
    )
    eraser = fitter.eraser
    projection = eraser.P.numpy()
    # A guard of the package, constrain_cov_trace, mixes in another projection if the variance grew.
    # It cannot grow: P Σ Pᵀ = Σ^½ (I - u uᵀ) Σ^½ ⪯ Σ. So the result is plain LEACE.
    plain = LeaceFitter.fit(
        tx,
        torch.tensor(z, dtype=torch.float64),
        shrinkage=shrinkage,
        svd_tol=svd_tol,
        constrain_cov_trace=False,
    )
    assert np.abs(plain.eraser.P.numpy() - projection).max() < 1e-12
    assert np.abs(projection @ projection - projection).max() < 1e-9
    erased = eraser(tx).numpy()
    means = np.array([erased[labels == c].mean(axis=0) for c in range(classes)])
    assert np.abs(means - means[0]).max() < 1e-2, means
    return {
        "name": name,
        "classes": classes,
        "one_hot": one_hot,
        "shrinkage": shrinkage,
        "svd_tol": svd_tol,
        "x": x,
        "labels": labels,
        "mean": eraser.bias.numpy(),
        "covariance": fitter.sigma_xx.numpy(),
        "projection": projection,
        "rank": int(np.linalg.matrix_rank(np.eye(x.shape[1]) - projection, tol=1e-8)),
        "erased": erased,
    }


def leace(rng):
    binary = np.arange(48) % 2
    skewed = (np.arange(50) % 5 == 0).astype(int)
    four = rng.permutation(np.arange(60) % 4)
    three = np.arange(45) % 3
    x2 = classes_apart(rng, binary, 6, 1.0)
    x4 = classes_apart(rng, four, 7, 1.0)
    few = classes_apart(rng, np.arange(10) % 2, 14, 1.0)
    # Three classes with sample means on one line: erasing them takes rank 1, not 2. Where the line
    # is a little bent, it is svd_tol that decides.
    line = classes_apart(rng, three, 6, 0.0)
    along, aside = rng.normal(size=(2, 6))
    for c in range(3):
        line[three == c] += c * along - line[three == c].mean(axis=0)
    bent = line + 0.003 * np.outer(three == 1, aside)
    cases = [
        leace_case("binary, one column", x2, binary, one_hot=False),
        leace_case("binary, one-hot", x2, binary),
        leace_case("binary, unequal sizes", classes_apart(rng, skewed, 6, 0.8), skewed),
        leace_case("four classes", x4, four),
        leace_case("three classes on a line", line, three),
        leace_case("three classes on a bent line", bent, three),
        leace_case("three classes on a bent line, smaller svd_tol", bent, three, svd_tol=1e-4),
        leace_case("fewer rows than columns", few, np.arange(10) % 2),
        leace_case("binary, the package's shrinkage", x2, binary, one_hot=False, shrinkage=True),
        leace_case("four classes, the package's shrinkage", x4, four, shrinkage=True),
    ]
    ranks = [case["rank"] for case in cases]
    assert ranks == [1, 1, 1, 3, 1, 1, 2, 1, 1, 3], ranks
    return cases


def ledoit_wolf(rng):
    shapes = {"more rows": (60, 6), "few rows": (15, 8), "fewer rows than columns": (9, 14)}
    cases = []
    for name, (n, d) in shapes.items():
        for centred in (False, True):
            x = rounded(mixed(rng, n, d))
            fit = LedoitWolf(assume_centered=centred).fit(x)
            cases.append(
                {
                    "name": name + (", assumed centred" if centred else ""),
                    "x": x,
                    "assume_centered": centred,
                    "location": fit.location_,
                    "covariance": fit.covariance_,
                    "shrinkage": float(fit.shrinkage_),
                }
            )
    return cases


def pca(rng):
    cases = []
    for name, n, d in (("more rows", 50, 7), ("fewer rows than columns", 8, 12)):
        x = rounded(mixed(rng, n, d))
        fit = PCA(n_components=1, svd_solver="full").fit(x)
        component = fit.components_[0]
        assert component[np.abs(component).argmax()] > 0
        cases.append(
            {
                "name": name,
                "x": x,
                "mean": fit.mean_,
                "component": component,
                "variance": float(fit.explained_variance_[0]),
                "share": float(fit.explained_variance_ratio_[0]),
            }
        )
    return cases


def repeng_direction(positive, negative, method):
    """The package's own function, given states in place of a model."""
    np.float_ = np.float64  # repeng 0.4.0 names it, numpy 2 has it no more
    import repeng.extract

    states = np.empty((2 * len(positive), positive.shape[1]))
    states[::2], states[1::2] = positive, negative
    repeng.extract.batched_get_hiddens = lambda *_: {1: states}
    repeng.extract.model_layer_list = lambda _: [None, None]
    repeng.extract.tqdm.tqdm = lambda layers: layers
    entries = [repeng.extract.DatasetEntry("", "")] * len(positive)
    return repeng.extract.read_representations(
        None, None, entries, hidden_layers=[1], method=method
    )[1]


def signed(direction, positive, negative):
    above = (positive - negative) @ direction
    return -direction if (above < 0).mean() > (above > 0).mean() else direction


def pairs_case(name, positive, negative):
    difference = positive - negative
    mean = difference.mean(axis=0)
    values, vectors = np.linalg.eigh(difference.T @ difference)
    assert values[-2] < 0.9 * values[-1]
    centred = np.linalg.svd(difference - mean)[2][0]
    middle = (positive + negative) / 2
    stacked = PCA(n_components=1, svd_solver="full").fit(
        np.concatenate([positive - middle, negative - middle])
    )
    case = {
        "name": name,
        "positive": positive,
        "negative": negative,
        "mean_difference": mean,
        "cvector_mean": mean / np.linalg.norm(mean),
        "cvector_pca": signed(vectors[:, -1], positive, negative),
        "repeng_pca_diff": signed(centred, positive, negative),
        "repeng_pca_center": signed(stacked.components_[0], positive, negative),
    }
    for method in ("pca_diff", "pca_center"):
        ours, theirs = case[f"repeng_{method}"], repeng_direction(positive, negative, method)
        assert np.abs(ours - theirs).max() < 1e-6, (name, method, ours, theirs)
    assert np.abs(case["cvector_pca"] - case["repeng_pca_center"]).max() < 1e-9
    return case


def pairs(rng):
    def made(n, d, shift, spread):
        negative = mixed(rng, n, d)
        noise = rng.normal(size=(n, d)) * spread * np.geomspace(1.5, 0.3, d)
        return rounded(negative + shift * rng.normal(size=d) + noise), rounded(negative)

    cases = [
        pairs_case("a common shift", *made(40, 6, 2.0, 0.6)),
        pairs_case("mostly spread", *made(48, 8, 0.4, 2.0)),
        pairs_case("fewer pairs than columns", *made(7, 12, 1.0, 1.0)),
    ]
    shifted = cases[0]
    assert abs(shifted["cvector_pca"] @ shifted["cvector_mean"]) > 0.95
    assert abs(shifted["repeng_pca_diff"] @ shifted["cvector_mean"]) < 0.8
    return cases


def objective(w, x, y, c):
    z = x @ w[:-1] + w[-1]
    return c * np.logaddexp(0, -(2 * y - 1) * z).sum() + w[:-1] @ w[:-1] / 2


def newton(w, x, y, c, steps=20):
    ones = np.column_stack([x, np.ones(len(x))])
    penalty = np.append(np.ones(x.shape[1]), 0.0)
    for _ in range(steps):
        p = 1 / (1 + np.exp(-ones @ w))
        gradient = c * ones.T @ (p - y) + penalty * w
        hessian = c * (ones * (p * (1 - p))[:, None]).T @ ones + np.diag(penalty)
        w = w - np.linalg.solve(hessian, gradient)
    return w


def logistic(rng):
    cases = []
    for name, n, d, c, apart in (
        ("overlapping, C 1", 60, 6, 1.0, 0.3),
        ("overlapping, C 0.01", 60, 6, 0.01, 0.3),
        ("separable, C 100", 40, 6, 100.0, 4.0),
        ("fewer rows than columns, C 0.1", 10, 14, 0.1, 1.0),
    ):
        y = np.arange(n) % 2
        x = classes_apart(rng, y, d, apart)
        fit = LogisticRegression(C=c, solver="lbfgs", tol=1e-10, max_iter=100000).fit(x, y)
        start = np.append(fit.coef_[0], fit.intercept_[0])
        w = newton(start, x, y, c)
        moved = float(np.abs(w - start).max())
        assert moved < 1e-5, (name, moved)
        accuracy = float(((x @ w[:-1] + w[-1] > 0) == y).mean())
        assert accuracy == fit.score(x, y)
        cases.append(
            {
                "name": name,
                "x": x,
                "labels": y,
                "C": c,
                "coefficients": w[:-1],
                "intercept": float(w[-1]),
                "accuracy": accuracy,
                "objective": float(objective(w, x, y, c)),
                "moved": moved,
            }
        )
    return cases


def sqrtm(a):
    root = scipy.linalg.sqrtm(a)
    assert np.abs(np.imag(root)).max() < 1e-9
    return np.real(root)


def transport_case(name, source, target, shrunk):
    def moments(x):
        covariance = LedoitWolf().fit(x).covariance_ if shrunk else np.cov(x.T)
        return x.mean(axis=0), covariance

    (ms, cs), (mt, ct) = moments(source), moments(target)
    root = sqrtm(cs)
    inverse = np.linalg.inv(root)
    middle = sqrtm(root @ ct @ root)
    w = inverse @ middle @ inverse
    bias = mt - w @ ms
    pot_w, pot_bias = ot.gaussian.bures_wasserstein_mapping(ms, mt, cs, ct)
    assert np.abs(pot_w - w).max() < 1e-9 and np.abs(pot_bias - bias).max() < 1e-9
    assert np.abs(w - w.T).max() < 1e-9 and np.abs(w @ cs @ w - ct).max() < 1e-9
    return {
        "name": name,
        "source": source,
        "target": target,
        "shrunk": shrunk,
        "source_mean": ms,
        "source_covariance": cs,
        "target_mean": mt,
        "target_covariance": ct,
        "map": w,
        "bias": bias,
        "cost": float((ms - mt) @ (ms - mt) + np.trace(cs + ct - 2 * middle)),
    }


def transport(rng):
    a, b = rounded(mixed(rng, 60, 6)), rounded(mixed(rng, 50, 6))
    few_a, few_b = rounded(mixed(rng, 9, 12)), rounded(mixed(rng, 8, 12))
    return [
        transport_case("sample covariances", a, b, False),
        transport_case("to itself", a, a, False),
        transport_case("Ledoit-Wolf, fewer rows than columns", few_a, few_b, True),
    ]


def mass_mean(rng):
    labels = np.arange(40) % 2
    x = classes_apart(rng, labels, 6, 1.0)
    direction = x[labels == 1].mean(axis=0) - x[labels == 0].mean(axis=0)
    direction /= np.linalg.norm(direction)
    return [
        {
            "name": "binary",
            "x": x,
            "labels": labels,
            "direction": direction,
            "deviation": float(np.std(x @ direction)),
        }
    ]


def plain(value):
    """numpy to lists; -0.0 to 0.0."""
    if isinstance(value, np.ndarray):
        return (value + 0).tolist()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def main():
    made_by = {name: version(name) for name in PACKAGES}
    made_by["python"] = platform.python_version()
    made_by["script"] = "tests/reference/" + Path(__file__).name
    makers = (leace, ledoit_wolf, pca, pairs, logistic, transport, mass_mean)
    # A seed for each, so that a case added to one leaves the others alone.
    result = {"made_by": made_by}
    for seed, maker in enumerate(makers, start=2026):
        result[maker.__name__] = plain(maker(np.random.Generator(np.random.PCG64(seed))))
    lines = []
    for key, value in result.items():
        if isinstance(value, list):
            value = "[\n" + ",\n".join(map(json.dumps, value)) + "\n]"
        else:
            value = json.dumps(value)
        lines.append(f"{json.dumps(key)}: {value}")
    sys.stdout.write("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
