"""What is said first of a test of the tree that fails: the service, the file, the rule, and what to do instead.

The rule is the test's name. Where the row can only say a folder, the file and line are those that the failure names:
itself, or by an operation or schema of the service's document. This is pytest's hook; a conftest that imports it holds
it for its folder.
"""

import re
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from emitra_local.problems import CannotStart

ROOT = Path(__file__).resolve().parents[2]
PLATFORM = "platform"
_ROUTES = "services/{service}/src/…/entrypoints/http"
_OPENAPI = "services/{service}/openapi.yaml"
_BASE = "deploy/k8s/services/{service}/base/kustomization.yaml"

_PATH = re.compile(r"(?:services|shared|deploy|docs|tests)/[\w./-]*\w(?::\d+)?")
_OPERATION = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE) (/[^\s',]*)")
_SCHEMA = re.compile(r"\b([A-Z]\w+)\.\w+")

# By the test: the file to look into, which may be that of its parameter or below it, and what to do there.
FILE_OF_THE_PARAMETER = ""
REMEDIES: Mapping[str, tuple[str, str]] = {
    # test_attacks
    "test_an_attack_has_a_test_that_shows_it_fail": (
        "tests/architecture/test_attacks.py",
        "name the test that shows it today in ATTACKS, or write one",
    ),
    # test_live_settings
    "test_every_program_of_a_live_service_names_all_that_it_misses_and_does_not_start": (
        "services/{service}/src/…/settings.py",
        "a secret with a default is `needed_live=True`, or has a row in OPTIONAL of test_live_settings.py",
    ),
    "test_a_live_service_refuses_what_a_sandbox_made_and_default_credentials": (
        "services/{service}/src/…/settings.py",
        "a secret is declared with `secret=True`, a rule of its own is `live=` (servicekit.fit_for_live)",
    ),
    # test_asyncapi
    "test_the_platforms_document_is_valid": (
        "services/*/contracts/events",
        "see `make documents`: mend the schema, or the row of an event, that is named below",
    ),
    "test_each_services_own_document_is_valid": (
        "services/{service}/src/…/entrypoints/service.py",
        "see `{service} asyncapi`: mend the event's schema or the row in `publishes` or `CONSUMERS` that it comes from",
    ),
    "test_every_reference_leads_somewhere_in_the_document": (
        "shared/contracts",
        "see `make documents`: mend the schema with the $ref",
    ),
    "test_every_event_that_flows_is_an_operation": (
        "services/*/events.json",
        "see `make documents`: an event of `publishes` or `CONSUMERS` has an operation",
    ),
    # test_deprecations
    "test_what_a_library_gives_up_has_its_day": (
        FILE_OF_THE_PARAMETER,
        'see docs/release.md, "What ends has a day"',
    ),
    # test_dialect
    "test_tools_and_tests_name_things_after_what_they_are": (
        "deploy/*, tests",
        "name it as the line below says; the words are in tests/architecture/dialect.py",
    ),
    "test_the_examples_that_contributors_are_shown_speak_it": (
        "CONTRIBUTING.md",
        "mend the example as the line below says: people copy it",
    ),
    "test_a_package_speaks_the_dialect": (FILE_OF_THE_PARAMETER, 'see CONTRIBUTING.md, "The shape of a service"'),
    # test_documents
    "test_what_a_document_names_is_there": (FILE_OF_THE_PARAMETER, "name what is there, or take the sentence out"),
    "test_what_a_page_shows_as_a_command_is_run_by_a_test_or_says_why_not": (
        FILE_OF_THE_PARAMETER,
        "begin the block with `sh`, or with `sh not run: why`",
    ),
    "test_what_a_tool_is_told_to_make_is_a_target": (FILE_OF_THE_PARAMETER, "name a target that `make help` shows"),
    "test_what_the_code_cites_is_there": (
        "services, shared, deploy, tests",
        "cite what is there, or take the sentence out",
    ),
    "test_the_map_names_the_processes_of_each_service_that_was_released": (
        "docs/architecture.md",
        "write the row of services/{service}, with what `{service} processes` prints",
    ),
    "test_every_decision_is_in_the_index": ("shared/adr/README.md", "add a row for each decision that is named"),
    "test_every_crash_point_of_the_code_is_in_the_map_and_killed_by_a_test": (
        "docs/messaging.md",
        'name the point in "Crash points", and kill a process there in tests/fault',
    ),
    "test_what_was_released_is_a_part_of_its_changelog_and_nothing_else_is": (
        FILE_OF_THE_PARAMETER,
        'each release of releases.toml has a part "1.2.3 (2026-11-26)" here, below "Unreleased"; nothing else has one',
    ),
    # test_image
    "test_what_the_image_is_made_of_is_there": ("deploy/Dockerfile", "copy what the service has, or add it there"),
    "test_every_package_of_ours_that_a_service_needs_is_in_its_image": (
        "services/{service}/pyproject.toml",
        "need only what deploy/Dockerfile copies, or copy it there",
    ),
    "test_the_image_starts_the_services_own_program": (
        "services/{service}/pyproject.toml",
        "name the program in [project.scripts] as the folder of the service",
    ),
    "test_the_image_runs_as_the_user_that_the_pods_run_as": (
        "deploy/Dockerfile",
        "USER and runAsUser in deploy/k8s/components are one number",
    ),
    # test_manifests
    "test_every_object_is_valid_at_the_oldest_and_the_newest_version": (
        _BASE,
        "see `kubectl kustomize` on its folder, and mend the field that is named",
    ),
    "test_a_service_is_alone_in_its_folder_and_the_gateway_finds_its_routes": (
        "deploy/k8s/services/{service}/*",
        "as each line below says",
    ),
    "test_the_contract_says_which_services_have_routes": (
        "deploy/k8s/services/{service}/contract.yaml",
        "write `routes: base/openapi.yaml` where openapi.yaml has paths, and nothing where it has none",
    ),
    "test_a_service_with_events_loads_its_topology_and_a_release_is_one_image": (
        "deploy/k8s/services/{service}/base/kustomization.yaml",
        "a service with a relay takes components/topology; its image is named once",
    ),
    "test_only_the_topology_job_sees_the_brokers_administrator": (
        _BASE,
        "name the secret broker-administrator in the topology job alone",
    ),
    "test_there_is_a_deployment_for_every_process": (
        _BASE,
        "take components/worker and components/relay as `{service} processes` says",
    ),
    "test_pods_are_restricted": (_BASE, "take the security context of deploy/k8s/components"),
    "test_memory_is_bounded_and_requested_in_full_and_cpu_is_not_limited": (
        _BASE,
        "requests and limits of memory are equal; cpu has a request and no limit; both have ephemeral-storage",
    ),
    "test_probes_differ_and_liveness_depends_on_nothing": (
        _BASE,
        "startup and liveness ask /livez, readiness asks /readyz, all at the port `probe` 9090",
    ),
    "test_a_pod_drains_before_it_is_killed": (
        _BASE,
        "preStop sleeps 5 s, and terminationGracePeriodSeconds is longer than that and the drain",
    ),
    "test_a_rollout_never_takes_away_what_serves": (
        _BASE,
        "maxUnavailable is 0; the selector fits the template's labels",
    ),
    "test_every_deployment_has_a_disruption_budget_and_the_api_scales_itself": (
        _BASE,
        "take the PodDisruptionBudget with each component; the API has an autoscaler and no `replicas`",
    ),
    "test_a_pod_that_is_not_ready_keeps_no_node_and_each_release_is_spread_by_itself": (
        _BASE,
        "take PodDisruptionBudget and spread constraints of deploy/k8s/components as they are",
    ),
    "test_the_ingress_reaches_those_alone_that_have_a_reason": (
        _BASE,
        "callers come through the gateway; who cannot is in PAST_THE_GATEWAY of tests/architecture/test_manifests.py",
    ),
    "test_traffic_is_denied_but_for_what_is_named": (
        _BASE,
        "a NetworkPolicy of the service's name with Ingress and Egress, and port 53 for names",
    ),
    "test_only_the_observers_reach_probes_and_metrics": (
        _BASE,
        "let port 9090 in from namespaces with emitra.org/role: observability alone",
    ),
    "test_every_required_setting_is_given_and_every_given_one_exists": (
        _BASE,
        "give in its ConfigMap, and as secrets in contract.yaml, what `{service} settings` lists",
    ),
    "test_no_secret_is_in_the_repository": (_BASE, "take the Secret out; name its keys in contract.yaml"),
    # test_releases
    "test_a_release_works_on_an_empty_cluster_twice_after_another_and_back": (
        _BASE,
        "what is refused says which field: a job has the annotation that hashes its name and the settings of "
        "{service}-job-config, a selector stays as it is, and what a pod needs is made before it",
    ),
    # test_overlays
    "test_an_overlay_is_what_is_different_and_a_cluster_takes_it": (
        "deploy/k8s/services/{service}/overlays",
        "the sentence says what to do; another service's overlay is the pattern",
    ),
    "test_nothing_of_a_component_is_left_to_fill_in": (
        "deploy/k8s/services/{service}/overlays",
        "name the place in `replacements` of its component in deploy/k8s/components",
    ),
    "test_every_object_of_an_overlay_is_valid_strictly": (
        "deploy/k8s/services/{service}/overlays",
        "mend the field that is named; a custom kind's are in tests/architecture/custom_kinds.py",
    ),
    "test_every_setting_of_an_environment_is_one_of_the_services": (
        "deploy/k8s/services/{service}/overlays",
        "what is one for all services is in components/environments/*/environment.env, all else in base/config.env",
    ),
    "test_what_an_environment_says_goes_before_what_the_service_says": (
        "deploy/k8s/services/{service}/overlays",
        "take the component environments/prod, which adds its settings last",
    ),
    # test_openapi
    "test_an_operation_has_a_name_that_is_a_function_in_any_language": (
        _ROUTES,
        "name the route's function verb_noun, then `make generate`",
    ),
    "test_no_two_operations_that_clients_see_have_one_name_and_no_two_schemas": (
        "services/*/openapi.yaml",
        "give the newcomer's function or schema a name of its own, then `make generate`",
    ),
    "test_every_operation_is_described_for_people": (_ROUTES, "write the docstring of the route, then `make generate`"),
    "test_every_refusal_has_its_status_and_is_a_problem": (
        _ROUTES,
        "make the route with servicekit.http.Blueprint, and name its errors with @blueprint.raises; `make generate`",
    ),
    "test_every_answer_with_a_body_says_of_which_form": (
        _ROUTES,
        "give @blueprint.response a schema, then `make generate`",
    ),
    "test_every_schema_says_its_type_in_the_words_of_json_schema": (
        _ROUTES,
        "no dump_only and no hand-made `nullable`: one schema for what is asked, one for what is answered",
    ),
    "test_a_list_of_values_is_an_enum_and_no_sentence": (
        _ROUTES,
        "validate the field with OneOf instead of listing its values in its description",
    ),
    "test_a_member_of_an_answer_is_always_there_unless_it_is_known_not_to_be": (
        _ROUTES,
        "make the member `required`, or say in SOMETIMES of tests/architecture/test_openapi.py when it is absent",
    ),
    "test_what_is_known_to_be_absent_sometimes_is_a_member": (
        "tests/architecture/test_openapi.py",
        "take the row out of SOMETIMES",
    ),
    # test_services
    "test_a_service_folder_is_complete": (
        "services/{service}",
        "add the files that are named: by hand, by `make generate` or by `make lock`",
    ),
    "test_a_service_says_whose_it_is_and_the_list_of_owners_agrees": (
        "services/{service}/pyproject.toml",
        'write [tool.emitra] team = "@emitra/…", then `make documents`',
    ),
    "test_a_lock_has_a_hash_for_everything_and_an_address_for_nothing": (
        FILE_OF_THE_PARAMETER,
        "make it with `make lock`, never by hand",
    ),
    "test_every_route_asks_for_a_scope_or_says_why_it_is_public": (
        _ROUTES,
        "decorate the route with @blueprint.requires(scope) or @blueprint.public(why), then `make generate`",
    ),
    "test_every_operation_says_for_which_roles_it_is": (
        _ROUTES,
        "name them in @blueprint.requires(scope, roles=…), as ADR 0042 has it; then `make generate`",
    ),
    "test_every_service_calls_its_operations_in_every_role": (
        "services/{service}/tests/service/test_roles.py",
        "copy that of services/kiosk-registry, with the service's own SERVICE and client",
    ),
    "test_every_part_of_an_address_is_said_what_it_is_with_an_example": (
        _ROUTES,
        "describe it in `parameters` of @blueprint.route, with an `example`, then `make generate`",
    ),
    "test_every_post_asks_for_a_key_or_says_why_a_repeat_is_harmless": (
        _ROUTES,
        "decorate the route with @blueprint.keyed(operation, …) or @blueprint.repeatable(why), then `make generate`",
    ),
    "test_no_other_service_claims_the_same_address": (
        _ROUTES,
        "the address belongs to who released it first; take another one under /v1/{service}",
    ),
    "test_every_queue_has_a_ladder_and_parking": (
        "services/{service}/src/…/entrypoints/consumers.py",
        "let the topology follow from CONSUMERS; nothing of it is declared by hand",
    ),
    "test_what_a_service_has_on_the_broker_is_its_own": (
        "services/{service}/src/…/entrypoints/service.py",
        'write Service(name="{service}"); queues and exchanges begin with that name',
    ),
    "test_ids_begin_as_the_service_declares_and_it_declares_no_other": (
        "services/{service}/src/…/entrypoints/service.py",
        'declare in Service(ids={"abc_": "…"}) what its ids begin with, and nothing else, then `make generate`',
    ),
    "test_every_setting_says_what_it_is": (
        "services/{service}/src/…/settings.py",
        "give setting(…) a sentence, each variable once, and no default to a secret",
    ),
    "test_every_make_target_says_what_it_does": ("Makefile", "write `## what it does` behind the target"),
    # test_texts
    "test_every_text_that_is_sent_has_an_end_and_every_pattern_is_of_the_whole": (
        _ROUTES,
        "use the fields of servicekit.fields, or validate.Length(max=…); a pattern goes from ^ to $",
    ),
    "test_a_pattern_is_tried_on_the_whole_of_a_text": (
        FILE_OF_THE_PARAMETER,
        "use re.fullmatch or servicekit.fields.Form, or say in KNOWN of tests/architecture/test_texts.py why not",
    ),
    # test_tools
    "test_the_hooks_run_the_front_door": (
        ".pre-commit-config.yaml",
        "a hook runs `make format` or `make lint`, and nothing is fetched",
    ),
    "test_every_package_is_watched_for_updates_but_ours_are_looked_up_nowhere": (
        ".github/dependabot.yml",
        "list in `directories` the folder of each package, and ignore emitra-*",
    ),
    "test_a_lock_holds_hashes_and_no_address": (
        "services/*, shared/*, deploy/*, tests",
        "take the addresses out of the file that is named; where packages come from is the machine's setting",
    ),
    "test_the_libraries_of_releases_are_in_the_context": (
        ".dockerignore",
        "write `!.local/releases/*/shared` behind `.local`",
    ),
    # tests/contract
    "test_events_are_published": ("services/*/events.json", "run `make generate`"),
    "test_every_operation_has_a_client": (
        "services/{service}/contracts/clients.json",
        "name here, or in the file of the client's own service, who calls the operation",
    ),
    "test_every_operation_and_scope_of_a_client_exists": (
        FILE_OF_THE_PARAMETER,
        "take out what no service offers any more, or mend its spelling",
    ),
    "test_every_published_event_has_a_schema_and_belongs_to_its_only_producer": (
        "services/{service}/contracts/events",
        "add the schema and two examples (shared/contracts/README.md), or publish another service's event no more",
    ),
    "test_every_consumed_event_is_published_by_whom_the_consumer_expects": (
        "services/{service}/src/…/entrypoints/consumers.py",
        "name in the row the service in whose contracts/events the schema is",
    ),
    "test_every_example_is_valid_as_its_producer_would_send_it": (
        "services/*/contracts/events",
        "mend the example that is named; each event has two",
    ),
    "test_the_committed_table_of_events_is_the_services_own": ("services/{service}/events.json", "run `make generate`"),
}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Begins what is told of a failure with the sentence for people."""
    report = yield
    if report.failed and call.excinfo and isinstance(item, pytest.Function):
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        if told := sentence(item.originalname, parameters, call.excinfo.value):
            report.longrepr = f"{told}\n\n{report.longrepr}"
    return report


def sentence(test: str, parameters: Mapping[str, Any], error: BaseException) -> str:
    """`service: file: rule; what to do instead`, and nothing for a test without a row.

    Where a service cannot be asked, that is what is wrong, and not the rule.
    """
    if test not in REMEDIES:
        return ""
    if isinstance(error, CannotStart):
        return str(error)
    file, instead = REMEDIES[test]
    service = str(parameters.get("service", ""))
    paths = [value for value in parameters.values() if isinstance(value, Path)]
    file = file.replace("{service}", service) or (str(paths[0].relative_to(ROOT)) if paths else "")
    if not (ROOT / file).is_file():
        names = "/entrypoints/http" in file
        file = next(_places(str(error), service if names else ""), file)
    if "…" in file:  # the package of a service, which is named after it
        file = file.replace("…", service.replace("-", "_"))
    service = service or _service_of(file)
    rule = test.removeprefix("test_").replace("_", " ")
    return f"{service}: {file}: {rule}; {instead}".replace("{service}", service)


def _places(said: str, service: str) -> Iterator[str]:
    """The files, with a line where there is one, that a failure names; by what a service's document names too."""
    for path in _PATH.findall(said):
        if (ROOT / path.partition(":")[0]).is_file():
            yield path
    document = ROOT / "services" / service / "openapi.yaml"
    if service and document.exists():
        paths = yaml.load(document.read_text(), yaml.CSafeLoader).get("paths", {})
        for method, address in _OPERATION.findall(said):
            if name := paths.get(address, {}).get(method.lower(), {}).get("operationId"):
                yield from _definitions(service, rf"def {name}\(")
        for name in _SCHEMA.findall(said):
            yield from _definitions(service, rf"class {name}Schema\(")


def _definitions(service: str, pattern: str) -> Iterator[str]:
    for module in sorted((ROOT / "services" / service / "src").rglob("*.py")):
        for number, line in enumerate(module.read_text().splitlines(), 1):
            if re.match(pattern, line):
                yield f"{module.relative_to(ROOT)}:{number}"


def _service_of(file: str) -> str:
    parts = Path(file.removeprefix("deploy/k8s/")).parts
    return parts[1] if parts[:1] == ("services",) and len(parts) > 1 and not parts[1].startswith("*") else PLATFORM
