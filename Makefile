# asys: `make help` lists the targets.

PREFIX  ?= /usr/local
DESTDIR ?=
bindir  := $(DESTDIR)$(PREFIX)/bin
mandir  := $(DESTDIR)$(PREFIX)/share/man
bashdir := $(DESTDIR)$(PREFIX)/share/bash-completion/completions
zshdir  := $(DESTDIR)$(PREFIX)/share/zsh/site-functions
fishdir := $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d

# --locked: what is built is what Cargo.lock says, on every machine.
CARGO  ?= cargo
LOCKED ?= --locked
TARGET := $(or $(CARGO_TARGET_DIR),target)

# What make test builds: the suite makes asys's workers panic through a hook that no release has.
TEST_FEATURES := --features asys-supervisor/chaos

# A shell opened before rustup was run does not have cargo in its PATH yet.
export PATH := $(PATH):$(or $(CARGO_HOME),$(HOME)/.cargo)/bin

heading = @printf '== %s\n'

.DEFAULT_GOAL := help
.PHONY: help build demo test twin programs bench lint fmt-check clippy man-lint deny install clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

build: ## the release binary, target/release/asys
	@tools/deps build
	$(heading) 'build: asys, release'
	@$(CARGO) build $(LOCKED) --release -p asys-supervisor

demo: ## git, sqlite3 and tar on real files, natively and under asys: the same results
	@tools/deps build demo
	@$(MAKE) --no-print-directory build
	@demo/run $(TARGET)/release/asys

test: ## the whole suite as you are; when that is root, again as an ordinary user
	@tools/deps build test
	$(heading) 'build: workspace, debug'
	@$(CARGO) build $(LOCKED) --workspace $(TEST_FEATURES)
	@$(CARGO) test $(LOCKED) --quiet --no-run --workspace $(TEST_FEATURES)
	@CARGO='$(CARGO)' tools/test $(TARGET)/debug/asys $(LOCKED) --workspace $(TEST_FEATURES)

# SECONDS: bash counts its own in a variable of that name.
twin: ## random sequences of calls, natively and under asys: SECONDS=60 for each user, SEED=n to begin with
	@tools/deps build test
	$(heading) 'build: workspace, debug'
	@$(CARGO) build $(LOCKED) --workspace $(TEST_FEATURES)
	@SECONDS_EACH='$(or $(SECONDS),60)' SEED='$(SEED)' tools/twin $(TARGET)/debug/asys $(TARGET)/debug/twin

# FSX: a program from crates.io is built beside our own things, once.
FSX := 0.3.2
TOOLS := $(abspath $(TARGET))/tools

$(TOOLS)/bin/fsx:
	$(heading) 'build: fsx $(FSX), from crates.io'
	@$(CARGO) install --quiet --locked --root $(TOOLS) fsx --version $(FSX)

programs: ## PostgreSQL, Redis, nginx, node, Java, Go … natively and under asys: the same results; PROGRAMS names some
	@tools/deps build programs
	@$(MAKE) --no-print-directory build $(TOOLS)/bin/fsx
	$(heading) 'programs'
	@PATH='$(TOOLS)/bin':"$$PATH" programs/run $(TARGET)/release/asys $(PROGRAMS)

bench: ## asys against native, floors and strace: a table, and target/bench.json; options in BENCH
	@tools/deps build bench
	@$(MAKE) --no-print-directory build
	@$(CARGO) build $(LOCKED) --release -p asys-bench
	$(heading) 'bench'
	@ASYS_BIN='$(abspath $(TARGET))/release/asys' $(TARGET)/release/asys-bench --json $(TARGET)/bench.json $(BENCH)

lint: fmt-check clippy man-lint ## formatting, clippy with warnings denied, manual pages

fmt-check:
	$(heading) 'format'
	@$(CARGO) fmt --all -- --check

clippy:
	@tools/deps build
	$(heading) 'clippy, every feature'
	@$(CARGO) clippy $(LOCKED) --workspace --all-targets --all-features -- -D warnings
	$(heading) 'clippy, as released'
	@$(CARGO) clippy $(LOCKED) -p asys-supervisor -- -D warnings

man-lint:
	@tools/deps man
	$(heading) 'manual pages'
	@mandoc -T lint -W warning man/*.[1-8]

# The advisory database lives in a git repository elsewhere; all else is decided from Cargo.lock.
deny: ## licences, bans, sources and, where their database can be reached, advisories
	$(heading) 'dependencies: bans, licenses, sources'
	@$(CARGO) deny check bans licenses sources
	$(heading) 'dependencies: advisories'
	@if timeout 60 $(CARGO) deny fetch db >/dev/null 2>&1; \
	then $(CARGO) deny check advisories; \
	else echo 'NOT CHECKED: the advisory database cannot be reached from here'; fi

$(TARGET)/release/asys:
	@$(MAKE) --no-print-directory build

# Builds only what is not there, so that `make build && sudo make install` needs no Rust for root.
install: $(TARGET)/release/asys ## binary, manual pages and completions, under $(DESTDIR)$(PREFIX)
	$(heading) 'install: $(DESTDIR)$(PREFIX)'
	@install -d '$(bindir)' '$(mandir)/man1' '$(mandir)/man7' '$(bashdir)' '$(zshdir)' '$(fishdir)'
	@install -m 755 '$(TARGET)/release/asys' '$(bindir)/asys'
	@install -m 644 man/*.1 '$(mandir)/man1'
	@install -m 644 man/*.7 '$(mandir)/man7'
	@'$(TARGET)/release/asys' completions bash >'$(bashdir)/asys'
	@'$(TARGET)/release/asys' completions zsh >'$(zshdir)/_asys'
	@'$(TARGET)/release/asys' completions fish >'$(fishdir)/asys.fish'

clean: ## everything that was built
	@$(CARGO) clean
