from notebook_seg.file_names import as_file_names


def test_names_that_differ_stay_different_as_files():
    names = ["a/b", "a b", "A*B", "日本", "中国", "x" * 90 + "1", "x" * 90 + "2"]
    files = as_file_names(names, "figure")
    assert list(files) == names
    assert len({file.lower() for file in files.values()}) == len(names)
    assert all(file.isascii() and "/" not in file for file in files.values())
