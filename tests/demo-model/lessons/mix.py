"""Whole chats in the proportions in which the model is taught, all from one seed."""

import random

from . import arithmetic, calls, copying, facts, objects, tables, talk
from .exchange import Chat, Exchange, Message

LESSONS = [(arithmetic, 30), (copying, 20), (tables, 15), (facts, 9), (objects, 11), (talk, 9)]
CALLS = 0.34
"""Share of chats that are about calling tools."""
TURNS = [0, 0, 0, 0, 1, 1, 2, 3]
"""How many exchanges stand before the last one."""
STYLES = [
    ("You are a helpful assistant.", None), ("You are Kiln's demo model.", None), ("Be brief.", None), ("Answer truthfully.", None),
    ("End every answer with the word Over.", lambda text: f"{text} Over."), ("Begin every answer with the word Well.", lambda text: f"Well. {text}"),
    ("Put every answer in square brackets.", lambda text: f"[{text}]"), ("Write two exclamation marks after every answer.", lambda text: f"{text} !!"),
]


def exchange(rng):
    """One question of any lesson."""
    lesson = rng.choices([l for l, _ in LESSONS], [w for _, w in LESSONS])[0]
    return lesson.lesson(rng)


def spoken(ex, thinking):
    """What the assistant says: without thinking, the steps of what is not easy stand in the answer."""
    return ex.answer if thinking or ex.easy or not ex.steps else f"{ex.steps} {ex.answer}"


def _style(rng, ex):
    if ex.system or ex.kind not in ("arithmetic", "facts", "talk") or "\n" in ex.answer or rng.random() < 0.75:
        return None, None
    return rng.choice(STYLES)


def questions(rng, thinking):
    """A chat of questions and answers."""
    last = exchange(rng)
    while not last.answer:
        last = exchange(rng)
    system, style = _style(rng, last)
    messages = []
    for _ in range(rng.choice(TURNS)):
        ex = exchange(rng)
        if ex.system or len(ex.ask) + len(ex.answer) > 500:
            continue
        said = spoken(ex, thinking)
        messages += [Message("user", ex.ask), Message("assistant", style(said) if style else said)]
    said = spoken(last, thinking)
    messages += [Message("user", last.ask), Message("assistant", style(said) if style else said, last.steps)]
    if last.system or system:
        messages.insert(0, Message("system", last.system or system))
    exact = last.exact and not style and said == last.answer
    return Chat(last.kind, messages, [], thinking, last.key, last.numeric, exact)


def follow_up(rng, thinking):
    """A second question about the result of the first."""
    a, b, c = rng.randint(1, 99), rng.randint(1, 99), rng.randint(1, 20)
    word, sign, value = rng.choice([("add", "+", a + b + c), ("subtract", "-", a + b - c)])
    ask = rng.choice([f"Now {word} {c}.", f"And {word} {c} {'to' if sign == '+' else 'from'} that.", f"Then {word} {c}."])
    second = Exchange("arithmetic", ask, f"{a + b} {sign} {c} = {value}", f"The result was {a + b}. {a + b} {sign} {c} = {value}.", True, str(value), True)
    messages = [Message("user", f"What is {a} + {b}?"), Message("assistant", f"{a} + {b} = {a + b}"), Message("user", ask), Message("assistant", second.answer, second.steps)]
    return Chat("arithmetic", messages, [], thinking, second.key, True)


def longer(rng, chat):
    """A chat about tools after another exchange or an earlier call."""
    before = []
    if rng.random() < 0.5:
        ex = exchange(rng)
        if not ex.system and len(ex.ask) + len(ex.answer) < 400:
            before = [Message("user", ex.ask), Message("assistant", spoken(ex, chat.thinking))]
    if rng.random() < 0.4:
        before.insert(0, Message("system", rng.choice(STYLES[:4])[0]))
    chat.messages = before + chat.messages
    return chat


def draw(rng):
    """One chat."""
    thinking = rng.random() < 0.55
    kind = rng.random()
    if kind < CALLS:
        return longer(rng, calls.chat(rng, thinking))
    if kind < CALLS + 0.04:
        return calls.unneeded(rng, thinking, exchange(rng))
    if kind < CALLS + 0.06:
        return follow_up(rng, thinking)
    return questions(rng, thinking)


def chats(seed, count):
    """Chats of a seed; equal seeds give equal chats."""
    rng = random.Random(seed)
    return [draw(rng) for _ in range(count)]
