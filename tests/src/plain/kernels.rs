//! What each operation computes.

use std::ops::Range;

use kiln_targets::DType;

use super::arrays::{Array, Launch, Segment};
use super::search;

/// Computes a launch's results.
///
/// # Panics
/// If nothing is known of the operation.
pub(super) fn compute(launch: &mut Launch<'_>) {
    match launch.operation.name.as_str() {
        "embedding" => embedding(launch),
        "rms_norm" => rms_norm(launch),
        "concat" => concat(launch),
        "add_norm" => add_norm(launch),
        "linear" | "linear_q4" => linear(launch),
        "rope_kv" => rope_kv(launch),
        "attention" => attention(launch),
        "attention_split" => split(launch),
        "attention_merge" => merge(launch),
        "conv1d" => conv(launch),
        "delta" => delta(launch),
        "conv_commit" => conv_commit(launch),
        "delta_commit" => delta_commit(launch),
        "gated_norm" => gated_norm(launch),
        "argmax" => search::argmax(launch),
        "top_k_split" => search::top_k_split(launch),
        "top_k_merge" => search::top_k_merge(launch),
        other => panic!("no plain loops for {other}"),
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn silu(x: f64) -> f64 {
    x * sigmoid(x)
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn embedding(launch: &mut Launch<'_>) {
    let mut y = launch.take("y");
    for row in 0..launch.size("m") {
        let id = launch.input("ids").at(row, 0);
        y.row_mut(row).copy_from_slice(launch.input("table").row(id));
    }
    launch.put("y", y);
}

fn concat(launch: &mut Launch<'_>) {
    let (mut y, parts) = (launch.take("y"), launch.size("parts"));
    for row in 0..launch.size("m") {
        let side = (0..parts).flat_map(|at| launch.input(&format!("x{at}")).row(row).to_vec());
        let side: Vec<f64> = side.collect();
        y.row_mut(row).copy_from_slice(&side);
    }
    launch.put("y", y);
}

/// `x * rsqrt(mean(x^2) + epsilon) * (offset + w)`.
fn normed(x: &[f64], w: &[f64], epsilon: f64, offset: f64) -> Vec<f64> {
    let mean = dot(x, x) / x.len() as f64;
    let scale = 1.0 / (mean + epsilon).sqrt();
    x.iter().zip(w).map(|(x, w)| x * scale * (offset + w)).collect()
}

fn rms_norm(launch: &mut Launch<'_>) {
    let offset = if launch.is("convention", "one_plus") { 1.0 } else { 0.0 };
    let (epsilon, mut y) = (launch.number("epsilon"), launch.take("y"));
    for row in 0..launch.size("m") {
        let found = normed(launch.input("x").row(row), launch.input("w").row(0), epsilon, offset);
        y.row_mut(row).copy_from_slice(&found);
    }
    launch.put("y", y);
}

/// The sum is rounded before it is normalised.
fn add_norm(launch: &mut Launch<'_>) {
    let offset = if launch.is("convention", "one_plus") { 1.0 } else { 0.0 };
    let (epsilon, mut sum, mut y) =
        (launch.number("epsilon"), launch.take("sum"), launch.take("y"));
    let dtype: DType = launch.operation.attributes["dtype"].parse().expect("a number type");
    for row in 0..launch.size("m") {
        let pairs = launch.input("x").row(row).iter().zip(launch.input("residual").row(row));
        let added = pairs.map(|(x, residual)| dtype.decode(dtype.encode((x + residual) as f32)));
        let added: Vec<f64> = added.map(f64::from).collect();
        let found = normed(&added, launch.input("w").row(0), epsilon, offset);
        y.row_mut(row).copy_from_slice(&found);
        sum.row_mut(row).copy_from_slice(&added);
    }
    launch.put("sum", sum);
    launch.put("y", y);
}

fn linear(launch: &mut Launch<'_>) {
    let (mut y, n) = (launch.take("y"), launch.size("n"));
    let (x, w) = (launch.input("x"), launch.input("w"));
    for row in 0..launch.size("m") {
        for column in 0..n {
            let sum = dot(x.row(row), w.row(column));
            y.row_mut(row)[column] = match launch.operation.attributes["epilogue"].as_str() {
                "residual" => sum + launch.input("residual").row(row)[column],
                "silu_mul" => silu(sum) * dot(x.row(row), w.row(n + column)),
                _ => sum,
            };
        }
    }
    launch.put("y", y);
}

/// Row of the cache that holds a head's key or value at a place.
fn cached(place: usize, head: usize, heads: usize, page: usize) -> usize {
    (place / page * heads + head) * page + place % page
}

fn rotated(head: &[f64], angles: &[f64]) -> Vec<f64> {
    let half = angles.len() / 2;
    let mut turned = head.to_vec();
    for pair in 0..half {
        let (cosine, sine) = (angles[pair], angles[half + pair]);
        turned[pair] = head[pair] * cosine - head[pair + half] * sine;
        turned[pair + half] = head[pair + half] * cosine + head[pair] * sine;
    }
    turned
}

fn rope_kv(launch: &mut Launch<'_>) {
    let [heads, kv_heads, head, page] =
        ["heads", "kv_heads", "head", "page"].map(|name| launch.size(name));
    let epsilon = launch.number("epsilon");
    let offset = if launch.is("convention", "plain") { 0.0 } else { 1.0 };
    let stride = if launch.is("gated", "true") { 2 * head } else { head };
    let [mut q, mut keys, mut values] = ["q", "keys", "values"].map(|name| launch.take(name));
    for row in 0..launch.size("m") {
        let (qkv, angles) = (launch.input("qkv").row(row), launch.input("angles").row(row));
        let place = launch.input("places").at(row, 0);
        let turn = |x: &[f64], norm: &str| {
            rotated(&normed(x, launch.input(norm).row(0), epsilon, offset), angles)
        };
        for at in 0..heads {
            let query = &qkv[at * stride..at * stride + head];
            q.row_mut(row)[at * head..(at + 1) * head].copy_from_slice(&turn(query, "q_norm"));
        }
        let (key, value) = (heads * stride, heads * stride + kv_heads * head);
        for at in 0..kv_heads {
            let to = cached(place, at, kv_heads, page);
            let key = &qkv[key + at * head..key + (at + 1) * head];
            keys.row_mut(to).copy_from_slice(&turn(key, "k_norm"));
            let value = &qkv[value + at * head..value + (at + 1) * head];
            values.row_mut(to).copy_from_slice(value);
        }
    }
    launch.put("q", q);
    launch.put("keys", keys);
    launch.put("values", values);
}

/// The tokens that a row of a segment sees.
fn seen(launch: &Launch<'_>, of: &Segment, row: usize) -> Range<usize> {
    let attribute = |name: &str| launch.operation.attributes.get(name);
    let window: Option<usize> = attribute("window").and_then(|text| text.parse().ok());
    let (own, end) = (of.past + row, of.past + of.rows);
    let from = window.map_or(0, |window| (own + 1).saturating_sub(window));
    let end = if launch.is("causal", "false") { end } else { own + 1 };
    from..window.map_or(end, |window| end.min(own + window))
}

/// Softmax over tokens of a row's past, and the logarithm of the sum that it was divided by.
fn attend(
    launch: &Launch<'_>,
    number: usize,
    row: usize,
    at: usize,
    tokens: Range<usize>,
) -> (Vec<f64>, f64) {
    let [heads, kv_heads, head, page] =
        ["heads", "kv_heads", "head", "page"].map(|name| launch.size(name));
    let query = &launch.input("q").row(row)[at * head..(at + 1) * head];
    let pages = launch.input("pages").row(number);
    let rows: Vec<usize> = tokens
        .map(|token| pages[token / page] as usize * page + token % page)
        .map(|place| cached(place, at / (heads / kv_heads), kv_heads, page))
        .collect();
    let scale = (head as f64).powf(-0.5);
    let scores: Vec<f64> =
        rows.iter().map(|at| dot(query, launch.input("keys").row(*at)) * scale).collect();
    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = scores.iter().map(|score| (score - most).exp()).collect();
    let total: f64 = weights.iter().sum();
    let mix = |column: usize| {
        let values = rows.iter().map(|at| launch.input("values").row(*at)[column]);
        values.zip(&weights).map(|(value, weight)| value * weight).sum::<f64>() / total
    };
    ((0..head).map(mix).collect(), most + total.ln())
}

/// Attention to all tokens that each row sees, gated where there are gates.
fn attention(launch: &mut Launch<'_>) {
    let (mut y, head) = (launch.take("y"), launch.size("head"));
    for (number, of) in launch.segments().into_iter().enumerate() {
        let Segment { first, rows, .. } = of;
        for row in 0..rows {
            for at in 0..launch.size("heads") {
                let tokens = seen(launch, &of, row);
                let (mixed, _) = attend(launch, number, first + row, at, tokens);
                for (column, mixed) in mixed.into_iter().enumerate() {
                    let gated = mixed * gate(launch, first + row, at, column);
                    y.row_mut(first + row)[at * head + column] = gated;
                }
            }
        }
    }
    launch.put("y", y);
}

/// The same for each part of the past by itself, without gates.
fn split(launch: &mut Launch<'_>) {
    let [mut parts, mut weights] = ["parts", "weights"].map(|name| launch.take(name));
    let [heads, head, length] = ["heads", "head", "length"].map(|name| launch.size(name));
    for (number, of) in launch.segments().into_iter().enumerate() {
        let Segment { first, rows, .. } = of;
        for (row, at) in (0..rows).flat_map(|row| (0..heads).map(move |at| (row, at))) {
            let place = (first + row) * heads + at;
            for part in 0..launch.size("s") {
                let all = seen(launch, &of, row);
                let tokens = all.start.max(part * length)..all.end.min((part + 1) * length);
                weights.row_mut(place)[part] = f64::NEG_INFINITY;
                parts.row_mut(place)[part * head..(part + 1) * head].fill(0.0);
                if !tokens.is_empty() {
                    let (mixed, weight) = attend(launch, number, first + row, at, tokens);
                    weights.row_mut(place)[part] = weight;
                    parts.row_mut(place)[part * head..(part + 1) * head].copy_from_slice(&mixed);
                }
            }
        }
    }
    launch.put("parts", parts);
    launch.put("weights", weights);
}

fn gate(launch: &Launch<'_>, row: usize, head: usize, column: usize) -> f64 {
    if !launch.is("gated", "true") {
        return 1.0;
    }
    let width = launch.size("head");
    sigmoid(launch.input("qkv").row(row)[(2 * head + 1) * width + column])
}

fn merge(launch: &mut Launch<'_>) {
    let (mut y, head, heads) = (launch.take("y"), launch.size("head"), launch.size("heads"));
    for place in 0..launch.size("m") * heads {
        let (row, at) = (place / heads, place % heads);
        let weights = launch.input("weights").row(place);
        let most = weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let shares: Vec<f64> = weights.iter().map(|weight| (weight - most).exp()).collect();
        let total: f64 = shares.iter().sum();
        for column in 0..head {
            let parts = launch.input("parts").row(place).chunks(head).zip(&shares);
            let sum: f64 = parts.map(|(part, share)| part[column] * share).sum();
            let gated = sum / total * gate(launch, row, at, column);
            y.row_mut(row)[at * head + column] = gated;
        }
    }
    launch.put("y", y);
}

/// The last inputs of each channel before a segment, the oldest first.
fn history(launch: &Launch<'_>, state: &Array, of: Segment) -> Vec<Vec<f64>> {
    let (columns, taps) = (launch.size("c"), launch.size("taps"));
    let row = state.row(of.slot);
    let past = |at: usize| match of.past {
        0 => vec![0.0; columns],
        _ => row[at * columns..(at + 1) * columns].to_vec(),
    };
    (0..taps - 1).map(past).collect()
}

fn conv(launch: &mut Launch<'_>) {
    let [mut y, mut state] = ["y", "state"].map(|name| launch.take(name));
    let (columns, taps) = (launch.size("c"), launch.size("taps"));
    let (head, keys) = (launch.size("key_head"), launch.size("key_heads"));
    for of in launch.segments() {
        let mut inputs = history(launch, &state, of);
        for row in of.first..of.first + of.rows {
            inputs.push(launch.input("x").row(row)[..columns].to_vec());
            let last = &inputs[inputs.len() - taps..];
            let out = y.row_mut(row);
            for (column, out) in out.iter_mut().enumerate() {
                let w = launch.input("w").row(column);
                let terms = last.iter().zip(w).map(|(input, w)| input[column] * w);
                *out = silu(terms.sum());
            }
            for at in 0..2 * keys {
                let part = &mut out[at * head..(at + 1) * head];
                let scale = 1.0 / (dot(part, part) + 1e-6).sqrt();
                let query = if at < keys { (head as f64).powf(-0.5) } else { 1.0 };
                part.iter_mut().for_each(|x| *x *= scale * query);
            }
        }
        if !launch.is("state", "keep") && of.rows > 0 {
            let last = inputs[inputs.len() - (taps - 1)..].concat();
            state.row_mut(of.slot).copy_from_slice(&last);
        }
    }
    launch.put("y", y);
    launch.put("state", state);
}

fn conv_commit(launch: &mut Launch<'_>) {
    let mut state = launch.take("state");
    let (columns, taps) = (launch.size("c"), launch.size("taps"));
    for of in launch.segments().into_iter().filter(|of| of.rows > 0) {
        let mut inputs = history(launch, &state, of);
        let rows = of.first..of.first + of.rows;
        inputs.extend(rows.map(|row| launch.input("x").row(row)[..columns].to_vec()));
        let last = inputs[inputs.len() - (taps - 1)..].concat();
        state.row_mut(of.slot).copy_from_slice(&last);
    }
    launch.put("state", state);
}

/// One head's decay, beta, query and key at a row.
fn gates(launch: &Launch<'_>, row: usize, head: usize) -> (f64, f64, Vec<f64>, Vec<f64>) {
    gates_of(launch, "", row, head)
}

/// The same of arguments whose names begin with a prefix.
fn gates_of(
    launch: &Launch<'_>,
    prefix: &str,
    row: usize,
    head: usize,
) -> (f64, f64, Vec<f64>, Vec<f64>) {
    let [qkv, ab] = ["qkv", "ab"].map(|name| launch.input(&format!("{prefix}{name}")).row(row));
    let (heads, shared) =
        (launch.size("value_heads"), launch.size("value_heads") / launch.size("key_heads"));
    let width = launch.size("key_head");
    let step = ab[heads + head] + launch.input("dt_bias").row(0)[head];
    let softplus = if step > 20.0 { step } else { step.exp().ln_1p() };
    let decay = (-launch.input("a_log").row(0)[head].exp() * softplus).exp();
    let (query, keys) = (head / shared * width, launch.size("key_heads") * width);
    let part = |at: usize| qkv[at..at + width].to_vec();
    (decay, sigmoid(ab[head]), part(query), part(keys + query))
}

fn delta(launch: &mut Launch<'_>) {
    if launch.is("state", "move") {
        commit(launch, "old_");
    }
    let [mut y, mut state] = ["y", "state"].map(|name| launch.take(name));
    let keep = !launch.is("state", "update");
    let mut deltas = if keep { launch.take("deltas") } else { Array::default() };
    let (heads, width) = (launch.size("value_heads"), launch.size("value_head"));
    let values = 2 * launch.size("key_heads") * launch.size("key_head");
    for of in launch.segments() {
        for head in 0..heads {
            for column in 0..width {
                let (at, place) = (head * width + column, of.slot * heads * width);
                let stored = state.row_mut(place + at);
                let mut s = if of.past == 0 { vec![0.0; stored.len()] } else { stored.to_vec() };
                for row in of.first..of.first + of.rows {
                    let (decay, beta, query, key) = gates(launch, row, head);
                    let value = launch.input("qkv").row(row)[values + at];
                    let read: f64 = s.iter().zip(&key).map(|(s, k)| s * decay * k).sum();
                    let delta = rounded(beta * (value - read));
                    move_on(&mut s, decay, &key, delta);
                    y.row_mut(row)[at] = dot(&s, &query);
                    if keep {
                        deltas.row_mut(row)[at] = delta;
                    }
                }
                if !keep && of.rows > 0 {
                    stored.copy_from_slice(&s);
                }
            }
        }
    }
    launch.put("y", y);
    launch.put("state", state);
    if keep {
        launch.put("deltas", deltas);
    }
}

fn delta_commit(launch: &mut Launch<'_>) {
    commit(launch, "");
}

/// Moves states on by rows whose arguments' names begin with a prefix.
fn commit(launch: &mut Launch<'_>, prefix: &str) {
    let mut state = launch.take("state");
    let (heads, width) = (launch.size("value_heads"), launch.size("value_head"));
    let segments = launch.segments_of(&format!("{prefix}segments"));
    let deltas = launch.input(&format!("{prefix}deltas"));
    for of in segments.into_iter().filter(|of| of.rows > 0) {
        for at in 0..heads * width {
            let stored = state.row_mut(of.slot * heads * width + at);
            let mut s = if of.past == 0 { vec![0.0; stored.len()] } else { stored.to_vec() };
            for row in of.first..of.first + of.rows {
                let (decay, _, _, key) = gates_of(launch, prefix, row, at / width);
                move_on(&mut s, decay, &key, deltas.row(row)[at]);
            }
            stored.copy_from_slice(&s);
        }
    }
    launch.put("state", state);
}

/// A state's row after a token; as states are stored, in f32.
fn move_on(s: &mut [f64], decay: f64, key: &[f64], delta: f64) {
    for (s, key) in s.iter_mut().zip(key) {
        *s = rounded(*s * decay + key * delta);
    }
}

fn rounded(x: f64) -> f64 {
    f64::from(x as f32)
}

fn gated_norm(launch: &mut Launch<'_>) {
    let (epsilon, mut y) = (launch.number("epsilon"), launch.take("y"));
    let (width, gates) = (launch.size("value_head"), launch.size("c"));
    for row in 0..launch.size("m") {
        for head in 0..launch.size("value_heads") {
            let part = head * width..(head + 1) * width;
            let o = &launch.input("o").row(row)[part.clone()];
            let found = normed(o, launch.input("w").row(0), epsilon, 0.0);
            let z = &launch.input("x").row(row)[gates..][part.clone()];
            let gated = found.iter().zip(z).map(|(found, z)| found * silu(*z));
            y.row_mut(row)[part].copy_from_slice(&gated.collect::<Vec<_>>());
        }
    }
    launch.put("y", y);
}
