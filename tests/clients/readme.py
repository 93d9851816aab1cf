"""The examples of a README, put one below the other as a reader would type them."""

import re
from pathlib import Path


def examples(readme: Path, language: str) -> list[str]:
    """The blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", readme.read_text(), re.MULTILINE | re.DOTALL)
