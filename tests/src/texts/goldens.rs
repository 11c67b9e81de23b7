//! Goldens of every tiny checkpoint.

use super::{Make, limits};
use crate::fixture::{Form, TINY};
use crate::goldens::{Golden, difference};
use crate::reference::argmax;

/// Largest difference from a golden, relative to the position's largest logit: what kernels are
/// allowed.
pub const BOUND: f32 = 2e-3;

/// Logits of every position are the goldens' within [`BOUND`], and greedy texts the same; the largest
/// difference of each checkpoint.
///
/// # Panics
/// If it does not hold.
pub fn goldens(make: Make<'_>) -> Vec<(String, f32)> {
    let mut differences = Vec::new();
    for (spec, form) in TINY.iter().flat_map(|spec| [(spec, Form::Bf16), (spec, Form::Awq)]) {
        let golden = Golden::open(&format!("{}-{form}", spec.name));
        let mut engine = make(spec, form, 16, limits());
        let prompt: Vec<u32> = golden.prompt.iter().map(|token| *token as u32).collect();
        let id = engine.add_scored(&prompt).unwrap();
        let (mut rows, mut written) = (Vec::new(), Vec::new());
        while written.len() < golden.tokens.len() {
            for output in engine.step().unwrap() {
                assert_eq!(output.first, rows.len());
                rows.extend(output.logits);
            }
            if rows.len() == prompt.len() + written.len() {
                written.push(argmax(rows.last().unwrap()));
                engine.push(id, *written.last().unwrap() as u32).unwrap();
            }
        }
        rows.extend(engine.step().unwrap().remove(0).logits);
        let worst =
            rows.iter().zip(&golden.logits).map(|(found, expect)| difference(found, expect));
        let worst = worst.fold(0.0, f32::max);
        differences.push((format!("{}-{form}", spec.name), worst));
        assert!(worst < BOUND, "{}-{form}: {worst:e}", spec.name);
        assert_eq!(written, golden.tokens, "{}-{form}", spec.name);
        assert_eq!(rows.len(), golden.logits.len());
    }
    differences
}

/// Positions in time, height and width reach the kernels.
///
/// # Panics
/// If it does not hold.
pub fn positions(make: Make<'_>) {
    for spec in &TINY {
        let golden = Golden::open(&format!("{}-bf16", spec.name));
        let mut engine = make(spec, Form::Bf16, 16, limits());
        let count = golden.places.len();
        let tokens: Vec<u32> = golden.prompt[..count].iter().map(|id| *id as u32).collect();
        let places: Vec<[u32; 3]> =
            golden.places.iter().map(|place| place.map(|at| at as u32)).collect();
        engine.add_placed(&tokens, &places).unwrap();
        let mut rows = Vec::new();
        while rows.len() < count {
            rows.extend(engine.step().unwrap().into_iter().flat_map(|output| output.logits));
        }
        for (found, expect) in rows.iter().zip(&golden.placed) {
            assert!(difference(found, expect) < BOUND, "{}", spec.name);
        }
    }
}
