"""qwen-agent, with the server's own calls and with those it reads from the text itself."""

import os

from qwen_agent.llm import get_chat_model

FUNCTIONS = [{
    "name": "weather", "description": "d",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}]

for raw in (True, False):
    model = get_chat_model({
        "model": os.environ["KILN_MODEL"], "model_server": os.environ["KILN_URL"] + "/v1", "api_key": "none",
        "generate_cfg": {"use_raw_api": raw},
    })
    asked = {"messages": [{"role": "user", "content": "call it"}], "functions": FUNCTIONS}
    last = list(model.chat(**asked, stream=True))[-1]
    assert last and last[-1]["role"] == "assistant", last
    if raw:
        # The server's own calls; without them the client reads calls from the text.
        assert any(message.get("function_call") for message in last), last
    else:
        assert model.chat(**asked, stream=False)
print("qwen-agent is content")
