"""Generates both clients' models from the OpenAPI document: `python -m clients.generate` in Flux's folder.

The generators get the document retold as schemas alone: what is sent, what is given, and each dataset's
parameters as one object. So both languages have the same names, and nothing that no client uses.
"""

import copy
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from flux.catalog import CATALOG
from flux.describe.feeds import operation_id, row_name
from flux.describe.openapi import BASE, describe_api
from flux.errors import ERRORS

HERE = Path(__file__).parent
PYTHON = HERE / "python" / "src" / "flux_client" / "models.py"
TYPESCRIPT = HERE / "typescript" / "src" / "models.ts"

NOT_FOR_CLIENTS = {"Health", "Readiness", "Upload"}  # and the envelopes, which the clients open
OF_WRITING = {"format", "delimiter", "decimal", "safe", "bom"}  # the clients read JSON

Schema = dict[str, Any]


def main() -> None:
    """Writes both files over."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "flux.json"
        PYTHON.write_text(python_models(source))
        TYPESCRIPT.write_text(typescript_models(source))


def python_models(source: Path) -> str:
    """TypedDicts: what json.loads gives, with names and types. `from` becomes `from_`, a name in Python."""
    document = retell()
    for name, schema in document["components"]["schemas"].items():
        if name.endswith("Query"):
            schema["properties"] = {
                "from_" if key == "from" else key: value for key, value in schema["properties"].items()
            }
    source.write_text(json.dumps(document))
    options = ["--input-file-type", "openapi", "--output-model-type", "typing.TypedDict"]
    options += ["--target-python-version", "3.10", "--formatters", "builtin", "--disable-timestamp"]
    options += ["--use-standard-collections", "--use-union-operator", "--enum-field-as-literal", "all"]
    options += ["--use-schema-description", "--use-field-description", "--use-type-alias"]
    options += ["--no-use-closed-typed-dict"]  # a newer server may tell more
    return _run([sys.executable, "-m", "datamodel_code_generator", "--input", str(source), *options])


def typescript_models(source: Path) -> str:
    """Types, one export for each schema; openapi-typescript comes with `npm ci` in the client's folder."""
    source.write_text(json.dumps(retell()))
    program = HERE / "typescript" / "node_modules" / "openapi-typescript" / "bin" / "cli.js"
    options = ["--root-types", "--root-types-no-schema-prefix", "--default-non-nullable", "false"]
    return _run([_node(), str(program), str(source), *options])


def retell() -> Schema:
    """The document's schemas, and those of the parameters and of the analyses' unions, by name."""
    document = describe_api("http://127.0.0.1:8000", tuple(ERRORS.items()))
    schemas: Schema = {
        name: schema
        for name, schema in document["components"]["schemas"].items()
        if not name.endswith("Answer") and name not in NOT_FOR_CLIENTS
    }
    for dataset in CATALOG.values():
        told = document["paths"][f"{BASE}/datasets/{dataset.name}"]["get"]
        name = row_name(dataset).removesuffix("Row") + "Query"
        schemas[name] = _query(told["parameters"], operation_id(dataset))
    posted = document["paths"][f"{BASE}/projects/{{project_id}}/analyses"]["post"]
    schemas["AnalysisIn"] = posted["requestBody"]["content"]["application/json"]["schema"]
    schemas["Analysis"] = document["components"]["schemas"]["AnalysisAnswer"]["properties"]["data"]
    schemas = copy.deepcopy(dict(sorted(schemas.items())))
    return {
        "openapi": "3.1.0",
        "info": document["info"],
        "paths": {},
        "components": {"schemas": _opened(schemas)},
    }


def _query(parameters: list[Schema], id: str) -> Schema:
    """A dataset's parameters as an object, each of which may be left out; one profile needs no list."""
    properties: Schema = {}
    for parameter in parameters:
        if parameter["name"] in OF_WRITING:
            continue
        schema = copy.deepcopy(parameter["schema"])
        if schema["type"] == "array":
            schema = {"anyOf": [schema["items"], schema]}
        properties[parameter["name"]] = schema | {"description": parameter["description"]}
    return {"type": "object", "description": f"The parameters of `{id}`.", "properties": properties}


def _opened(value: Any) -> Any:
    """Without `additionalProperties: false`: an older client reads a newer server's answers."""
    if isinstance(value, dict):
        closed = value.get("additionalProperties") is False
        return {k: _opened(v) for k, v in value.items() if not (closed and k == "additionalProperties")}
    return [_opened(v) for v in value] if isinstance(value, list) else value


def _node() -> str:
    """Beside this Python, where a package brings it, else the system's."""
    found = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")
    if found is None:
        raise RuntimeError("Node is missing, which openapi-typescript runs on.")
    return found


def _run(command: list[str]) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - our own words
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} {command[1]}: {done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
