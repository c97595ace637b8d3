import functools
import hashlib
import http.server
import threading

import pytest

from notebook_seg.errors import WeightsError
from notebook_seg.training.weights import find_weights, weights_folder

NAME = "encoder_no_top.h5"
CONTENT = b"not really weights, but bytes"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "keras" / "models"


@pytest.fixture
def address(tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / NAME).write_bytes(CONTENT)
    handler = functools.partial(QuietHandler, directory=tmp_path / "site")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/{NAME}"
    server.shutdown()
    server.server_close()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def test_a_file_in_the_cache_is_used_without_asking_the_network(cache):
    cache.mkdir(parents=True)
    (cache / NAME).write_bytes(CONTENT)
    assert find_weights(NAME, "http://127.0.0.1:9/nowhere") == str(cache / NAME)


def test_a_file_that_is_not_there_is_fetched_into_the_cache(cache, address):
    digest = hashlib.md5(CONTENT).hexdigest()
    assert find_weights(NAME, address, md5_hash=digest) == str(cache / NAME)
    assert (cache / NAME).read_bytes() == CONTENT


def test_a_fetched_file_with_a_wrong_checksum_is_refused_and_not_kept(cache, address):
    with pytest.raises(WeightsError, match=NAME):
        find_weights(NAME, address, md5_hash="0" * 32)
    assert list(cache.iterdir()) == []


def test_no_internet_names_the_file_and_where_to_put_it(cache):
    with pytest.raises(WeightsError) as told:
        find_weights(NAME, f"http://127.0.0.1:9/{NAME}")
    assert NAME in str(told.value)
    assert str(cache) in str(told.value)
    assert "encoder_weights=None" in str(told.value)
    assert "\n" not in str(told.value)


def test_a_path_may_be_the_file_or_its_folder(tmp_path):
    (tmp_path / NAME).write_bytes(CONTENT)
    for source in (tmp_path, tmp_path / NAME):
        assert find_weights(NAME, "unused", source=source) == str(tmp_path / NAME)


def test_a_path_without_the_file_is_told(tmp_path):
    with pytest.raises(WeightsError, match=NAME):
        find_weights(NAME, "unused", source=tmp_path)


def test_the_cache_is_in_the_home_folder_unless_keras_is_told_otherwise(monkeypatch, tmp_path):
    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert weights_folder() == tmp_path / ".keras" / "models"
