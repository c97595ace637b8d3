import numpy as np
import pytest

from notebook_seg.errors import ModelError
from notebook_seg.training.checkpoint import Checkpoint, checkpoint_file


def test_a_damaged_checkpoint_is_told(tmp_path):
    checkpoint_file(tmp_path).write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(ModelError, match="damaged"):
        Checkpoint.read(tmp_path)


def test_a_checkpoint_of_a_newer_version_asks_for_an_upgrade(tmp_path):
    np.savez(checkpoint_file(tmp_path), about=np.array('{"format": 99}'))
    with pytest.raises(ModelError, match="pip install --upgrade"):
        Checkpoint.read(tmp_path)
