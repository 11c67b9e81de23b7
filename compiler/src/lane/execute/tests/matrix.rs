use super::*;
use crate::lane::Const;
use kiln_targets::{Atom, Overflow, Role};

/// A generator of bits.
fn noise(seed: u32) -> impl FnMut() -> u32 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 8
    }
}

/// A matrix of small numbers in the registers of a wave, lane-major.
fn operand(atom: &Atom, role: Role, dtype: DType, seed: u32) -> Vec<u32> {
    let mut bits = noise(seed);
    let [rows, cols] = atom.shape.of(role);
    let element = |_| match dtype.is_float() {
        true => dtype.encode((bits() % 17) as f32 - 8.0),
        false => bits() & dtype.mask(),
    };
    atom.operand(role).pack(dtype, &(0..rows * cols).map(element).collect::<Vec<u32>>())
}

/// One product of what `x` (a) and `z` (b) hold, in registers as they lie in memory.
fn product(atom: &Atom, [a, b]: [DType; 2], waves: u32) -> Bench {
    let mut bench = Bench::new(waves);
    let count = |role, dtype: DType| atom.operand(role).dwords * 32 / dtype.bits();
    let a_value = bench.load(X, Ty::lane(a, count(Role::A, a)));
    let b_value = bench.load(Z, Ty::lane(b, count(Role::B, b)));
    let sum = Ty::lane(atom.c.dtypes[0], atom.c.dwords);
    let one = if sum.elt == Elt::Num(DType::I32) { Const::Int(1) } else { Const::Float(1.0) };
    let c = bench.b.constant(one, sum);
    let op = Op::Mma {
        atom: atom.name.clone(),
        a: a_value,
        b: b_value,
        c,
        a_signed: a.is_signed(),
        b_signed: b.is_signed(),
    };
    let made = bench.b.push(op, sum);
    bench.store(made);
    bench
}

#[test]
fn every_atom_computes_its_reference_in_every_wave() {
    for atom in &target().atoms {
        for (a, b) in atom.a.dtypes.iter().flat_map(|a| atom.b.dtypes.iter().map(move |b| (*a, *b)))
        {
            let x: Vec<_> = (0..2).map(|seed| operand(atom, Role::A, a, seed)).collect();
            let z: Vec<_> = (5..7).map(|seed| operand(atom, Role::B, b, seed)).collect();
            let y = product(atom, [a, b], 2).run(&bytes(&x.concat()), &bytes(&z.concat())).unwrap();
            let y = words(&y);
            let one = if atom.c.dtypes[0] == DType::I32 { 1 } else { 1f32.to_bits() };
            let c = vec![one; LANES * atom.c.dwords as usize];
            for wave in 0..2 {
                let all = [&x[wave][..], &z[wave], &c];
                let expected = atom.execute([a, b], all, Overflow::Wrap).unwrap();
                let found = &y[wave * c.len()..(wave + 1) * c.len()];
                assert_eq!(found, expected, "{} {a} {b} wave {wave}", atom.name);
            }
        }
    }
}

#[test]
fn lanes_that_disagree_about_an_element_are_a_fault() {
    let atom = Atom::builtin("wmma_f32_16x16x16_f16").unwrap();
    let mut a = operand(atom, Role::A, DType::F16, 1);
    let b = operand(atom, Role::B, DType::F16, 2);
    a[19 * 8 + 3] ^= 0x1_0000;
    let bench = product(atom, [DType::F16; 2], 1);
    let text = bench.run(&bytes(&a), &bytes(&b)).unwrap_err().to_string();
    says(&text, &["lanes disagree", "element 55 of operand a", "wave 0, lane 19"]);
}
