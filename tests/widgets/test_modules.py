import re
import shutil
import subprocess
from pathlib import Path

import pytest

import notebook_seg.widgets
from notebook_seg.widgets.modules import joined_modules

STATIC = Path(notebook_seg.widgets.__file__).parent / "static"
ENTRIES = ["canvas", "channels", "look", "review"]


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_joined_module_imports_nothing_and_exports_the_widget_alone(entry):
    text = joined_modules(entry)
    assert not re.search(r"^import\b", text, re.MULTILINE)
    assert re.findall(r"^export\b.*", text, re.MULTILINE) == ["export default { render };"]


@pytest.mark.parametrize("entry", ENTRIES)
def test_each_module_comes_once_and_before_those_that_need_it(entry):
    text = joined_modules(entry)
    made = re.findall(r"^const module_(\w+) =", text, re.MULTILINE)
    assert len(made) == len(set(made))
    for use in re.finditer(r"= module_(\w+);", text):
        assert text.index(f"const module_{use.group(1)} =") < use.start()


@pytest.mark.parametrize("module", sorted(STATIC.glob("*.js")), ids=lambda path: path.stem)
def test_modules_import_names_from_neighbours_and_nothing_else(module):
    """What the joining understands; anything else would be missed in silence."""
    text = module.read_text("utf-8")
    imports = re.findall(r"^import\b.*?;$", text, re.MULTILINE | re.DOTALL)
    assert all(re.fullmatch(r'import \{[^}]*\} from "\./\w+\.js";', each) for each in imports)
    assert not re.search(r"\bas\b", "".join(imports))
    exports = re.findall(r"^export (\w+)", text, re.MULTILINE)
    assert set(exports) <= {"function", "async", "class", "const", "default"}


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_joined_module_is_sound_javascript(entry, tmp_path):
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is absent: apt-get install nodejs")
    path = tmp_path / "joined.mjs"
    path.write_text(joined_modules(entry), "utf-8")
    subprocess.run([node, "--check", str(path)], check=True)
