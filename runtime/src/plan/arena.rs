//! Where results lie between the operation that makes them and the last one that reads them.

/// Addresses are multiples of this: whole cache lines, and every vector's alignment.
pub(super) const ALIGNMENT: u64 = 256;

/// A result: its size, and the first and last step that touch it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lifetime {
    pub(super) bytes: u64,
    pub(super) first: usize,
    pub(super) last: usize,
}

impl Lifetime {
    fn meets(&self, other: &Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

/// An offset for each result, so that those that live at the same time do not overlap, and the
/// bytes of all. Large ones are placed first, each as low as possible.
pub(super) fn pack(of: &[Lifetime]) -> (Vec<u64>, u64) {
    let mut order: Vec<usize> = (0..of.len()).collect();
    order.sort_by_key(|at| (std::cmp::Reverse(of[*at].bytes), of[*at].first, *at));
    let mut offsets = vec![0; of.len()];
    let mut placed: Vec<(u64, u64, Lifetime)> = Vec::new();
    let mut total = 0;
    for at in order {
        let size = of[at].bytes.next_multiple_of(ALIGNMENT);
        let mut offset = 0;
        // `placed` is sorted by start: the first gap that is wide enough is the lowest.
        for (start, end, other) in &placed {
            if other.meets(&of[at]) && *start < offset + size && offset < *end {
                offset = *end;
            }
        }
        offsets[at] = offset;
        total = total.max(offset + size);
        let place = placed.partition_point(|(start, _, _)| *start <= offset);
        placed.insert(place, (offset, offset + size, of[at]));
    }
    (offsets, total)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn results_that_follow_one_another_share_memory() {
        let of = |bytes, first, last| Lifetime { bytes, first, last };
        let (offsets, total) = pack(&[of(1000, 0, 1), of(1000, 1, 2), of(1000, 2, 3)]);
        assert_eq!(offsets[0], offsets[2]);
        assert_ne!(offsets[0], offsets[1]);
        assert_eq!(total, 2048);
    }

    proptest! {
        #[test]
        fn results_that_live_at_the_same_time_never_overlap(
            raw in prop::collection::vec((0u64..5000, 0usize..20, 0usize..6), 0..40)
        ) {
            let all: Vec<Lifetime> = raw
                .into_iter()
                .map(|(bytes, first, more)| Lifetime { bytes, first, last: first + more })
                .collect();
            let (offsets, total) = pack(&all);
            for (at, a) in all.iter().enumerate() {
                prop_assert!(offsets[at] % ALIGNMENT == 0 && offsets[at] + a.bytes <= total);
                for (other, b) in all.iter().enumerate().take(at) {
                    let apart = offsets[at] + a.bytes <= offsets[other]
                        || offsets[other] + b.bytes <= offsets[at];
                    prop_assert!(apart || !a.meets(b));
                }
            }
            prop_assert!(total <= all.iter().map(|of| of.bytes + ALIGNMENT).sum());
        }
    }
}
