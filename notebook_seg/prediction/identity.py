"""What makes two models the same: they say the same of every photograph."""

import hashlib
import json
from dataclasses import asdict

import numpy as np

from notebook_seg.prediction.ensemble import Ensemble
from notebook_seg.prediction.model import Model
from notebook_seg.prediction.predictor import Predictor

__all__ = ["fingerprint"]


def fingerprint(model: Predictor) -> str:
    """Return a text that is the same for models of the same classes, settings and weights.

    Parameters
    ----------
    model : Model or Ensemble

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for member in model.models if isinstance(model, Ensemble) else (model,):
        record = member.record
        said = [[asdict(c) for c in record.classes], record.plan.to_json()]
        digest.update(json.dumps(said, sort_keys=True).encode())
        if isinstance(member, Model):
            digest.update(repr(member.temperature).encode())
            for weight in member.network.weights:
                digest.update(np.ascontiguousarray(weight).tobytes())
    return digest.hexdigest()
