import json
import signal

import numpy as np
import pytest
from PIL import Image

from notebook_seg.data import Dataset
from notebook_seg.data.box import Box
from notebook_seg.data.classes import DEFAULT_COLORS
from notebook_seg.data.formats import import_masks
from notebook_seg.errors import DatasetError, ImageError, MaskError, OptionError, SaveError
from tests.data.formats.exchanged import SIZE

SQUARE = [[10, 10], [30, 10], [30, 30], [10, 30]]
UPRIGHT = np.zeros(SIZE, np.uint8)
UPRIGHT[10:30, 10:30] = 1


def labelme(name: str, *labels: str, size=SIZE, points=SQUARE) -> dict:
    shapes = [{"label": label, "points": points, "shape_type": "polygon"} for label in labels]
    height, width = size
    return {"shapes": shapes, "imagePath": name, "imageHeight": height, "imageWidth": width}


def geojson(*names: str | None) -> dict:
    ring = [*SQUARE, SQUARE[0]]
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Polygon", "coordinates": [ring]},
            "properties": {"classification": {"name": name, "color": [1, 2, 3]}} if name else {},
        }
        for name in names
    ]
    return {"type": "FeatureCollection", "features": features}


@pytest.fixture
def bring(tmp_path, photo):
    """Import into a new dataset beside one photograph."""

    def run(*files, **options):
        options.setdefault("images", photo().parent)
        return import_masks(tmp_path / "data", list(files), progress=False, **options)

    return run


@pytest.fixture
def blank(tmp_path, photo) -> Dataset:
    """Three photographs that nobody has labelled."""
    photos = [photo(f"fish_{number}.jpg") for number in (1, 2, 3)]
    return Dataset.create(tmp_path / "blank", photos, ["fish"])


# --- a new dataset


def test_a_dataset_is_made_of_photographs_and_what_was_drawn_on_them(bring, document, photo):
    photo("fish_2.jpg")
    done = bring(document(labelme("fish_1.jpg", "fish", "fin")))
    assert done.masks == ("fish_1",)
    assert done.data.class_names == ("background", "fish", "fin")
    assert done.data.labelled == ("fish_1",)
    assert done.data.unlabelled == ("fish_2",)
    assert np.array_equal(done.data.mask("fish_1"), UPRIGHT * 2)
    assert "masks imported: 1; classes: fish, fin" in str(done)


def test_photographs_beside_the_files_are_found(tmp_path, photo, document):
    folder = photo().parent
    document(labelme("fish_1.jpg", "fish"), "photos/fish_1.json")
    assert import_masks(tmp_path / "data", folder, progress=False).masks == ("fish_1",)


def test_label_pictures_and_photographs_must_be_told_apart(tmp_path, photo):
    folder = photo("fish_1.png").parent
    with pytest.raises(OptionError, match="Say where the photographs are: images="):
        import_masks(tmp_path / "data", folder, progress=False)


def test_the_classes_that_the_user_names_are_all_there_are(bring, document):
    path = document(labelme("fish_1.jpg", "fin", "ruler"))
    with pytest.raises(MaskError, match="class 'ruler', and the classes are fish, fin"):
        bring(path, classes=["fish", "fin"])
    data = bring(path, classes=["fish", "fin"], values={"ruler": "background"}).data
    assert data.class_names == ("background", "fish", "fin")
    assert not data.mask("fish_1").any()


def test_names_may_be_given_a_meaning(bring, document):
    path = document(labelme("fish_1.jpg", "Trunk", "what is this"))
    data = bring(path, values={"trunk": "fish", "*": "unlabelled"}).data
    assert data.class_names == ("background", "fish")
    assert np.array_equal(data.mask("fish_1"), np.where(UPRIGHT, 255, 0))


def test_what_an_error_advises_for_all_others_leaves_the_classes_that_are_known(blank, document):
    path = document(labelme("fish_1.jpg", "_background_", "ruler", "Fish"))
    data = import_masks(blank, path, values={"*": "background"}, progress=False).data
    assert data.class_names == ("background", "fish")
    assert np.array_equal(data.mask("fish_1"), UPRIGHT)


def test_all_others_are_what_the_user_says_where_the_classes_are_named(bring, document):
    path = document(labelme("fish_1.jpg", "ruler", "fin"))
    with pytest.raises(MaskError, match=r"{'\*': 'background'} for all others"):
        bring(path, classes=["fish", "fin"])
    data = bring(path, classes=["fish", "fin"], values={"*": "background"}).data
    assert np.array_equal(data.mask("fish_1"), UPRIGHT * 2)


@pytest.mark.parametrize(
    ("label", "value"), [("_background_", 0), ("__ignore__", 255), ("Unlabeled", 255)]
)
def test_what_is_no_class_in_other_tools_is_none_here(label, value, bring, document):
    data = bring(document(labelme("fish_1.jpg", "fish", label))).data
    assert data.class_names == ("background", "fish")
    assert (data.mask("fish_1")[10:30, 10:30] == value).all()


def test_shapes_without_a_class_are_of_the_only_one(bring, document):
    data = bring(document(geojson(None), "fish_1.geojson")).data
    assert data.class_names == ("background", "specimen")


def test_shapes_without_a_class_are_an_error_where_there_are_several(bring, document):
    path = document(geojson("fish", "fin", None), "fish_1.geojson")
    with pytest.raises(MaskError, match=r"shapes without a class.*values={'': 'fish'}"):
        bring(path)
    assert np.array_equal(bring(path, values={"": "fin"}).data.mask("fish_1"), UPRIGHT * 2)


def test_shapes_without_a_class_are_not_painted_over_those_that_have_one(
    bring, blank, document, photo
):
    photo("fish_2.jpg")
    frame = document(geojson(None), "fish_1.geojson")
    other = document(geojson("fish"), "fish_2.geojson")
    with pytest.raises(MaskError, match=r"fish_1\.geojson has shapes without a class"):
        bring(frame, other)
    with pytest.raises(MaskError, match=r"shapes without a class.*values={'': 'fish'}"):
        import_masks(blank, [frame, other], progress=False)
    data = bring(frame, other, values={"": "background"}).data
    assert not data.mask("fish_1").any()
    assert data.mask("fish_2").any()


def test_colours_come_along(bring, document):
    data = bring(document(geojson("fish"), "fish_1.geojson")).data
    assert data.classes[0].color == "#010203"


def test_whatever_goes_wrong_nothing_is_left_behind(bring, document, tmp_path, photo):
    photo("fish_2.jpg")
    good = document(labelme("fish_1.jpg", "fish"), "a.json")
    bad = document(labelme("fish_2.jpg", "fish", size=(61, 80)), "b.json")
    with pytest.raises(MaskError, match=r"b\.json was drawn on .* of 61 x 80.*60 x 80"):
        bring(good, bad)
    assert {path.name for path in tmp_path.iterdir()} == {"photos", "a.json", "b.json"}


def test_a_folder_that_is_taken_is_left_alone(bring, document, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "note.txt").touch()
    with pytest.raises(DatasetError, match="not empty"):
        bring(document(labelme("fish_1.jpg", "fish")))


# --- a dataset that is there


def test_masks_are_added_and_those_that_are_there_are_kept(blank, document):
    drawn = np.ones(SIZE, np.uint8)
    blank.save_mask("fish_1", drawn)
    blank.append_stroke("fish_2", Box(0, 0, 2, 2), np.ones((2, 2), np.uint8))
    paths = [document(labelme(f"fish_{n}.jpg", "Fish"), f"{n}.json") for n in (1, 2, 3)]
    done = import_masks(blank, paths, progress=False)
    assert (done.masks, done.kept) == (("fish_3",), ("fish_1", "fish_2"))
    assert "a mask was there already: fish_1, fish_2." in str(done)
    assert np.array_equal(blank.mask("fish_1"), drawn)
    assert blank.mask("fish_2").sum() == 4
    done = import_masks(blank.folder, paths, overwrite=True, progress=False)
    assert done.kept == ()
    assert all(np.array_equal(blank.mask(stem), UPRIGHT) for stem in blank.stems)


def test_new_classes_are_added_behind_the_others(blank, document):
    blank.save_mask("fish_2", UPRIGHT)
    done = import_masks(blank, document(labelme("fish_1.jpg", "fish", "fin")), progress=False)
    assert done.classes == ("fin",)
    again = Dataset(blank.folder)
    assert [(c.name, c.color) for c in again.classes] == [
        ("fish", DEFAULT_COLORS[0]),
        ("fin", DEFAULT_COLORS[1]),
    ]
    assert np.array_equal(again.mask("fish_1"), UPRIGHT * 2)
    assert np.array_equal(again.mask("fish_2"), UPRIGHT)


def test_groups_survive_a_new_class(tmp_path, photo, document):
    photos = [photo("fish_1.jpg"), photo("fish_2.jpg")]
    data = Dataset.create(tmp_path / "grouped", photos, ["fish"], groups=r"(fish)")
    import_masks(data, document(labelme("fish_1.jpg", "fin")), progress=False)
    assert Dataset(data.folder).groups == {"fish_1": "fish", "fish_2": "fish"}


def test_a_mask_that_cannot_be_read_is_never_overwritten(blank, document):
    path = blank.mask_path("fish_1")
    path.write_bytes(b"all my work")
    with pytest.raises(MaskError, match=r"fish_1\.png"):
        import_masks(blank, document(labelme("fish_1.jpg", "fish")), overwrite=True, progress=False)
    assert path.read_bytes() == b"all my work"


def test_photographs_and_classes_of_a_dataset_are_its_own(blank, document, photo):
    path = document(labelme("fish_1.jpg", "fish"))
    for options in ({"images": photo()}, {"classes": "fish"}):
        with pytest.raises(OptionError, match="Leave out images and classes"):
            import_masks(blank, path, progress=False, **options)


def test_a_class_name_that_cannot_be_is_an_error_and_changes_nothing(blank, document):
    before = (blank.folder / "dataset.json").read_bytes()
    names = [f"species {number}" for number in range(254)]
    with pytest.raises(DatasetError, match="254 classes"):
        import_masks(blank, document(labelme("fish_1.jpg", *names)), progress=False)
    assert (blank.folder / "dataset.json").read_bytes() == before
    assert blank.labelled == ()


@pytest.mark.parametrize("new", [True, False])
def test_a_full_disk_is_one_error_and_nothing_is_half_done(
    new, blank, document, tmp_path, full_disk
):
    path = document(labelme("fish_1.jpg", "fish"))
    images = blank.folder / "images" if new else None
    target = tmp_path / "data" if new else blank.folder
    before = sorted(tmp_path.rglob("*"))
    with full_disk(), pytest.raises(SaveError, match="Cannot write"):
        import_masks(target, path, images, progress=False)
    assert sorted(tmp_path.rglob("*")) == before


def test_an_interruption_keeps_what_was_done(blank, document, monkeypatch):
    paths = [document(labelme(f"fish_{n}.jpg", "fish"), f"{n}.json") for n in (1, 2, 3)]
    save = Dataset.save_mask

    def then_ctrl_c(self, stem, mask):
        save(self, stem, mask)
        if stem == "fish_2":
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Dataset, "save_mask", then_ctrl_c)
    done = import_masks(blank, paths, progress=False)
    assert done.masks == ("fish_1",)
    assert done.left == ("fish_2", "fish_3")
    assert blank.labelled == ("fish_1", "fish_2")


# --- which photograph


@pytest.mark.parametrize(
    "name",
    [
        "fish_1.jpg",
        "FISH_1.JPG",
        "fish_1.png",
        "fish_1",
        "C:\\photos\\fish_1.jpg",
        "../photos/fish_1.jpg",
        "fish_1_cp_masks.tif",
        "fish_1.jpg-labels.png",
        "fish_1_RoiSet",
    ],
)
def test_a_photograph_is_found_by_its_name(name, bring, document):
    assert bring(document(labelme(name, "fish"))).masks == ("fish_1",)


def test_dots_in_names_are_no_endings(tmp_path, photo, document):
    photo("yeast_z_-2.5.png")
    photo("yeast_z_-2.png")
    names = ("yeast_z_-2.5.geojson", "yeast_z_-2.7.geojson")
    paths = [document(geojson("yeast"), name) for name in names]
    done = import_masks(tmp_path / "data", paths, photo().parent, progress=False)
    assert done.masks == ("yeast_z_-2.5",)
    assert done.missing == ("yeast_z_-2.7",)


def test_photographs_that_are_not_there_are_told(bring, document):
    paths = [document(labelme(name, "fish"), f"{name}.json") for name in ("fish_1", "shark")]
    done = bring(*paths)
    assert done.missing == ("shark",)
    assert "not among the photographs: shark." in str(done)


def test_no_photograph_at_all_is_an_error_that_names_one_of_each(bring, document):
    with pytest.raises(MaskError, match=r"for example, shark\.jpg; a photograph is called fish_1"):
        bring(document(labelme("shark.jpg", "fish")))


def test_two_annotations_of_one_photograph_are_an_error(bring, document):
    paths = [document(labelme("fish_1.jpg", "fish"), name) for name in ("a.json", "b.json")]
    with pytest.raises(MaskError, match=r"Two annotations .*a\.json, one in .*b\.json"):
        bring(*paths)


def test_pictures_listed_without_objects_stay_unlabelled_unless_they_are_said_to_be_empty(
    tmp_path, photo, document
):
    photo("fish_2.jpg")
    square = {"name": "rect", "x": 10, "y": 10, "width": 20, "height": 20}
    region = {"shape_attributes": square, "region_attributes": {"name": "fish"}}
    path = document(
        {
            name: {"filename": name, "size": -1, "regions": regions}
            for name, regions in (("fish_1.jpg", [region]), ("fish_2.jpg", []))
        }
    )
    images = photo().parent
    done = import_masks(tmp_path / "one", path, images, progress=False)
    assert done.data.unlabelled == ("fish_2",)
    assert "without any object, and left unlabelled: 1." in str(done)
    done = import_masks(tmp_path / "two", path, images, empty=True, progress=False)
    assert not done.data.mask("fish_2").any()


def test_what_has_no_area_is_told(bring, document):
    content = labelme("fish_1.jpg", "fish")
    content["shapes"].append({"label": "eye", "points": [[1, 2]], "shape_type": "point"})
    assert "no area or are not known: 1 point." in str(bring(document(content)))


BOX = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 9, 9], "segmentation": []}
COCO_OF_BOXES = {
    "images": [{"id": 1, "file_name": "fish_1.jpg", "height": SIZE[0], "width": SIZE[1]}],
    "categories": [{"id": 1, "name": "fish"}],
    "annotations": [BOX],
}
LINE = {"name": "polyline", "all_points_x": [1, 9], "all_points_y": [1, 9]}
VIA_OF_LINES = {
    "fish_1.jpg-1": {
        "filename": "fish_1.jpg",
        "size": -1,
        "regions": [{"shape_attributes": LINE, "region_attributes": {"name": "fish"}}],
    }
}
LABELME_OF_POINTS = {
    "shapes": [{"label": "eye", "points": [[1, 2]], "shape_type": "point"}],
    "imagePath": "fish_1.jpg",
}
GEOJSON_OF_POINTS = {"type": "Point", "coordinates": [1, 2]}


@pytest.mark.parametrize("empty", [False, True])
@pytest.mark.parametrize(
    ("content", "name"),
    [
        (COCO_OF_BOXES, "coco.json"),
        (VIA_OF_LINES, "via.json"),
        (LABELME_OF_POINTS, "fish_1.json"),
        (GEOJSON_OF_POINTS, "fish_1.geojson"),
    ],
)
def test_pictures_that_hold_only_what_has_no_area_stay_unlabelled(
    blank, document, content, name, empty
):
    done = import_masks(blank, document(content, name), empty=empty, progress=False)
    assert done.data.unlabelled == ("fish_1", "fish_2", "fish_3")
    assert "Hold only boxes, points or lines, and left unlabelled: 1." in str(done)
    assert "no area or are not known: 1 " in str(done)
    assert "without any object" not in str(done)


# --- photographs that are turned by their EXIF orientation


@pytest.mark.parametrize("orientation", range(1, 9))
def test_masks_lie_where_they_were_drawn_on_turned_photographs(
    orientation, tmp_path, photo, document
):
    path = photo("fish_1.jpg", 60, 80, orientation)
    turned = np.asarray(Image.open(path)).shape[:2]
    upright = Dataset.create(tmp_path / "plain", path).image_size("fish_1")
    mark = np.zeros(turned, np.uint8)
    mark[10:30, 5:40] = 1
    standing = Image.fromarray(mark)
    for operation in _TURNS[orientation]:
        standing = standing.transpose(operation)
    box = [[5, 10], [40, 10], [40, 30], [5, 30]]
    stored = document(labelme("fish_1.jpg", "fish", size=turned, points=box), "stored.json")
    done = import_masks(tmp_path / "a", stored, path, drawn_on="stored", progress=False)
    assert np.array_equal(done.data.mask("fish_1"), np.asarray(standing))
    drawn = document(labelme("fish_1.jpg", "fish", size=upright, points=box), "upright.json")
    done = import_masks(tmp_path / "b", drawn, path, progress=False)
    assert (done.data.mask("fish_1")[10:30, 5:40] == 1).all()
    assert ("Turned by their EXIF" in str(done)) == (2 <= orientation <= 4)
    if orientation >= 5:
        told = import_masks(tmp_path / "c", stored, path, progress=False)
        assert np.array_equal(told.data.mask("fish_1"), np.asarray(standing))


_T = Image.Transpose
_TURNS = {
    1: (),
    2: (_T.FLIP_LEFT_RIGHT,),
    3: (_T.ROTATE_180,),
    4: (_T.FLIP_TOP_BOTTOM,),
    5: (_T.TRANSPOSE,),
    6: (_T.ROTATE_270,),
    7: (_T.TRANSVERSE,),
    8: (_T.ROTATE_90,),
}


# --- which format


def test_files_that_tell_no_format_are_an_error_that_lists_them(bring, document, tmp_path):
    with pytest.raises(MaskError, match=r"none of the formats.*labelme, coco"):
        bring(document({"what": "is this"}))
    (tmp_path / "notes.xyz").write_text("x")
    with pytest.raises(MaskError, match=r"no ending that tells its format.*nifti"):
        bring(tmp_path / "notes.xyz")


def test_several_formats_at_once_are_an_error(bring, document):
    one, other = document(labelme("a", "b")), document(geojson("fish"), "fish_1.geojson")
    with pytest.raises(OptionError, match="several formats: geojson, labelme"):
        bring(one, other)


def test_a_format_may_be_named(bring, document):
    path = document(geojson("fish"), "fish_1.json")
    assert bring(path, format="geojson").masks == ("fish_1",)


def test_a_format_that_is_not_known_has_a_hint(bring, document):
    with pytest.raises(OptionError, match="did you mean 'labelme'"):
        bring(document({}), format="labelmee")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"  \n", "is empty"),
        (b'{"shapes": [, "imagePath": ""', "is no JSON file"),
        (b'\xff\xfe{"shapes" "imagePath"}', "is no JSON file"),
        (b'"shapes" "imagePath"' + b"[" * 100_000, "is no JSON file"),
    ],
)
def test_what_is_no_json_is_one_line_that_names_the_file(content, message, bring, tmp_path):
    (tmp_path / "bad.json").write_bytes(content)
    with pytest.raises(MaskError, match=rf"bad\.json {message}") as raised:
        bring(tmp_path / "bad.json")
    assert "\n" not in str(raised.value)


def test_files_with_a_byte_order_mark_are_read(bring, tmp_path):
    content = json.dumps(labelme("fish_1.jpg", "fish")).encode("utf-8-sig")
    (tmp_path / "fish_1.json").write_bytes(content)
    assert bring(tmp_path / "fish_1.json").masks == ("fish_1",)


def test_nothing_to_read_is_an_error(bring, tmp_path, photo):
    (tmp_path / "theirs").mkdir()
    with pytest.raises(MaskError, match="No annotations in"):
        bring(tmp_path / "theirs")
    with pytest.raises(MaskError, match="No annotations in"):
        bring(tmp_path / "gone.json")


def test_photographs_that_are_not_found_are_an_error(bring, document, tmp_path):
    with pytest.raises(ImageError, match="no file or folder"):
        bring(document(labelme("fish_1.jpg", "fish")), images=tmp_path / "gone")
