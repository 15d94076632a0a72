"""Writes the schemas of KEDA's two kinds from the models of a package.

    python tests/deploy/schemas/keda.py

Run it where cloudcoil.models.keda 2.16.1.0 is installed (models generated from KEDA 2.16.1's definitions,
Apache License 2.0), which needs more packages than a test should.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cloudcoil.models.keda import v1alpha1  # type: ignore[import-not-found]

KINDS = ("ScaledObject", "TriggerAuthentication")
METADATA = {"type": "object", "required": ["name", "namespace"]}  # Kubernetes' own


def strict(node: Any) -> Any:
    """Return a schema without titles and descriptions that takes no field it does not name."""
    if isinstance(node, list):
        return [strict(part) for part in node]
    if not isinstance(node, dict):
        return node
    kept = {key: strict(value) for key, value in node.items() if not described(key, value)}
    if kept.get("type") == "object" and isinstance(kept.get("properties"), dict):
        kept["additionalProperties"] = False
    return kept


def described(key: str, value: Any) -> bool:
    return key in {"title", "description"} and isinstance(value, str)


if __name__ == "__main__":
    found = {}
    for kind in KINDS:
        schema = strict(getattr(v1alpha1, kind).model_json_schema(by_alias=True))
        schema["properties"]["metadata"] = METADATA
        found[kind] = schema
    path = Path(__file__).with_name("keda.json")
    path.write_text(json.dumps(found, separators=(",", ":"), sort_keys=True) + "\n")
