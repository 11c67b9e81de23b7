"""Tools as data: what they take, how people ask for them, what they return, how the return is told.

A tool is written in lines: its name and description; its parameters as `name:slot:description`, with a
`?` after the slot where it may be left out; sentences that ask for it, with the parameters in braces,
the optional part in square brackets; what it returns as `field:slot`; the sentence that tells it.
"""

import re
from dataclasses import dataclass

from .words import (
    ADJECTIVES, CITIES, COLOURS, DAYS, FRAGMENTS, LANGUAGES, NAMES, NOUNS, THINGS, capital, clock, code, date, email, invented, one_of, path, phrase, plural,
)

SLOTS = {
    "city": ("string", lambda r: one_of(r, CITIES)),
    "person": ("string", lambda r: one_of(r, NAMES)),
    "thing": ("string", lambda r: one_of(r, THINGS)),
    "noun": ("string", lambda r: one_of(r, NOUNS)),
    "phrase": ("string", phrase),
    "language": ("string", lambda r: r.choice(LANGUAGES)),
    "date": ("string", date),
    "day": ("string", lambda r: r.choice(DAYS)),
    "time": ("string", clock),
    "email": ("string", email),
    "path": ("string", path),
    "code": ("string", code),
    "colour": ("string", lambda r: r.choice(COLOURS)),
    "count": ("integer", lambda r: r.randint(1, 20)),
    "number": ("integer", lambda r: r.randint(0, 9999)),
    "amount": ("number", lambda r: r.choice([r.randint(1, 900), r.randint(100, 99999) / 100])),
    "degrees": ("integer", lambda r: r.randint(-15, 40)),
    "minutes": ("integer", lambda r: r.choice([5, 10, 15, 20, 25, 30, 45, 60, 90])),
    "percent": ("integer", lambda r: r.randint(0, 100)),
    "flag": ("boolean", lambda r: r.random() < 0.5),
    "unit": (["celsius", "fahrenheit"], None),
    "level": (["low", "medium", "high"], None),
    "money": (["EUR", "USD", "GBP", "JPY", "CHF"], None),
    "room": (["kitchen", "bedroom", "bathroom", "office", "hall", "garage"], None),
    "state": (["on", "off"], None),
    "sky": (["sunny", "cloudy", "rainy", "windy", "snowy", "foggy"], None),
    "names": ("array", lambda r: r.sample(NAMES, r.randint(1, 3))),
    "things": ("array", lambda r: [plural(t) for t in r.sample(THINGS, r.randint(1, 4))] + [invented(r)] * (r.random() < 0.2)),
    "sum": ("string", lambda r: f"{r.randint(2, 999)} {r.choice('+-*')} {r.randint(2, 99)}"),
}

WRITTEN = """
get_weather|Get the current weather of a city
city:city:The city|unit:unit?:Unit of the temperature
What is the weather in {city}[ in {unit}]?/How is the weather in {city}[ in {unit}]?/Is it warm in {city}[ (use {unit})]?/What's the weather like in {city}[, in {unit}]?/weather in {city}[, {unit}]/Tell me the weather for {city}[ in {unit}].
temperature:degrees|condition:sky
It is {temperature} degrees and {condition} in {city}.
---
get_time|Get the local time of a city
city:city:The city
What time is it in {city}?/Tell me the time in {city}./Current time in {city}?
time:time
It is {time} in {city}.
---
calculate|Evaluate an arithmetic expression
expression:sum:The expression
Use the calculator for {expression}./Calculate {expression} with the tool./What is {expression}? Use the tool.
result:number
The calculator says {result}.
---
send_email|Send an email
to:email:Address|subject:phrase:Subject line
Send an email to {to} with the subject "{subject}"./Email {to}, subject: {subject}/Write to {to} about "{subject}".
id:code
The email to {to} is sent. Its id is {id}.
---
send_message|Send a text message to a person
person:person:Who gets it|text:phrase:What it says
Send {person} a message: {text}/Text {person} "{text}"./Tell {person} by message: {text}
delivered:time
The message to {person} was delivered at {delivered}.
---
set_timer|Start a timer
minutes:minutes:Length in minutes|label:noun?:A name for it
Set a timer for {minutes} minutes[ called {label}]./Start a {minutes} minute timer[ named {label}]./timer {minutes} minutes[, label {label}]
ends:time
The timer runs until {ends}.
---
create_event|Add an event to the calendar
title:phrase:What it is|date:date:The day|time:time?:When it starts
Add "{title}" to my calendar on {date}[ at {time}]./Create an event "{title}" for {date}[ at {time}]./Put "{title}" in the calendar, {date}[, {time}].
id:code
The event is in the calendar on {date}. Its id is {id}.
---
list_events|List the events of a day
date:date:The day
What is in my calendar on {date}?/List my events for {date}./Do I have anything on {date}?
count:count|first:phrase
There are {count} events on {date}. The first is: {first}.
---
search_web|Search the web
query:phrase:What to look for|limit:count?:Most results
Search the web for "{query}"[ and show {limit} results]./Look up "{query}" online[, {limit} results]./Find pages about "{query}"[, at most {limit}].
found:number
The search found {found} pages.
---
translate|Translate a text
text:phrase:The text|language:language:The language to translate to
Translate "{text}" to {language}./How do you say "{text}" in {language}?/Put "{text}" into {language}.
quality:percent
The text is translated to {language} with a quality of {quality} percent.
---
convert_currency|Convert an amount of money
amount:amount:How much|source:money:From this currency|target:money:To this currency
Convert {amount} {source} to {target}./How much is {amount} {source} in {target}?/{amount} {source} in {target}?
value:amount
{amount} {source} are {value} {target}.
---
get_stock_price|Get the price of a share
symbol:code:The symbol
What is the price of {symbol}?/How much is a share of {symbol}?/Look up the share {symbol}.
price:amount
A share of {symbol} costs {price}.
---
read_file|Read a file
path:path:The file|lines:count?:How many lines
Read the file {path}[, {lines} lines]./Show me {path}[, first {lines} lines]./Open {path}[ and show {lines} lines].
text:phrase
The file {path} says: {text}.
---
write_file|Write a text to a file
path:path:The file|text:phrase:What to write
Write "{text}" to {path}./Save "{text}" in the file {path}./Put the text "{text}" into {path}.
size:number
The file {path} is written, {size} bytes.
---
delete_file|Delete a file
path:path:The file
Delete {path}./Remove the file {path}./Please delete the file {path}.
deleted:flag
The tool returned deleted = {deleted}.
---
set_light|Switch the light of a room
room:room:The room|state:state:On or off|brightness:percent?:Percent
Turn {state} the light in the {room}[ at {brightness} percent]./Switch the {room} light {state}[, brightness {brightness}]./Light {state} in the {room}[ with {brightness} percent].
room:room|power:number
The light in the {room} is now {state}.
---
set_temperature|Set the heating of a room
room:room:The room|degrees:degrees:Target
Set the {room} to {degrees} degrees./Heat the {room} to {degrees}./Make it {degrees} degrees in the {room}.
reached:time
The {room} will have {degrees} degrees at {reached}.
---
add_to_list|Add items to a list
items:things:What to add|list:noun:Name of the list
Add {items} to my {list} list./Put {items} on the {list} list.
total:count
The {list} list now has {total} items.
---
book_table|Book a table at a restaurant
restaurant:noun:The restaurant|people:count:How many|time:time:When
Book a table for {people} at {restaurant} at {time}./Reserve {restaurant} for {people} people at {time}./Table for {people}, restaurant {restaurant}, {time}.
number:code
The table at {restaurant} is booked. The number is {number}.
---
find_flight|Find a flight
origin:city:From|destination:city:To|date:date:The day
Find a flight from {origin} to {destination} on {date}./I want to fly from {origin} to {destination} on {date}./Flights {origin} to {destination}, {date}
flight:code|price:amount
Flight {flight} from {origin} to {destination} costs {price}.
---
get_order|Get the state of an order
order:code:Its number
Where is my order {order}?/What is the state of order {order}?/Check order {order}.
arrives:date
Order {order} arrives on {arrives}.
---
create_ticket|Open a support ticket
title:phrase:What is wrong|priority:level:How urgent
Open a ticket "{title}" with {priority} priority./Create a {priority} priority ticket: {title}/File "{title}" as a ticket, priority {priority}.
id:code
The ticket {id} is open.
---
invite|Invite people to a meeting
people:names:Who|day:day:When
Invite {people} for {day}./Ask {people} to meet on {day}.
sent:count
I sent {sent} invitations for {day}.
---
play_music|Play music
artist:person:Who plays|volume:percent?:Percent
Play something by {artist}[ at {volume} percent]./Play {artist}[, volume {volume}]./I want to hear {artist}[ at volume {volume}].
track:phrase
Now playing: {track}.
---
roll_dice|Roll dice
count:count:How many dice|sides:count:Sides of each
Roll {count} dice with {sides} sides./Throw {count} dice of {sides} sides.
total:number
The dice show {total} in total.
---
get_user|Get the data of a user
id:number:Number of the user
Who is user {id}?/Get user {id}./Look up the user with the id {id}.
name:person|email:email
User {id} is {name}, {email}.
"""


@dataclass(frozen=True)
class Tool:
    """One tool; slots by name of parameter."""

    name: str
    description: str
    parameters: tuple
    """(name, slot, optional, description) of each."""
    asks: tuple
    returns: tuple
    """(field, slot) of each."""
    tells: str

    def schema(self, rng):
        """What a request says about the tool; some say less."""
        properties = {}
        for name, slot, _, text in self.parameters:
            kind = SLOTS[slot][0]
            shape = {"type": "string", "enum": list(kind)} if isinstance(kind, list) else {"type": kind}
            if kind == "array":
                shape["items"] = {"type": "string"}
            if text and rng.random() < 0.8:
                shape["description"] = text
            properties[name] = shape
        required = [name for name, _, optional, _ in self.parameters if not optional]
        function = {"name": self.name, "description": self.description, "parameters": {"type": "object", "properties": properties, "required": required}}
        return {"type": "function", "function": function}


def draw(rng, slot):
    """A value of a slot."""
    kind, make = SLOTS[slot]
    return rng.choice(kind) if isinstance(kind, list) else make(rng)


def _parameter(text):
    name, slot, words = text.split(":")
    return name, slot.rstrip("?"), slot.endswith("?"), words


def _parse(block):
    head, parameters, asks, returns, tells = block.strip().split("\n")
    name, description = head.split("|")
    fields = tuple(tuple(f.split(":")) for f in returns.split("|"))
    return Tool(name, description, tuple(_parameter(p) for p in parameters.split("|")), tuple(asks.split("/")), fields, tells)


WRITTEN_TOOLS = [_parse(block) for block in WRITTEN.split("---")]

MADE_VERBS = [
    "create", "update", "find", "check", "archive", "reserve", "cancel", "approve", "export", "assign", "lookup", "register", "remove", "start",
    "stop", "print", "order", "report", "track", "rename", "schedule", "measure", "load", "store", "count", "share", "lock", "open", "close", "test",
]
MADE_PARTS = {
    "city": ["city", "place", "location", "town", "origin"], "person": ["name", "owner", "person", "user", "author", "customer"],
    "phrase": ["text", "note", "title", "comment", "message", "reason"], "date": ["date", "day", "deadline", "start_date", "due"],
    "time": ["time", "hour", "at", "start"], "code": ["code", "number", "reference", "serial", "key"], "count": ["count", "quantity", "amount", "limit", "size"],
    "number": ["id", "index", "year", "version", "port"], "flag": ["urgent", "public", "force", "active"], "level": ["priority", "level", "risk"],
    "colour": ["colour", "paint", "theme"], "email": ["email", "contact", "address"], "path": ["path", "file", "source", "target"],
    "thing": ["item", "part", "product", "object"], "percent": ["percent", "share", "rate", "volume"], "amount": ["price", "value", "weight", "cost"],
}


UNSEEN_VERBS = ["audit", "freeze", "merge", "polish", "split", "launch", "verify", "donate"]
UNSEEN_PARTS = {
    "city": ["region", "district"], "person": ["buyer", "manager"], "phrase": ["remark", "headline"], "date": ["since", "expires"], "code": ["tag", "licence"],
    "count": ["copies", "steps"], "number": ["room_number", "level_id"], "colour": ["tint"], "path": ["folder", "document"], "percent": ["ratio", "progress"],
}
"""Names that are drawn for the held-out test of tools alone."""


def renamed(rng, tool):
    """The tool under other names, so that its schema has to be read."""
    names = {name: name for name, _, _, _ in tool.parameters}
    for name, slot, _, _ in tool.parameters:
        if rng.random() < 0.5:
            other = rng.choice(MADE_PARTS.get(slot, [slot]) + [invented(rng), rng.choice(NOUNS)])
            names[name] = other if other not in names.values() else name
    verb, _, rest = tool.name.partition("_")
    title = rng.choice([tool.name, tool.name, f"{rng.choice(MADE_VERBS + ['fetch', 'query', 'run', 'do'])}_{rest or verb}", f"{verb}{capital(rest)}", f"{invented(rng)}_{rest or verb}"])

    def put(text):
        return re.sub(r"\{(\w+)\}", lambda m: f"{{{names.get(m.group(1), m.group(1))}}}", text)

    return Tool(
        title, tool.description, tuple((names[n], *more) for n, *more in tool.parameters), tuple(map(put, tool.asks)),
        tuple((names.get(n, n), slot) for n, slot in tool.returns), put(tool.tells),
    )


def made(rng, verbs=MADE_VERBS, parts=MADE_PARTS):
    """A tool that nobody wrote: its name and parameters are drawn, so that only its schema tells how to call it."""
    verb, noun = rng.choice(verbs), rng.choice(NOUNS + THINGS)
    slots = rng.sample(list(parts), rng.randint(1, 4))
    names = [rng.choice(parts[slot]) for slot in slots]
    if parts is MADE_PARTS and rng.random() < 0.7:
        verb = rng.choice([invented(rng), invented(rng), rng.choice(FRAGMENTS)])
        noun = one_of(rng, NOUNS, 0.4)
        names = [rng.choice([name, invented(rng), rng.choice(FRAGMENTS), f"{one_of(rng, ADJECTIVES, 0.5)}_{name}", f"{name}_{invented(rng)}"]) for name in names]
    if len(set(names)) < len(names):
        names = [f"{name}_{at}" for at, name in enumerate(names)]
    parameters = tuple((n, s, False, capital(n.replace("_", " ")) + f" of the {noun}") for n, s in zip(names, slots))
    said = [f"the {n.replace('_', ' ')} {{{n}}}" for n in names]
    words = said[0] if len(said) == 1 else ", ".join(said[:-1]) + " and " + said[-1]
    plain = ", ".join(f"{n.replace('_', ' ')} {{{n}}}" for n in names)
    asks = (f"{capital(verb)} the {noun} with {words}.", f"Please {verb} a {noun}: {plain}.", f"{verb} {noun}, {plain}", f"Can you {verb} the {noun}? {capital(plain)}.")
    field, slot = rng.choice([("id", "code"), ("result", "number"), ("done", "time"), ("total", "count"), ("owner", "person"), ("date", "date")])
    style = rng.choice([f"{verb}_{noun}", f"{verb}_{noun}", f"{noun}_{verb}", f"{verb}{capital(noun)}"])
    returns = rng.choice([((field, slot),), (("status", "state"), (field, slot))])
    return Tool(style, f"{capital(verb)} a {noun}", parameters, asks, returns, f"The {field} is {{{field}}}.")


