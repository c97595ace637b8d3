"""What the README promises: its code runs, its links lead somewhere, its commands exist."""

import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from notebook_seg import cli
from notebook_seg.data import Dataset

REPOSITORY = Path(__file__).parents[2]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/decisions.md"]


def block(language: str, containing: str) -> str:
    """Return the one code block of a language that contains some text."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    (found,) = (code for code in blocks if containing in code)
    return found


def draw(folder: str, sample: Dataset) -> None:
    """Give a dataset the masks that a person would draw."""
    data = Dataset(folder)
    for stem in data.stems:
        data.save_mask(stem, sample.mask(stem))


@pytest.fixture
def photographs(coin_dataset, tmp_path, monkeypatch):
    """A folder to work in, with the photographs that the README speaks of."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(coin_dataset.folder / "images", "photos")
    Path("more_photos").mkdir()
    shutil.copy("photos/coin_01.png", "more_photos")
    shutil.copy("photos/coin_02.png", "photo.jpg")  # the content counts, not the ending
    return coin_dataset


@pytest.mark.slow
@pytest.mark.long
def test_the_python_of_the_readme_runs(photographs):
    before, drawing, after = block("python", "nbs.train").partition("nbs.Labeller(data)")
    briefly = "test=0.2, epochs=1, steps=1, patch=(64, 64), encoder_weights=None, progress=False)"
    assert "test=0.2)" in after
    names = {}

    exec(before + drawing, names)
    draw("my_fish", photographs)
    exec(after.replace("test=0.2)", briefly), names)

    assert Path("results/masks/coin_01.png").exists()
    assert Path("fish_model/model.json").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("eager")
def test_the_commands_of_the_readme_run(photographs, monkeypatch):
    briefly = "--architecture small_unet --epochs 1 --steps 1 --patch 64 --quiet"
    for line in block("sh", "notebook-seg new").splitlines():
        if line.startswith("notebook-seg label"):
            draw("my_fish", photographs)
            continue
        command = shlex.split(line.replace("--minutes 5", briefly))
        monkeypatch.setattr(sys, "argv", command)
        with pytest.raises(SystemExit) as left:
            cli.main()
        assert not left.value.code, line

    assert Path("scores/scores.csv").exists()
    assert Path("results/overlays/coin_01.jpg").exists()


def test_the_make_commands_of_the_readme_exist():
    named = set(re.findall(r"^make (\w+)", block("sh", "make lab"), re.MULTILINE))
    makefile = (REPOSITORY / "Makefile").read_text()

    assert {"lab", "test", "demo"} <= named
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in named)


@pytest.mark.parametrize("page", PAGES)
def test_links_within_the_repository_lead_somewhere(page):
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)

    missing = [t for t in targets if not (REPOSITORY / page).parent.joinpath(t).exists()]

    assert missing == []
