"""Every command through its real entry point: what it does, says and leaves, and how it fails."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from notebook_seg.data import Dataset, read_mask
from notebook_seg.training import Plan

COMMANDS = ("sample", "new", "label", "check", "train", "predict", "evaluate", "inspect")
PROGRAM = Path(sys.executable).with_name("notebook-seg")
BRIEFLY = (
    *("--architecture", "small_unet", "--epochs", 1, "--steps", 1, "--patch", 64),
    *("--encoder-weights", "none", "--quiet"),
)
NOWHERE = "http://127.0.0.1:9"

pytestmark = pytest.mark.usefixtures("eager")


@pytest.fixture
def photographs_folder(coin_dataset, tmp_path) -> Path:
    folder = tmp_path / "photographs"
    folder.mkdir()
    for stem in coin_dataset.stems[:2]:
        shutil.copy(coin_dataset.image_path(stem), folder)
    return folder


@pytest.fixture
def in_the_way(tmp_path) -> Path:
    """A file where a folder ought to be."""
    file = tmp_path / "in_the_way"
    file.touch()
    return file


def truncated_copy(photograph: Path, target: Path) -> Path:
    Image.open(photograph).convert("RGB").save(target, quality=95)
    target.write_bytes(target.read_bytes()[: target.stat().st_size // 2])
    return target


# --- help


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_gives_an_example_that_is_true_to_its_options(command, notebook_seg):
    outcome = notebook_seg(command, "--help")

    assert outcome.code == 0
    example = re.search(rf"Example: notebook-seg {command} .*", outcome.out).group()
    assert set(re.findall(r"--[\w-]+", example)) <= set(re.findall(r"│ .*?(--[\w-]+)", outcome.out))


def test_the_help_walks_through_the_commands(notebook_seg):
    outcome = notebook_seg("--help")

    assert all(f"notebook-seg {command}" in outcome.out for command in ("sample", "train"))
    assert all(re.search(rf"^│ {command} ", outcome.out, re.MULTILINE) for command in COMMANDS)


@pytest.mark.parametrize("arguments", [("trian",), ("sample",), ("train", "x", "--epochs", "two")])
def test_a_command_that_is_not_understood_exits_with_2(arguments, notebook_seg):
    outcome = notebook_seg(*arguments)

    assert outcome.code == 2
    assert outcome.out == ""
    assert "Error" in outcome.error


# --- sample, new, label


def test_sample_makes_a_labelled_dataset(notebook_seg, tmp_path):
    outcome = notebook_seg("sample", tmp_path / "coins")

    assert outcome.code == 0
    assert outcome.out == f"{tmp_path / 'coins'}: 12 photographs of coins, all labelled.\n"
    assert len(Dataset(tmp_path / "coins").labelled) == 12


def test_sample_never_writes_over_a_folder_that_is_there(notebook_seg, photographs_folder):
    before = sorted(photographs_folder.iterdir())

    outcome = notebook_seg("sample", photographs_folder)

    assert outcome.code == 1
    assert str(photographs_folder) in outcome.complaint
    assert sorted(photographs_folder.iterdir()) == before


def test_sample_says_so_when_the_folder_cannot_be_made(notebook_seg, in_the_way):
    outcome = notebook_seg("sample", in_the_way / "coins")

    assert outcome.code == 1
    assert str(in_the_way) in outcome.complaint


def test_new_makes_a_dataset_to_draw_on_and_says_what_is_next(
    notebook_seg, photographs_folder, tmp_path
):
    folder = tmp_path / "money"

    outcome = notebook_seg("new", folder, "--images", photographs_folder, "--classes", "coin, rim")

    assert outcome.code == 0
    assert Dataset(folder).class_names == ("background", "coin", "rim")
    assert "2 photographs, 0 labelled" in outcome.out
    assert f"Next: notebook-seg label {folder}" in outcome.out


def test_new_takes_masks_whose_values_are_explained(
    notebook_seg, photographs_folder, coin_dataset, tmp_path
):
    masks = tmp_path / "masks"
    masks.mkdir()
    for stem in coin_dataset.stems[:2]:
        Image.fromarray(coin_dataset.mask(stem) * np.uint8(7)).save(masks / f"{stem}.png")

    outcome = notebook_seg(
        *("new", tmp_path / "money", "--images", photographs_folder, "--classes", "coin"),
        *("--masks", masks, "--values", "0=background, 7=coin"),
    )

    assert outcome.code == 0
    assert "2 photographs, 2 labelled" in outcome.out
    assert "Next" not in outcome.out
    mask = Dataset(tmp_path / "money").mask("coin_01")
    np.testing.assert_array_equal(mask, coin_dataset.mask("coin_01"))


def test_new_keeps_pictures_of_one_group_together(notebook_seg, photographs_folder, tmp_path):
    notebook_seg(
        *("new", tmp_path / "money", "--images", photographs_folder, "--groups", r"coin_(\d)")
    )

    assert set(Dataset(tmp_path / "money").groups.values()) == {"0"}


@pytest.mark.parametrize("values", ["0:coin", "7=", "=coin", "7=coin=2", "7=coyn"])
def test_values_that_make_no_sense_are_an_error_that_shows_them(
    values, notebook_seg, photographs_folder, coin_dataset, tmp_path
):
    outcome = notebook_seg(
        *("new", tmp_path / "money", "--images", photographs_folder, "--classes", "coin"),
        *("--masks", coin_dataset.folder / "masks", "--values", values),
    )

    assert outcome.code == 1
    assert values.removeprefix("7=") in outcome.complaint
    assert not (tmp_path / "money").exists()


def test_new_names_a_folder_of_photographs_that_is_not_there(notebook_seg, tmp_path):
    outcome = notebook_seg("new", tmp_path / "money", "--images", tmp_path / "photos")

    assert outcome.code == 1
    assert str(tmp_path / "photos") in outcome.complaint


def test_new_names_a_folder_without_photographs(notebook_seg, tmp_path):
    (tmp_path / "empty").mkdir()

    outcome = notebook_seg("new", tmp_path / "money", "--images", tmp_path / "empty")

    assert outcome.code == 1
    assert str(tmp_path / "empty") in outcome.complaint


def test_new_names_a_photograph_that_is_none_and_leaves_nothing_behind(
    notebook_seg, photographs_folder, tmp_path
):
    broken = photographs_folder / "letter.jpg"
    broken.write_text("Dear friend, the coins are attached.")

    outcome = notebook_seg("new", tmp_path / "money", "--images", photographs_folder)

    assert outcome.code == 1
    assert str(broken) in outcome.complaint
    assert not (tmp_path / "money").exists()


@pytest.mark.parametrize("command", ["label", "check", "train"])
def test_a_folder_that_is_no_dataset_is_an_error_that_names_it(command, notebook_seg, tmp_path):
    options = ("--out", tmp_path / "model") if command == "train" else ()

    outcome = notebook_seg(command, tmp_path, *options)

    assert outcome.code == 1
    assert str(tmp_path) in outcome.complaint


@pytest.mark.parametrize(("library", "options"), [("voila", ()), ("jupyterlab", ("--lab",))])
def test_label_without_its_library_says_how_to_install_it(
    library, options, notebook_seg, coin_dataset, monkeypatch
):
    monkeypatch.setitem(sys.modules, library, None)  # to the import system: not installed

    outcome = notebook_seg("label", coin_dataset.folder, *options)

    assert outcome.code == 1
    assert 'pip install "notebook_seg[lab]"' in outcome.complaint


def test_label_of_a_dataset_without_pictures_says_so(notebook_seg, tmp_path):
    data = Dataset.sample(tmp_path / "coins")
    for stem in data.stems:
        data.image_path(stem).unlink()

    outcome = notebook_seg("label", data.folder)

    assert outcome.code == 1
    assert str(data.folder / "images") in outcome.complaint


def test_label_with_a_folder_that_is_no_model_says_so(notebook_seg, coin_dataset, tmp_path):
    outcome = notebook_seg("label", coin_dataset.folder, "--model", tmp_path)

    assert outcome.code == 1
    assert f"{tmp_path} is not a model" in outcome.complaint


# --- check


def test_check_shows_what_the_masks_hold_and_that_nothing_looks_wrong(notebook_seg, coin_dataset):
    outcome = notebook_seg("check", coin_dataset.folder, "--strict", "--quiet")

    assert outcome.code == 0
    assert re.search(r"^coin +39183 +33\.7% +12 +24$", outcome.out, re.MULTILINE)
    assert "Nothing looks wrong." in outcome.out
    assert outcome.error == ""


def test_check_tells_each_suspicion_and_writes_a_table(notebook_seg, tmp_path):
    data = Dataset.sample(tmp_path / "coins")
    labels = data.mask("coin_05").copy()
    labels[2, 3] = 1
    data.save_mask("coin_05", labels)
    table = tmp_path / "suspicions.csv"

    outcome = notebook_seg("check", data.folder, "--out", table, "--quiet")

    assert outcome.code == 0
    message = "A tiny island of coin: 1 pixel, at x 3, y 2."
    assert f"coin_05: {message}" in outcome.out
    assert table.read_text().splitlines()[1] == f'coin_05,island,coin,3,2,1,1,"{message}"'
    assert notebook_seg("check", data.folder, "--strict", "--quiet").code == 1


# --- train


def test_train_leaves_a_model_and_says_how_good_it_is(notebook_seg, coin_dataset, tmp_path):
    out = tmp_path / "model"

    outcome = notebook_seg("train", coin_dataset.folder, "--out", out, *BRIEFLY)

    assert outcome.code == 0
    assert re.fullmatch(
        rf"{re.escape(str(out))}: best epoch 1, validation IoU 0\.\d+\.\n", outcome.out
    )
    assert outcome.error == ""
    written = {path.name for path in out.iterdir()}
    assert {"model.json", "model.weights.h5", "history.csv", "card.md", "curves.png"} <= written


def test_train_passes_every_option_on(notebook_seg, coin_dataset, tmp_path):
    notebook_seg(
        *("train", coin_dataset.folder, "--out", tmp_path / "model", *BRIEFLY),
        *("--architecture", "linknet", "--encoder", "mobilenet", "--loss", "dice", "--seed", 3),
        *("--batch-size", 2, "--learning-rate", 0.01, "--validation", 0.25, "--test", 0.25),
    )

    written = json.loads((tmp_path / "model" / "model.json").read_text())
    plan = written["plan"]
    assert [plan[name] for name in ("architecture", "encoder", "loss", "seed")] == [
        *("linknet", "mobilenet", "dice", 3)
    ]
    assert [plan[name] for name in ("batch_size", "learning_rate", "steps", "epochs")] == [
        *(2, 0.01, 1, 1)
    ]
    assert plan["patch"] == [64, 64]
    assert {part: len(stems) for part, stems in written["split"].items()} == {
        "train": 6,
        "validation": 3,
        "test": 3,
    }


@pytest.mark.parametrize(
    ("option", "value", "hint"),
    [
        ("--encoder", "mobilenet_v2", "did you mean 'mobilenetv2'?"),
        ("--architecture", "u-net", "did you mean 'unet'?"),
        ("--loss", "dise", "did you mean 'dice'?"),
        ("--validation", "1.5", "1.5"),
        ("--minutes", "-1", "-1"),
    ],
)
def test_a_wrong_choice_is_told_with_a_hint_and_no_model_is_left(
    option, value, hint, notebook_seg, coin_dataset, tmp_path
):
    out = tmp_path / "model"

    outcome = notebook_seg("train", coin_dataset.folder, "--out", out, option, value)

    assert outcome.code == 1
    assert hint in outcome.complaint
    assert not out.exists()


def test_train_without_internet_or_weights_says_which_file_goes_where(coin_dataset, tmp_path):
    done = subprocess.run(
        [PROGRAM, "train", coin_dataset.folder, "--out", tmp_path / "model", "--epochs", "1"],
        env=os.environ | {"KERAS_HOME": str(tmp_path / "keras"), "https_proxy": NOWHERE},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    complaint = done.stderr.splitlines()[-1]
    assert "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5" in complaint
    assert str(tmp_path / "keras" / "models") in complaint


def test_train_before_anything_is_drawn_says_so(notebook_seg, photographs_folder, tmp_path):
    data = Dataset.create(tmp_path / "money", photographs_folder)

    outcome = notebook_seg("train", data.folder, "--out", tmp_path / "model", *BRIEFLY)

    assert outcome.code == 1
    assert str(data.folder) in outcome.complaint


def test_train_says_so_when_the_model_cannot_be_written(notebook_seg, coin_dataset, in_the_way):
    outcome = notebook_seg("train", coin_dataset.folder, "--out", in_the_way, *BRIEFLY)

    assert outcome.code == 1
    assert str(in_the_way) in outcome.complaint


# --- plan, cross-validate, runs


def test_a_plan_is_shown_kept_edited_and_followed(notebook_seg, coin_dataset, tmp_path):
    file = tmp_path / "plan.json"

    outcome = notebook_seg("plan", coin_dataset.folder, "--out", file)

    assert outcome.code == 0
    assert "coin covers" in outcome.out
    file.write_text(file.read_text().replace('"cosine"', '"constant"'))
    notebook_seg(
        *("train", coin_dataset.folder, "--out", tmp_path / "model", "--plan", file, *BRIEFLY)
    )
    written = json.loads((tmp_path / "model" / "model.json").read_text())["plan"]
    assert (written["schedule"], written["epochs"], written["minutes"]) == ("constant", 1, None)


@pytest.mark.long
def test_every_fold_is_trained_and_found_again_among_the_runs(notebook_seg, tmp_path):
    data = Dataset.sample(tmp_path / "coins")
    brief = {"encoder": "resnet18", "encoder_weights": None, "epochs": 1, "steps": 1}
    Plan(**brief, patch=(64, 64), batch_size=1).save(tmp_path / "plan.json")

    outcome = notebook_seg(
        *("cross-validate", data.folder, "--folds", 2, "--plan", tmp_path / "plan.json", "--quiet")
    )

    assert outcome.code == 0
    assert "2 models, to be used as one." in outcome.out
    listed = notebook_seg("runs", data.folder, "--out", tmp_path / "runs.csv")
    assert listed.code == 0
    assert listed.out.count("2-folds/fold_") == 2
    assert len((tmp_path / "runs.csv").read_text().splitlines()) == 3


# --- predict


def test_predict_writes_a_mask_of_the_size_of_each_photograph(
    notebook_seg, model_folder, photographs_folder, coin_dataset, tmp_path
):
    outcome = notebook_seg("predict", model_folder, photographs_folder, "--out", tmp_path / "out")

    assert outcome.code == 0
    assert "2 photographs segmented, 0 failed." in outcome.out
    for stem in ("coin_01", "coin_02"):
        mask = read_mask(tmp_path / "out" / "masks" / f"{stem}.png")
        assert mask.shape == coin_dataset.image_size(stem)
        assert (tmp_path / "out" / "overlays" / f"{stem}.jpg").exists()


def test_predict_goes_on_after_a_truncated_photograph_and_exits_with_1(
    notebook_seg, model_folder, photographs_folder, coin_dataset, tmp_path
):
    broken = truncated_copy(coin_dataset.image_path("coin_05"), photographs_folder / "cut.jpg")

    outcome = notebook_seg(
        *("predict", model_folder, photographs_folder, "--out", tmp_path / "out"),
        *("--no-overlays", "--quiet"),
    )

    assert outcome.code == 1
    assert str(broken) in outcome.complaint
    assert "2 photographs segmented, 1 failed." in outcome.out
    assert len(list((tmp_path / "out" / "masks").iterdir())) == 2
    assert not (tmp_path / "out" / "overlays").exists()


def test_predict_names_a_folder_without_photographs(notebook_seg, model_folder, tmp_path):
    (tmp_path / "empty").mkdir()

    outcome = notebook_seg("predict", model_folder, tmp_path / "empty", "--out", tmp_path / "out")

    assert outcome.code == 1
    assert str(tmp_path / "empty") in outcome.complaint


def damage_nothing_but_be_no_model(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def damage_the_record(folder: Path) -> None:
    (folder / "model.json").write_text('{"format": 1, ')


def damage_the_weights(folder: Path) -> None:
    weights = folder / "model.weights.h5"
    weights.write_bytes(weights.read_bytes()[:10_000])


@pytest.mark.parametrize(
    "damage", [damage_nothing_but_be_no_model, damage_the_record, damage_the_weights]
)
def test_a_damaged_model_is_an_error_that_names_it(
    damage, notebook_seg, model_folder, photographs_folder, tmp_path
):
    copy = tmp_path / "model"
    shutil.copytree(model_folder, copy)
    damage(copy)

    outcome = notebook_seg("predict", copy, photographs_folder, "--out", tmp_path / "out")

    assert outcome.code == 1
    assert str(copy) in outcome.complaint


def test_predict_says_so_when_the_results_cannot_be_written(
    notebook_seg, model_folder, photographs_folder, in_the_way
):
    outcome = notebook_seg("predict", model_folder, photographs_folder, "--out", in_the_way)

    assert outcome.code == 1
    assert str(in_the_way) in outcome.complaint


# --- evaluate


def test_evaluate_shows_a_table_and_writes_scores_and_a_figure(
    notebook_seg, model_folder, coin_dataset, tmp_path
):
    out = tmp_path / "scores"

    outcome = notebook_seg(
        "evaluate", model_folder, coin_dataset.folder, "--only", "test", "--out", out, "--quiet"
    )

    assert outcome.code == 0
    assert outcome.error == ""
    test_stems = json.loads((model_folder / "model.json").read_text())["split"]["test"]
    assert all(stem in outcome.out for stem in test_stems)
    header, *rows = (out / "scores.csv").read_text().splitlines()
    assert header.startswith("picture,class,iou,dice")
    assert len(rows) == 2 * (len(test_stems) + 1)
    assert Image.open(out / "worst_first.png").format == "PNG"


def test_evaluate_of_an_unknown_part_gives_a_hint(notebook_seg, model_folder, coin_dataset):
    outcome = notebook_seg("evaluate", model_folder, coin_dataset.folder, "--only", "tets")

    assert outcome.code == 1
    assert "did you mean 'test'?" in outcome.complaint


def test_evaluate_on_other_classes_names_both(
    notebook_seg, model_folder, photographs_folder, coin_dataset, tmp_path
):
    masks = coin_dataset.folder / "masks"
    Dataset.create(tmp_path / "fish", photographs_folder, ["fish"], masks)

    outcome = notebook_seg("evaluate", model_folder, tmp_path / "fish")

    assert outcome.code == 1
    assert "fish" in outcome.complaint
    assert "coin" in outcome.complaint


# --- inspect


def test_inspect_writes_a_report_and_says_what_to_do_next(
    notebook_seg, model_folder, coin_dataset, tmp_path
):
    out = tmp_path / "out"
    outcome = notebook_seg(
        "inspect", model_folder, coin_dataset.folder, "--out", out, "--limit", 2, "--quiet"
    )
    assert outcome.code == 0
    assert outcome.out.startswith("On p")  # which pictures the scores are of
    assert "1. [" in outcome.out
    assert "nbs." in outcome.out
    assert (out / "report.html").read_text(encoding="utf-8").count("class='picture'") == 2
    assert (out / "sheet.pdf").read_bytes().startswith(b"%PDF")


def test_inspect_of_a_folder_that_is_no_dataset_is_told(notebook_seg, model_folder, tmp_path):
    outcome = notebook_seg("inspect", model_folder, tmp_path / "nowhere", "--out", tmp_path / "out")
    assert outcome.code == 1
    assert "nowhere" in outcome.complaint
    assert not (tmp_path / "out").exists()


# --- the program as it is installed


def test_the_installed_program_fails_in_one_line_and_without_a_traceback(tmp_path):
    done = subprocess.run(
        [PROGRAM, "predict", tmp_path / "model", tmp_path / "photos", "--out", tmp_path / "out"],
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("Error: ")
    assert len(done.stderr.splitlines()) == 1
    assert str(tmp_path / "photos") in done.stderr


@pytest.mark.slow
def test_ctrl_c_ends_the_program_with_130_and_without_a_traceback(
    model_folder, coin_dataset, tmp_path
):
    program = subprocess.Popen(
        [PROGRAM, "predict", model_folder, coin_dataset.folder / "images", "--out", tmp_path],
        stderr=subprocess.PIPE,
        text=True,
    )
    # The bar shows that it is at work: every photograph is still to come.
    started = os.read(program.stderr.fileno(), 1)
    program.send_signal(signal.SIGINT)
    _, rest = program.communicate(timeout=60)

    assert program.returncode == 130
    assert started
    assert "Traceback" not in rest
