# make without arguments lists what there is.
.DEFAULT_GOAL := help

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
DURATION ?= 1m
FUZZTIME ?= 20s
GOLANGCI := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

.PHONY: build
build: ## Build bin/deductor
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.release=$(VERSION)" -o bin/deductor ./cmd/deductor

.PHONY: test
test: ## Run all tests; those that need Docker only where it is
	go test ./...

.PHONY: race
race: ## Run all tests with the race detector (needs a C compiler)
	go test -race ./...

.PHONY: integration
integration: ## Run the tests on Apache Kafka and Postgres; without Docker they fail
	DEDUCTOR_REQUIRE_DOCKER=1 go test -v -count=1 ./integration

.PHONY: throughput
throughput: ## Measure payments a second on Apache Kafka and Postgres
	DEDUCTOR_REQUIRE_DOCKER=1 go test -v -count=1 -run '^TestThroughput$$' ./integration -commands 200000

.PHONY: chaos
chaos: ## Let faults loose on workers for 10 minutes; CHAOS=2h for longer, SEED=n to repeat
	DEDUCTOR_REQUIRE_DOCKER=1 go test -v -count=1 -timeout 0 -run '^TestChaos$$' ./integration \
		-chaos $(or $(CHAOS),10m) -chaos-seed $(or $(SEED),0)

.PHONY: memory
memory: ## Read 10 GB, and a million small commands, with a worker whose memory is watched
	DEDUCTOR_REQUIRE_DOCKER=1 go test -v -count=1 -timeout 60m -run '^TestMemoryIsBounded$$' ./integration \
	  -backlog-gb 10 -backlog-small 1000000

.PHONY: mutants
mutants: ## Take out each defence, and see which test notices
	go run ./integration/mutants

.PHONY: histories
histories: ## Try random histories of workers, crashes and backups for a minute (DURATION=10m: longer)
	go test -v -count=1 -timeout 0 -run '^TestPromise5_RandomHistories$$' ./consumer/settle -settle.histories $(DURATION)

.PHONY: rules
rules: ## Check and test the alert rules, and the dashboard's expressions; needs promtool
	promtool check rules deploy/prometheus/deductor.rules.yml
	promtool test rules deploy/prometheus/*_test.yml
	dir=$$(mktemp -d) && go test -count=1 -run '^TestDashboard$$' ./deploy -expressions "$$dir/dashboard.yml" && \
	  promtool check rules "$$dir/dashboard.yml"; code=$$?; rm -rf "$$dir"; exit $$code

.PHONY: lint
lint: ## Run golangci-lint
	$(GOLANGCI) run

.PHONY: fuzz
fuzz: ## Fuzz all that parses bytes from outside, each for FUZZTIME (20s)
	@grep -rlE --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u | while read -r dir; do \
	  for target in $$(grep -hoE '^func Fuzz[A-Za-z]+' $$dir/*_test.go | cut -c6-); do \
	    echo "$$dir $$target" && go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$dir </dev/null || exit 1; \
	  done; \
	done

.PHONY: cover
cover: ## Write coverage.out and show what is not covered least
	go test -coverpkg=./... -coverprofile=coverage.out ./...
	go tool cover -func=coverage.out | sort -k3 -n | head -n 20
	go tool cover -func=coverage.out | tail -n 1

.PHONY: demo
demo: ## Kill workers, deliver twice, see every order debited once
	go run ./cmd/deductor demo

.PHONY: compose-up
compose-up: ## Run Kafka, Postgres, two workers and a producer in containers
	VERSION=$(VERSION) docker compose up --build

.PHONY: generate
generate: ## Make generated files anew
	go generate ./...
