"""Templates of messages: which are allowed, and what they say for one contact.

Jinja's sandbox keeps a template from objects, but not from eating memory or time. So a template is
first read as a tree, and only nodes, filters and tokens on a list are let through: no loop, call,
assignment or arithmetic is among them, which bounds what it can cost by its own length.
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, UndefinedError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from recruit.sequences.values import SequencesError

TOKENS: dict[str, str] = {
    "firm.name": "name of the firm",
    "firm.city": "city of the firm",
    "firm.region": "region or state of the firm",
    "firm.country": "country code of the firm",
    "firm.website": "address of the firm's web site",
    "firm.domain": "domain of the firm's web site",
    "firm.specialties": "list of specialties; use with listed, join or first",
    "contact.name": "full name of the contact",
    "contact.first_name": "first name of the contact",
    "contact.job_title": "job title of the contact",
    "contact.email": "address of the contact",
    "sender.name": "name that the mailbox sends under",
    "sender.address": "address of the mailbox",
}
_ROOTS = {token.partition(".")[0] for token in TOKENS}

_MOST_TEMPLATE = 20_000
_MOST_RENDERED = 60_000
_MOST_VALUE = 500  # characters of one merged value
_MOST_ITEMS = 20  # of a merged list

_NODES = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Const,
    nodes.Name,
    nodes.Getattr,
    nodes.Filter,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Test,
    nodes.Keyword,
)
_FILTERS = (
    "capitalize",
    "default",
    "first",
    "join",
    "last",
    "listed",
    "lower",
    "title",
    "trim",
    "upper",
    "urlencode",
)
_TESTS = ("defined", "undefined")


class TemplateError(SequencesError):
    """A template is not allowed; the message names the line, the reason and near matches."""


class UnresolvedToken(SequencesError):
    """A token has no value for this contact; the message names it."""


class _Missing(StrictUndefined):
    """A value that is not known: it may be asked about (`or`, `if`), and never printed."""

    def __bool__(self) -> bool:  # type: ignore[override]
        return False

    @property
    def _undefined_message(self) -> str:
        root = getattr(self._undefined_obj, "root", "?")
        return f"{{{{ {root}.{self._undefined_name} }}}} has no value for this contact."


class _Fields(dict[str, Any]):
    """The values of one root; it knows its name for the sake of the error's."""

    def __init__(self, root: str, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.root = root


def _listed(values: Any, most: int = 3) -> str:
    """Return "a, b and c"."""
    if not isinstance(values, list):
        return str(values)
    words = [str(value) for value in values][: max(1, min(int(most), _MOST_ITEMS))]
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def _join(values: Any, separator: str = ", ") -> str:
    """Join a list. Text stays as it is: joining its letters again and again would grow without end."""
    return separator.join(map(str, values)) if isinstance(values, list) else str(values)


def _print(value: Any) -> Any:
    return _listed(value, _MOST_ITEMS) if isinstance(value, list) else value


_environment = ImmutableSandboxedEnvironment(undefined=_Missing, autoescape=False, finalize=_print)
_environment.filters = {
    name: _environment.filters[name] for name in _FILTERS if name != "listed"
} | {
    "join": _join,
    "listed": _listed,
}
_environment.globals = {}


def check_template(text: str) -> None:
    """Raise TemplateError unless every part of the template is on the list."""
    _compile(text)


def render(text: str, values: Mapping[str, Mapping[str, Any]]) -> str:
    """Return what the template says with these values; raises TemplateError or UnresolvedToken."""
    template = _compile(text)
    parts: list[str] = []
    length = 0
    try:
        for part in template.generate(values):
            parts.append(part)
            length += len(part)
            if length > _MOST_RENDERED:
                raise TemplateError(f"The text grows past {_MOST_RENDERED:,} characters.")
    except UndefinedError as error:
        raise UnresolvedToken(str(error)) from error
    return "".join(parts).strip()


def merge_values(**roots: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return values as templates see them: what is unknown or empty is left out, long text is cut."""
    return {
        root: _Fields(
            root,
            {
                key: _short(value)
                for key, value in fields.items()
                if value and f"{root}.{key}" in TOKENS
            },
        )
        for root, fields in roots.items()
    }


def _short(value: Any) -> Any:
    if isinstance(value, str):
        # A line break in a merged value would let a directory's page write paragraphs into our mail.
        return " ".join(value.split())[:_MOST_VALUE]
    return [_short(item) for item in list(value)[:_MOST_ITEMS]]


@lru_cache(maxsize=512)
def _compile(text: str) -> Template:
    if len(text) > _MOST_TEMPLATE:
        raise TemplateError(f"The template is longer than {_MOST_TEMPLATE:,} characters.")
    try:
        tree = _environment.parse(text)
    except TemplateSyntaxError as error:
        raise TemplateError(f"line {error.lineno}: {(error.message or '').rstrip('.')}.") from error
    except RecursionError as error:
        raise TemplateError("The template is nested too deeply.") from error
    for node in _walk(tree):
        _check_node(node)
    try:
        return _environment.from_string(tree)
    except (TemplateSyntaxError, RecursionError) as error:
        raise TemplateError(f"The template cannot be compiled: {error}.") from error


def _walk(node: nodes.Node) -> Iterator[nodes.Node]:
    waiting = [node]
    while waiting:
        found = waiting.pop()
        yield found
        # `contact.first_name` is judged as one token, so its own name is not judged again.
        if not (isinstance(found, nodes.Getattr) and isinstance(found.node, nodes.Name)):
            waiting.extend(found.iter_child_nodes())


def _check_node(node: nodes.Node) -> None:
    line = f"line {node.lineno}"
    if not isinstance(node, _NODES):
        raise TemplateError(
            f"{line}: {type(node).__name__} is not allowed in a template; use tokens, filters and if."
        )
    if isinstance(node, nodes.Name):
        raise TemplateError(_unknown(line, node.name))
    if isinstance(node, nodes.Getattr):
        root = node.node.name if isinstance(node.node, nodes.Name) else "…"
        token = f"{root}.{node.attr}"
        if token not in TOKENS:
            raise TemplateError(_unknown(line, token))
    if isinstance(node, nodes.Filter):
        for argument in [*node.args, *(keyword.value for keyword in node.kwargs)]:
            if not isinstance(argument, nodes.Const) or len(str(argument.value)) > 100:
                raise TemplateError(f"{line}: {node.name} takes a short fixed text or number.")
    if isinstance(node, nodes.Filter) and node.name not in _FILTERS:
        raise TemplateError(
            f"{line}: unknown filter {node.name!r}; known are {', '.join(_FILTERS)}."
        )
    if isinstance(node, nodes.Test) and node.name not in _TESTS:
        raise TemplateError(f"{line}: unknown test {node.name!r}; known are {', '.join(_TESTS)}.")


def _unknown(line: str, token: str) -> str:
    near = get_close_matches(token, TOKENS, 2, 0.5) or get_close_matches(
        token, [known.partition(".")[2] for known in TOKENS], 2, 0.6
    )
    hint = f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(TOKENS)}."
    return f"{line}: unknown token {{{{ {token} }}}}; {hint}"
