"""What scores cost on label maps of 24 megapixels, and whether other libraries say the same.

    python benchmarks/metrics.py [--data ../shared/data] [--size 6000 4000] [--rounds 3]
        [--only confusion outlines objects probabilities]

Real masks are enlarged; what is compared with them is the same mask moved by a few pixels, with
some of it lost and some of it made up. The confusion matrix is compared with that of scikit-learn,
the aim being a tenth of its time; outlines with SciPy's distance transforms and scikit-image's
Hausdorff distance, both over the whole picture, as other libraries do it; objects with the
contingency table of scikit-image; calibration and thresholds with scikit-learn.

Seconds are CPU time of all threads, the median of some rounds.
Memory is what a call takes at most beside the arrays it is given, as far as NumPy takes it, which
SciPy's search tree does not. The difference is the largest between any two numbers that should be
the same. The last line is all of it as JSON.
"""

import argparse
import json
import os
import platform
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import cv2
import numpy as np
from PIL import Image
from scipy import ndimage
from skimage.metrics import contingency_table, hausdorff_distance
from sklearn.calibration import calibration_curve
from sklearn.metrics import confusion_matrix as sklearn_confusion_matrix
from sklearn.metrics import precision_recall_curve

from notebook_seg.data import UNLABELLED
from notebook_seg.inspection.confusion import confusion_matrix
from notebook_seg.inspection.instances import class_instances, match_instances
from notebook_seg.inspection.reliability import Reliability
from notebook_seg.inspection.surfaces import boundary_iou, surface_distances
from notebook_seg.inspection.thresholds import ThresholdScores

SHARED = Path(__file__).parents[2] / "shared"
AIM = 10
SETS = {"fish": 2, "leaf": 3, "yeast": 3}


class Comparison(NamedTuple):
    """Two ways to the same numbers."""

    name: str
    against: str
    ours: Callable[[], Any]
    theirs: Callable[[], Any]


def masks(data, name, size):
    """Return a real mask, enlarged, and a prediction that is wrong in places."""
    path = sorted((data / name / "masks").iterdir())[0]
    mask = np.asarray(Image.open(path))
    truth = mask if SETS.get(name, 2) > 2 else (mask > 0).astype(np.uint8)
    truth = cv2.resize(truth, size, interpolation=cv2.INTER_NEAREST)
    prediction = np.roll(truth, (9, 13), (0, 1))
    rng = np.random.default_rng(0)
    for label in (0, truth.max()):
        y, x = (int(side * rng.uniform(0.3, 0.6)) for side in truth.shape)
        cv2.circle(prediction, (x, y), min(truth.shape) // 12, int(label), cv2.FILLED)
    return truth, prediction


# ---------------------------------------------------------------- the same with other libraries


def surfaces_by_scipy(truth, prediction):
    a, b = (region & ~ndimage.binary_erosion(region) for region in (truth, prediction))
    forth, back = ndimage.distance_transform_edt(~b)[a], ndimage.distance_transform_edt(~a)[b]
    p95 = max(np.percentile(forth, 95), np.percentile(back, 95))
    return p95, np.concatenate([forth, back]).mean()


def hausdorff_by_scikit_image(truth, prediction):
    return hausdorff_distance(
        *(region & ~ndimage.binary_erosion(region) for region in (truth, prediction))
    )


def boundary_iou_by_scipy(truth, prediction, width):
    bands = []
    for region in (truth, prediction):
        depth = ndimage.distance_transform_cdt(np.pad(region, 1), "chessboard")[1:-1, 1:-1]
        bands.append((depth > 0) & (depth <= width))
    return (bands[0] & bands[1]).sum() / (bands[0] | bands[1]).sum()


def panoptic_quality_by_scikit_image(truth, prediction):
    table = contingency_table(truth, prediction).tocoo()
    of_truth, of_prediction = (np.asarray(table.sum(axis)).ravel() for axis in (1, 0))
    both = (table.row > 0) & (table.col > 0)
    row, column, shared = table.row[both], table.col[both], table.data[both]
    iou = shared / (of_truth[row] + of_prediction[column] - shared)
    count = np.count_nonzero(of_truth[1:]) + np.count_nonzero(of_prediction[1:])
    return 2 * iou[iou > 0.5].sum() / count


def thresholds_by_scikit_learn(probability, truth):
    precision, recall, thresholds = precision_recall_curve(truth.ravel() == 1, probability.ravel())
    return thresholds, precision[:-1], recall[:-1]


def thresholds_by_us(probability, truth):
    scores = ThresholdScores.from_probability(probability, truth, 1)
    # Those at which some pixel is; scikit-learn knows no others.
    here = (scores.of_class + scores.of_others) > 0
    return scores.thresholds[here], scores.precision[here], scores.recall[here]


def curve_by_us(probabilities, truth):
    reliability = Reliability.from_probabilities(probabilities, truth, label=1, bins=15)
    filled = reliability.pixels > 0
    return reliability.shares_right[filled], reliability.mean_sureness[filled]


# ---------------------------------------------------------------- what is compared


def confusions(data, size):
    for name, n_classes in SETS.items():
        truth, prediction = masks(data, name, size)
        yield confusion(f"confusion, {name}", truth, prediction, n_classes)
    truth, prediction = masks(data, "leaf", size)
    truth[: len(truth) // 10] = UNLABELLED
    yield confusion("confusion, a tenth unlabelled", truth, prediction, 3)
    rng = np.random.default_rng(0)
    truth, prediction = rng.integers(0, 21, (2, *size[::-1]), np.uint8)
    yield confusion("confusion, 21 classes of noise", truth, prediction, 21)


def confusion(name, truth, prediction, n_classes):
    def theirs():
        known = truth != UNLABELLED
        pair = (truth, prediction) if known.all() else (truth[known], prediction[known])
        return sklearn_confusion_matrix(*(m.ravel() for m in pair), labels=range(n_classes))

    return Comparison(
        name, "scikit-learn", lambda: confusion_matrix(truth, prediction, n_classes), theirs
    )


def outlines(data, size):
    for name, label in (("fish", 1), ("leaf", 2)):
        regions = [mask == label for mask in masks(data, name, size)]

        def ours(regions=regions):
            found = surface_distances(*regions)
            return found.hausdorff(), found.mean

        yield Comparison(
            f"surface distances, {name}",
            "SciPy",
            ours,
            lambda regions=regions: surfaces_by_scipy(*regions),
        )
    yield Comparison(
        f"Hausdorff distance, {name}",
        "scikit-image",
        lambda: surface_distances(*regions).hausdorff(100),
        lambda: hausdorff_by_scikit_image(*regions),
    )
    width = round(0.02 * np.hypot(*size))
    yield Comparison(
        f"boundary IoU, {name}",
        "SciPy",
        lambda: boundary_iou(*regions),
        lambda: boundary_iou_by_scipy(*regions, width),
    )


def objects(data, size):
    maps = [class_instances(mask, 1) for mask in masks(data, "nuclei", size)]
    yield Comparison(
        f"panoptic quality, {maps[0].max()} nuclei",
        "scikit-image",
        lambda: match_instances(*maps).scores.panoptic_quality,
        lambda: panoptic_quality_by_scikit_image(*maps),
    )


def probabilities(data, size):
    truth, _ = masks(data, "fish", size)
    soft = cv2.GaussianBlur(truth.astype(np.float32), (0, 0), 20)
    rng = np.random.default_rng(0)
    soft = np.clip(soft + rng.normal(0, 0.15, soft.shape).astype(np.float32), 0, 1)
    rounded = np.floor(soft * 256) / np.float32(256)
    both = np.stack([1 - soft, soft], axis=-1)
    yield Comparison(
        "scores at 257 thresholds",
        "scikit-learn",
        lambda: thresholds_by_us(rounded, truth),
        lambda: thresholds_by_scikit_learn(rounded, truth),
    )
    yield Comparison(
        "calibration curve",
        "scikit-learn",
        lambda: curve_by_us(both, truth),
        lambda: calibration_curve(truth.ravel(), both[..., 1].ravel(), n_bins=15),
    )


KINDS = {
    "confusion": confusions,
    "outlines": outlines,
    "objects": objects,
    "probabilities": probabilities,
}


# ---------------------------------------------------------------- measuring


def seconds(call, rounds):
    """Return what a call gives, and the CPU time it takes."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        found = call()
        times.append(time.process_time() - start)
    return found, median(times)


def megabytes(call):
    tracemalloc.start()
    call()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1e6


def difference(ours, theirs):
    parts = zip(ours, theirs, strict=True) if isinstance(ours, tuple) else [(ours, theirs)]
    return max(float(np.abs(np.asarray(a, float) - np.asarray(b, float)).max()) for a, b in parts)


def measure(comparison, rounds):
    ours, ours_s = seconds(comparison.ours, rounds)
    theirs, theirs_s = seconds(comparison.theirs, rounds)
    return {
        "against": comparison.against,
        "ours_cpu_s": round(ours_s, 3),
        "theirs_cpu_s": round(theirs_s, 3),
        "ratio": round(theirs_s / ours_s, 1),
        "ours_mb": round(megabytes(comparison.ours)),
        "theirs_mb": round(megabytes(comparison.theirs)),
        "difference": difference(ours, theirs),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=SHARED / "data")
    parser.add_argument("--size", type=int, nargs=2, default=(6000, 4000))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=KINDS, default=KINDS)
    options = parser.parse_args()
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    width, height = options.size
    print(f"Scores of label maps of {width} × {height} pixels, on {machine}")
    print(
        f"{'':32}{'against':>14}{'CPU s':>9}{'theirs':>9}{'ratio':>8}{'MB':>7}{'theirs':>8}  off by"
    )
    table = {}
    for kind in options.only:
        for comparison in KINDS[kind](options.data, tuple(options.size)):
            row = table[comparison.name] = measure(comparison, options.rounds)
            print(
                f"{comparison.name:32}{row['against']:>14}{row['ours_cpu_s']:9.2f}"
                f"{row['theirs_cpu_s']:9.2f}{row['ratio']:8.1f}{row['ours_mb']:7}"
                f"{row['theirs_mb']:8}  {row['difference']:.1e}",
                flush=True,
            )
    ratios = [row["ratio"] for name, row in table.items() if name.startswith("confusion")]
    slowest = min(ratios, default=None)
    if ratios:
        print(f"Confusion matrix: at least {slowest} times as fast as scikit-learn's; aim: {AIM}")
    report = {"machine": machine, "size": [width, height], "metrics": table}
    print(json.dumps(report | {"confusion_ratio": slowest, "aim": AIM}))


if __name__ == "__main__":
    main()
