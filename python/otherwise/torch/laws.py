"""The exact law of what would have stayed in PyTorch's worlds, without sampling."""

from typing import Any

from otherwise import _otherwise
from otherwise._process import working
from otherwise._progress import listening
from otherwise.errors import Interrupted, misuse
from otherwise.law_results import Laws
from otherwise.log import warn
from otherwise.torch.opened import asked, opened

__all__ = ["law"]

_OF_RUNS = ("independent", "stop_at_divergence", "target", "off_target", "law")


def law(model: Any, worlds: Any, tokenizer: Any, strings: Any, *, agreement: bool = False, exact: bool = False,
        progress: Any = None, **settings: Any) -> Laws:
    """What would have stayed in other worlds, exactly: by teacher forcing, without sampling.

    Arguments are those of `run`; `agreement` also gives the exact coupled agreement of the laws, which is slower.
    Returns the `Laws` of `otherwise.law`.
    """
    for name in _OF_RUNS:
        if settings.get(name) is not None:
            raise misuse("a setting of a law", f"`{name}`, which only a run has")
    ask = asked(model, worlds, strings, settings)
    ready = opened(ask, tokenizer, exact, identities=False)
    with listening(progress) as listener, working(None):
        update = None if listener is None else lambda done, total: listener("strings", done, total)
        text, rows, pieces, doubts, interrupted = _otherwise.guest_law(ready.guest, ready.work, agreement, update)
    laws = Laws(text, rows, pieces, doubts, interrupted)
    said = " ".join(laws.doubts)
    laws.doubts += [f"WARNING: world '{name}' changed nothing: its logits are the factual ones"
                    for name in ready.idle if f"'{name}'" not in said]
    for line in laws.doubts:
        warn(line)
    if interrupted:
        raise Interrupted(laws)
    return laws
