# The front door. Every target works from any state: bare machine, half-finished install, killed last time.
# SERVICE=billing narrows `test` and `logs` to one service, SERVICES="billing gateway" `run` to some, T=refund its tests to those that pytest's -k would choose; GATEWAY_PORT=8081 moves the gateway; PYTHON names a Python ≥ 3.11.
# CMD is what `dead-letters` is to do, as a shell would read it.

PYTHON ?= python3
GATEWAY_PORT ?= 8080
SERVICE ?=
SERVICES ?=
T ?=
CMD ?= --help
export GATEWAY_PORT SERVICE SERVICES T

LOCAL := $(PYTHON) deploy/local/bootstrap.py

.DEFAULT_GOAL := help
.PHONY: help run stop restart status observe logs clean distclean dead-letters test fault mixed image guide nemesis generators mutants lint format generate new-service remove-service documents bench lock upgrade release-contracts tags

help: ## Show the targets
	@sed -n 's/^\([a-z-]*\): ## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r target does; do printf '%-25s %s\n' "$$target" "$$does"; done

run: ## Start everything, pay a bill, issue a certificate, stay up until Ctrl-C (SERVICES="billing gateway" for some)
	@$(LOCAL) run "$$SERVICES"

stop: ## Stop what `make run` started, from another terminal or after a crash
	@$(LOCAL) stop

restart: ## Start one service again, from its files as they are now, while requests go on being answered (SERVICE=billing)
	@$(LOCAL) restart "$$SERVICE"

status: ## Show what runs
	@$(LOCAL) status

observe: ## Prometheus and Alertmanager beside `make run`, with the alerts of deploy/observability, until Ctrl-C
	@$(LOCAL) observe

logs: ## Follow the logs (SERVICE=billing for one service)
	@$(LOCAL) logs "$$SERVICE"

dead-letters: ## Look at parked messages, send them again (SERVICE=billing CMD="list"; CMD=--help says what else)
	@$(LOCAL) command "$$SERVICE" -- dead-letters $(CMD)

clean: ## Stop, then delete the data of `make run`; the Python environments stay
	@$(LOCAL) clean

distclean: ## clean, then delete the Python environments and the download cache too
	@$(LOCAL) clean
	rm -rf .local

test: ## Run every level of tests (SERVICE=billing for one package, without linters; T=refund chooses among its tests)
	@$(LOCAL) test "$$SERVICE" $(if $(T),-k "$$T")

fault: ## Run the whole fault suite: crash points, broken infrastructure, mixed releases; then the books must be right
	@$(LOCAL) fault

mixed: ## Run each service beside the others' last release, and its last release beside the others as they are
	@$(LOCAL) mixed

guide: ## Walk docs/new-service.md in a copy of the repository: make a service, try it, run it, take it away
	@$(LOCAL) guide

nemesis: ## Kill and stop parts at random while people pay; then the history and the books (SEED=, MINUTES=10, REPORT=file)
	@$(LOCAL) nemesis -- $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(REPORT),--report $(REPORT))

generators: ## Generate clients from the document, pay and apply with them, lint it, use its page (needs Node, Java, Chromium)
	@$(LOCAL) generators

mutants: ## Change SERVICE's code in small ways; its tests must notice (T=domain/ledger,domain/books: only those)
	@$(LOCAL) mutants "$$SERVICE" $(if $(T),--part "$$T")

lint: ## ruff, mypy, import rules, locks, generated files, the contract gate
	@$(LOCAL) lint

format: ## Write the code as `make lint` wants it
	@$(LOCAL) format

generate: ## Write the generated files that are out of date: openapi.yaml, events.json of each service
	@$(LOCAL) generate

new-service: ## Write a service that runs, in its own two folders (NAME=labour-welfare TEAM=@emitra/labour)
	@$(LOCAL) new-service "$(NAME)" --team "$(TEAM)"

remove-service: ## Take a service away, unless others rely on it (NAME=labour-welfare; FORCE=1: also what git has not)
	@$(LOCAL) remove-service "$(NAME)" $(if $(FORCE),--force)

image: ## Build SERVICE's image with docker or podman, on the release of servicekit that it names, if it names one
	@$(LOCAL) image "$$SERVICE"

documents: ## Build what is made of all services together: asyncapi.yaml, the picture in docs/, CODEOWNERS
	@$(LOCAL) documents

bench: ## Print the benchmark tables, floors and peers measured in the same run
	@$(LOCAL) bench

lock: ## Write the hashed locks; versions that still fit stay
	@$(LOCAL) lock

upgrade: ## Write the hashed locks with the newest versions that fit
	@$(LOCAL) lock --upgrade

release-contracts: ## Make today's events and APIs the released ones, unless that breaks whoever relies on them (SERVICE=billing: only its own)
	@$(LOCAL) release-contracts $(SERVICE)

tags: ## Make the tags of releases.toml that are missing
	@$(LOCAL) tags
