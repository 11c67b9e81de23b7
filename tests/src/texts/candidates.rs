//! Texts that read no more of their logits than they need.

use kiln_runtime::engine::{Event, Generator, Request};
use kiln_runtime::plan::Reading;
use kiln_runtime::sample::{Sampler, Sampling};

use super::{Make, follow, limits, text};
use crate::fixture::{Form, TINY};

/// The largest logits that the device finds are those among all logits, whoever else is computed.
///
/// # Panics
/// If it does not hold.
pub fn candidates(make: Make<'_>) {
    let spec = &TINY[1];
    let readings = [
        Reading::Largest,
        Reading::All,
        Reading::Top { count: 20, temperature: 1.0 },
        Reading::Largest,
    ];
    let texts: Vec<Vec<u32>> =
        [(1, 5), (2, 9), (3, 70), (4, 1)].iter().map(|(n, len)| text(spec, *n, *len)).collect();
    let rest = text(spec, 9, 6);
    let mut alone = make(spec, Form::Bf16, 16, limits());
    let expect: Vec<_> = texts.iter().map(|text| follow(&mut alone, text, &rest)).collect();

    let mut together = make(spec, Form::Bf16, 16, limits());
    let ids: Vec<_> = texts.iter().map(|text| together.add(text).unwrap()).collect();
    for (id, reading) in ids.iter().zip(readings) {
        together.read(*id, reading).unwrap();
    }
    let mut found = vec![0; ids.len()];
    while found.iter().any(|rows| *rows <= rest.len()) {
        for output in together.step().unwrap() {
            let at = ids.iter().position(|id| *id == output.sequence).unwrap();
            let logits = &expect[at][found[at]];
            let mut order: Vec<u32> = (0..logits.len() as u32).collect();
            let logit = |token: &u32| logits[*token as usize];
            order.sort_by(|a, b| logit(b).total_cmp(&logit(a)).then(a.cmp(b)));
            let listed = |count| order.iter().take(count).map(|of| (*of, logit(of))).collect();
            let expected: Option<Vec<(u32, f32)>> = match readings[at] {
                Reading::All => None,
                Reading::Largest => Some(listed(1)),
                Reading::Top { .. } => Some(listed(64)),
            };
            assert_eq!(output.candidates, expected, "text {at}");
            assert_eq!(output.logits.is_empty(), expected.is_some());
            if let Some(token) = rest.get(found[at]) {
                together.push(output.sequence, *token).unwrap();
            }
            found[at] += 1;
        }
    }
}

/// Texts drawn from the device's candidates are those drawn from all logits.
///
/// # Panics
/// If one is not.
pub fn drawn(make: Make<'_>) {
    let spec = &TINY[1];
    let prompt = text(spec, 5, 11);
    for (temperature, top_k) in [(0.0, 0), (0.8, 20), (1.5, 63), (1.0, 0)] {
        let sampling = Sampling { temperature, top_k, seed: 7, ..Sampling::default() };
        let mut engine = make(spec, Form::Bf16, 16, limits());
        let mut sampler = Sampler::new(sampling.clone(), &prompt).unwrap();
        let id = engine.add(&prompt).unwrap();
        let mut expected = Vec::new();
        while expected.len() < 24 {
            for output in engine.step().unwrap() {
                let token = sampler.choose(output.logits.last().unwrap()).unwrap();
                expected.push(token);
                engine.push(id, token).unwrap();
            }
        }
        let mut generator = Generator::new(make(spec, Form::Bf16, 16, limits()));
        let prompt = prompt.clone();
        generator.add(Request { prompt, sampling, most: 24, ..Request::default() }).unwrap();
        let mut found = Vec::new();
        while !generator.is_idle() {
            let written = generator.step().unwrap().into_iter().filter_map(Event::into_written);
            found.extend(written.map(|written| written.token));
        }
        assert_eq!(found, expected, "temperature {temperature}, top-k {top_k}");
    }
}
