"""The configuration files of a checkpoint, in the form in which the 27B model and its drafter are published."""

SPECIAL = [
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>", "<|box_end|>",
    "<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>",
    "<tool_call>", "</tool_call>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>",
    "<tool_response>", "</tool_response>", "<think>", "</think>", "<|audio_start|>", "<|audio_end|>", "<tts_pad>", "<tts_text_bos>",
    "<tts_text_eod>", "<tts_text_bos_single>", "<|audio_pad|>",
]
"""Added tokens, in the order that they have in the 27B model; the mask of the drafter is `<|audio_start|>`."""
VISIBLE = {"<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>", "<think>", "</think>"} | {t for t in SPECIAL if "fim" in t or "repo" in t or "file" in t}
PADDING = 32
"""Rows of the embedding after the last token."""


def token(s, text):
    """The number of an added token."""
    return s.vocabulary - PADDING - len(SPECIAL) + SPECIAL.index(text)


def stops(s):
    return [token(s, "<|im_end|>"), token(s, "<|endoftext|>")]


def text_config(s):
    """The fields of the text model."""
    half = s.rotary // 2
    sections = [half - 2 * (half // 3), half // 3, half // 3]
    return {
        "model_type": "qwen3_5_text", "dtype": "bfloat16", "hidden_size": s.hidden, "intermediate_size": s.intermediate,
        "num_hidden_layers": s.layers, "layer_types": ["full_attention" if at % 4 == 3 else "linear_attention" for at in range(s.layers)],
        "full_attention_interval": 4, "num_attention_heads": s.heads, "num_key_value_heads": s.kv_heads, "head_dim": s.head,
        "attn_output_gate": True, "attention_bias": False, "output_gate_type": "swish", "hidden_act": "silu",
        "linear_num_key_heads": s.key_heads, "linear_num_value_heads": s.value_heads, "linear_key_head_dim": s.key_head,
        "linear_value_head_dim": s.value_head, "linear_conv_kernel_dim": s.taps, "mamba_ssm_dtype": "float32", "rms_norm_eps": s.epsilon,
        "vocab_size": s.vocabulary, "max_position_embeddings": s.context, "tie_word_embeddings": True, "mtp_num_hidden_layers": 0,
        "mtp_use_dedicated_embeddings": False, "bos_token_id": token(s, "<|endoftext|>"), "eos_token_id": token(s, "<|endoftext|>"),
        "rope_parameters": {"rope_type": "default", "rope_theta": s.theta, "partial_rotary_factor": s.rotary / s.head,
                            "mrope_section": sections, "mrope_interleaved": True},
    }


def target_config(s):
    """`config.json` of the quantised target."""
    weights = {"num_bits": 4, "type": "int", "symmetric": False, "strategy": "group", "group_size": 32, "dynamic": False, "actorder": None, "observer": "minmax"}
    return {
        "architectures": ["Qwen3_5ForConditionalGeneration"], "model_type": "qwen3_5", "dtype": "bfloat16", "tie_word_embeddings": True,
        "image_token_id": token(s, "<|image_pad|>"), "video_token_id": token(s, "<|video_pad|>"),
        "vision_start_token_id": token(s, "<|vision_start|>"), "vision_end_token_id": token(s, "<|vision_end|>"),
        "text_config": text_config(s),
        "quantization_config": {
            "quant_method": "compressed-tensors", "format": "pack-quantized", "ignore": ["lm_head", "re:.*in_proj_[ab]$"],
            "config_groups": {"group_0": {"targets": ["Linear"], "input_activations": None, "weights": weights}},
        },
    }


def generation_config(s):
    end = token(s, "<|endoftext|>")
    return {"do_sample": True, "temperature": 0.6, "top_p": 0.95, "top_k": 20, "bos_token_id": end, "pad_token_id": end, "eos_token_id": stops(s)}


def drafter_config(s, d):
    """`config.json` of the drafter."""
    return {
        "architectures": ["DFlashDraftModel"], "model_type": "qwen3", "dtype": "bfloat16", "hidden_size": s.hidden, "intermediate_size": d.intermediate,
        "num_hidden_layers": d.layers, "num_attention_heads": d.heads, "num_key_value_heads": d.kv_heads, "head_dim": d.head,
        "vocab_size": s.vocabulary, "block_size": d.block, "rope_theta": d.theta, "rms_norm_eps": s.epsilon, "hidden_act": "silu",
        "max_position_embeddings": s.context, "num_target_layers": s.layers, "layer_types": list(d.kinds), "sliding_window": d.window,
        "use_sliding_window": True, "attention_bias": False, "tie_word_embeddings": False, "eos_token_id": token(s, "<|endoftext|>"),
        "dflash_config": {"mask_token_id": token(s, "<|audio_start|>"), "target_layer_ids": list(d.features)},
    }
