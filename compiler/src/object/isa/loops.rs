//! The loop where a function spends its time, from its backward branches.

use std::ops::Range;

use super::listing::Listing;

/// A loop: the instructions from the target of its backward branches to the last of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Loop {
    /// Instructions, nested loops included.
    pub(super) body: Range<usize>,
    /// Loops around it.
    pub(super) depth: u32,
}

/// The loop with the greatest weight, where each instruction counts for the innermost loop around
/// it and a level of nesting stands for ten passes. `weight` is tried first; where no loop has
/// any, all instructions count alike.
pub(super) fn hottest(listing: &Listing, weight: impl Fn(usize) -> bool) -> Option<Loop> {
    let loops = find(listing);
    let own = |index: usize, weight: &dyn Fn(usize) -> bool| {
        let body = &loops[index].body;
        let nested = |at: usize| {
            loops.iter().any(|other| inside(&other.body, body) && other.body.contains(&at))
        };
        body.clone().filter(|at| weight(*at) && !nested(*at)).count() as u64
    };
    let score = |index: usize, weight: &dyn Fn(usize) -> bool| {
        own(index, weight).saturating_mul(10u64.saturating_pow(loops[index].depth))
    };
    let best = |weight: &dyn Fn(usize) -> bool| {
        let scored = (0..loops.len()).map(|index| (score(index, weight), index));
        scored.filter(|(score, _)| *score > 0).max_by_key(|(score, index)| (*score, !*index))
    };
    let (_, index) = best(&weight).or_else(|| best(&|_| true))?;
    Some(loops[index].clone())
}

fn find(listing: &Listing) -> Vec<Loop> {
    let mut bodies: Vec<Range<usize>> = Vec::new();
    for (at, instruction) in listing.instructions.iter().enumerate() {
        let Some(target) = instruction.target.filter(|target| *target <= at) else { continue };
        match bodies.iter_mut().find(|body| body.start == target) {
            Some(body) => body.end = at + 1,
            None => bodies.push(target..at + 1),
        }
    }
    let depth = |body| bodies.iter().filter(|other| inside(body, other)).count() as u32;
    bodies.iter().map(|body| Loop { body: body.clone(), depth: depth(body) }).collect()
}

fn inside(inner: &Range<usize>, outer: &Range<usize>) -> bool {
    inner != outer && outer.start <= inner.start && inner.end <= outer.end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(text: &str) -> Option<Range<usize>> {
        let listing = Listing::parse(&format!("f:\n{text}"), "f").unwrap();
        let product = |at: usize| listing.instructions[at].mnemonic.starts_with("v_wmma");
        hottest(&listing, product).map(|found| found.body)
    }

    #[test]
    fn the_inner_loop_wins_over_more_products_peeled_around_it() {
        let text = ".A:\nv_wmma\nv_wmma\nv_wmma\n.B:\nv_wmma\ns_cbranch_scc1 .B\n\
                    v_wmma\ns_cbranch_scc1 .A\ns_endpgm";
        assert_eq!(chosen(text), Some(3..5));
    }

    #[test]
    fn the_loop_with_products_wins_over_a_loop_inside_it_without() {
        let text = ".A:\nv_wmma\n.B:\nv_add\ns_cbranch_scc1 .B\ns_cbranch_scc1 .A\ns_endpgm";
        assert_eq!(chosen(text), Some(0..4));
    }

    #[test]
    fn without_products_the_longest_loop_wins_and_without_loops_none() {
        let text = ".A:\nv_a\ns_cbranch_scc1 .A\n.B:\nv_a\nv_a\ns_cbranch_scc0 .E\n\
                    s_branch .B\n.E:\ns_endpgm";
        assert_eq!(chosen(text), Some(2..6));
        assert_eq!(chosen("v_wmma\ns_cbranch_scc1 .E\n.E:\ns_endpgm"), None);
    }
}
