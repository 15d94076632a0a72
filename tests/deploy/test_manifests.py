"""What deploy/ gives to Compose, Kubernetes, Prometheus and Grafana is valid and agrees with the program.

Not checked: kustomize's schema, which no package carries; Grafana's and PromQL's grammar, which take packages
that nothing else here needs (`grafana-foundation-sdk` and `promql-parser` read all of it on 2026-11-26).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from bot.limiter import Lane
from bot.sandbox.server import Sandbox
from bot.settings import Settings
from ml.keys import ACTIVE_JOBS
from tests.bot.conftest import World
from tests.bot.ops.test_prometheus import get
from tests.conftest import free_port

DEPLOY = Path(__file__).parents[2] / "deploy"
SCHEMAS = Path(__file__).parent / "schemas"
KUBERNETES = sorted(path for path in (DEPLOY / "kubernetes").glob("*.yaml") if path.stem != "kustomization")
KEDA = {"ScaledObject", "TriggerAuthentication"}


def documents(path: Path) -> list[dict[str, Any]]:
    return [found for found in yaml.safe_load_all(path.read_text("utf-8")) if found]


def manifests() -> Iterator[dict[str, Any]]:
    return chain.from_iterable(map(documents, KUBERNETES))


def named(kind: str, name: str) -> dict[str, Any]:
    return next(one for one in manifests() if (one["kind"], one["metadata"]["name"]) == (kind, name))


def pods() -> list[dict[str, Any]]:
    return [one["spec"]["template"]["spec"] for one in manifests() if one["kind"] == "Deployment"]


def test_env_example_names_every_setting_and_no_other() -> None:
    text = (DEPLOY / "env.example").read_text("utf-8")
    named_there = re.findall(r"(?m)^#?(TONEFIT_[A-Z_]+)=", text)
    assert sorted(named_there) == sorted(f"TONEFIT_{name.upper()}" for name in Settings.model_fields)


def test_env_example_shows_the_defaults_that_a_setting_has() -> None:
    text = (DEPLOY / "env.example").read_text("utf-8")
    shown = dict(re.findall(r"(?m)^#?TONEFIT_([A-Z_]+)=(.+)$", text))
    for name, field in Settings.model_fields.items():
        if name.upper() in shown and isinstance(field.default, int | str) and name != "redis_url":
            assert shown[name.upper()] == str(field.default), name


@pytest.mark.parametrize(
    "place",
    [
        "compose.yaml",
        "make_secrets.sh",
        *(f"systemd/tonefit-{unit}.service" for unit in ("bot", "worker@", "backup")),
    ],
)
def test_no_file_sets_a_setting_that_there_is_not(place: str) -> None:
    known = {f"TONEFIT_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"TONEFIT_[A-Z_]+", (DEPLOY / place).read_text("utf-8"))) <= known


def test_the_compose_file_is_what_the_compose_specification_asks_for() -> None:
    schema = json.loads((SCHEMAS / "compose.json").read_text("utf-8"))
    content = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    validator = jsonschema_rs.validator_for(schema)
    assert [error.message for error in validator.iter_errors(content)] == []
    content["services"]["bot"]["no_such_word"] = 1
    assert not validator.is_valid(content)


def test_every_service_of_the_compose_file_is_confined_and_nothing_listens_to_the_world() -> None:
    content = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    for name, service in content["services"].items():
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            ours = (DEPLOY / source).exists() or source == "./backups"  # the operator makes that one
            assert ours if source.startswith(".") else source in content["volumes"], source
        assert set(service.get("secrets", [])) <= set(content["secrets"]), name
    assert content["networks"]["inner"] == {"internal": True}
    command = content["services"]["redis"]["command"]
    options = dict(zip(command[1::2], command[2::2], strict=True))
    assert options["--appendonly"] == "yes"
    assert options["--maxmemory-policy"] == "noeviction"
    assert options["--aclfile"] == "/run/secrets/redis.acl"


@pytest.mark.parametrize("path", KUBERNETES, ids=lambda path: path.stem)
def test_every_manifest_is_what_kubernetes_asks_for(path: Path) -> None:
    for manifest in documents(path):
        validator = jsonschema_rs.validator_for(schema_of(manifest["kind"]))
        assert [error.message for error in validator.iter_errors(manifest)] == []
        manifest["no_such_word"] = 1
        assert not validator.is_valid(manifest)


def schema_of(kind: str) -> dict[str, Any]:
    if kind in KEDA:
        return json.loads((SCHEMAS / "keda.json").read_text("utf-8"))[kind]
    schemas = json.loads((SCHEMAS / "kubernetes.json").read_text("utf-8"))
    return {"$defs": schemas["$defs"], "$ref": f"#/$defs/{schemas['kinds'][kind]}"}


def test_all_manifests_but_the_example_of_secrets_are_applied() -> None:
    listed = yaml.safe_load((DEPLOY / "kubernetes" / "kustomization.yaml").read_text("utf-8"))["resources"]
    assert sorted(listed) == sorted(path.name for path in KUBERNETES if path.name != "secrets.example.yaml")


def test_every_pod_keeps_the_restricted_standard_for_pods() -> None:
    assert pods()
    for pod in pods():
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert "memory" in container["resources"]["limits"]
            assert "livenessProbe" in container


def test_secrets_come_by_reference_and_each_reference_is_in_the_example() -> None:
    held = {one["metadata"]["name"]: one["stringData"] for one in manifests() if one["kind"] == "Secret"}
    maps = {one["metadata"]["name"] for one in manifests() if one["kind"] == "ConfigMap"}
    assert {key for data in held.values() for key, value in data.items() if value} == {"username"}
    for container in (container for pod in pods() for container in pod["containers"]):
        for source in container["envFrom"]:
            assert source.get("configMapRef", {}).get("name", "tonefit") in maps
            assert source.get("secretRef", {}).get("name", "tonefit-s3") in held
        for variable in container["env"]:
            reference = variable["valueFrom"]["secretKeyRef"]  # no value stands in the manifest
            assert reference["key"] in held[reference["name"]]
    for reference in named("TriggerAuthentication", "redis")["spec"]["secretTargetRef"]:
        assert reference["key"] in held[reference["name"]]


def test_settings_of_the_cluster_are_taken_by_the_program() -> None:
    data = named("ConfigMap", "tonefit")["data"]
    given = {name.removeprefix("TONEFIT_").lower(): value for name, value in data.items()}
    assert given.keys() <= Settings.model_fields.keys()
    settings = Settings(_env_file=None, **given)
    path = named("Ingress", "bot")["spec"]["rules"][0]["http"]["paths"][0]["path"]
    assert settings.webhook_url is not None and settings.webhook_url.endswith(path)
    assert settings.store_url.startswith("s3://")


def test_what_selects_pods_finds_them_and_names_ports_that_they_have() -> None:
    labels = {
        one["metadata"]["name"]: one["spec"]["template"]["metadata"]["labels"]
        for one in manifests()
        if one["kind"] == "Deployment"
    }
    ports = {port["name"] for pod in pods() for each in pod["containers"] for port in each.get("ports", [])}
    for one in manifests():
        spec = one.get("spec", {})
        if one["kind"] in {"Deployment", "PodDisruptionBudget"}:
            assert spec["selector"]["matchLabels"].items() <= labels[one["metadata"]["name"]].items()
        if one["kind"] == "Service":
            assert spec["selector"].items() <= labels[one["metadata"]["name"]].items()
            assert {port["targetPort"] for port in spec["ports"]} <= ports
        if one["kind"] == "NetworkPolicy":
            wanted = spec["podSelector"].get("matchLabels", {}).items()
            assert any(wanted <= each.items() for each in labels.values())
            entries = [port["port"] for rule in spec.get("ingress", []) for port in rule["ports"]]
            assert set(entries) <= ports


def test_keda_scales_the_workers_by_trainings_that_wait_or_run() -> None:
    scaled = named("ScaledObject", "worker")["spec"]
    assert named("Deployment", scaled["scaleTargetRef"]["name"])
    assert "replicas" not in named("Deployment", "worker")["spec"]
    (trigger,) = scaled["triggers"]
    assert trigger["type"] == "redis"
    assert trigger["metadata"]["listName"] == ACTIVE_JOBS
    assert named("TriggerAuthentication", trigger["authenticationRef"]["name"])


async def test_alarms_and_the_dashboard_ask_for_figures_that_a_running_bot_shows(
    redis_url: str, tmp_path: Path
) -> None:
    port = free_port()
    async with Sandbox() as sandbox:
        world = World(sandbox, redis_url, tmp_path, {"TONEFIT_OPS_LISTEN": f"127.0.0.1:{port}"})
        try:
            await world.start()
            await world.ask("/sentiment what a day")
            _, content = await get(f"http://127.0.0.1:{port}/metrics")
        finally:
            world.end()
    shown: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(content):
        shown |= {name: label_names(family) for name in family_names(family.name, family.type)}
    asked = dict(expressions())
    assert len(asked) > 25
    told = (DEPLOY / "OPERATIONS.md").read_text("utf-8").partition("## Watching")[2].partition("\n## ")[0]
    explained = set(re.findall(r"`(tonefit_\w+)", told))
    assert explained <= {part for name in shown for part in (name, name.removesuffix("_count"))}
    source = "".join(path.read_text("utf-8") for path in (DEPLOY.parent / "bot").rglob("*.py"))
    values = {*re.findall(r'"(\w+)"', source), *(lane.name.lower() for lane in Lane)}
    for place, expression in asked.items():
        names = set(re.findall(r"\btonefit_\w+", expression))
        assert names <= shown.keys(), place
        for name, labels in re.findall(r"\b(tonefit_\w+)\{([^}]*)\}", expression):
            wanted = set(re.findall(r"(\w+)\s*(?:=|!=|=~)", labels))
            assert wanted <= shown[name] or not shown[name], place
            assert set(re.findall(r'=\s*"(\w+)"', labels)) <= values, place


def family_names(name: str, kind: str) -> list[str]:
    if kind == "counter":
        return [f"{name}_total"]
    return [f"{name}_{part}" for part in ("bucket", "sum", "count")] if kind == "histogram" else [name]


def label_names(family: Any) -> set[str]:
    return {label for sample in family.samples for label in sample.labels}


def expressions() -> Iterator[tuple[str, str]]:
    """Yield every question to Prometheus with where it stands."""
    rules = yaml.safe_load((DEPLOY / "monitoring" / "alarms.yml").read_text("utf-8"))
    for rule in (rule for group in rules["groups"] for rule in group["rules"]):
        assert rule["annotations"]["summary"] and rule["labels"]["severity"] in {"page", "ticket"}
        yield rule["alert"], rule["expr"]
    (file,) = (DEPLOY / "monitoring" / "grafana" / "dashboards").glob("*.json")
    for panel in json.loads(file.read_text("utf-8"))["panels"]:
        for target in panel["targets"]:
            yield f"{panel['title']} {target['refId']}", target["expr"]


def test_every_alarm_has_a_word_on_what_to_do() -> None:
    told = (DEPLOY / "OPERATIONS.md").read_text("utf-8")
    rules = yaml.safe_load((DEPLOY / "monitoring" / "alarms.yml").read_text("utf-8"))
    for rule in (rule for group in rules["groups"] for rule in group["rules"]):
        assert f"`{rule['alert']}`" in told


def test_prometheus_and_grafana_are_given_files_that_are_there() -> None:
    monitoring = DEPLOY / "monitoring"
    (rules,) = yaml.safe_load((monitoring / "prometheus.yml").read_text("utf-8"))["rule_files"]
    assert (monitoring / rules).is_file()
    source = yaml.safe_load(
        (monitoring / "grafana" / "provisioning" / "datasources" / "prometheus.yaml").read_text("utf-8")
    )["datasources"][0]
    (file,) = (monitoring / "grafana" / "dashboards").glob("*.json")
    panels = json.loads(file.read_text("utf-8"))["panels"]
    assert {panel["datasource"]["uid"] for panel in panels} == {source["uid"]}
    assert len({panel["id"] for panel in panels}) == len(panels)
