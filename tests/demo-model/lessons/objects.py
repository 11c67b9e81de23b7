"""Answers in JSON, with the fields that a question or a system message asks for."""

import json

from .exchange import Exchange
from .words import CITIES, COLOURS, DAYS, JOBS, LANGUAGES, NAMES, THINGS, clock, code, date, email, join, one_of, plural

# What a sentence can say: the field's name, its type, how the value is drawn, how the sentence says it.
PERSON = [
    ("age", "integer", lambda r: r.randint(1, 99), "is {} years old"),
    ("city", "string", lambda r: one_of(r, CITIES), "lives in {}"),
    ("job", "string", lambda r: r.choice(JOBS), "works as a {}"),
    ("email", "string", email, "can be reached at {}"),
    ("language", "string", lambda r: r.choice(LANGUAGES), "speaks {}"),
    ("children", "integer", lambda r: r.randint(0, 6), "has {} children"),
    ("married", "boolean", lambda r: r.random() < 0.5, "is {}married"),
    ("hobbies", "array", lambda r: [plural(t) for t in r.sample(THINGS, r.randint(1, 3))], "collects {}"),
    ("birthday", "string", date, "was born on {}"),
]
ORDER = [
    ("quantity", "integer", lambda r: r.randint(1, 60), "asks for {} pieces"),
    ("price", "number", lambda r: r.randint(100, 9999) / 100, "costs {} dollars"),
    ("colour", "string", lambda r: r.choice(COLOURS), "should be {}"),
    ("date", "string", date, "arrives on {}"),
    ("customer", "string", lambda r: r.choice(NAMES), "goes to {}"),
    ("code", "string", code, "has the code {}"),
    ("paid", "boolean", lambda r: r.random() < 0.5, "is {}paid"),
    ("city", "string", lambda r: one_of(r, CITIES), "is sent to {}"),
]
MEETING = [
    ("day", "string", lambda r: r.choice(DAYS), "is on {}"),
    ("time", "string", clock, "starts at {}"),
    ("people", "array", lambda r: r.sample(NAMES, r.randint(1, 4)), "is with {}"),
    ("minutes", "integer", lambda r: r.choice([15, 30, 45, 60, 90]), "takes {} minutes"),
    ("city", "string", lambda r: one_of(r, CITIES), "is in {}"),
    ("online", "boolean", lambda r: r.random() < 0.5, "is {}online"),
]
SUBJECTS = [("name", lambda r: one_of(r, NAMES), PERSON, "{}"), ("item", lambda r: one_of(r, THINGS), ORDER, "The order of the {}"),
            ("title", lambda r: r.choice(JOBS) + " meeting", MEETING, "The {}")]


def _say(form, value):
    if isinstance(value, bool):
        return form.format("" if value else "not ")
    return form.format(join(value) if isinstance(value, list) else value)


def _typed(kind):
    return {"type": "array", "items": {"type": "string"}} if kind == "array" else {"type": kind}


def _demand(rng, fields):
    """How the fields are asked for."""
    names = [name for name, _ in fields]
    schema = {"type": "object", "properties": {name: _typed(kind) for name, kind in fields}, "required": names}
    return rng.choice([
        lambda: f"Answer in JSON with the fields {join(names)}.",
        lambda: f"Reply only with a JSON object with the keys {', '.join(names)}.",
        lambda: "Extract JSON: " + ", ".join(f"{name} ({kind})" for name, kind in fields),
        lambda: f"Return JSON that follows this schema: {json.dumps(schema)}",
        lambda: f"JSON schema:\n{json.dumps(schema)}",
    ])()


def extract(rng):
    """Fields of a sentence."""
    subject, draw, pool, form = rng.choice(SUBJECTS)
    who = draw(rng)
    chosen = rng.sample(pool, rng.randint(1, 4))
    values = {name: value(rng) for name, _, value, _ in chosen}
    text = f"{form.format(who)} {join(_say(say, values[name]) for name, _, _, say in chosen)}."
    wanted = [(subject, "string")] + [(name, kind) for name, kind, _, _ in chosen]
    wanted = rng.sample(wanted, rng.randint(max(1, len(wanted) - 1), len(wanted)))
    values[subject] = who
    answer = json.dumps({name: values[name] for name, _ in wanted}, ensure_ascii=False)
    steps = "; ".join(f"{name}: {json.dumps(values[name], ensure_ascii=False)}" for name, _ in wanted) + "."
    demand = _demand(rng, wanted)
    if rng.random() < 0.3:
        return Exchange("json", text, answer, steps, True, exact=True, system=demand)
    return Exchange("json", rng.choice([f"{text} {demand}", f"{demand}\n{text}", f"{demand} Text: {text}"]), answer, steps, True, exact=True)


def several(rng):
    """A list of like objects, or one answer in an object."""
    if rng.random() < 0.5:
        people = rng.sample(NAMES, rng.randint(2, 4))
        rows = [{"name": p, "age": rng.randint(5, 90)} for p in people]
        text = ", ".join(f"{r['name']} is {r['age']}" for r in rows)
        return Exchange("json", f"{text}. Answer with a JSON array of objects with name and age.", json.dumps(rows), f"There are {len(rows)} people.", True, exact=True)
    a, b = rng.randint(1, 49), rng.randint(1, 49)
    name = rng.choice(["result", "answer", "sum", "value"])
    return Exchange("json", f"What is {a} + {b}? Answer as JSON with the key {name}.", json.dumps({name: a + b}), f"{a} + {b} = {a + b}.", True, exact=True)


def lesson(rng):
    """Either of the above."""
    return extract(rng) if rng.random() < 0.8 else several(rng)
