"""Anthropic's own client, with every event checked against its type."""

import os

import anthropic
from anthropic import Anthropic
from anthropic.types import Message, RawMessageStreamEvent
from pydantic import TypeAdapter

MODEL = os.environ["KILN_MODEL"]
client = Anthropic(base_url=os.environ["KILN_URL"], max_retries=0)
EVENT = TypeAdapter(RawMessageStreamEvent)
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city"],
}
TOOLS = [{"name": name, "description": "d", "input_schema": SCHEMA} for name in ("weather", "news")]


def thinking(on):
    return {"type": "enabled", "budget_tokens": 1024} if on else {"type": "disabled"}


def messages():
    for on in (True, False):
        for asked, calls in (("say something", 0), ("call it", 1), ("call in parallel", 2)):
            arguments = dict(
                model=MODEL, max_tokens=4096, system="be kind", tools=TOOLS, thinking=thinking(on),
                messages=[{"role": "user", "content": asked}], temperature=0,
            )
            whole = client.messages.create(**arguments)
            TypeAdapter(Message).validate_python(whole.model_dump(mode="json"))
            kinds = [block.type for block in whole.content]
            assert kinds.count("tool_use") == calls and ("thinking" in kinds) == on, kinds
            assert whole.stop_reason == ("tool_use" if calls else "end_turn")
            for event in client.messages.create(**arguments, stream=True):
                EVENT.validate_python(event.model_dump(mode="json"))
            with client.messages.stream(**arguments) as stream:
                for _ in stream:
                    pass
                folded = stream.get_final_message()
            assert folded.usage.output_tokens == whole.usage.output_tokens
            strip = lambda message: [
                {key: value for key, value in block.model_dump().items() if key in ("type", "text", "thinking", "name", "input")}
                for block in message.content
            ]
            assert strip(folded) == strip(whole)
            if calls:
                results = [
                    {"type": "tool_result", "tool_use_id": block.id, "content": [{"type": "text", "text": "12 degrees"}]}
                    for block in whole.content if block.type == "tool_use"
                ]
                follow = [
                    {"role": "user", "content": asked},
                    {"role": "assistant", "content": whole.content},
                    {"role": "user", "content": results},
                ]
                answer = client.messages.create(**{**arguments, "messages": follow})
                assert "12 degrees" in answer.content[-1].text


def details():
    ask = [{"role": "user", "content": "echo: one two three"}]
    stopped = client.messages.create(
        model=MODEL, max_tokens=2000, stop_sequences=["two"], messages=ask, thinking=thinking(False),
    )
    assert (stopped.stop_reason, stopped.stop_sequence, stopped.content[0].text) == ("stop_sequence", "two", "one ")
    forced = client.messages.create(
        model=MODEL, max_tokens=500, messages=ask, tools=TOOLS, tool_choice={"type": "tool", "name": "news"},
    )
    assert [block.name for block in forced.content if block.type == "tool_use"] == ["news"]
    single = client.messages.create(
        model=MODEL, max_tokens=500, messages=[{"role": "user", "content": "call in parallel"}], tools=TOOLS,
        tool_choice={"type": "auto", "disable_parallel_tool_use": True},
    )
    assert sum(block.type == "tool_use" for block in single.content) == 1
    count = client.messages.count_tokens(model=MODEL, messages=ask)
    whole = client.messages.create(model=MODEL, max_tokens=10, messages=ask)
    assert count.input_tokens == whole.usage.input_tokens and whole.stop_reason == "max_tokens"
    assert [model.id for model in client.models.list()] == [MODEL]


def errors():
    for kind, change in (
        (anthropic.NotFoundError, {"model": "other"}),
        (anthropic.BadRequestError, {"messages": []}),
        (anthropic.BadRequestError, {"max_tokens": 0}),
    ):
        arguments = {"model": MODEL, "max_tokens": 5, "messages": [{"role": "user", "content": "x"}]}
        try:
            client.messages.create(**{**arguments, **change})
        except kind as error:
            assert error.body["type"] == "error" and error.body["request_id"], error.body
        else:
            raise AssertionError(f"{kind} was expected")


messages()
details()
errors()
print("anthropic", anthropic.__version__, "is content")
