// The AI SDK on Node with three of its providers: whole and streamed answers, tools, objects.

import assert from "node:assert/strict";

import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, jsonSchema, Output, stepCountIs, streamText, tool } from "ai";

globalThis.AI_SDK_LOG_WARNINGS = false;
const url = process.env.KILN_URL;
const model = process.env.KILN_MODEL;
const baseURL = `${url}/v1`;
const apiKey = "none";
const openai = createOpenAI({ baseURL, apiKey });

const models = {
  responses: openai.responses(model),
  chat: openai.chat(model),
  compatible: createOpenAICompatible({ name: "kiln", baseURL, apiKey, includeUsage: true })(model),
  messages: createAnthropic({ baseURL, apiKey })(model),
};
// OpenAI's own provider knows no reasoning in chats.
const reasons = { responses: false, chat: false, compatible: true, messages: true };

const schema = jsonSchema({
  type: "object",
  properties: { city: { type: "string" }, days: { type: "integer" } },
  required: ["city"],
  additionalProperties: false,
});
const tools = Object.fromEntries(
  ["weather", "news"].map((name) => [
    name,
    tool({ description: "d", inputSchema: schema, execute: async ({ city }) => `12 degrees in ${city}` }),
  ]),
);

/** What a stream adds up to. */
async function folded(stream) {
  const parts = [];
  for await (const part of stream.fullStream) {
    assert.notEqual(part.type, "error", String(part.error));
    parts.push(part);
  }
  const text = (type) => parts.filter((part) => part.type === type).map((part) => part.text ?? part.delta).join("");
  return { text: text("text-delta"), reasoning: text("reasoning-delta"), parts };
}

for (const [name, of] of Object.entries(models)) {
  const ask = (prompt, more) => ({ model: of, prompt, maxRetries: 0, ...more });

  const whole = await generateText(ask("say something"));
  assert(whole.text.length > 0 && whole.finishReason === "stop", name);
  assert.equal(Boolean(whole.reasoningText), reasons[name], name);
  assert(whole.usage.inputTokens > 0 && whole.usage.outputTokens > 0, name);
  const streamed = streamText(ask("say something"));
  const sum = await folded(streamed);
  assert.equal(sum.text, await streamed.text);
  assert.equal(Boolean(sum.reasoning), reasons[name], name);
  assert.equal(await streamed.finishReason, "stop");

  const cut = await generateText(ask("count:100", { maxOutputTokens: 9 }));
  assert.equal(cut.finishReason, "length", name);

  for (const [prompt, count] of [["call it", 1], ["call in parallel", 2]]) {
    const asked = ask(prompt, { tools, stopWhen: stepCountIs(3) });
    const looped = await generateText(asked);
    assert.equal(looped.steps.length, 2, name);
    assert.equal(looped.steps[0].toolCalls.length, count, name);
    assert.equal(looped.steps[0].finishReason, "tool-calls", name);
    assert(looped.text.includes("12 degrees in Paris"), `${name}: ${looped.text}`);
    const stream = streamText(asked);
    const { parts } = await folded(stream);
    const calls = parts.filter((part) => part.type === "tool-call");
    assert.equal(calls.length, count, name);
    for (const call of calls) {
      const own = parts.filter((part) => part.type === "tool-input-delta" && part.id === call.toolCallId);
      assert.deepEqual(JSON.parse(own.map((part) => part.delta).join("")), call.input, name);
    }
    assert((await stream.text).includes("12 degrees in Paris"), name);
  }

  const forced = await generateText(
    ask("go on", { tools: { news: tool({ description: "d", inputSchema: schema }) }, toolChoice: "required" }),
  );
  assert.equal(forced.toolCalls[0].toolName, "news", name);

  if (name !== "compatible") {
    const person = jsonSchema({
      type: "object",
      properties: { name: { type: "string" }, age: { type: "integer" } },
      required: ["name", "age"],
      additionalProperties: false,
    });
    const { output } = await generateText(ask("a person", { output: Output.object({ schema: person }) }));
    assert.equal(typeof output.name, "string", name);
    assert(Number.isInteger(output.age), name);
  }

  const stop = new AbortController();
  const endless = streamText(ask("count:100000", { abortSignal: stop.signal, onError: () => {} }));
  for await (const part of endless.fullStream) {
    if (part.type === "text-delta" || part.type === "reasoning-delta") {
      stop.abort();
    }
  }
  console.log("ai-sdk", name, "is content");
}

// What was aborted is over, and everything that was begun is accounted for.
for (;;) {
  const page = await (await fetch(`${url}/metrics`)).text();
  const sum = (metric) =>
    page
      .split("\n")
      .filter((line) => line.startsWith(`${metric}{`))
      .reduce((all, line) => all + Number(line.slice(line.lastIndexOf(" "))), 0);
  if (sum("vllm:num_requests_running") === 0) {
    assert.equal(sum("kiln:requests_admitted_total"), sum("vllm:request_success_total"));
    break;
  }
}
