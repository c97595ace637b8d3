"""Catalogues: made in a folder, read from there or from a web server, by name."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from notebook_seg.errors import BundleError, CatalogueError, MissingExtraError, OptionError
from notebook_seg.sharing import add_to_catalogue, fetch, get, read_catalogue, share

from .serving import served
from .tampering import with_files, with_info


@pytest.fixture(scope="module")
def shelf(bundle, tmp_path_factory) -> Path:
    """A catalogue of one model, never to be written to."""
    folder = tmp_path_factory.mktemp("catalogue") / "shelf"
    add_to_catalogue(folder, bundle)
    return folder


@pytest.fixture
def own_shelf(shelf, tmp_path) -> Path:
    return Path(shutil.copytree(shelf, tmp_path / "own"))


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    """An empty place for what is fetched."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "notebook_seg" / "models"


def index_with(shelf: Path, **changes: object) -> None:
    """Change what the catalogue tells of its model."""
    index = json.loads((shelf / "catalogue.json").read_text())
    index["models"][0] |= changes
    (shelf / "catalogue.json").write_text(json.dumps(index))


# --- making one


def test_a_catalogue_tells_what_its_models_are_and_where(shelf, bundle):
    (entry,) = read_catalogue(shelf)

    assert (entry.name, entry.classes, entry.licence) == ("coins", ("coin",), "CC-BY-4.0")
    assert (entry.description, entry.file) == ("Ancient coins on grey.", "coins.nbseg.zip")
    assert (shelf / entry.file).read_bytes() == bundle.read_bytes()


def test_models_are_added_one_by_one_and_the_same_one_only_once(own_shelf, bundle, tmp_path):
    other = with_info(bundle, tmp_path / "other.nbseg.zip", name="Aurei")

    add_to_catalogue(own_shelf, bundle)
    add_to_catalogue(own_shelf, other)

    assert [entry.name for entry in read_catalogue(own_shelf)] == ["Aurei", "coins"]


def test_another_model_of_the_same_name_takes_its_place_only_on_request(
    own_shelf, bundle, tmp_path
):
    newer = with_info(bundle, tmp_path / "newer.nbseg.zip", description="More coins.")
    before = (own_shelf / "coins.nbseg.zip").read_bytes()

    with pytest.raises(OptionError, match="another model of this name"):
        add_to_catalogue(own_shelf, newer)
    assert (own_shelf / "coins.nbseg.zip").read_bytes() == before

    add_to_catalogue(own_shelf, newer, overwrite=True)
    assert [entry.description for entry in read_catalogue(own_shelf)] == ["More coins."]


def test_names_that_differ_in_capitals_alone_are_one_name(own_shelf, bundle, tmp_path):
    shouting = with_info(bundle, tmp_path / "shouting.nbseg.zip", name="COINS")

    with pytest.raises(OptionError, match="another model of this name"):
        add_to_catalogue(own_shelf, shouting)
    add_to_catalogue(own_shelf, shouting, overwrite=True)

    assert [entry.name for entry in read_catalogue(own_shelf)] == ["COINS"]


def test_a_file_that_the_catalogue_does_not_list_is_replaced_only_on_request(bundle, tmp_path):
    file = tmp_path / "coins.nbseg.zip"
    file.write_bytes(b"mine")

    with pytest.raises(OptionError, match="there already"):
        add_to_catalogue(tmp_path, bundle)
    assert file.read_bytes() == b"mine"

    add_to_catalogue(tmp_path, bundle, overwrite=True)
    assert fetch("coins", tmp_path).read_bytes() == bundle.read_bytes()


def test_a_name_that_is_taken_is_told_before_anything_is_written(own_shelf, model, tmp_path):
    out = tmp_path / "out" / "new.nbseg.zip"

    with pytest.raises(OptionError, match="another model of this name"):
        share(model, out, name="Coins", catalogue=own_shelf, progress=False)
    assert not out.parent.exists()


def test_sharing_into_a_catalogue_writes_the_file_there(model, tmp_path, coin_dataset):
    file = share(model, name="coins", catalogue=tmp_path / "shelf", progress=False)

    assert file == tmp_path / "shelf" / "coins.nbseg.zip"
    labels = get("coins", tmp_path / "shelf", progress=False).predict(coin_dataset.image("coin_07"))
    np.testing.assert_array_equal(
        labels.labels, model.predict(coin_dataset.image("coin_07")).labels
    )


def test_what_is_no_bundle_is_not_added(own_shelf, tmp_path):
    (tmp_path / "a.nbseg.zip").write_bytes(b"mine")

    with pytest.raises(BundleError, match="no zip file"):
        add_to_catalogue(own_shelf, tmp_path / "a.nbseg.zip")
    assert len(read_catalogue(own_shelf)) == 1


def test_an_index_that_cannot_be_read_is_not_written_over(own_shelf, bundle):
    (own_shelf / "catalogue.json").write_text("my own notes")

    with pytest.raises(CatalogueError, match="it is no JSON"):
        add_to_catalogue(own_shelf, bundle)
    assert (own_shelf / "catalogue.json").read_text() == "my own notes"


# --- getting from a folder


def test_a_model_is_written_to_a_folder_for_every_command(shelf, tmp_path, coin_dataset, model):
    got = get("coins", shelf, tmp_path / "coins", progress=False)

    assert {path.name for path in (tmp_path / "coins").iterdir()} == {
        "bundle.json",
        "card.md",
        "history.csv",
        "model.json",
        "model.weights.h5",
        "test",
    }
    photograph = coin_dataset.image("coin_08")
    np.testing.assert_array_equal(got.predict(photograph).labels, model.predict(photograph).labels)
    with pytest.raises(OptionError, match="is there already"):
        get("coins", shelf, tmp_path / "coins", progress=False)


def test_the_environment_tells_where_the_catalogue_is(shelf, monkeypatch):
    with pytest.raises(CatalogueError, match="Say where the catalogue is"):
        fetch("coins")
    monkeypatch.setenv("NOTEBOOK_SEG_CATALOGUE", str(shelf))

    assert fetch("coins") == shelf / "coins.nbseg.zip"


def test_a_name_that_is_not_there_is_told_with_those_that_are(shelf):
    with pytest.raises(OptionError, match="did you mean 'coins'"):
        fetch("coin", shelf)


def test_a_folder_that_is_no_catalogue(tmp_path):
    with pytest.raises(CatalogueError, match=r"catalogue\.json in it cannot be read"):
        fetch("coins", tmp_path)


def test_a_file_that_is_not_the_one_that_is_listed(own_shelf, bundle):
    with_files(bundle, own_shelf / "coins.nbseg.zip", {"card.md": b"Another card"})

    with pytest.raises(BundleError, match="its checksum is another"):
        fetch("coins", own_shelf)


@pytest.mark.parametrize("changes", [{"name": "minnows"}, {"classes": ["fin"]}], ids=str)
def test_a_model_that_is_not_what_the_catalogue_says_of_it(own_shelf, changes):
    index_with(own_shelf, **changes)

    with pytest.raises(BundleError, match=r"it is coins \(coin\)"):
        fetch(changes.get("name", "coins"), own_shelf)


def test_two_entries_of_one_name(own_shelf):
    index = json.loads((own_shelf / "catalogue.json").read_text())
    index["models"].append(index["models"][0] | {"name": "Coins"})
    (own_shelf / "catalogue.json").write_text(json.dumps(index))

    with pytest.raises(CatalogueError, match="two models of one name"):
        read_catalogue(own_shelf)


def test_a_file_that_is_listed_and_not_there(own_shelf):
    (own_shelf / "coins.nbseg.zip").unlink()

    with pytest.raises(CatalogueError, match="is not in it"):
        fetch("coins", own_shelf)


@pytest.mark.parametrize(
    "file",
    [
        "../elsewhere.zip",
        "/etc/passwd",
        "//example.org/a.zip",
        "a/../../b.zip",
        "file:///etc/passwd",
        "ftp://host/a.zip",
        "\\\\host\\share\\a.zip",
        "C:/a.zip",
        "%2e%2e/a.zip",
        "a.zip?x=1",
        "",
        5,
        None,
    ],
)
def test_a_catalogue_that_points_to_other_files_of_this_machine(own_shelf, file):
    index_with(own_shelf, file=file)

    with pytest.raises(CatalogueError, match="lies outside of the catalogue"):
        fetch("coins", own_shelf)


def test_a_link_out_of_the_catalogue_is_not_followed(own_shelf, bundle):
    (own_shelf / "coins.nbseg.zip").unlink()
    (own_shelf / "coins.nbseg.zip").symlink_to(bundle)

    with pytest.raises(CatalogueError, match="is not in it"):
        fetch("coins", own_shelf)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"kind": "notebook_seg bundle", "format": 1}',
        '{"kind": "notebook_seg catalogue", "format": 1}',
        '{"kind": "notebook_seg catalogue", "format": 1, "models": [5]}',
        '{"kind": "notebook_seg catalogue", "format": 1, "models": [{"name": "coins"}]}',
        '{"kind": "notebook_seg catalogue", "format": 9, "models": []}',
    ],
)
def test_an_index_of_another_kind(own_shelf, text):
    (own_shelf / "catalogue.json").write_text(text)

    with pytest.raises(CatalogueError, match=r"catalogue\.json of .* cannot be read"):
        read_catalogue(own_shelf)


def test_an_empty_catalogue(own_shelf):
    index = {"kind": "notebook_seg catalogue", "format": 1, "models": []}
    (own_shelf / "catalogue.json").write_text(json.dumps(index))

    with pytest.raises(CatalogueError, match="is empty"):
        fetch("coins", own_shelf)


# --- getting from a web server


def test_a_web_server_hands_out_a_catalogue_and_each_model_is_fetched_once(shelf, cache, bundle):
    with served(shelf) as server:
        first = fetch("coins", server.address, progress=False)
        second = fetch("coins", f"{server.address}/catalogue.json", progress=False)

        assert server.asked.count("/coins.nbseg.zip") == 1
    assert first == second
    assert first.parent == cache
    assert first.read_bytes() == bundle.read_bytes()


def test_a_kept_file_that_was_damaged_is_fetched_again(shelf, bundle):
    with served(shelf) as server:
        fetch("coins", server.address, progress=False).write_bytes(b"damaged")

        again = fetch("coins", server.address, progress=False)

    assert again.read_bytes() == bundle.read_bytes()


def test_a_bundle_has_an_address_of_its_own_too(shelf, bundle):
    with served(shelf) as server:
        file = fetch(f"{server.address}/coins.nbseg.zip", progress=False)

    assert file.read_bytes() == bundle.read_bytes()


def test_a_catalogue_may_list_what_lies_on_another_server(own_shelf, shelf, bundle):
    with served(shelf) as elsewhere, served(own_shelf) as server:
        index_with(own_shelf, file=f"{elsewhere.address}/coins.nbseg.zip")

        for catalogue in (server.address, own_shelf):
            file = fetch("coins", catalogue, progress=False)
            assert file.read_bytes() == bundle.read_bytes()
        assert elsewhere.asked == ["/coins.nbseg.zip"]


def test_a_wrong_file_from_a_server_is_refused_and_not_kept(own_shelf, bundle, cache):
    content = bytearray(bundle.read_bytes())
    content[1000] ^= 1
    (own_shelf / "coins.nbseg.zip").write_bytes(content)

    with served(own_shelf) as server, pytest.raises(BundleError, match="its checksum is another"):
        fetch("coins", server.address, progress=False)
    assert list(cache.iterdir()) == []


def test_a_server_that_sends_more_than_the_catalogue_lists_is_not_listened_to(own_shelf, cache):
    with (own_shelf / "coins.nbseg.zip").open("ab") as file:
        file.write(bytes(1_000_000))

    with served(own_shelf) as server, pytest.raises(CatalogueError, match="larger than the"):
        fetch("coins", server.address, progress=False)
    assert list(cache.iterdir()) == []


def test_a_transfer_that_breaks_off_leaves_nothing(shelf, cache):
    with served(shelf) as server:
        server.broken.add("/coins.nbseg.zip")

        with pytest.raises(CatalogueError, match="broke off after 2 of 1000000 bytes"):
            fetch("coins", server.address, progress=False)
    assert list(cache.iterdir()) == []


def test_a_file_that_is_not_on_the_server(shelf):
    with served(shelf) as server:
        with pytest.raises(CatalogueError, match="the server says 404"):
            fetch("coins", f"{server.address}/nowhere", progress=False)
        with pytest.raises(CatalogueError, match="the server says 404"):
            fetch(f"{server.address}/other.nbseg.zip", progress=False)


def test_a_server_that_is_not_there():
    with pytest.raises(CatalogueError, match=r"127\.0\.0\.1:9/catalogue\.json cannot be fetched"):
        fetch("coins", "http://127.0.0.1:9", progress=False)


def test_a_redirection_to_a_file_of_this_machine_is_not_followed(shelf):
    with served(shelf) as server:
        server.redirects["/catalogue.json"] = (shelf / "catalogue.json").as_uri()

        with pytest.raises(CatalogueError, match="is not allowed"):
            fetch("coins", server.address, progress=False)


def test_a_redirection_to_another_place_on_the_web_is_followed(shelf):
    with served(shelf) as server:
        server.redirects["/catalogue.json"] = f"{server.address}/moved/../catalogue.json?new"

        assert [entry.name for entry in read_catalogue(server.address)] == ["coins"]


# --- the Hugging Face Hub

FETCH = """
import sys
from notebook_seg.errors import NotebookSegError
from notebook_seg.sharing import fetch
for where in sys.argv[1:]:
    try:
        print(fetch("coins", where, progress=False))
    except NotebookSegError as error:
        print(f"{type(error).__name__}: {error}")
"""

REPOSITORIES = ("fish", "birds@v2", "padded", "chatty")


@pytest.fixture(scope="module")
def hub(shelf, tmp_path_factory) -> tuple[str, ...]:
    """What comes of repositories: one that is there, one that is not, some with large files.

    In a process of its own, which takes a server of ours for the Hub.
    """
    pytest.importorskip("huggingface_hub")
    home = tmp_path_factory.mktemp("home")
    root = Path(shutil.copytree(shelf, tmp_path_factory.mktemp("hub") / "root"))
    for name, file in (("padded", "coins.nbseg.zip"), ("chatty", "catalogue.json")):
        repository = shutil.copytree(shelf, root / "museum" / name / "resolve" / "main")
        with (repository / file).open("ab") as padded:
            padded.truncate(padded.tell() + 2**24)
    with served(root) as server:
        surroundings = {"HF_ENDPOINT": server.address, "HF_HOME": str(home)}
        done = subprocess.run(
            [sys.executable, "-c", FETCH, *(f"hf://museum/{name}" for name in REPOSITORIES)],
            env=os.environ | surroundings | {"HF_HUB_DISABLE_XET": "1"},
            capture_output=True,
            text=True,
            check=True,
        )
        for name, file in (("padded", "coins.nbseg.zip"), ("chatty", "catalogue.json")):
            assert f"/museum/{name}/resolve/main/{file}" not in server.asked
    told = tuple(done.stdout.strip().splitlines()[-len(REPOSITORIES) :])
    assert Path(told[0]).is_relative_to(home)
    return told


def test_a_repository_of_the_hub_is_a_catalogue(hub, bundle):
    assert Path(hub[0]).read_bytes() == bundle.read_bytes()


def test_a_repository_that_is_not_there_is_one_clear_error(hub):
    assert hub[1].startswith(
        "CatalogueError: catalogue.json of hf://museum/birds cannot be fetched"
    )


def test_files_of_the_hub_that_are_larger_than_they_may_be_are_not_fetched(hub, bundle):
    n_bytes = bundle.stat().st_size

    assert f"has {n_bytes + 2**24} bytes, and may have {n_bytes}" in hub[2]
    assert re.search(rf"catalogue\.json of hf://museum/chatty has \d+ bytes.* {2**24}", hub[3])


@pytest.mark.parametrize("where", ["hf://museum", "hf://", "hf://a/b/c", "hf:///b", "hf://a/@v1"])
def test_a_repository_is_written_with_its_owner(where):
    with pytest.raises(CatalogueError, match="hf://OWNER/NAME"):
        fetch("coins", where)


def test_without_the_library_for_the_hub_the_error_tells_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)

    with pytest.raises(MissingExtraError, match=r'pip install "notebook_seg\[hub\]"'):
        fetch("coins", "hf://museum/fish")
