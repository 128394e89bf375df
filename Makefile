# Two commands set everything up: `make serve` and `make test`. `make help` lists the others.
#
# torch's default build brings gigabytes for graphics cards. Where the CPU build's index can be
# reached, name it:  make serve TORCH_INDEX=https://download.pytorch.org/whl/cpu

PYTHON ?= python3.11
TORCH_INDEX ?=
FUZZ_EXAMPLES ?= 15
VENV := .venv
PEERS ?= .peers
PEER_ENVIRONMENTS = $(patsubst benchmarks/%/requirements.txt,$(PEERS)/%/installed,$(wildcard benchmarks/*/requirements.txt))
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))

.PHONY: help serve test lint types contracts tests gate bench peers compare evaluate crash load fuzz hands failover growth-postgres update-cost stores growth structures reading image clean

help: ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

serve: $(VENV)/runs ## serve the sample leaflet (or what is indexed) on 127.0.0.1:8000
	$(BIN)/pincite serve

test: lint types contracts tests gate ## everything a reviewer needs: format, lint, types, contracts, tests, docs

lint: $(VENV)/checks
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/checks
	$(BIN)/mypy

contracts: $(VENV)/checks
	$(BIN)/lint-imports

tests: $(VENV)/checks
	$(BIN)/pytest -n 2

gate: $(VENV)/checks # the ranking may not fall below what it was
	$(BIN)/pincite evaluate evaluation/clinic --home $(VENV)/gate --gate evaluation/clinic/gate.toml

bench: $(VENV)/runs ## time this machine: start, indexing, answers, memory
	$(BIN)/pincite bench

peers: $(PEER_ENVIRONMENTS) ## install the peers of benchmarks/ from PyPI, each into an environment of its own under PEERS

compare: $(VENV)/checks peers ## measure ourselves beside the peers: 100,000 sentences, over an hour, half of it the first time only
	$(BIN)/python -m benchmarks.run --peers $(PEERS) --work $(PEERS)/work --docs

evaluate: $(VENV)/runs ## measure the ranking on the project's own benchmark
	$(BIN)/pincite evaluate evaluation/clinic

crash: $(VENV)/checks ## kill writers at 200 random moments while a client asks
	$(BIN)/python -m tests.slow.kills

load: $(VENV)/checks ## ask one server with 200 clients for two minutes, and stop it while they ask
	$(BIN)/python -m tests.slow.load

fuzz: $(VENV)/checks ## send FUZZ_EXAMPLES made-up requests of each kind to every route
	FUZZ_EXAMPLES=$(FUZZ_EXAMPLES) $(BIN)/pytest -q --timeout 900 tests/service/test_schema.py

update-cost: $(VENV)/checks ## time a full build of 100,000 sentences beside an update of 1 %
	$(BIN)/python -m tests.slow.update_cost

stores: $(VENV)/checks ## compare folders with PostgreSQL over BENCHMARKS=folders, or SENTENCES=1000000
	$(BIN)/python -m tests.slow.two_stores $(if $(SENTENCES),--sentences $(SENTENCES),$(BENCHMARKS))

hands: $(VENV)/checks ## encode with a real Ray cluster, a worker of it killed on the way
	$(PIP) --editable '.[ray]'
	HANDS=1 $(BIN)/pytest -q tests/index/test_ray_workers.py

failover: $(VENV)/checks ## kill services, replicas and the primary while 50 clients ask; writes docs/scaling.md
	$(BIN)/python -m tests.slow.failover --write-docs

growth-postgres: $(VENV)/checks ## both engines over SIZES="10000 100000 1000000" passages; hours, and 12 GB in FOLDER=; writes docs/scaling.md
	$(BIN)/python -m tests.slow.growth_postgres --folder $(FOLDER) --write-docs $(SIZES)

growth: $(VENV)/checks ## time answers of 1,000 to 10,000,000 passages, into docs/scale.json; hours, and 35 GB in FOLDER=
	$(BIN)/python -m tests.slow.growth --folder $(FOLDER) $(SIZES)
	$(BIN)/python -m tests.slow.growth_report

structures: $(VENV)/checks ## compare FAISS's structures over the vectors that make growth left in FOLDER=
	$(BIN)/python -m tests.slow.structures $(or $(SIZES),1000000) --folder $(FOLDER)

reading: $(VENV)/checks ## write docs/reading-table.md: what became of each file of DOCUMENTS=folder
	DOCUMENTS=$(DOCUMENTS) READING_TABLE=docs/reading-table.md $(BIN)/pytest -q tests/corpus/test_documents_of_others.py

image: ## build the container image
	docker build $(if $(TORCH_INDEX),--build-arg TORCH_INDEX=$(TORCH_INDEX)) -t pincite .

clean: ## remove the environment and all caches
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/runs: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) --editable .
	touch $@

$(VENV)/checks: pyproject.toml $(VENV)/runs
	$(PIP) --editable '.[dev]'
	touch $@

$(PEERS)/%/installed: benchmarks/%/requirements.txt
	$(PYTHON) -m venv $(PEERS)/$*
	$(PEERS)/$*/bin/pip install --quiet --disable-pip-version-check $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -r $<
	touch $@
