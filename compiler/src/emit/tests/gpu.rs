//! What the code of a GPU kernel says.

use kiln_targets::DType;

use super::kernels::{INDEX, Sketch, broadcast};
use crate::emit::Emitted;
use crate::lane::{
    Address, ArgKind, Binary, Compare, Const, Elt, Op, Pattern, Space, Ty, Unary, Value,
};

/// The instructions of the innermost loop: from its label to the branch back to it.
fn loop_body(assembly: &str) -> Vec<&str> {
    let lines: Vec<&str> = assembly.lines().map(str::trim).collect();
    let back = lines
        .iter()
        .rposition(|line| {
            line.starts_with("s_cbranch") && {
                let label = line.split_whitespace().last().unwrap();
                lines.iter().position(|l| l.starts_with(&format!("{label}:"))).is_some_and(|at| {
                    lines.iter().position(|l| l == line).is_some_and(|branch| at < branch)
                })
            }
        })
        .expect("there should be a loop");
    let label = lines[back].split_whitespace().last().unwrap();
    let head = lines.iter().position(|l| l.starts_with(&format!("{label}:"))).unwrap();
    lines[head + 1..=back].to_vec()
}

fn count(lines: &[&str], what: &str) -> usize {
    lines.iter().filter(|line| line.starts_with(what)).count()
}

#[test]
fn an_elementwise_kernel_loads_and_stores_with_a_scalar_base() {
    let mut s = Sketch::new("gfx1151", &[ArgKind::Input, ArgKind::Output, ArgKind::Dim]);
    let block = s.block_id(0);
    let row = s.dim(2);
    let start = s.b.binary(Binary::Mul, block, row);
    let start = s.wide(start);
    let from = Address { base: Some(start), offset: 512, ..s.contiguous(Space::Global(0), 16) };
    let x = s.b.load(from, None, Ty::lane(DType::F32, 4));
    let y = s.b.binary(Binary::Add, x, x);
    let to = Address { base: Some(start), ..s.contiguous(Space::Global(1), 16) };
    s.b.store(to, y, None);
    let out = s.emit("double");
    let text = &out.assembly;
    assert!(text.contains("global_load_b128 v[0:3], v4, s["), "{text}");
    assert!(text.contains("offset:512"), "{text}");
    assert!(text.contains("global_store_b128 v4, v[0:3], s["), "{text}");
}

/// An address that differs by lane in no simple way, of 16-byte accesses.
fn scattered(space: Space, base: Option<Value>, lane: Value, offset: i32) -> Address {
    Address { space, base, lane: Some(lane), offset, align: 16, pattern: Pattern::Scattered }
}

/// Copies of a value's type, for carrying it around a loop.
fn like(s: &mut Sketch, values: &[Value]) -> Vec<Value> {
    let types: Vec<Ty> = values.iter().map(|value| s.b.ty(*value)).collect();
    types.into_iter().map(|ty| s.b.fresh(ty)).collect()
}

/// A 128 x 128 product of f16 matrices over `k`, eight waves of 64 x 32 each. Both operands go
/// through local memory in steps of 32, with the next step's loads in flight meanwhile.
struct Gemm {
    s: Sketch,
    /// Byte offset of this thread's 32 bytes of an operand's step, in memory and in local memory.
    row: Value,
    slot: Value,
    /// Byte offsets of this lane's row in the wave's part of each operand.
    sides: [Value; 2],
    thread: Value,
}

const EIGHT: Ty = Ty { elt: Elt::Num(DType::F16), count: 8, uniform: false };

impl Gemm {
    fn new() -> Gemm {
        let args = [ArgKind::Input, ArgKind::Input, ArgKind::Output, ArgKind::Dim];
        let mut s = Sketch::new("gfx1151", &args).waves(8).local(8192).local(8192);
        let (lane, wave, k) = (s.lane_id(), s.wave_id(), s.dim(3));
        let wave = s.b.splat(wave, 1);
        let high = s.b.binary_const(Binary::Shl, wave, 5);
        let thread = s.b.binary(Binary::Add, high, lane);
        let pitch = s.b.binary_const(Binary::Mul, k, 2);
        let pitch = s.b.splat(pitch, 1);
        let half = s.b.binary_const(Binary::And, thread, 1);
        let half = s.b.binary_const(Binary::Shl, half, 5);
        let row = s.b.binary_const(Binary::Shr, thread, 1);
        let row = s.b.binary(Binary::Mul, row, pitch);
        let row = s.b.binary(Binary::Add, row, half);
        let slot = s.b.binary_const(Binary::Shl, thread, 5);
        let column = s.b.binary_const(Binary::And, lane, 15);
        let column = s.b.binary_const(Binary::Shl, column, 6);
        let mut side = |shift: i64, mask: i64, rows: i64| {
            let part = s.b.binary_const(Binary::Shr, wave, shift);
            let part = s.b.binary_const(Binary::And, part, mask);
            let part = s.b.binary_const(Binary::Mul, part, 64 * rows);
            s.b.binary(Binary::Add, column, part)
        };
        let sides = [side(0, 1, 64), side(1, 3, 32)];
        Gemm { s, row, slot, sides, thread }
    }

    fn fetch(&mut self, step: Value) -> Vec<Value> {
        let base = self.s.b.binary_const(Binary::Mul, step, 2);
        let base = Some(self.s.wide(base));
        let place =
            |at: u32| scattered(Space::Global(at / 2), base, self.row, 16 * (at % 2) as i32);
        (0..4).map(|at| self.s.b.load(place(at), None, EIGHT)).collect()
    }

    fn fragment(&mut self, operand: usize, tile: i32, depth: i32) -> Value {
        let at = tile * 1024 + depth * 32;
        let place = |half| {
            scattered(Space::Local(operand as u32), None, self.sides[operand], at + 16 * half)
        };
        let halves = (0..2).map(|half| self.s.b.load(place(half), None, EIGHT)).collect();
        self.s.b.concat(halves)
    }

    fn step(&mut self, carried: &[Value], induction: Value) -> Vec<Value> {
        self.s.b.insert(Op::Barrier, vec![]);
        for (at, value) in (0..).zip(&carried[1..]) {
            let place = scattered(Space::Local(at / 2), None, self.slot, 16 * (at % 2) as i32);
            self.s.b.store(place, *value, None);
        }
        let next = self.s.b.binary_const(Binary::Add, induction, 32);
        let prefetched = self.fetch(next);
        self.s.b.insert(Op::ScheduleFence, vec![]);
        self.s.b.insert(Op::Barrier, vec![]);
        let mut sums: Vec<Value> =
            (0..8).map(|at| self.s.b.extract(carried[0], 8 * at, 8)).collect();
        for depth in 0..2 {
            let a: Vec<Value> = (0..4).map(|tile| self.fragment(0, tile, depth)).collect();
            let b: Vec<Value> = (0..2).map(|tile| self.fragment(1, tile, depth)).collect();
            for (at, sum) in sums.iter_mut().enumerate() {
                let op = mma("wmma_f32_16x16x16_f16", a[at / 2], b[at % 2], *sum);
                *sum = self.s.b.push(op, Ty::lane(DType::F32, 8));
            }
        }
        let mut yields = vec![self.s.b.concat(sums)];
        yields.extend(prefetched);
        yields
    }

    fn finish(mut self) -> Sketch {
        let (lower, upper) = (self.s.b.index(0), self.s.dim(3));
        let zero = self.s.constant(Const::Float(0.0), Ty::lane(DType::F32, 64));
        let mut init = vec![zero];
        init.extend(self.fetch(lower));
        let induction = self.s.b.fresh(INDEX);
        let (carried, results) = (like(&mut self.s, &init), like(&mut self.s, &init));
        self.s.b.open();
        let yields = self.step(&carried, induction);
        let body = self.s.b.close();
        let op = Op::Loop { lower, upper, step: 32, induction, init, carried, body, yields };
        self.s.b.insert(op, results.clone());
        let lane = self.s.b.binary_const(Binary::Mul, self.thread, 256);
        for at in 0..16 {
            let piece = self.s.b.extract(results[0], 4 * at, 4);
            let place = scattered(Space::Global(2), None, lane, 16 * at as i32);
            self.s.b.store(place, piece, None);
        }
        self.s
    }
}

fn mma(atom: &str, a: Value, b: Value, c: Value) -> Op {
    Op::Mma { atom: atom.into(), a, b, c, a_signed: true, b_signed: true }
}

#[test]
fn a_matrix_loop_keeps_its_accumulators_in_place() {
    let out = Gemm::new().finish().emit("gemm");
    let body = loop_body(&out.assembly);
    assert_eq!(count(&body, "v_wmma_f32_16x16x16_f16"), 16, "{body:#?}");
    assert_eq!(count(&body, "v_mov"), 0, "{body:#?}");
    assert_eq!(count(&body, "ds_load_b128"), 24, "{body:#?}");
    assert_eq!(count(&body, "global_load_b128"), 4, "{body:#?}");
    assert_eq!(count(&body, "scratch_"), 0, "{body:#?}");
}

#[test]
fn loads_stay_in_flight_across_barriers() {
    let out = Gemm::new().finish().emit("gemm");
    let body = loop_body(&out.assembly);
    let load = body.iter().position(|line| line.starts_with("global_load_b128")).unwrap();
    let barrier = body.iter().rposition(|line| line.starts_with("s_barrier")).unwrap();
    assert!(load < barrier, "{body:#?}");
    let waits = body[load..].iter().filter(|line| line.contains("vmcnt")).count();
    assert_eq!(waits, 0, "{body:#?}");
    assert_eq!(count(&body, "buffer_gl0_inv"), 0, "{body:#?}");
}

/// A kernel that applies an operation to one lane value and stores the result.
fn map(ty: Ty, op: impl Fn(&mut Sketch, Value) -> Value) -> Emitted {
    let mut s = Sketch::new("gfx1151", &[ArgKind::Input, ArgKind::Output]);
    let from = s.contiguous(Space::Global(0), ty.registers() * 4);
    let value = s.b.load(from, None, ty);
    let result = op(&mut s, value);
    let bytes = s.b.ty(result).count * s.b.ty(result).elt_bits() / 8;
    let to = s.contiguous(Space::Global(1), bytes);
    s.b.store(to, result, None);
    s.emit("map")
}

#[test]
fn transcendental_operations_are_one_instruction() {
    let cases = [
        (Unary::Exp2, "v_exp_f32"),
        (Unary::Log2, "v_log_f32"),
        (Unary::Rsqrt, "v_rsq_f32"),
        (Unary::Recip, "v_rcp_f32"),
    ];
    for (op, name) in cases {
        let text = map(Ty::lane(DType::F32, 1), |s, x| s.b.unary(op, x)).assembly;
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        assert_eq!(count(&lines, name), 1, "{text}");
        assert_eq!(count(&lines, "v_cmp") + count(&lines, "v_ldexp"), 0, "{text}");
    }
}

#[test]
fn float_to_int_relies_on_the_saturating_instruction() {
    let ty = Ty::lane(DType::F32, 1);
    let text = map(ty, |s, x| s.b.cast(x, Elt::Num(DType::I32))).assembly;
    assert!(text.contains("v_cvt_i32_f32") && !text.contains("v_cmp"), "{text}");
}

#[test]
fn halves_are_computed_in_pairs() {
    let text = map(Ty::lane(DType::F16, 8), |s, x| s.b.fma(x, x, x)).assembly;
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    assert_eq!(count(&lines, "v_pk_fma_f16"), 4, "{text}");
    let minimum = |s: &mut Sketch, x| s.b.binary(Binary::Min, x, x);
    let text = map(Ty::lane(DType::F32, 4), minimum).assembly;
    assert!(!text.contains("v_max_f32"), "no canonicalisation:\n{text}");
}

#[test]
fn nibbles_become_bytes_by_two_permutes() {
    let text = map(Ty::lane(DType::U4, 8), |s, x| s.b.cast(x, Elt::Num(DType::I8))).assembly;
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    assert_eq!(count(&lines, "v_perm_b32"), 2, "{text}");
    let text = map(Ty::lane(DType::I4, 8), |s, x| s.b.cast(x, Elt::Num(DType::F16))).assembly;
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    assert_eq!(count(&lines, "v_pk_add_f16"), 4, "{text}");
}

#[test]
fn lanes_exchange_without_local_memory() {
    let ty = Ty::lane(DType::F32, 1);
    for (mask, name) in [(1, "row_xmask:1"), (15, "row_xmask:15"), (16, "v_permlanex16_b32")] {
        let exchange = |s: &mut Sketch, x| {
            let other = s.b.push(Op::LaneXor { of: x, mask }, ty);
            s.b.binary(Binary::Add, x, other)
        };
        let text = map(ty, exchange).assembly;
        assert!(text.contains(name) && !text.contains("ds_"), "{text}");
    }
}

#[test]
fn inputs_at_uniform_addresses_are_scalar_loads() {
    let mut s = Sketch::new("gfx1151", &[ArgKind::Input, ArgKind::Output]);
    let block = s.block_id(0);
    let offset = s.b.binary_const(Binary::Mul, block, 16);
    let offset = s.wide(offset);
    let from = broadcast(Space::Global(0), Some(offset), 0, 16);
    let value = s.b.load(from, None, Ty::lane(DType::F32, 4));
    let to = s.contiguous(Space::Global(1), 16);
    s.b.store(to, value, None);
    let text = s.emit("spread").assembly;
    assert!(!text.contains("global_load") && text.matches("s_load_b128").count() == 2, "{text}");
}

#[test]
fn accesses_under_one_guard_share_a_branch() {
    let mut s = Sketch::new("gfx1151", &[ArgKind::Input, ArgKind::Output, ArgKind::Dim]);
    let (lane, limit) = (s.lane_id(), s.dim(2));
    let limit = s.b.splat(limit, 1);
    let guard = Some(s.b.compare(Compare::Lt, lane, limit));
    let from = s.contiguous(Space::Global(0), 16);
    let loads: Vec<Value> = (0..4)
        .map(|at| {
            let address = Address { offset: 512 * at, ..from };
            s.b.load(address, guard, Ty::lane(DType::F32, 4))
        })
        .collect();
    let to = s.contiguous(Space::Global(1), 16);
    for (at, value) in (0..).zip(loads) {
        s.b.store(Address { offset: 512 * at, ..to }, value, guard);
    }
    let text = s.emit("guarded").assembly;
    assert!(text.matches("and_saveexec").count() <= 2, "{text}");
    assert_eq!(text.matches("global_load_b128").count(), 4, "{text}");
}

#[test]
fn integer_atoms_carry_their_signs() {
    for (atom, name, dtype, per, sum) in [
        ("wmma_i32_16x16x16_iu8", "v_wmma_i32_16x16x16_iu8", DType::I8, 16, 8),
        ("wmma_i32_16x16x16_iu4", "v_wmma_i32_16x16x16_iu4", DType::I4, 16, 8),
        ("dot4_i32_iu8", "v_dot4_i32_iu8", DType::I8, 4, 1),
        ("dot8_i32_iu4", "v_dot8_i32_iu4", DType::I4, 8, 1),
    ] {
        let multiply = |s: &mut Sketch, x: Value| {
            let c = s.constant(Const::Int(1), Ty::lane(DType::I32, sum));
            s.b.push(mma(atom, x, x, c), Ty::lane(DType::I32, sum))
        };
        let text = map(Ty::lane(dtype, per), multiply).assembly;
        let line = text.lines().find(|line| line.contains(name)).expect(&text);
        assert!(line.contains("neg_lo:[1,1,0]"), "{line}");
    }
}

#[test]
fn an_atom_of_another_target_is_refused() {
    let ty = Ty::lane(DType::I32, 1);
    let mut s = Sketch::new("gfx1151", &[]);
    let word = s.constant(Const::Int(0), ty);
    let (mut kernel, target) = s.finish("foreign");
    kernel.body.insts.push(crate::lane::Inst {
        op: mma("vpdpbusd_x16", word, word, word),
        results: vec![word],
        location: crate::diagnose::Location::UNKNOWN,
    });
    let error = crate::emit::emit(&kernel, &target, &Default::default()).unwrap_err().to_string();
    assert!(error.contains("gfx1151 has no atom `vpdpbusd_x16`; it has wmma_f32"), "{error}");
}

#[test]
fn equal_kernels_give_equal_objects() {
    let objects = [(), ()].map(|()| Gemm::new().finish().emit("gemm").object);
    assert_eq!(objects[0], objects[1]);
}
