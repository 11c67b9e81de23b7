"""Questions about a table that the question brings along."""

from .exchange import Exchange
from .words import ANIMALS, CITIES, COLOURS, JOBS, NAMES, THINGS, code, plural

SHAPES = [
    ("people", "Name", NAMES, [("Age", 18, 90), ("Job", JOBS, None), ("City", CITIES, None), ("Score", 1, 100)]),
    ("goods", "Item", THINGS, [("Price", 1, 99), ("Stock", 0, 60), ("Colour", COLOURS, None), ("Code", code, None)]),
    ("cities", "City", CITIES, [("Temperature", -10, 40), ("Rain", 0, 50), ("Visitors", 100, 990)]),
    ("animals", "Animal", ANIMALS, [("Weight", 1, 900), ("Age", 1, 60), ("Name", NAMES, None), ("Colour", COLOURS, None)]),
    ("teams", "Team", COLOURS, [("Points", 0, 99), ("Games", 1, 40), ("Captain", NAMES, None)]),
]


def _cell(rng, column):
    _, low, high = column
    if callable(low):
        return low(rng)
    return rng.randint(low, high) if high is not None else rng.choice(low)


def make(rng):
    """A table: its key column's name, its other columns, its rows."""
    _, key, pool, columns = rng.choice(SHAPES)
    chosen = rng.sample(columns, rng.randint(1, min(3, len(columns))))
    chosen.sort(key=columns.index)
    if not any(c[2] is not None for c in chosen):
        chosen[0] = columns[0]
    names = rng.sample(pool, rng.randint(3, 7))
    return key, chosen, [[name] + [_cell(rng, c) for c in chosen] for name in names]


def show(rng, key, columns, rows):
    """The table as text: Markdown, comma-separated, or lines."""
    heads = [key] + [c[0] for c in columns]
    form = rng.randrange(3)
    if form == 0:
        lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
        return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])
    if form == 1:
        return "\n".join(", ".join(map(str, row)) for row in [heads] + rows)
    return "\n".join(f"{row[0]}: " + ", ".join(f"{h.lower()} {v}" for h, v in zip(heads[1:], row[1:])) for row in rows)


def question(rng, key, columns, rows):
    """A question about the table, with steps, answer, and what decides."""
    at = 1 + rng.randrange(len(columns))
    head = columns[at - 1][0].lower()
    numeric = columns[at - 1][2] is not None
    row = rng.choice(rows)
    kind = rng.choice(["look", "look", "look", "most", "least", "sum", "count", "back", "gap"] if numeric else ["look", "look", "back"])
    cells = "; ".join(f"{r[0]} {r[at]}" for r in rows)
    if kind == "look":
        ask = rng.choice([f"What is the {head} of {row[0]}?", f"Which {head} does {row[0]} have?", f"{row[0]}: what {head}?"])
        return ask, f"In the row of {row[0]} the {head} is {row[at]}.", f"The {head} of {row[0]} is {row[at]}.", str(row[at]), False, True
    if kind == "back":
        unique = [r for r in rows if sum(o[at] == r[at] for o in rows) == 1] or rows[:1]
        row = rng.choice(unique)
        same = [r for r in rows if r[at] == row[at]]
        return f"Which {key.lower()} has the {head} {row[at]}?", f"I look for {row[at]}: {cells}.", f"{same[0][0]} has the {head} {row[at]}.", str(same[0][0]), False, False
    if kind in ("most", "least"):
        pick = max if kind == "most" else min
        best = pick(rows, key=lambda r: r[at])
        word = rng.choice(["highest", "largest"]) if kind == "most" else rng.choice(["lowest", "smallest"])
        return f"Who or what has the {word} {head}?", f"The values are {cells}. The {word} is {best[at]}, of {best[0]}.", f"{best[0]} has the {word} {head}, {best[at]}.", str(best[0]), False, False
    if kind == "sum":
        few = rows[:4]
        parts, total = [], few[0][at]
        for r in few[1:]:
            parts.append(f"{total} + {r[at]} = {total + r[at]}" if r[at] >= 0 else f"{total} - {-r[at]} = {total + r[at]}")
            total += r[at]
        who = ", ".join(str(r[0]) for r in few)
        return f"What is the sum of the {head} of {who}?", f"{'; '.join(parts)}.", f"The sum is {total}.", str(total), True, False
    if kind == "count":
        limit = rng.choice(rows)[at]
        marks, n = [], 0
        for r in rows:
            n += r[at] > limit
            marks.append(f"{r[0]} {r[at]} {'yes ' + str(n) if r[at] > limit else 'no'}")
        return f"How many rows have a {head} above {limit}?", f"{'; '.join(marks)}. That is {n}.", f"The number of rows is {n}.", str(n), True, False
    a, b = rng.sample(rows, 2)
    high, low = max(a[at], b[at]), min(a[at], b[at])
    value = f"{high} - {low}" if low >= 0 else f"{high} + {-low}"
    steps = f"{a[0]} {a[at]}, {b[0]} {b[at]}. {value} = {high - low}."
    return f"What is the difference in {head} between {a[0]} and {b[0]}?", steps, f"The difference is {high - low}.", str(high - low), True, False


def lesson(rng):
    """A table and one question."""
    key, columns, rows = make(rng)
    table = show(rng, key, columns, rows)
    ask, steps, answer, right, numeric, easy = question(rng, key, columns, rows)
    opener = rng.choice(["Here is a table:", "Use this table.", "Data:", "Look at this:", f"These are {plural(key.lower())}:"])
    if rng.random() < 0.15:
        return Exchange("tables", ask, answer, steps, easy, right, numeric, system=f"Answer from this table:\n{table}")
    text = f"{opener}\n{table}\n{ask}" if rng.random() < 0.7 else f"{ask}\n{table}"
    return Exchange("tables", text, answer, steps, easy, right, numeric)
