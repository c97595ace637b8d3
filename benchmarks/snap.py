"""Loose lassos around real specimens, snapped and cut by GrabCut: IoU and CPU time.

    python benchmarks/snap.py [--data ../shared/data] [--objects 6]

Every object of a picture is gone around by a simulated hand (`annotator.loose_outline`): too wide,
too narrow, and on the spot with more tremor. Offsets are 10 pixels, less for objects so small that
10 pixels would be another object: 15 % of the root of the area. The last line is the table as JSON.
"""

import argparse
import json
import os
import platform
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
from annotator import loose_outline
from grabcut import grabcut_region

from notebook_seg.data import Dataset
from notebook_seg.data.images import find_images, read_image
from notebook_seg.labelling.assist import snap_region
from notebook_seg.labelling.raster import polygon_region

# Per hand: offset in pixels at most, its share of the root of the area, tremor as a share of it.
HANDS = {"10 px wide": (10, 2), "10 px narrow": (-10, 2), "on the spot": (0, 4)}
RELATIVE = 0.15
# Smaller than this nobody goes around with a lasso.
SMALLEST = 60
# Of each picture, of up to hundreds.
NUCLEI = 6


def objects_of(folder, most):
    """Yield (picture, name, object) for the largest objects of each picture of a folder."""
    for path in find_images(folder / "images"):
        image = read_image(path)
        indexes = np.array(PIL.Image.open(folder / "masks" / f"{path.stem}.png"))
        for name, pixels in classes_of(folder.name, indexes):
            for piece in pieces_of(pixels, most):
                yield image, name, piece


def classes_of(dataset, indexes):
    """Yield the name and the pixels of each class; of nuclei, each number is an object."""
    if dataset == "leaf":
        yield "leaf", indexes > 0
        yield "symptom", indexes == 2
    elif dataset == "nuclei":
        numbers, areas = np.unique(indexes[indexes > 0], return_counts=True)
        for number in numbers[np.argsort(-areas, kind="stable")[:NUCLEI]]:
            yield "nuclei", indexes == number
    elif dataset == "yeast":
        yield "yeast, mother", indexes == 1
        yield "yeast, daughter", indexes == 2
    else:
        yield dataset, indexes > 0


def pieces_of(pixels, most):
    """Return the largest connected objects of a class."""
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(pixels.astype(np.uint8))
    area = stats[1:, cv2.CC_STAT_AREA]
    largest = np.argsort(-area, kind="stable")[:most]
    return [pieces == 1 + index for index in largest if area[index] >= SMALLEST]


def hand_around(piece, hand, seed):
    """Return a loose lasso around an object, no further off than its size allows."""
    offset, tremor = HANDS[hand]
    size = RELATIVE * np.sqrt(piece.sum())
    offset, tremor = np.sign(offset) * min(abs(offset), size), min(tremor, size / 2)
    return loose_outline(piece, offset, tremor, seed)[0]


def iou(region, truth):
    """Return intersection over union of a region and an object."""
    covered = np.zeros(truth.shape, bool)
    if region is not None:
        covered[region.box.slices] = region.inside
    return (covered & truth).sum() / (covered | truth).sum()


METHODS = {"snap": snap_region, "GrabCut": grabcut_region}


def measure(objects):
    """Return a row (name, hand, method, IoU before, IoU after, CPU seconds) for each lasso."""
    rows = []
    for seed, (image, name, piece) in enumerate(objects):
        for hand in HANDS:
            lasso = hand_around(piece, hand, seed)
            before = iou(polygon_region(lasso, piece.shape), piece)
            for method, find in METHODS.items():
                start = time.process_time()
                found = find(image, lasso)
                seconds = time.process_time() - start
                rows.append((name, hand, method, before, iou(found, piece), seconds))
    return rows


def summary(rows):
    """Return one record of medians and extremes for each kind of object, hand and method."""
    table = []
    for kind in dict.fromkeys(row[:3] for row in rows):
        values = np.array([row[3:] for row in rows if row[:3] == kind])
        before, after, seconds = values.T
        table.append(
            {
                "objects": kind[0],
                "hand": kind[1],
                "method": kind[2],
                "n": len(values),
                "lasso": float(np.median(before)),
                "after": float(np.median(after)),
                "worst change": float((after - before).min()),
                "worse by 0.02": float(((after - before) < -0.02).mean()),
                "cpu ms": round(1000 * float(np.median(seconds))),
                "cpu ms, most": round(1000 * float(seconds.max())),
            }
        )
    return table


def show(table):
    """Print the records as the rows of a table."""
    print(" | ".join(table[0]))
    for record in table:
        print(" | ".join(f"{v:.3f}" if isinstance(v, float) else str(v) for v in record.values()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared/data")
    parser.add_argument("--objects", type=int, default=6, help="of each picture and class, at most")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        coins = Dataset.sample(Path(place) / "coins").folder
        folders = [coins, *sorted(path for path in options.data.glob("*") if path.is_dir())]
        objects = (found for folder in folders for found in objects_of(folder, options.objects))
        table = summary(measure(objects))
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"Snap, on {machine}, OpenCV {cv2.__version__}")
    show(table)
    print(json.dumps({"machine": machine, "snap": table}))


if __name__ == "__main__":
    main()
