"""Fixtures shared by all tests: where the real photographs and encoder weights are."""

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"


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
