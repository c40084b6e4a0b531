"""The fields that the providers' own libraries know, held against the gateway's field tables.

The official libraries are made from the providers' specifications, so their types say what a request
may hold and what an answer can. This script walks those types and fails where a path has no row in
the tables of `core/src/protocol/fields`, or a row no path.

    python3 fields.py           compares, with the tables as `cargo run --example fields` prints them
    python3 fields.py --list    prints the paths

A path is written as `messages[].content[].image_url.detail`: `[]` is each element of a list, `{}` each
value of a map. Where Anthropic's objects are told apart by their `type`, it stands in the path like a
member: `messages[].content[].document.source.url.url`. A type that contains itself is walked once.
"""

import json
import re
import subprocess
import sys
import types
import typing
from pathlib import Path

import pydantic
import typing_extensions
from anthropic.types import Message, RawMessageStreamEvent
from anthropic.types import message_create_params
from anthropic.types.beta import BetaMessage, BetaRawMessageStreamEvent
from anthropic.types.beta import message_create_params as beta_message_create_params
from google.genai.types import GenerateContentResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk, completion_create_params

# Members that the libraries have and the wires have not.
NOT_ON_THE_WIRE = {
    "messages request": {"betas": "the header `anthropic-beta`"},
    "chat answer": {"obfuscation": "random padding of streams"},
    "gemini answer": {
        "automaticFunctionCallingHistory": "the library's own loop of calls",
        "parsed": "made by the library from the text",
        "sdkHttpResponse": "the library's view of the response",
    },
}
# Where the pieces of a stream stand in the whole answer.
PIECES = {
    "chat answer": {"choices[].delta": "choices[].message"},
    "messages answer": {
        "message_start.message.": "",
        "content_block_start.content_block.": "content[].",
        "content_block_delta.delta.citations_delta.citation": "content[].text.citations[]",
        "message_delta.delta.": "",
        "message_delta.usage.": "usage.",
        "message_delta.context_management": "context_management",
        "message_delta.input_transformations": "input_transformations",
    },
}
# Rows for what no library's types say: dialects of the wire, what clients send back, and settings
# that only older models take.
BEYOND = re.compile(
    r"messages\[\]\.(tool_calls\.reasoning_state|content\[\]\.video_url|reasoning_|thinking_blocks"
    r"|cache_control|content\[\]\.cache_control)|tools\[\]\.cache_control|system\[\]\.x-anthropic"
    r"|safety_settings|cached_content|extra_body|temperature|top_p|top_k|thinking|reasoning\b|cache_control"
    r"|choices\[\]\.message\.(images|content\[\]\.reference_ids)|citations|search_results|venice_parameters"
)
UNIONS = (typing.Union, types.UnionType)
SEQUENCES = ("List", "list", "Iterable", "Sequence", "SequenceNotStr", "Iterator")


class Walk:
    """Collects the paths of one root type."""

    def __init__(self, by_type):
        self.by_type = by_type
        self.paths = set()

    def hint(self, hint, path, seen):
        """Walks what a member's annotation allows."""
        records = []
        for kind in alternatives(hint):
            origin = typing_extensions.get_origin(kind)
            args = typing_extensions.get_args(kind)
            if is_record(kind):
                records.append(kind)
            elif origin is not None and getattr(origin, "__name__", "") in SEQUENCES:
                self.hint(args[0], path + "[]", seen)
            elif origin in (dict, typing.Dict):
                self.hint(args[1], path + "{}", seen)
        for record in records:
            tag = type_of(record) if self.by_type and len(records) > 1 else None
            self.record(record, f"{path}.{tag}" if tag else path, seen)

    def record(self, record, path, seen):
        """Walks the members of a typed dictionary or a model."""
        if record in seen:
            return
        for name, hint in members(record):
            below = f"{path}.{name}" if path else name
            self.paths.add(below)
            self.hint(hint, below, seen | {record})


def alternatives(hint):
    """The types that an annotation stands for, wrappers taken off and unions laid flat."""
    if isinstance(hint, typing_extensions.TypeAliasType):
        return alternatives(hint.__value__)
    origin = typing_extensions.get_origin(hint)
    args = typing_extensions.get_args(hint)
    if origin in (typing_extensions.Required, typing_extensions.NotRequired, typing.Annotated):
        return alternatives(args[0])
    if origin in UNIONS:
        return [kind for arg in args for kind in alternatives(arg)]
    return [hint]


def is_record(kind):
    return typing_extensions.is_typeddict(kind) or (
        isinstance(kind, type) and issubclass(kind, pydantic.BaseModel) and kind is not pydantic.BaseModel
    )


def members(record):
    """The names on the wire, and what each may hold."""
    if typing_extensions.is_typeddict(record):
        hints = typing_extensions.get_type_hints(record, include_extras=True)
        return [(alias(hint) or name, hint) for name, hint in hints.items()]
    record.model_rebuild()
    return [(field.alias or name, field.annotation) for name, field in record.model_fields.items()]


def alias(hint):
    """The name on the wire of a member that Python has no letters for."""
    if typing_extensions.get_origin(hint) in (typing_extensions.Required, typing_extensions.NotRequired):
        hint = typing_extensions.get_args(hint)[0]
    for note in getattr(hint, "__metadata__", ()):
        if getattr(note, "alias", None):
            return note.alias
    return None


def type_of(record):
    """The `type` that tells a record from others, where it must be there."""
    for name, hint in members(record):
        if name == "type":
            kinds = alternatives(hint)
            if len(kinds) == 1 and typing_extensions.get_origin(kinds[0]) in (typing.Literal, typing_extensions.Literal):
                return typing_extensions.get_args(kinds[0])[0]
    return None


def paths(table, *roots, by_type=False):
    """The paths of all the types that a table is about, each once."""
    walk = Walk(by_type)
    for root in roots:
        walk.hint(root, "", frozenset())
    found = {place(table, path.lstrip(".")) for path in walk.paths}
    absent = NOT_ON_THE_WIRE.get(table, {})
    return sorted(path for path in found if path and re.split(r"[.\[]", path)[0] not in absent)


def place(table, path):
    """Where the whole answer has what a stream's event holds."""
    for prefix, whole in PIECES.get(table, {}).items():
        if path.startswith(prefix):
            return whole + path.removeprefix(prefix)
    return path


def known():
    """Every path, by the table that must have it."""
    return {
        "chat request": paths("chat request", completion_create_params.CompletionCreateParams),
        "messages request": paths(
            "messages request",
            message_create_params.MessageCreateParams,
            beta_message_create_params.MessageCreateParams,
            by_type=True,
        ),
        "chat answer": paths("chat answer", ChatCompletion, ChatCompletionChunk),
        "messages answer": paths(
            "messages answer",
            Message,
            RawMessageStreamEvent,
            BetaMessage,
            BetaRawMessageStreamEvent,
            by_type=True,
        ),
        "gemini answer": paths("gemini answer", GenerateContentResponse),
    }


def pattern(row):
    """What a row's path fits: `.*` at its end is everything below, `*` a step, `**` several."""
    below = row.endswith(".*")
    steps = (row[:-2] if below else row).split(".")
    fits = {"*": r"[^.]+", "**": r"[^.]+(?:\.[^.]+)*"}
    text = r"\.".join(fits.get(step) or re.escape(step) for step in steps)
    return re.compile(text + (r"(?:[.\[{].*)?" if below else ""))


def compare(table, rows, paths):
    """What is missing in a table, and what stands in it for nothing."""
    patterns = [(len(path.replace("*", "")), pattern(path), i) for i, row in enumerate(rows) for path in row]
    patterns.sort(key=lambda fit: -fit[0])
    used, missing = set(), []
    for path in paths:
        row = next((row for _, fits, row in patterns if fits.fullmatch(path)), None)
        missing += [path] if row is None else []
        used.add(row)
    idle = [row[0] for i, row in enumerate(rows) if i not in used and not BEYOND.match(row[0])]
    return [f"{table}: no row for {path}" for path in missing] + [
        f"{table}: no library knows of {path}" for path in idle
    ]


def printed_tables():
    """The gateway's tables: the paths of each row."""
    cargo = ["cargo", "run", "--quiet", "--package", "tollbridge-core", "--example", "fields"]
    root = Path(__file__).parents[3]
    return json.loads(subprocess.run(cargo, cwd=root, check=True, stdout=subprocess.PIPE).stdout)


def main():
    known_paths = known()
    if "--list" in sys.argv:
        return json.dump(known_paths, sys.stdout, indent=1)
    passed = failed = 0
    tables = printed_tables()
    for table, rows in tables.items():
        wrong = compare(table, rows, known_paths[table])
        for line in wrong:
            print(f"FAIL {line}")
        passed += not wrong
        failed += bool(wrong)
    for table in known_paths.keys() - tables.keys():
        print(f"FAIL {table}: there is no such table")
        failed += 1
    print(f"{passed} passed, {failed} failed, 0 skipped")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
