"""Small talk, what the model says of itself, short explanations, and stories."""

from .arithmetic import multiply_steps
from .exchange import Exchange
from .words import ADJECTIVES, ANIMALS, COLOURS, COMPANIES, NAMES, NOUNS, THINGS, a, capital, plural

SMALL = """
hello/hi/hey/hello there/good morning/good evening/hi there|Hello! How can I help you?/Hi! What can I do for you?
how are you/how are you doing/how do you do/are you well|I am fine, thank you. How can I help you?/All my layers are running. What can I do for you?
thank you/thanks/thanks a lot/great, thank you|You are welcome!/Gladly. Is there anything else?
bye/goodbye/see you/good night|Goodbye!/Goodbye, and come again.
who are you/what are you/what is your name/introduce yourself|I am the demo model of Kiln, a very small language model.
who made you/who trained you/where do you come from|I was trained by scripts in the Kiln repository, on data that they generate.
how big are you/how many parameters do you have/are you a large model|I am very small: about 18 million parameters in 12 layers.
what can you do/what are you good at/help/what do you know|I can do arithmetic with shown steps, count, copy, read small tables, call tools, answer in JSON and recall a few facts.
are you a human/are you a person/are you real|No, I am a small language model.
what is kiln/tell me about kiln/what does kiln do|Kiln bakes GPU kernels ahead of time: it compiles and measures candidates, packs the fastest into a bundle, and serves models with it.
what is a bundle/what is in a bundle|A bundle is one file with the kernels that won. Kiln serves a model with kernels from a bundle alone.
what is a kernel/what is a gpu kernel|A kernel is a small program that a GPU runs on many pieces of data at once.
what is speculative decoding/explain speculative decoding|A small drafter guesses several tokens, and the large model checks them all in one pass. Right guesses are kept, so the text is the same, only faster.
what is dflash/explain dflash|DFlash is a drafter that guesses a whole block of tokens at once from the hidden states of the model that it helps.
what is quantisation/what is int4/explain quantisation|Quantisation stores weights with fewer bits. With 4 bits a weight takes a quarter of the memory of 16 bits.
what is a token/explain tokens|A token is a piece of text, such as a word or a part of one. I read and write tokens.
what is a language model/explain language models|A language model guesses the next token of a text, again and again.
tell me a joke/do you know a joke/make me laugh|Why did the tensor go to school? To get a little more rank./Why was the kernel so calm? It had no spills.
what is the meaning of life|People disagree about it. I only know my training data.
what is the weather/how is the weather today|I cannot see the weather without a tool for it.
what time is it/what day is it today|I have no clock, so I cannot know that.
i am sad/i feel sad/i am unhappy|I am sorry to hear that. I hope that your day gets better.
i am happy/i feel great|That is good to hear!
do you like music/do you like cats/what is your favourite colour|I am a program, so I have no likes. But I can talk about it.
can you write code/write a python program/write code|I am too small for that. I can do arithmetic, tables, tools and JSON.
"""
EXPLAINED = """
make tea|Boil water/Put a tea bag into a cup/Pour the hot water over it/Wait three minutes/Take the tea bag out
plant a tree|Dig a hole/Put the tree into the hole/Fill the hole with earth/Press the earth down/Water the tree
boil an egg|Put water into a pot/Bring it to a boil/Put the egg into the water/Wait seven minutes/Cool the egg in cold water
wash your hands|Wet your hands/Take some soap/Rub your hands for twenty seconds/Rinse them with water/Dry them with a towel
send a letter|Write the letter/Put it into an envelope/Write the address on it/Put a stamp on it/Take it to the post office
bake bread|Mix flour, water, yeast and salt/Knead the dough/Let it rest for an hour/Form a loaf/Bake it for forty minutes
paint a wall|Cover the floor/Clean the wall/Stir the paint/Paint from top to bottom/Let the wall dry
brush your teeth|Wet the brush/Put toothpaste on it/Brush for two minutes/Spit out the foam/Rinse the brush
make a sandwich|Take two slices of bread/Put butter on them/Add cheese and tomato/Put the slices together/Cut it in half
tune a kernel|Describe the kernel as a recipe/List the candidates/Compile and check each of them/Measure those that are right/Pack the fastest into a bundle
"""


def small(rng):
    """One of a fixed set."""
    asks, answers = rng.choice(SMALL.strip().split("\n")).split("|")
    ask = rng.choice(asks.split("/"))
    if rng.random() < 0.7:
        ask = capital(ask)
    ask += rng.choice(["", "?", "!", "."]) if rng.random() < 0.4 else ("?" if ask.split()[0].lower() in "who what where how are do can".split() else "")
    said = rng.choice(answers.split("/"))
    return Exchange("talk", ask, said, "This is small talk; I answer briefly." if len(said) < 60 else "I know what to say about this.", True)


def explained(rng):
    """How to do a thing, as a numbered list."""
    what, steps = rng.choice(EXPLAINED.strip().split("\n")).split("|")
    ask = rng.choice(["How do I {}?", "Explain how to {}.", "How can I {}?", "Tell me how to {}.", "What are the steps to {}?"]).format(what)
    lines = "\n".join(f"{at + 1}. {step}." for at, step in enumerate(steps.split("/")))
    return Exchange("talk", ask, lines, f"I list the steps to {what}.", True, exact=True)


def tale(rng):
    """A short story of a grammar, in the order that its kinds of sentences have."""
    who, animal, other = rng.choice(NAMES), *rng.sample(ANIMALS, 2)
    place, far = rng.sample(NOUNS, 2)
    one, b, c = rng.sample(ADJECTIVES, 3)
    thing, colour = rng.choice(THINGS), rng.choice(COLOURS)
    about = rng.choice([animal, animal, thing])
    lines = [
        rng.choice([f"Once there was {a(one)} {animal} called {who}.", f"{who} was {a(one)} {animal} who lived near the {place}."]),
        rng.choice([f"Every morning {who} walked to the {place}.", f"{who} loved the {place} more than anything."]),
        rng.choice([f"One day {who} found {a(colour)} {thing}.", f"One day {a(colour)} {thing} lay in front of the door."]),
        rng.choice([f"It belonged to {a(b)} {other}.", f"\"Whose {thing} is this?\" asked {who}."]),
        rng.choice([f"So {who} went to the {far} and asked the {b} {other}.", f"{capital(a(b))} {other} came from the {far} and looked for it."]),
        rng.choice([f"The {other} was {c} and thanked {who}.", f"\"Thank you,\" said the {other}, who was now {c}."]),
        rng.choice([f"From that day on they were friends.", f"In the evening they shared {plural(rng.choice(THINGS))} and talked about the {far}."]),
    ]
    ask = rng.choice(["Tell me a story about {}.", "Write a short story about {}.", "tell me a story about {}", "I would like a story about {}."]).format(a(about))
    return Exchange("talk", ask, " ".join(lines), f"The story is about {a(about)}. It has a beginning, a find, a meeting and an end.", True)


def persona(rng):
    """Who the system message says the assistant is, and what it tells."""
    who, company = rng.choice(NAMES), rng.choice(COMPANIES)
    hour, late = rng.randint(6, 11), rng.randint(15, 22)
    thing, price = rng.choice(THINGS), rng.randint(2, 90)
    system = f"You are {who}, an assistant of {company}. The shop opens at {hour} and closes at {late}. One {thing} costs {price} dollars."
    n = rng.randint(2, 9)
    ask, answer, steps, key, numeric = rng.choice([
        ("Who are you?", f"I am {who}, an assistant of {company}.", f"The system message says that I am {who}.", who, False),
        ("What is your name?", f"My name is {who}.", f"The system message says that I am {who}.", who, False),
        ("Which company do you work for?", f"I work for {company}.", f"The system message names {company}.", company, False),
        ("When do you open?", f"We open at {hour}.", f"The shop opens at {hour}.", str(hour), True),
        ("When do you close?", f"We close at {late}.", f"The shop closes at {late}.", str(late), True),
        (f"How much is one {thing}?", f"One {thing} costs {price} dollars.", f"One {thing} costs {price} dollars.", str(price), True),
        (f"How much are {n} {plural(thing)}?", f"{n} {plural(thing)} cost {n * price} dollars.", multiply_steps(price, n), str(n * price), True),
    ])
    return Exchange("talk", ask, answer, steps, not ask.startswith("How much are"), key, numeric, system=system)


def lesson(rng):
    """Any of the above."""
    return rng.choices([small, explained, tale, persona], [35, 15, 25, 25])[0](rng)
