.DEFAULT_GOAL := help
SHELL := /bin/bash
BIN := node_modules/.bin
RUN := node --import tsx
RPC_PROTOS := node_modules/google-proto-files/google/rpc/status.proto node_modules/google-proto-files/google/rpc/error_details.proto
SOURCES := $(wildcard proto/*) $(RPC_PROTOS)

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

# An install that was interrupted is not one: it leaves the folder, but not this file.
node_modules/.packages: package.json package-lock.json
	npm ci --no-progress
	@touch $@

# The one native module; where no binary of it can be had it is compiled, which takes a minute. SQLite's own makefiles
# optimise as far as this; -O3, which Node's would, takes half as long again.
node_modules/.installed: node_modules/.packages
	CFLAGS=-O2 CXXFLAGS=-O2 npm rebuild --ignore-scripts=false better-sqlite3
	@touch $@

.PHONY: packages node_modules
packages: node_modules/.packages
node_modules: node_modules/.installed

.PHONY: run
run: node_modules ## start everything in one process: gRPC, REST on 8080, data in .rollcall/
	@exec $(RUN) cli/main.ts run

.PHONY: up
up: node_modules ## start the mesh in the background: one process a service, on Kafka and MongoDB; PARTS=… names some
	@$(RUN) cli/main.ts up $(PARTS)

.PHONY: down
down: ## end the mesh, or PARTS
	@$(RUN) cli/main.ts down $(PARTS)

.PHONY: status
status: ## show the parts of the mesh with their health
	@$(RUN) cli/main.ts status

.PHONY: logs
logs: ## follow the logs of the mesh, or of PARTS
	@exec $(RUN) cli/main.ts logs --follow $(PARTS)

.PHONY: test
test: packages ## install everything and run every check and test, on real engines
	@$(RUN) test/run-all.ts

.PHONY: check
check: packages ## the quick part of make test: format, lint, types, generated files
	@$(RUN) test/run-all.ts --checks

.PHONY: format
format: packages ## format the sources and mend what the linter can mend
	$(BIN)/biome check --write

.PHONY: bench
bench: node_modules ## measure against the hand-written equivalents, as ratios of one run
	@$(RUN) bench/main.ts

.PHONY: sim
sim: node_modules ## simulate the register and its leases under faults: make sim SEEDS=10000
	@$(RUN) sim/main.ts $(or $(SEEDS),1000)

.PHONY: chaos
chaos: node_modules ## kill, stop and cut off parts under load, and check that nothing acknowledged is lost
	@$(RUN) chaos/main.ts

.PHONY: engines
engines: node_modules ## install the real engines into .engines/
	@$(RUN) engines/install.ts

.PHONY: gen
gen: packages ## regenerate gen/ from proto/, that of the examples, and the generated pages of docs/
	$(BIN)/buf generate
	$(RUN) test/support/mend-generated.ts
	rm -rf gen/akkaserverless gen/google/api gen/google/protobuf/descriptor.ts gen/presence/*/v1/*_domain.ts
	$(BIN)/buf build --as-file-descriptor-set $(foreach source,$(SOURCES),--path $(source)) -o gen/descriptors.binpb
	$(BIN)/buf build --as-file-descriptor-set $(foreach source,$(SOURCES),--path $(source)) --exclude-source-info -o envoy/descriptors.binpb
	$(RUN) test/support/write-docs.ts
	$(RUN) cli/main.ts gen examples/customer-registry

.PHONY: stubs
stubs: node_modules ## build classic client stubs into stubs/: *_pb.js, *_grpc_pb.js and their types
	@$(RUN) engines/stubs/main.ts

.PHONY: breaking
breaking: node_modules ## compare proto/ with another commit: make breaking AGAINST=main
	$(BIN)/buf breaking proto --against '.git#ref=$(or $(AGAINST),main),subdir=proto'

.PHONY: build
build: node_modules ## compile to dist/, what a container runs
	rm -rf dist
	$(BIN)/tsc -p tsconfig.build.json
	mkdir -p dist/proto dist/gen
	cp -r proto/akkaserverless dist/proto/
	cp gen/descriptors.binpb dist/gen/

.PHONY: deploy
deploy: ## apply everything to the current Kubernetes cluster
	kubectl apply -k k8s

.PHONY: clean
clean: ## remove what was built and installed, and the embedded data
	rm -rf dist node_modules .engines .rollcall .tmp stubs
