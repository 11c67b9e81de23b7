//! Which lane a lane's source comes from.

use crate::isa::Dpp;

use super::shadow::LANES;

/// What one lane reads of a register that lanes exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// The register in that lane.
    Lane(usize),
    /// Zero.
    Zero,
    /// Nothing: the lane keeps its destination.
    Disabled,
}

/// What each lane reads of the first source of an instruction with DPP (ISA, "Data parallel processing").
pub(super) fn dpp(dpp: Dpp, exec: u32) -> [Source; LANES] {
    match dpp {
        Dpp::Lanes { select, fetch_inactive } => from_fn(|lane| {
            let from = (lane & !7) + (select >> (3 * (lane & 7)) & 7) as usize;
            pick(Some(from), exec, fetch_inactive, true)
        }),
        Dpp::Row { ctrl, row_mask, bank_mask, bound_ctrl, fetch_inactive } => from_fn(|lane| {
            let rows = row_mask >> (lane / 16) & 1 == 1;
            let banks = bank_mask >> (lane / 4 % 4) & 1 == 1;
            if !rows || !banks {
                return Source::Disabled;
            }
            pick(within_row(ctrl, lane), exec, fetch_inactive, bound_ctrl)
        }),
    }
}

fn within_row(ctrl: u16, lane: usize) -> Option<usize> {
    let (row, at, by) = (lane & !15, lane & 15, usize::from(ctrl & 15));
    let to = match ctrl {
        0x000..=0x0ff => return Some((lane & !3) + usize::from(ctrl >> (2 * (lane & 3)) & 3)),
        0x101..=0x10f => Some(at + by).filter(|to| *to < 16),
        0x111..=0x11f => at.checked_sub(by),
        0x121..=0x12f => Some((at + 16 - by) % 16),
        0x140 => Some(15 - at),
        0x141 => Some(at ^ 7),
        0x150..=0x15f => Some(by),
        0x160..=0x16f => Some(at ^ by),
        _ => None,
    };
    to.map(|to| row + to)
}

/// What each lane reads of the source of `v_permlane16_b32` (`across` false) or `v_permlanex16_b32`.
pub(super) fn permlane16(
    selectors: [u32; 2],
    across: bool,
    exec: u32,
    fetch_inactive: bool,
    bound_ctrl: bool,
) -> [Source; LANES] {
    from_fn(|lane| {
        let by = selectors[lane / 8 % 2] >> (4 * (lane % 8)) & 15;
        let row = if across { (lane & 16) ^ 16 } else { lane & 16 };
        pick(Some(row + by as usize), exec, fetch_inactive, bound_ctrl)
    })
}

/// What each lane reads in `ds_swizzle_b32` (ISA, DS_SWIZZLE_B32); none for the modes that rotate.
pub(super) fn swizzle(offset: u16, exec: u32) -> Option<[Source; LANES]> {
    let and_or_xor = |lane: usize| {
        let field = |shift: u16| usize::from(offset >> shift & 31);
        ((lane & field(0)) | field(5)) ^ field(10)
    };
    let quad = |lane: usize| (lane & !3) + usize::from(offset >> (2 * (lane & 3)) & 3);
    let from: &dyn Fn(usize) -> usize = match offset {
        0..0x8000 => &and_or_xor,
        0x8000..0xc000 => &quad,
        _ => return None,
    };
    Some(from_fn(|lane| pick(Some(from(lane)), exec, false, true)))
}

/// What each lane reads in `ds_bpermute_b32`: the lane that its byte address names, zero where that is inactive.
pub(super) fn bpermute(addresses: &[u32; LANES], offset: u32, exec: u32) -> [Source; LANES] {
    from_fn(|lane| {
        let from = addresses[lane].wrapping_add(offset) / 4 % LANES as u32;
        pick(Some(from as usize), exec, false, true)
    })
}

/// What each lane gets in `ds_permute_b32`: the last active lane that names it, else zero.
pub(super) fn permute(addresses: &[u32; LANES], offset: u32, exec: u32) -> [Source; LANES] {
    let mut sources = [Source::Zero; LANES];
    for lane in (0..LANES).filter(|lane| exec >> lane & 1 == 1) {
        let to = addresses[lane].wrapping_add(offset) / 4 % LANES as u32;
        sources[to as usize] = Source::Lane(lane);
    }
    sources
}

fn pick(from: Option<usize>, exec: u32, fetch_inactive: bool, zero: bool) -> Source {
    match from {
        Some(lane) if fetch_inactive || exec >> lane & 1 == 1 => Source::Lane(lane),
        _ if zero => Source::Zero,
        _ => Source::Disabled,
    }
}

fn from_fn(source: impl Fn(usize) -> Source) -> [Source; LANES] {
    std::array::from_fn(source)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(ctrl: u16, exec: u32, bound_ctrl: bool) -> [Source; LANES] {
        let all = Dpp::Row { ctrl, row_mask: 15, bank_mask: 15, bound_ctrl, fetch_inactive: false };
        dpp(all, exec)
    }

    #[test]
    fn rows_shift_rotate_share_and_flip() {
        let cases = [
            (0x111, 5, Source::Lane(4)),
            (0x111, 16, Source::Disabled),
            (0x101, 15, Source::Disabled),
            (0x101, 3, Source::Lane(4)),
            (0x121, 0, Source::Lane(15)),
            (0x140, 17, Source::Lane(30)),
            (0x141, 9, Source::Lane(14)),
            (0x153, 20, Source::Lane(19)),
            (0x164, 1, Source::Lane(5)),
            (0x01b, 1, Source::Lane(2)),
        ];
        for (ctrl, lane, source) in cases {
            assert_eq!(row(ctrl, u32::MAX, false)[lane], source, "{ctrl:#x} lane {lane}");
        }
    }

    #[test]
    fn lanes_without_a_source_read_zero_or_keep_their_destination() {
        assert_eq!(row(0x111, u32::MAX, true)[0], Source::Zero);
        assert_eq!(row(0x111, !1, false)[1], Source::Disabled);
    }

    #[test]
    fn ds_permutes_follow_byte_addresses() {
        let addresses: [u32; LANES] = std::array::from_fn(|lane| 4 * (31 - lane as u32));
        assert_eq!(bpermute(&addresses, 0, u32::MAX)[3], Source::Lane(28));
        assert_eq!(permute(&addresses, 0, 1)[31], Source::Lane(0));
        assert_eq!(permute(&addresses, 0, 1)[30], Source::Zero);
        assert_eq!(swizzle(0x041f, u32::MAX).unwrap()[6], Source::Lane(7));
    }
}
