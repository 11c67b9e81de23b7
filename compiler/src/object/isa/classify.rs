//! What kind of work a gfx11 instruction is.

use serde::{Deserialize, Serialize};

use super::listing::Instruction;

/// Kinds of gfx11 instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Matrix multiply of a wave (`v_wmma_*`).
    Wmma,
    /// Dot product of each lane (`v_dot*`).
    Dot,
    /// Any other vector instruction; a dual-issue pair counts once.
    Valu,
    /// Scalar arithmetic and moves.
    Salu,
    /// Load from global memory, by lane.
    GlobalLoad,
    /// Store to global memory, by lane; atomics too.
    GlobalStore,
    /// Load from private memory.
    ScratchLoad,
    /// Store to private memory.
    ScratchStore,
    /// Load from local memory.
    LdsLoad,
    /// Store to local memory; atomics too.
    LdsStore,
    /// Exchange between lanes through the local memory unit.
    LdsExchange,
    /// Scalar load.
    Smem,
    /// Workgroup barrier.
    Barrier,
    /// Wait for a counter.
    Wait,
    /// Branch, call or end.
    Branch,
    /// Hints, cache control, padding.
    Other,
}

impl Class {
    /// The kind of an instruction.
    pub fn of(instruction: &Instruction) -> Class {
        let name = instruction.mnemonic.as_str();
        let store = name.contains("store") || name.contains("atomic") || name.contains("_write");
        match name.split_once('_').unwrap_or((name, "")) {
            ("v", rest) if rest.starts_with("wmma") => Class::Wmma,
            ("v", rest) if rest.starts_with("dot") => Class::Dot,
            ("v", _) => Class::Valu,
            ("s", rest) => scalar(rest),
            ("ds", rest) => local(rest, store),
            ("scratch", _) if store => Class::ScratchStore,
            ("scratch", _) => Class::ScratchLoad,
            ("global" | "buffer" | "flat" | "image" | "tbuffer", rest) => {
                match (store, rest.contains("load")) {
                    (true, _) => Class::GlobalStore,
                    (false, true) => Class::GlobalLoad,
                    (false, false) => Class::Other,
                }
            }
            _ => Class::Other,
        }
    }

    /// Name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Class::Wmma => "wmma",
            Class::Dot => "dot",
            Class::Valu => "valu",
            Class::Salu => "salu",
            Class::GlobalLoad => "global load",
            Class::GlobalStore => "global store",
            Class::ScratchLoad => "scratch load",
            Class::ScratchStore => "scratch store",
            Class::LdsLoad => "lds load",
            Class::LdsStore => "lds store",
            Class::LdsExchange => "lds exchange",
            Class::Smem => "smem",
            Class::Barrier => "barrier",
            Class::Wait => "wait",
            Class::Branch => "branch",
            Class::Other => "other",
        }
    }

    /// Whether the instruction multiplies matrices or vectors.
    pub(super) const fn is_product(self) -> bool {
        matches!(self, Class::Wmma | Class::Dot)
    }
}

fn scalar(rest: &str) -> Class {
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| rest.starts_with(prefix));
    if rest == "barrier" || rest.starts_with("barrier_") {
        Class::Barrier
    } else if starts(&["wait_", "waitcnt"]) {
        Class::Wait
    } else if starts(&["branch", "cbranch", "endpgm", "setpc", "swappc", "call"]) {
        Class::Branch
    } else if starts(&["load", "buffer_load", "dcache"]) {
        Class::Smem
    } else if starts(&HINTS) {
        Class::Other
    } else {
        Class::Salu
    }
}

/// Scalar instructions that compute nothing.
const HINTS: [&str; 11] = [
    "clause",
    "code_end",
    "delay_alu",
    "icache",
    "inst_prefetch",
    "nop",
    "sendmsg",
    "set_inst",
    "sethalt",
    "setprio",
    "sleep",
];

fn local(rest: &str, store: bool) -> Class {
    let exchange = ["bpermute", "permute", "swizzle", "bvh"];
    if exchange.iter().any(|prefix| rest.starts_with(prefix)) {
        Class::LdsExchange
    } else if rest.starts_with("load") || rest.starts_with("read") {
        Class::LdsLoad
    } else if store || rest.starts_with("add") || rest.starts_with("max") {
        Class::LdsStore
    } else {
        Class::Other
    }
}

/// Bytes that one lane moves, from the mnemonic's last width: `b128`, `2addr_b64`, `d16_u8`.
pub(super) fn bytes_per_lane(mnemonic: &str) -> Option<u32> {
    let width = |part: &str| -> Option<u32> {
        part.strip_prefix(['b', 'u', 'i', 'f'])?.parse().ok().filter(|bits| bits % 8 == 0)
    };
    let narrow = mnemonic.contains("_d16").then_some(16);
    let bits = mnemonic.rsplit('_').find_map(width).or(narrow)?;
    let addresses = if mnemonic.contains("2addr") { 2 } else { 1 };
    Some(bits / 8 * addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mnemonics_fall_into_their_class() {
        let table = [
            (Class::Wmma, "v_wmma_i32_16x16x16_iu8"),
            (Class::Dot, "v_dot4_i32_iu8"),
            (Class::Valu, "v_dual_mov_b32"),
            (Class::Valu, "v_permlanex16_b32"),
            (Class::Salu, "s_addk_i32"),
            (Class::Salu, "s_or_saveexec_b32"),
            (Class::GlobalLoad, "global_load_b128"),
            (Class::GlobalLoad, "buffer_load_d16_hi_b16"),
            (Class::GlobalStore, "global_store_d16_hi_b16"),
            (Class::GlobalStore, "global_atomic_add_u32"),
            (Class::ScratchLoad, "scratch_load_b32"),
            (Class::ScratchStore, "scratch_store_b64"),
            (Class::LdsLoad, "ds_load_2addr_b64"),
            (Class::LdsStore, "ds_store_b128"),
            (Class::LdsExchange, "ds_bpermute_b32"),
            (Class::Smem, "s_load_b128"),
            (Class::Smem, "s_buffer_load_b32"),
            (Class::Barrier, "s_barrier"),
            (Class::Wait, "s_waitcnt"),
            (Class::Wait, "s_waitcnt_vscnt"),
            (Class::Branch, "s_cbranch_scc1"),
            (Class::Branch, "s_endpgm"),
            (Class::Other, "s_delay_alu"),
            (Class::Other, "buffer_gl0_inv"),
            (Class::Other, "s_set_inst_prefetch_distance"),
        ];
        for (class, mnemonic) in table {
            let operands = String::new();
            let instruction = Instruction { mnemonic: mnemonic.into(), operands, target: None };
            assert_eq!(Class::of(&instruction), class, "{mnemonic}");
        }
    }

    #[test]
    fn widths_are_bytes_per_lane() {
        let table = [
            ("global_load_b128", Some(16)),
            ("global_load_b96", Some(12)),
            ("ds_load_2addr_b64", Some(16)),
            ("ds_store_2addr_stride64_b32", Some(8)),
            ("global_load_d16_hi_b16", Some(2)),
            ("ds_load_u16_d16", Some(2)),
            ("global_load_d16_u8", Some(1)),
            ("buffer_load_format_d16_x", Some(2)),
            ("buffer_gl0_inv", None),
        ];
        for (mnemonic, bytes) in table {
            assert_eq!(bytes_per_lane(mnemonic), bytes, "{mnemonic}");
        }
    }
}
