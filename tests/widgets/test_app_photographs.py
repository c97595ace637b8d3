import pytest
from PIL import Image

from notebook_seg.data import Dataset
from notebook_seg.errors import DatasetError, ImageError, OptionError
from notebook_seg.widgets.app_photographs import Inbox, add_photograph


@pytest.fixture
def inbox():
    return Inbox([".jpg", ".png"])


def fill(inbox, name, *parts):
    inbox.begin(name, sum(map(len, parts)))
    return [inbox.append(part) for part in parts]


def test_a_file_is_here_once_its_last_part_has_come(inbox):
    inbox.begin("fish.JPG", 6)
    assert inbox.append(b"abc") is False
    assert inbox.paths == ()
    assert inbox.append(b"def") is True
    assert [path.read_bytes() for path in inbox.paths] == [b"abcdef"]


@pytest.mark.parametrize("name", ["../../fish.png", "/etc/fish.png", "C:\\photos\\fish.png"])
def test_a_name_leads_to_no_other_folder(inbox, name):
    fill(inbox, "coin.png", b"1")
    fill(inbox, name, b"2")
    assert [path.name for path in inbox.paths] == ["coin.png", "fish.png"]
    assert len({path.parent.parent for path in inbox.paths}) == 1


@pytest.mark.parametrize("name", ["notes.txt", "fish", ".png", ""])
def test_other_files_are_refused(inbox, name):
    with pytest.raises(OptionError, match=r"Files ending in .jpg, .png"):
        inbox.begin(name, 3)


def test_an_empty_file_is_refused(inbox):
    with pytest.raises(OptionError, match=r"fish.png is empty"):
        inbox.begin("fish.png", 0)


def test_more_than_was_announced_is_refused_and_nothing_is_left(inbox):
    inbox.begin("fish.png", 2)
    with pytest.raises(OptionError, match="More came"):
        inbox.append(b"123")
    with pytest.raises(OptionError, match="More came"):
        inbox.append(b"1")
    assert inbox.paths == ()


def test_an_upload_that_was_broken_off_is_forgotten_when_the_next_begins(inbox):
    inbox.begin("half.png", 10)
    inbox.append(b"123")
    fill(inbox, "whole.png", b"12")
    (whole,) = inbox.paths
    assert list(whole.parent.parent.rglob("*.png")) == [whole]


@pytest.mark.parametrize("name", ["fish.png", "FISH.jpg"])
def test_another_file_of_the_same_name_replaces_nothing_and_is_refused(inbox, name):
    fill(inbox, "fish.png", b"old")
    with pytest.raises(OptionError, match=r"called fish.png came before it: rename yours"):
        fill(inbox, name, b"new")
    assert [path.read_bytes() for path in inbox.paths] == [b"old"]


def test_the_same_file_again_is_here_once(inbox):
    fill(inbox, "fish.png", b"old")
    fill(inbox, "fish.png", b"old")
    assert len(inbox.paths) == 1


def test_a_name_may_come_again_once_its_file_was_taken(inbox):
    fill(inbox, "fish.png", b"old")
    inbox.forget(inbox.paths)
    fill(inbox, "fish.png", b"new")
    assert [path.read_bytes() for path in inbox.paths] == [b"new"]


def test_what_is_no_longer_needed_is_deleted(inbox):
    fill(inbox, "a.png", b"1")
    fill(inbox, "b.png", b"1")
    first, second = inbox.paths
    inbox.forget([first])
    assert inbox.paths == (second,)
    assert not first.exists()


@pytest.fixture
def data(tmp_path):
    return Dataset.sample(tmp_path / "coins")


@pytest.fixture
def photograph(tmp_path):
    path = tmp_path / "fish.jpg"
    Image.new("RGB", (64, 48), "teal").save(path)
    return path


def test_a_photograph_is_added_byte_for_byte_and_the_original_stays(data, photograph):
    add_photograph(data, photograph)
    assert "fish" in data.unlabelled
    assert data.image_path("fish").read_bytes() == photograph.read_bytes()


def test_the_same_photograph_again_changes_nothing(data, photograph):
    add_photograph(data, photograph)
    before = data.image_path("fish").stat()
    add_photograph(data, photograph)
    assert data.image_path("fish").stat() == before


def test_another_photograph_of_the_same_name_replaces_nothing(data, photograph, tmp_path):
    before = data.image_path("coin_01").read_bytes()
    other = photograph.rename(tmp_path / "COIN_01.jpg")
    with pytest.raises(DatasetError, match=r"coin_01.png.*rename yours.*COIN_01.jpg"):
        add_photograph(data, other)
    assert data.image_path("coin_01").read_bytes() == before
    assert len(data) == 12


def test_what_is_no_photograph_is_not_added(data, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"not a photograph")
    with pytest.raises(ImageError, match=r"broken.jpg"):
        add_photograph(data, broken)
    assert len(data) == 12
