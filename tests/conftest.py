"""Fixtures shared by all tests: the real photographs, and a model that trained briefly."""

import functools
import resource
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.commands import outcome_of

SHARED = Path(__file__).parents[2] / "shared"

SMALL_NETWORK = {"architecture": "small_unet", "encoder": "none", "encoder_weights": None}
"""Of the networks offered the one whose training begins soonest and whose files are smallest."""

BRIEFLY = {
    **SMALL_NETWORK,
    "epochs": 1,
    "steps": 2,
    "patch": (64, 64),
    "batch_size": 2,
    "progress": False,
}


@pytest.fixture
def notebook_seg(capfd):
    """Run a command in this process, as the installed program would."""
    return functools.partial(outcome_of, capfd)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real photographs and encoder weights that lies beside the repository."""
    if not SHARED.is_dir():
        pytest.skip("the real photographs are not here: ../shared is absent")
    return SHARED


@pytest.fixture(scope="session")
def photographs(shared: Path) -> Path:
    return shared / "data"


@pytest.fixture(scope="session")
def encoder_weights(shared: Path) -> Path:
    return shared / "weights" / "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"


@pytest.fixture(scope="session")
def coin_dataset(tmp_path_factory):
    from notebook_seg.data import Dataset

    return Dataset.sample(tmp_path_factory.mktemp("sample") / "coins")


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory, coin_dataset) -> Path:
    """A model folder as training leaves it, of a network that learned next to nothing."""
    from notebook_seg.workflow import train

    folder = tmp_path_factory.mktemp("model") / "model"
    train(coin_dataset, folder, test=0.25, **BRIEFLY)
    return folder


@pytest.fixture(scope="session")
def brief_model(model_folder):
    from notebook_seg.prediction import load_model

    return load_model(model_folder)


@pytest.fixture(scope="module")
def eager():
    """Run steps without graphs, which take longer to draw than a few steps of small networks."""
    import keras

    if keras.backend.backend() != "tensorflow":
        yield
        return
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def full_disk():
    """Let the system refuse to write beyond a size of a file, as it does when the disk is full."""

    @contextmanager
    def full(limit=0):
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return full
