"""langchain-openai over both of OpenAI's APIs, with tools and streams."""

import os

from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI


@tool
def weather(city: str) -> str:
    """The weather of a city."""
    return f"12 degrees in {city}"


for responses in (False, True):
    more = {"use_responses_api": True, "output_version": "responses/v1"} if responses else {}
    model = ChatOpenAI(
        model=os.environ["KILN_MODEL"], base_url=os.environ["KILN_URL"] + "/v1", api_key="none",
        stream_usage=True, max_retries=0, **more,
    ).bind_tools([weather])
    asked = HumanMessage("call it")
    streamed = None
    for chunk in model.stream([asked]):
        streamed = chunk if streamed is None else streamed + chunk
    for answer in (model.invoke([asked]), streamed):
        assert [call["name"] for call in answer.tool_calls] == ["weather"], answer
        assert answer.usage_metadata["output_tokens"] > 0
        call = answer.tool_calls[0]
        result = ToolMessage(weather.invoke(call["args"]), tool_call_id=call["id"])
        last = model.invoke([asked, answer, result])
        assert "12 degrees in Paris" in str(last.content), last
print("langchain-openai is content")
