"""What is changed by `make mutants`, and what is said of the changes that nobody noticed."""

import ast
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from emitra_local.mutant_report import (
    LEAST_NOTICED,
    ModuleRun,
    Mutant,
    Survivor,
    complaints,
    judged,
    kept,
    report,
    run_now,
    share,
)
from emitra_local.mutants import Plan, lines_to_tell, modules_of, refuse_what_is_not_found_again, undecorated
from emitra_local.problems import CannotStart
from emitra_local.workspace import Package

DECORATED = '''
from contextlib import contextmanager


class Box:
    @property
    def size(self):
        """How much is in it."""
        return self._size

    @size.setter
    def size(self, size):
        self._size = size

    @contextmanager
    def opened(self):
        @property
        def inner(self): return 1

        yield inner

    @staticmethod
    def name():
        return "box"


@contextmanager
def doubled(number):
    yield number * 2
'''


def decorators(source: str) -> list[str]:
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    return sorted(ast.unparse(decorator) for function in functions for decorator in function.decorator_list)


def test_properties_and_context_managers_lose_their_decorators_and_behave_the_same() -> None:
    source = undecorated(DECORATED)
    names: dict[str, Any] = {}
    exec(source, names)  # noqa: S102 - our own
    box, doubled = names["Box"](), names["doubled"](4)
    box.size = 3

    assert decorators(source) == ["size.setter", "staticmethod"]
    assert (box.size, box.name(), names["Box"].size.__doc__) == (3, "box", "How much is in it.")
    assert isinstance(doubled, AbstractContextManager)
    with doubled as number, box.opened() as inner:
        assert (number, inner.fget(box)) == (8, 1)


@pytest.mark.parametrize(
    "source",
    [
        "def plain():\n    return 1\n",
        "@cache\ndef other():\n    return 1\n",
        "@property\n@cache\ndef two():\n    return 1\n",
        "@contextlib.contextmanager\ndef dotted():\n    yield\n",
        "@property\nclass Strange:\n    pass\n",
    ],
)
def test_what_has_another_decorator_or_several_stays_as_it_is(source: str) -> None:
    assert undecorated(source) == source


DIFF = """# billing.domain.money.x_rupees__mutmut_3: survived
--- src/billing/domain/money.py
+++ src/billing/domain/money.py
@@ -1,5 +1,5 @@
 def rupees(paise: int) -> str:
-    return f"{paise // 100}." + _two(
-        paise % 100)
+    return f"{paise / 100}." + _two(
+        paise % 101)

"""


@pytest.mark.parametrize(
    ("name", "module", "function"),
    [
        ("billing.domain.money.x_rupees__mutmut_3", "billing.domain.money", "rupees"),
        ("billing.domain.money.x__two__mutmut_12", "billing.domain.money", "_two"),
        ("billing.domain.books.xǁBooksǁadd__mutmut_1", "billing.domain.books", "Books.add"),
        ("billing.domain.books.xǁBooksǁ__post_init____mutmut_1", "billing.domain.books", "Books.__post_init__"),
    ],
)
def test_a_mutant_is_known_by_its_function_and_the_changed_lines(name: str, module: str, function: str) -> None:
    mutant = Mutant.read(name, "survived", DIFF)

    assert (mutant.module, mutant.function) == (module, f"{module}.{function}")
    assert mutant.was == 'return f"{paise // 100}." + _two( paise % 100)'
    assert mutant.becomes == 'return f"{paise / 100}." + _two( paise % 101)'


@pytest.mark.parametrize(
    ("status", "noticed"),
    [
        ("killed", True),
        ("timeout", True),
        ("segfault", True),
        ("survived", False),
        ("no tests", False),
        ("suspicious", False),
        ("skipped", False),
        ("not checked", False),
    ],
)
def test_a_mutant_is_noticed_when_a_test_failed_or_did_not_end(status: str, noticed: bool) -> None:
    assert Mutant.read("a.b.x_c__mutmut_1", status, "").noticed is noticed


@pytest.mark.parametrize("name", ["", "a.b.c", "a.b.x_c", "x_c__mutmut_1", "a.b.x_c__mutmut_"])
def test_a_name_that_mutmut_would_not_give_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a mutant's name"):
        Mutant.read(name, "killed", "")


KILLED = Mutant("a.b", "a.b.f", noticed=True)
SURVIVED = Mutant("a.b", "a.b.f", noticed=False, was="x + 1", becomes="x - 1")
REASON = Survivor("a.b.f", "x + 1", "x - 1", "x is never read.", equivalent=True)
ALLOWED = Survivor("a.b.f", "x + 1", "x - 1", "Words for people.")


@pytest.mark.parametrize(
    ("survivor", "fits"),
    [
        (REASON, True),
        (Survivor("a.b.g", "x + 1", "x - 1", "Of another function."), False),
        (Survivor("a.b.f", "x + 2", "x - 1", "Of another line."), False),
        (Survivor("a.b.f", "x + 1", "x - 2", "Of another change."), False),
    ],
)
def test_a_reason_is_for_one_change_of_one_function(survivor: Survivor, fits: bool) -> None:
    (mutant,) = judged([SURVIVED], [survivor])

    assert mutant.survivor == (survivor if fits else None)


def test_what_a_test_noticed_needs_no_reason_and_gets_none() -> None:
    noticed = Mutant("a.b", "a.b.f", noticed=True, was="x + 1", becomes="x - 1")

    assert judged([noticed], [REASON]) == [noticed]


@pytest.mark.parametrize(
    ("mutants", "part"),
    [
        ([], 1.0),
        ([KILLED], 1.0),
        ([SURVIVED], 0.0),
        ([KILLED, KILLED, KILLED, SURVIVED], 0.75),
        ([KILLED, *judged([SURVIVED], [REASON])], 1.0),
        ([KILLED, *judged([SURVIVED], [ALLOWED])], 0.5),
        (judged([SURVIVED], [REASON]), 1.0),
    ],
)
def test_the_share_is_of_those_that_a_test_could_notice(mutants: list[Mutant], part: float) -> None:
    assert share(mutants) == part


def test_a_run_passes_with_just_enough_noticed_and_a_reason_for_each_other() -> None:
    (explained,) = judged([SURVIVED], [ALLOWED])

    assert complaints([KILLED] * 19 + [explained], [ALLOWED]) == []
    assert complaints([KILLED] * 18 + [explained], [ALLOWED]) == ["94.7% are noticed; 95% is the least"]
    assert LEAST_NOTICED == 19 / 20


def test_a_survivor_without_a_reason_is_complained_of_however_many_are_noticed() -> None:
    assert complaints([KILLED] * 99 + [SURVIVED], []) == [
        "`a.b.f`: `x + 1` → `x - 1`: nobody noticed, and no reason is given"
    ]


def test_a_reason_without_its_survivor_is_complained_of() -> None:
    assert complaints([KILLED], [REASON]) == ["a.b.f: 'x - 1' does not survive"]


QUOTING = Mutant("a.c", "a.c.C.g", noticed=False, was="say('`')")
WORDS = Survivor("a.c.C.g", "say('`')", "", "Words for people.")
OTHER = Mutant("a.a", "a.a.h", noticed=False, was="1", becomes="2")
REPORT = (
    "# Mutants of billing\n"
    "\n"
    "Written by `make mutants SERVICE=billing`. mutmut changed every function of a/**/*.py, b.py in small ways,\n"
    "one at a time; a change is noticed when a test fails. The share is of those that are not equivalent. A run of\n"
    "a part (`T=`) renews the lines of its modules: each says at which commit it was run, and whether the module\n"
    "was changed since.\n"
    "\n"
    "| module | mutants | noticed | equivalent | not noticed | share | run at |\n"
    "| --- | ---: | ---: | ---: | ---: | ---: | --- |\n"
    "| a.a | 1 | 0 | 0 | 1 | 0.0% | 1234567 |\n"
    "| a.b | 4 | 2 | 2 | 0 | 100.0% | 89abcde, changed since |\n"
    "| a.c | 1 | 0 | 0 | 1 | 0.0% | 1234567 |\n"
    "| a.cc | 0 | 0 | 0 | 0 | 100.0% | 1234567 |\n"
    "| a.d | | | | | | never |\n"
    "| all | 6 | 2 | 2 | 2 | 50.0% |  |\n"
    "\n"
    "## Equivalent\n"
    "\n"
    "- `a.b.f`: `x + 1` → `x - 1`. x is never read.\n"
    "\n"
    "## Nobody needs to notice\n"
    "\n"
    "- `a.a.h`: `1` → `2`. No reason is given yet.\n"
    "- `a.c.C.g`: `` say('`') `` → nothing. Words for people.\n"
)


def two_runs() -> list[ModuleRun]:
    first = run_now(["a.b"], judged([SURVIVED, KILLED, SURVIVED, KILLED], [REASON]), "89abcde")
    return [*run_now(["a.c", "a.cc", "a.a"], judged([QUOTING, OTHER], [WORDS]), "1234567"), *first]


def test_the_report_has_a_line_a_module_with_the_commit_it_was_run_at_and_every_survivor_once_with_its_reason() -> None:
    assert report("billing", ["a/**/*.py", "b.py"], two_runs(), stale={"a.b"}, never={"a.d"}) == REPORT


def test_a_run_of_a_part_keeps_what_the_report_says_of_the_others_and_renews_its_own() -> None:
    others = kept(REPORT, {"a.a", "a.b", "a.cc", "a.new"})
    assert sorted(others, key=lambda one: one.module) == sorted(
        (one for one in two_runs() if one.module != "a.c"), key=lambda one: one.module
    )

    of_c = run_now(["a.c"], [Mutant("a.c", "a.c.C.g", noticed=True)], "fedcba9")
    renewed = report("billing", ["a/**/*.py", "b.py"], [*others, *of_c], stale={"a.b"}, never={"a.d"})

    assert "| a.c | 1 | 1 | 0 | 0 | 100.0% | fedcba9 |" in renewed
    assert "a.c.C.g" not in renewed
    assert "| all | 6 | 3 | 2 | 1 | 75.0% |  |" in renewed


def test_of_a_module_that_is_gone_or_that_no_report_knows_nothing_is_kept() -> None:
    assert kept(REPORT, {"a.new"}) == []
    assert kept("# Mutants of billing\n", {"a.a"}) == []


def test_a_report_without_survivors_has_the_table_only() -> None:
    assert "##" not in report("billing", ["a.py"], run_now(["a.b"], [KILLED], "1"), stale=(), never=())


@pytest.mark.parametrize(
    ("function", "is_of"), [("a.c.C.g", True), ("a.c.g", True), ("a.cc.g", False), ("a.c", False), ("c.a.c.g", False)]
)
def test_a_survivor_is_of_the_module_of_its_function(function: str, is_of: bool) -> None:
    assert Survivor(function, "", "", "").is_of({"a.c"}) is is_of


def test_modules_are_those_in_which_a_function_does_something(tmp_path: Path) -> None:
    for name, source in {
        "rules": "def a():\n    return 1\n",
        "ports": 'class P:\n    def a(self):\n        """Says what."""\n\n    def b(self): ...\n',
        "shapes": 'class S:\n    """A shape."""\n\n    size: int = 1\n',
        "other": "def a():\n    return 1\n",
    }.items():
        (tmp_path / "src" / "a" / "b").mkdir(parents=True, exist_ok=True)
        (tmp_path / "src" / "a" / "b" / f"{name}.py").write_text(source)

    modules = modules_of(tmp_path, ["a/**/[prs]*.py"])

    assert modules == {"a.b.rules": tmp_path / "src" / "a" / "b" / "rules.py"}


def test_a_file_of_tests_is_left_out_whole_and_a_test_alone() -> None:
    plan = Plan(["a.py"], ["tests"], ["tests/test_a.py", "tests/test_b.py::test_c"], [])

    assert plan.arguments[-2:] == ["--ignore=tests/test_a.py", "--deselect=tests/test_b.py::test_c"]


def test_where_nobody_watches_progress_is_told_once_a_minute_and_all_else_at_once() -> None:
    clock = iter([0.0, 59.9, 60.0, 61.0, 119.9, 120.1])
    lines = ["⠋ 1/9\n", "⠙ 2/9 \n", "Running\n", "\n", "⠹ 3/9\n", "⠸ 4/9\n", "⠼ 5/9\n", "done\n", "⠴ 6/9\n"]

    assert list(lines_to_tell(lines, lambda: next(clock))) == ["1/9", "Running", "3/9", "done", "6/9"]


def package(folder: Path, plan: str | None) -> Package:
    (folder / "tests").mkdir()
    (folder / "pyproject.toml").write_text('[project]\nname = "emitra-billing"\nversion = "1"\n')
    if plan is not None:
        (folder / "tests" / "mutants.toml").write_text(plan)
    return Package(folder)


def test_a_plan_says_what_is_changed_who_must_notice_and_why_some_survive(tmp_path: Path) -> None:
    plan = Plan.of(
        package(
            tmp_path,
            'code = ["a.py"]\ntests = ["tests/unit"]\ninfra = true\n[[survivor]]\nfunction = "a.f"\nwas = "1"\n'
            'becomes = "2"\nwhy = "It is so."\n',
        )
    )

    assert plan == Plan(["a.py"], ["tests/unit"], [], [Survivor("a.f", "1", "2", "It is so.")], infra=True)


def test_a_plan_needs_no_servers_unless_it_says_so(tmp_path: Path) -> None:
    assert Plan.of(package(tmp_path, 'code = []\ntests = []\nwithout = ["t.py"]\n')) == Plan([], [], ["t.py"], [])


def test_a_package_without_a_plan_is_told_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match=r"tests/mutants\.toml is missing"):
        Plan.of(package(tmp_path, None))


def test_tests_that_mutmut_does_not_find_again_are_refused_by_name() -> None:
    plain = "tests/unit/test_text.py::test_a_name_is_kept[Ram Lal]"
    escaped = r"tests/unit/test_text.py::test_a_name_is_kept[\u0930\u093e\u092e]"
    with_letters = "tests/unit/test_money.py::test_amounts[₹2]"

    refuse_what_is_not_found_again(f"{plain}\n\n3 tests collected \\ in 1 s\n")
    with pytest.raises(CannotStart) as refused:
        refuse_what_is_not_found_again(f"{plain}\n{escaped}\n{with_letters}\n")

    assert str(refused.value).endswith(f"Give their parametrize plain `ids`:\n{escaped}\n{with_letters}")
