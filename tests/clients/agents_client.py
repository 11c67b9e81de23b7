"""openai-agents: both models, whole and streamed, with a tool."""

import asyncio
import os

from agents import Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, Runner, function_tool
from openai import AsyncOpenAI


@function_tool
def weather(city: str) -> str:
    """The weather of a city."""
    return f"12 degrees in {city}"


async def main():
    client = AsyncOpenAI(base_url=os.environ["KILN_URL"] + "/v1", api_key="none")
    for kind in (OpenAIChatCompletionsModel, OpenAIResponsesModel):
        model = kind(model=os.environ["KILN_MODEL"], openai_client=client)
        agent = Agent(name="a", instructions="be kind", model=model, tools=[weather])
        whole = await Runner.run(agent, "call it")
        assert "12 degrees in Paris" in whole.final_output, whole.final_output
        streamed = Runner.run_streamed(agent, "call it")
        async for _ in streamed.stream_events():
            pass
        assert streamed.final_output == whole.final_output


asyncio.run(main())
print("openai-agents is content")
