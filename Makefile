# camfleet: `make up` starts four cameras, `make test` runs every test. Both
# install what they need first (apt-get, with sudo unless root).

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build

GO      := $(shell command -v go)
SHARED  ?= ../shared
FUZZTIME ?= 30s

# The larger TPM: RSA-3072 and RSA-4096, more slots. go.mod cannot say this, so a
# plain `go build` has the stock TPM, and the cameras say so.
TPM_PROFILE := $(CURDIR)/sim/internal/tpm/host/profile.h
export CGO_CFLAGS := -g -O2 -include $(TPM_PROFILE)

.PHONY: up build test check generate generate-check nocgo bench fuzz lint clean go shared npm

## up: build, then start four showcase cameras (Ctrl-C stops them); ARGS=… for more flags
up: build
	@exec bin/camfleet up -n 4 $(ARGS)

## build: the program as bin/camfleet
build: go
	@.ci/need build
	@mkdir -p bin
	@$(GO) build -trimpath -o bin/camfleet ./cmd/camfleet

## test: all tests with the race detector, none skipped
test: go shared
	@.ci/need test
	@$(MAKE) --no-print-directory generate-check npm
	@$(MAKE) --no-print-directory check nocgo
	@echo "test: go test -race ./..."
	@PATH="/usr/bin:$$PATH" $(GO) test -race -timeout 12m ./...

## check: formatting and go vet
check: go
	@unformatted=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); \
	if [ -n "$$unformatted" ]; then echo "check: gofmt would change:" $$unformatted >&2; exit 1; fi
	@echo "check: go vet ./..."
	@$(GO) vet -race ./...

## nocgo: the program builds without cgo, and says what it then cannot do
nocgo: go
	@echo "nocgo: build, and the tests of what is then missing"
	@CGO_ENABLED=0 $(GO) build -o /dev/null ./cmd/camfleet
	@CGO_ENABLED=0 $(GO) test -timeout 2m ./sim/internal/tpm/...

## generate: write the generated code anew from ../shared
generate: go shared
	@$(GO) generate ./...

## generate-check: fail if that changes anything
generate-check: go shared
	@echo "generate-check: generated code is what the generators write"
	@sums() { git ls-files -co --exclude-standard -z | xargs -0 sha256sum 2>/dev/null || true; }; \
	before=$$(sums); CGO_CFLAGS= $(GO) generate ./...; after=$$(sums); \
	if [ "$$before" != "$$after" ]; then \
		echo "generate-check: these were not what the generators write, and have been rewritten; commit them:" >&2; \
		diff <(echo "$$before") <(echo "$$after") | awk '/^>/ {print "  " $$3}' >&2; exit 1; \
	fi

## bench: all benchmarks, once
bench: go
	@.ci/need build
	@$(GO) test -run '^$$' -bench . -benchmem ./...

## fuzz: every fuzz target for FUZZTIME (30s)
fuzz: go
	@.ci/need build
	@for pkg in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' "$$pkg" | grep '^Fuzz' || true); do \
			echo "fuzz: $$target in $$pkg"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$pkg"; \
		done; \
	done

## lint: golangci-lint with .golangci.yml
lint: go
	@.ci/need build
	@$(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 run ./...

## clean: what was built
clean:
	@rm -rf bin

# The tests install the npm packages of the clients they drive, as locked.
npm:
	@for lock in $$(git ls-files -co --exclude-standard '*package-lock.json'); do \
		dir=$$(dirname "$$lock"); \
		if [ ! -e "$$dir/node_modules/.package-lock.json" ] || [ "$$lock" -nt "$$dir/node_modules/.package-lock.json" ]; then \
			echo "npm: $$dir"; npm --prefix "$$dir" ci --no-audit --no-fund --loglevel=error; \
		fi; \
	done

go:
	@if [ -z "$(GO)" ]; then echo "make: Go is missing; install Go 1.26 or newer from https://go.dev/dl" >&2; exit 1; fi

shared:
	@if [ ! -d "$(SHARED)/onvif/wsdl" ]; then \
		echo "make: $(SHARED) is missing; the ONVIF schemas and operation tables are kept beside the checkout, not in it" >&2; exit 1; \
	fi
