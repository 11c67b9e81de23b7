use kiln_targets::{DType, Target};

use super::verify;
use crate::diagnose::Location;
use crate::lane::{
    Address, Arg, ArgKind, Binary, Builder, Compare, Const, Elt, LaneKernel, Local, Op, Pattern,
    Space, Ty, Unary, Value, print,
};

const I32: Ty = Ty { elt: Elt::Num(DType::I32), count: 1, uniform: true };
const I64: Ty = Ty { elt: Elt::I64, count: 1, uniform: true };
const F32: Ty = Ty { elt: Elt::Num(DType::F32), count: 1, uniform: true };
const PRED: Ty = Ty { elt: Elt::Pred, count: 1, uniform: true };

fn target() -> Target {
    Target::builtin("gfx1151").unwrap()
}

fn lane(dtype: DType, count: u32) -> Ty {
    Ty::lane(dtype, count)
}

fn address(space: Space, base: Option<Value>, lane: Option<Value>) -> Address {
    let pattern = if lane.is_some() { Pattern::Contiguous } else { Pattern::Broadcast };
    Address { space, base, lane, offset: 0, align: 4, pattern }
}

/// Values that every test may use, in scope at its instructions.
struct Scope {
    builder: Builder,
    index: Value,
    wide: Value,
    float: Value,
    yes: Value,
    lanes: Value,
    ints: Value,
    floats: Value,
    mask: Value,
    bytes: Value,
    sums: Value,
}

impl Scope {
    fn new() -> Scope {
        let mut b = Builder::default();
        b.location = Location { file: "recipe.rs", line: 7 };
        let index = b.push(Op::Param(2), I32);
        let wide = b.cast(index, Elt::I64);
        let float = b.push(Op::Param(3), F32);
        let yes = b.constant(Const::Pred(true), PRED);
        let lanes = b.push(Op::LaneId, lane(DType::I32, 1));
        let ints = b.splat(index, 4);
        let floats = b.splat(float, 4);
        let mask = b.compare(Compare::Lt, floats, floats);
        let bytes = b.bitcast(ints, lane(DType::U8, 16));
        let sums = b.splat(index, 8);
        Scope { builder: b, index, wide, float, yes, lanes, ints, floats, mask, bytes, sums }
    }

    fn kernel(self) -> LaneKernel {
        let (body, types) = self.builder.finish();
        let arg = |name: &str, kind, offset| Arg { name: name.into(), kind, offset };
        let local = |name: &str, bytes, offset| Local { name: name.into(), bytes, offset };
        LaneKernel {
            name: "probe".into(),
            lanes: 32,
            waves: 4,
            args: vec![
                arg("x", ArgKind::Input, 0),
                arg("y", ArgKind::Output, 8),
                arg("m", ArgKind::Dim, 16),
                arg("eps", ArgKind::Scalar, 20),
            ],
            kernarg_bytes: 24,
            locals: vec![local("slot", 256, 0), local("rows", 1024, 256)],
            types,
            body,
        }
    }
}

fn judge(write: impl FnOnce(&mut Scope)) -> Result<(), Vec<String>> {
    let mut scope = Scope::new();
    write(&mut scope);
    verify(&scope.kernel(), &target())
}

#[track_caller]
fn accepted(write: impl FnOnce(&mut Scope)) {
    if let Err(problems) = judge(write) {
        panic!("{}", problems.join("\n"));
    }
}

#[track_caller]
fn refused(why: &str, write: impl FnOnce(&mut Scope)) {
    let problems = judge(write).expect_err(why);
    assert!(problems[0].contains(why), "expected `{why}` in:\n{}", problems.join("\n"));
}

#[track_caller]
fn refused_op(why: &str, op: impl FnOnce(&Scope) -> Op, ty: Ty) {
    refused(why, |s| {
        let op = op(s);
        s.builder.push(op, ty);
    });
}

fn counted_loop(
    s: &mut Scope,
    carry: Ty,
    inner: Ty,
    yields: impl FnOnce(&mut Scope, Value) -> Vec<Value>,
) {
    let (induction, inside, result) =
        (s.builder.fresh(I32), s.builder.fresh(inner), s.builder.fresh(carry));
    s.builder.open();
    let yields = yields(s, inside);
    let body = s.builder.close();
    let (lower, upper, init) = (s.index, s.index, vec![s.index]);
    let carried = vec![inside];
    let op = Op::Loop { lower, upper, step: 32, induction, init, carried, body, yields };
    s.builder.insert(op, vec![result]);
}

#[test]
fn a_lawful_kernel_with_every_op_is_accepted_and_prints_deterministically() {
    let mut s = Scope::new();
    lawful(&mut s);
    let kernel = s.kernel();
    assert_eq!(verify(&kernel, &target()), Ok(()));
    let text = print(&kernel);
    assert_eq!(text, print(&kernel.clone()));
    assert!(
        text.starts_with(
            "kernel probe: 32 lanes, 4 waves\nkernarg 24 bytes\n  arg 0: input x at 0\n"
        ),
        "{text}"
    );
    assert!(text.contains("%0 : i32 = param 2  ; recipe.rs:7\n"), "{text}");
    assert_eq!(text.matches("recipe.rs").count(), 1, "a repeated location is printed once");
    assert!(text.contains(" : i32x8 = mma wmma_i32_16x16x16_iu8 signed "), "{text}");
    assert!(text.contains("+ 16] align 4 contiguous if "), "{text}");
    assert!(text.contains("    yield %"), "{text}");
}

fn lawful(s: &mut Scope) {
    let (index, wide, lanes, bytes) = (s.index, s.wide, s.lanes, s.bytes);
    let b = &mut s.builder;
    b.push(Op::BlockId(2), I32);
    b.push(Op::WaveId, I32);
    b.unary(Unary::Exp2, s.floats);
    b.binary(Binary::Rem, s.ints, s.ints);
    b.fma(s.floats, s.floats, s.floats);
    b.push(Op::Select(s.mask, s.floats, s.floats), lane(DType::F32, 4));
    b.push(Op::Select(s.yes, s.floats, s.floats), lane(DType::F32, 4));
    let halves = b.cast(s.floats, Elt::Num(DType::F16));
    let pair = b.extract(halves, 2, 2);
    b.concat(vec![pair, halves]);
    b.push(Op::LaneXor { of: pair, mask: 16 }, lane(DType::F16, 2));
    b.push(Op::FirstLane(lanes), I32);
    let guard = b.extract(s.mask, 0, 1);
    let from = Address { offset: 16, ..address(Space::Global(0), Some(wide), Some(lanes)) };
    let loaded = b.load(from, Some(guard), lane(DType::F32, 1));
    b.load(address(Space::Global(0), Some(wide), None), None, F32);
    b.store(address(Space::Local(1), Some(index), Some(lanes)), loaded, Some(guard));
    b.insert(Op::Barrier, vec![]);
    b.insert(Op::ScheduleFence, vec![]);
    b.push(mma("wmma_i32_16x16x16_iu8", s.ints, bytes, s.sums), lane(DType::I32, 8));
    counted_loop(s, I32, I32, |s, inside| vec![s.builder.binary(Binary::Add, inside, inside)]);
    s.builder.open();
    s.builder.store(address(Space::Global(1), None, Some(lanes)), loaded, None);
    let then = s.builder.close();
    s.builder.insert(Op::If { condition: s.yes, then }, vec![]);
}

fn mma(atom: &str, a: Value, b: Value, c: Value) -> Op {
    Op::Mma { atom: atom.into(), a, b, c, a_signed: true, b_signed: false }
}

#[test]
fn values_are_used_after_their_definition_and_inside_their_block() {
    refused("%99 is used before it is defined", |s| {
        s.builder.push(Op::Cast(Value(99)), F32);
    });
    refused("is used before it is defined", |s| {
        let later = s.builder.fresh(I32);
        s.builder.push(Op::Splat(later), lane(DType::I32, 1));
        s.builder.insert(Op::WaveId, vec![later]);
    });
    refused("%0 is defined twice", |s| s.builder.insert(Op::WaveId, vec![s.index]));
    refused("%99 has no type", |s| s.builder.insert(Op::WaveId, vec![Value(99)]));
    refused("outside the block that defines it", |s| {
        s.builder.open();
        let inner = s.builder.push(Op::WaveId, I32);
        let then = s.builder.close();
        s.builder.insert(Op::If { condition: s.yes, then }, vec![]);
        s.builder.push(Op::Splat(inner), lane(DType::I32, 1));
    });
    refused("outside the block that defines it", |s| {
        let mut leaked = Value(0);
        counted_loop(s, I32, I32, |_, inside| {
            leaked = inside;
            vec![inside]
        });
        s.builder.push(Op::Splat(leaked), lane(DType::I32, 1));
    });
}

#[test]
fn every_op_checks_what_it_yields() {
    let cases: [(Op, Ty); 7] = [
        (Op::BlockId(0), F32),
        (Op::WaveId, lane(DType::I32, 1)),
        (Op::LaneId, I32),
        (Op::Param(2), F32),
        (Op::Param(3), I32),
        (Op::Const(Const::Float(1.0)), I32),
        (Op::Const(Const::Int(256)), lane(DType::U8, 1)),
    ];
    for (op, ty) in cases {
        let problems = judge(|s| {
            s.builder.push(op.clone(), ty);
        });
        assert!(problems.is_err(), "{op:?} as {ty}");
    }
    refused_op("there is no axis 3", |_| Op::BlockId(3), I32);
    refused_op("argument 0 is a buffer", |_| Op::Param(0), I32);
    refused_op("there is no argument 9", |_| Op::Param(9), I32);
    refused_op("should yield f32x4", |s| Op::Unary(Unary::Neg, s.floats), F32);
    refused_op(
        "yields i32, should yield pred",
        |s| Op::Compare(Compare::Eq, s.index, s.index),
        I32,
    );
    refused("defines 0 values, should define one", |s| s.builder.insert(Op::WaveId, vec![]));
    refused("defines a value", |s| {
        s.builder.push(Op::Barrier, I32);
    });
}

#[test]
fn element_wise_ops_take_the_element_types_they_are_defined_for() {
    let float = |op: fn(&Scope) -> Op, ty| refused_op("not defined for this element", op, ty);
    float(|s| Op::Unary(Unary::Exp2, s.index), I32);
    float(|s| Op::Unary(Unary::RoundEven, s.index), I32);
    float(|s| Op::Unary(Unary::Not, s.float), F32);
    float(|s| Op::Unary(Unary::Neg, s.yes), PRED);
    float(|s| Op::Binary(Binary::Xor, s.float, s.float), F32);
    float(|s| Op::Binary(Binary::Shl, s.float, s.float), F32);
    float(|s| Op::Binary(Binary::Add, s.yes, s.yes), PRED);
    refused_op("%0 is i32, but %2 is f32", |s| Op::Binary(Binary::Add, s.index, s.float), I32);
    refused_op("takes floats", |s| Op::Fma(s.index, s.index, s.index), I32);
    refused_op("but %0 is i32", |s| Op::Fma(s.float, s.float, s.index), F32);
    refused_op("not truth values", |s| Op::Compare(Compare::Eq, s.yes, s.yes), PRED);
    refused_op("does not choose", |s| Op::Select(s.mask, s.index, s.index), I32);
    refused_op("does not choose", |s| Op::Select(s.index, s.index, s.index), I32);
    refused_op("but %2 is f32", |s| Op::Select(s.yes, s.index, s.float), I32);
    refused_op("converts numbers", |s| Op::Cast(s.yes), I32);
    refused_op("should yield f32x4", |s| Op::Cast(s.ints), lane(DType::F32, 2));
}

#[test]
fn rearrangements_keep_elements_and_register_bits() {
    refused_op("should be uniform", |s| Op::Splat(s.ints), lane(DType::I32, 4));
    refused_op("should yield i32x2", |s| Op::Splat(s.index), lane(DType::F32, 2));
    refused_op("elements 2..5", |s| Op::Extract { of: s.ints, start: 2 }, lane(DType::I32, 3));
    refused_op("is uniform", |s| Op::Extract { of: s.index, start: 0 }, I32);
    refused_op("joins nothing", |_| Op::Concat(vec![]), lane(DType::I32, 1));
    refused_op(
        "differs in element type",
        |s| Op::Concat(vec![s.ints, s.floats]),
        lane(DType::I32, 8),
    );
    refused_op("should yield i32x5", |s| Op::Concat(vec![s.ints, s.lanes]), lane(DType::I32, 8));
    refused_op("fills 4 registers, f16x4 fills 2", |s| Op::Bitcast(s.ints), lane(DType::F16, 4));
    refused_op("only numbers held by lanes", |s| Op::Bitcast(s.mask), lane(DType::I32, 4));
    refused_op("only numbers held by lanes", |s| Op::Bitcast(s.index), F32);
    refused_op("mask 32 leaves", |s| Op::LaneXor { of: s.ints, mask: 32 }, lane(DType::I32, 4));
    refused_op("is uniform", |s| Op::LaneXor { of: s.index, mask: 1 }, I32);
    refused_op("has 4 elements, not 1", |s| Op::FirstLane(s.ints), I32);
}

fn refused_load(why: &str, ty: Ty, change: impl FnOnce(&Scope, &mut Address, &mut Option<Value>)) {
    refused(why, |s| {
        let mut at = address(Space::Local(0), None, Some(s.lanes));
        let mut guard = None;
        change(s, &mut at, &mut guard);
        s.builder.load(at, guard, ty);
    });
}

#[test]
fn accesses_go_where_their_space_allows() {
    let word = lane(DType::I32, 1);
    refused_load("there is no local buffer 2", word, |_, at, _| at.space = Space::Local(2));
    refused_load("there is no argument 8", word, |_, at, _| at.space = Space::Global(8));
    refused_load("`y` does not allow", word, |_, at, _| at.space = Space::Global(1));
    refused_load("`m` does not allow", word, |_, at, _| at.space = Space::Global(2));
    refused("`x` does not allow", |s| {
        s.builder.store(address(Space::Global(0), None, Some(s.lanes)), s.lanes, None);
    });
    refused("is uniform", |s| {
        s.builder.store(address(Space::Global(1), None, None), s.index, None);
    });
    refused_load("should be a uniform i64", word, |s, at, _| {
        (at.space, at.base) = (Space::Global(0), Some(s.index));
    });
    refused_load("should be a uniform i32", word, |s, at, _| at.base = Some(s.wide));
    refused_load("should be i32x1", word, |s, at, _| at.lane = Some(s.ints));
    refused_load("whole number of bytes", lane(DType::U4, 3), |_, _, _| {});
    refused_load("whole number of bytes", PRED, |_, at, _| {
        *at = address(Space::Local(0), None, None);
    });
    refused_load("differ by lane", I32, |_, _, _| {});
}

#[test]
fn addresses_are_aligned_and_vary_as_they_say() {
    let word = lane(DType::I32, 1);
    refused_load("no lane offset", word, |_, at, _| at.pattern = Pattern::Broadcast);
    refused_load("is a broadcast", word, |_, at, _| at.lane = None);
    for period in [0, 3, 64] {
        let pattern = Pattern::Periodic { period };
        refused_load("not a power of two up to 32", word, |_, at, _| at.pattern = pattern);
    }
    for repeat in [0, 3, 32] {
        let pattern = Pattern::Repeated { repeat };
        refused_load("not a power of two below 32", word, |_, at, _| at.pattern = pattern);
    }
    refused_load("not all are aligned to 16", word, |_, at, _| {
        *at = Address { align: 16, pattern: Pattern::Repeated { repeat: 2 }, ..*at };
    });
    refused_load("alignment 6 is no power of two", word, |_, at, _| at.align = 6);
    refused_load("alignment 0 is no power of two", word, |_, at, _| at.align = 0);
    refused_load("below that of one element", word, |_, at, _| at.align = 2);
    refused_load("not all are aligned to 16", word, |_, at, _| at.align = 16);
    refused_load("offset 2 is not aligned to 4", word, |_, at, _| {
        *at = Address { offset: 2, ..address(Space::Local(0), None, None) };
    });
}

#[test]
fn guards_are_one_truth_value() {
    let word = lane(DType::I32, 1);
    refused_load("should be one truth value", word, |s, _, guard| *guard = Some(s.lanes));
    refused_load("should be one truth value", word, |s, _, guard| *guard = Some(s.mask));
    refused("guard that differs by lane", |s| {
        let guard = s.builder.extract(s.mask, 0, 1);
        s.builder.load(address(Space::Local(0), None, None), Some(guard), I32);
    });
}

#[test]
fn constant_local_accesses_stay_inside_their_buffer() {
    let word = lane(DType::I32, 1);
    accepted(|s| {
        let at = Address { offset: 128, ..address(Space::Local(0), None, Some(s.lanes)) };
        s.builder.load(at, None, word);
    });
    refused_load("bytes 132..260 of `slot`", word, |_, at, _| at.offset = 132);
    refused_load("bytes 252..316 of `slot`", word, |_, at, _| {
        *at = Address { offset: 252, pattern: Pattern::Repeated { repeat: 2 }, ..*at };
    });
    refused_load("bytes 252..260 of `slot`", word, |_, at, _| {
        *at = Address { offset: 252, pattern: Pattern::Periodic { period: 2 }, ..*at };
    });
    refused_load("bytes 256..260 of `slot`", word, |_, at, _| {
        *at = Address { offset: 256, ..address(Space::Local(0), None, None) };
    });
    refused_load("bytes -4..0 of `slot`", word, |_, at, _| {
        *at = Address { offset: -4, ..address(Space::Local(0), None, None) };
    });
    refused("bytes 256..260 of `slot`", |s| {
        let base = s.builder.index(252);
        let at = Address { offset: 4, ..address(Space::Local(0), Some(base), None) };
        s.builder.load(at, None, word);
    });
    accepted(|s| {
        let guard = s.builder.extract(s.mask, 0, 1);
        let at = Address { offset: 252, ..address(Space::Local(0), None, Some(s.lanes)) };
        s.builder.load(at, Some(guard), word);
    });
}

#[test]
fn atoms_exist_in_the_target_and_get_operands_of_their_size() {
    let sums = lane(DType::I32, 8);
    let iu8 = "wmma_i32_16x16x16_iu8";
    refused_op(
        "gfx1151 has no atom `vpdpbusd_x16`",
        |s| mma("vpdpbusd_x16", s.ints, s.bytes, s.sums),
        sums,
    );
    refused_op("operand a is i32x8, should fill 4", |s| mma(iu8, s.sums, s.bytes, s.sums), sums);
    refused_op("operand b is i32x1, should fill 4", |s| mma(iu8, s.ints, s.lanes, s.sums), sums);
    refused_op("operand b cannot hold f32", |s| mma(iu8, s.ints, s.floats, s.sums), sums);
    refused_op("operand a holds u8, against its", |s| mma(iu8, s.bytes, s.bytes, s.sums), sums);
    refused_op("accumulates i32x4, should be i32x8", |s| mma(iu8, s.ints, s.bytes, s.ints), sums);
    refused_op("but accumulates i32x8", |s| mma(iu8, s.ints, s.bytes, s.sums), lane(DType::F32, 8));
    let mut s = Scope::new();
    let (a, b, c) = (s.lanes, s.lanes, s.lanes);
    let atom = "vpdpbusd_x16".to_owned();
    let swapped = Op::Mma { atom, a, b, c, a_signed: false, b_signed: true };
    s.builder.push(swapped, lane(DType::I32, 1));
    let kernel = LaneKernel { lanes: 16, waves: 1, ..s.kernel() };
    let problems = verify(&kernel, &Target::builtin("x86-64-v4").unwrap()).unwrap_err();
    assert!(problems[0].contains("operand a cannot be unsigned"), "{problems:?}");
}

#[test]
fn loops_carry_the_same_types_in_around_and_out() {
    refused("carried as", |s| counted_loop(s, F32, I32, |_, inside| vec![inside]));
    refused("carried as", |s| counted_loop(s, I32, F32, |s, _| vec![s.index]));
    refused("carried as %2 of type f32", |s| counted_loop(s, I32, I32, |s, _| vec![s.float]));
    refused("1 values are carried in, but 0 are yielded", |s| {
        counted_loop(s, I32, I32, |_, _| vec![])
    });
    let bare = |s: &Scope, upper, step, induction| {
        let (lower, init, carried, yields) = (s.index, vec![], vec![], vec![]);
        Op::Loop { lower, upper, step, induction, init, carried, body: Default::default(), yields }
    };
    refused("the end is f32", |s| {
        let induction = s.builder.fresh(I32);
        s.builder.insert(bare(s, s.float, 1, induction), vec![]);
    });
    refused("cannot step by 0", |s| {
        let induction = s.builder.fresh(I32);
        s.builder.insert(bare(s, s.index, 0, induction), vec![]);
    });
    refused("the induction is i64", |s| {
        let induction = s.builder.fresh(I64);
        s.builder.insert(bare(s, s.index, 1, induction), vec![]);
    });
    refused("the condition is predx4", |s| {
        s.builder.insert(Op::If { condition: s.mask, then: Default::default() }, vec![]);
    });
}

#[test]
fn a_host_has_one_wave_and_no_barriers() {
    let host = Target::builtin("x86-64-v4").unwrap();
    let mut s = Scope::new();
    s.builder.insert(Op::Barrier, vec![]);
    let kernel = LaneKernel { lanes: 16, waves: 2, ..s.kernel() };
    let problems = verify(&kernel, &host).unwrap_err();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].contains("2 waves in a workgroup, x86-64-v4 takes 1 to 1"));
    assert!(problems[1].contains("`barrier`: the target runs one wave"), "{problems:?}");
    assert!(problems[1].ends_with("(from recipe.rs:7)"), "{problems:?}");
}

#[test]
fn the_kernel_as_a_whole_fits_its_abi_and_target() {
    let broken = |change: fn(&mut LaneKernel), why: &str| {
        let mut kernel = Scope::new().kernel();
        change(&mut kernel);
        let problems = verify(&kernel, &target()).expect_err(why);
        assert!(problems[0].contains(why), "expected `{why}`: {problems:?}");
    };
    broken(|k| k.lanes = 64, "waves of 64 lanes, but those of gfx1151 have 32");
    broken(|k| k.waves = 33, "33 waves in a workgroup");
    broken(|k| k.args[1].offset = 12, "`y` is at byte 12, should be at 8");
    broken(|k| k.args.swap(1, 2), "`m` is at byte 16, should be at 8");
    broken(|k| k.args[0].kind = ArgKind::Scalar, "out of order");
    broken(|k| k.kernarg_bytes = 20, "a kernarg block of 20 bytes for 24");
    broken(|k| k.locals[1].offset = 260, "no multiple of 64");
    broken(|k| k.locals[1].bytes = 1 << 16, "a group has 65536");
    broken(|k| k.types[0].count = 2, "%0 is uniform, but has 2 elements");
    broken(|k| k.types[5].count = 0, "%5 has no elements");
    broken(|k| k.types[4].elt = Elt::I64, "%4 is an i64 held by lanes");
    broken(|k| k.types[5].count = u32::MAX, "%5 has 4294967295 elements");
}
