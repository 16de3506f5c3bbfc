.DEFAULT_GOAL := help
BIN := node_modules/.bin
RPC_PROTOS := node_modules/google-proto-files/google/rpc/status.proto node_modules/google-proto-files/google/rpc/error_details.proto

node_modules: package.json package-lock.json
	npm ci --no-progress
	npm rebuild --ignore-scripts=false better-sqlite3
	@touch node_modules

.PHONY: gen
gen: node_modules ## regenerate gen/ from proto/
	$(BIN)/buf generate
	rm -rf gen/akkaserverless gen/google/api gen/google/protobuf/descriptor.ts gen/presence/*/v1/*_domain.ts
	$(BIN)/buf build --as-file-descriptor-set $(foreach p,proto/akkaserverless proto/grpc proto/presence $(RPC_PROTOS),--path $(p)) -o gen/descriptors.binpb
