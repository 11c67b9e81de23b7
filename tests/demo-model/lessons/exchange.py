"""The unit of every lesson: a question, the steps to its answer, the answer, and how to judge another's answer."""

from dataclasses import dataclass, field


@dataclass
class Exchange:
    """One question and its answer.

    `key` is what a right answer must contain: the last number in it if `numeric`, a whole word or
    phrase otherwise. Without a key the answer must be equal, letter by letter, if `exact`; otherwise it
    is not judged.
    """

    kind: str
    ask: str
    answer: str
    steps: str = ""
    easy: bool = False
    """Whether the answer is given without steps when thinking is off."""
    key: str = ""
    numeric: bool = False
    exact: bool = False
    system: str = ""


@dataclass
class Call:
    """One call of a tool."""

    name: str
    arguments: dict


@dataclass
class Message:
    """One message of a chat, as a template gets it."""

    role: str
    content: str = ""
    reasoning: str = ""
    calls: list = field(default_factory=list)


@dataclass
class Chat:
    """A chat that ends with the assistant's message, and how to judge that message."""

    kind: str
    messages: list
    tools: list = field(default_factory=list)
    thinking: bool = True
    key: str = ""
    numeric: bool = False
    exact: bool = False
    """Judges the last answer, as in `Exchange`."""
