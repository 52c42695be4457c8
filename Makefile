SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS   += --no-print-directory
.DEFAULT_GOAL := help

FUZZTIME ?= 30s
BENCH    ?= .
# Benchstat wants at least six runs to tell a change from noise.
COUNT    ?= 6

# Tools are pinned in modules of their own, so that they have no say in ours.
tool = go tool -modfile=internal/tools/go.mod
lint = go tool -modfile=internal/tools/lint/go.mod golangci-lint

modules = . internal/tools internal/tools/lint

# What runs the built binary, and counts seconds, comes after everything else and one after the other: it is
# impatient, as real clients are, and the machine may be small.
interop   = ./test/interop
impatient = ./test/e2e $(interop) ./test/reliability
others    = $$(go list ./... | grep -vE '/test/(e2e|interop|reliability)$$')

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "%-17s %s\n", $$1, $$2}'

build: ## bin/starling, static
	CGO_ENABLED=0 go build -trimpath -o bin/starling ./cmd/starling

run: ## one node, everything in memory, no configuration
	go run ./cmd/starling

test: test-deps ## every test; installs the real clients it needs; a skip is a failure
	@status=0; { \
		go test -json -race -shuffle=on $(others) || status=1; \
		STARLING_REQUIRE_CLIENTS=1 go test -json -race -shuffle=on -count=1 -p=1 $(impatient) || status=1; \
		exit $$status; \
	} | go run ./scripts/testsum

test-interop: test-deps ## real clients transfer a file through the built binary
	STARLING_REQUIRE_CLIENTS=1 go test -race -count=1 -v $(interop)

test-reliability: test-deps ## Redis away, slow, full and replaced, under load; prints the table of docs/reliability.md
	STARLING_REQUIRE_CLIENTS=1 go test -count=1 ./test/reliability -reliability.table -v

test-e2e: test-deps ## replicas of the built binary are one tracker over one Redis
	STARLING_REQUIRE_CLIENTS=1 go test -race -count=1 -v ./test/e2e

test-deps: ## installs what the tests need beside Go, with apt-get and npm
	@scripts/test-deps

fuzz: ## each fuzz target for FUZZTIME (30s)
	@grep -rHoE --include='*_test.go' '^func Fuzz\w+' . | while IFS=: read -r file target; do \
		echo "$${file%/*} $${target#func }"; \
		go test -run='^$$' -fuzz="^$${target#func }$$" -fuzztime=$(FUZZTIME) "$${file%/*}" </dev/null; \
	done

bench: bench-deps ## Starling beside other trackers, loaded over UDP and HTTP (ROUNDS=5, SECONDS=5, ARGS=flags)
	go run ./test/bench $(ARGS)

bench-deps: ## installs the other trackers: apt-get, npm, cargo; those it cannot are left out
	@scripts/bench-deps

microbench: ## Go benchmarks (BENCH=regexp)
	go test -run='^$$' -bench='$(BENCH)' -benchmem ./...

benchcmp: ## benchstat against the main branch (BENCH=regexp, COUNT=6)
	@old=$$(mktemp -d); trap 'rm -rf "$$old"' EXIT; \
	mkdir "$$old/tree"; \
	git archive main | tar -x -C "$$old/tree"; \
	run=(go test -run='^$$' -bench='$(BENCH)' -benchmem -count=$(COUNT) ./...); \
	(cd "$$old/tree" && "$${run[@]}" >"$$old/main"); \
	"$${run[@]}" >"$$old/here"; \
	$(tool) benchstat main="$$old/main" here="$$old/here"

lint: ## golangci-lint with .golangci.yml
	$(lint) run ./...

lint-fires: ## every lint rule once, on a deliberate violation
	go test -C internal/tools/lint -count=1 ./...

fmt: ## gofumpt, grouped imports, present-day Go; in place
	go fix ./...
	$(lint) fmt ./...

fmt-check: ## fails, and says where, if fmt would change anything
	test -z "$$($(tool) gofumpt -l . | tee /dev/stderr)"
	go fix -diff ./...

tidy: ## go.mod and go.sum of every module
	for module in $(modules); do go -C $$module mod tidy; done

tidy-check: ## fails, and says where, if tidy would change anything
	for module in $(modules); do go -C $$module mod tidy -diff; done

vet: ## go vet
	go vet ./...

cross: ## builds for the systems that nobody tests on
	for os in freebsd darwin windows; do CGO_ENABLED=0 GOOS=$$os go build -o /dev/null ./cmd/starling; done

generate: ## pages that are generated from the code
	go generate ./...

check: fmt-check tidy-check vet cross lint lint-fires ## what CI runs beside the tests: fails on any diff

.PHONY: $(shell grep -oE '^[a-z0-9-]+:' $(MAKEFILE_LIST) | tr -d :)
