"""The models that the clients bring are those that the OpenAPI document gives today."""

from pathlib import Path

from clients import generate
from tests.node import install

ADVICE = "run: python -m clients.generate"


def test_python_has_the_documents_models(tmp_path: Path) -> None:
    assert generate.python_models(tmp_path / "flux.json") == generate.PYTHON.read_text(), ADVICE


def test_typescript_has_the_documents_models(tmp_path: Path) -> None:
    install(generate.HERE / "typescript")
    assert generate.typescript_models(tmp_path / "flux.json") == generate.TYPESCRIPT.read_text(), ADVICE
