"""Trainings that take a second or two."""

import pytest

from notebook_seg.training import TrainingSession, make_plan
from notebook_seg.training.scale import WorkingScale
from tests.conftest import SMALL_NETWORK

SMALL = {
    "epochs": 4,
    "steps": 2,
    "patch": (64, 64),
    "batch_size": 2,
    **SMALL_NETWORK,
    "augmentation": "none",
}

TINY = {
    **SMALL,
    "epochs": 1,
    "scale": WorkingScale(long_side=64),
}


def new_session(dataset, out=None, **choices):
    split = dataset.split(validation=0.25, seed=0)
    plan = make_plan(dataset, split.train, **{**SMALL, **choices})
    return TrainingSession(dataset, plan, split, out)


def fail_after(session, number):
    def fail(epoch):
        if epoch.number == number:
            raise RuntimeError("the power went")

    session.epoch_ended.connect(fail)
    with pytest.raises(Exception, match="the power went"):
        session.run()
