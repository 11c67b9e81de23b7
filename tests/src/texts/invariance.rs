//! What a text does not depend on.

use kiln_runtime::plan::Limits;

use super::{Make, finish, follow, limits, text};
use crate::fixture::{Form, TINY};
use crate::goldens::difference;

/// A text computed in company has the bits that it has alone.
///
/// # Panics
/// If it does not hold.
pub fn company(make: Make<'_>) {
    let spec = &TINY[0];
    let texts: Vec<Vec<u32>> =
        [(1, 5), (2, 70), (3, 33), (4, 1)].iter().map(|(n, len)| text(spec, *n, *len)).collect();
    let rest = text(spec, 9, 12);
    let mut alone = make(spec, Form::Awq, 16, limits());
    let expect: Vec<_> = texts.iter().map(|text| follow(&mut alone, text, &rest)).collect();

    let mut together = make(spec, Form::Awq, 16, limits());
    let ids: Vec<_> = texts.iter().map(|text| together.add(text).unwrap()).collect();
    let mut found = vec![Vec::new(); ids.len()];
    while found.iter().any(|rows: &Vec<Vec<f32>>| rows.len() <= rest.len()) {
        for output in together.step().unwrap() {
            let at = ids.iter().position(|id| *id == output.sequence).unwrap();
            found[at].extend(output.logits);
            if let Some(token) = rest.get(found[at].len() - 1) {
                together.push(output.sequence, *token).unwrap();
            }
        }
    }
    assert!(found == expect, "some text has other bits");
}

/// Pages of any size give the same bits, and chunks of any length the same numbers within
/// `rounding`.
///
/// # Panics
/// If it does not hold.
pub fn pages_and_chunks(make: Make<'_>, pages: &[u64], rounding: f32) {
    let spec = &TINY[1];
    let (prompt, rest) = (text(spec, 1, 75), text(spec, 2, 8));
    let run = |page, chunk| {
        let mut engine = make(spec, Form::Bf16, page, Limits { chunk, ..limits() });
        follow(&mut engine, &prompt, &rest)
    };
    let expect = run(16, 64);
    for &page in pages {
        assert!(run(page, 64) == expect, "pages of {page}");
    }
    for chunk in [1, 7, 32, 512] {
        let found = run(16, chunk);
        let worst = found.iter().zip(&expect).map(|(found, expect)| difference(found, expect));
        let worst = worst.fold(0.0, f32::max);
        assert!(worst < rounding, "chunks of {chunk}: {worst:e}");
    }
}

/// A remembered prefix gives the bits of one that was never seen.
///
/// # Panics
/// If it does not hold.
pub fn prefixes(make: Make<'_>) {
    let spec = &TINY[2];
    let limits = Limits { chunk: 48, prefixes: 3, ..limits() };
    let (first, rest) = (text(spec, 1, 100), text(spec, 2, 4));
    let mut other = first.clone();
    other[70] = (other[70] + 1) % spec.vocabulary as u32;
    let mut fresh = make(spec, Form::Awq, 16, Limits { prefixes: 0, ..limits });
    let expect = [&first, &other, &first].map(|text| follow(&mut fresh, text, &rest));
    let mut engine = make(spec, Form::Awq, 16, limits);
    let (pages, slots) = engine.free();
    assert!(follow(&mut engine, &first, &rest) == expect[0], "the first time");
    assert_eq!(engine.remembered(), 2);
    assert!(follow(&mut engine, &other, &rest) == expect[1], "a common beginning");
    assert!(follow(&mut engine, &first, &rest) == expect[2], "the second time");
    engine.forget().unwrap();
    assert_eq!(engine.free(), (pages, slots));
}

/// Texts that make room come back as they were.
///
/// # Panics
/// If it does not hold.
pub fn room(make: Make<'_>) {
    let spec = &TINY[3];
    let small = Limits { sequences: 3, context: 64, cached: 96, chunk: 16, prefixes: 0 };
    let texts: Vec<Vec<u32>> = (1..4).map(|number| text(spec, number, 30)).collect();
    let rest = text(spec, 9, 20);
    let mut roomy = make(spec, Form::Bf16, 16, Limits { cached: 512, ..small });
    let expect: Vec<_> = texts.iter().map(|text| follow(&mut roomy, text, &rest)).collect();
    let mut tight = make(spec, Form::Bf16, 16, small);
    let free = tight.free();
    let ids: Vec<_> = texts.iter().map(|text| tight.add(text).unwrap()).collect();
    let mut found = vec![Vec::new(); ids.len()];
    let mut waited = 0;
    while found.iter().any(|rows: &Vec<Vec<f32>>| rows.len() <= rest.len()) {
        let outputs = tight.step().unwrap();
        waited += usize::from(outputs.len() < ids.len());
        for output in outputs {
            let at = ids.iter().position(|id| *id == output.sequence).unwrap();
            found[at].extend(output.logits);
            match rest.get(found[at].len() - 1) {
                Some(token) => tight.push(output.sequence, *token).unwrap(),
                None => tight.cancel(output.sequence).unwrap(),
            }
        }
    }
    assert!(found == expect, "some text has other bits");
    assert!(waited > 10, "three texts of 50 tokens should not fit into 96");
    assert_eq!(tight.free(), free);
}

/// Cancelling at any step frees everything at once.
///
/// # Panics
/// If it does not hold.
pub fn cancelling(make: Make<'_>) {
    let spec = &TINY[0];
    let limits = Limits { chunk: 16, prefixes: 0, ..limits() };
    let mut engine = make(spec, Form::Bf16, 16, limits);
    let free = engine.free();
    for steps in 0..8 {
        let id = engine.add(&text(spec, 1, 90)).unwrap();
        for _ in 0..steps {
            engine.step().unwrap();
        }
        engine.cancel(id).unwrap();
        assert_eq!(engine.free(), free, "after {steps} steps");
    }
}

/// Rolling back some of the rows equals never having run them.
///
/// # Panics
/// If it does not hold.
pub fn rollback(make: Make<'_>) {
    let spec = &TINY[0];
    let mut engine = make(spec, Form::Awq, 16, limits());
    let (prompt, drafts, rest) = (text(spec, 1, 40), text(spec, 5, 31), text(spec, 6, 3));
    let long: Vec<u32> = drafts.iter().chain(&rest).copied().collect();
    let plain = follow(&mut engine, &prompt, &long);
    let free = engine.free();
    for rows in [1, 2, 3, 8, 31, 32] {
        for accepted in 1..=rows {
            let id = engine.add(&prompt).unwrap();
            finish(&mut engine, id);
            engine.push(id, drafts[0]).unwrap();
            let logits = engine.verify(&[(id, &long[1..rows])]).unwrap().remove(0);
            assert!(logits == plain[1..=rows], "{rows} rows at once");
            engine.accept(&[accepted]).unwrap();
            assert_eq!(engine.tokens(id).unwrap().len(), prompt.len() + accepted);
            // Other tokens than those that were taken back.
            let expect = {
                let accepted: Vec<u32> = long[..accepted].iter().chain(&rest).copied().collect();
                follow(&mut engine, &prompt, &accepted).split_off(accepted.len() - rest.len() + 1)
            };
            for (token, expect) in rest.iter().zip(expect) {
                engine.push(id, *token).unwrap();
                assert!(finish(&mut engine, id) == expect, "{accepted} of {rows} rows");
            }
            engine.cancel(id).unwrap();
        }
    }
    engine.forget().unwrap();
    assert!(engine.free() >= free);
}

/// Several texts are verified together and decided apart.
///
/// # Panics
/// If it does not hold.
pub fn verification(make: Make<'_>) {
    let spec = &TINY[4];
    let mut engine = make(spec, Form::Bf16, 16, limits());
    let texts = [text(spec, 1, 20), text(spec, 2, 50)];
    let drafts = text(spec, 3, 6);
    let expect = texts.each_ref().map(|text| follow(&mut engine, text, &drafts));
    let ids = texts.each_ref().map(|text| {
        let id = engine.add(text).unwrap();
        finish(&mut engine, id);
        id
    });
    ids.iter().for_each(|id| engine.push(*id, drafts[0]).unwrap());
    let found = engine.verify(&[(ids[1], &drafts[1..5]), (ids[0], &drafts[1..3])]).unwrap();
    assert!(found[0] == expect[1][1..6] && found[1] == expect[0][1..4]);
    assert!(engine.step().unwrap_err().to_string().contains("accept"));
    assert!(engine.accept(&[6, 1]).is_err() && engine.accept(&[0, 1]).is_err());
    engine.accept(&[2, 3]).unwrap();
    for (at, accepted) in [(1, 2), (0, 3)] {
        engine.push(ids[at], drafts[accepted]).unwrap();
        assert!(finish(&mut engine, ids[at]) == expect[at][accepted + 1], "text {at}");
    }
}

/// A past of several parts gives the numbers of one that is attended to at once, within `rounding`,
/// and a text beside a longer one the bits that it has alone.
///
/// # Panics
/// If it does not hold.
pub fn long(make: Make<'_>, rounding: f32) {
    let spec = &TINY[0];
    let limits = Limits { context: 1200, cached: 2400, chunk: 512, ..limits() };
    let whole = text(spec, 1, 1104);
    let (prompt, rest) = whole.split_at(1100);
    let mut engine = make(spec, Form::Bf16, 16, limits);
    let found = follow(&mut engine, prompt, rest);

    engine.add_scored(&whole).unwrap();
    let mut expect = Vec::new();
    while expect.len() < whole.len() {
        expect.extend(engine.step().unwrap().into_iter().flat_map(|output| output.logits));
    }
    for (found, expect) in found.iter().zip(&expect[1099..]) {
        let worst = difference(found, expect);
        assert!(worst < rounding, "{worst:e}");
    }

    let (short, next) = (text(spec, 2, 20), text(spec, 3, 3));
    let alone = follow(&mut engine, &short, &next);
    let ids = [engine.add(prompt).unwrap(), engine.add(&short).unwrap()];
    let mut beside = Vec::new();
    while beside.len() <= next.len() {
        for output in engine.step().unwrap() {
            let own = output.sequence == ids[1];
            if own {
                beside.extend(output.logits);
            }
            match next.get(beside.len().wrapping_sub(1)) {
                Some(token) if own => engine.push(ids[1], *token).unwrap(),
                _ if own => {}
                _ => engine.push(ids[0], rest[0]).unwrap(),
            }
        }
    }
    assert!(beside == alone, "a text beside a longer one has other bits");
}
