"""The browser's half of the labeller under Node, alone and against the kernel's half."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from notebook_seg.data.box import Box
from notebook_seg.labelling.raster import brush_region, polygon_region

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def node():
    found = shutil.which("node")
    if found is None:
        reason = "node is absent: apt-get install nodejs"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def test_what_the_modules_promise_holds_under_node(node):
    files = sorted(HERE.glob("*.test.js"))
    result = subprocess.run([node, "--test", *files], capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stdout[-6000:] + result.stderr[-2000:]


def outline(rng, shape, count):
    """Vertices about a picture, many beyond its edges, in an order that crosses itself."""
    height, width = shape
    spread = np.array([width, height]) * rng.uniform(0.05, 1.4)
    center = rng.uniform(-0.2, 1.2, 2) * (width, height)
    return center + rng.uniform(-0.5, 0.5, (count, 2)) * spread


def drawn_cases():
    rng = np.random.default_rng(7)
    for _ in range(300):
        shape = tuple(rng.integers(1, 120, 2).tolist())
        vertices = outline(rng, shape, int(rng.integers(3, 60)))
        # Vertices at the centres of pixels and between them, where rounding decides.
        grid = rng.choice([0, 1, 2])
        yield "polygon", shape, np.round(vertices * grid) / grid if grid else vertices, 0.0
        radius = float(rng.choice([0.3, 0.5, 1, 2.5, rng.uniform(0.2, 40)]))
        path = outline(rng, shape, int(rng.integers(1, 12)))
        yield "brush", shape, np.round(path) if grid == 1 else path, radius


def expected_labels(kind, shape, points, radius):
    # What goes over the wire are single floats.
    points = points.astype(np.float32).astype(np.float64)
    if kind == "brush":
        region = brush_region(points, radius, shape)
    else:
        region = polygon_region(points, shape)
    labels = np.zeros(shape, bool)
    if region is not None:
        labels[region.box.slices] = region.inside
    return labels, None if region is None else region.box


def test_browser_and_kernel_fill_the_same_pixels(node):
    cases = list(drawn_cases())
    asked = [
        {"kind": kind, "height": h, "width": w, "points": points.tolist(), "radius": radius}
        for kind, (h, w), points, radius in cases
    ]
    command = [node, str(HERE / "fill.js")]
    answer = subprocess.run(
        command, input=json.dumps(asked), capture_output=True, text=True, timeout=300, check=True
    )
    filled = 0
    for case, region in zip(cases, json.loads(answer.stdout), strict=True):
        labels, box = expected_labels(*case)
        drawn = np.zeros(case[1], bool)
        for row, start, stop in zip(*(region["runs"] if region else ([], [], [])), strict=True):
            drawn[row, start:stop] = True
        np.testing.assert_array_equal(drawn, labels, err_msg=str(case))
        assert (Box(*region["box"]) if region else None) == box
        filled += bool(box)
    assert filled > 400
