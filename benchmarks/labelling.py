"""What a stroke costs, in the kernel and on the screen, on pictures of 6, 24 and 100 megapixels.

    python benchmarks/labelling.py [--sizes 6 24 100] [--strokes 7] [--no-browser]
                                   [--ways canvas matplotlib ancestor]

A lasso of 600 vertices goes around half the width and height of a photograph that was enlarged. It
is drawn on the canvas, on the Matplotlib surface, and as the ancestor did it: Matplotlib's lasso
over the whole picture, `contains_points` for every pixel, and a full redraw. Its stroke takes a
minute at 24 megapixels: on the screen it is drawn once and at 6 alone, and not at all at 100.

Kernel times are CPU time, medians; the time on the screen is from the release of the button to the
first frame that shows the stroke. Opening is measured in a fresh process: the session, the first
view's tiles, and what the process has grown by then. The last line is all of it as JSON.
"""

import argparse
import json
import math
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import cv2
import numpy as np

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
VERTICES = 600
# Beyond, the ancestor's way takes longer than anybody would measure: in the kernel, on the screen.
ANCESTOR_LIMIT = 24
ANCESTOR_SCREEN_LIMIT = 6
SIZES = {6: (3000, 2000), 24: (6000, 4000), 100: (12000, 8334)}

CELLS = {
    "canvas": """\
import notebook_seg as nbs
labeller = nbs.Labeller(nbs.Dataset({folder!r}))
labeller""",
    "matplotlib": """\
import notebook_seg as nbs
labeller = nbs.Labeller(nbs.Dataset({folder!r}), surface="matplotlib")
labeller""",
    "ancestor": """\
%matplotlib widget
import numpy as np
import matplotlib.pyplot as plt
from matplotlib.path import Path
from matplotlib.widgets import LassoSelector
import notebook_seg as nbs
data = nbs.Dataset({folder!r})
image = data.image(data.stems[0])
height, width = image.shape[:2]
x, y = np.meshgrid(np.arange(width), np.arange(height))
pixels = np.column_stack([x.ravel(), y.ravel()])
figure, axes = plt.subplots(figsize=(7.6, 5.4))
axes.set_position((0, 0, 1, 1))
axes.imshow(image)
mask = np.zeros((height, width), np.uint8)
shown = axes.imshow(mask, alpha=0.4, vmin=0, vmax=1)

def select(vertices):
    mask[Path(vertices).contains_points(pixels).reshape(mask.shape)] = 1
    shown.set_data(mask)
    figure.canvas.draw_idle()

lasso = LassoSelector(axes, select)
plt.show()""",
}
TARGETS = {
    "canvas": '[data-testid="layer-mask"]',
    "matplotlib": ".nbs-labeller .jupyter-matplotlib-canvas-div canvas",
    "ancestor": ".jupyter-matplotlib-canvas-div canvas",
}

# Takes the time of every frame from press to release, and of the first that shows the stroke.
METER = """
selector => {
  const canvas = document.querySelector(selector);
  const look = () => {
    const { width, height } = canvas;
    return canvas.getContext("2d").getImageData(width >> 1, height >> 1, 1, 1).data.join();
  };
  const meter = (window.meter = {});
  const frames = [];
  let before = null;
  let released = null;
  addEventListener("pointerdown", () => {
    before = look();
    frames.length = 0;
    released = null;
  }, true);
  addEventListener("pointerup", () => {
    released = performance.now();
    meter.frame = Math.max(...frames.slice(1).map((time, i) => time - frames[i]));
    meter.paint = null;
  }, true);
  const each = now => {
    if (released === null) frames.push(now);
    else if (meter.paint === null && look() !== before) meter.paint = performance.now() - released;
    requestAnimationFrame(each);
  };
  requestAnimationFrame(each);
}
"""


# ---------------------------------------------------------------- pictures and outlines


def make_dataset(folder: Path, megapixels: int):
    from notebook_seg.data import Dataset

    sample = Dataset.sample(folder / f"sample_{megapixels}")
    fish = sorted((SHARED / "data" / "fish" / "images").glob("*.jpg"))
    photograph = cv2.imread(str(fish[0] if fish else sample.image_path(sample.stems[0])))
    path = folder / f"photograph_{megapixels}.jpg"
    large = cv2.resize(photograph, SIZES[megapixels], interpolation=cv2.INTER_CUBIC)
    cv2.imwrite(str(path), large, [cv2.IMWRITE_JPEG_QUALITY, 95])
    return Dataset.create(folder / f"data_{megapixels}", path, classes=["fish"])


def ellipse(center, radii, count=VERTICES):
    angles = np.linspace(0, 2 * math.pi, count, endpoint=False)
    return np.column_stack(
        [center[0] + radii[0] * np.cos(angles), center[1] + radii[1] * np.sin(angles)]
    )


# ---------------------------------------------------------------- the kernel


def memory_mb() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def measure_kernel(folder: str, strokes: int) -> dict[str, float]:
    """Open a dataset and draw on it as a browser would ask for; run in a process of its own."""
    from notebook_seg.data import Dataset
    from notebook_seg.labelling import LabellingSession
    from notebook_seg.widgets.canvas import LassoCanvas
    from notebook_seg.widgets.messages import Guard, MessageLine

    sent: list[int] = []
    before, start = memory_mb(), time.perf_counter()
    session = LabellingSession(Dataset(folder))
    canvas = LassoCanvas(session, Guard(MessageLine()))
    canvas.send = lambda message, parts=(): sent.append(
        len(json.dumps(message)) + sum(len(part) for part in parts)
    )
    height, width = session.shape
    ask(canvas, {"type": "hello"})
    levels = canvas._tiles.levels
    for key in first_view(width, height, levels):
        ask(canvas, {"type": "tiles", "picture": 1, "wanted": [key]})
    found = {
        "open_ms": 1000 * (time.perf_counter() - start),
        "open_mb": memory_mb() - before,
        "open_kb": sum(sent) / 1000,
    }
    times, sizes = [], []
    for number in range(strokes + 1):
        outline = ellipse((width / 2 + number, height / 2), (width / 4, height / 4))
        points = outline.astype(np.float32).tobytes()
        stroke = {"type": "stroke", "picture": 1, "seq": str(number), "tool": "lasso"}
        stroke |= {"label": 1, "mode": "add", "radius": 9, "keep": False, "tolerance": 20}
        sent.clear()
        start = time.process_time()
        ask(canvas, stroke, [points])
        times.append(1000 * (time.process_time() - start))
        sizes.append((sum(sent) + len(points) + len(json.dumps(stroke))) / 1000)
        ask(canvas, {"type": "action", "name": "undo", "seq": "u"})
    # The first stroke of a process finds nothing in the caches of the processor.
    return found | {"stroke_ms": median(times[1:]), "stroke_kb": median(sizes[1:])}


def ask(canvas, message, buffers=()):
    canvas._receive(canvas, message, list(buffers))


def first_view(width, height, levels):
    """The tiles of a view of 880 by 620 pixels that shows the whole picture."""
    scale = min(880 / width, 620 / height)
    level = min(max(math.floor(math.log2(1 / scale)), 0), levels - 1)
    counts = [math.ceil((side >> level) / 512) for side in (height, width)]
    yield [levels - 1, 0, 0]
    for row in range(counts[0]):
        for column in range(counts[1]):
            yield [level, row, column]


def measure_ancestor(shape) -> float:
    """CPU milliseconds of a stroke as the ancestor drew it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.path import Path as Outline

    height, width = shape
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    pixels = np.column_stack([x.ravel(), y.ravel()])
    figure = Figure(figsize=(7.6, 5.4))
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.imshow(np.zeros((height, width, 3), np.uint8))
    mask = np.zeros(shape, np.uint8)
    shown = axes.imshow(mask, alpha=0.4, vmin=0, vmax=1)
    outline = ellipse((width / 2, height / 2), (width / 4, height / 4))
    start = time.process_time()
    mask[Outline(outline).contains_points(pixels).reshape(shape)] = 1
    shown.set_data(mask)
    canvas.draw()
    return 1000 * (time.process_time() - start)


def in_own_process(folder: Path, strokes: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--kernel", str(folder), "--strokes", str(strokes)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


# ---------------------------------------------------------------- the screen


class Screen:
    """A JupyterLab and a Chromium of its own."""

    def __init__(self, folder: Path) -> None:
        sys.path.insert(0, str(ROOT))
        from playwright.sync_api import sync_playwright

        from tests.browser import jupyter

        self.jupyter = jupyter
        (folder / "notebooks").mkdir()
        (folder / "state").mkdir()
        self.server = jupyter.JupyterServer(folder / "notebooks", folder / "state")
        self.server.start()
        self.playwright = sync_playwright().start()
        self.chromium = self.playwright.chromium.launch(
            executable_path=jupyter.CHROMIUM, args=jupyter.CHROMIUM_ARGUMENTS
        )

    def close(self) -> None:
        self.chromium.close()
        self.playwright.stop()
        self.server.stop()

    def measure(self, way: str, folder: Path, strokes: int) -> dict[str, float]:
        from tests.browser.canvas import Traffic

        page = self.chromium.new_page(viewport={"width": 1360, "height": 1000})
        page.set_default_timeout(120_000)
        traffic = Traffic.of(page)
        source = CELLS[way].format(folder=str(folder))
        notebook = self.jupyter.write_notebook(self.server.root / f"{way}.ipynb", source)
        try:
            self.server.open(page, notebook)
            return self.draw(page, way, traffic, strokes)
        finally:
            self.jupyter.shut_kernels(page)
            page.close()

    def draw(self, page, way, traffic, strokes) -> dict[str, float]:
        target = page.locator(TARGETS[way]).first
        target.wait_for()
        if way == "canvas":
            page.locator('[data-picture="painted"]').wait_for()
        page.wait_for_timeout(6000)
        target.scroll_into_view_if_needed()
        page.evaluate(METER, TARGETS[way])
        box = target.bounding_box()
        found = [self.stroke(page, way, box, traffic) for _ in range(strokes)]
        # The first is slower: the browser compiles what it has not run before.
        return {name: median(each[name] for each in found[1:] or found) for name in found[0]}

    def stroke(self, page, way, box, traffic) -> dict[str, float]:
        center = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        places = ellipse(center, (box["height"] / 3, box["height"] / 4)).tolist()
        traffic.start()
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places:
            page.mouse.move(*place)
        page.mouse.up()
        wait_for_paint = "() => typeof window.meter.paint === 'number'"
        page.wait_for_function(wait_for_paint, timeout=120_000)
        page.wait_for_timeout(1500)
        meter = page.evaluate("() => window.meter")
        found = {"paint_ms": meter["paint"], "frame_ms": meter["frame"]}
        found["wire_kb"] = traffic.bytes / 1000
        if way != "ancestor":
            page.keyboard.press("u")
        page.wait_for_timeout(3000)
        return found


# ---------------------------------------------------------------- the report


def report(results: dict[int, dict]) -> None:
    print(f"{'kernel':24}{'CPU ms':>9}{'kB':>9}{'open ms':>9}{'open MB':>9}")
    for size, found in results.items():
        kernel = found["kernel"]
        figures = [kernel[name] for name in ("stroke_ms", "stroke_kb", "open_ms", "open_mb")]
        print(f"{f'{size} MP, canvas':24}" + "".join(f"{figure:9.1f}" for figure in figures))
        if "ancestor_ms" in found:
            print(f"{f'{size} MP, ancestor':24}{found['ancestor_ms']:9.1f}")
    print(f"\n{'screen':24}{'paint ms':>9}{'frame ms':>9}{'wire kB':>9}")
    for size, found in results.items():
        for way, figures in found.get("screen", {}).items():
            print(f"{f'{size} MP, {way}':24}" + "".join(f"{f:9.1f}" for f in figures.values()))
    print(f"\nThe ancestor's way is left out above {ANCESTOR_LIMIT} MP in the kernel and above")
    print(f"{ANCESTOR_SCREEN_LIMIT} MP on the screen: a stroke takes minutes there.")


def measure(size: int, folder: Path, strokes: int, wanted: list, screen: Screen | None) -> dict:
    data = make_dataset(folder, size)
    found: dict = {"kernel": in_own_process(data.folder, strokes)}
    if size <= ANCESTOR_LIMIT and "ancestor" in wanted:
        found["ancestor_ms"] = measure_ancestor(SIZES[size][::-1])
    ways = [way for way in wanted if way != "ancestor" or size <= ANCESTOR_SCREEN_LIMIT]
    if screen is not None:
        counts = {"canvas": strokes + 1, "matplotlib": 4, "ancestor": 1}
        found["screen"] = {way: screen.measure(way, data.folder, counts[way]) for way in ways}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), choices=list(SIZES))
    parser.add_argument("--strokes", type=int, default=7)
    parser.add_argument("--ways", nargs="+", default=list(CELLS), choices=list(CELLS))
    parser.add_argument("--no-browser", action="store_true")
    parser.add_argument("--kernel", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.kernel:
        print(json.dumps(measure_kernel(options.kernel, options.strokes)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        screen = None if options.no_browser else Screen(folder)
        try:
            results = {}
            for size in options.sizes:
                results[size] = measure(size, folder, options.strokes, options.ways, screen)
                print(f"{size} MP: {results[size]}", file=sys.stderr)
        finally:
            if screen is not None:
                screen.close()
    report(results)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"Measured on {machine}, {VERTICES} vertices.")
    print(json.dumps({"machine": machine, "sizes": results}))


if __name__ == "__main__":
    main()
