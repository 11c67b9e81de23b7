"""Sums, differences, products, quotients and small problems, with every step shown."""

from .exchange import Exchange
from .words import DAYS, MONTHS, NAMES, THINGS, plural

PLACES = ["ones", "tens", "hundreds", "thousands", "ten thousands"]


def _digits(number):
    return [int(d) for d in reversed(str(number))]


def add_steps(a, b):
    """Addition place by place."""
    x, y = _digits(a), _digits(b)
    parts, carry = [], 0
    for at in range(max(len(x), len(y))):
        p, q = (x[at] if at < len(x) else 0), (y[at] if at < len(y) else 0)
        total = p + q + carry
        terms = f"{p} + {q}" + (" + 1" if carry else "")
        carry = total // 10
        parts.append(f"{PLACES[at]}: {terms} = {total}, write {total % 10}" + (", carry 1" if carry else ""))
    if carry:
        parts.append("write the carried 1")
    return "; ".join(parts) + f". That makes {a + b}."


def subtract_steps(a, b):
    """Subtraction place by place, for a >= b."""
    x, y = _digits(a), _digits(b)
    parts, borrow = [], 0
    for at in range(len(x)):
        p, q = x[at], (y[at] if at < len(y) else 0)
        terms = f"{p} - {q}" + (" - 1" if borrow else "")
        value = p - q - borrow
        borrow = int(value < 0)
        if borrow:
            parts.append(f"{PLACES[at]}: {terms} is below 0, borrow 10, write {value + 10}")
        else:
            parts.append(f"{PLACES[at]}: {terms} = {value}, write {value}")
    return "; ".join(parts) + f". That makes {a - b}."


def multiply_steps(a, b):
    """Products with the places of the first factor, then with those of the second."""

    def by_digit(number, digit):
        places = [int(d) * 10**at for at, d in enumerate(reversed(str(number))) if d != "0"][::-1]
        if len(places) <= 1:
            return f"{number} * {digit} = {number * digit}", number * digit
        parts = [f"{place} * {digit} = {place * digit}" for place in places]
        total = places[0] * digit
        for place in places[1:]:
            parts.append(f"{total} + {place * digit} = {total + place * digit}")
            total += place * digit
        return "; ".join(parts), total

    if b < 10:
        text, total = by_digit(a, b)
        return f"{text}. That makes {total}."
    tens, ones = b // 10, b % 10
    first, high = by_digit(a, tens)
    text = f"{b} is {tens * 10} + {ones}. {first}; so {a} * {tens * 10} = {high * 10}"
    if ones == 0:
        return f"{text}. That makes {a * b}."
    second, low = by_digit(a, ones)
    return f"{text}. {second}. {high * 10} + {low} = {a * b}. That makes {a * b}."


def divide_steps(a, b):
    """Long division, digit by digit."""
    parts, rest, quotient = [], 0, ""
    for digit in str(a):
        value = rest * 10 + int(digit)
        if not quotient and value < b and len(quotient) + len(parts) < len(str(a)) - 1:
            parts.append(f"{value} is below {b}")
            rest = value
            continue
        quotient += str(value // b)
        parts.append(f"{value} / {b} = {value // b} rest {value % b}")
        rest = value % b
    return "; ".join(parts) + f". That makes {a // b}" + (f" rest {a % b}." if a % b else ".")


def _ask(rng, a, sign, b):
    word = {"+": "plus", "-": "minus", "*": "times", "/": "divided by"}[sign]
    shown = rng.choice([sign, sign, "x"]) if sign == "*" else sign
    text = rng.choice([f"{a} {shown} {b}", f"{a} {shown} {b}", f"{a} {word} {b}"] + ([f"{a}{shown}{b}"] if shown != "x" else []))
    forms = [
        "What is {}?", "Calculate {}.", "How much is {}?", "{} = ?", "{}", "Please work out {}.", "Compute {}", "what's {}?",
        "Can you tell me what {} is?", "{}?", "What does {} make?", "I need the result of {}.",
    ]
    return rng.choice(forms).format(text)


def _say(rng, a, sign, b, value):
    return rng.choice([f"{a} {sign} {b} = {value}", f"{a} {sign} {b} = {value}.", f"The answer is {value}.", f"It is {value}."])


def plain(rng):
    """Two numbers and a sign."""
    sign = rng.choice("++--**/")
    size = rng.choice([1, 2, 2, 3, 3, 4])
    a, b = rng.randint(0, 10**size - 1), rng.randint(0, 10 ** rng.randint(1, size) - 1)
    if rng.random() < 0.5:
        a, b = b, a
    if sign == "+":
        value, steps, easy = a + b, add_steps(a, b), max(a, b) < 100
    elif sign == "-":
        if a < b and rng.random() < 0.7:
            a, b = b, a
        easy = max(a, b) < 100
        value = a - b
        steps = subtract_steps(a, b) if a >= b else f"{b} is larger than {a}, so the result is negative. {subtract_steps(b, a)} So -{b - a}."
    elif sign == "*":
        a, b = rng.choice([(a % 1000, b % 10), (a % 100, b % 100), (a % 13, b % 13), (a % 100, b % 10)])
        value, easy = a * b, a <= 12 and b <= 12
        steps = f"{a} * {b} = {value}." if easy else multiply_steps(a, b)
    else:
        b = rng.randint(2, 12)
        a = rng.choice([b * rng.randint(1, 12), b * rng.randint(2, 99), b * rng.randint(2, 400), rng.randint(10, 999)])
        easy, steps = False, divide_steps(a, b)
        if a % b:
            answer = rng.choice([f"{a} / {b} = {a // b} rest {a % b}", f"It is {a // b} with a remainder of {a % b}."])
            return Exchange("arithmetic", _ask(rng, a, "/", b), answer, steps, False, str(a % b), True)
        value = a // b
    return Exchange("arithmetic", _ask(rng, a, sign, b), _say(rng, a, sign, b, value), steps, easy, str(value), True)


def expression(rng):
    """Three or four numbers, with brackets or without."""
    a, b, c, d = (rng.randint(2, 20) for _ in range(4))
    b2, c2 = rng.randint(2, 9), rng.randint(2, 9)
    text, steps, value = rng.choice([
        (f"({a} + {b}) * {c2}", f"{a} + {b} = {a + b}. {a + b} * {c2} = {(a + b) * c2}.", (a + b) * c2),
        (f"{a} + {b2} * {c2}", f"First the product: {b2} * {c2} = {b2 * c2}. {a} + {b2 * c2} = {a + b2 * c2}.", a + b2 * c2),
        (f"{b2} * {c2} - {a}", f"First the product: {b2} * {c2} = {b2 * c2}. {b2 * c2} - {a} = {b2 * c2 - a}.", b2 * c2 - a),
        (f"{a} + {b} + {c}", f"{a} + {b} = {a + b}. {a + b} + {c} = {a + b + c}.", a + b + c),
        (f"{a} + {b} + {c} + {d}", f"{a} + {b} = {a + b}. {a + b} + {c} = {a + b + c}. {a + b + c} + {d} = {a + b + c + d}.", a + b + c + d),
        (f"({a} + {b}) - {c}", f"{a} + {b} = {a + b}. {a + b} - {c} = {a + b - c}.", a + b - c),
    ])
    ask = rng.choice(["What is {}?", "Calculate {}.", "{} = ?", "Work out {}.", "How much is {}?"]).format(text)
    return Exchange("arithmetic", ask, rng.choice([f"{text} = {value}", f"The answer is {value}."]), steps, False, str(value), True)


def story(rng):
    """A problem in words."""
    who, other = rng.sample(NAMES, 2)
    thing = rng.choice(THINGS)
    many = plural(thing)
    a, b, c = rng.randint(5, 60), rng.randint(2, 30), rng.randint(2, 5)
    small, price = rng.randint(2, 12), rng.randint(2, 20)
    gone = rng.randint(1, a + b - 1)
    speed, hours = rng.choice([40, 50, 60, 70, 80, 90, 100, 120]), rng.randint(2, 9)
    share = rng.randint(2, 9)
    text, steps, value, unit = rng.choice([
        (f"{who} has {a} {many} and buys {b} more. How many {many} does {who} have now?", f"{a} + {b} = {a + b}.", a + b, many),
        (f"{who} has {a} {many}, finds {b} more and gives {gone} to {other}. How many {many} are left?",
         f"{a} + {b} = {a + b}. {a + b} - {gone} = {a + b - gone}.", a + b - gone, many),
        (f"One {thing} costs {price} dollars. How much do {small} {many} cost?", f"{small} * {price} = {small * price}.", small * price, "dollars"),
        (f"A train travels at {speed} km per hour for {hours} hours. How far does it go?", f"{speed} * {hours} = {speed * hours}.", speed * hours, "km"),
        (f"{who} shares {small * share} {many} equally among {share} friends. How many does each friend get?",
         f"{small * share} / {share} = {small}.", small, many),
        (f"{who} is {a} years old. {other} is {b} years older. How old is {other}?", f"{a} + {b} = {a + b}.", a + b, "years"),
        (f"There are {small} boxes with {price} {many} each, and {b} loose {many}. How many {many} are there?",
         f"{small} * {price} = {small * price}. {small * price} + {b} = {small * price + b}.", small * price + b, many),
        (f"{who} reads {small} pages a day. How many pages does {who} read in {c} weeks?",
         f"{c} weeks are {c * 7} days. {c * 7} * {small} = {c * 7 * small}.", c * 7 * small, "pages"),
    ])
    answer = rng.choice([f"The answer is {value} {unit}.", f"{value} {unit}.", f"It is {value} {unit}."])
    answer = f"The answer is {value}." if rng.random() < 0.2 else answer
    return Exchange("arithmetic", text, answer, steps, False, str(value), True)


def compare(rng):
    """Which of numbers is greatest, least, next, even."""
    size = rng.choice([10, 100, 1000, 10000])
    numbers = rng.sample(range(size), min(rng.randint(2, 5), size))
    shown = ", ".join(map(str, numbers))
    kind = rng.randrange(5)
    if kind == 0:
        word = rng.choice(["largest", "greatest", "biggest"])
        return Exchange("arithmetic", f"Which number is the {word}: {shown}?", f"The {word} number is {max(numbers)}.",
                        f"The numbers are {shown}. The {word} of them is {max(numbers)}.", True, str(max(numbers)), True)
    if kind == 1:
        return Exchange("arithmetic", f"Which number is the smallest: {shown}?", f"The smallest number is {min(numbers)}.",
                        f"The numbers are {shown}. The smallest of them is {min(numbers)}.", True, str(min(numbers)), True)
    if kind == 2:
        ordered = ", ".join(map(str, sorted(numbers)))
        return Exchange("arithmetic", f"Sort these numbers from small to large: {shown}", ordered,
                        f"From small to large: {ordered}.", True, ordered)
    if kind == 3:
        start, step = rng.randint(1, 50), rng.randint(1, 12)
        line = [start + step * at for at in range(5)]
        ask = rng.choice(["What comes next: {}, ...?", "Continue the sequence: {}", "Which number follows {}?"])
        return Exchange("arithmetic", ask.format(", ".join(map(str, line[:4]))), f"The next number is {line[4]}.",
                        f"The step is {line[1]} - {line[0]} = {step}. {line[3]} + {step} = {line[4]}.", False, str(line[4]), True)
    number = numbers[0]
    word = "even" if number % 2 == 0 else "odd"
    return Exchange("arithmetic", f"Is {number} even or odd?", f"{number} is {word}.", f"The last digit of {number} is {number % 10}, which is {word}.",
                    True, word)


def calendar(rng):
    """Days, months, hours and units."""
    kind = rng.randrange(5)
    if kind == 0:
        at, n = rng.randrange(7), rng.randint(1, 12)
        line = [DAYS[(at + i) % 7] for i in range(n + 1)]
        return Exchange("arithmetic", f"Today is {line[0]}. What day is it in {n} day{'s' if n > 1 else ''}?", f"It will be {line[-1]}.",
                        "; ".join(f"{i}: {line[i]}" for i in range(1, n + 1)) + ".", False, line[-1])
    if kind == 1:
        at = rng.randrange(12)
        after = rng.random() < 0.5
        other = MONTHS[(at + (1 if after else -1)) % 12]
        word = "after" if after else "before"
        return Exchange("arithmetic", f"Which month comes {word} {MONTHS[at]}?", f"{other} comes {word} {MONTHS[at]}.", f"The month {word} {MONTHS[at]} is {other}.", True, other)
    if kind == 2:
        big, small, factor = rng.choice([("hours", "minutes", 60), ("km", "m", 1000), ("kg", "g", 1000), ("days", "hours", 24), ("weeks", "days", 7),
                                         ("minutes", "seconds", 60), ("m", "cm", 100), ("dollars", "cents", 100), ("years", "months", 12)])
        n = rng.randint(2, 20)
        ask = rng.choice([f"How many {small} are {n} {big}?", f"Convert {n} {big} to {small}.", f"{n} {big} in {small}?"])
        return Exchange("arithmetic", ask, f"{n} {big} are {n * factor} {small}.", f"One of the {big} has {factor} {small}. {n} * {factor} = {n * factor}.", False, str(n * factor), True)
    h, m, plus = rng.randint(0, 20), rng.randrange(0, 60, 5), rng.randrange(5, 180, 5)
    total = h * 60 + m + plus
    end = f"{total // 60 % 24:02}:{total % 60:02}"
    hours, minutes = divmod(plus, 60)
    late = h + hours
    steps = f"{plus} minutes are {hours} hours and {minutes} minutes. {h:02}:{m:02} plus {hours} hours is {late % 24:02}:{m:02}. {m} + {minutes} = {m + minutes}"
    steps += f", which is 60 + {m + minutes - 60}, one hour more" if m + minutes >= 60 else ""
    return Exchange("arithmetic", f"It is {h:02}:{m:02}. What time is it in {plus} minutes?", f"It will be {end}.", f"{steps}. So {end}.", False, end)


def lesson(rng):
    """Any of the above."""
    return rng.choices([plain, expression, story, compare, calendar], [50, 10, 20, 10, 10])[0](rng)
