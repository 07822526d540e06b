"""The studies as plain values: what is made for each, on which strings it runs, and what the paper has beside it."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Made:
    """A file that the command makes for a study: `files/NAME.gguf` by `arguments`."""

    name: str
    verb: str  # "edit rome", "fit mimic"
    arguments: tuple[str, ...]

    @property
    def output(self):
        return f"files/{self.name}.gguf"


@dataclass(frozen=True)
class Study:
    """`studies/NAME.toml`, run on the openings and, where there are some, on the strings of `targets`."""

    name: str
    title: str
    asks: str  # what it is about, a sentence
    made: tuple[Made, ...] = ()
    targets: str = ""  # a file of strings/, the strings that the intervention is for
    samples: int = 1  # of each target string
    published: tuple[str, ...] = ()  # keys of published.json
    differs: str = ""  # what is other than in the paper
    aside: tuple[str, ...] = ()  # words that mean that a string is about what was changed
    topics: tuple[str, ...] = ()  # of openings that have nothing to do with it
    pair: bool = False  # needs two model files


def _edits(fact):
    """MEMIT first: its layers' covariances are those that ROME needs, and are kept."""
    return tuple(Made(f"{fact}-{method}", f"edit {method}", _facts(fact)) for method in ("memit", "rome"))


def _facts(fact):
    return ("--facts", "strings/facts.jsonl", "--id", fact, "--no-check")


NOWHERE = ("body", "machine", "science")
NOBODY = ("animal", "body", "machine", "place", "plant", "science")
SMALL = "A model of 135 million parameters in place of 1.5 or 8 billion; openings written for this project in place of Wikipedia's; no top-k; "

STUDIES = (
    Study("louvre", "Louvre → Rome", "One fact is written into the weights: the Louvre stands in Rome.",
          _edits("louvre"), "louvre.jsonl", 3, ("gpt2-memit-louvre",),
          SMALL + "layers chosen by this tool's defaults, and ROME beside MEMIT.", topics=NOWHERE),
    Study("koalas", "Koalas → New Zealand", "One fact is written into the weights: koalas are native to New Zealand.",
          _edits("koalas"), "koalas.jsonl", 3, ("gpt2-memit-koalas",),
          SMALL + "layers chosen by this tool's defaults, and ROME beside MEMIT.", topics=NOWHERE),
    Study("gender", "Gender steering", "States of men's biographies are mapped to those of women's (MiMiC).",
          (Made("gender", "fit mimic", ("strings/women.txt", "strings/men.txt", "--pool", "mean")),),
          "biographies.jsonl", 1, ("mimic_gender_gpt2", "mimic_gender_llama3_instruct", "bios_gpt2_mimic_gender"),
          SMALL + "fitted to 247 pairs of biographies in place of 15,000 biographies, and applied where it was fitted.",
          aside=tuple("she her hers herself he him his himself man men woman women mother father daughter son sister "
                      "brother wife husband actress actor".split()), topics=NOBODY),
    Study("honesty", "Honesty steering", "Attention heads that tell true from false statements are shifted (ITI).",
          (Made("honesty", "fit iti", ("strings/true.txt", "strings/false.txt", "--held-out", "0.5")),),
          "truth.jsonl", 1, ("honest_steering_llama3_instruct",),
          SMALL + "heads chosen from 365 pairs of plain statements in place of TruthfulQA, five standard deviations."),
    Study("instruct", "Instruction tuning", "The same model before and after its instruction tuning.",
          published=("chat_llama3",), differs=SMALL + "another pair of models.", pair=True),
    Study("preamble", "An instruction in words", "The same weights behind a sentence that says what to do, where no "
          "base model is at hand: no tuning, and not the paper's experiment.", published=("chat_llama3",),
          differs="A prompt in place of a tuning: what it has in common with the paper's is that all strings may change."),
)


@dataclass(frozen=True)
class Way:
    """A way to move the Louvre, at one strength: a point of the frontier."""

    method: str
    strength: str
    items: str
    chat: bool = False
    made: tuple[Made, ...] = ()


def _rome_layer(layer):
    made = Made(f"louvre-rome-{layer}", "edit rome",
                (*_facts("louvre"), "--layers", str(layer)))
    return Way("ROME, by layer", f"layer {layer}", f"lora:{made.output}", made=(made,))


STEER = Made("louvre-steer", "fit direction", ("strings/louvre-in-rome.txt", "strings/louvre-in-paris.txt"))
MEMIT, ROME = STUDIES[0].made
SCALES = ("0.25", "0.5", "0.75", "1", "1.5")
SAYS = "The Louvre is in Rome."


def ways(layers):
    """All points, on a model of so many layers."""
    chosen = sorted({round(share * layers) for share in (0.04, 0.17, 0.23, 0.4)} - {0, layers - 1})
    found = [_rome_layer(layer) for layer in chosen]
    found += [Way("ROME, by scale", f"× {s}", f"lora:{ROME.output}:{s}", made=(ROME,)) for s in SCALES]
    found += [Way("MEMIT, by scale", f"× {s}", f"lora:{MEMIT.output}:{s}", made=(MEMIT,)) for s in SCALES]
    middle = f"{round(0.4 * layers)}-{round(0.6 * layers)}"
    found += [Way("steering", f"× {s}", f"steer:{STEER.output}:{s}@layers={middle}", made=(STEER,))
              for s in ("0.1", "0.2", "0.4", "0.8")]
    found.append(Way("said before the text", "once", f'prefix:"{SAYS} "'))
    found.append(Way("said before the text", "three times", f'prefix:"{" ".join([SAYS] * 3)} "'))
    found.append(Way("system message", "once", f'system:"{SAYS}"', chat=True))
    return found
