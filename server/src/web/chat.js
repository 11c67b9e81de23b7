// The chat: a conversation with /v1/chat/completions, and the server's numbers beside it.

import { render } from "/web/markup.js";

const at = (id) => document.getElementById(id);
const talk = at("talk");
const say = at("say");
const conversation = [];
let stop = null;

// ---- example tools ----------------------------------------------------------------------------

const TOOLS = [
  {
    type: "function",
    function: {
      name: "clock", description: "The date and time where the user is.",
      parameters: { type: "object", properties: {} },
    },
  },
  {
    type: "function",
    function: {
      name: "calculator", description: "The value of an arithmetic expression with + - * / ( ).",
      parameters: { type: "object", properties: { expression: { type: "string" } }, required: ["expression"] },
    },
  },
];

// A sum is read here and not given to the browser's interpreter.
function calculate(text) {
  const tokens = text.match(/\d+(?:\.\d+)?|[-+*/()]/g) ?? [];
  let next = 0;
  const value = () => {
    const token = tokens[next++];
    if (token === "-") return -value();
    if (token !== "(") return Number(token);
    const inside = sum();
    next += 1;
    return inside;
  };
  const chain = (operators, inner) => () => {
    let left = inner();
    while (operators.includes(tokens[next])) {
      const operator = tokens[next++];
      const right = inner();
      left = { "+": left + right, "-": left - right, "*": left * right, "/": left / right }[operator];
    }
    return left;
  };
  const product = chain(["*", "/"], value);
  const sum = chain(["+", "-"], product);
  const result = sum();
  if (!Number.isFinite(result)) throw new Error(`${text} has no value`);
  return result;
}

function perform(name, argumentsText) {
  if (name === "clock") return new Date().toString();
  if (name === "calculator") return String(calculate(JSON.parse(argumentsText || "{}").expression ?? ""));
  return `There is no tool named ${name}.`;
}

// ---- the server -------------------------------------------------------------------------------

function headers() {
  const key = at("key").value;
  return { "content-type": "application/json", ...(key ? { authorization: `Bearer ${key}` } : {}) };
}

async function* events(body, signal) {
  const response = await fetch("/v1/chat/completions", {
    method: "POST", headers: headers(), body: JSON.stringify(body), signal,
  });
  if (!response.ok) {
    const told = await response.json().catch(() => ({}));
    throw new Error(told.error?.message ?? `status ${response.status}`);
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    held += value;
    const blocks = held.split("\n\n");
    held = blocks.pop();
    for (const block of blocks) {
      const data = block.split("\n").find((line) => line.startsWith("data: "))?.slice(6);
      if (!data || data === "[DONE]") continue;
      const event = JSON.parse(data);
      if (event.error) throw new Error(event.error.message);
      yield event;
    }
  }
}

function request() {
  const system = at("system").value.trim();
  const temperature = at("temperature").value;
  const most = at("most").value;
  return {
    messages: [...(system ? [{ role: "system", content: system }] : []), ...conversation],
    stream: true, stream_options: { include_usage: true },
    chat_template_kwargs: { enable_thinking: at("thinking").checked },
    ...(temperature === "" ? {} : { temperature: Number(temperature) }),
    ...(most === "" ? {} : { max_tokens: Number(most) }),
    ...(at("tools").checked ? { tools: TOOLS } : {}),
  };
}

// ---- what is shown ----------------------------------------------------------------------------

const make = (name, className, ...inside) => {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...inside);
  return made;
};

function nearEnd() {
  return window.innerHeight + window.scrollY > document.body.scrollHeight - 160;
}

function show(element) {
  at("empty")?.remove();
  talk.append(element);
  window.scrollTo(0, document.body.scrollHeight);
}

/** One answer on the page, as it grows. */
class Answer {
  constructor() {
    this.text = "";
    this.reasoning = "";
    this.calls = [];
    this.element = make("article", "turn assistant");
    this.thought = make("details", "thought", make("summary", "", "Thinking…"), make("div"));
    this.answer = make("div", "answer cursor");
    this.element.append(this.answer);
    this.started = performance.now();
    this.painted = false;
    this.settled = false;
    show(this.element);
  }

  take(delta) {
    if (delta.reasoning) {
      if (!this.reasoning) {
        this.thought.open = true;
        this.element.prepend(this.thought);
      }
      this.reasoning += delta.reasoning;
    }
    if (delta.content) {
      if (!this.text) this.settle();
      this.text += delta.content;
    }
    for (const part of delta.tool_calls ?? []) this.call(part);
    this.paint();
  }

  settle() {
    if (!this.reasoning || this.settled) return;
    this.settled = true;
    const seconds = ((performance.now() - this.started) / 1000).toFixed(1);
    this.thought.querySelector("summary").textContent = `Thought for ${seconds} s`;
    this.thought.open = false;
  }

  call(part) {
    let call = this.calls[part.index];
    if (!call) {
      this.settle();
      call = { id: part.id, name: part.function.name, arguments: "", code: make("code") };
      const name = make("b", "", call.name);
      call.element = make("section", "call", make("header", "", name, "called"), make("pre", "", call.code));
      this.element.append(call.element);
      this.calls[part.index] = call;
    }
    call.arguments += part.function?.arguments ?? "";
    call.code.textContent = call.arguments;
  }

  // Once a frame is enough, however many pieces come.
  paint() {
    if (this.painted) return;
    this.painted = true;
    requestAnimationFrame(() => {
      this.painted = false;
      const follow = nearEnd();
      this.thought.lastChild.textContent = this.reasoning;
      this.answer.replaceChildren(...render(this.text));
      if (follow) window.scrollTo(0, document.body.scrollHeight);
    });
  }

  finish(note, failed) {
    this.settle();
    this.answer.classList.remove("cursor");
    this.paint();
    if (note) this.element.append(make("p", failed ? "note error" : "note", note));
  }

  message() {
    const calls = this.calls.map(({ id, name, arguments: text }) => ({
      id, type: "function", function: { name, arguments: text },
    }));
    return {
      role: "assistant", content: this.text,
      ...(this.reasoning ? { reasoning: this.reasoning } : {}),
      ...(calls.length ? { tool_calls: calls } : {}),
    };
  }
}

async function answer() {
  const shown = new Answer();
  stop = new AbortController();
  let usage = null, first = null, reason = null;
  try {
    for await (const event of events(request(), stop.signal)) {
      usage = event.usage ?? usage;
      const choice = event.choices[0];
      if (!choice) continue;
      const { delta } = choice;
      if (first === null && (delta.reasoning || delta.content || delta.tool_calls)) first = performance.now();
      reason = choice.finish_reason ?? reason;
      shown.take(delta);
    }
  } catch (error) {
    const stopped = error.name === "AbortError";
    shown.finish(stopped ? "stopped" : error.message, !stopped);
    if (stopped) conversation.push(shown.message());
    return false;
  } finally {
    stop = null;
  }
  const now = performance.now();
  const seconds = (now - (first ?? now)) / 1000;
  const tokens = usage?.completion_tokens ?? 0;
  const rate = seconds > 0 && tokens > 1 ? `${((tokens - 1) / seconds).toFixed(1)} tokens/s, ` : "";
  const wait = first === null ? "" : `first after ${((first - shown.started) / 1000).toFixed(2)} s, `;
  const cut = reason === "length" ? ", cut off" : "";
  shown.finish(`${tokens} tokens, ${wait}${rate}prompt ${usage?.prompt_tokens ?? 0} tokens${cut}`);
  conversation.push(shown.message());
  return results(shown);
}

/** Performs calls; says whether there were any. */
function results(shown) {
  for (const call of shown.calls) {
    let result;
    try {
      result = perform(call.name, call.arguments);
    } catch (error) {
      result = `error: ${error.message}`;
    }
    call.element.append(make("div", "result", result));
    conversation.push({ role: "tool", tool_call_id: call.id, content: result });
  }
  return shown.calls.length > 0;
}

async function send() {
  const text = say.value.trim();
  if (!text || stop) return;
  say.value = "";
  grow();
  conversation.push({ role: "user", content: text });
  show(make("article", "turn user", make("div", "", text)));
  at("send").textContent = "Stop";
  // Calls lead to further answers, but not for ever.
  for (let turn = 0; turn < 8 && (await answer()); turn += 1);
  at("send").textContent = "Send";
}

// ---- controls ---------------------------------------------------------------------------------

function grow() {
  say.style.height = "auto";
  // The border is not part of what scrolls.
  say.style.height = `${say.scrollHeight + 2}px`;
}

say.addEventListener("input", grow);
say.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    send();
  }
});
document.addEventListener("keydown", (event) => event.key === "Escape" && stop?.abort());
at("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  if (stop) stop.abort();
  else send();
});
at("options").addEventListener("submit", (event) => event.preventDefault());
at("options-toggle").addEventListener("click", (event) => {
  at("options").hidden = !at("options").hidden;
  event.target.setAttribute("aria-expanded", String(!at("options").hidden));
});
at("key").value = sessionStorage.getItem("key") ?? "";
at("key").addEventListener("input", () => sessionStorage.setItem("key", at("key").value));

// ---- numbers ----------------------------------------------------------------------------------

// Those of the last half minute, none before the page was opened.
const rates = new Array(30).fill(0);
let before = null;

function size(bytes) {
  const units = ["B", "KiB", "MiB", "GiB"];
  let unit = 0;
  for (; bytes >= 1024 && unit < units.length - 1; unit += 1) bytes /= 1024;
  return `${bytes.toFixed(bytes < 10 ? 1 : 0)} ${units[unit]}`;
}

async function measure() {
  if (document.hidden) return;
  const response = await fetch("/load", { headers: headers() }).catch(() => null);
  if (!response?.ok) {
    at("model").textContent = response?.status === 401 ? "needs a key: see Options" : "not reachable";
    return;
  }
  const load = await response.json();
  const now = performance.now();
  at("model").textContent = load.model;
  at("running").textContent = `${load.running}/${load.slots}`;
  at("waiting").textContent = load.waiting;
  at("cache").textContent = `${(100 * load.cache).toFixed(0)} %`;
  at("memory").textContent = load.memory ? size(load.memory) : "–";
  if (before) {
    const rate = (load.generation_tokens - before.tokens) / ((now - before.now) / 1000);
    at("rate").textContent = rate.toFixed(rate < 10 ? 1 : 0);
    rates.push(rate);
    rates.shift();
    const most = Math.max(1, ...rates);
    const points = rates.map((of, index) => `${index * 2},${15 - (14 * of) / most}`);
    document.querySelector("#spark polyline").setAttribute("points", points.join(" "));
  }
  before = { tokens: load.generation_tokens, now };
}

setInterval(measure, 1000);
measure();
