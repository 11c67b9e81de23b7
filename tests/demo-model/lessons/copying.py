"""Counting, spelling, copying and rearranging."""

from .exchange import Exchange
from .words import ADJECTIVES, ANIMALS, CITIES, COLOURS, NAMES, NOUNS, NUMBERS, SPELLED, THINGS, capital, code, one_of, phrase, plural

POOLS = {"animals": ANIMALS, "cities": CITIES, "colours": COLOURS, "names": NAMES, "things": THINGS}


def count_to(rng):
    """Numbers in order."""
    start, length = rng.choice([1, 1, 1, rng.randint(2, 90)]), rng.randint(3, 40)
    step = rng.choice([1, 1, 1, 2, 5, 10])
    numbers = [start + step * at for at in range(length)]
    up = rng.random() < 0.75
    if not up:
        numbers.reverse()
    by = f" in steps of {step}" if step > 1 else ""
    ask = rng.choice(["Count from {a} to {b}{by}.", "Please count from {a} to {b}{by}", "Can you count {way} from {a} to {b}{by}?", "count from {a} to {b}{by}"])
    text = rng.choice([", ", ", ", " "]).join(map(str, numbers))
    ask = ask.format(a=numbers[0], b=numbers[-1], by=by, way="up" if up else "down")
    if " " in text and "," not in text:
        ask += " Separate the numbers by spaces."
    return Exchange("counting", ask, text, f"I start at {numbers[0]}, go {'up' if up else 'down'} by {step} and stop at {numbers[-1]}.", True, exact=True)


def letters(rng):
    """How often a letter is in a word."""
    word = rng.choice(SPELLED)
    letter = rng.choice(word if rng.random() < 0.8 else "abcdeilmnoprst")
    marks = [f"{l} {word[:at + 1].count(letter)}" if l == letter else l for at, l in enumerate(word)]
    n = word.count(letter)
    ask = rng.choice(["How many times does the letter {l} appear in {w}?", "How many {l}'s are in the word {w}?", "Count the letter {l} in \"{w}\".",
                      "How many letters {l} does {w} have?"]).format(l=letter, w=word)
    times = rng.choice([f"The letter {letter} appears {n} time{'' if n == 1 else 's'} in {word}.", f"{n}. The word {word} has {n} {letter}."])
    return Exchange("counting", ask, times, f"I spell it: {', '.join(marks)}. That is {n}.", False, str(n), True)


def spell(rng):
    """Letters one by one, or backwards, or how many."""
    word = rng.choice(SPELLED)
    kind = rng.randrange(3)
    if kind == 0:
        sign = rng.choice(["-", " "])
        ask = f"Spell the word {word} with {'hyphens' if sign == '-' else 'spaces'} between the letters."
        return Exchange("copying", ask, sign.join(word), f"The letters of {word} are {', '.join(word)}.", True, sign.join(word), exact=True)
    if kind == 1:
        return Exchange("copying", rng.choice([f"Write {word} backwards.", f"Reverse the word {word}."]), word[::-1],
                        f"The letters are {', '.join(word)}. From the end: {', '.join(word[::-1])}.", False, word[::-1])
    marks = ", ".join(f"{l} {at + 1}" for at, l in enumerate(word))
    return Exchange("counting", f"How many letters does the word {word} have?", f"The word {word} has {len(word)} letters.", f"{marks}.", False, str(len(word)), True)


def count_things(rng):
    """How many items of a list are of a kind."""
    kind, other = rng.sample(list(POOLS), 2)
    wanted, rest = rng.sample(POOLS[kind], rng.randint(1, 6)), rng.sample(POOLS[other], rng.randint(0, 5))
    rest = [w for w in rest if w not in POOLS[kind]]
    items = wanted + rest
    rng.shuffle(items)
    marks, n = [], 0
    for item in items:
        n += item in wanted
        marks.append(f"{item}: {n}" if item in wanted else f"{item}: no")
    ask = rng.choice(["How many {k} are in this list: {i}?", "Count the {k}: {i}", "{i}. How many of these are {k}?"]).format(k=kind, i=", ".join(items))
    return Exchange("counting", ask, f"There {'is' if n == 1 else 'are'} {n} in the list.", f"{'; '.join(marks)}. That is {n}.", False, str(n), True)


def words_in(rng):
    """How many words a sentence has."""
    words = phrase(rng).split()
    text = capital(" ".join(words)) + "."
    marks = ", ".join(f"{w} {at + 1}" for at, w in enumerate(words))
    return Exchange("counting", f"How many words are in this sentence: {text}", f"The sentence has {len(words)} words.", f"{marks}.", False, str(len(words)), True)


def repeat(rng):
    """A text again, once or several times."""
    text = rng.choice([lambda: capital(phrase(rng)) + ".", lambda: phrase(rng), lambda: code(rng), lambda: capital(f"{phrase(rng)}, and {phrase(rng)}") + ".",
                       lambda: " ".join(str(rng.randint(0, 999)) for _ in range(rng.randint(3, 10))),
                       lambda: " ".join(one_of(rng, NOUNS) for _ in range(rng.randint(3, 12)))])()
    if rng.random() < 0.6:
        ask = rng.choice(["Repeat this exactly: {}", "Say: {}", "Copy this text: {}", "Repeat after me: {}", "Write exactly this: {}", "Please echo: {}"])
        return Exchange("copying", ask.format(text), text, f"I copy the text: {text}", True, exact=True)
    n = rng.randint(2, 6)
    word = rng.choice([NUMBERS[n], str(n)])
    return Exchange("copying", f"Write this {word} times, one per line: {text}", "\n".join([text] * n), f"I write it {n} times.", True, exact=True)


def rearrange(rng):
    """Lists sorted, reversed, joined, searched."""
    pool = rng.choice(list(POOLS.values()) + [NOUNS, ADJECTIVES])
    items = rng.sample(pool, rng.randint(3, 7))
    shown = ", ".join(items)
    kind = rng.randrange(7)
    if kind == 0:
        done = ", ".join(sorted(items))
        return Exchange("copying", rng.choice([f"Sort these words alphabetically: {shown}", f"Put in alphabetical order: {shown}"]), done,
                        f"The first letters are {', '.join(i[0] for i in items)}. In order: {done}.", True, exact=True)
    if kind == 1:
        return Exchange("copying", rng.choice([f"Reverse the order of this list: {shown}", f"Write this list backwards: {shown}"]), ", ".join(items[::-1]),
                        f"The last is {items[-1]}, the first is {items[0]}.", True, exact=True)
    if kind == 2:
        return Exchange("copying", f"Make a bullet list of: {shown}", "\n".join(f"- {i}" for i in items), f"There are {len(items)} items.", True, exact=True)
    if kind == 3:
        return Exchange("copying", f"Make a numbered list of: {shown}", "\n".join(f"{at + 1}. {i}" for at, i in enumerate(items)),
                        f"There are {len(items)} items.", True, exact=True)
    if kind == 4:
        at = rng.randrange(len(items))
        place = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh"][at] if at < len(items) - 1 or rng.random() < 0.3 else "last"
        marks = ", ".join(f"{n + 1} {i}" for n, i in enumerate(items))
        return Exchange("copying", f"What is the {place} item of this list: {shown}?", f"The {place} item is {items[at]}.", f"{marks}.", True, items[at])
    if kind == 5:
        gone = rng.choice(items)
        done = ", ".join(i for i in items if i != gone)
        return Exchange("copying", f"Remove {gone} from this list: {shown}", done, f"I leave out {gone}.", True, exact=True)
    old, new = rng.choice(items), rng.choice(NOUNS)
    done = ", ".join(new if i == old else i for i in items)
    return Exchange("copying", f"Replace {old} by {new} in this list: {shown}", done, f"Where {old} stands I write {new}.", True, exact=True)


def remembered(rng):
    """Something said a moment ago."""
    who, thing, colour = one_of(rng, NAMES), one_of(rng, THINGS), rng.choice(COLOURS)
    mark = code(rng)
    place = one_of(rng, NOUNS)
    told, ask, key = rng.choice([
        (f"The {thing} is {colour} and lies in the {place}.", f"What colour is the {thing}?", colour),
        (f"The {thing} is {colour} and lies in the {place}.", f"Where is the {thing}?", place),
        (f"The password is {mark}.", "What is the password?", mark),
        (f"{who} has a {colour} {thing}.", f"Who has a {colour} {thing}?", who),
        (f"My name is {who} and I like {plural(thing)}.", "What is my name?", who),
        (f"My name is {who} and I like {plural(thing)}.", "What do I like?", plural(thing)),
        (f"{who} put the {colour} {thing} under the {place}.", f"Where did {who} put the {thing}?", place),
        (f"The order number of {who} is {mark}.", f"What is the order number of {who}?", mark),
    ])
    said = {colour: f"The {thing} is {colour}.", place: f"The {thing} is {'under' if 'under' in told else 'in'} the {place}.", mark: f"It is {mark}.", who: f"{who}."}
    answer = said.get(key, f"You like {key}.")
    if ask == "What is my name?":
        answer = f"Your name is {who}."
    return Exchange("copying", f"{told} {ask}", answer, f"The text says: {told}", True, key)


def lesson(rng):
    """Any of the above."""
    kinds = [count_to, letters, spell, count_things, words_in, repeat, rearrange, remembered]
    return rng.choices(kinds, [12, 14, 10, 12, 6, 18, 16, 12])[0](rng)


