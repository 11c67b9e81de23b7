//! The tensors that a configuration implies: names, roles and shapes.

use super::role::{BlockPart, DraftPart, MtpPart, Part, Role, VisionPart};
use crate::model::config::{DrafterConfig, LayerKind, ModelConfig, Vision};

/// One weight that a checkpoint has to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) role: Role,
    /// Name without the prefix of the text model: of the module (`layers.3.mlp.up_proj`) if it is
    /// a linear layer, else of the tensor (`layers.3.linear_attn.A_log`).
    pub(super) name: String,
    /// Logical extents.
    pub(super) shape: Vec<usize>,
    /// Whether the module is a linear layer, which may be packed.
    pub(super) linear: bool,
}

/// Collects the tensors of one part of a model.
struct List {
    prefix: String,
    of: Vec<Expected>,
}

impl List {
    fn add(&mut self, role: Role, name: &str, shape: &[usize], linear: bool) {
        let name = format!("{}{name}", self.prefix);
        self.of.push(Expected { role, name, shape: shape.to_vec(), linear });
    }

    /// A linear layer `[out, in]`.
    fn linear(&mut self, role: Role, name: &str, out: usize, depth: usize) {
        self.add(role, name, &[out, depth], true);
    }

    /// A vector or table that is never packed.
    fn plain(&mut self, role: Role, name: &str, shape: &[usize]) {
        self.add(role, name, shape, false);
    }
}

/// The tensors of the text model, without the multi-token prediction head.
pub(super) fn text(config: &ModelConfig) -> Vec<Expected> {
    let mut list = List { prefix: String::new(), of: Vec::new() };
    list.plain(Role::Embedding, "embed_tokens.weight", &[config.vocabulary, config.hidden]);
    for (at, kind) in config.layers.iter().enumerate() {
        list.prefix = format!("layers.{at}.");
        layer(&mut list, config, *kind, |part| Role::Layer(at, part));
    }
    list.prefix.clear();
    list.plain(Role::Norm, "norm.weight", &[config.hidden]);
    if !config.tied_head {
        list.linear(Role::Head, "lm_head", config.vocabulary, config.hidden);
    }
    list.of
}

/// The tensors of the multi-token prediction head.
pub(super) fn mtp(config: &ModelConfig) -> Vec<Expected> {
    let mut list = List { prefix: "mtp.".to_owned(), of: Vec::new() };
    let hidden = config.hidden;
    if config.mtp_layers > 0 {
        list.linear(Role::Mtp(MtpPart::Projection), "fc", hidden, 2 * hidden);
        list.plain(Role::Mtp(MtpPart::EmbeddingNorm), "pre_fc_norm_embedding.weight", &[hidden]);
        list.plain(Role::Mtp(MtpPart::HiddenNorm), "pre_fc_norm_hidden.weight", &[hidden]);
        list.plain(Role::Mtp(MtpPart::Norm), "norm.weight", &[hidden]);
    }
    for at in 0..config.mtp_layers {
        list.prefix = format!("mtp.layers.{at}.");
        layer(&mut list, config, LayerKind::Full, |part| Role::MtpLayer(at, part));
    }
    list.of
}

/// The tensors of a drafter for a model of this width.
pub(super) fn drafter(hidden: usize, config: &DrafterConfig) -> Vec<Expected> {
    let mut list = List { prefix: String::new(), of: Vec::new() };
    let (sizes, inner) = (&config.attention, config.intermediate);
    list.linear(Role::Draft(DraftPart::Features), "fc", hidden, config.taps.len() * hidden);
    list.plain(Role::Draft(DraftPart::FeatureNorm), "hidden_norm.weight", &[hidden]);
    list.plain(Role::Draft(DraftPart::Norm), "norm.weight", &[hidden]);
    for at in 0..config.layers.len() {
        list.prefix = format!("layers.{at}.");
        let role = |part| Role::DraftLayer(at, part);
        list.plain(role(Part::InputNorm), "input_layernorm.weight", &[hidden]);
        list.linear(role(Part::Query), "self_attn.q_proj", sizes.width(), hidden);
        list.linear(role(Part::Key), "self_attn.k_proj", sizes.kv_width(), hidden);
        list.linear(role(Part::Value), "self_attn.v_proj", sizes.kv_width(), hidden);
        list.plain(role(Part::QueryNorm), "self_attn.q_norm.weight", &[sizes.head]);
        list.plain(role(Part::KeyNorm), "self_attn.k_norm.weight", &[sizes.head]);
        list.linear(role(Part::FullOutput), "self_attn.o_proj", hidden, sizes.width());
        list.plain(role(Part::PostNorm), "post_attention_layernorm.weight", &[hidden]);
        list.linear(role(Part::Gate), "mlp.gate_proj", inner, hidden);
        list.linear(role(Part::Up), "mlp.up_proj", inner, hidden);
        list.linear(role(Part::Down), "mlp.down_proj", hidden, inner);
    }
    list.of
}

fn layer(list: &mut List, config: &ModelConfig, kind: LayerKind, role: impl Fn(Part) -> Role) {
    let (hidden, inner) = (config.hidden, config.intermediate);
    list.plain(role(Part::InputNorm), "input_layernorm.weight", &[hidden]);
    match (kind, &config.linear) {
        (LayerKind::Linear, Some(linear)) => {
            let (heads, values, channels) =
                (linear.value_heads, linear.values(), linear.channels());
            list.linear(role(Part::Qkv), "linear_attn.in_proj_qkv", channels, hidden);
            list.linear(role(Part::Z), "linear_attn.in_proj_z", values, hidden);
            list.linear(role(Part::B), "linear_attn.in_proj_b", heads, hidden);
            list.linear(role(Part::A), "linear_attn.in_proj_a", heads, hidden);
            list.plain(
                role(Part::Conv),
                "linear_attn.conv1d.weight",
                &[channels, 1, linear.kernel],
            );
            list.plain(role(Part::ALog), "linear_attn.A_log", &[heads]);
            list.plain(role(Part::DtBias), "linear_attn.dt_bias", &[heads]);
            list.plain(role(Part::OutputNorm), "linear_attn.norm.weight", &[linear.value_head]);
            list.linear(role(Part::LinearOutput), "linear_attn.out_proj", hidden, values);
        }
        _ => {
            let full = &config.attention;
            list.linear(role(Part::Query), "self_attn.q_proj", 2 * full.width(), hidden);
            list.linear(role(Part::Key), "self_attn.k_proj", full.kv_width(), hidden);
            list.linear(role(Part::Value), "self_attn.v_proj", full.kv_width(), hidden);
            list.plain(role(Part::QueryNorm), "self_attn.q_norm.weight", &[full.head]);
            list.plain(role(Part::KeyNorm), "self_attn.k_norm.weight", &[full.head]);
            list.linear(role(Part::FullOutput), "self_attn.o_proj", hidden, full.width());
        }
    }
    list.plain(role(Part::PostNorm), "post_attention_layernorm.weight", &[hidden]);
    list.linear(role(Part::Gate), "mlp.gate_proj", inner, hidden);
    list.linear(role(Part::Up), "mlp.up_proj", inner, hidden);
    list.linear(role(Part::Down), "mlp.down_proj", hidden, inner);
}

/// The tensors of the vision tower.
pub(super) fn vision(vision: &Vision) -> Vec<Expected> {
    let mut list = List { prefix: "visual.".to_owned(), of: Vec::new() };
    let (hidden, inner, merged) = (vision.hidden, vision.intermediate, vision.merged());
    let patch = [hidden, vision.channels, vision.frames, vision.patch, vision.patch];
    let role = Role::Vision;
    list.plain(role(VisionPart::Patch), "patch_embed.proj.weight", &patch);
    list.plain(role(VisionPart::PatchBias), "patch_embed.proj.bias", &[hidden]);
    list.plain(role(VisionPart::Positions), "pos_embed.weight", &[vision.positions, hidden]);
    list.plain(role(VisionPart::MergerNorm), "merger.norm.weight", &[hidden]);
    list.plain(role(VisionPart::MergerNormBias), "merger.norm.bias", &[hidden]);
    list.linear(role(VisionPart::MergerIn), "merger.linear_fc1", merged, merged);
    list.plain(role(VisionPart::MergerInBias), "merger.linear_fc1.bias", &[merged]);
    list.linear(role(VisionPart::MergerOut), "merger.linear_fc2", vision.out, merged);
    list.plain(role(VisionPart::MergerOutBias), "merger.linear_fc2.bias", &[vision.out]);
    for at in 0..vision.depth {
        list.prefix = format!("visual.blocks.{at}.");
        let role = |part| Role::VisionBlock(at, part);
        list.plain(role(BlockPart::AttentionNorm), "norm1.weight", &[hidden]);
        list.plain(role(BlockPart::AttentionNormBias), "norm1.bias", &[hidden]);
        list.linear(role(BlockPart::Qkv), "attn.qkv", 3 * hidden, hidden);
        list.plain(role(BlockPart::QkvBias), "attn.qkv.bias", &[3 * hidden]);
        list.linear(role(BlockPart::Output), "attn.proj", hidden, hidden);
        list.plain(role(BlockPart::OutputBias), "attn.proj.bias", &[hidden]);
        list.plain(role(BlockPart::MlpNorm), "norm2.weight", &[hidden]);
        list.plain(role(BlockPart::MlpNormBias), "norm2.bias", &[hidden]);
        list.linear(role(BlockPart::MlpIn), "mlp.linear_fc1", inner, hidden);
        list.plain(role(BlockPart::MlpInBias), "mlp.linear_fc1.bias", &[inner]);
        list.linear(role(BlockPart::MlpOut), "mlp.linear_fc2", hidden, inner);
        list.plain(role(BlockPart::MlpOutBias), "mlp.linear_fc2.bias", &[hidden]);
    }
    list.of
}
