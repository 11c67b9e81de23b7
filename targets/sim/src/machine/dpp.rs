//! Data-parallel primitives: which lane each lane reads from (RDNA3 ISA, "Data Parallel Processing").

use super::lanes::{LANES, Lanes};
use crate::isa::Dpp;

/// No lane.
const NOBODY: u8 = 32;

/// A pattern of exchange, resolved to the lane that each lane reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Exchange {
    from: [u8; LANES],
    /// Lanes whose row and bank take part.
    selected: u32,
    /// Lanes that have a source at all.
    in_range: u32,
    bound_ctrl: bool,
    fetch_inactive: bool,
}

impl Exchange {
    /// The exchange that an instruction asks for; `None` if its pattern is reserved.
    pub(super) fn new(dpp: Dpp) -> Option<Self> {
        let (from, selected, bound_ctrl, fetch_inactive) = match dpp {
            Dpp::Lanes { select, fetch_inactive } => {
                let from =
                    lanes(|lane| Some(lane & !7 | (select >> (3 * (lane % 8)) & 7) as usize));
                // DPP8 has no bound_ctrl: an inactive source reads as zero.
                (from, u32::MAX, true, fetch_inactive)
            }
            Dpp::Row { ctrl, row_mask, bank_mask, bound_ctrl, fetch_inactive } => {
                let takes_part = |lane: usize| {
                    row_mask >> (lane / 16) & 1 == 1 && bank_mask >> (lane % 16 / 4) & 1 == 1
                };
                (row_pattern(ctrl)?, Lanes::mask_of(takes_part), bound_ctrl, fetch_inactive)
            }
        };
        let in_range = Lanes::mask_of(|lane| from[lane] != NOBODY);
        Some(Self { from, selected, in_range, bound_ctrl, fetch_inactive })
    }

    /// The lanes that write their destination, given the active ones.
    pub(super) fn enabled(&self, exec: u32) -> u32 {
        if self.bound_ctrl { self.selected } else { self.selected & self.has_source(exec) }
    }

    /// The register as each lane sees it; zero where a lane has no source.
    pub(super) fn apply(&self, register: &Lanes, exec: u32) -> Lanes {
        let valid = self.has_source(exec);
        Lanes::from_fn(|lane| {
            let source = usize::from(self.from[lane]) % LANES;
            if valid >> lane & 1 == 1 { register.0[source] } else { 0 }
        })
    }

    /// The lanes whose source is in range and, unless inactive lanes are fetched, active.
    fn has_source(&self, exec: u32) -> u32 {
        if self.fetch_inactive {
            return self.in_range;
        }
        let active =
            |lane: usize| exec.checked_shr(u32::from(self.from[lane])).unwrap_or(0) & 1 == 1;
        self.in_range & Lanes::mask_of(active)
    }
}

/// The sources of a DPP16 pattern, which stays within rows of 16 lanes.
fn row_pattern(ctrl: u16) -> Option<[u8; LANES]> {
    let amount = usize::from(ctrl & 15);
    let within =
        |f: &dyn Fn(usize) -> Option<usize>| lanes(|lane| f(lane % 16).map(|l| lane & !15 | l));
    Some(match ctrl {
        0x000..=0x0ff => within(&|l| Some(l & !3 | usize::from(ctrl >> (2 * (l % 4)) & 3))),
        0x101..=0x10f => within(&|l| Some(l + amount).filter(|from| *from < 16)),
        0x111..=0x11f => within(&|l| l.checked_sub(amount)),
        0x121..=0x12f => within(&|l| Some((l + 16 - amount) % 16)),
        0x140 => within(&|l| Some(15 - l)),
        0x141 => within(&|l| Some(l & 8 | (7 - l % 8))),
        0x150..=0x15f => within(&|_| Some(amount)),
        0x160..=0x16f => within(&|l| Some(l ^ amount)),
        _ => return None,
    })
}

fn lanes(f: impl Fn(usize) -> Option<usize>) -> [u8; LANES] {
    std::array::from_fn(|lane| f(lane).map_or(NOBODY, |from| from as u8))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(ctrl: u16, bound_ctrl: bool, fetch_inactive: bool) -> Exchange {
        let dpp = Dpp::Row { ctrl, row_mask: 15, bank_mask: 15, bound_ctrl, fetch_inactive };
        Exchange::new(dpp).unwrap()
    }

    fn numbers() -> Lanes {
        Lanes::from_fn(|lane| lane as u32 + 100)
    }

    #[test]
    fn row_patterns_read_the_documented_lanes() {
        // Pattern, and what lanes 0, 3, 15, 16 and 30 read (None: out of range).
        let table: [(u16, [Option<u32>; 5]); 9] = [
            (0x1b, [Some(3), Some(0), Some(12), Some(19), Some(29)]), // quad_perm:[3,2,1,0]
            (0x101, [Some(1), Some(4), None, Some(17), Some(31)]),    // row_shl:1
            (0x112, [None, Some(1), Some(13), None, Some(28)]),       // row_shr:2
            (0x121, [Some(15), Some(2), Some(14), Some(31), Some(29)]), // row_ror:1
            (0x140, [Some(15), Some(12), Some(0), Some(31), Some(17)]), // row_mirror
            (0x141, [Some(7), Some(4), Some(8), Some(23), Some(25)]), // row_half_mirror
            (0x153, [Some(3), Some(3), Some(3), Some(19), Some(19)]), // row_share:3
            (0x161, [Some(1), Some(2), Some(14), Some(17), Some(31)]), // row_xmask:1
            (0x168, [Some(8), Some(11), Some(7), Some(24), Some(22)]), // row_xmask:8
        ];
        for (ctrl, expected) in table {
            let exchange = row(ctrl, false, false);
            let (out, enabled) = (exchange.apply(&numbers(), u32::MAX), exchange.enabled(u32::MAX));
            for (lane, expected) in [0, 3, 15, 16, 30].into_iter().zip(expected) {
                let seen = (enabled >> lane & 1 == 1).then(|| out.0[lane] - 100);
                assert_eq!(seen, expected, "{ctrl:#x}, lane {lane}");
            }
        }
        assert_eq!(
            Exchange::new(Dpp::Row {
                ctrl: 0x142,
                row_mask: 15,
                bank_mask: 15,
                bound_ctrl: false,
                fetch_inactive: false
            }),
            None
        );
    }

    #[test]
    fn a_lane_without_a_source_keeps_its_destination_or_reads_zero() {
        // row_shr:1, lane 4 inactive: lanes 0 and 16 are out of range, lane 5 has an inactive source.
        let exec = !(1 << 4);
        let keeps = row(0x111, false, false);
        assert_eq!(keeps.enabled(exec), !(1 | 1 << 16 | 1 << 5));
        let zeros = row(0x111, true, false);
        assert_eq!(zeros.enabled(exec), u32::MAX);
        let out = zeros.apply(&numbers(), exec);
        assert_eq!((out.0[0], out.0[5], out.0[6]), (0, 0, 105));
        let fetches = row(0x111, false, true);
        assert_eq!(fetches.enabled(exec), !(1 | 1 << 16));
        assert_eq!(fetches.apply(&numbers(), exec).0[5], 104);
    }

    #[test]
    fn rows_and_banks_that_are_masked_off_are_not_written() {
        let dpp = Dpp::Row {
            ctrl: 0xe4,
            row_mask: 2,
            bank_mask: 5,
            bound_ctrl: true,
            fetch_inactive: false,
        };
        assert_eq!(Exchange::new(dpp).unwrap().enabled(u32::MAX), 0x0f0f_0000);
    }

    #[test]
    fn dpp8_reads_any_lane_of_its_eight() {
        // Reversed within each eight.
        let select = (0..8).fold(0, |bits, lane| bits | (7 - lane) << (3 * lane));
        let exchange = Exchange::new(Dpp::Lanes { select, fetch_inactive: false }).unwrap();
        let out = exchange.apply(&numbers(), u32::MAX);
        assert_eq!([out.0[0], out.0[7], out.0[8], out.0[31]], [107, 100, 115, 124]);
        assert_eq!(exchange.enabled(!(1 << 9)), u32::MAX);
        assert_eq!(exchange.apply(&numbers(), !(1 << 9)).0[14], 0);
    }
}
