"""The compose file and the Kubernetes manifests of docs/deployment, as far as can be told here.

Nothing of them is run: neither Docker nor a cluster is here. What they say of Pincite is held to
what Pincite knows, and what they say to Kubernetes to its own schemas.
"""

from typing import Any

import click
import kubernetes_validate
import pytest
import yaml

from service.cli import pincite
from service.scopes import OPEN, rule_for
from service.settings import read_settings
from tests.deployment.proxies import FILES

COMPOSE = yaml.safe_load((FILES / "compose.yaml").read_text(encoding="utf-8"))
DOCUMENTS = {
    f"{path.name}-{document['kind']}-{document['metadata']['name']}": document
    for path in sorted((FILES / "kubernetes").glob("*.yaml"))
    for document in yaml.safe_load_all(path.read_text(encoding="utf-8"))
}
OLDEST_KUBERNETES = "1.33"
_OPERATOR = "postgresql.cnpg.io/v1"
_COMPOSE_KEYS = set(
    "cap_drop command depends_on environment healthcheck image mem_limit networks pids_limit ports "
    "profiles read_only restart secrets security_opt shm_size stop_grace_period tmpfs "
    "volumes".split()
)


def _pod(document: dict[str, Any]) -> dict[str, Any] | None:
    """Return the specification of the pods that a document makes."""
    spec = document.get("spec", {})
    spec = spec.get("jobTemplate", {}).get("spec", spec)
    pod: dict[str, Any] | None = spec.get("template", {}).get("spec")
    return pod


PODS = {name: pod for name, one in DOCUMENTS.items() if (pod := _pod(one)) is not None}
OURS = {
    name: service
    for name, service in COMPOSE["services"].items()
    if service["image"].startswith("pincite:")
}
COMMANDS = {name: pod["containers"][0]["command"] for name, pod in PODS.items()} | {
    f"compose-{name}": service["command"] for name, service in OURS.items()
}


def _check(words: list[str]) -> None:
    """Parse a command as the shell's door does, without running it."""
    first, *rest = words
    assert first == "pincite"
    command: click.Command = pincite
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(command), rest[0])
        assert found is not None, rest[0]
        command, rest = found, rest[1:]
    command.make_context(command.name, rest)


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS.keys())
def test_every_command_exists_with_its_options(words: list[str]) -> None:
    """Each is parsed by the command's own parser."""
    _check(words)


def test_every_setting_exists_and_takes_its_value() -> None:
    """Those of the ConfigMap and of the compose file; PGPASSWORD and the like are libpq's."""
    settings = DOCUMENTS["service.yaml-ConfigMap-settings"]["data"]
    for given in (settings, COMPOSE["x-service"]["environment"]):
        assert read_settings(given).engine.startswith("postgresql://pincite@")
    for pod in PODS.values():
        names = {one["name"] for one in pod["containers"][0]["env"]}
        assert names == {"PGPASSWORD"}


@pytest.mark.parametrize("name", [one for one in DOCUMENTS if not one.startswith("database.yaml")])
def test_kubernetes_knows_every_field(name: str) -> None:
    """By its own schemas, strictly: in the oldest version that is supported, and in the newest."""
    for version in (OLDEST_KUBERNETES, kubernetes_validate.latest_version()):
        kubernetes_validate.validate(DOCUMENTS[name], version, strict=True)


@pytest.mark.parametrize("pod", PODS.values(), ids=PODS.keys())
def test_a_pod_has_no_right_that_it_does_not_need(pod: dict[str, Any]) -> None:
    """No root, no capability, a root that cannot be written, no token, no surprise settings."""
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    (container,) = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert "memory" in container["resources"]["limits"]
    assert not container["image"].endswith(":latest")
    written = {one["name"] for one in container["volumeMounts"] if not one.get("readOnly")}
    assert written == {"home", "scratch"}


def test_probes_ask_what_is_open_to_all() -> None:
    """A probe brings no key: it asks the routes that need none, and a restart helps no database."""
    (container,) = PODS["service.yaml-StatefulSet-pincite"]["containers"]
    paths = {}
    for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
        paths[kind] = path = container[kind]["httpGet"]["path"]
        rule = rule_for(path)
        assert rule is not None
        assert rule.needs("GET") == OPEN
    assert paths["livenessProbe"] == "/livez"
    assert paths["readinessProbe"] == "/readyz"


def test_names_fit_together() -> None:
    """Labels, secrets, hosts and ports of one manifest are those of the others."""
    (database,) = (one for one in DOCUMENTS.values() if one["apiVersion"] == _OPERATOR)
    name = database["metadata"]["name"]
    engine = DOCUMENTS["service.yaml-ConfigMap-settings"]["data"]["PINCITE_ENGINE"]
    (more,) = database["spec"]["managed"]["services"]["additional"]
    read = more["serviceTemplate"]["metadata"]["name"]
    assert f"@{read},{name}-rw/{database['spec']['bootstrap']['initdb']['database']}?" in engine
    assert database["spec"]["certificates"]["serverAltDNSNames"] == [read]
    labels = set()
    for pod_name, pod in PODS.items():
        spec = DOCUMENTS[pod_name]["spec"]
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        labels.add(spec["template"]["metadata"]["labels"]["app"])
        (password,) = pod["containers"][0]["env"]
        assert password["valueFrom"]["secretKeyRef"] == {"name": f"{name}-app", "key": "password"}
        (authority,) = (one for one in pod["volumes"] if one["name"] == "authority")
        assert authority["secret"]["secretName"] == f"{name}-ca"
        # The authority's private key is in the same secret, and is nobody's business here.
        assert authority["secret"]["items"] == [{"key": "ca.crt", "path": "ca.crt"}]
    policy = DOCUMENTS["service.yaml-NetworkPolicy-pincite"]["spec"]
    (expression,) = policy["podSelector"]["matchExpressions"]
    assert set(expression["values"]) == labels
    replicas = DOCUMENTS["service.yaml-StatefulSet-pincite"]["spec"]["replicas"]
    budget = DOCUMENTS["service.yaml-PodDisruptionBudget-pincite"]["spec"]["minAvailable"]
    assert 1 <= budget < replicas
    for one in DOCUMENTS.values():
        assert one["kind"] == "Namespace" or one["metadata"]["namespace"] == "pincite"


def test_the_compose_file_is_whole() -> None:
    """Every service has known keys alone; networks, volumes and secrets that it names exist."""
    volumes, secrets = set(COMPOSE["volumes"]), set(COMPOSE["secrets"])
    for name, service in COMPOSE["services"].items():
        assert set(service) <= _COMPOSE_KEYS, name
        assert ":" in service["image"]
        assert not service["image"].endswith(":latest")
        assert set(service.get("networks", [])) <= set(COMPOSE["networks"])
        assert set(service.get("secrets", [])) <= secrets
        named = {one.partition(":")[0] for one in service.get("volumes", [])}
        assert {one for one in named if one[0] not in "./$"} <= volumes
        assert set(service.get("depends_on", [])) <= set(COMPOSE["services"])
    homes = [service["volumes"][0] for service in OURS.values()]
    assert len(set(homes)) == len(homes) == 4
    for service in OURS.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert "ports" not in service
