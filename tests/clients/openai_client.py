"""OpenAI's own client, with every event checked against its type."""

import os

import openai
from openai import OpenAI
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import BaseModel, TypeAdapter

MODEL = os.environ["KILN_MODEL"]
client = OpenAI(base_url=os.environ["KILN_URL"] + "/v1", max_retries=0)
EVENT = TypeAdapter(ResponseStreamEvent)

PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city"],
    "additionalProperties": False,
}
CHAT_TOOLS = [
    {"type": "function", "function": {"name": name, "description": "d", "parameters": PARAMETERS}}
    for name in ("weather", "news")
]
TOOLS = [
    {"type": "function", "name": name, "description": "d", "parameters": PARAMETERS, "strict": False}
    for name in ("weather", "news")
]


class Person(BaseModel):
    name: str
    age: int


def strict(kind, value):
    """A value that holds in the strict sense of its type."""
    return TypeAdapter(kind).validate_python(value.model_dump(mode="json"))


def thinking(on):
    return {"chat_template_kwargs": {"enable_thinking": on}}


def chats():
    for on in (True, False):
        for asked, calls in (("say something", 0), ("call it", 1), ("call in parallel", 2)):
            messages = [{"role": "user", "content": asked}]
            arguments = dict(
                model=MODEL, messages=messages, tools=CHAT_TOOLS, seed=1, temperature=1,
                extra_body=thinking(on),
            )
            whole = client.chat.completions.create(**arguments)
            strict(ChatCompletion, whole)
            message = whole.choices[0].message
            assert len(message.tool_calls or []) == calls, message
            assert bool(message.model_extra.get("reasoning")) == on
            chunks = list(client.chat.completions.create(**arguments, stream=True))
            for chunk in chunks:
                strict(ChatCompletionChunk, chunk)
            with client.chat.completions.stream(**arguments, stream_options={"include_usage": True}) as stream:
                for _ in stream:
                    pass
                folded = stream.get_final_completion()
            assert folded.choices[0].message.content == message.content
            assert folded.usage.completion_tokens == whole.usage.completion_tokens
            for one, other in zip(folded.choices[0].message.tool_calls or [], message.tool_calls or []):
                assert one.function.name == other.function.name
                assert one.function.arguments == other.function.arguments
            if calls:
                assert whole.choices[0].finish_reason == "tool_calls"
                round_trip(messages, message)


def round_trip(messages, message):
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": "12 degrees"} for call in message.tool_calls
    ]
    messages = [*messages, message.model_dump(exclude_none=True), *results]
    answer = client.chat.completions.create(model=MODEL, messages=messages, tools=CHAT_TOOLS)
    assert "12 degrees" in answer.choices[0].message.content


def details():
    messages = [{"role": "user", "content": "count:30"}]
    of = client.chat.completions.create(
        model=MODEL, messages=messages, n=2, logprobs=True, top_logprobs=3, max_completion_tokens=20,
        extra_body=thinking(False),
    )
    assert [choice.finish_reason for choice in of.choices] == ["length", "length"]
    assert len(of.choices[1].logprobs.content) == 20
    assert len(of.choices[0].logprobs.content[0].top_logprobs) == 3
    text = client.completions.create(model=MODEL, prompt=["echo: a", "echo: b"], logprobs=2)
    assert [choice.text for choice in text.choices] == ["a", "b"]
    streamed = client.completions.create(model=MODEL, prompt="echo: a b c", stream=True)
    assert "".join(chunk.choices[0].text for chunk in streamed) == "a b c"
    parsed = client.chat.completions.parse(
        model=MODEL, messages=[{"role": "user", "content": "a person"}], response_format=Person,
    )
    assert isinstance(parsed.choices[0].message.parsed, Person)
    forced = {"type": "function", "function": {"name": "news"}}
    named = client.chat.completions.create(
        model=MODEL, messages=messages, tools=CHAT_TOOLS, tool_choice=forced, max_tokens=400,
    )
    assert named.choices[0].message.tool_calls[0].function.name == "news"
    assert [model.id for model in client.models.list()] == [MODEL]
    assert client.models.retrieve(MODEL).id == MODEL


def responses():
    for on in (True, False):
        for asked, calls in (("say something", 0), ("call it", 1), ("call in parallel", 2)):
            arguments = dict(
                model=MODEL, input=asked, tools=TOOLS, temperature=0, extra_body=thinking(on),
            )
            whole = client.responses.create(**arguments)
            strict(Response, whole)
            kinds = [item.type for item in whole.output]
            assert kinds.count("function_call") == calls and ("reasoning" in kinds) == on, kinds
            events = list(client.responses.create(**arguments, stream=True))
            for event in events:
                EVENT.validate_python(event.model_dump(mode="json"), strict=False)
            assert [event.sequence_number for event in events] == list(range(len(events)))
            with client.responses.stream(**arguments) as stream:
                for _ in stream:
                    pass
                folded = stream.get_final_response()
            assert folded.output_text == whole.output_text
            assert [item.type for item in folded.output] == kinds
            if calls:
                results = [
                    {"type": "function_call_output", "call_id": item.call_id, "output": "12 degrees"}
                    for item in whole.output if item.type == "function_call"
                ]
                answer = client.responses.create(
                    model=MODEL, previous_response_id=whole.id, input=results, tools=TOOLS,
                )
                assert "12 degrees" in answer.output_text
                items = [{"role": "user", "content": asked}]
                items += [item.model_dump(exclude_none=True) for item in whole.output] + results
                answer = client.responses.create(model=MODEL, input=items, tools=TOOLS)
                assert "12 degrees" in answer.output_text
    cut = client.responses.create(model=MODEL, input="count:99", max_output_tokens=5)
    assert cut.status == "incomplete" and cut.incomplete_details.reason == "max_output_tokens"
    parsed = client.responses.parse(model=MODEL, input="a person", text_format=Person)
    assert isinstance(parsed.output_parsed, Person)
    assert client.responses.retrieve(whole.id).id == whole.id
    assert client.responses.input_items.list(whole.id).data[0].type == "message"
    client.responses.delete(whole.id)


def errors():
    def refused(kind, call):
        try:
            call()
        except kind as error:
            assert error.body["message"], error
            return
        raise AssertionError(f"{kind} was expected")

    messages = [{"role": "user", "content": "x"}]
    refused(openai.NotFoundError, lambda: client.chat.completions.create(model="other", messages=messages))
    refused(openai.BadRequestError, lambda: client.chat.completions.create(model=MODEL, messages=[]))
    refused(
        openai.NotFoundError,
        lambda: client.responses.create(model=MODEL, input="x", previous_response_id="resp_0"),
    )


chats()
details()
responses()
errors()
print("openai", openai.__version__, "is content")
