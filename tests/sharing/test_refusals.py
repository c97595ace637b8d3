"""What is damaged, or was made to do harm, is refused in one line before anything comes of it."""

import io
import json
import stat
import struct
import zipfile

import h5py
import numpy as np
import pytest
from PIL import Image

from notebook_seg.errors import BundleError
from notebook_seg.sharing import load_model, open_bundle, read_info, unpack_bundle

from .tampering import contents, packed, patched, with_files, with_info, with_plan, with_record


@pytest.fixture
def refused(tmp_path):
    """Return what is said about a bundle that is not opened, of which nothing is left behind."""

    def reason(file) -> str:
        here = tmp_path / "here"
        here.mkdir()
        before = sorted(tmp_path.iterdir())
        with pytest.raises(BundleError) as caught:
            unpack_bundle(file, here / "model")
        assert list(here.iterdir()) == []
        assert sorted(tmp_path.iterdir()) == before
        message = str(caught.value)
        assert message.isprintable()
        assert str(file) in message
        return message

    return reason


def h5_content(fill) -> bytes:
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        fill(file)
    return content.getvalue()


def png_content(pixels: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()


# --- the file as a whole


@pytest.mark.parametrize("share_left", [0.0, 0.001, 0.5, 0.999])
def test_a_bundle_that_is_cut_off(bundle, tmp_path, refused, share_left):
    content = bundle.read_bytes()
    file = tmp_path / "cut.nbseg.zip"
    file.write_bytes(content[: int(len(content) * share_left)])

    assert "cut off" in refused(file)


def test_a_file_that_is_not_a_zip(tmp_path, refused):
    file = tmp_path / "notes.nbseg.zip"
    file.write_text("These are my notes, and they are longer than the end of a zip file.")

    assert "it is no zip file" in refused(file)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(BundleError, match="There is no file"):
        open_bundle(tmp_path / "gone.nbseg.zip")
    with pytest.raises(BundleError, match="is a folder"):
        open_bundle(tmp_path)


def test_a_zip_file_of_something_else(tmp_path, refused):
    file = packed(tmp_path / "letters.zip", {"letter.md": b"Dear colleague"})

    assert "bundle.json is missing" in refused(file)


def test_bytes_that_changed_on_the_way(bundle, tmp_path, refused):
    content = bytearray(bundle.read_bytes())
    content[len(content) // 2] ^= 1
    file = tmp_path / "changed.nbseg.zip"
    file.write_bytes(content)

    assert "model.weights.h5" in refused(file) or "damaged" in refused(file)


def test_a_directory_that_claims_more_files_than_there_can_be(bundle, tmp_path, refused):
    content = bundle.read_bytes()
    *head, _, size, offset, comment = struct.unpack("<4s4H2LH", content[-22:])
    file = tmp_path / "many.nbseg.zip"
    file.write_bytes(content[:-22] + struct.pack("<4s4H2LH", *head, 60_000, size, offset, comment))

    assert "60000 files" in refused(file)


def test_more_files_than_a_model_has(tmp_path, refused):
    file = packed(tmp_path / "many.nbseg.zip", {f"card{n}.md": b"" for n in range(300)})

    assert "300 files" in refused(file)


def test_a_zip_file_made_for_more_than_two_gigabytes(bundle, tmp_path, refused):
    content = bundle.read_bytes()
    file = tmp_path / "large.nbseg.zip"
    file.write_bytes(content[:-22] + b"PK\6\7" + bytes(16) + content[-22:])

    assert "made for more than 2 GB" in refused(file)


# --- names


@pytest.mark.parametrize(
    "name",
    [
        "../evil.md",
        "test/../../evil.md",
        "/tmp/evil.md",
        "C:/evil.md",
        "..\\evil.md",
        "test\\evil.md",
        "test/",
        ".hidden.md",
        "a/b/c.md",
        "\x1b[31mred.md",
        "model.json\n",
    ],
)
def test_names_that_lead_elsewhere(bundle, tmp_path, refused, name):
    file = with_files(bundle, tmp_path / "evil.nbseg.zip", {name: b"harm"})

    assert "no name for a file in it" in refused(file)


def test_a_name_that_ends_early_for_some_programs(bundle, tmp_path, refused):
    named = with_files(bundle, tmp_path / "named.nbseg.zip", {"more.md.x.md": b"harm"})
    file = patched(named, tmp_path / "evil.nbseg.zip", b"more.md.x.md", b"more.md\0x.md")

    assert "no name for a file in it" in refused(file)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFDIR, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices(bundle, tmp_path, refused, kind):
    link = zipfile.ZipInfo("card.md")
    link.external_attr = (kind | 0o777) << 16
    files = contents(bundle)
    del files["card.md"]
    file = packed(tmp_path / "link.nbseg.zip", {**files, link: b"/etc/passwd"})

    assert "a link or a device" in refused(file)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name(bundle, tmp_path, refused):
    second = zipfile.ZipInfo("card.md")
    file = packed(tmp_path / "twice.nbseg.zip", {**contents(bundle), second: b"another card"})

    assert "'card.md' twice" in refused(file)


@pytest.mark.parametrize("name", ["run.py", "model.pkl", "config.yaml", "model.keras", "readme"])
def test_kinds_of_files_that_no_model_has(bundle, tmp_path, refused, name):
    file = with_files(bundle, tmp_path / "more.nbseg.zip", {name: b"harm"})

    assert "no model has" in refused(file)


@pytest.mark.parametrize("name", ["more.json", "test/more.png", "model_1/model.weights.h5"])
def test_files_that_are_no_part_of_the_model(bundle, tmp_path, refused, name):
    file = with_files(bundle, tmp_path / "more.nbseg.zip", {name: b"{}"})

    assert "which is no part of a model" in refused(file)


@pytest.mark.parametrize(
    "name",
    ["model.json", "model.weights.h5", "history.csv", "card.md", "test/labels.png"],
)
@pytest.mark.parametrize("listed", [True, False])
def test_files_that_are_missing(bundle, tmp_path, refused, name, listed):
    file = with_files(bundle, tmp_path / "less.nbseg.zip", {name: None}, listed)

    assert f"{name} is missing" in refused(file)


# --- sizes


def test_a_file_that_grows_beyond_measure_when_it_is_unpacked(bundle, tmp_path, refused):
    file = with_files(bundle, tmp_path / "bomb.nbseg.zip", {"history.csv": bytes(50_000_000)})

    assert "grows from" in refused(file)


def test_a_file_that_is_larger_than_its_kind_can_be(bundle, tmp_path, refused):
    long = np.random.default_rng(0).bytes(2**20 + 1)
    file = with_files(bundle, tmp_path / "large.nbseg.zip", {"card.md": long})

    assert "card.md in it would have 1048577 bytes" in refused(file)


def test_a_file_that_is_larger_than_it_tells(bundle, tmp_path, refused):
    # Zeros would be unpacked to 50 million bytes, of which the directory tells a thousand.
    honest = with_files(bundle, tmp_path / "honest.zip", {"history.csv": bytes(50_000_000)}, False)
    told = struct.pack("<L", 50_000_000)
    file = patched(honest, tmp_path / "bomb.nbseg.zip", told, struct.pack("<L", 1000))

    message = refused(file)

    assert "has not the size" in message or "damaged" in message


def test_sizes_that_only_the_list_of_files_tells_truly(bundle, tmp_path, refused):
    honest = with_files(bundle, tmp_path / "honest.zip", {"history.csv": bytes(2000)})
    told, less = struct.pack("<L", 2000), struct.pack("<L", 1000)
    file = patched(honest, tmp_path / "bomb.nbseg.zip", told, less)

    assert "history.csv in it has not the size" in refused(file)


# --- what it says of itself


def test_a_wrong_checksum(bundle, tmp_path, refused):
    file = with_files(bundle, tmp_path / "swapped.nbseg.zip", {"card.md": b"x" * 100}, False)

    assert "card.md in it" in refused(file)

    honest = json.loads(contents(bundle)["bundle.json"])["files"]
    honest["card.md"]["sha256"] = "0" * 64
    file = with_info(bundle, tmp_path / "claimed.nbseg.zip", files=honest)

    (tmp_path / "here").rmdir()
    assert "checksum of card.md in it is wrong" in refused(file)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"no JSON",
        b"[]",
        b"5",
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"kind": "something else", "format": 1}',
        b'{"kind": "notebook_seg bundle"}',
        b'{"kind": "notebook_seg bundle", "format": "1"}',
        b'{"kind": "notebook_seg bundle", "format": 1}',
        b'{"kind": "notebook_seg bundle", "format": ' + b"1" * 5000 + b"}",
    ],
    ids=range(12),
)
def test_a_description_of_another_kind(bundle, tmp_path, refused, text):
    file = with_files(bundle, tmp_path / "foreign.nbseg.zip", {"bundle.json": text})

    assert "bundle.json in it is not to be understood" in refused(file)


def test_a_bundle_of_a_later_version_tells_how_to_update(bundle, tmp_path, refused):
    file = with_info(bundle, tmp_path / "later.nbseg.zip", format=2)

    assert "pip install --upgrade notebook_seg" in refused(file)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "../coins"},
        {"name": 5},
        {"licence": ["MIT"]},
        {"description": "\x1b]0;title\x07"},
        {"citation": "a" * 50_000},
        {"classes": "coin"},
        {"classes": [1]},
        {"authors": {"a": 1}},
        {"files": []},
        {"files": {"card.md": "abc"}},
        {"files": {"card.md": {"sha256": "abc", "bytes": 1}}},
        {"files": {"card.md": {"sha256": "0" * 64, "bytes": -1}}},
        {"files": {"card.md": {"sha256": "0" * 64, "bytes": True}}},
    ],
    ids=str,
)
def test_a_description_with_values_of_another_kind(bundle, tmp_path, changes):
    file = with_info(bundle, tmp_path / "foreign.nbseg.zip", **changes)

    with pytest.raises(BundleError, match=r"bundle\.json in it is not to be understood"):
        read_info(file)


def test_other_classes_than_the_model_knows(bundle, tmp_path, refused):
    assert "other classes" in refused(with_info(bundle, tmp_path / "a.zip", classes=["fish"]))


# --- settings


@pytest.mark.parametrize(
    "changes",
    [
        {"classes": [{"index": 7, "name": "coin", "color": "#e6194b"}]},
        {"classes": [{"index": 1, "name": "coin", "color": "red"}]},
        {"classes": [{"index": n, "name": f"c{n}", "color": "#e6194b"} for n in range(1, 300)]},
        {"classes": []},
        {"classes": 3},
        {"plan": 3},
        {"split": {}},
        {"split": {"train": 5, "validation": [], "test": []}},
        {"training": []},
        {"training": {"temperature": "hot"}},
        {"training": {"temperature": float("nan")}},
        {"training": {"temperature": -1}},
        {"training": {"temperature": 10**400}},
        {"versions": 3},
        {"format": "one"},
        {"format": 99},
    ],
    ids=lambda changes: str(changes)[:40],
)
def test_settings_of_another_kind(bundle, tmp_path, refused, changes):
    file = with_record(bundle, tmp_path / "settings.nbseg.zip", **changes)

    assert "its model is not to be trusted" in refused(file)


@pytest.mark.parametrize(
    "changes",
    [
        {"architecture": "os.system"},
        {"architecture": ["unet"]},
        {"loss": "__import__('os').system('true')"},
        {"augmentation": {"transform": {"__class_fullname__": "os.system", "transforms": []}}},
        {"augmentation": None},
        {"patch": [3_200_000, 3_200_000]},
        {"scale": {"long_side": 10**9}},
        {"scale": {"factor": 1000}},
        {"scale": {"factor": "much"}},
        {"scale": {}},
        {"scale": {"long_side": 64, "factor": 2}},
        {"channels": 10**6},
        {"encoder_weights": "/home/somebody/weights.h5"},
        {"encoder_weights": "../weights.h5"},
        {"encoder_weights": ".."},
        {"encoder_weights": "\\\\host\\share\\weights.h5"},
        {"encoder_weights": "C:weights.h5"},
        {"encoder_weights": 5},
    ],
    ids=lambda changes: str(changes)[:40],
)
def test_plans_that_ask_for_code_or_for_all_of_the_memory(bundle, tmp_path, refused, changes):
    file = with_plan(bundle, tmp_path / "plan.nbseg.zip", **changes)

    assert "its model is not to be trusted" in refused(file)


@pytest.mark.parametrize(
    "members",
    [
        {"format": 1, "models": ["model_1", "../../elsewhere"]},
        {"format": 1, "models": ["/etc", "model_2"]},
        {"format": 1, "models": ["model_1"]},
        {"format": 1, "models": 2},
        {"format": 1},
        [],
    ],
    ids=str,
)
def test_ensembles_that_name_models_elsewhere(ensemble_bundle, tmp_path, refused, members):
    changes = {"ensemble.json": json.dumps(members).encode()}
    file = with_files(ensemble_bundle, tmp_path / "several.nbseg.zip", changes)

    assert "does not name the models that are in it" in refused(file)


def test_an_ensemble_of_which_one_model_would_take_all_of_the_memory(
    ensemble_bundle, tmp_path, refused
):
    record = json.loads(contents(ensemble_bundle)["model_2/model.json"])
    record["plan"]["scale"] = {"long_side": None, "factor": 8}
    names = [f"coin_{number}" for number in range(1, 10)]
    record["classes"] = [
        {"index": index, "name": name, "color": "#e6194b"} for index, name in enumerate(names, 1)
    ]
    changes = {
        "model_2/model.json": json.dumps(record).encode(),
        "test/photograph.png": png_content(np.zeros((1024, 1024, 3), np.uint8)),
        "test/labels.png": png_content(np.zeros((1024, 1024), np.uint8)),
    }
    file = with_files(ensemble_bundle, tmp_path / "several.nbseg.zip", changes)

    assert "working scale is beyond measure" in refused(file)


def test_an_ensemble_that_lacks_one_of_its_models(ensemble_bundle, tmp_path, refused):
    without = {name: None for name in contents(ensemble_bundle) if name.startswith("model_1/")}
    file = with_files(ensemble_bundle, tmp_path / "several.nbseg.zip", without)

    assert "model_1/card.md is missing" in refused(file)


# --- weights


def link_to_another_file(file):
    file["layers"] = h5py.ExternalLink("/etc/secrets.h5", "/")


def link_within(file):
    file["kernel"] = [1.0]
    file["other"] = h5py.SoftLink("/kernel")


def array_in_another_file(file):
    file.create_dataset("kernel", (4,), "f4", external=[("/etc/passwd", 0, 16)])


def array_made_of_others(file):
    layout = h5py.VirtualLayout((4,), "f4")
    layout[:] = h5py.VirtualSource("/etc/secrets.h5", "kernel", (4,))
    file.create_virtual_dataset("kernel", layout)


def packed_zeros(file):
    file.create_dataset("kernel", (10**6,), "f4", compression="gzip")


def more_than_the_file_holds(file):
    file.create_dataset("kernel", (10**12,), "f4")


def texts(file):
    file["names"] = ["a", "b"]


def a_type(file):
    file["kind"] = np.dtype("f4")


def emptiness(file):
    file["kernel"] = h5py.Empty("f4")


def a_group_in_itself(file):
    group = file.create_group("layers")
    group["layers"] = group


@pytest.mark.parametrize(
    "fill",
    [
        link_to_another_file,
        link_within,
        array_in_another_file,
        array_made_of_others,
        packed_zeros,
        more_than_the_file_holds,
        texts,
        a_type,
        emptiness,
        a_group_in_itself,
    ],
    ids=lambda fill: fill.__name__,
)
def test_weights_that_are_more_than_plain_numbers(bundle, tmp_path, refused, fill):
    changes = {"model.weights.h5": h5_content(fill)}
    file = with_files(bundle, tmp_path / "weights.nbseg.zip", changes)

    assert "its model is not to be trusted" in refused(file)


@pytest.mark.parametrize("content", [b"", b"no HDF5", b"\x89HDF\r\n\x1a\n" + bytes(500)])
def test_weights_that_are_damaged(bundle, tmp_path, refused, content):
    file = with_files(bundle, tmp_path / "weights.nbseg.zip", {"model.weights.h5": content})

    assert "it is damaged" in refused(file)


def test_weights_of_another_network(bundle, tmp_path, refused):
    changes = {"model.weights.h5": h5_content(lambda file: file.update({"kernel": [1.0]}))}
    file = with_files(bundle, tmp_path / "weights.nbseg.zip", changes)

    assert "its model cannot be loaded" in refused(file)


# --- the rest of the files


def test_a_history_that_is_none(bundle, tmp_path, refused):
    file = with_files(bundle, tmp_path / "a.nbseg.zip", {"history.csv": b"loss\n\xff\xfe"})

    assert "its model cannot be loaded" in refused(file)


def test_a_card_that_is_no_text(bundle, tmp_path, refused):
    file = with_files(bundle, tmp_path / "a.nbseg.zip", {"card.md": b"\xff\xfe\xfd"})

    assert "card.md in it is no text" in refused(file)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\xff\xd8\xff", "is no PNG"),
        (b"", "cannot be read"),
        (png_content(np.zeros((10, 10, 3), np.uint8))[:-30], "cannot be read"),
        (png_content(np.zeros((10, 5000, 3), np.uint8)), "larger than 1024 pixels"),
        (png_content(np.zeros((10, 10, 3), np.uint8)), "do not belong together"),
    ],
    ids=["JPEG", "empty", "cut off", "huge", "of another size"],
)
def test_a_test_picture_that_is_none(bundle, tmp_path, refused, content, why):
    file = with_files(bundle, tmp_path / "a.nbseg.zip", {"test/photograph.png": content})

    assert why in refused(file)


def test_a_model_that_does_not_see_what_it_should(bundle, tmp_path, refused):
    labels = np.asarray(Image.open(io.BytesIO(contents(bundle)["test/labels.png"])))
    file = with_files(bundle, tmp_path / "a.zip", {"test/labels.png": png_content(1 - labels)})

    message = refused(file)

    assert "something else than where it was shared (0% of the pixels agree)" in message
    assert "keras" in message


def test_loading_a_refused_bundle_is_an_error_about_a_model(tmp_path):
    (tmp_path / "a.zip").touch()

    with pytest.raises(BundleError, match="cut off"):
        load_model(tmp_path / "a.zip")
