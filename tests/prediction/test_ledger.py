import itertools
import json
import os
import shutil

import pytest

from notebook_seg.data.photographs import Photograph
from notebook_seg.errors import OptionError, SaveError
from notebook_seg.prediction.ledger import LEDGER, Ledger, photograph_stamp

RUN = {"model": "abc", "settings": {"write": ("masks",), "crop": False}}


@pytest.fixture
def out(tmp_path):
    (tmp_path / "out" / "masks").mkdir(parents=True)
    return tmp_path / "out"


@pytest.fixture
def photograph(tmp_path):
    path = tmp_path / "fish_1.jpg"
    path.write_bytes(b"a fish")
    return Photograph("fish_1", path)


def entry(photograph, out, *files):
    for file in files:
        (out / file).write_bytes(b"written")
    return {
        "name": photograph.name,
        "source": str(photograph.path.resolve()),
        "stamp": photograph_stamp(photograph.path),
        "scale": None,
        "files": list(files),
    }


def names(out, run=RUN, **options):
    with Ledger(out, run, **options) as ledger:
        return [found["name"] for found in ledger.entries()]


def note(out, *names):
    with Ledger(out, RUN) as ledger:
        for name in names:
            ledger.add({"name": name, "files": []})


def test_what_was_noted_is_there_the_next_time_in_natural_order(out):
    note(out, "fish_10", "fish_2")
    note(out, "fish_3")
    assert names(out) == ["fish_2", "fish_3", "fish_10"]


def test_a_kill_at_any_byte_loses_the_last_line_at_most(out, tmp_path):
    note(out, "fish_1", "fish_2")
    whole = (out / LEDGER).read_bytes()
    head, first = [len(b"".join(whole.splitlines(True)[:n])) for n in (1, 2)]
    for length in range(len(whole) + 1):
        (out / LEDGER).write_bytes(whole[:length])
        expected = ["fish_1", "fish_2"][: (length >= first) + (length >= len(whole))]
        assert names(out) == expected
        note(out, "fish_3")
        assert names(out) == [*expected, "fish_3"]
    assert head < first


def test_what_a_power_cut_may_leave_is_cut_off(out):
    note(out, "fish_1")
    with (out / LEDGER).open("ab") as file:
        file.write(bytes(500))
    note(out, "fish_2")
    assert names(out) == ["fish_1", "fish_2"]


@pytest.mark.parametrize("line", [b"nonsense\n", b'{"nothing": 1}\n', b"[]\n", b"7\n"])
def test_damage_in_the_middle_is_told(out, line):
    note(out, "fish_1")
    with (out / LEDGER).open("ab") as file:
        file.write(line)
    with pytest.raises(SaveError, match=r"ledger\.jsonl is damaged"):
        names(out)


def test_another_model_or_other_settings_are_refused_with_what_to_do(out):
    note(out, "fish_1")
    with pytest.raises(OptionError, match=r"of another model\. Give .*--again"):
        names(out, {**RUN, "model": "def"})
    cropped = {**RUN, "settings": {**RUN["settings"], "crop": True}}
    with pytest.raises(OptionError, match="of other settings: crop was False"):
        names(out, cropped)
    assert names(out) == ["fish_1"]


def test_a_newer_format_is_told(out):
    (out / LEDGER).write_text(json.dumps({"format": 2, **RUN}) + "\n")
    with pytest.raises(OptionError, match="newer notebook_seg"):
        names(out)


def test_again_removes_what_was_written_and_nothing_else(out, photograph):
    (out / "masks" / "mine.png").write_bytes(b"not theirs")
    with Ledger(out, RUN, again=True) as ledger:
        ledger.add(entry(photograph, out, "masks/fish_1.png"))
    assert names(out, {**RUN, "model": "def"}, again=True) == []
    assert [path.name for path in (out / "masks").iterdir()] == ["mine.png"]
    assert names(out, {**RUN, "model": "def"}) == []


def test_a_file_outside_of_the_results_is_never_removed(out, photograph):
    with Ledger(out, RUN) as ledger:
        ledger.add({"name": "fish_1", "files": ["../fish_1.jpg", str(photograph.path)]})
    names(out, again=True)
    assert photograph.path.exists()


def test_what_a_kill_left_of_a_file_is_removed(out):
    note(out, "fish_2")
    torn = out / "masks" / ".fish_1.png.0a1b2c3d.tmp"
    torn.touch()
    with Ledger(out, RUN) as ledger:
        assert not torn.exists()
        # By a worker that is killed during the run.
        torn.touch()
        assert "fish_2" in ledger
    assert not torn.exists()


def test_masks_that_no_run_recorded_are_not_written_over(out):
    (out / "masks" / "site").mkdir()
    (out / "masks" / "site" / "mine.png").touch()
    with pytest.raises(OptionError, match="not recorded by a run"):
        names(out)
    assert not (out / LEDGER).exists()


def test_a_photograph_is_done_while_it_and_its_files_stay_as_they_are(out, photograph):
    with Ledger(out, RUN) as ledger:
        assert not ledger.is_done(photograph)
        ledger.add(entry(photograph, out, "masks/fish_1.png"))
        assert ledger.is_done(photograph)
        assert not ledger.is_done(photograph, scale=0.5)
        (out / "masks" / "fish_1.png").unlink()
        assert not ledger.is_done(photograph)
        ledger.add(entry(photograph, out, "masks/fish_1.png"))
        photograph.path.write_bytes(b"another exposure")
        assert not ledger.is_done(photograph)


def test_photographs_that_were_moved_are_still_done(out, photograph, tmp_path):
    with Ledger(out, RUN) as ledger:
        ledger.add(entry(photograph, out, "masks/fish_1.png"))
        (tmp_path / "elsewhere").mkdir()
        moved = photograph.path.rename(tmp_path / "elsewhere" / "fish_1.jpg")
        assert ledger.is_done(Photograph("fish_1", moved))


def test_another_photograph_of_the_same_name_is_refused(out, photograph, tmp_path):
    (tmp_path / "other").mkdir()
    other = Photograph("fish_1", tmp_path / "other" / "fish_1.jpg")
    other.path.write_bytes(b"another fish")
    with Ledger(out, RUN) as ledger:
        ledger.add(entry(photograph, out, "masks/fish_1.png"))
        with pytest.raises(OptionError, match=r"another photograph.*fish_1"):
            ledger.is_done(other)


@pytest.mark.parametrize("content", [b"a crab", b"a fish"])
def test_another_photograph_of_the_same_size_and_time_is_refused_and_a_copy_is_done(
    out, photograph, tmp_path, content
):
    (tmp_path / "other").mkdir()
    other = Photograph("fish_1", tmp_path / "other" / "fish_1.jpg")
    other.path.write_bytes(content)
    shutil.copystat(photograph.path, other.path)
    with Ledger(out, RUN) as ledger:
        ledger.add(entry(photograph, out, "masks/fish_1.png"))
        if content == photograph.path.read_bytes():
            assert ledger.is_done(other)
        else:
            with pytest.raises(OptionError, match=r"another photograph.*fish_1"):
                ledger.is_done(other)


def test_files_that_a_photograph_no_longer_has_are_removed(out, photograph):
    (out / "objects").mkdir()
    with Ledger(out, RUN) as ledger:
        ledger.add(entry(photograph, out, "objects/fish_1_1.png", "objects/fish_1_2.png"))
        ledger.add(entry(photograph, out, "objects/fish_1_1.png"))
    assert [path.name for path in (out / "objects").iterdir()] == ["fish_1_1.png"]
    assert names(out) == ["fish_1"]


@pytest.mark.skipif(os.name == "nt", reason="locks of files are not used there")
def test_two_runs_do_not_write_to_one_folder(out):
    with Ledger(out, RUN), pytest.raises(OptionError, match="Another run is writing"):
        names(out)
    assert names(out) == []


def test_a_full_disk_keeps_what_was_noted(out, full_disk):
    noted = []

    def note_for_ever(ledger):
        for number in itertools.count():
            ledger.add({"name": f"fish_{number}", "files": []})
            noted.append(f"fish_{number}")

    with (
        Ledger(out, RUN) as ledger,
        full_disk(5000),
        pytest.raises(SaveError, match="Cannot write"),
    ):
        note_for_ever(ledger)
    assert names(out) == noted
    assert len(noted) > 10
