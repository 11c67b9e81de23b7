//! What attention over a paged cache promises beyond its reference: a row's bits are the same
//! whatever rows are computed with it, whoever its neighbours are, however long a page is, however
//! many parts there are and whichever kernel of one order computes it; and what nobody owns in the
//! cache reaches nothing.

use std::collections::{BTreeMap, BTreeSet};

use kiln_compiler::compile::compile;
use kiln_compiler::dsl::{AnyRecipe, Signature, Values};
use kiln_compiler::interpret::{Buffer, Buffers, extent};
use kiln_compiler::lower::lower;
use kiln_compiler::oracle::{Executor, LaneCode, Launch};
use kiln_compiler::tile::{Part, Program, Role};
use kiln_recipes::catalogue::{Attributes, recipes};
use kiln_targets::{Target, write_element};
use kiln_tests::host_code::HostCode;

const HEADS: usize = 4;
const KV_HEADS: usize = 2;
const HEAD: usize = 32;

/// Rows of one sequence behind its past.
#[derive(Clone, Copy)]
struct Segment {
    sequence: usize,
    past: usize,
    rows: usize,
}

/// How the rows are computed.
#[derive(Clone)]
struct Setting<'a> {
    target: &'a str,
    kv: &'a str,
    page: usize,
    /// Heads, rows and waves that a workgroup takes side by side, where that is not left open.
    covers: Option<[u32; 3]>,
    /// Parts beyond those that are needed.
    spare: usize,
    segments: Vec<Segment>,
}

/// An operation of one setting's kind, ready to run.
struct Kernel {
    order: String,
    signature: Signature,
    program: Program,
    executor: Box<dyn Executor>,
}

/// Kernels by operation, length of a page and cover.
type Kernels = BTreeMap<(String, usize, Option<[u32; 3]>), Kernel>;

/// A number between -1 and 1 for anything that has numbers for a name.
fn number(name: [usize; 4]) -> f64 {
    let mixed = name.iter().fold(7u64, |mixed, part| {
        let mixed = (mixed ^ *part as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^ (mixed >> 29)
    });
    (mixed % 2001) as f64 / 1000.0 - 1.0
}

impl Setting<'_> {
    fn attributes(&self) -> Attributes {
        let sizes = [("heads", HEADS), ("kv_heads", KV_HEADS), ("head", HEAD), ("page", self.page)];
        let act = if self.kv == "f32" { "f32" } else { "bf16" };
        let names = [("act", act), ("kv", self.kv), ("gated", "true"), ("length", "64")];
        let sizes = sizes.into_iter().map(|(name, size)| (name.to_owned(), size.to_string()));
        sizes.chain(names.map(|(name, value)| (name.to_owned(), value.to_owned()))).collect()
    }

    fn dims(&self) -> BTreeMap<String, u64> {
        let rows: usize = self.segments.iter().map(|segment| segment.rows).sum();
        let longest = self.segments.iter().map(|segment| segment.past + segment.rows).max();
        let longest = longest.expect("a setting should have segments");
        let (count, table) = (self.segments.len(), longest.div_ceil(self.page));
        let columns = (2 * HEADS + 2 * KV_HEADS) * HEAD;
        let sizes = [
            ("m", rows),
            ("n", columns),
            ("c", (count * table + 1) * self.page),
            ("b", count),
            ("t", table),
            ("s", longest.div_ceil(64) + self.spare),
        ];
        sizes.map(|(name, size)| (name.to_owned(), size as u64)).into()
    }

    /// The element of an input, if somebody owns it. Pages lie backwards behind one that nobody
    /// has: number `at` of segment `place` is `last - (place * table + at)`.
    fn element(&self, part: &str, [row, col]: [usize; 2], table: usize) -> Option<f64> {
        let last = self.segments.len() * table;
        let mut first = 0;
        for (place, segment) in self.segments.iter().enumerate() {
            let Segment { sequence, past, rows } = *segment;
            let own = (first..first + rows).contains(&row).then(|| past + row - first);
            match part {
                "segments" if row == place => return Some([first, rows, place, past][col] as f64),
                "pages" if row == place => return Some((last - (place * table + col)) as f64),
                "keys" | "values" => {
                    let (block, offset) = (row / self.page, row % self.page);
                    let behind = last - block / KV_HEADS;
                    let token = behind % table * self.page + offset;
                    if behind / table == place && token < past + rows {
                        let which = usize::from(part == "keys");
                        let name = [sequence, token, block % KV_HEADS * HEAD + col, which];
                        return Some(2.0 * number(name));
                    }
                }
                "q" | "qkv" => {
                    if let Some(position) = own {
                        return Some(3.0 * number([sequence, position, col, part.len()]));
                    }
                }
                _ => {}
            }
            first += rows;
        }
        None
    }

    /// The memory of a launch, NaN where nobody owns it; `known` replaces inputs.
    fn buffers(&self, signature: &Signature, known: &mut Buffers) -> Buffers {
        let dims = self.dims();
        let sizes: Vec<i64> = signature.dims().iter().map(|name| dims[name] as i64).collect();
        let mut buffers = Buffers::new();
        for part in signature.parts() {
            let shape = part.extent.map(|of| extent(of, &sizes) as usize);
            let made = match known.get(&part.name) {
                Some(buffer) => buffer.clone(),
                None => self.image(&part, shape),
            };
            buffers.insert(part.name, made);
        }
        buffers
    }

    fn image(&self, part: &Part, shape: [usize; 2]) -> Buffer {
        let mut bytes = vec![0xff; part.order.bytes(shape, part.dtype)];
        if part.role == Role::Output {
            return Buffer::guarded(&bytes);
        }
        let table = self.dims()["t"] as usize;
        for at in (0..shape[0]).flat_map(|row| (0..shape[1]).map(move |col| [row, col])) {
            let Some(value) = self.element(&part.name, at, table) else { continue };
            let bits = match part.dtype.is_float() {
                true => part.dtype.encode(value as f32),
                false => part.dtype.encode_int(value as i64),
            };
            let address = part.order.address(at[0], at[1], shape[1]);
            write_element(&mut bytes, part.dtype, address, bits);
        }
        Buffer::guarded(&bytes)
    }

    /// An operation at a point with steps of 32 keys.
    fn kernel(&self, operation: &str) -> Kernel {
        let target = Target::builtin(self.target).expect("the target should be built in");
        let recipes = recipes(operation, &self.attributes()).expect("it should be catalogued");
        let recipe: &dyn AnyRecipe = recipes[0].as_ref();
        let is = |values: &Values, name: &str, wanted: u32| {
            values.get(name).is_none_or(|value| *value == wanted)
        };
        let fits = |values: &Values| {
            let covers = |[heads, queries, across]: [u32; 3]| {
                is(values, "heads", heads)
                    && is(values, "queries", queries)
                    && is(values, "across", across)
            };
            is(values, "keys", 32) && self.covers.is_none_or(covers)
        };
        let mut points = recipe.candidates().filter(|point| point.admits(&target).is_ok());
        let point = points.find(|point| fits(&point.values())).expect("a point should be admitted");
        let program = point.build(&target).unwrap_or_else(|wrong| panic!("{wrong}"));
        let executor: Box<dyn Executor> = match self.target {
            "gfx1151" => {
                let kernel = lower(&program, &target).unwrap_or_else(|wrong| panic!("{wrong}"));
                Box::new(LaneCode::new(kernel, &target).expect("lane code should run"))
            }
            _ => {
                let code = compile(&program, &target, &[]).unwrap_or_else(|why| panic!("{why}"));
                Box::new(HostCode::new(code).expect("host code should load"))
            }
        };
        let (order, signature) = (point.order(&target), point.signature(&target));
        Kernel { order, signature, program, executor }
    }

    /// Runs an operation, and puts what it writes among what is known.
    fn run(&self, operation: &str, known: &mut Buffers, kernels: &mut Kernels) {
        let name = (operation.to_owned(), self.page, self.covers);
        let kernel = kernels.entry(name).or_insert_with(|| self.kernel(operation));
        let mut buffers = self.buffers(&kernel.signature, known);
        let dims = self.dims();
        let launch = Launch { program: &kernel.program, dims: &dims };
        kernel.executor.run(launch, &mut buffers).unwrap_or_else(|wrong| panic!("{wrong}"));
        for part in kernel.program.parts.iter().filter(|part| part.role == Role::Output) {
            let buffer = buffers.get(&part.name).expect("outputs should stay").clone();
            known.insert(part.name.clone(), buffer);
        }
    }

    /// Bits of every row of `y`, by sequence and position.
    fn rows(
        &self,
        operations: &[&str],
        kernels: &mut Kernels,
    ) -> BTreeMap<(usize, usize), Vec<u8>> {
        let mut known = Buffers::new();
        operations.iter().for_each(|operation| self.run(operation, &mut known, kernels));
        let y = known.get("y").expect("y should be computed").bytes();
        let width = if self.kv == "f32" { 4 } else { 2 };
        let mut rows = y.chunks_exact(HEADS * HEAD * width);
        let mut all = BTreeMap::new();
        for Segment { sequence, past, rows: count } in &self.segments {
            for row in 0..*count {
                let bits = rows.next().expect("y should have all rows").to_vec();
                let numbers = bits.chunks_exact(width);
                let unwritten = numbers.filter(|of| of[width - 2..] == [0xff, 0xff]).count();
                assert_eq!(unwritten, 0, "row {row} of sequence {sequence}");
                all.insert((*sequence, past + row), bits);
            }
        }
        all
    }
}

const DECODE: [&str; 2] = ["attention_split", "attention_merge"];

fn host() -> &'static str {
    Target::native_host_name().expect("this processor should have a target")
}

fn segment(sequence: usize, past: usize, rows: usize) -> Segment {
    Segment { sequence, past, rows }
}

/// Every row alone, then together and with neighbours, in longer pages, with spare parts.
fn rows_keep_their_bits(target: &str, kv: &str) {
    let mut kernels = Kernels::new();
    let mut setting = |page, spare, segments: Vec<Segment>| {
        Setting { target, kv, page, covers: None, spare, segments }.rows(&DECODE, &mut kernels)
    };
    let past = 93;
    let together = setting(64, 2, vec![segment(5, 3, 2), segment(0, past, 6), segment(9, 130, 1)]);
    let others = setting(128, 9, vec![segment(0, past + 1, 3)]);
    for position in past..past + 6 {
        let alone = setting(32, 0, vec![segment(0, position, 1)]);
        let bits = &alone[&(0, position)];
        assert_eq!(bits, &together[&(0, position)], "position {position} among others");
        if let Some(other) = others.get(&(0, position)) {
            assert_eq!(bits, other, "position {position} in long pages");
        }
    }
    assert_ne!(together[&(0, past)], together[&(0, past + 1)], "rows should differ");
}

#[test]
fn rows_keep_their_bits_in_lane_code_with_a_bf16_cache() {
    rows_keep_their_bits("gfx1151", "bf16");
}

#[test]
fn rows_keep_their_bits_in_lane_code_with_an_f32_cache() {
    rows_keep_their_bits("gfx1151", "f32");
}

#[test]
fn rows_keep_their_bits_on_the_host() {
    rows_keep_their_bits(host(), "f16");
}

/// The same rows by kernels that differ in how many heads and rows they take side by side.
fn covers_keep_bits(target: &str, kv: &str, covers: &[[u32; 3]]) {
    let mut kernels = Kernels::new();
    let segments = vec![segment(0, 93, 6), segment(1, 3, 1), segment(2, 140, 19)];
    let setting = Setting { target, kv, page: 64, covers: None, spare: 1, segments };
    let mut orders = BTreeSet::new();
    let mut rows = |covers: &[u32; 3]| {
        let covers = Some(*covers);
        let all = Setting { covers, ..setting.clone() }.rows(&DECODE, &mut kernels);
        let name = ("attention_split".to_owned(), setting.page, covers);
        orders.insert(kernels[&name].order.clone());
        all
    };
    let first = rows(&covers[0]);
    for others in &covers[1..] {
        assert_eq!(first, rows(others), "{others:?} against {:?}", covers[0]);
    }
    assert_eq!(orders.len(), 1, "{orders:?}");
}

#[test]
fn heads_and_rows_side_by_side_keep_bits_in_lane_code() {
    let covers = [[1, 16, 1], [2, 8, 1], [1, 32, 1], [2, 16, 1], [1, 32, 2], [2, 32, 2]];
    covers_keep_bits("gfx1151", "bf16", &covers);
}

#[test]
fn heads_and_rows_side_by_side_keep_bits_on_the_host() {
    covers_keep_bits(host(), "f32", &[[1, 16, 1], [2, 8, 1], [2, 16, 1]]);
}

#[test]
fn what_nobody_owns_reaches_no_row_of_a_long_prompt() {
    for (target, kv) in [("gfx1151", "bf16"), (host(), "f32")] {
        let segments = vec![segment(1, 0, 37), segment(2, 50, 3), segment(3, 0, 1)];
        let setting = Setting { target, kv, page: 32, covers: None, spare: 0, segments };
        let mut kernels = Kernels::new();
        let all = setting.rows(&["attention"], &mut kernels);
        let longer = Setting { page: 128, ..setting }.rows(&["attention"], &mut kernels);
        assert_eq!(all, longer, "the length of a page should not matter");
    }
}
