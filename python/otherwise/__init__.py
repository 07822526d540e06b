"""What would this language model have written otherwise?

Counterfactual strings of language models, and their exact laws.
"""

from otherwise import coupling, noise
from otherwise._otherwise import version as __version__
from otherwise.coupling import Prefix, prefix
from otherwise.coupling import stay_of_probabilities as stay
from otherwise.errors import Error, Misuse
from otherwise.noise import Finish, hindsight, race

__all__ = [
    "Error",
    "Finish",
    "Misuse",
    "Prefix",
    "__version__",
    "coupling",
    "hindsight",
    "noise",
    "prefix",
    "race",
    "stay",
]
