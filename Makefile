# The few things that people do here. `make help` lists them.
PYTHON ?= python3

# Both put the locked versions in, by their hashes. uv takes a quarter of pip's time; where it does
# not get through (it reads neither pip.conf nor the system's certificates), pip does.
UV ?= $(shell command -v uv)
WITH_UV = { [ -x .venv/bin/python ] \
  || $(UV) venv -q --no-python-downloads --python "$$(command -v $(PYTHON))" .venv; } \
  && $(UV) pip install -q --python .venv/bin/python --require-hashes -r $<
WITH_PIP = { [ -x .venv/bin/pip ] || $(PYTHON) -m venv .venv \
  || { echo "install the package python3-venv first"; exit 1; }; } \
  && .venv/bin/python -m pip --disable-pip-version-check --no-input -q install --require-hashes -r $<
INSTALL = $(if $(UV),{ $(WITH_UV); } || { echo "uv failed; pip tries"; $(WITH_PIP); },$(WITH_PIP))

.PHONY: help demo faulty test fuzz lab lint format schemas docs pictures golden reference bench lock clean
help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

# A stamp is renewed when its lock changes.
.venv/run: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
	  || { echo "Python 3.10 or newer is needed; name it with make PYTHON=python3.12"; exit 1; }
	@$(INSTALL)
	@touch $@

.venv/dev: requirements-dev.txt .venv/run
	@$(INSTALL)
	@touch $@

demo: .venv/run ## measure this machine against a simulated Azure; writes reports/
	.venv/bin/python -m pytest --demo

faulty: .venv/run ## the same with five faults in the simulated Azure; pytest ends with 1
	.venv/bin/python -m pytest --demo=faulty

test: .venv/dev ## lint, types, layers and the suite's own tests
	selftests/system-packages
	$(MAKE) --no-print-directory lint
	.venv/bin/python -m pytest -c selftests/pytest.ini -n 3 selftests --ignore=selftests/lab
	@echo "left out: selftests/lab, which needs a network of its own (make lab)"

fuzz: .venv/dev ## every reader given damaged files, for FUZZ_SECONDS (600); prints its seeds
	FUZZ_SECONDS=$${FUZZ_SECONDS:-600} nice .venv/bin/python -m pytest -c selftests/pytest.ini \
	  -q selftests/fuzz

lab: .venv/dev ## the suite against real network faults, in network namespaces of its own
	selftests/system-packages
	.venv/bin/python -m pytest -c selftests/pytest.ini selftests/lab \
	  --dist load --tx '2*popen//python=selftests/lab/enter .venv/bin/python'

lint: .venv/dev ## ruff, mypy and the direction of imports
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-cache

format: .venv/dev ## format the code
	.venv/bin/ruff check --fix-only .
	.venv/bin/ruff format .

schemas: .venv/run ## write the JSON schemas in docs/ anew
	.venv/bin/python -m arc_compliance.report.schemas docs

docs: schemas ## the same, and README's table of options
	.venv/bin/python -m arc_compliance.options.readme README.md

pictures: .venv/dev ## take README's pictures anew; needs Chromium
	.venv/bin/python -m selftests.report.page.pictures

golden: .venv/dev ## measure the golden triples anew; read the difference before you commit it
	.venv/bin/python -m selftests.runs.golden_triples

reference: .venv/dev ## ask Go, wget, apt and bash anew; read the difference before you commit it
	.venv/bin/python -m selftests.reference.record
	RECORD_ANSWERS=1 .venv/bin/python -m pytest -c selftests/pytest.ini \
	  selftests/lab/test_field_cases.py \
	  --dist load --tx '1*popen//python=selftests/lab/enter .venv/bin/python'

bench: .venv/dev ## the suite beside what it is to be as fast as; takes half an hour
	.venv/bin/python -m benchmarks.judging 200
	.venv/bin/python -m benchmarks.judging 1000
	.venv/bin/python -m benchmarks.round_trip
	.venv/bin/python -m benchmarks.service_tags
	.venv/bin/python -m benchmarks.hostile_fleet

lock: ## renew the locked versions; needs uv
	uv pip compile --universal --python-version 3.10 --generate-hashes --no-emit-index-url \
	  --no-annotate --no-header -q pyproject.toml -o requirements.txt
	uv pip compile --universal --python-version 3.10 --generate-hashes --no-emit-index-url \
	  --no-annotate --no-header -q --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt

clean: ## remove the virtual environment and caches
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache
