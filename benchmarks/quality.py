"""How good a model gets from 1, 3, 6 and all labelled pictures: IoU on pictures it never saw.

    python benchmarks/quality.py [--data ../shared/data] [--sets fish leaf yeast nuclei]
        [--counts 1 3 6 all] [--ways plan ac295 random forest] [--seeds 0 1] [--minutes 5]
        [--keep results.jsonl] [--quick]

- plan: `notebook_seg.train` with nothing said but the minutes;
- random: the same from random weights;
- ac295: the recipe of that name, for the same minutes;
- forest: a random forest on pixels, taught by the same masks.

The seed decides which pictures are kept for the test, the same for every way and count, which are
learned from, and the first weights; of the yeast a field of their own is kept. The score of a set
is the mean IoU of its classes, counted over all pixels together, where one picture of large
objects may decide, and in brackets the mean over pictures. Minutes are those of this machine with
nothing else to do; before the command, ``taskset -c 0`` makes them those of one core. With --keep
every result is written to a file as soon as it is there, and what is in the file is not measured
again; quality.jsonl beside this file is one, of one core. The last line is all of it as JSON.
"""

import argparse
import json
import os
import platform
import tempfile
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

from notebook_seg.data import Dataset
from notebook_seg.inspection import evaluate_predictions
from notebook_seg.labelling.learner import DatasetLearner
from notebook_seg.training import recipes
from notebook_seg.workflow import train

SHARED = Path(__file__).parents[2] / "shared"
CLASSES = {
    "fish": ["fish"],
    "leaf": ["leaf", "symptom"],
    "yeast": ["mother", "daughter"],
    "nuclei": ["nucleus"],
}
TESTED = {"fish": 0.25, "leaf": 0.3, "yeast": 0.25, "nuclei": 0.25}
AIMS = {"fish": 0.96, "leaf": 0.72, "yeast": 0.65, "nuclei": 0.85}
WAYS = ("plan", "ac295", "random", "forest")


class Case(NamedTuple):
    """One cell of the table, and its seed."""

    name: str
    count: str
    way: str
    seed: int


def read(name, data, folder):
    """Return a dataset in which what may not be divided is a group."""
    images, masks = data / name / "images", data / name / "masks"
    groups = {path.stem: field_of(path.stem) for path in images.iterdir()}
    return Dataset.create(folder / name, images, CLASSES[name], masks, groups=groups)


def field_of(stem):
    """Return what may not be divided: a field of yeast with all its focus planes."""
    if not stem.startswith("yeast"):
        return stem
    return "0_159350906" if stem == "yeast_test-image" else "_".join(stem.split("_")[1:3])


def chosen(dataset, stems, count, seed):
    """Return as many of the pictures as are learned from, together with something of each class."""
    if count == "all":
        return stems
    rng = np.random.default_rng(seed)
    for _ in range(1000):
        some = tuple(rng.permutation(stems)[: int(count)])
        drawn = np.unique(np.concatenate([np.unique(dataset.drawn_mask(stem)) for stem in some]))
        if {c.index for c in dataset.classes} <= set(drawn.tolist()):
            return some
    raise SystemExit(
        f"No {count} of the pictures to learn from in {dataset.folder} show every class"
    )


def predictor(way, dataset, seed, minutes, weights):
    """Teach one way of segmenting; return what gives the labels of a picture."""
    if way == "forest":
        return DatasetLearner(dataset).from_masks(list(dataset.labelled)).labels
    options = {"seed": seed, "minutes": minutes, "encoder_weights": weights}
    if way == "random":
        options["encoder_weights"] = None
    plan = recipes.ac295(**options) if way == "ac295" else None
    with tempfile.TemporaryDirectory() as out:
        model = train(dataset, out, plan=plan, progress=False, trackers=(), **options)
    return lambda image: model.predict(image).labels


def score(labels_of, dataset, stems):
    """Return the IoU of every foreground class, over all pixels and as a mean over pictures."""
    pairs = ((s, dataset.drawn_mask(s), labels_of(dataset.image(s))) for s in stems)
    found = evaluate_predictions(pairs, dataset.class_names)
    of_pictures = [scores.iou[1:] for scores in found.scores.values()]
    return {
        "iou": found.overall.iou[1:].tolist(),
        "of pictures": np.nanmean(of_pictures, axis=0).tolist(),
    }


def kept_results(file):
    """Return what an earlier run has measured."""
    if file is None or not file.exists():
        return {}
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    return {Case(*row.pop("case")): row for row in rows}


def measure(cases, options, folder):
    """Return the IoU of the classes for every case."""
    results = kept_results(options.keep)
    sets = {}
    for case in cases:
        if case in results:
            continue
        if case.name not in sets:
            sets[case.name] = read(case.name, options.data, folder)
        dataset = sets[case.name]
        split = dataset.split(validation=0, test=TESTED[case.name], seed=case.seed)
        keras.utils.clear_session()
        subset = dataset.subset(chosen(dataset, split.train, case.count, case.seed))
        taught = predictor(case.way, subset, case.seed, options.minutes, options.weights)
        results[case] = score(taught, dataset, split.test)
        print(case, {k: np.round(v, 3).tolist() for k, v in results[case].items()}, flush=True)
        if options.keep is not None:
            with options.keep.open("a") as file:
                file.write(json.dumps({"case": case, **results[case]}) + "\n")
    return {case: results[case] for case in cases}


def summary(results):
    """Return a record for each set and count: the mean of every way, and how far seeds differ."""
    rows = dict.fromkeys((case.name, case.count) for case in results)
    return [
        {"set": name, "pictures": count} | of_ways(results, name, count) for name, count in rows
    ]


def of_ways(results, name, count):
    record = {}
    for way in dict.fromkeys(case.way for case in results):
        wanted = (name, count, way)
        found = [r for c, r in results.items() if (c.name, c.count, c.way) == wanted]
        means = [np.mean(r["iou"]) for r in found]
        record[way] = round(float(np.mean(means)), 3)
        record[f"{way} ±"] = round(float(np.ptp(means) / 2), 3)
        for kind in ("iou", "of pictures"):
            record[f"{way}, {kind}"] = np.mean([r[kind] for r in found], axis=0).round(3).tolist()
    return record


def show(table):
    """Print the records as the rows of a table."""
    ways = [way for way in WAYS if way in table[0]]
    print("set | pictures | " + " | ".join(ways))
    for row in table:
        cells = [
            f"{row[way]:.3f} ± {row[f'{way} ±']:.3f} ({np.mean(row[f'{way}, of pictures']):.3f})"
            for way in ways
        ]
        print(" | ".join([row["set"], row["pictures"], *cells]))
    for row in (r for r in table if len(CLASSES[r["set"]]) > 1):
        cells = [f"{way}: {of_classes(row, way)}" for way in ways]
        print(" | ".join([row["set"], row["pictures"], *cells]))


def of_classes(row, way):
    """Return the IoU of each class as a line."""
    pairs = zip(CLASSES[row["set"]], row[f"{way}, iou"], strict=True)
    return ", ".join(f"{name} {iou:.3f}" for name, iou in pairs)


def cores():
    """Return how many this process may use, as `taskset` limits them."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def options_of(arguments=None):
    """Return what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=SHARED / "data")
    parser.add_argument("--weights", type=Path, default=SHARED / "weights")
    parser.add_argument("--sets", nargs="+", default=list(CLASSES), choices=CLASSES)
    parser.add_argument("--counts", nargs="+", default=["1", "3", "6", "all"])
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=WAYS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1])
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--keep", type=Path, help="file for results, to go on after a stop")
    parser.add_argument("--quick", action="store_true", help="one seed, 15 seconds, two counts")
    options = parser.parse_args(arguments)
    if options.quick:
        options.seeds, options.minutes, options.counts = [0], 0.25, ["3", "all"]
    return options


def main():
    options = options_of()
    cases = [
        Case(name, count, way, seed)
        for name in options.sets
        for count in options.counts
        for seed in options.seeds
        for way in options.ways
    ]
    with tempfile.TemporaryDirectory() as folder:
        table = summary(measure(cases, options, Path(folder)))
    machine = f"{platform.machine()}, {cores()} cores, Python {platform.python_version()}"
    print(f"Quality after {options.minutes} minutes, on {machine}; aims with all: {AIMS}")
    show(table)
    print(json.dumps({"machine": machine, "minutes": options.minutes, "quality": table}))


if __name__ == "__main__":
    main()
