import os
import stat

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
