import pytest

from notebook_seg.data.files import natural_key
from notebook_seg.data.photographs import LEDGER, find_photographs
from notebook_seg.errors import ImageError, OptionError

FILES = (
    "pond.JPG",
    "site_10/fish.jpg",
    "site_2/fish.jpg",
    "site_2/left/fish_z_-2.5.tif",
    "site_2/notes.txt",
    ".thumbnails/fish.jpg",
    "site_2/.hidden.png",
)


@pytest.fixture
def folder(tmp_path):
    for name in FILES:
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "photos"


def names(where, out="results", recursive=True):
    return [found.name for found in find_photographs(where, out, recursive)]


def test_the_folders_below_are_kept_in_the_names_in_natural_order(folder):
    assert names(folder) == ["pond", "site_2/fish", "site_2/left/fish_z_-2.5", "site_10/fish"]


def test_only_the_folder_itself_is_looked_in_unless_asked(folder):
    assert names(folder, recursive=False) == ["pond"]


def test_names_begin_where_a_pattern_does(folder):
    assert names(f"{folder}/site_*/*.jpg") == ["site_2/fish", "site_10/fish"]
    assert names(f"{folder}/**/fish*") == [
        "site_2/fish",
        "site_2/left/fish_z_-2.5",
        "site_10/fish",
    ]
    assert names(f"{folder}/site_?") == ["site_2/fish", "site_2/left/fish_z_-2.5"]


def test_a_file_is_called_by_its_own_name(folder):
    assert names(folder / "site_2" / "fish.jpg") == ["fish"]
    places = [folder / "site_2" / "fish.jpg", folder / "pond.JPG"]
    assert names(places, recursive=False) == ["fish", "pond"]


def test_the_file_has_its_ending_and_its_place(folder):
    found = find_photographs(folder, "results", recursive=True)[2]
    assert found.file == "site_2/left/fish_z_-2.5.tif"
    assert found.path == folder / "site_2" / "left" / "fish_z_-2.5.tif"


def test_earlier_results_below_the_photographs_are_no_photographs(folder):
    overlay = folder / "results" / "overlays" / "pond.jpg"
    overlay.parent.mkdir(parents=True)
    overlay.touch()
    assert "results/overlays/pond" in names(folder)
    assert names(folder, out=folder / "results")[0] == "pond"
    assert len(names(folder, out=folder / "results")) == 4


@pytest.mark.parametrize("pattern", ["", "**/*.*", "**", "*", "*/*/*.*"])
def test_results_of_other_runs_are_no_photographs(folder, pattern):
    before = names(folder / pattern)
    (folder / "earlier" / "overlays").mkdir(parents=True)
    (folder / "earlier" / "overlays" / "pond.jpg").touch()
    assert "earlier/overlays/pond" in names(folder / pattern)
    (folder / "earlier" / LEDGER).touch()
    assert names(folder / pattern) == before


@pytest.fixture
def dataset(folder):
    """A dataset beside photographs, with its mask and a training."""
    place = folder / "fish"
    (folder / "site_2").rename(place)
    names = ("images/a.png", "masks/a.png", "runs/1/model.json", "runs/1/learning_curves.png")
    for name in ("dataset.json", *names):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).touch()
    return place


@pytest.mark.parametrize("recursive", [True, False])
@pytest.mark.parametrize("chosen", ["", "images", "images/*", "i*s/*.png"])
def test_the_photographs_of_a_dataset_are_its_images(dataset, chosen, recursive):
    assert names(dataset / chosen, recursive=recursive) == ["a"]


@pytest.mark.parametrize("pattern", ["", "*", "**", "**/*.*", "*/*/*.*", "fish/*"])
def test_a_dataset_below_gives_its_images_alone(folder, dataset, pattern):
    (folder / "pond.JPG").unlink()
    (folder / "site_10" / "fish.jpg").unlink()
    expected = ["a"] if pattern == "fish/*" else ["fish/a"]
    assert names(folder / pattern) == expected


def test_masks_are_predicted_where_they_are_named(dataset):
    assert names(dataset / "masks") == names(dataset / "masks" / "*.png") == ["a"]


@pytest.mark.parametrize("pattern", ["", "**", "**/*.*"])
@pytest.mark.parametrize("record", ["model.json", "ensemble.json"])
def test_pictures_of_a_training_are_no_photographs(folder, pattern, record):
    before = names(folder / pattern)
    for name in (record, "learning_curves.png", "pictures/epoch_1.png"):
        (folder / "model" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "model" / name).touch()
    assert names(folder / pattern) == before


def test_linked_folders_are_looked_in_once(folder, tmp_path):
    (tmp_path / "disk" / "site_3").mkdir(parents=True)
    (tmp_path / "disk" / "site_3" / "fish.jpg").touch()
    before = names(folder)
    (folder / "disk").symlink_to(tmp_path / "disk")
    (tmp_path / "disk" / "back").symlink_to(folder)
    (folder / "a_link").symlink_to(folder / "site_2")
    (folder / "nowhere").symlink_to(folder / "gone")
    assert names(folder) == sorted([*before, "disk/site_3/fish"], key=natural_key)


def test_folders_whose_photographs_have_the_same_names_are_refused_together(folder):
    with pytest.raises(OptionError, match=r"fish\.png.*with recursive"):
        names([folder / "site_2", folder / "site_10"], recursive=False)


@pytest.mark.parametrize("inside", ["", "fish.jpg", "*.jpg", "**/fish.*"])
def test_results_of_several_places_are_called_after_what_tells_them_apart(
    folder, inside, monkeypatch
):
    places = [folder / "site_2" / inside, folder / "site_10" / inside]
    expected = ["site_2/fish", *([] if inside else ["site_2/left/fish_z_-2.5"]), "site_10/fish"]
    assert names(places) == expected
    monkeypatch.chdir(folder / "site_2")
    assert names([inside or ".", f"../site_10/{inside}"]) == expected


def test_names_that_differ_in_capitals_alone_are_refused(folder):
    (folder / "Pond.png").touch()
    with pytest.raises(OptionError, match=r"Received: .*Pond"):
        names(folder)


def test_results_among_photographs_at_any_depth_are_refused(folder):
    with pytest.raises(OptionError, match="folder of their own"):
        names(folder, out=folder / "site_2")


@pytest.mark.parametrize("recursive", [True, False])
@pytest.mark.parametrize("place", ["nowhere", "site_*/*.gif", ".thumbnails/nothing"])
def test_a_place_where_nothing_is_is_told_among_others_too(folder, place, recursive):
    with pytest.raises(ImageError, match="There is no file or folder") as told:
        names([folder, folder / place], recursive=recursive)
    assert place in str(told.value)


@pytest.mark.parametrize("recursive", [True, False])
def test_a_folder_without_photographs_is_told(tmp_path, recursive):
    with pytest.raises(ImageError, match="No photographs in"):
        names(tmp_path, recursive=recursive)


def test_two_stars_find_folders_at_any_depth_without_being_asked(folder):
    pattern = f"{folder}/**/fish*.*"
    expected = ["site_2/fish", "site_2/left/fish_z_-2.5", "site_10/fish"]
    assert names(pattern, recursive=False) == names(pattern) == expected


@pytest.mark.parametrize("recursive", [True, False])
def test_a_file_whose_name_looks_like_a_pattern_is_found(folder, recursive):
    (folder / "IMG[1].jpg").touch()
    (folder / "IMG1.jpg").touch()
    assert names(folder / "IMG[1].jpg", recursive=recursive) == ["IMG[1]"]
