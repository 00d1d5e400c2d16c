# The commands of the project. demo, test, race, erps and bench start a PostgreSQL and a
# RabbitMQ of their own and stop them again (scripts/stack.sh); with DATABASE_URL and
# AMQP_URL set they use those instead.
#
# Recipes that start servers are single commands without shell syntax: make then
# runs them directly, and a signal to make reaches them.

.DEFAULT_GOAL := help

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
GOBUILD := CGO_ENABLED=0 go build -buildvcs=false -trimpath -ldflags '-s -w -X main.version=$(VERSION)'
GOLANGCI := go tool -modfile=tools/lint/go.mod golangci-lint
PROGRAMS := erpbridge erpsim erpdemo
# The package or packages that bench measures.
BENCH ?= ./...
# The seed of torture, 0 for a new one, and how long it lasts.
SEED ?= 0
MINUTES ?= 60
# How many orders erps sells to each ERP.
ORDERS ?= 2000
# How long fuzz tries each target.
FUZZTIME ?= 10s

.PHONY: help
help: ## list the commands
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1	\2/p' $(MAKEFILE_LIST) | expand -t 15

.PHONY: build
build: ## build bin/erpbridge, bin/erpsim and bin/erpdemo, static
	@$(GOBUILD) -o bin/ $(PROGRAMS:%=./cmd/%)

.PHONY: demo
demo: build ## show the whole way of an order, against simulated ERPs
	@scripts/stack.sh run .stack/demo -- bin/erpdemo --bin bin

.PHONY: test
test: ## vet and every test, all but the longest under the race detector
	@scripts/install.sh servers xml sftp compiler network
	@scripts/stack.sh run .stack/test -- scripts/test.sh

.PHONY: race
race: ## every test under the race detector, the long ones too
	@scripts/install.sh servers xml sftp compiler network
	@scripts/stack.sh run .stack/race -- go test -count=1 -p 4 -race ./...

.PHONY: erps
erps: ## sell ORDERS=2000 orders to each simulated ERP, with all the ways it fails
	@scripts/install.sh servers
	@scripts/stack.sh run .stack/erps -- env ERPBRIDGE_ERP_ORDERS=$(ORDERS) go test -count=1 -timeout 90m -run TestEveryERP -v ./cmd/erpbridge

.PHONY: bench
bench: ## run the benchmarks of BENCH, by default all
	@scripts/stack.sh run .stack/bench -- go test -run ^$$ -bench . -benchmem $(BENCH)

.PHONY: fuzz
fuzz: ## try every fuzz target with inputs of its own making, for FUZZTIME=10s each
	@FUZZTIME=$(FUZZTIME) scripts/fuzz.sh

.PHONY: torture-build
torture-build: ## build what torture needs: the daemon that can be broken, and torture
	@scripts/install.sh network
	@scripts/install.sh compiler || echo 'PostgreSQL keeps its time: what torture does with its clock is left out' >&2
	@scripts/torture-build.sh

# PostgreSQL's clock can be moved in these.
torture-ci torture torture-replay: export ERPBRIDGE_STACK_CLOCK = 1

.PHONY: torture-ci
torture-ci: torture-build ## kills, cuts, every point, broker and database, some planted bugs: ten minutes
	@scripts/stack.sh run .stack/torture -- bin/torture ci --seed $(SEED)

.PHONY: torture
torture: torture-build ## break everything at random for MINUTES=60, with SEED= if given
	@scripts/stack.sh run .stack/torture -- bin/torture long --seed $(SEED) --minutes $(MINUTES)

.PHONY: torture-sweep
torture-sweep: torture-build ## break every point of the source in every way
	@scripts/stack.sh run .stack/torture -- bin/torture sweep --seed $(SEED)

.PHONY: torture-bugs
torture-bugs: torture-build ## plant each known bug and see that it is found
	@scripts/stack.sh run .stack/torture -- bin/torture bugs --seed $(SEED)

.PHONY: torture-replay
torture-replay: torture-build ## repeat the run that was kept under SEED=
	@scripts/stack.sh run .stack/torture -- bin/torture replay --seed $(SEED)

.PHONY: lint
lint: ## golangci-lint; the first run builds it, which takes two minutes
	@$(GOLANGCI) run ./...

.PHONY: fmt
fmt: ## format the code
	@$(GOLANGCI) fmt

.PHONY: generate
generate: ## run the code generators
	@go generate ./...

.PHONY: verify
verify: generate ## fail where generated code is not what the generators make
	@git grep -lzE '^// Code generated .* DO NOT EDIT\.$$' -- '*.go' | xargs -0 -r git diff --exit-code --

.PHONY: docs
docs: build ## write man pages and shell completions into dist/
	@bin/erpbridge gen man dist/man
	@bin/erpbridge gen completion dist/completion

.PHONY: servers-up
servers-up: ## start servers that stay, for working on the code, and print their URLs
	@scripts/stack.sh up .stack/dev

.PHONY: servers-down
servers-down: ## stop them and delete their data
	@scripts/stack.sh down .stack/dev

.PHONY: clean
clean: ## delete what was built, and stop the servers that stayed
	@for dir in .stack/*/; do [ ! -d "$$dir" ] || scripts/stack.sh down "$$dir"; done
	@rm -rf -- bin dist .stack
