# The front door. Every target works from any state: bare machine, half-finished install, killed last time.
# SERVICE=billing narrows `test` and `logs` to one service; GATEWAY_PORT=8081 moves the gateway; PYTHON names a Python ≥ 3.11.

PYTHON ?= python3
GATEWAY_PORT ?= 8080
SERVICE ?=
export GATEWAY_PORT

LOCAL := $(PYTHON) deploy/local/bootstrap.py

.DEFAULT_GOAL := help
.PHONY: help run stop status logs clean distclean test lint bench lock upgrade

help: ## Show the targets
	@sed -n 's/^\([a-z]*\): ## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r target does; do printf '%-18s %s\n' "$$target" "$$does"; done

run: ## Start everything, pay a bill, issue a certificate, stay up until Ctrl-C (GATEWAY_PORT=8080)
	@$(LOCAL) run

stop: ## Stop what `make run` started, from another terminal or after a crash
	@$(LOCAL) stop

status: ## Show what runs
	@$(LOCAL) status

logs: ## Follow the logs (SERVICE=billing for one service)
	@$(LOCAL) logs $(SERVICE)

clean: ## Stop, then delete the data of `make run`; the Python environments stay
	@$(LOCAL) clean

distclean: ## clean, then delete the Python environments and the download cache too
	@$(LOCAL) clean
	rm -rf .local

test: ## Run every level of tests (SERVICE=billing for one package, without linters)
	@$(LOCAL) test $(SERVICE)

lint: ## ruff, mypy, import rules, locks
	@$(LOCAL) lint

bench: ## Print the benchmark tables, floors and peers measured in the same run
	@$(LOCAL) bench

lock: ## Write the hashed locks; versions that still fit stay
	@$(LOCAL) lock

upgrade: ## Write the hashed locks with the newest versions that fit
	@$(LOCAL) lock --upgrade
