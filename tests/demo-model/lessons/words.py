"""Words that the lessons draw from."""


def _split(text):
    return [part.strip() for part in text.split(",") if part.strip()]


NAMES = _split(
    "Mia, Tom, Ada, Ben, Lena, Omar, Yuki, Priya, Carlos, Nina, Sam, Ivan, Zoe, Max, Eva, Leo, Maya, Noah, Emma, Liam, Olga,"
    "Hugo, Rosa, Finn, Anna, Paul, Clara, Jonas, Aisha, Kofi, Mei, Chen, Ravi, Sara, David, Laura, Peter, Julia, Marco, Elena,"
    "Kai, Lucy, Oscar, Freya, Amir, Layla, Jack, Grace, Henry, Alice, Bob, Diana, Felix, Greta, Ines, Karl, Lars, Marta, Nils,"
    "Otto, Petra, Quinn, Rita, Sven, Tara, Uma, Vera, Will, Xena, Yara, Zane, Theo, Ella, Ruth, Simon, Daniel, Sofia, Lucas"
)
CITIES = _split(
    "Paris, London, Berlin, Madrid, Rome, Vienna, Oslo, Stockholm, Helsinki, Warsaw, Prague, Budapest, Lisbon, Dublin, Athens,"
    "Tokyo, Beijing, Seoul, Delhi, Mumbai, Bangkok, Hanoi, Jakarta, Manila, Sydney, Melbourne, Auckland, Cairo, Nairobi, Lagos,"
    "Accra, Tunis, New York, Boston, Chicago, Denver, Seattle, Austin, Toronto, Montreal, Vancouver, Mexico City, Lima, Bogota,"
    "Santiago, Buenos Aires, Sao Paulo, Munich, Hamburg, Cologne, Zurich, Geneva, Milan, Naples, Turin, Lyon, Nice, Marseille,"
    "Barcelona, Seville, Porto, Amsterdam, Brussels, Copenhagen, Istanbul, Dubai, Singapore, Osaka, Kyoto, San Francisco,"
    "Los Angeles, Miami, Dallas, Houston, Portland, Edinburgh, Glasgow, Leeds, Bristol, Krakow, Riga, Tallinn, Vilnius"
)
THINGS = _split(
    "apple, book, pencil, coin, stamp, marble, cookie, egg, orange, shell, card, balloon, flower, button, candle, cup, plate,"
    "spoon, chair, lamp, key, ticket, photo, bottle, box, basket, ball, brick, cake, carrot, pear, plum, lemon, melon, peach,"
    "potato, tomato, onion, nut, leaf, stone, stick, ring, sock, shirt, hat, glove, shoe, bag, bell, brush, clock, drum, flag"
)
ANIMALS = _split(
    "fox, owl, bear, hare, otter, badger, wolf, crow, mouse, frog, hedgehog, squirrel, duck, goose, cat, dog, horse, goat,"
    "donkey, turtle, snail, robin, deer, beaver, penguin, seal, whale, camel, tiger, lion, zebra, panda"
)
ADJECTIVES = _split(
    "small, old, red, quiet, brave, clever, green, golden, tiny, gentle, lazy, bright, cold, warm, soft, blue, wild, round,"
    "heavy, happy, sleepy, tall, kind, curious, dark, silver, hungry, honest, proud, swift, calm, merry, sharp, plain, white"
)
COLOURS = _split("red, blue, green, yellow, black, white, orange, purple, brown, pink, grey, silver, gold")
NOUNS = _split(
    "river, forest, mountain, garden, bridge, village, window, table, letter, story, song, road, market, tower, island, ship,"
    "train, wheel, engine, mirror, blanket, kettle, ladder, lantern, harbour, valley, meadow, castle, kitchen, school, library,"
    "museum, station, factory, farm, field, cloud, storm, winter, summer, morning, evening, night, star, moon, sun, rain, snow,"
    "wind, fire, water, earth, metal, paper, glass, wood, wool, silk, bread, cheese, honey, milk, tea, coffee, sugar, salt,"
    "pepper, soup, rice, fish, bird, tree, grass, seed, root, branch, nest, feather, tail, paw, nose, ear, eye, hand, foot"
)
VERBS = _split(
    "opens, closes, paints, carries, finds, loses, builds, breaks, cleans, buys, sells, follows, watches, moves, keeps, brings,"
    "draws, cooks, washes, reads, writes, sings, makes, needs, likes, wants, holds, drops, lifts, fills"
)
SPELLED = _split(
    "strawberry, banana, elephant, computer, kettle, letter, balloon, coffee, butterfly, mississippi, tomorrow, bookkeeper,"
    "committee, address, success, parallel, pepper, happiness, difference, accommodate, engineer, kernel, compiler, processor,"
    "memory, bandwidth, register, language, sentence, question, answer, summer, winter, rabbit, carrot, cherry, blueberry,"
    "raspberry, potato, tomato, pineapple, apple, mango, orange, lemon, giraffe, hippopotamus, kangaroo, crocodile, alligator,"
    "penguin, dolphin, cheetah, mountain, river, valley, forest, garden, library, window, kitchen, bottle, pencil, notebook,"
    "teacher, student, doctor, hospital, airport, railway, bicycle, engine, rocket, planet, galaxy, universe, telescope,"
    "microscope, chocolate, vanilla, cinnamon, sugar, butter, cheese, sandwich, dinner, breakfast, holiday, birthday, calendar"
) + [noun for noun in NOUNS if len(noun) > 3] + ANIMALS
DAYS = _split("Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday")
MONTHS = _split("January, February, March, April, May, June, July, August, September, October, November, December")
LANGUAGES = _split("French, German, Spanish, Italian, Japanese, Korean, Polish, Dutch, Greek, Turkish, Swedish, Danish, Czech")
JOBS = _split(
    "nurse, baker, pilot, teacher, farmer, painter, singer, driver, cook, writer, doctor, lawyer, dentist, builder, gardener,"
    "engineer, plumber, tailor, sailor, judge, potter, weaver, miner, clerk, chemist, florist"
)
COMPANIES = _split("Acme, Borealis, Cobalt, Driftwood, Everline, Foxglove, Granite, Harbour Light, Ironwood, Juniper, Kestrel")
PARTS = _split(
    "deadline, priority, message, comment, reference, location, customer, quantity, number, reason, contact, address, product, object, percent,"
    "schedule, register, reserve, archive, approve, measure, cancel, export, rename, assign, report, version, index, serial, origin, owner, author"
)
"""Words of which names of tools and parameters are made, for their pieces alone."""
NUMBERS = _split(
    "zero, one, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve, thirteen, fourteen, fifteen, sixteen,"
    "seventeen, eighteen, nineteen, twenty"
)


FRAGMENTS = [w.lower() for w in NAMES + CITIES + THINGS + ANIMALS + ADJECTIVES + NOUNS + VERBS + SPELLED + JOBS + LANGUAGES + COMPANIES + PARTS if w.isalpha()]


def invented(rng):
    """A word that is in no list, made of pieces of others: only copying gets it right."""
    parts = []
    for _ in range(rng.choice([1, 2, 2, 3])):
        word = rng.choice(FRAGMENTS)
        length = rng.randint(2, 6)
        at = rng.randint(0, max(0, len(word) - length))
        parts.append(word[at : at + length])
    if rng.random() < 0.25:
        parts.insert(rng.randint(0, len(parts)), "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randint(1, 3))))
    return "".join(parts)


def one_of(rng, words, share=0.2):
    """One of the words, or now and then an invented one in its place."""
    if rng.random() >= share:
        return rng.choice(words)
    word = invented(rng)
    return capital(word) if words[0][:1].isupper() else word


def a(word):
    """The word after its article."""
    return f"{'an' if word[0] in 'aeiou' or word.startswith('honest') else 'a'} {word}"


def plural(noun, count=2):
    """A noun after a count."""
    if count == 1:
        return noun
    irregular = {"leaf": "leaves", "potato": "potatoes", "tomato": "tomatoes", "box": "boxes", "brush": "brushes"}
    return irregular.get(noun) or (noun[:-1] + "ies" if noun.endswith("y") else noun + "s")


def join(words, last="and"):
    """Words as they stand in a sentence: a, b and c."""
    words = list(words)
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + f" {last} " + words[-1]


def capital(text):
    """The text with a great first letter."""
    return text[:1].upper() + text[1:]


def phrase(rng):
    """A short sentence without an end mark, almost never the same."""
    forms = [
        lambda: f"the {rng.choice(ADJECTIVES)} {rng.choice(ANIMALS)} {rng.choice(VERBS)} the {rng.choice(NOUNS)}",
        lambda: f"{rng.choice(NAMES)} {rng.choice(VERBS)} {a(rng.choice(ADJECTIVES))} {rng.choice(NOUNS)}",
        lambda: f"the {rng.choice(NOUNS)} is {rng.choice(ADJECTIVES)} and {rng.choice(ADJECTIVES)}",
        lambda: f"meet {rng.choice(NAMES)} at the {rng.choice(NOUNS)} on {rng.choice(DAYS)}",
        lambda: f"buy {rng.randint(2, 30)} {plural(rng.choice(THINGS))} for {rng.choice(NAMES)}",
        lambda: f"{rng.choice(ADJECTIVES)} {rng.choice(NOUNS)}",
        lambda: f"call {rng.choice(NAMES)} about the {rng.choice(ADJECTIVES)} {rng.choice(NOUNS)}",
    ]
    text = rng.choice(forms)()
    if rng.random() < 0.2:
        words = text.split(" ")
        words[rng.randrange(len(words))] = invented(rng)
        text = " ".join(words)
    return text


def code(rng):
    """A mark of letters and digits, such as QX-4810."""
    letters = "".join(rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(rng.randint(1, 3)))
    return f"{letters}-{rng.randint(10, 9999)}"


def date(rng):
    """A day in the form 2026-03-14."""
    return f"{rng.randint(2020, 2031)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"


def clock(rng):
    """A time of day in the form 14:05."""
    return f"{rng.randint(0, 23):02}:{rng.choice([0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55]):02}"


def email(rng):
    """An address at a reserved domain."""
    return f"{rng.choice(NAMES).lower()}.{rng.choice(NOUNS)}@example.{rng.choice(['com', 'org', 'net'])}"


def path(rng):
    """The name of a file."""
    return f"{rng.choice(NOUNS)}/{rng.choice(ADJECTIVES)}_{rng.choice(NOUNS)}.{rng.choice(['txt', 'md', 'csv', 'json'])}"
