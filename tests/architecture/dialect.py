"""The one dialect of the services (CONTRIBUTING, "The shape of a service"), as questions to a module's syntax tree.

`strangers` names what does not speak it, one sentence each. Nothing is imported: a module is judged by its text.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

# Words with one meaning each: where the word stands for something else it is a stranger. (identifier, why)
BANNED_NAMES = {
    "found": "name it after what was found",
    "each": "name it after what it is one of",
    "wanted": "name it after what is wanted",
    "err": "an exception variable is `error`",
    "next_action_at": "when the sweeper looks again is `resume_at`",
    "take_over": "when people take over is the `deadline`",
    "take_over_at": "when people take over is the `deadline`",
    "claim_key": "a claim is of an idempotency key",
}


def strange_names(source: str) -> Iterator[str]:
    """What any module of the repository names as it should not, tests and tools too."""
    yield from _names(ast.parse(source))


def strangers(path: PurePosixPath, source: str) -> Iterator[str]:
    """What in a module of a service or a library is not in the dialect. `path` is relative to `src/`: `billing/…`."""
    tree = ast.parse(source)
    yield from _names(tree)
    yield from _schemas(path, tree)
    yield from _tables(path, tree)
    if "application" in path.parts:
        yield from _use_cases(path, tree)
    if "``" in source:
        yield "double backticks"


def _names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            # A local `now` may be a monotonic clock's; what is given, kept or asked for is an instant.
            case ast.arg(arg="now") | ast.FunctionDef(name="now"):
                yield f"line {node.lineno}: now: an instant is `at`"
            case ast.ClassDef(body=body) if any(
                isinstance(item, ast.AnnAssign) and ast.unparse(item.target) == "now" for item in body
            ):
                yield f"line {node.lineno}: {node.name}.now: an instant is `at`"
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) if name in BANNED_NAMES:
                yield f"line {node.lineno}: {name}: {BANNED_NAMES[name]}"
            case ast.AnnAssign(target=ast.Attribute(attr=name)) if name in BANNED_NAMES:
                yield f"line {node.lineno}: {name}: {BANNED_NAMES[name]}"
            case ast.FunctionDef(name=name) if name in BANNED_NAMES:
                yield f"line {node.lineno}: {name}(): {BANNED_NAMES[name]}"
            case ast.ExceptHandler(name=str(name)) if name != "error":
                yield f"line {node.lineno}: except … as {name}: an exception variable is `error`"


def _classes(tree: ast.Module) -> Iterator[ast.ClassDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))


def _bases(node: ast.ClassDef) -> set[str]:
    return {ast.unparse(base).rpartition(".")[2] for base in node.bases}


def _schemas(path: PurePosixPath, tree: ast.Module) -> Iterator[str]:
    """`…Schema` is what comes and goes over HTTP (and what a file of data must look like), `…Reading` an event's."""
    for node in _classes(tree):
        is_schema = any(base == "Schema" or base.endswith(("Schema", "Reading")) for base in _bases(node))
        if not is_schema:
            continue
        ending = "Reading" if path.name == "consumers.py" else "Schema"
        if "entrypoints" in path.parts and not node.name.endswith(ending):
            yield f"line {node.lineno}: {node.name}: a marshmallow class here is named …{ending}"
        elif not node.name.endswith(("Schema", "Reading")):
            yield f"line {node.lineno}: {node.name}: a marshmallow class is named …Schema, or …Reading (of an event)"


def _tables(path: PurePosixPath, tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = {target.id for target in targets if isinstance(target, ast.Name)}
        called = {
            ast.unparse(call.func).rpartition(".")[2] for call in ast.walk(node.value) if isinstance(call, ast.Call)
        }
        if "IndexModel" in called and names != {"INDEXES"}:
            yield f"line {node.lineno}: {', '.join(names)}: the table of indexes is INDEXES"
        if "Consumer" in called and (names != {"CONSUMERS"} or path.parts[1:] != ("entrypoints", "consumers.py")):
            where = "CONSUMERS in entrypoints/consumers.py"
            yield f"line {node.lineno}: {', '.join(names)}: the table of events is {where}"


def _use_cases(path: PurePosixPath, tree: ast.Module) -> Iterator[str]:
    """A use case is `verb_noun.py` with a frozen command VerbNoun and a frozen VerbNounHandler called with it alone."""
    command = "".join(part.capitalize() for part in path.stem.split("_"))
    classes = {node.name: node for node in _classes(tree)}
    for name, node in classes.items():
        call = next((item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == "__call__"), None)
        if "Protocol" in _bases(node):
            continue
        if name.endswith("Reader") and not path.stem.startswith("read_"):
            yield f"line {node.lineno}: {name}: reading stands in a module read_…"
        if call is None:
            if name.endswith("Handler"):
                yield f"line {node.lineno}: {name}: a handler is called (__call__) with its command"
            continue
        if name != f"{command}Handler":
            yield f"line {node.lineno}: {name}: what is called in {path.name} is {command}Handler"
        if command not in classes:
            yield f"{path.name}: its command is the class {command}"
        yield from _frozen(node)
        if command in classes:
            yield from _frozen(classes[command])
        parameters = call.args.args[1:] + call.args.kwonlyargs
        if [ast.unparse(p.annotation) if p.annotation else "" for p in parameters] != [command]:
            yield f"line {node.lineno}: {name}: takes the command and nothing else; a claim is a member of it"
        returns = ast.unparse(call.returns) if call.returns else ""
        if re.search(r"tuple\[.*\bbool\b", returns):
            yield f"line {node.lineno}: {name}: whether it is a replay is said by Once(value, replayed)"


def _frozen(node: ast.ClassDef) -> Iterator[str]:
    frozen = any(
        isinstance(decorator, ast.Call)
        and ast.unparse(decorator.func).endswith("dataclass")
        and any(k.arg == "frozen" and ast.unparse(k.value) == "True" for k in decorator.keywords)
        for decorator in node.decorator_list
    )
    if not frozen:
        yield f"line {node.lineno}: {node.name}: is a frozen dataclass"
