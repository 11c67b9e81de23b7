//! What atoms compute: reference products, and operands packed into per-lane registers.
//!
//! Matrices are plain row-major slices of the operand's extents. Registers are one slice for a
//! whole wave, lane-major: dword `d` of lane `l` is at `l * dwords + d`. Elements narrower than a
//! dword fill it from the low end, in the order of the layout's register bits.

use crate::{Atom, DType, Operand, Role};

/// What happens to an integer result outside `i32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Overflow {
    /// Keep the low 32 bits.
    Wrap,
    /// Saturate the sum of accumulator and all products, once. Whether hardware saturates partial
    /// sums as well is undocumented.
    Clamp,
}

impl Overflow {
    fn apply(self, exact: i64) -> i64 {
        match self {
            Self::Wrap => i64::from(exact as i32),
            Self::Clamp => exact.clamp(i64::from(i32::MIN), i64::from(i32::MAX)),
        }
    }
}

impl Operand {
    /// Index of the dword and the lowest bit within it at which a lane holds an element.
    pub fn place(&self, dtype: DType, register: u32) -> (u32, u32) {
        let bit = register * dtype.bits();
        (bit / 32, bit % 32)
    }

    /// Places a matrix of bit patterns into the registers of a wave. Replicated slots all get a
    /// copy.
    ///
    /// # Panics
    /// If `matrix` does not have the operand's size.
    pub fn pack(&self, dtype: DType, matrix: &[u32]) -> Vec<u32> {
        let [rows, cols] = self.layout.shape();
        assert_eq!(matrix.len(), (rows * cols) as usize, "the matrix should fill the operand");
        let mut registers = vec![0; (self.layout.lanes() * self.dwords) as usize];
        for (slot, [row, col]) in self.layout.slots() {
            let (dword, shift) = self.place(dtype, slot.register);
            let value = matrix[(row * cols + col) as usize] & dtype.mask();
            registers[(slot.lane * self.dwords + dword) as usize] |= value << shift;
        }
        registers
    }

    /// Reads a matrix of bit patterns back from the registers of a wave, or `None` if lanes that
    /// should hold copies of one element differ.
    ///
    /// # Panics
    /// If `registers` is not one wave of the operand.
    pub fn unpack(&self, dtype: DType, registers: &[u32]) -> Option<Vec<u32>> {
        let expected = (self.layout.lanes() * self.dwords) as usize;
        assert_eq!(registers.len(), expected, "the registers should be those of one wave");
        let [rows, cols] = self.layout.shape();
        let mut matrix = vec![None; (rows * cols) as usize];
        for (slot, [row, col]) in self.layout.slots() {
            let (dword, shift) = self.place(dtype, slot.register);
            let dword = registers[(slot.lane * self.dwords + dword) as usize];
            let value = dword >> shift & dtype.mask();
            if *matrix[(row * cols + col) as usize].get_or_insert(value) != value {
                return None;
            }
        }
        matrix.into_iter().collect()
    }
}

impl Atom {
    /// `c + a * b` on integers: products and sums are exact, then the result is brought into
    /// `i32`.
    ///
    /// # Panics
    /// If a matrix does not have its operand's size.
    pub fn reference_integers(
        &self,
        a: &[i64],
        b: &[i64],
        c: &[i64],
        overflow: Overflow,
    ) -> Vec<i64> {
        self.accumulate(a, b, c, |sum, a, b| sum + a * b)
            .into_iter()
            .map(|exact| overflow.apply(exact))
            .collect()
    }

    /// `c + a * b` on floats, accumulated in `f32` by fused multiply-adds in ascending `k`.
    ///
    /// For `fma` atoms that is the exact result. The order in which WMMA sums is undocumented, so
    /// compare its results within a tolerance.
    ///
    /// # Panics
    /// If a matrix does not have its operand's size.
    pub fn reference_floats(&self, a: &[f64], b: &[f64], c: &[f64]) -> Vec<f64> {
        let fused = |sum: f64, a: f64, b: f64| f64::from((a as f32).mul_add(b as f32, sum as f32));
        self.accumulate(a, b, c, fused)
    }

    /// The whole instruction on packed registers: unpack, multiply, pack.
    ///
    /// `a_type` and `b_type` are the element types of the factors. Returns `None` if lanes that
    /// should hold copies of one factor element differ, which leaves the result undefined.
    ///
    /// # Panics
    /// If the atom does not accept the types, if registers are not those of one wave, or if
    /// clamping is asked of an instruction that cannot.
    pub fn execute(
        &self,
        [a_type, b_type]: [DType; 2],
        [a, b, c]: [&[u32]; 3],
        overflow: Overflow,
    ) -> Option<Vec<u32>> {
        let c_type = self.c.dtypes[0];
        assert!(self.accepts(a_type, b_type, c_type), "{} should accept its types", self.name);
        let clamps = overflow == Overflow::Clamp;
        assert!(!clamps || self.arguments.can_clamp(), "{} should be able to clamp", self.name);
        let a = self.a.unpack(a_type, a)?;
        let b = self.b.unpack(b_type, b)?;
        let c = self.c.unpack(c_type, c)?;
        let result = if c_type.is_integer() {
            let read = |dtype: DType, bits: &[u32]| -> Vec<i64> {
                bits.iter().map(|bits| dtype.decode_int(*bits)).collect()
            };
            let (a, b, c) = (read(a_type, &a), read(b_type, &b), read(c_type, &c));
            let result = self.reference_integers(&a, &b, &c, overflow);
            result.into_iter().map(|value| c_type.encode_int(value)).collect::<Vec<u32>>()
        } else {
            let read = |dtype: DType, bits: &[u32]| -> Vec<f64> {
                bits.iter().map(|bits| f64::from(dtype.decode(*bits))).collect()
            };
            let (a, b, c) = (read(a_type, &a), read(b_type, &b), read(c_type, &c));
            let result = self.reference_floats(&a, &b, &c);
            result.into_iter().map(|value| c_type.encode(value as f32)).collect()
        };
        Some(self.c.pack(c_type, &result))
    }

    fn accumulate<T: Copy>(
        &self,
        a: &[T],
        b: &[T],
        c: &[T],
        step: impl Fn(T, T, T) -> T,
    ) -> Vec<T> {
        for (role, len) in Role::ALL.into_iter().zip([a.len(), b.len(), c.len()]) {
            let [rows, cols] = self.shape.of(role);
            let name = role.name();
            assert_eq!(len, (rows * cols) as usize, "matrix {name} should fill its operand");
        }
        let [n, k] = [self.shape.n as usize, self.shape.k as usize];
        let element = |at: usize| {
            let (row, col) = (at / n, at % n);
            (0..k).fold(c[at], |sum, k_at| step(sum, a[row * k + k_at], b[k_at * n + col]))
        };
        (0..c.len()).map(element).collect()
    }
}
