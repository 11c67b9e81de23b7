"""Whether what the model said is right."""

import re

from lessons.render import value

CALL = re.compile(r"<tool_call>\n<function=([^>\n]+)>\n((?:<parameter=[^>\n]+>\n.*?\n</parameter>\n)*)</function>\n</tool_call>", re.S)
PARAMETER = re.compile(r"<parameter=([^>\n]+)>\n(.*?)\n</parameter>\n", re.S)


def parse(text):
    """What is said before calls, the calls, and whether nothing is left over."""
    calls = [(m.group(1), dict(PARAMETER.findall(m.group(2)))) for m in CALL.finditer(text)]
    rest = CALL.sub("", text)
    before = rest.split("<tool_call>")[0].strip()
    return before, calls, not rest.replace(before, "", 1).strip()


def judge(chat, text):
    """True or false, or None where any answer will do."""
    text = text.removesuffix("<|im_end|>")
    if chat.thinking:
        if "</think>" not in text:
            return False
        text = text.split("</think>", 1)[1]
    text = text.strip()
    wanted = chat.messages[-1]
    if wanted.calls:
        _, calls, clean = parse(text)
        return clean and calls == [(c.name, {k: value(v) for k, v in c.arguments.items()}) for c in wanted.calls]
    if chat.numeric:
        numbers = re.findall(r"-?\d+", text)
        return bool(numbers) and numbers[-1] == chat.key
    if chat.exact:
        return text == wanted.content.strip()
    if chat.key:
        return re.search(rf"(?<!\w){re.escape(chat.key)}(?!\w)", text) is not None
    return None


def well_formed(chat, text):
    """Whether calls, where any are wanted, can be read, name an offered tool and give its required parameters."""
    text = text.removesuffix("<|im_end|>").split("</think>")[-1].strip()
    _, calls, clean = parse(text)
    tools = {t["function"]["name"]: t["function"]["parameters"]["required"] for t in chat.tools}
    return bool(calls) and clean and all(name in tools and set(tools[name]) <= set(given) for name, given in calls)
