import gc

import keras
import numpy as np
import pytest

from notebook_seg.training.graphs import forgotten_graphs
from notebook_seg.training.networks import build_network


def count_graphs():
    gc.collect()
    return sum(type(thing).__name__ == "FuncGraph" for thing in gc.get_objects())


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="other backends keep no graphs")
def test_nothing_of_a_network_that_was_trained_stays_in_memory():
    before = count_graphs()
    with forgotten_graphs():
        network = build_network("small_unet", "none", 2)
        network.compile("adamw", "mse")
        network.train_on_batch(np.zeros((1, 32, 32, 3)), np.zeros((1, 32, 32, 2)))
        assert count_graphs() > before
        del network
    assert count_graphs() == before
