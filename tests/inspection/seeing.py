"""What a model would say of real pictures, right but for what a test breaks on purpose."""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from notebook_seg.data import UNLABELLED, Dataset
from notebook_seg.inspection.evidence import Evidence, PictureEvidence, Seen, picture_evidence

PLAN = {
    "patch": (96, 96),
    "scale": {"long_side": None, "factor": 1.0},
    "loss": "cross_entropy + dice",
    "augmentation": "specimen",
    "encoder_weights": "imagenet",
    "minutes": 5.0,
    "epochs": None,
    "learning_rate": 0.001,
}


def right_probabilities(mask: np.ndarray, n_classes: int, blur: float = 1.5) -> np.ndarray:
    """Return probabilities that are sure of the mask, and unsure along its outlines."""
    classes = np.where(mask == UNLABELLED, 0, mask)
    channels = [(classes == label).astype(np.float32) for label in range(n_classes)]
    return np.stack([cv2.GaussianBlur(c, (0, 0), blur) for c in channels], axis=-1)


def looked_at(
    stem: str,
    image: np.ndarray,
    mask: np.ndarray | None,
    probabilities: np.ndarray,
    part: str,
    names: Sequence[str],
    edges: tuple[Sequence[int], Sequence[int]] = ((), ()),
) -> PictureEvidence:
    size = image.shape[1], image.shape[0]
    labels = probabilities.argmax(-1).astype(np.uint8)
    labels = cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST)
    seen = Seen(stem, image, mask, labels, probabilities)
    return picture_evidence(seen, part, names, edges)


def parts_of(stems: Sequence[str]) -> dict[str, str]:
    """Split as trainings do: of twelve pictures the model has learned from six."""
    n_train, n_validation = len(stems) // 2, len(stems) // 6
    return {
        stem: "train" if n < n_train else "validation" if n < n_train + n_validation else "test"
        for n, stem in enumerate(stems)
    }


def evidence_of(data: Dataset, changed: Mapping[str, PictureEvidence] | None = None) -> Evidence:
    """Return the evidence of a model that is right about every picture but those changed."""
    parts, pictures = parts_of(data.labelled), []
    for stem in data.labelled:
        image, mask = data.image(stem), data.drawn_mask(stem)
        right = right_probabilities(mask, data.n_classes)
        pictures.append(looked_at(stem, image, mask, right, parts[stem], data.class_names))
    kept = [p for p in pictures if p.stem not in (changed or {})]
    return Evidence(data.class_names, (*kept, *(changed or {}).values()), plan=PLAN)
