from notebook_seg.widgets import Review


def is_shown(widget):
    return widget.layout.display != "none"


def test_all_pictures_come_first_and_a_choice_leads_to_the_labeller(coins):
    overview = Review(coins)
    (drawing,) = (part for part in overview.children if "nbs-drawing" in part._dom_classes)
    assert not is_shown(drawing)

    stem = coins.stems[2]
    overview.review._handle_custom_msg({"type": "open", "stem": stem, "box": None}, [])

    assert overview.session.stem == stem
    assert is_shown(drawing)
    overview.toggle_review()
    assert not is_shown(drawing)
