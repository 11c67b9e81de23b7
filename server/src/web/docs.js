// The OpenAPI document as a page on which every route can be tried.

const key = document.getElementById("key");
key.value = sessionStorage.getItem("key") ?? "";
key.addEventListener("change", () => {
  sessionStorage.setItem("key", key.value);
  load();
});

const make = (name, className, ...inside) => {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...inside);
  return made;
};

const headers = () => (key.value ? { authorization: `Bearer ${key.value}` } : {});

/** A schema in few words. */
function told(schema) {
  if (!schema) return "";
  if (schema.anyOf) return schema.anyOf.map(told).filter((text) => text !== "null").join(" or ");
  if (schema.enum) return schema.enum.join(", ");
  const bound = (value) => (Math.abs(value) > 1e12 ? "…" : value);
  const range = schema.minimum === undefined ? "" : ` ${bound(schema.minimum)} to ${bound(schema.maximum)}`;
  if (schema.type === "array") return `list of ${told(schema.items)}`;
  if (schema.properties) return `{ ${Object.keys(schema.properties).join(", ")} }`;
  return `${schema.type ?? "anything"}${range}`;
}

function fields(schema) {
  const table = make("table", "", make("tr", "", make("th", "", "field"), make("th", "", "value"), make("th", "", "meaning")));
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const needed = schema.required?.includes(name) ? " *" : "";
    const cells = [make("code", "", name + needed), told(field), field.description ?? ""];
    table.append(make("tr", "", ...cells.map((cell) => make("td", "", cell))));
  }
  return table;
}

const EXAMPLES = {
  messages: [{ role: "user", content: "Hello" }], input: "Hello", prompt: "Hello", max_tokens: 64, tokens: [1, 2, 3],
};

function example(schema) {
  const needed = schema.required ?? (schema.properties?.prompt ? ["prompt"] : []);
  return JSON.stringify(Object.fromEntries(needed.map((name) => [name, EXAMPLES[name] ?? ""])), null, 2);
}

function attempt(method, path, schema) {
  const body = schema ? make("textarea") : null;
  if (body) {
    body.rows = 5;
    body.value = example(schema);
    body.setAttribute("aria-label", "Body");
  }
  const id = path.includes("{id}") ? make("input") : null;
  if (id) id.placeholder = "id";
  const out = make("pre");
  out.hidden = true;
  const go = make("button", "", "Send");
  go.addEventListener("click", async () => {
    const response = await fetch(path.replace("{id}", encodeURIComponent(id?.value ?? "")), {
      method: method.toUpperCase(),
      headers: { ...headers(), ...(body ? { "content-type": "application/json" } : {}) },
      body: body?.value,
    });
    const text = await response.text();
    let shown = text;
    try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* It is no JSON. */ }
    out.hidden = false;
    out.textContent = `${response.status}\n${shown}`;
  });
  return make("div", "", ...[id, body, make("p", "", go), out].filter(Boolean));
}

async function load() {
  const routes = document.getElementById("routes");
  const response = await fetch("/openapi.json", { headers: headers() });
  if (!response.ok) {
    routes.replaceChildren(make("p", "quiet", "This server needs a key: enter it above."));
    return;
  }
  const document_ = await response.json();
  routes.replaceChildren(make("p", "quiet", `${document_.info.description} Fields with * are needed.`));
  for (const [path, methods] of Object.entries(document_.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const schema = operation.requestBody?.content["application/json"].schema;
      const statuses = Object.entries(operation.responses).map(([status, of]) => `${status}: ${of.description}`);
      const inside = make("div", "inside", ...(schema ? [fields(schema)] : []),
        make("p", "quiet", statuses.join(" ")), attempt(method, path, schema));
      const name = make("span", "method", method.toUpperCase());
      const summary = make("summary", "", name, make("code", "", path), make("span", "quiet", operation.summary));
      routes.append(make("details", "route", summary, inside));
    }
  }
}

load();
