//! The arguments of each operation.

use kiln_cache::vocabulary::{Access, ArgKind, Dtype, Extent, Factor, Operation};
use kiln_targets::Format;

/// An argument block in the making.
struct Block<'o> {
    operation: &'o Operation,
    args: Vec<(String, ArgKind)>,
}

/// The arguments of an operation, dims last.
///
/// # Panics
/// If nothing is known of the operation.
pub(super) fn arguments(operation: &Operation) -> Vec<(String, ArgKind)> {
    let mut block = Block { operation, args: Vec::new() };
    let dims: &[&str] = match operation.name.as_str() {
        "embedding" => {
            block.input("ids", "i32", &["m"], &["1"]);
            block.input("table", &block.text("table"), &["v"], &["k"]);
            block.output("y", &block.text("out"), &["m"], &["k"]);
            &["m", "k", "v"]
        }
        "concat" => {
            let act = block.text("act");
            for at in 0..block.text("parts").parse().expect("parts should be a number") {
                block.input(&format!("x{at}"), &act, &["m"], &["k"]);
            }
            block.output("y", &act, &["m"], &["parts", "k"]);
            &["m", "k"]
        }
        "rms_norm" => {
            block.input("x", &block.text("dtype"), &["m"], &["k"]);
            block.input("w", &block.text("weight"), &["1"], &["k"]);
            block.output("y", &block.text("dtype"), &["m"], &["k"]);
            &["m", "k"]
        }
        "add_norm" => {
            for name in ["x", "residual"] {
                block.input(name, &block.text("dtype"), &["m"], &["k"]);
            }
            block.input("w", &block.text("weight"), &["1"], &["k"]);
            for name in ["sum", "y"] {
                block.output(name, &block.text("dtype"), &["m"], &["k"]);
            }
            &["m", "k"]
        }
        "argmax" => {
            block.input("x", "f32", &["m"], &["v"]);
            block.output("y", "i32", &["m"], &["1"]);
            &["m", "v"]
        }
        "top_k_split" => {
            block.input("x", "f32", &["m"], &["v"]);
            block.output("values", "f32", &["m"], &["count", "w"]);
            block.output("places", "i32", &["m"], &["count", "w"]);
            &["m", "v", "w"]
        }
        "top_k_merge" => {
            block.input("found", "f32", &["m"], &["count", "w"]);
            block.input("found_places", "i32", &["m"], &["count", "w"]);
            block.output("values", "f32", &["m"], &["count"]);
            block.output("places", "i32", &["m"], &["count"]);
            &["m", "w"]
        }
        "linear" | "linear_q4" => block.linear(),
        "rope_kv" | "attention" | "attention_split" | "attention_merge" => block.attention(),
        "conv1d" | "delta" | "conv_commit" | "delta_commit" | "gated_norm" => block.delta(),
        other => panic!("no plain loops for {other}"),
    };
    let dims = dims.iter().map(|dim| ((*dim).to_owned(), ArgKind::Dim));
    block.args.into_iter().chain(dims).collect()
}

impl Block<'_> {
    fn text(&self, name: &str) -> String {
        let found = self.operation.attributes.get(name);
        found.unwrap_or_else(|| panic!("{} has no {name}", self.operation)).clone()
    }

    fn input(&mut self, name: &str, format: &str, rows: &[&str], cols: &[&str]) {
        self.add(name, format, [rows, cols], Access::In);
    }

    fn output(&mut self, name: &str, format: &str, rows: &[&str], cols: &[&str]) {
        self.add(name, format, [rows, cols], Access::Out);
    }

    fn inout(&mut self, name: &str, format: &str, rows: &[&str], cols: &[&str]) {
        self.add(name, format, [rows, cols], Access::InOut);
    }

    /// Adds every part of an operand. A size is a product of dims, numbers and attributes.
    fn add(&mut self, name: &str, format: &str, shape: [&[&str]; 2], access: Access) {
        let format = Format::builtin(format).expect("the format should be built in");
        for part in &format.parts {
            let axis = |axis: usize| {
                let factors = shape[axis].iter().map(|of| self.factor(of, part.divisor[axis]));
                Extent(factors.collect())
            };
            let order = part.order.to_string();
            let kind = ArgKind::Buffer {
                format: format.name.clone(),
                part: part.name.clone(),
                dtype: part.dtype().name().parse().unwrap_or(Dtype::U8),
                bits: part.dtype().bits(),
                shape: [axis(0), axis(1)],
                order: if order.is_empty() { "row_major".into() } else { order },
                access,
            };
            let whole = format.parts.len() == 1;
            let name = if whole { name.to_owned() } else { format!("{name}.{}", part.name) };
            self.args.push((name, kind));
        }
    }

    fn factor(&self, of: &str, by: usize) -> Factor {
        let attribute = self.operation.attributes.get(of).and_then(|value| value.parse().ok());
        match of.parse().ok().or(attribute) {
            Some(number) => Factor::Const(number),
            None => Factor::CeilDiv { dim: of.to_owned(), by: by as u64 },
        }
    }

    fn linear(&mut self) -> &'static [&'static str] {
        let epilogue = self.text("epilogue");
        let format = match self.operation.attributes.get("asymmetric").map(String::as_str) {
            None if self.text("weight") == "i8" => "i8_rows".to_owned(),
            None => self.text("weight"),
            Some("true") => "awq_g32_asym".to_owned(),
            Some(_) => "awq_g32_sym".to_owned(),
        };
        let x = self.operation.attributes.get("x").or(self.operation.attributes.get("act"));
        let x = x.expect("plain loops should be asked for exact activations").clone();
        let rows: &[&str] = if epilogue == "silu_mul" { &["2", "n"] } else { &["n"] };
        self.input("w", &format, rows, &["k"]);
        self.input("x", &x, &["m"], &["k"]);
        if epilogue == "residual" {
            self.input("residual", &self.text("out"), &["m"], &["n"]);
        }
        self.output("y", &self.text("out"), &["m"], &["n"]);
        &["m", "n", "k"]
    }

    fn attention(&mut self) -> &'static [&'static str] {
        let (act, kv) = (self.text("act"), self.text("kv"));
        let wide = ["heads", "head"];
        let tables = |block: &mut Self| {
            block.input("segments", "i32", &["b"], &["4"]);
            block.input("pages", "i32", &["b"], &["t"]);
        };
        let caches = |block: &mut Self, access: Access| {
            for name in ["keys", "values"] {
                block.add(name, &kv, [&["c", "kv_heads"], &["head"]], access);
            }
        };
        match self.operation.name.as_str() {
            "rope_kv" => {
                self.input("qkv", &act, &["m"], &["n"]);
                self.input("q_norm", &self.text("weight"), &["1"], &["head"]);
                self.input("k_norm", &self.text("weight"), &["1"], &["head"]);
                self.input("angles", "f32", &["m"], &["rotary"]);
                self.input("places", "i32", &["m"], &["1"]);
                self.output("q", &act, &["m"], &wide);
                caches(self, Access::InOut);
                return &["m", "n", "c"];
            }
            "attention" => {
                self.input("q", &act, &["m"], &wide);
                caches(self, Access::In);
                self.input("qkv", &act, &["m"], &["n"]);
                tables(self);
                self.output("y", &act, &["m"], &wide);
            }
            "attention_split" => {
                self.input("q", &act, &["m"], &wide);
                caches(self, Access::In);
                tables(self);
                self.output("parts", "f32", &["m", "heads"], &["s", "head"]);
                self.output("weights", "f32", &["m", "heads"], &["s"]);
                return &["m", "c", "b", "t", "s"];
            }
            _ => {
                self.input("parts", "f32", &["m", "heads"], &["s", "head"]);
                self.input("weights", "f32", &["m", "heads"], &["s"]);
                self.input("qkv", &act, &["m"], &["n"]);
                self.output("y", &act, &["m"], &wide);
                return &["m", "n", "s"];
            }
        }
        &["m", "n", "c", "b", "t"]
    }

    fn delta(&mut self) -> &'static [&'static str] {
        let act = self.text("act");
        let values = ["value_heads", "value_head"];
        let history = self.operation.attributes.get("taps").map(|taps| {
            let taps: u64 = taps.parse().expect("taps should be a number");
            (taps - 1).to_string()
        });
        let history = history.unwrap_or_default();
        let state = ["s", "value_heads", "value_head"];
        match self.operation.name.as_str() {
            "conv1d" => {
                self.input("x", &act, &["m"], &["n"]);
                self.input("w", "f32", &["c"], &["taps"]);
                self.input("segments", "i32", &["b"], &["4"]);
                self.inout("state", &act, &["s"], &[&history, "c"]);
                self.output("y", "f32", &["m"], &["c"]);
            }
            "conv_commit" => {
                self.input("x", &act, &["m"], &["n"]);
                self.input("segments", "i32", &["b"], &["4"]);
                self.inout("state", &act, &["s"], &[&history, "c"]);
            }
            "gated_norm" => {
                self.input("o", "f32", &["m"], &values);
                self.input("x", &act, &["m"], &["n"]);
                self.input("w", "f32", &["1"], &["value_head"]);
                self.output("y", &self.text("out"), &["m"], &values);
                return &["m", "n", "c"];
            }
            name => {
                self.input("qkv", "f32", &["m"], &["c"]);
                self.input("ab", "f32", &["m"], &["2", "value_heads"]);
                self.input("a_log", "f32", &["1"], &["value_heads"]);
                self.input("dt_bias", "f32", &["1"], &["value_heads"]);
                self.input("segments", "i32", &["b"], &["4"]);
                self.inout("state", "f32", &state, &["key_head"]);
                let state = self.operation.attributes.get("state").map(String::as_str);
                let keep = matches!(state, Some("keep" | "move"));
                if state == Some("move") {
                    self.input("old_qkv", "f32", &["32"], &["c"]);
                    self.input("old_ab", "f32", &["32"], &["2", "value_heads"]);
                    self.input("old_deltas", "f32", &["32"], &values);
                    self.input("old_segments", "i32", &["b"], &["4"]);
                }
                if name == "delta_commit" {
                    self.input("deltas", "f32", &["m"], &values);
                } else {
                    self.output("y", "f32", &["m"], &values);
                }
                if keep {
                    self.output("deltas", "f32", &["m"], &values);
                }
                return &["m", "c", "s", "b"];
            }
        }
        &["m", "n", "c", "s", "b"]
    }
}
