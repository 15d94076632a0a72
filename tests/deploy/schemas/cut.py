"""Cuts the schemas that the manifests are checked by out of the packages that carry them.

    python -m tests.deploy.schemas.cut FOLDER

The folder holds the unpacked wheels of kubernetes-validate 1.37.0 and check-jsonschema 0.39.0. Both carry
schemas under the Apache License 2.0; the whole of them is 78 MB, which no test needs to download.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
KUBERNETES = "kubernetes_validate/kubernetes-json-schema/v1.37.0-local-strict/_definitions.json"
COMPOSE = "check_jsonschema/builtin_schemas/vendor/compose-spec.json"
KINDS = {
    "Deployment": "io.k8s.api.apps.v1.Deployment",
    "Ingress": "io.k8s.api.networking.v1.Ingress",
    "NetworkPolicy": "io.k8s.api.networking.v1.NetworkPolicy",
    "Namespace": "io.k8s.api.core.v1.Namespace",
    "PodDisruptionBudget": "io.k8s.api.policy.v1.PodDisruptionBudget",
    "Secret": "io.k8s.api.core.v1.Secret",
    "ConfigMap": "io.k8s.api.core.v1.ConfigMap",
    "Service": "io.k8s.api.core.v1.Service",
    "ServiceAccount": "io.k8s.api.core.v1.ServiceAccount",
}


def cut(definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the definitions that our kinds reach, without their descriptions."""
    kept: dict[str, Any] = {}
    waiting = list(KINDS.values())
    while waiting:
        name = waiting.pop()
        if name not in kept:
            kept[name] = bare(definitions[name])
            waiting += [reference.rpartition("/")[2] for reference in references(kept[name])]
    return kept


def bare(node: Any) -> Any:
    """Return a schema without descriptions, its references pointing into the same document."""
    if isinstance(node, list):
        return [bare(part) for part in node]
    if not isinstance(node, dict):
        return node
    kept = {key: bare(value) for key, value in node.items() if not describes(key, value)}
    if isinstance(kept.get("$ref"), str):
        kept["$ref"] = "#/$defs/" + kept["$ref"].rpartition("/")[2]
    return kept


def describes(key: str, value: Any) -> bool:
    return (key == "description" and isinstance(value, str)) or key.startswith("x-kubernetes-")


def references(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for part in node:
            yield from references(part)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref" and isinstance(value, str):
                yield value
            else:
                yield from references(value)


if __name__ == "__main__":
    unpacked = Path(sys.argv[1])
    definitions = json.loads((unpacked / KUBERNETES).read_text("utf-8"))["$defs"]
    found = {"kinds": KINDS, "$defs": cut(definitions)}
    (HERE / "kubernetes.json").write_text(json.dumps(found, separators=(",", ":"), sort_keys=True) + "\n")
    compose = json.loads((unpacked / COMPOSE).read_text("utf-8"))
    (HERE / "compose.json").write_text(json.dumps(bare(compose), separators=(",", ":")) + "\n")
