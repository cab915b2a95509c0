# make book    builds the HTML and prints the path to open
# make test    runs every check
# make lab     opens the chapters in JupyterLab (OPTIONS=--no-browser, say)
# make serve   builds the HTML and serves it (PORT=8000)
# make zip     packs the HTML into one file to read offline
# make pdf     prints the whole book into one PDF (with Chromium, Chrome or Edge)
# make budget  says what each page transfers; fails if it is too much
# make lighthouse  has Google's Lighthouse look at every page (with Node and npm)
# make refresh runs the chapters and writes them back with clean outputs
# make bench   times the layers, the training, the grader and the steppers
# make release-assignments  writes the students' notebooks to _build/assignments (PACKAGE=what pip installs on Colab, if another)
# make solutions  writes the model solutions to _build/solutions; they are for the teacher alone
# make grade SUBMISSIONS=folder  marks a class, each notebook in a sandbox (OPTIONS="--scheduler tcp://host:8786", say)
# make constraints  pins the newest version of everything in constraints.txt
# make canary  runs every check on the newest and on the oldest supported versions of everything (VERSIONS=oldest: these alone)
# Another Python: make book PYTHON=python3.12

PYTHON = python3
PORT = 8000
BIN := $(if $(filter Windows_NT,$(OS)),Scripts,bin)
VENV := .venv/$(BIN)
# A Python that was named is meant; without a name an environment of any fit Python is kept.
ENVIRONMENT = "$(PYTHON)" tools/environment.py $(if $(filter file,$(origin PYTHON)),,--this-python)
SAY_WHERE = from pathlib import Path; page = Path("_build/html/index.html").resolve(); \
	print("The book is ready. Open " + str(page), page.as_uri(), sep="\n")

export JUPYTER_PREFER_ENV_PATH = 1

.PHONY: book test lab serve zip pdf budget lighthouse refresh bench release-assignments solutions grade
.PHONY: constraints canary environment environment-for-a-class environment-for-tests
.NOTPARALLEL:

# After a build with warnings the next one reads every page again; else it would pass over those that gave them.
book: environment
	@$(VENV)/jupyter-book build . -n -W --keep-going || { rm -rf _build/.doctrees; exit 1; }
	@$(VENV)/python -c '$(SAY_WHERE)'

test: environment-for-tests
	@$(VENV)/python -m pytest

lab: environment
	@$(VENV)/python -m jupyterlab book $(OPTIONS)

serve: book
	@$(VENV)/python -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

zip: book
	@$(VENV)/python tools/pack.py

pdf: book
	@$(VENV)/python tools/pdf.py

budget: book
	@$(VENV)/python tools/budget.py

lighthouse: book
	@$(VENV)/python tools/lighthouse.py $(OPTIONS)

refresh: environment
	@$(VENV)/python tools/refresh.py

bench: environment-for-tests
	@$(VENV)/python tests/bench.py
	@$(VENV)/python tests/bench_training.py
	@PYTHONPATH=. $(VENV)/python tests/bench_grading.py
	@PYTHONPATH=book/_ext $(VENV)/python tests/bench_page.py

release-assignments: environment-for-a-class
	@$(VENV)/python -m classroom.release --package "$(PACKAGE)"

solutions: environment-for-a-class
	@$(VENV)/python -m classroom.release --solutions

grade: environment-for-a-class
	@test -n "$(SUBMISSIONS)" || { echo "Say which folder: make grade SUBMISSIONS=downloads"; exit 1; }
	@$(VENV)/python -m classroom.grade "$(SUBMISSIONS)" $(OPTIONS)

# The requirements are read without their "-c constraints.txt", or nothing new could come in; and the tool has an
# environment of its own, so that pins that contradict each other can be renewed, too.
constraints:
	@"$(PYTHON)" -m venv _build/uv
	@_build/uv/$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade uv
	@grep -hv '^-[cr] ' requirements*.txt | _build/uv/$(BIN)/python -m uv pip compile - --quiet \
		--upgrade --universal --python-version 3.11 --fork-strategy fewest --no-annotate \
		--no-emit-package convolution-book --custom-compile-command "make constraints" --output-file constraints.txt

canary:
	@"$(PYTHON)" tools/canary.py $(VERSIONS)

environment:
	@$(ENVIRONMENT)

environment-for-a-class:
	@$(ENVIRONMENT) --classroom

environment-for-tests:
	@$(ENVIRONMENT) --tests
