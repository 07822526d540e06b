"""Openings of encyclopedia sentences: 500 prompts of five words, fifty of each of ten topics.

    python studies/openings.py > studies/strings/openings.jsonl

Sentences are filled templates, and the first five words of each are kept, as the paper keeps those of Wikipedia's.
People, villages, clubs and companies are invented. An id says the topic, `science-007`: what follows an opening of
the topics of `NOWHERE` has no reason to name a place, and what follows one of `NOBODY` none to name a person.
"""

import json
import random

NOWHERE = ("body", "machine", "science")
NOBODY = ("animal", "body", "machine", "place", "plant", "science")
PER_TOPIC = 50

SLOTS = {
    "first": "Anna Peter Lena Marek Ruth Tomas Clara Henrik Nadia Oscar Elsa Viktor Mina Jonas Irene Pavel".split(),
    "last": "Lindqvist Novotny Hartwell Okafor Brandt Marsh Tanaka Ferrer Olsen Whitcombe Kovac Adler Rossi".split(),
    "people": "Swedish Scottish Hungarian Canadian Polish Dutch Japanese Brazilian Irish Austrian".split(),
    "job": "painter physicist composer politician novelist botanist architect sculptor".split(),
    "village": "Torvik Aldermoor Hexley Brunnau Castelvero Lomnice Eastmere Valdosa Kirkholm Sandvale".split(),
    "river": "Alder Wend Tarn Morava Isk Calder Lune Senna".split(),
    "thing": "church bridge station castle museum library lighthouse school".split(),
    "year": "1794 1816 1843 1871 1889 1902 1919 1934 1951 1968".split(),
    "event": "battle siege treaty election strike festival trial flood".split(),
    "mark": "spotted grey striped dwarf crested long-tailed marsh northern".split(),
    "animal": "frog owl lizard beetle bat heron squirrel moth".split(),
    "genus": "Caloria Naretia Pelusa Tomarca Lixella Ardena Vespula Corinna".split(),
    "plant": "fern orchid clover lily sedge willow thistle moss".split(),
    "part": "leaves flowers roots seeds stems fruits".split(),
    "work": "film novel album opera play song".split(),
    "title": "Harvest Lanterns Winterlight Driftwood Echoes Salt Thursday Undertow".split(),
    "club": "Rovers Wanderers Athletic United Albion Rangers".split(),
    "sport": "football hockey cricket rugby tennis handball".split(),
    "field": "chemistry physics mathematics geometry statistics optics".split(),
    "idea": "molecule group lattice resonance gradient polygon catalyst theorem".split(),
    "quantity": "energy pressure temperature momentum density charge".split(),
    "organ": "liver kidney heart lung spleen stomach".split(),
    "tissue": "muscle nerve artery bone gland tendon".split(),
    "illness": "anemia asthma migraine measles arthritis pneumonia".split(),
    "machine": "engine pump turbine printer telescope camera loom lathe".split(),
    "metal": "steel copper brass aluminium iron titanium".split(),
    "count": "two three four six eight twelve".split(),
}

TEMPLATES = {
    "place": ["{village} is a village in the", "The {river} River flows through", "The {thing} of {village} was built",
              "{village} lies on the river", "In {year} the {thing} in {village}", "The population of {village} was"],
    "person": ["{first} {last} was a {people}", "Born in {year}, {first} {last}", "{first} {last} studied at the",
               "The {people} {job} {first} {last}", "In {year} {first} {last} became"],
    "event": ["The {event} of {year} was", "The {event} began in {year}", "During the {event} of {year}",
              "After the {event} in {year},", "The {event} took place near {village}"],
    "animal": ["The {mark} {animal} is a", "{genus} is a genus of {animal}s", "Adults of the {mark} {animal}",
               "The {mark} {animal} feeds on", "Like other {animal}s, the {mark}"],
    "plant": ["The {mark} {plant} is a", "{genus} is a species of {plant}", "The {part} of the {plant}",
              "The {mark} {plant} has small", "Its {part} are eaten by"],
    "work": ["{title} was the first {work}", "The {work} {title} was released", "The {work} stars {first} {last}",
             "{title} is the second {work}", "The {work} tells the story"],
    "sport": ["The {club} played their first", "{first} {last} played professional {sport}",
              "The {year} season of the", "In {sport}, a player is", "The {sport} club was founded"],
    "science": ["In {field}, a {idea} is", "The {quantity} of a gas", "A {idea} is said to",
                "The {quantity} is measured in units", "In {field}, the {quantity} of", "Every {idea} has at least"],
    "body": ["The {organ} is an organ", "The {tissue} connects to the", "Symptoms of {illness} include a",
             "In {illness}, the {organ} is", "The {organ} receives blood from", "Treatment of {illness} depends on"],
    "machine": ["The {machine} was made of {metal}", "A {machine} with {count} parts", "The {machine} has {count} moving",
                "Most {machine}s are made of", "The {machine} works by turning", "Early {machine}s used {metal} parts"],
}


def openings():
    """[(id, prompt)], 50 of each topic: no prompt twice, all of five words."""
    source = random.Random(2411)
    seen, made = set(), []
    for topic, templates in TEMPLATES.items():
        for number in range(PER_TOPIC):
            prompt = _fresh(source, templates[number % len(templates)], templates, seen)
            seen.add(prompt)
            made.append((f"{topic}-{number:03d}", prompt))
    source.shuffle(made)  # so that the first ones are of all topics
    return made


def _fresh(source, template, templates, seen):
    """A filling that is not there yet; another template where this one is used up."""
    for attempt in range(2000):
        slots = {name: source.choice(words) for name, words in SLOTS.items()}
        text = (template if attempt < 200 else source.choice(templates)).format(**slots)
        prompt = " ".join(text.split()[:5])
        if prompt not in seen and len(prompt.split()) == 5:
            return prompt
    raise ValueError(f"expected {PER_TOPIC} openings of {templates[0]!r}, got fewer; add words")


if __name__ == "__main__":
    for name, prompt in openings():
        print(json.dumps({"id": name, "prompt": prompt}))
