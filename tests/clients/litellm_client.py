"""litellm: chat, rebuilt streams, responses."""

import os

import litellm

MODEL = os.environ["KILN_MODEL"]
ARGUMENTS = dict(model=f"hosted_vllm/{MODEL}", api_base=os.environ["KILN_URL"] + "/v1", api_key="none")
TOOLS = [{
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}]

for asked, calls in (("say something", 0), ("call it", 1)):
    messages = [{"role": "user", "content": asked}]
    whole = litellm.completion(**ARGUMENTS, messages=messages, tools=TOOLS, seed=1)
    message = whole.choices[0].message
    assert len(message.tool_calls or []) == calls and message.reasoning_content, message
    chunks = list(litellm.completion(**ARGUMENTS, messages=messages, tools=TOOLS, seed=1, stream=True))
    folded = litellm.stream_chunk_builder(chunks, messages=messages).choices[0].message
    assert (folded.content or "") == (message.content or ""), (folded, message)
    assert folded.reasoning_content == message.reasoning_content
    assert len(folded.tool_calls or []) == calls
answer = litellm.responses(**{**ARGUMENTS, "model": f"openai/{MODEL}"}, input="say something")
assert answer.status == "completed" and answer.output
print("litellm is content")
