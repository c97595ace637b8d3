import os
import subprocess
import sys

from notebook_seg.training.augmentation.library import albumentations


def test_the_environment_is_left_as_it_was():
    albumentations()
    assert "NO_ALBUMENTATIONS_UPDATE" not in os.environ


def test_threads_that_begin_together_leave_the_environment_as_it_was():
    source = """
import os
from concurrent.futures import ThreadPoolExecutor
from notebook_seg.training.augmentation.library import albumentations

with ThreadPoolExecutor(8) as threads:
    assert len(set(threads.map(lambda _: albumentations(), range(8)))) == 1
assert "NO_ALBUMENTATIONS_UPDATE" not in os.environ
"""
    assert subprocess.run([sys.executable, "-c", source], timeout=120).returncode == 0
