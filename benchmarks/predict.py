"""Many photographs through `predict_folder`: against the network alone, in memory, killed, on Dask.

    python benchmarks/predict.py [--data ../shared/data] [--count 500] [--quick]

The photographs are made from the real fish (or from the sample, where they are absent): mirrored,
turned, and of several sizes. A model is trained on the fish for a moment, so that there is
something to cut out and to measure. Then, each in a process of its own:

- speed: the network alone, on pictures that lie in memory at its scale, and the pipeline from files
  to files take turns; the median of the turns counts. Once the pipeline writes what it does where
  nothing else is asked for, masks, overlays and tables, and once cut-outs and objects as well;
- memory: the peak of a process that predicts a tenth of the photographs, and of one with all;
- kill: a run is killed with half of its masks written, and continued;
- dask: the same with a cluster of two processes on this machine, one thread each, which share its
  processors; on more machines they would not.

The last line is all of it as JSON.
"""

import argparse
import csv
import json
import os
import platform
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from statistics import median

import cv2

from notebook_seg.data import Dataset, find_images, read_image

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
WEIGHTS = SHARED / "weights" / "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"
ALL = ("overlays", "cutouts", "objects")
USUAL = ("overlays",)
SIZES = (1.0, 0.8, 1.25)
MEGABYTE = 1 << 20


def make_photographs(folder: Path, sources: list[Path], count: int) -> None:
    folder.mkdir()
    for number in range(count):
        image = read_image(sources[number % len(sources)])[..., ::-1]
        round_trip = number // len(sources)
        size = SIZES[round_trip // 8 % len(SIZES)]
        image = cv2.resize(image, None, fx=size, fy=size)
        image = image if round_trip % 2 else image[:, ::-1]
        turned = [image, *(cv2.rotate(image, turn) for turn in range(3))][round_trip // 2 % 4]
        cv2.imwrite(str(folder / f"photo_{number + 1}.jpg"), turned)


def sources_in(data: Path, folder: Path) -> tuple[Dataset, list[Path]]:
    """Return what to train on, and the photographs to make others from."""
    if not data.is_dir():
        sample = Dataset.sample(folder / "dataset")
        return sample, [sample.image_path(stem) for stem in sample.stems]
    fish = data / "fish"
    dataset = Dataset.create(folder / "dataset", fish / "images", ["fish"], fish / "masks")
    return dataset, find_images(fish / "images")


def train_model(dataset: Dataset, folder: Path, minutes: float) -> None:
    from notebook_seg.workflow import train

    weights = str(WEIGHTS) if WEIGHTS.exists() else None
    train(dataset, folder, minutes=minutes, encoder_weights=weights, progress=False)


# ---------------------------------------------------------------- in processes of their own


def predicted(model, photographs, out, write=ALL, **options):
    from notebook_seg.prediction import load_model, predict_folder

    loaded = load_model(model) if isinstance(model, Path) else model
    return predict_folder(loaded, photographs, out, progress=False, write=write, **options)


def measure_speed(work: Path, turns: int) -> dict:
    from notebook_seg.prediction import load_model
    from notebook_seg.training.tiling import predict_in_tiles

    model = load_model(work / "model")
    paths = find_images(work / "photographs")
    pictures = [model.record.plan.working_image(read_image(path)) for path in paths]
    ways = {"pipeline": USUAL, "pipeline_all": ALL}
    seconds: dict[str, list[float]] = {"network": [], **{way: [] for way in ways}}
    # The first round is for what is built once for each size of pictures.
    for turn in range(turns + 1):
        started = time.perf_counter()
        for picture in pictures:
            predict_in_tiles(picture, model._probabilities)
        seconds["network"].append(time.perf_counter() - started)
        for way, write in ways.items():
            started = time.perf_counter()
            predicted(model, paths, work / f"{way}_{turn}", write)
            seconds[way].append(time.perf_counter() - started)
    rates = {way: len(paths) / median(times[1:]) for way, times in seconds.items()}
    ratios = {
        way: [n / p for n, p in zip(seconds["network"][1:], seconds[way][1:], strict=True)]
        for way in ways
    }
    return {"photographs": len(paths), **rates, "ratios": ratios}


def measure_memory(work: Path, count: int) -> dict:
    paths = find_images(work / "photographs")[:count]
    predicted(work / "model", paths, work / f"memory_{count}")
    return {"megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE}


def measure_whole(work: Path, out: str) -> dict:
    started = time.perf_counter()
    report = predicted(work / "model", work / "photographs", work / out)
    seconds = time.perf_counter() - started
    return {"done": len(report.done), "earlier": report.earlier, "seconds": seconds}


def measure_dask(work: Path) -> dict:
    import distributed

    with distributed.LocalCluster(2, threads_per_worker=1, dashboard_address=":0") as cluster:
        # Workers start and load the model once; that is not part of the speed.
        first = find_images(work / "photographs")[:16]
        address = cluster.scheduler_address
        predicted(work / "model", first, work / "dask_first", scheduler=address)
        started = time.perf_counter()
        report = predicted(work / "model", work / "photographs", work / "dask", scheduler=address)
        seconds = time.perf_counter() - started
    return {"photographs_per_second": len(report.done) / seconds, "done": len(report.done)}


def in_own_process(work: Path, *task: object) -> dict:
    done = subprocess.run(command(work, *task), stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def command(work: Path, *task: object) -> list[str]:
    return [sys.executable, __file__, "--work", str(work), "--task", *map(str, task)]


TASKS = {
    "speed": lambda work, turns: measure_speed(work, int(turns)),
    "memory": lambda work, count: measure_memory(work, int(count)),
    "whole": measure_whole,
    "dask": measure_dask,
}


# ---------------------------------------------------------------- what a kill costs


def measure_kill(work: Path, count: int) -> dict:
    whole = in_own_process(work, "whole", "whole")
    out = work / "killed"
    run = subprocess.Popen(command(work, "whole", "killed"), stdout=subprocess.DEVNULL)
    while run.poll() is None and len(list(out.glob("masks/*.png"))) < count // 2:
        time.sleep(0.05)
    with suppress(ProcessLookupError):
        run.send_signal(signal.SIGKILL)
    run.wait()
    masks = len(list(out.glob("masks/*.png")))
    rest = in_own_process(work, "whole", "killed")
    with (out / "pictures.csv").open(newline="") as file:
        rows = [row["picture"] for row in csv.DictReader(file)]
    return {
        "masks_when_killed": masks,
        "not_done_again": rest["earlier"],
        "rows": len(rows),
        "pictures": len(set(rows)),
        "same_masks": same_masks(work / "whole", out),
        "seconds_whole": whole["seconds"],
        "seconds_of_the_rest": rest["seconds"],
    }


def same_masks(one: Path, other: Path) -> bool:
    names = [{path.name for path in (out / "masks").iterdir()} for out in (one, other)]
    return names[0] == names[1] and all(
        (one / "masks" / name).read_bytes() == (other / "masks" / name).read_bytes()
        for name in names[0]
    )


def report(found: dict) -> None:
    speed, memory, kill, dask = (found[name] for name in ("speed", "memory", "kill", "dask"))
    print(f"{'photographs per second':44}{'':>10}")
    print(f"{'  network alone':44}{speed['network']:10.2f}")
    for way, name in (("pipeline", "masks, overlays, tables"), ("pipeline_all", "all outputs")):
        print(f"{f'  files to files, {name}':44}{speed[way]:10.2f}")
        print(f"{'    / network alone':44}{median(speed['ratios'][way]):10.2f}")
    print(f"{'  Dask, two processes':44}{dask['photographs_per_second']:10.2f}")
    for count, peak in memory.items():
        print(f"{f'peak memory with {count}, MB':44}{peak:10.0f}")
    print(f"{'masks when killed / done again':44}", end="")
    print(f"{kill['masks_when_killed']:6} / {kill['masks_when_killed'] - kill['not_done_again']}")
    print(f"{'rows / pictures after continuing':44}{kill['rows']:6} / {kill['pictures']}")
    print(f"{'same label maps: killed, Dask':44}{kill['same_masks']!s:>6} / {dask['same_masks']}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=SHARED / "data")
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="40 photographs, one turn")
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--task", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.task:
        name, *rest = options.task
        print(json.dumps(TASKS[name](options.work, *rest)))
        return
    count, turns = (40, 1) if options.quick else (options.count, options.turns)
    work = Path(tempfile.mkdtemp())
    try:
        dataset, sources = sources_in(options.data, work)
        train_model(dataset, work / "model", 0.3 if options.quick else 1)
        make_photographs(work / "photographs", sources, count)
        found: dict = {"speed": in_own_process(work, "speed", turns)}
        found["memory"] = {
            some: in_own_process(work, "memory", some)["megabytes"] for some in (count // 10, count)
        }
        found["kill"] = measure_kill(work, count)
        found["dask"] = in_own_process(work, "dask")
        found["dask"]["same_masks"] = same_masks(work / "whole", work / "dask")
    finally:
        shutil.rmtree(work, ignore_errors=True)
    report(found)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"Measured on {machine}, {count} photographs.")
    print(json.dumps({"machine": machine, **found}))


if __name__ == "__main__":
    main()
