import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_seg.data import atomic_write
from notebook_seg.data.files import natural_key, stamp
from notebook_seg.errors import SaveError

# A limit on the size of files refuses to write in the way a full disk does.
FULL_DISK = """
import resource, signal, sys
from pathlib import Path
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
from notebook_seg.data import atomic_write
from notebook_seg.errors import SaveError
try:
    atomic_write(Path(sys.argv[1]), b"x" * 100_000)
except SaveError as error:
    print(error)
"""


def test_the_old_content_is_replaced_as_a_whole(tmp_path):
    path = tmp_path / "a.txt"
    atomic_write(path, b"a long first version")
    before = stamp(path)
    atomic_write(path, b"second")
    assert path.read_bytes() == b"second"
    assert stamp(path) != before
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path)], capture_output=True, text=True, check=True
    )
    assert f"Cannot write {path}" in done.stdout
    assert "File too large" in done.stdout
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_folder_in_the_way_is_a_save_error_that_leaves_nothing(tmp_path):
    (tmp_path / "a.txt" / "below").mkdir(parents=True)
    with pytest.raises(SaveError, match=r"a\.txt"):
        atomic_write(tmp_path / "a.txt", b"new")
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


@given(st.lists(st.integers(0, 10**12), unique=True))
def test_numbers_in_names_sort_by_their_value(numbers):
    names = sorted((f"fish_{n}_left" for n in numbers), key=natural_key)
    assert names == [f"fish_{n}_left" for n in sorted(numbers)]


@given(st.lists(st.text()), st.randoms())
def test_any_names_can_be_sorted_whatever_order_they_come_in(names, random):
    shuffled = random.sample(names, len(names))
    assert sorted(names, key=natural_key) == sorted(shuffled, key=natural_key)
