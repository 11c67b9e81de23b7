//! Number conversions; unpacking nibbles a register at a time.
//!
//! A word of eight nibbles becomes two words of bytes (`word & 0x0f0f0f0f` and the same of
//! `word >> 4`), or four words of f16: a nibble under the exponent of 1024 is the number 1024 + q,
//! four bits higher it is 1024 + 16 q; one packed operation removes the bias exactly. Layout
//! inference knows the order in which either yields the elements.

use super::Lowering;
use super::scope::ChunkKey;
use crate::lane::{Binary, Const, Elt, Op as LaneOp, Ty, Value};
use crate::layout::{Coord, Layout};
use crate::tile::{Elem, Id};
use kiln_targets::DType;

/// Eight nibbles as one 32-bit register.
const WORD: Ty = Ty { elt: Elt::Num(DType::I32), count: 1, uniform: false };
/// Two f16 as one 32-bit register.
const PAIR: Ty = Ty { elt: Elt::Num(DType::F16), count: 2, uniform: false };

/// Two nibbles of a word as biased f16: `1024 + scale * q`.
struct Biased {
    pair: Value,
    high: bool,
}

impl Lowering<'_> {
    /// A chunk of a converted tile.
    pub(super) fn cast_chunk(&mut self, key: ChunkKey, of: Id) -> Value {
        let (from, to) = (self.layouts.dtype(of), self.layouts.dtype(key.id));
        let unpacked = match (from, to) {
            (Some(DType::U4 | DType::I4), Some(DType::I8 | DType::U8)) => {
                self.bytes_chunk(key, of, from == Some(DType::I4))
            }
            (Some(DType::U4), Some(DType::F16)) => self.nibbles_minus_zero(key, of),
            _ => None,
        };
        if let Some(value) = unpacked {
            return value;
        }
        let value = self.chunk(of, key.at, key.layout, key.number);
        match self.program.elem(key.id) {
            Some(Elem::Num(dtype)) => self.build.cast(value, Elt::Num(dtype)),
            _ => value,
        }
    }

    /// Nibbles to bytes, if the layout lets whole words be unpacked.
    fn bytes_chunk(&mut self, key: ChunkKey, of: Id, signed: bool) -> Option<Value> {
        let outer = self.scopes.layout(key.layout);
        let selector = match outer.register.len() {
            0 | 1 => return None,
            2 => self.selector_in_chunk(&outer, of)?,
            _ => outer.register[2],
        };
        let mut register = vec![selector, outer.register[0], outer.register[1]];
        register.extend(outer.register.iter().skip(2).filter(|coord| **coord != selector));
        let chunk = outer.chunk.iter().copied().filter(|coord| *coord != selector).collect();
        let inner = Layout { register, chunk, ..(*outer).clone() };
        let at = outer.coordinates(key.number, 0);
        let high = at[selector.axis as usize] >> selector.bit & 1 == 1;
        let mut origin = at;
        origin[selector.axis as usize] &= !(1 << selector.bit);
        let (number, _) = inner.find(origin);
        let words = inner.chunk_elements() / 8;
        let inner = self.scopes.intern(inner);
        let packed = self.chunk(of, key.at, inner, number);
        let halves: &[bool] = if outer.register.len() > 2 { &[false, true] } else { &[high] };
        let mut parts = Vec::new();
        for word in 0..words {
            let word = self.word(packed, word);
            for high in halves {
                parts.push(self.unpack_bytes(word, *high, signed));
            }
        }
        let words = self.build.concat(parts);
        let ty = self.chunk_type(key.id, key.layout);
        Some(self.build.bitcast(words, ty))
    }

    /// The chunk bit that selects the half of each byte: the lowest bit in memory.
    fn selector_in_chunk(&self, outer: &Layout, of: Id) -> Option<Coord> {
        let lowest = self.layouts.order(of).first().copied();
        let listed = outer.chunk.iter().find(|coord| Some(**coord) == lowest);
        listed.or(outer.chunk.first()).copied()
    }

    fn word(&mut self, packed: Value, word: u32) -> Value {
        let eight = self.build.extract(packed, 8 * word, 8);
        self.build.bitcast(eight, WORD)
    }

    fn unpack_bytes(&mut self, word: Value, high: bool, signed: bool) -> Value {
        let word = if high { self.build.binary_const(Binary::Shr, word, 4) } else { word };
        let nibbles = self.build.binary_const(Binary::And, word, 0x0f0f_0f0f);
        if !signed {
            return nibbles;
        }
        let signs = self.build.binary_const(Binary::And, nibbles, 0x0808_0808);
        let spread = self.build.binary_const(Binary::Mul, signs, 0x1e);
        self.build.binary(Binary::Or, nibbles, spread)
    }

    fn nibbles_minus_zero(&mut self, key: ChunkKey, of: Id) -> Option<Value> {
        let biased = self.biased_pairs(key, of)?;
        let zero = self.build.constant(Const::Float(0.0), PAIR);
        Some(self.remove_bias(biased, |_, _| zero))
    }

    /// `q - less` for nibbles q converted to f16, the bias being removed by the same operation.
    pub(super) fn nibbles_minus(&mut self, key: ChunkKey, cast: Id, less: Value) -> Option<Value> {
        let crate::tile::Op::Cast(of) = self.program.node(cast).op else { return None };
        let biased = self.biased_pairs(key, of)?;
        Some(self.remove_bias(biased, |this, pair| this.build.extract(less, 2 * pair, 2)))
    }

    /// The biased pairs of a chunk in element order.
    fn biased_pairs(&mut self, key: ChunkKey, of: Id) -> Option<Vec<Biased>> {
        let outer = self.scopes.layout(key.layout);
        let [half, low, high, ..] = outer.register[..] else { return None };
        let mut register = vec![low, high, half];
        register.extend(&outer.register[3..]);
        let inner = Layout { register, ..(*outer).clone() };
        let words = inner.chunk_elements() / 8;
        let inner = self.scopes.intern(inner);
        let packed = self.chunk(of, key.at, inner, key.number);
        let mut pairs = Vec::new();
        for word in 0..words {
            let word = self.word(packed, word);
            let upper = self.build.binary_const(Binary::Shr, word, 8);
            for (word, high) in [(word, false), (word, true), (upper, false), (upper, true)] {
                let mask = if high { 0x00f0_00f0 } else { 0x000f_000f };
                let nibbles = self.build.binary_const(Binary::And, word, mask);
                let biased = self.build.binary_const(Binary::Or, nibbles, 0x6400_6400);
                pairs.push(Biased { pair: self.build.bitcast(biased, PAIR), high });
            }
        }
        Some(pairs)
    }

    fn remove_bias(
        &mut self,
        pairs: Vec<Biased>,
        mut less: impl FnMut(&mut Self, u32) -> Value,
    ) -> Value {
        let sixteenth = self.build.constant(Const::Float(1.0 / 16.0), PAIR);
        let mut parts = Vec::new();
        for (number, Biased { pair, high }) in pairs.into_iter().enumerate() {
            let less = less(self, number as u32);
            let bias = if high { 64.0 } else { 1024.0 };
            let bias = self.build.constant(Const::Float(bias), PAIR);
            let bias = self.build.binary(Binary::Add, less, bias);
            parts.push(if high {
                let minus = self.build.unary(crate::lane::Unary::Neg, bias);
                self.build.push(LaneOp::Fma(pair, sixteenth, minus), PAIR)
            } else {
                self.build.binary(Binary::Sub, pair, bias)
            });
        }
        self.build.concat(parts)
    }
}
