import os
import re
from pathlib import Path
from typing import cast

import pytest

from benchmarks import load
from benchmarks.process import Adapter, serving
from benchmarks.protocol import Answers
from benchmarks.run import arguments, packaged_model
from benchmarks.systems import SYSTEMS, System

_ROOT = Path(__file__).parents[2]
_README = (_ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
_PEERS = Path(os.environ.get("PEERS", _ROOT / ".peers"))
_QUESTION = "What helps stiff muscles?"
_LINES = (
    '{"number": 0, "document": "a", "text": "The kettle is in the kitchen."}',
    '{"number": 1, "document": "a", "text": "Baclofen eases stiff muscles."}',
    '{"number": 2, "document": "a", "text": "Trains to the coast leave every hour."}',
)
_FOREIGN = [system for system in SYSTEMS if not system.ours]


def test_the_commands_of_the_readme_exist() -> None:
    """Targets stand in the Makefile, modules in the tree, options in the runner."""
    commands = "\n".join(re.findall(r"```sh\n(.*?)```", _README, re.DOTALL))
    makefile = (_ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^make (\w+)", commands, re.MULTILINE)
    assert targets == ["peers", "compare"]
    for target in targets:
        assert re.search(rf"^{target}:.*##", makefile, re.MULTILINE)
    for module, options in re.findall(r"-m (benchmarks\.\w+) ([^#\n]*)", commands):
        assert (_ROOT / module.replace(".", "/")).with_suffix(".py").is_file()
        if module == "benchmarks.run":
            arguments(options.split())


def test_every_system_is_described_and_pinned() -> None:
    """Each folder with an adapter has its row in the README; a peer's requirements are pinned."""
    adapters = sorted(path.parent for path in (_ROOT / "benchmarks").glob("*/adapter.py"))
    assert {f"benchmarks.{folder.name}.adapter" for folder in adapters} == {
        system.module for system in SYSTEMS
    }
    for folder in adapters:
        assert f"| `{folder.name}` |" in _README
        if folder.name != "pincite":
            lines = (folder / "requirements.txt").read_text(encoding="utf-8").splitlines()
            assert "torch==2.13.0" in lines
            assert all(re.fullmatch(r"[\w.\[\]-]+==[\d.]+", line) for line in lines)


@pytest.mark.parametrize("system", _FOREIGN, ids=lambda system: system.name)
def test_a_peer_finds_the_sentence(system: System, tmp_path: Path) -> None:
    """Three sentences, indexed and asked in its own environment, and through its server if any."""
    python = _PEERS / system.name / "bin" / "python"
    if not python.exists():
        pytest.skip(f"{system.title} is not installed; make peers (and PEERS=folder) does it")
    (tmp_path / "sentences.jsonl").write_text("\n".join(_LINES) + "\n", encoding="utf-8")
    with (
        (tmp_path / "log").open("ab") as log,
        Adapter(system, python, packaged_model(), tmp_path, log) as adapter,
    ):
        adapter.do("index", sentences=str(tmp_path / "sentences.jsonl"), vectors=None)
        adapter.do("open", server=None)
        found = [_asked(adapter)]
        if system.server is not None:
            with serving(system, system.server, python.parent, tmp_path, log) as (_, port, _):
                if system.server.path:
                    found.append(load.ask(port, system.server, [_QUESTION], 1, 60.0))
                else:
                    adapter.do("open", server=f"http://127.0.0.1:{port}")
                    found.append(_asked(adapter))
    for reply in found:
        assert reply["faults"] == []
        assert reply["found"][0][0] == "Baclofen eases stiff muscles."


def _asked(adapter: Adapter) -> Answers:
    reply = adapter.do("query", questions=[_QUESTION], clients=1, top=2, budget=60.0)
    return cast("Answers", reply)
