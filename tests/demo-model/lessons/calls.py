"""Chats in which tools are called: one call, several at once, one after another, none; and what is said of the returns."""

import json
import re

from .exchange import Call, Chat, Message
from .tools import UNSEEN_PARTS, UNSEEN_VERBS, WRITTEN_TOOLS, draw, made, renamed
from .words import join


def _text(value):
    if isinstance(value, list):
        return join(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def fill(rng, tool):
    """A request for a tool and the call that it means."""
    values = {name: draw(rng, slot) for name, slot, _, _ in tool.parameters}
    form = rng.choice(tool.asks)
    kept = rng.random() < 0.45

    def optional(match):
        return match.group(1) if kept else ""

    form = re.sub(r"\[(.*?)\]", optional, form)
    used = [name for name in values if f"{{{name}}}" in form]
    ask = form
    for name in used:
        ask = ask.replace(f"{{{name}}}", _text(values[name]))
    return ask, Call(tool.name, {name: values[name] for name in values if name in used})


def returned(rng, tool, call):
    """What the tool returns, and what is said of it."""
    fields = {name: call.arguments.get(name, draw(rng, slot)) for name, slot in tool.returns}
    tells = tool.tells
    for name, value in {**call.arguments, **fields}.items():
        tells = tells.replace(f"{{{name}}}", _text(value))
    return fields, tells


def _thought(tool, call):
    given = "; ".join(f"{name} is {_text(value)}" for name, value in call.arguments.items())
    left = [name for name, _, _, _ in tool.parameters if name not in call.arguments]
    rest = f"; {join(left)} is not given" if left else ""
    return f"{tool.name} fits: {given}{rest}."


def _offer(rng, wanted):
    """The tools of a request: the wanted ones among others."""
    others = [_pick(rng) for _ in range(rng.choice([0, 0, 1, 1, 2, 3]))]
    names = {t.name for t in wanted}
    tools = list(wanted)
    for tool in others:
        if tool.name not in names:
            names.add(tool.name)
            tools.append(tool)
    rng.shuffle(tools)
    return [tool.schema(rng) for tool in tools]


def _written(rng):
    tool = rng.choice(WRITTEN_TOOLS)
    return renamed(rng, tool) if rng.random() < 0.35 else tool


def _pick(rng):
    return made(rng) if rng.random() < 0.4 else _written(rng)


def _requests(rng):
    """Tools, the question, the calls it means."""
    kind = rng.random()
    if kind < 0.6:
        tool = _pick(rng)
        ask, call = fill(rng, tool)
        return [tool], ask, [(tool, call)]
    if kind < 0.75:
        tool = rng.choice([t for t in WRITTEN_TOOLS if len([p for p in t.parameters if not p[2]]) == 1])
        tool = renamed(rng, tool) if rng.random() < 0.35 else tool
        name, slot, _, _ = next(p for p in tool.parameters if not p[2])
        form = re.sub(r"\[.*?\]", "", rng.choice(tool.asks))
        values = []
        for _ in range(rng.choice([2, 2, 2, 3])):
            value = draw(rng, slot)
            if value not in values:
                values.append(value)
        ask = form.replace(f"{{{name}}}", join([_text(v) for v in values]))
        return [tool], ask, [(tool, Call(tool.name, {name: value})) for value in values]
    tools = [_pick(rng), _pick(rng)]
    if tools[0].name == tools[1].name:
        tools = tools[:1]
    filled = [(tool, *fill(rng, tool)) for tool in tools]
    glue = rng.choice([" ", " And: ", " Also: ", " Then: "])
    return tools, glue.join(ask for _, ask, _ in filled), [(tool, call) for tool, _, call in filled]


def chat(rng, thinking):
    """A request for tools and all that follows it, ended at some message of the assistant."""
    tools, ask, calls = _requests(rng)
    plan = f"The user needs {'one call' if len(calls) == 1 else f'{len(calls)} calls'}. " + " ".join(_thought(t, c) for t, c in calls)
    said = rng.choice(["", "", "", "", "I will use a tool for that.", "Let me look."]) if not thinking else ""
    messages = [Message("user", ask), Message("assistant", said, plan, [c for _, c in calls])]
    if rng.random() < 0.45:
        told = []
        for tool, call in calls:
            fields, tells = returned(rng, tool, call)
            messages.append(Message("tool", json.dumps(fields, ensure_ascii=False)))
            told.append(tells)
        facts = "; ".join(", ".join(f"{n} {_text(v)}" for n, v in json.loads(m.content).items()) for m in messages if m.role == "tool")
        messages.append(Message("assistant", " ".join(told), f"The tool returned: {facts}."))
        return Chat("returns", messages, _offer(rng, tools), thinking, exact=True)
    return Chat("calls", messages, _offer(rng, tools), thinking)


def unseen(rng, thinking):
    """A call of a tool whose verb and parameters no chat of the training has."""
    tool = made(rng, UNSEEN_VERBS, UNSEEN_PARTS)
    ask, call = fill(rng, tool)
    messages = [Message("user", ask), Message("assistant", "", f"The user needs one call. {_thought(tool, call)}", [call])]
    return Chat("unseen tools", messages, _offer(rng, [tool]), thinking)


def unneeded(rng, thinking, exchange):
    """A question that none of the offered tools is for."""
    reasoning = f"No tool is needed. {exchange.steps}"
    tools = _offer(rng, [])
    if not tools:
        tools = [rng.choice(WRITTEN_TOOLS).schema(rng)]
    answer = exchange.answer if thinking or exchange.easy or not exchange.steps else f"{exchange.steps} {exchange.answer}"
    messages = [Message("user", exchange.ask), Message("assistant", answer, reasoning)]
    if exchange.system:
        messages.insert(0, Message("system", exchange.system))
    return Chat(exchange.kind, messages, tools, thinking, exchange.key, exchange.numeric, exchange.exact and (thinking or exchange.easy))
