"""pydantic-ai: both models, a tool, and structured output."""

import asyncio
import os

from pydantic import BaseModel
from pydantic_ai import Agent, NativeOutput
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider


class Person(BaseModel):
    name: str
    age: int


async def main():
    provider = OpenAIProvider(base_url=os.environ["KILN_URL"] + "/v1", api_key="none")
    for kind in (OpenAIChatModel, OpenAIResponsesModel):
        model = kind(os.environ["KILN_MODEL"], provider=provider)
        agent = Agent(model, system_prompt="be kind")

        @agent.tool_plain
        def weather(city: str) -> str:
            """The weather of a city."""
            return f"12 degrees in {city}"

        whole = await agent.run("call it")
        assert "12 degrees in Paris" in whole.output, whole.output
        async with agent.run_stream("call it") as stream:
            assert "12 degrees in Paris" in await stream.get_output()
        for output in (Person, NativeOutput(Person)):
            person = (await Agent(model, output_type=output).run("a person")).output
            assert isinstance(person, Person), person


asyncio.run(main())
print("pydantic-ai is content")
