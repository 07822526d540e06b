"""A tiny random model and a tokenizer for it, made here: no hub, no weights."""

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

torch.set_num_threads(1)  # more of them only wait for each other in so small a model

TEXTS = ["The Louvre is in Paris, and the Prado is in Madrid.", "Once upon a time there was a small house by the sea.",
         "In the spring of 1911 a painting was stolen.", "My dog barks at night, and the cat sleeps all day."] * 3


def tokenizer():
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=320, special_tokens=["<end>"], show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    made.train_from_iterator(TEXTS, trainer)
    return transformers.PreTrainedTokenizerFast(tokenizer_object=made, eos_token="<end>", pad_token="<end>",
                                                padding_side="left")


def model(words, seed=0, kind="llama", layers=2):
    """Random weights, large enough that laws are neither flat nor certain."""
    common = {"vocab_size": len(words), "bos_token_id": None, "eos_token_id": words.eos_token_id,
              "pad_token_id": words.eos_token_id}
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": layers, "num_attention_heads": 4,
             "max_position_embeddings": 256}
    configs = {
        "llama": lambda: transformers.LlamaConfig(**common, **sizes, num_key_value_heads=2, initializer_range=0.4),
        "gpt2": lambda: transformers.GPT2Config(**common, n_embd=32, n_layer=layers, n_head=4, n_positions=256,
                                                initializer_range=0.4),
        "gemma3": lambda: transformers.Gemma3TextConfig(**common, **sizes, num_key_value_heads=2, head_dim=8,
                                                        sliding_window=8, initializer_range=0.4),
        "mamba": lambda: transformers.MambaConfig(**common, hidden_size=32, num_hidden_layers=layers, state_size=8,
                                                  initializer_range=0.4),
    }
    torch.manual_seed(seed)
    return transformers.AutoModelForCausalLM.from_config(configs[kind]()).eval()


def nudged(module, scale=0.3, seed=1):
    """A copy with changed weights."""
    import copy

    other = copy.deepcopy(module)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in other.parameters():
            weight += scale * weight.std().nan_to_num() * torch.randn(weight.shape, generator=generator)
    return other
