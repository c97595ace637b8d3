"""The encoder weights that go into the image."""

import importlib.util
import shutil
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "docker" / "fetch_weights.py"
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def script(tmp_path, monkeypatch):
    """The script as it is copied to the builder, without a network."""
    monkeypatch.setenv("KERAS_HOME", "unset")
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, NOWHERE)
    copy = shutil.copy(SCRIPT, tmp_path)
    specification = importlib.util.spec_from_file_location("fetch_weights", copy)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_weights_that_cannot_be_fetched_are_told_and_left_out(script, tmp_path, capsys):
    script.main(tmp_path / "image", ["mobilenetv2"])

    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("Left out: No ImageNet weights for this encoder")
    assert "put the file into docker/weights/" in said[1]
    assert said[2:] == ["Encoder weights: none"]
    assert list((tmp_path / "image").iterdir()) == []


def test_weights_that_lie_beside_the_script_are_taken(script, tmp_path, capsys, encoder_weights):
    script.GIVEN.mkdir()
    shutil.copy(encoder_weights, script.GIVEN)

    script.main(tmp_path / "image", ["mobilenetv2"])

    assert capsys.readouterr().out == f"Encoder weights: {encoder_weights.name}\n"
    copied = tmp_path / "image" / encoder_weights.name
    assert copied.read_bytes() == encoder_weights.read_bytes()
    assert copied.stat().st_mode & 0o777 == 0o644


def test_an_encoder_that_does_not_exist_fails_no_build(script, tmp_path, capsys):
    script.main(tmp_path / "image", ["resnet81"])

    assert "Received: 'resnet81'" in capsys.readouterr().out


def test_without_encoders_the_folder_is_made_and_nothing_else(script, tmp_path, capsys):
    script.main(tmp_path / "image", [])

    assert capsys.readouterr().out == "Encoder weights: none\n"
