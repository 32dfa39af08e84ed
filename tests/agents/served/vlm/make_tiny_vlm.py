"""Makes a tiny Qwen2-VL with random weights and a tokenizer of its own: make_tiny_vlm.py OUT TEXT...

It means nothing by what it says; it shows that pictures, templates and guided decoding pass through a real server.
"""
# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false

import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen2VLConfig, Qwen2VLForConditionalGeneration, Qwen2VLImageProcessor

SPECIAL = [
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
]
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
    "{% for part in message['content'] %}"
    "{% if part['type'] in ('image', 'image_url') %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
HIDDEN, HEADS, VISION = 128, 4, 64  # heads of 32, the least that vLLM's CPU attention takes


def make_tokenizer(out: Path, texts: list[Path]) -> PreTrainedTokenizerFast:
    """Train a byte-level BPE of 4,096 tokens."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    bpe.train(
        [str(text) for text in texts],
        trainers.BpeTrainer(vocab_size=4096, special_tokens=SPECIAL, initial_alphabet=alphabet),
    )
    bpe.model.save(str(out))
    made = PreTrainedTokenizerFast(
        tokenizer_object=bpe, eos_token="<|im_end|>", pad_token="<|endoftext|>", additional_special_tokens=SPECIAL
    )
    made.chat_template = TEMPLATE
    made.save_pretrained(out)
    return made


def make_config(tokens: PreTrainedTokenizerFast) -> Qwen2VLConfig:
    """Return the shape of the model, 2 layers each for text and vision."""
    number = tokens.convert_tokens_to_ids
    text = {
        "vocab_size": len(tokens),
        "hidden_size": HIDDEN,
        "intermediate_size": 2 * HIDDEN,
        "num_hidden_layers": 2,
        "num_attention_heads": HEADS,
        "num_key_value_heads": HEADS // 2,
        "max_position_embeddings": 8192,
        "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [4, 6, 6]},
        "eos_token_id": number("<|im_end|>"),
        "bos_token_id": number("<|endoftext|>"),
    }
    vision = {"depth": 2, "embed_dim": VISION, "hidden_size": HIDDEN, "num_heads": 2, "mlp_ratio": 2}
    return Qwen2VLConfig(
        text_config=text,
        vision_config=vision,
        image_token_id=number("<|image_pad|>"),
        video_token_id=number("<|video_pad|>"),
        vision_start_token_id=number("<|vision_start|>"),
        vision_end_token_id=number("<|vision_end|>"),
        tie_word_embeddings=True,
    )


def main(out: Path, texts: list[Path]) -> None:
    """Write config, weights, tokenizer and image processor."""
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    model = Qwen2VLForConditionalGeneration(make_config(make_tokenizer(out, texts)))
    model.to(torch.bfloat16).save_pretrained(out)
    Qwen2VLImageProcessor(min_pixels=28 * 28 * 4, max_pixels=28 * 28 * 64).save_pretrained(out)


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(text) for text in sys.argv[2:]])
