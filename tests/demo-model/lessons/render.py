"""The chat template in plain code: the same text as `chat_template.jinja` makes, cut where the assistant begins to speak."""

import json

INSTRUCTIONS = """

To call a function, write the call after anything you have to say, in this form and with nothing after it:

<tool_call>
<function=name_of_function>
<parameter=name_of_first_parameter>
its value
</parameter>
<parameter=name_of_second_parameter>
its value, which may have
several lines
</parameter>
</function>
</tool_call>

Give every required parameter. Several calls stand one after the other. Without a call, just answer."""


def preamble(tools, system):
    """What the system's turn says if there are tools."""
    listed = "".join("\n" + json.dumps(tool, ensure_ascii=False) for tool in tools)
    text = f"# Tools\n\nYou have these functions:\n\n<tools>{listed}\n</tools>{INSTRUCTIONS}"
    return f"{text}\n\n{system}" if system else text


def value(argument):
    """An argument as it stands between its tags."""
    return json.dumps(argument, ensure_ascii=False) if isinstance(argument, (dict, list)) else str(argument)


def called(content, calls):
    """What the assistant says, then its calls."""
    text = content
    for at, call in enumerate(calls):
        lead = "\n\n" if at == 0 and content else "" if at == 0 else "\n"
        body = "".join(f"<parameter={name}>\n{value(argument)}\n</parameter>\n" for name, argument in call.arguments.items())
        text += f"{lead}<tool_call>\n<function={call.name}>\n{body}</function>\n</tool_call>"
    return text


def render(chat, last=True):
    """Pieces of text, each with whether the assistant says it after the last question.

    Without `last` the text ends where the last message of the assistant begins.
    """
    messages, pieces = chat.messages, []
    system = messages[0].content.strip() if messages[0].role == "system" else ""
    if chat.tools:
        pieces.append((f"<|im_start|>system\n{preamble(chat.tools, system)}<|im_end|>\n", False))
    elif messages[0].role == "system":
        pieces.append((f"<|im_start|>system\n{system}<|im_end|>\n", False))
    query = max(at for at, m in enumerate(messages) if m.role == "user")
    for at, message in enumerate(messages):
        content = message.content.strip()
        if message.role == "user":
            pieces.append((f"<|im_start|>user\n{content}<|im_end|>\n", False))
        elif message.role == "tool":
            first = messages[at - 1].role != "tool"
            final = at + 1 == len(messages) or messages[at + 1].role != "tool"
            text = ("<|im_start|>user" if first else "") + f"\n<tool_response>\n{content}\n</tool_response>" + ("<|im_end|>\n" if final else "")
            pieces.append((text, False))
        elif message.role == "assistant":
            said = called(content, message.calls)
            if at < query:
                pieces.append((f"<|im_start|>assistant\n{said}<|im_end|>\n", False))
                continue
            pieces.append(("<|im_start|>assistant\n<think>\n" + ("" if chat.thinking else "\n</think>\n\n"), False))
            if at + 1 == len(messages) and not last:
                break
            reasoning = f"{message.reasoning.strip()}\n</think>\n\n" if chat.thinking else ""
            pieces.append((f"{reasoning}{said}<|im_end|>", True))
            pieces.append(("\n", False))
    return pieces
