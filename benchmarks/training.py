"""What feeding the network costs: ours, tensors in memory, and the ancestor's generator.

    python benchmarks/training.py [--data ../shared/data/fish] [--encoder mobilenetv2] [--quick]

Three ways of feeding take turns on one network in one process: batches that lie in memory as
tensors; our pipeline, which decodes and augments in threads; and the ancestor's, a generator in
the main thread that decodes six times the pictures it uses, squashes them to the patch and
augments them all. The median of the turns counts, after as many batches as a pipeline has ready.
CPU time, that of all threads, says what a way costs where others use the machine meanwhile.

Then, each in a process of its own, what a training costs as pictures grow from 12 to 1,200 (the
same files under more names): seconds to the plan and to the first batch, steps on pictures seen
for the first time, seconds to have read all, and the memory that the process has grown by then.
The last line is all of it as JSON.
"""

import argparse
import functools
import itertools
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median

import cv2
import numpy as np

from notebook_seg.data import Dataset
from notebook_seg.training import Plan, make_plan
from notebook_seg.training.augmentation import augmenter
from notebook_seg.training.batches import PatchBatches, one_hot
from notebook_seg.training.device import describe_device
from notebook_seg.training.examples import Examples
from notebook_seg.training.learner import Learner
from notebook_seg.training.networks import preprocess
from notebook_seg.training.recipes import ac295

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
WEIGHTS = SHARED / "weights" / "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"
CLASSES = {"leaf": ["leaf", "symptom"], "yeast": ["mother", "daughter"], "nuclei": ["nucleus"]}
DECODED_FOR_EACH_USED = 6
IN_MEMORY = 8  # batches
# More batches than the pipeline has ready.
AHEAD = 4 + min(max(2, os.cpu_count() or 1), 8)
WAYS = {"memory": "tensors in memory", "ours": "our pipeline", "ancestor": "the ancestor's"}


def make_dataset(folder: Path, source: Path | None) -> Dataset:
    if source is None:
        return Dataset.sample(folder)
    classes = CLASSES.get(source.name, [source.name])
    return Dataset.create(folder, source / "images", classes, source / "masks")


def grow(data: Dataset, folder: Path, n_pictures: int) -> Dataset:
    """Return a dataset of more pictures, the same files under other names."""
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True)
    os.link(data.folder / "dataset.json", folder / "dataset.json")
    stems = itertools.cycle(data.labelled)
    for number, stem in enumerate(itertools.islice(stems, n_pictures)):
        image = data.image_path(stem)
        os.link(image, folder / "images" / f"{number:04d}{image.suffix}")
        os.link(data.mask_path(stem), folder / "masks" / f"{number:04d}.png")
    return Dataset(folder)


def plan_for(data: Dataset, encoder: str) -> Plan:
    pretrained = encoder == "mobilenetv2" and WEIGHTS.is_file()
    weights = str(WEIGHTS) if pretrained else None
    return make_plan(data, data.labelled, minutes=1, encoder=encoder, encoder_weights=weights)


def pipeline(data: Dataset, plan: Plan) -> tuple[PatchBatches, Examples]:
    examples = Examples(data, data.labelled, plan.scale, plan.contrast)
    scaling = functools.partial(preprocess, plan.encoder)
    size = data.n_classes, plan.patch, plan.batch_size
    batches = PatchBatches(
        examples, *size, plan.augmentation, scaling, plan.seed, plan.sampling, plan.channels
    )
    return batches, examples


def ancestor(data: Dataset, plan: Plan):
    """Yield batches as the ancestor's notebook makes them."""
    augment = augmenter(ac295().augmentation)
    rng, (height, width) = np.random.default_rng(0), plan.patch
    while True:
        made = []
        for stem in rng.choice(data.labelled, DECODED_FOR_EACH_USED * plan.batch_size):
            image = cv2.cvtColor(cv2.imread(str(data.image_path(stem))), cv2.COLOR_BGR2RGB)
            mask = data.mask(stem)
            image = cv2.resize(image, (width, height))
            mask = cv2.resize(mask, (width, height), interpolation=cv2.INTER_NEAREST)
            made.append(augment(image, mask, int(rng.integers(2**31))))
        images, masks = map(np.stack, zip(*made[: plan.batch_size], strict=True))
        yield images.astype(np.float32) / 255, one_hot(masks, data.n_classes)


def in_memory(batches: PatchBatches):
    from keras.ops import convert_to_tensor  # here, after our own import, which keeps it quiet

    kept = [tuple(map(convert_to_tensor, batches.batch(index))) for index in range(IN_MEMORY)]
    return itertools.cycle(kept)


def time_steps(learner: Learner, feed, steps: int) -> tuple[float, float]:
    """Return the milliseconds of a step, by the clock and of all cores."""
    start, cpu = time.perf_counter(), time.process_time()
    for batch in itertools.islice(feed, steps):
        learner.step(batch, 1e-4)
    took = time.perf_counter() - start, time.process_time() - cpu
    return tuple(1000 * seconds / steps for seconds in took)


def measure_feeding(data: Dataset, plan: Plan, rounds: int, steps: int) -> dict:
    """Let the three ways take turns on one network."""
    learner = Learner(plan, data.n_classes)
    learner.prepare(plan, "all")
    batches, _ = pipeline(data, plan)
    feeds = {
        "memory": in_memory(batches),
        "ours": batches.stream(),
        "ancestor": ancestor(data, plan),
    }
    ready = {"memory": 1, "ours": AHEAD, "ancestor": 1}
    time_steps(learner, feeds["memory"], 3)  # what is built at the first step
    turns: dict[str, list] = {way: [] for way in WAYS}
    for _, way in itertools.product(range(rounds), WAYS):
        time_steps(learner, feeds[way], ready[way])
        turns[way].append(time_steps(learner, feeds[way], steps))
    feeds["ours"].close()
    return {
        "device": describe_device(),
        "network": f"{plan.architecture}-{plan.encoder}",
        "pretrained": plan.encoder_weights is not None,
        "patch": plan.patch,
        "batch_size": plan.batch_size,
        "augmentation": plan.augmentation,
        "ways": {way: summary(times, plan.batch_size) for way, times in turns.items()},
        "ours_over_memory": ratio(turns, "ours", "memory", 0),
        "ours_over_memory_cpu": ratio(turns, "ours", "memory", 1),
        "ours_times_ancestor": ratio(turns, "ancestor", "ours", 0),
        "peak_mb": peak_mb(),
    }


def summary(times: list[tuple[float, float]], batch_size: int) -> dict:
    step, cpu = (median(column) for column in zip(*times, strict=True))
    return {"step_ms": step, "cpu_ms": cpu, "pictures_per_s": 1000 * batch_size / step}


def ratio(turns: dict[str, list], way: str, other: str, column: int) -> float:
    """Return the median over the rounds, since what slows a round down slows all its turns."""
    pairs = zip(turns[way], turns[other], strict=True)
    return median(a[column] / b[column] for a, b in pairs)


def measure_growth(data: Dataset, encoder: str, steps: int) -> dict:
    """Train a network for a few steps on as many pictures as there are."""
    start = time.perf_counter()
    plan = plan_for(data, encoder)
    planned = time.perf_counter() - start
    learner = Learner(plan, data.n_classes)
    learner.prepare(plan, "all")
    height, width = plan.patch
    nothing = np.zeros((plan.batch_size, height, width, 3), np.float32)
    learner.step((nothing, np.zeros((*nothing.shape[:3], data.n_classes), np.float32)), 0.0)
    before, start = peak_mb(), time.perf_counter()
    batches, examples = pipeline(data, plan)
    stream = batches.stream()
    first = next(stream)
    to_first = time.perf_counter() - start
    learner.step(first, 1e-4)
    step, _ = time_steps(learner, stream, steps)
    stream.close()
    start = time.perf_counter()
    for _ in examples:
        pass
    read = time.perf_counter() - start
    return {
        "pictures": len(data.labelled),
        "plan_s": planned,
        "first_batch_s": to_first,
        "step_ms": step,
        "read_all_s": read,
        "grown_mb": peak_mb() - before,
        "kept_mb": examples.kept_bytes / 1e6,
    }


def peak_mb() -> float:
    """Return the most memory this process has taken so far."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def in_own_process(folder: Path, encoder: str, part: str, *numbers: int) -> dict:
    command = [sys.executable, __file__, "--encoder", encoder, "--part", part, str(folder)]
    run = subprocess.run([*command, *map(str, numbers)], capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(run.stderr)
    return json.loads(run.stdout.splitlines()[-1])


def run_part(part: str, encoder: str, folder: str, *numbers: str) -> dict:
    data = Dataset(folder)
    if part == "growth":
        return measure_growth(data, encoder, *map(int, numbers))
    return measure_feeding(data, plan_for(data, encoder), *map(int, numbers))


def report(feeding: dict, growth: list[dict]) -> None:
    size = "{} patches of {} x {}".format(feeding["batch_size"], *feeding["patch"])
    weights = "pretrained" if feeding["pretrained"] else "random weights"
    print(f"{feeding['network']}, {weights}, {size}, augmentation {feeding['augmentation']}")
    print(feeding["device"])
    print(f"\n{'fed by':20}{'ms a step':>12}{'CPU ms':>10}{'pictures/s':>12}")
    for way, name in WAYS.items():
        found = feeding["ways"][way]
        figures = found["step_ms"], found["cpu_ms"], found["pictures_per_s"]
        print(f"{name:20}{figures[0]:12.1f}{figures[1]:10.1f}{figures[2]:12.1f}")
    print(f"\nour step / in memory       {feeding['ours_over_memory']:6.3f}")
    print(f"the same in CPU time       {feeding['ours_over_memory_cpu']:6.3f}")
    print(f"our pictures / ancestor's  {feeding['ours_times_ancestor']:6.2f}")
    print(f"peak memory                {feeding['peak_mb']:6.0f} MB")
    columns = ("pictures", "plan s", "1st batch s", "ms a step", "read all s", "MB kept", "MB more")
    print("\n" + "".join(f"{column:>13}" for column in columns))
    for row in growth:
        figures = "plan_s", "first_batch_s", "step_ms", "read_all_s", "kept_mb", "grown_mb"
        print(f"{row['pictures']:13}" + "".join(f"{row[name]:13.2f}" for name in figures))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="a folder with images/ and masks/")
    parser.add_argument("--encoder", default="mobilenetv2")
    parser.add_argument("--quick", action="store_true", help="fewer turns, steps and sizes")
    parser.add_argument("--part", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        part, *rest = options.part
        print(json.dumps(run_part(part, options.encoder, *rest)))
        return
    fish = SHARED / "data" / "fish"
    source = options.data or (fish if fish.is_dir() else None)
    rounds, steps = (3, 6) if options.quick else (7, 24)
    sizes = (12, 1200) if options.quick else (12, 120, 1200)
    with tempfile.TemporaryDirectory() as name:
        data = make_dataset(Path(name) / "data", source)
        feeding = in_own_process(data.folder, options.encoder, "feeding", rounds, steps)
        growth = [
            in_own_process(
                grow(data, Path(name) / str(n), n).folder, options.encoder, "growth", steps
            )
            for n in sizes
        ]
    report(feeding, growth)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"\nMeasured on {machine}, Keras {version('keras')}.")
    print(json.dumps({"machine": machine, "feeding": feeding, "growth": growth}))


if __name__ == "__main__":
    main()
