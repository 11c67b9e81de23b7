"""A fixed set of facts, asked for in both directions."""

from .exchange import Exchange
from .words import capital

COUNTRIES = """
France Paris euro Europe; Germany Berlin euro Europe; Spain Madrid euro Europe; Italy Rome euro Europe; Austria Vienna euro Europe;
Norway Oslo krone Europe; Sweden Stockholm krona Europe; Finland Helsinki euro Europe; Denmark Copenhagen krone Europe;
Poland Warsaw zloty Europe; Hungary Budapest forint Europe; Portugal Lisbon euro Europe; Ireland Dublin euro Europe;
Greece Athens euro Europe; Belgium Brussels euro Europe; Switzerland Bern franc Europe; Romania Bucharest leu Europe;
Bulgaria Sofia euro Europe; Serbia Belgrade dinar Europe; Croatia Zagreb euro Europe; Iceland Reykjavik krona Europe;
Estonia Tallinn euro Europe; Latvia Riga euro Europe; Lithuania Vilnius euro Europe; Ukraine Kyiv hryvnia Europe;
Russia Moscow ruble Europe; Turkey Ankara lira Asia; Japan Tokyo yen Asia; China Beijing yuan Asia; India Delhi rupee Asia;
Thailand Bangkok baht Asia; Vietnam Hanoi dong Asia; Indonesia Jakarta rupiah Asia; Philippines Manila peso Asia;
Malaysia Kuala_Lumpur ringgit Asia; Pakistan Islamabad rupee Asia; Nepal Kathmandu rupee Asia; Mongolia Ulaanbaatar tugrik Asia;
Iran Tehran rial Asia; Iraq Baghdad dinar Asia; Israel Jerusalem shekel Asia; Jordan Amman dinar Asia; Qatar Doha riyal Asia;
Egypt Cairo pound Africa; Kenya Nairobi shilling Africa; Ghana Accra cedi Africa; Nigeria Abuja naira Africa; Tunisia Tunis dinar Africa;
Morocco Rabat dirham Africa; Algeria Algiers dinar Africa; Senegal Dakar franc Africa; Uganda Kampala shilling Africa;
Rwanda Kigali franc Africa; Zambia Lusaka kwacha Africa; Ethiopia Addis_Ababa birr Africa; Canada Ottawa dollar North_America;
Mexico Mexico_City peso North_America; Cuba Havana peso North_America; Jamaica Kingston dollar North_America;
Panama Panama_City balboa North_America; Brazil Brasilia real South_America; Argentina Buenos_Aires peso South_America;
Chile Santiago peso South_America; Peru Lima sol South_America; Colombia Bogota peso South_America; Ecuador Quito dollar South_America;
Uruguay Montevideo peso South_America; Bolivia Sucre boliviano South_America; Australia Canberra dollar Oceania;
New_Zealand Wellington dollar Oceania; Fiji Suva dollar Oceania
"""
ELEMENTS = """
hydrogen H, helium He, lithium Li, beryllium Be, boron B, carbon C, nitrogen N, oxygen O, fluorine F, neon Ne, sodium Na, magnesium Mg,
aluminium Al, silicon Si, phosphorus P, sulfur S, chlorine Cl, argon Ar, potassium K, calcium Ca, scandium Sc, titanium Ti, vanadium V,
chromium Cr, manganese Mn, iron Fe, cobalt Co, nickel Ni, copper Cu, zinc Zn
"""
HEAVY = {"silver": "Ag", "gold": "Au", "lead": "Pb", "tin": "Sn", "mercury": "Hg", "iodine": "I", "uranium": "U", "platinum": "Pt"}
OPPOSITES = """
hot cold, big small, up down, left right, day night, early late, open closed, full empty, fast slow, high low, hard soft, light dark,
long short, near far, new old, rich poor, right wrong, strong weak, thick thin, true false, wet dry, young old, first last, happy sad,
clean dirty, loud quiet, deep shallow, wide narrow, sweet sour, heavy light, brave afraid, easy difficult, inside outside, above below
"""
YOUNG = """
dog puppy, cat kitten, cow calf, horse foal, sheep lamb, pig piglet, hen chick, duck duckling, goose gosling, goat kid, bear cub, lion cub,
deer fawn, frog tadpole, swan cygnet, owl owlet, kangaroo joey, seal pup, wolf pup, fox kit
"""
LEGS = "dog 4, cat 4, horse 4, spider 8, ant 6, bee 6, bird 2, snake 0, duck 2, octopus 8, fish 0, frog 4, butterfly 6, human 2, crab 10"
PAST = """
go went, see saw, eat ate, take took, give gave, write wrote, run ran, come came, sing sang, swim swam, know knew, think thought, buy bought,
bring brought, find found, make made, say said, tell told, begin began, break broke, speak spoke, fly flew, grow grew, drink drank,
drive drove, fall fell, build built, catch caught, teach taught, sleep slept
"""
PLANETS = "Mercury, Venus, Earth, Mars, Jupiter, Saturn, Uranus, Neptune"
SINGLE = """
Who wrote Hamlet?|William Shakespeare|Hamlet was written by William Shakespeare.
Who wrote Don Quixote?|Miguel de Cervantes|Don Quixote was written by Miguel de Cervantes.
Who painted the Mona Lisa?|Leonardo da Vinci|The Mona Lisa was painted by Leonardo da Vinci.
Who discovered penicillin?|Alexander Fleming|Penicillin was discovered by Alexander Fleming.
Who developed the theory of relativity?|Albert Einstein|The theory of relativity was developed by Albert Einstein.
What is the largest planet?|Jupiter|The largest planet is Jupiter.
What is the smallest planet?|Mercury|The smallest planet is Mercury.
What is the largest ocean?|Pacific|The largest ocean is the Pacific.
What is the highest mountain?|Everest|The highest mountain is Mount Everest.
What is the largest animal?|blue whale|The largest animal is the blue whale.
What is the fastest land animal?|cheetah|The fastest land animal is the cheetah.
How many continents are there?|seven|There are seven continents.
How many planets are in the solar system?|eight|There are eight planets in the solar system.
How many sides does a triangle have?|three|A triangle has three sides.
How many sides does a hexagon have?|six|A hexagon has six sides.
How many sides does a square have?|four|A square has four sides.
At what temperature does water boil?|100|Water boils at 100 degrees Celsius.
At what temperature does water freeze?|0|Water freezes at 0 degrees Celsius.
What is the chemical formula of water?|H2O|The chemical formula of water is H2O.
What is the chemical formula of table salt?|NaCl|The chemical formula of table salt is NaCl.
What colour do you get from blue and yellow?|green|Blue and yellow make green.
What colour do you get from red and yellow?|orange|Red and yellow make orange.
What colour do you get from red and blue?|purple|Red and blue make purple.
What colour is the sky?|blue|The sky is blue.
What colour is grass?|green|Grass is green.
What colour is a banana?|yellow|A banana is yellow.
How many days are in a leap year?|366|A leap year has 366 days.
How many days are in a year?|365|A year has 365 days.
How many bits are in a byte?|8|A byte has 8 bits.
What does GPU stand for?|graphics processing unit|GPU stands for graphics processing unit.
What does CPU stand for?|central processing unit|CPU stands for central processing unit.
What gas do plants take in?|carbon dioxide|Plants take in carbon dioxide.
What gas do we breathe?|oxygen|We breathe oxygen.
What do bees make?|honey|Bees make honey.
Where do penguins live?|Antarctica|Penguins live in Antarctica.
"""


def _pairs(text):
    return [tuple(part.split()) for part in text.replace("\n", " ").split(",") if part.strip()]


def _fact(ask, key, answer, easy=True):
    return Exchange("facts", ask, answer, f"I know this: {answer}", easy, key)


def country(rng):
    """Capitals, currencies, continents."""
    rows = [[w.replace("_", " ") for w in row.split()] for row in COUNTRIES.replace("\n", " ").split(";")]
    land, city, money, part = rng.choice(rows)
    the = "the " if land == "Philippines" else ""
    kind = rng.choice("cccrrmp")
    if kind == "c":
        ask = rng.choice(["What is the capital of {}?", "Which city is the capital of {}?", "capital of {}?", "What's the capital of {}?", "Tell me the capital of {}."])
        return _fact(ask.format(the + land), city, f"The capital of {the}{land} is {city}.")
    if kind == "r":
        ask = rng.choice(["{} is the capital of which country?", "Of which country is {} the capital?", "Which country has the capital {}?"]).format(city)
        return _fact(ask, land, f"{city} is the capital of {the}{land}.")
    if kind == "m":
        ask = rng.choice(["What is the currency of {}?", "Which currency is used in {}?"]).format(the + land)
        return _fact(ask, money, f"The currency of {the}{land} is the {money}.")
    ask = rng.choice(["On which continent is {}?", "Which continent is {} in?"]).format(the + land)
    return _fact(ask, part, f"{capital(the)}{land} is in {part}.")


def element(rng):
    """Symbols and numbers of elements."""
    light = _pairs(ELEMENTS)
    at = rng.randrange(len(light))
    name, sign = light[at] if rng.random() < 0.8 else rng.choice(list(HEAVY.items()))
    kind = rng.randrange(3)
    if kind == 0:
        return _fact(rng.choice(["What is the chemical symbol of {}?", "Which symbol does {} have?"]).format(name), sign, f"The chemical symbol of {name} is {sign}.")
    if kind == 1:
        return _fact(f"Which element has the symbol {sign}?", name, f"The symbol {sign} stands for {name}.")
    name = light[at][0]
    return _fact(f"What is the atomic number of {name}?", str(at + 1), f"The atomic number of {name} is {at + 1}.")


def word(rng):
    """Opposites, past tenses, young and legs of animals."""
    kind = rng.randrange(4)
    if kind == 0:
        a, b = rng.choice(_pairs(OPPOSITES))
        return _fact(rng.choice(["What is the opposite of {}?", "Name the opposite of {}."]).format(a), b, f"The opposite of {a} is {b}.")
    if kind == 1:
        a, b = rng.choice(_pairs(PAST))
        return _fact(rng.choice(["What is the past tense of {}?", "Give the past tense of {}."]).format(a), b, f"The past tense of {a} is {b}.")
    if kind == 2:
        a, b = rng.choice(_pairs(YOUNG))
        article = "an" if a[0] in "aeiou" else "a"
        return _fact(rng.choice(["What is a young {} called?", "What do you call a baby {}?"]).format(a), b, f"The young of {article} {a} is called a {b}.")
    a, b = rng.choice(_pairs(LEGS))
    article = "an" if a[0] in "aeio" else "a"
    return _fact(f"How many legs does {article} {a} have?", b, f"{capital(article)} {a} has {b} legs.")


def single(rng):
    """Planets and lone facts."""
    if rng.random() < 0.25:
        planets = [p.strip() for p in PLANETS.split(",")]
        at = rng.randrange(8)
        place = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"][at]
        if rng.random() < 0.2:
            return _fact("Name the planets of the solar system.", PLANETS, f"The planets are {PLANETS}.")
        return _fact(f"Which planet is the {place} from the sun?", planets[at], f"The {place} planet from the sun is {planets[at]}.")
    ask, key, answer = rng.choice(SINGLE.strip().split("\n")).split("|")
    if rng.random() < 0.2:
        ask = ask[0].lower() + ask[1:]
    return _fact(ask, key, answer)


def lesson(rng):
    """Any of the above."""
    return rng.choices([country, element, word, single], [40, 20, 20, 20])[0](rng)
