import os
import stat
import subprocess
import sys
import textwrap

import pytest

from notebook_seg.training.device import describe_device, has_gpu, is_out_of_memory


def test_the_sentence_names_what_runs():
    assert ("GPU" if has_gpu() else "CPU") in describe_device()


@pytest.mark.skipif(has_gpu(), reason="a GPU is in use here")
def test_a_gpu_that_lies_idle_is_told(tmp_path, monkeypatch):
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path) + os.pathsep + os.environ["PATH"])
    assert 'pip install "notebook_seg[gpu]"' in describe_device()


def test_running_out_of_memory_is_told_from_other_failures():
    class ResourceExhaustedError(Exception):
        pass

    assert is_out_of_memory(ResourceExhaustedError("OOM when allocating"))
    assert is_out_of_memory(RuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating"))
    assert not is_out_of_memory(RuntimeError("shapes do not match"))


SHARED_OUT = """
    import sys
    import keras

    processors = keras.distribution.list_devices
    keras.distribution.list_devices = lambda kind: processors("cpu")

    from notebook_seg.data import Dataset
    from notebook_seg.workflow import train

    options = {"architecture": "small_unet", "encoder": "none", "encoder_weights": None}
    data = Dataset(sys.argv[1])
    model = train(data.subset(data.stems[:4]), sys.argv[2], epochs=2, steps=3, patch=(64, 64),
                  batch_size=3, validation=0.25, augmentation="none", progress=False, **options)
    print(model.record.training["device"])
    print(keras.distribution.distribution().device_mesh.shape)
    print(len(model.history["val_iou"]), model.record.plan.batch_size)
"""


@pytest.mark.long
def test_with_jax_several_devices_share_a_batch(coin_dataset, tmp_path):
    """Two processors, as XLA makes them, stand in for two GPUs."""
    pytest.importorskip("jax", reason='pip install "notebook_seg[jax]" is wanted')
    two = {"KERAS_BACKEND": "jax", "XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    command = [sys.executable, "-c", textwrap.dedent(SHARED_OUT), coin_dataset.folder, tmp_path]
    done = subprocess.run(
        command, env={**os.environ, **two}, capture_output=True, text=True, timeout=300
    )
    assert done.stdout.split("\n")[-4:-1] == ["Running on 2 GPUs.", "(2,)", "2 4"], done.stderr
