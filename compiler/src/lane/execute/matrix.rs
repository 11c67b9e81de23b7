//! Matrix atoms, by the reference of their row.

use kiln_targets::{Atom, DType, Overflow, Role, Target};

use super::elements::Held;
use super::error::{Done, Trap};
use super::group::Group;
use crate::lane::{Block, LaneKernel, Op};

/// Where an operand's element sits in one wave.
#[derive(Clone, Copy, Debug)]
struct Place {
    register: usize,
    shift: u32,
    lane: usize,
    /// Index in the row-major matrix.
    element: usize,
    /// Another place before it holds the same element.
    repeats: bool,
}

/// One operand of a product.
#[derive(Clone, Debug)]
struct Factor {
    dtype: DType,
    elements: usize,
    places: Vec<Place>,
}

/// An atom with the signs of its factors.
#[derive(Clone, Debug)]
struct Product {
    atom: Atom,
    signed: [bool; 2],
    factors: [Factor; 3],
}

/// Every product that a kernel uses.
#[derive(Clone, Debug)]
pub(super) struct Products {
    all: Vec<Product>,
}

impl Products {
    /// Collects the products of a verified kernel.
    pub(super) fn of(kernel: &LaneKernel, target: &Target) -> Products {
        let mut products = Products { all: Vec::new() };
        products.collect(&kernel.body, target);
        products
    }

    fn collect(&mut self, block: &Block, target: &Target) {
        for inst in &block.insts {
            match &inst.op {
                Op::Mma { atom, a_signed, b_signed, .. } => {
                    let signed = [*a_signed, *b_signed];
                    if self.find(atom, signed).is_none() {
                        let row = target.atoms.iter().find(|row| row.name == *atom);
                        let row = row.expect("a verified kernel should use the target's atoms");
                        self.all.push(Product::new(row, signed));
                    }
                }
                Op::Loop { body, .. } => self.collect(body, target),
                Op::If { then, .. } => self.collect(then, target),
                _ => {}
            }
        }
    }

    fn find(&self, atom: &str, signed: [bool; 2]) -> Option<&Product> {
        self.all.iter().find(|product| product.atom.name == atom && product.signed == signed)
    }
}

impl Product {
    fn new(atom: &Atom, signed: [bool; 2]) -> Product {
        let signs = [Some(signed[0]), Some(signed[1]), None];
        let factor = |role, sign| Factor::new(atom, role, sign);
        let [a, b, c] = [0, 1, 2].map(|at| factor(Role::ALL[at], signs[at]));
        Product { atom: atom.clone(), signed, factors: [a, b, c] }
    }
}

impl Factor {
    fn new(atom: &Atom, role: Role, signed: Option<bool>) -> Factor {
        let operand = atom.operand(role);
        let fits =
            |dtype: &&DType| dtype.is_float() || signed.is_none_or(|s| s == dtype.is_signed());
        let dtype = *operand.dtypes.iter().find(fits).expect("a verified sign should be accepted");
        let [rows, cols] = atom.shape.of(role);
        let mut held = vec![false; (rows * cols) as usize];
        let places = operand.layout.slots().map(|(slot, [row, col])| {
            let (register, shift) = operand.place(dtype, slot.register);
            let element = (row * cols + col) as usize;
            let repeats = std::mem::replace(&mut held[element], true);
            let (register, lane) = (register as usize, slot.lane as usize);
            Place { register, shift, lane, element, repeats }
        });
        let places = places.collect();
        Factor { dtype, elements: held.len(), places }
    }

    /// The matrix of bit patterns in the registers of a wave.
    fn unpack(
        &self,
        words: &[u32],
        width: usize,
        first: usize,
    ) -> Result<Vec<u32>, (usize, usize)> {
        let mut matrix = vec![0; self.elements];
        for place in &self.places {
            let word = words[place.register * width + first + place.lane];
            let bits = word >> place.shift & self.dtype.mask();
            if place.repeats && matrix[place.element] != bits {
                return Err((place.lane, place.element));
            }
            matrix[place.element] = bits;
        }
        Ok(matrix)
    }
}

impl Group<'_, '_> {
    pub(super) fn mma(&self, op: &Op, out: &mut [u32]) -> Done {
        let Op::Mma { atom, a, b, c, a_signed, b_signed } = op else { return Ok(()) };
        let product = self.machine.products.find(atom, [*a_signed, *b_signed]);
        let product = product.expect("every product should have been collected");
        let operands = [self.held(*a), self.held(*b), self.held(*c)];
        for wave in 0..self.waves {
            self.multiply(product, operands, wave, out)?;
        }
        Ok(())
    }

    fn multiply(
        &self,
        product: &Product,
        operands: [Held<'_>; 3],
        wave: usize,
        out: &mut [u32],
    ) -> Done {
        let (width, first) = (self.lanes * self.waves, wave * self.lanes);
        let unpack = |at: usize| {
            let unpacked = product.factors[at].unpack(operands[at].words, width, first);
            unpacked.map_err(|(lane, element)| {
                let name = Role::ALL[at].name();
                let what = format!("lanes disagree about element {element} of operand {name}");
                Trap::lane(wave, lane, what)
            })
        };
        let result = product.result([unpack(0)?, unpack(1)?, unpack(2)?]);
        let sum = &product.factors[2];
        for place in &sum.places {
            out[place.register * width + first + place.lane] = result[place.element];
        }
        Ok(())
    }
}

impl Product {
    /// `c + a * b` on bit patterns. Accumulators are 32 bits wide.
    fn result(&self, matrices: [Vec<u32>; 3]) -> Vec<u32> {
        let decode = |at: usize| (self.factors[at].dtype, &matrices[at]);
        let sum = self.factors[2].dtype;
        if sum.is_integer() {
            let [a, b, c] = [0, 1, 2].map(decode).map(|(dtype, bits)| -> Vec<i64> {
                bits.iter().map(|bits| dtype.decode_int(*bits)).collect()
            });
            let exact = self.atom.reference_integers(&a, &b, &c, Overflow::Wrap);
            return exact.into_iter().map(|value| sum.encode_int(value)).collect();
        }
        let [a, b, c] = [0, 1, 2].map(decode).map(|(dtype, bits)| -> Vec<f64> {
            bits.iter().map(|bits| dtype.decode(*bits).into()).collect()
        });
        let exact = self.atom.reference_floats(&a, &b, &c);
        exact.into_iter().map(|value| sum.encode(value as f32)).collect()
    }
}
