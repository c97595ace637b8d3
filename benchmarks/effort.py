"""How much work a mask is: IoU against strokes and vertices of a simulated annotator.

    python benchmarks/effort.py [--data ../shared/data] [--sets fish leaf yeast] [--quick]

An annotator goes around each object with a lasso and then around the worst errors that are left,
until the mask is as good as is asked for. It is the same hand and the same way of correcting in all
five ways of working:

- loose lasso: 10 pixels off the outline, 2 pixels of tremor;
- careful lasso: on the outline, 4 pixels of tremor;
- snap: the loose lasso, snapped to the specimen;
- pixel classifier: learns from two scribbles on each of the first three pictures; from the fourth
  on it proposes a mask at once, from what was drawn so far;
- trained model: trained on the first three pictures as they were drawn with snap; from the
  fourth on it proposes a mask.

A proposal that is worse than half right is refused; an object in it that is wrong in many places is
drawn again with snap, as a whole. The target is 0.95, or what the loose lasso
reaches if that is less. Accepting and refusing are keys, not strokes. The last line is all of it as
JSON.
"""

import argparse
import json
import os
import platform
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from annotator import loose_outline

from notebook_seg.assistance.advisor import Advisor
from notebook_seg.data import Dataset
from notebook_seg.labelling import LabellingSession
from notebook_seg.labelling.proposal import Proposal
from notebook_seg.workflow import train

SHARED = Path(__file__).parents[2] / "shared"
CLASSES = {
    "coins": ["coin"],
    "fish": ["fish"],
    "leaf": ["leaf", "symptom"],
    "nuclei": ["nucleus"],
    "yeast": ["mother", "daughter"],
}
FIRST = 3
TARGET = 0.95
MOST_STROKES = 40
ACCEPTABLE = 0.5
# Of an object that was proposed: more wrong pixels than this, and it is drawn anew.
REDRAWN = 0.06
# Fewer wrong pixels than this nobody goes after.
SMALLEST = 12
MARKS = (1, 2, 3, 5, 10, 20, 40)


class Hand(NamedTuple):
    """How far from the outline a lasso is drawn, and how much it trembles, in pixels."""

    offset: float
    tremor: float

    def around(self, piece, seed):
        """Return the lasso around an area; smaller ones are gone around closer."""
        size = 0.15 * np.sqrt(piece.sum())
        return loose_outline(piece, min(self.offset, size), min(self.tremor, size / 2), seed)[0]


LOOSE, CAREFUL, CORRECTING = Hand(10, 2), Hand(0, 4), Hand(0, 2)


@dataclass
class Work:
    """What was done on one picture: strokes, vertices and IoU after each."""

    stem: str
    log: list = field(default_factory=list)

    def note(self, vertices, reached):
        strokes, before = self.log[-1][:2] if self.log else (0, 0)
        self.log.append((strokes + (vertices > 0), before + vertices, round(reached, 4)))

    @property
    def strokes(self):
        return self.log[-1][0]

    @property
    def vertices(self):
        return self.log[-1][1]

    @property
    def reached(self):
        return max(iou for _, _, iou in self.log)

    def after(self, strokes):
        """Return the IoU after so many strokes, or after the last."""
        return [iou for count, _, iou in self.log if count <= strokes][-1]


def class_ious(drawn, truth, n_classes):
    """Return the IoU of each foreground class that is in either mask."""
    ious = {}
    for label in range(1, n_classes):
        union = ((drawn == label) | (truth == label)).sum()
        if union:
            ious[label] = ((drawn == label) & (truth == label)).sum() / union
    return ious


def pieces_of(pixels):
    """Return the number, the label image and the areas of the connected pieces, 0 being none."""
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(pixels.astype(np.uint8))
    return pieces, np.concatenate([[0], stats[1:, cv2.CC_STAT_AREA]]) if count > 1 else np.zeros(1)


def largest_piece(pixels):
    pieces, areas = pieces_of(pixels)
    return pieces == areas.argmax() if areas.max() else np.zeros(pixels.shape, bool)


def filled(piece):
    contours, _ = cv2.findContours(piece.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    canvas = np.zeros(piece.shape, np.uint8)
    return cv2.drawContours(canvas, contours, -1, 1, cv2.FILLED).view(bool)


class Annotator:
    """Draws with one session until each mask is as good as its target."""

    def __init__(self, session, truths, targets, hand=LOOSE, snap=False):
        self.session = session
        self.truths = truths
        self.targets = targets
        self.hand = hand
        self.snap = snap
        self.n_classes = session.dataset.n_classes

    def open(self, stem):
        self.session.open(stem)
        self.truth = self.truths[stem]
        self.hopeless = np.zeros(self.truth.shape, bool)
        self.gone_around = np.zeros(self.truth.shape, bool)
        self.work = Work(stem)
        self.note(0)

    def iou(self, labels=None):
        drawn = self.session.mask.labels if labels is None else labels
        return float(np.mean(list(class_ious(drawn, self.truth, self.n_classes).values()) or [1]))

    def note(self, vertices):
        self.work.note(vertices, self.iou())

    def finish(self):
        """Correct until the target is reached, or no stroke helps any more."""
        target = self.targets.get(self.work.stem, TARGET)
        while self.iou() < target and self.work.strokes < MOST_STROKES:
            worst = self.worst()
            if worst is None:
                break
            self.repair(*worst)
        self.session.mark_done()
        return self.work

    def accept(self, answer):
        """Start from a proposal unless it is hardly worth correcting."""
        if self.iou(answer.labels) < max(ACCEPTABLE, self.iou()):
            return
        mask = self.session.mask.labels
        if (mask != answer.labels).any():
            self.session.propose(Proposal.between(answer.title, mask, answer.labels))
            self.session.accept()
        self.note(0)

    def worst(self):
        """Return the largest wrong piece of the class that is worst, and its true label."""
        drawn, truth = self.session.mask.labels, self.truth
        ious = class_ious(drawn, truth, self.n_classes)
        for label in sorted(ious, key=ious.get):
            wrong = (drawn != truth) & ((drawn == label) | (truth == label)) & ~self.hopeless
            found = [(largest_piece(wrong & (truth == to)), to) for to in np.unique(truth[wrong])]
            piece, to = max(found, key=lambda pair: pair[0].sum(), default=(wrong, 0))
            if piece.sum() >= SMALLEST:
                return piece, int(to)
        return None

    def repair(self, piece, label):
        whole = self.object_at(piece, label)
        before = self.iou()
        seed = self.work.strokes
        if whole is not None:
            vertices = self.hand.around(whole[0], seed)
            self.lasso(vertices, whole[1], self.snap)
        else:
            vertices = CORRECTING.around(self.within_one_stroke(piece, label), seed)
            self.lasso(vertices, label, False)
        if self.iou() <= before + 1e-4:
            self.session.undo()
            self.hopeless |= piece
        self.note(len(vertices))

    def lasso(self, vertices, label, snap):
        if snap:
            self.session.stroke(vertices, tool="snap", label=label, mode="replace")
            self.session.accept()
        else:
            self.session.stroke(vertices, tool="lasso", label=label)

    def object_at(self, piece, label):
        """Return the object and label to be drawn as a whole, if that is the way to put it right.

        That is an object most of which is missing; with snap also one that a proposal has got
        wrong in many places. Nobody goes around one twice.
        """
        drawn, near = (
            self.session.mask.labels,
            cv2.dilate(piece.astype(np.uint8), None, iterations=2),
        )
        label = label or int(drawn[piece].max())
        pieces, _ = pieces_of(self.truth == label)
        touched = pieces[near.view(bool) & (pieces > 0)]
        if not len(touched):
            return None
        own = pieces == np.bincount(touched).argmax()
        wrong = (own & (drawn != label)).sum() + (piece & ~own).sum()
        worth = (REDRAWN if self.snap else 0.5) * own.sum()
        if wrong <= worth or self.gone_around[own].any():
            return None
        self.gone_around |= own
        return own, label

    def within_one_stroke(self, piece, label):
        """Return as much of a piece as a lasso can go around without harm, and a little more.

        Where the surroundings have the same label already, the lasso need not be exact.
        """
        right = self.truth == label
        while True:
            near = cv2.dilate(piece.astype(np.uint8), np.ones((11, 11), np.uint8)).view(bool)
            wanted = piece | (near & right)
            harm = filled(wanted) & ~right
            if harm.sum() <= 0.1 * piece.sum() or piece.sum() < 4 * SMALLEST:
                return largest_piece(wanted)
            piece = larger_half(piece)

    def scribble(self, label):
        """Draw a line through the middle of what has a label in truth."""
        path = line_through(self.truth == label)
        radius = max(2.0, max(self.truth.shape) / 200)
        self.session.stroke(path, tool="scribble", label=label, radius=radius)
        self.note(len(path))


def larger_half(piece):
    """Cut a piece across its longer side, and return the largest piece of the larger half."""
    left, top, width, height = cv2.boundingRect(piece.astype(np.uint8))
    one, other = piece.copy(), piece.copy()
    if width > height:
        one[:, left + width // 2 :], other[:, : left + width // 2] = False, False
    else:
        one[top + height // 2 :], other[: top + height // 2] = False, False
    return largest_piece(max(one, other, key=lambda half: half.sum()))


def line_through(pixels):
    """Return points (N, 2) of a line that keeps as far as it can from the rim of an area."""
    piece = largest_piece(pixels)
    depth = cv2.distanceTransform(np.pad(piece, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    left, top, width, height = cv2.boundingRect(piece.astype(np.uint8))
    wide = width >= height
    start, length = (left, width) if wide else (top, height)
    at = np.linspace(start + 0.1 * length, start + 0.9 * length, 24).astype(int)
    across = depth[:, at].argmax(axis=0) if wide else depth[at].argmax(axis=1)
    points = np.stack([at, across] if wide else [across, at], axis=1)
    deep = depth[points[:, 1], points[:, 0]] > 0.2 * depth.max()
    return points[deep].astype(float)


def by_lasso(annotator, stems):
    for stem in stems:
        annotator.open(stem)
        yield annotator.finish()


def by_pixel_classifier(annotator, stems):
    session = annotator.session
    advisor = Advisor(session.dataset)
    for number, stem in enumerate(stems):
        annotator.open(stem)
        if number < FIRST:
            for label in np.unique(annotator.truth).tolist():
                annotator.scribble(label)
        said = None if session.scribbles is None else session.scribbles.labels
        annotator.accept(advisor.by_learning(session.image, said, stems[:number]))
        yield annotator.finish()


def by_model(annotator, stems, options, folder):
    session, model = annotator.session, None
    for number, stem in enumerate(stems):
        if number == FIRST:
            session.save()
            model = train_on(session.dataset, folder, options)
        annotator.open(stem)
        if model is not None:
            annotator.accept(model.by_model(session.image))
        yield annotator.finish()


def train_on(dataset, folder, options):
    """Return an advisor with a model that was trained on what is labelled."""
    weights = SHARED / "weights/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"
    train(
        dataset,
        folder,
        epochs=options.epochs,
        encoder_weights=weights if weights.is_file() else None,
        validation=0.0,
        progress=False,
    )
    return Advisor(dataset, folder)


def truths_and_pictures(name, options, place):
    """Return the true masks of some pictures, and a dataset of these without any mask."""
    folder = options.data / name
    if name == "coins":
        source = Dataset.sample(place / "coins")
    else:
        images, masks = folder / "images", folder / "masks"
        source = Dataset.create(place / name, images, CLASSES[name], masks)
    stems = [str(s) for s in np.random.default_rng(options.seed).permutation(source.stems)]
    stems = stems[: options.pictures]
    return {stem: source.drawn_mask(stem) for stem in stems}, source


def new_session(source, stems, folder):
    paths = [source.image_path(stem) for stem in stems]
    names = [c.name for c in source.classes]
    return LabellingSession(Dataset.create(folder, paths, names))


def work_through(name, options, place):
    """Return the work of every way on one set of pictures."""
    truths, source = truths_and_pictures(name, options, place)
    stems, targets = list(truths), {}

    def annotator(way, **hand):
        folder = place / f"{name} {way}"
        return Annotator(new_session(source, stems, folder), truths, targets, **hand)

    done = {"loose lasso": list(by_lasso(annotator("loose"), stems))}
    targets |= {work.stem: min(TARGET, work.reached) for work in done["loose lasso"]}
    done["careful lasso"] = list(by_lasso(annotator("careful", hand=CAREFUL), stems))
    done["snap"] = list(by_lasso(annotator("snap", snap=True), stems))
    done["pixel classifier"] = list(by_pixel_classifier(annotator("pixel", snap=True), stems))
    if options.epochs:
        drawing = annotator("model", snap=True)
        folder = place / f"{name} model"
        done["trained model"] = list(by_model(drawing, stems, options, folder / "model"))
    return done


def summary(done):
    """Return one record for each way of working, over the pictures from the fourth on."""
    table = {}
    for way, works in done.items():
        later = works[FIRST:]
        table[way] = {
            "pictures": len(later),
            "strokes": mean(work.strokes for work in later),
            "vertices": mean(work.vertices for work in later),
            "IoU": mean(work.reached for work in later),
            "IoU after strokes": {n: mean(work.after(n) for work in later) for n in MARKS},
            "strokes on each": [work.strokes for work in later],
        }
    return table


def mean(values):
    return round(float(np.mean(list(values))), 3)


def show(name, table):
    ends = table["loose lasso"]
    print(f"\n{name}, {ends['pictures']} pictures from the fourth on, IoU after so many strokes")
    print(f"{'':17}" + "".join(f"{n:>7}" for n in MARKS) + "   strokes  vertices     IoU")
    for way, row in table.items():
        marks = "".join(f"{iou:7.3f}" for iou in row["IoU after strokes"].values())
        print(f"{way:17}{marks}{row['strokes']:10.1f}{row['vertices']:10.0f}{row['IoU']:8.3f}")


def judge(name, table):
    """Return what came of the two aims on one set of pictures."""
    found = {"snap after one stroke": table["snap"]["IoU after strokes"][1]}
    for helper in ("pixel classifier", "trained model"):
        for way in ("loose lasso", "careful lasso", "snap"):
            if helper in table:
                share = table[helper]["strokes"] / max(table[way]["strokes"], 1e-9)
                found[f"strokes of the {helper} against {way}"] = round(share, 3)
    for what, value in found.items():
        print(f"  {name}: {what}: {value}")
    return found


def options_given():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=SHARED / "data")
    parser.add_argument("--sets", nargs="+", choices=CLASSES, default=["fish", "yeast", "leaf"])
    parser.add_argument("--pictures", type=int, default=12, help="of each set, at most")
    parser.add_argument("--epochs", type=int, default=10, help="of the model; 0 leaves it out")
    parser.add_argument("--seed", type=int, default=0, help="decides the order of the pictures")
    parser.add_argument("--quick", action="store_true", help="6 coins, and a model of 2 epochs")
    options = parser.parse_args()
    if options.quick:
        options.sets, options.pictures, options.epochs = ["coins"], 6, 2
    return options


def main():
    options = options_given()
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"Effort of labelling, on {machine}, OpenCV {cv2.__version__}")
    results = {}
    for name in options.sets:
        start = time.process_time()
        with tempfile.TemporaryDirectory() as place:
            table = summary(work_through(name, options, Path(place)))
        show(name, table)
        results[name] = {"ways": table, "aims": judge(name, table)}
        results[name]["cpu seconds"] = round(time.process_time() - start)
    chosen = {"seed": options.seed, "epochs": options.epochs, "target": TARGET}
    print(json.dumps({"machine": machine, **chosen, "effort": results}))


if __name__ == "__main__":
    main()
