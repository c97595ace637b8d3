import numpy as np

from notebook_seg.training.cache import ArrayCache, suitable_bound
from notebook_seg.training.memory import free_memory


def kilobyte():
    return np.zeros(1000, np.uint8)


def refuse():
    raise AssertionError("read again")


def test_what_is_kept_is_not_read_again():
    cache = ArrayCache(5000)
    first = cache.get("a", kilobyte)
    assert cache.get("a", refuse) is first


def test_beyond_the_bound_the_longest_unused_goes():
    cache = ArrayCache(2000)
    for name in ("a", "b", "a", "c"):
        cache.get(name, kilobyte)
    assert cache.n_bytes == 2000
    read = []
    for name in ("a", "c"):
        cache.get(name, lambda: read.append(1) or kilobyte())
    assert not read
    cache.get("b", lambda: read.append(1) or kilobyte())
    assert read


def test_an_array_larger_than_the_bound_is_returned_and_leaves_the_others():
    cache = ArrayCache(1500)
    cache.get("small", kilobyte)
    assert len(cache.get("large", lambda: np.zeros(9000, np.uint8))) == 9000
    assert cache.n_bytes == 1000
    cache.get("small", refuse)


def test_the_bound_follows_from_the_free_memory_but_never_takes_much_of_it():
    assert 128 << 20 <= suitable_bound() <= max(free_memory() // 4, 128 << 20)
