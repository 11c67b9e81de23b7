//! Loads and stores of a host: vector accesses chosen by how addresses vary over the lanes.
//!
//! | pattern | bytes per lane | load | store |
//! |---|---|---|---|
//! | broadcast | any | scalars, splat | scalars of lane 0 |
//! | contiguous | 1, 2 | narrow vector, widened | narrowed vector |
//! | contiguous | 4 R | R vectors, unzipped | zipped, R vectors |
//! | periodic, repeated | 1, 2, 4 R | distinct lanes, shuffled | distinct lanes (4 R) |
//! | otherwise | | gathers of 4, 2 and 1 bytes | scatters |
//!
//! Under a lane mask the contiguous accesses are masked vectors and all others are gathers and
//! scatters, except that a masked broadcast load is one load under a branch.

use super::address::Place;
use super::emitter::Emitter;
use super::types::{Form, Prim, Val};
use crate::lane::{Address, Pattern, Ty, Value};

impl<'c> Emitter<'c, '_> {
    /// A load of a lane value: one vector for each register.
    pub(super) fn host_load(
        &mut self,
        address: &Address,
        ty: Ty,
        mask: Option<Val<'c>>,
    ) -> Vec<Val<'c>> {
        let bytes = ty.count * ty.elt_bits() / 8;
        let (prim, whole) = (Prim::register(ty), bytes.is_multiple_of(4));
        match address.pattern {
            Pattern::Broadcast => self.load_broadcast(address, prim, bytes, mask),
            Pattern::Contiguous if whole => {
                let place = self.place(address);
                self.load_words(place, prim, bytes / 4, mask)
            }
            Pattern::Contiguous if bytes < 3 => {
                let place = self.place(address);
                vec![self.load_narrow(place, bytes, mask)]
            }
            Pattern::Periodic { period } if mask.is_none() && (whole || bytes < 3) => {
                let place = self.place(address);
                self.load_shared(place, prim, bytes, period, |lane| lane % period)
            }
            Pattern::Repeated { repeat } if mask.is_none() && (whole || bytes < 3) => {
                let (place, distinct) = (self.place(address), self.kernel.lanes / repeat);
                self.load_shared(place, prim, bytes, distinct, |lane| lane / repeat)
            }
            _ => self.gather(address, prim, bytes, mask),
        }
    }

    /// Scalars in every lane. Under a mask they are read if any lane wants them.
    fn load_broadcast(
        &mut self,
        address: &Address,
        prim: Prim,
        bytes: u32,
        mask: Option<Val<'c>>,
    ) -> Vec<Val<'c>> {
        let Some(mask) = mask else {
            let scalars = self.load_scalars(address, prim, bytes);
            return scalars.into_iter().map(|s| self.code.splat(s, self.kernel.lanes)).collect();
        };
        let name = format!("llvm.vector.reduce.or.{}", mask.form.mangled());
        let any = self.code.call(&name, &[mask], Form::scalar(Prim::I1));
        let scalars = self.where_true(any, |this| this.load_scalars(address, prim, bytes));
        let mut registers = Vec::new();
        for scalar in scalars {
            let register = self.code.splat(scalar, self.kernel.lanes);
            let zero = self.code.zero(register.form);
            registers.push(self.code.select(mask, register, zero));
        }
        registers
    }

    fn load_scalars(&mut self, address: &Address, prim: Prim, bytes: u32) -> Vec<Val<'c>> {
        let place = self.place(address);
        let word = Form::scalar(prim);
        let mut words: Vec<Val> =
            (0..bytes / 4).map(|at| self.load_at(place, 4 * at, word)).collect();
        let mut tail = None;
        for (at, size) in tail_pieces(bytes) {
            let part = self.load_at(place, at, Form::scalar(narrow_prim(size)));
            let part = self.code.convert("arith.extui", part, Prim::I32);
            tail = Some(self.beside(tail, part, at % 4));
        }
        words.extend(tail);
        words
    }

    /// Bytes placed `at` bytes into a register, beside those that are already there.
    fn beside(&mut self, held: Option<Val<'c>>, part: Val<'c>, at: u32) -> Val<'c> {
        let placed = self.code.shift("arith.shli", part, 8 * at);
        match held {
            Some(held) => self.code.or(held, placed),
            None => placed,
        }
    }

    /// `words` consecutive words for each lane: as many vectors as they fill, unzipped.
    fn load_words(
        &mut self,
        place: Place<'c>,
        prim: Prim,
        words: u32,
        mask: Option<Val<'c>>,
    ) -> Vec<Val<'c>> {
        let lanes = self.kernel.lanes;
        let mut vectors = Vec::new();
        for at in 0..words {
            let form = self.lift(prim);
            vectors.push(match mask {
                None => self.load_at(place, 4 * lanes * at, form),
                Some(mask) => {
                    let mask = self.stretched(mask, at, words);
                    self.load_masked(place, 4 * lanes * at, form, mask)
                }
            });
        }
        self.unzip(vectors)
    }

    /// The mask of vector `at` of `words`, in which each lane owns `words` consecutive elements.
    fn stretched(&mut self, mask: Val<'c>, at: u32, words: u32) -> Val<'c> {
        let lanes = self.kernel.lanes;
        if words == 1 {
            return mask;
        }
        let picks: Vec<u32> = (0..lanes).map(|lane| (at * lanes + lane) / words).collect();
        self.code.pick(mask, &picks)
    }

    fn load_masked(&mut self, place: Place<'c>, at: u32, form: Form, mask: Val<'c>) -> Val<'c> {
        let pointer = self.displaced(place.pointer, at as i32);
        let zero = self.code.zero(form);
        let align = self.code.i32_attribute(place.aligned(at).into());
        let operands = [pointer, mask, zero];
        self.code.op("llvm.intr.masked.load", &operands, &[("alignment", align)], form)
    }

    /// One or two bytes for each lane, zero-extended.
    fn load_narrow(&mut self, place: Place<'c>, bytes: u32, mask: Option<Val<'c>>) -> Val<'c> {
        let form = self.lift(narrow_prim(bytes));
        let narrow = match mask {
            None => self.load_at(place, 0, form),
            Some(mask) => self.load_masked(place, 0, form, mask),
        };
        self.code.convert("arith.extui", narrow, Prim::I32)
    }

    /// What `distinct` lanes would load, given to the lanes by its index among them.
    fn load_shared(
        &mut self,
        place: Place<'c>,
        prim: Prim,
        bytes: u32,
        distinct: u32,
        index: impl Fn(u32) -> u32,
    ) -> Vec<Val<'c>> {
        let lanes = self.kernel.lanes;
        if bytes < 4 {
            let once = self.load_at(place, 0, Form::vector(narrow_prim(bytes), distinct));
            let narrow = self.code.pick(once, &(0..lanes).map(index).collect::<Vec<_>>());
            return vec![self.code.convert("arith.extui", narrow, Prim::I32)];
        }
        let words = bytes / 4;
        let once = self.load_at(place, 0, Form::vector(prim, distinct * words));
        let picks = |word| (0..lanes).map(|lane| index(lane) * words + word).collect::<Vec<_>>();
        (0..words).map(|word| self.code.pick(once, &picks(word))).collect()
    }

    fn gather(
        &mut self,
        address: &Address,
        prim: Prim,
        bytes: u32,
        mask: Option<Val<'c>>,
    ) -> Vec<Val<'c>> {
        let place = self.places(address);
        let mask = mask.unwrap_or_else(|| self.code.int(self.lift(Prim::I1), 1));
        let word = self.lift(prim);
        let mut words: Vec<Val> =
            (0..bytes / 4).map(|at| self.gather_piece(place, 4 * at, word, mask)).collect();
        let mut tail = None;
        for (at, size) in tail_pieces(bytes) {
            let part = self.gather_piece(place, at, self.lift(narrow_prim(size)), mask);
            let part = self.code.convert("arith.extui", part, Prim::I32);
            tail = Some(self.beside(tail, part, at % 4));
        }
        words.extend(tail);
        words
    }

    fn gather_piece(&mut self, place: Place<'c>, at: u32, form: Form, mask: Val<'c>) -> Val<'c> {
        let pointers = self.displaced(place.pointer, at as i32);
        let zero = self.code.zero(form);
        let align = self.code.i32_attribute(place.aligned(at).into());
        let operands = [pointers, mask, zero];
        self.code.op("llvm.intr.masked.gather", &operands, &[("alignment", align)], form)
    }

    /// A store of a lane value.
    pub(super) fn host_store(&mut self, address: &Address, value: Value, mask: Option<Val<'c>>) {
        let ty = self.ty(value);
        let bytes = ty.count * ty.elt_bits() / 8;
        let registers: Vec<Val> =
            self.regs(value).into_iter().map(|reg| self.reg_as(reg, Prim::register(ty))).collect();
        let whole = bytes.is_multiple_of(4) && (bytes / 4).is_power_of_two();
        match (address.pattern, mask) {
            (Pattern::Broadcast, None) => self.store_broadcast(address, &registers, bytes),
            (Pattern::Contiguous, _) if whole => {
                let place = self.place(address);
                self.store_words(place, registers, self.kernel.lanes, mask);
            }
            (Pattern::Periodic { period }, None) if whole => {
                let place = self.place(address);
                self.store_words(place, registers, period, None);
            }
            (Pattern::Repeated { repeat }, None) if whole => {
                let place = self.place(address);
                let (lanes, distinct) = (self.kernel.lanes, self.kernel.lanes / repeat);
                let firsts: Vec<u32> = (0..lanes).map(|lane| lane % distinct * repeat).collect();
                let firsts = registers.iter().map(|r| self.code.pick(*r, &firsts)).collect();
                self.store_words(place, firsts, distinct, None);
            }
            (Pattern::Contiguous, _) if bytes < 3 => {
                let place = self.place(address);
                self.store_narrow(place, registers[0], bytes, mask);
            }
            _ => self.scatter(address, &registers, bytes, mask),
        }
    }

    fn store_broadcast(&mut self, address: &Address, registers: &[Val<'c>], bytes: u32) {
        let place = self.place(address);
        for at in 0..bytes / 4 {
            let scalar = self.code.element(registers[at as usize], 0);
            self.store_at(place, 4 * at, scalar);
        }
        for (at, size) in tail_pieces(bytes) {
            let scalar = self.code.element(registers[(bytes / 4) as usize], 0);
            let shifted = self.code.shift("arith.shrui", scalar, at % 4 * 8);
            let narrow = self.code.convert("arith.trunci", shifted, narrow_prim(size));
            self.store_at(place, at, narrow);
        }
    }

    /// The words of the first `lanes` lanes, consecutive for each lane.
    fn store_words(
        &mut self,
        place: Place<'c>,
        registers: Vec<Val<'c>>,
        lanes: u32,
        mask: Option<Val<'c>>,
    ) {
        let (words, width) = (registers.len() as u32, self.kernel.lanes);
        for (at, vector) in self.zip(registers).into_iter().enumerate() {
            let first = at as u32 * width;
            let kept = (lanes * words).saturating_sub(first).min(width);
            match mask {
                _ if kept == 0 => break,
                Some(mask) => {
                    let mask = self.stretched(mask, at as u32, words);
                    self.store_masked(place, 4 * first, vector, mask);
                }
                None if kept < width => {
                    let head = self.code.pick(vector, &(0..kept).collect::<Vec<_>>());
                    self.store_at(place, 4 * first, head);
                }
                None => self.store_at(place, 4 * first, vector),
            }
        }
    }

    fn store_masked(&mut self, place: Place<'c>, at: u32, vector: Val<'c>, mask: Val<'c>) {
        let pointer = self.displaced(place.pointer, at as i32);
        let align = self.code.i32_attribute(place.aligned(at).into());
        let operands = [vector, pointer, mask];
        self.code.effect("llvm.intr.masked.store", &operands, &[("alignment", align)]);
    }

    fn store_narrow(
        &mut self,
        place: Place<'c>,
        register: Val<'c>,
        bytes: u32,
        mask: Option<Val<'c>>,
    ) {
        let narrow = self.code.convert("arith.trunci", register, narrow_prim(bytes));
        match mask {
            None => self.store_at(place, 0, narrow),
            Some(mask) => self.store_masked(place, 0, narrow, mask),
        }
    }

    fn scatter(
        &mut self,
        address: &Address,
        registers: &[Val<'c>],
        bytes: u32,
        mask: Option<Val<'c>>,
    ) {
        let place = self.places(address);
        let mask = mask.unwrap_or_else(|| self.code.int(self.lift(Prim::I1), 1));
        for at in 0..bytes / 4 {
            self.scatter_piece(place, 4 * at, registers[at as usize], mask);
        }
        for (at, size) in tail_pieces(bytes) {
            let last = registers[(bytes / 4) as usize];
            let shifted = self.code.shift("arith.shrui", last, at % 4 * 8);
            let narrow = self.code.convert("arith.trunci", shifted, narrow_prim(size));
            self.scatter_piece(place, at, narrow, mask);
        }
    }

    fn scatter_piece(&mut self, place: Place<'c>, at: u32, value: Val<'c>, mask: Val<'c>) {
        let pointers = self.displaced(place.pointer, at as i32);
        let align = self.code.i32_attribute(place.aligned(at).into());
        let operands = [value, pointers, mask];
        self.code.effect("llvm.intr.masked.scatter", &operands, &[("alignment", align)]);
    }

    /// From vectors of consecutive words, each lane owning as many as there are vectors, to one
    /// vector for each word of a lane. Powers of two take log2 steps of two-vector shuffles.
    fn unzip(&mut self, vectors: Vec<Val<'c>>) -> Vec<Val<'c>> {
        let (count, lanes) = (vectors.len(), self.kernel.lanes);
        if count == 1 {
            return vectors;
        }
        if !count.is_power_of_two() {
            return self.unzip_any(&vectors);
        }
        let every = |first: u32| (0..lanes).map(|at| first + 2 * at).collect::<Vec<_>>();
        let mut split = |first| {
            let pairs = vectors.chunks(2);
            pairs.map(|p| self.code.shuffle(p[0], p[1], &every(first))).collect::<Vec<_>>()
        };
        let (even, odd) = (split(0), split(1));
        let (even, odd) = (self.unzip(even), self.unzip(odd));
        even.into_iter().zip(odd).flat_map(|(e, o)| [e, o]).collect()
    }

    fn unzip_any(&mut self, vectors: &[Val<'c>]) -> Vec<Val<'c>> {
        let (count, lanes) = (vectors.len() as u32, self.kernel.lanes);
        let mut whole = vectors[0];
        for vector in &vectors[1..] {
            let held = whole.form.width;
            let all: Vec<u32> = (0..held + lanes).collect();
            // Shuffled vectors have one width: the short one is first widened by open elements.
            let reach: Vec<u32> = (0..held).map(|at| at.min(lanes)).collect();
            let widened = self.code.pick(*vector, &reach);
            whole = self.code.shuffle(whole, widened, &all);
        }
        let picks = |word| (0..lanes).map(|lane| lane * count + word).collect::<Vec<_>>();
        (0..count).map(|word| self.code.pick(whole, &picks(word))).collect()
    }

    /// The inverse of [`Self::unzip`], for powers of two.
    fn zip(&mut self, vectors: Vec<Val<'c>>) -> Vec<Val<'c>> {
        let lanes = self.kernel.lanes;
        if vectors.len() == 1 {
            return vectors;
        }
        let even = vectors.iter().step_by(2).copied().collect();
        let odd = vectors.iter().skip(1).step_by(2).copied().collect();
        let (even, odd) = (self.zip(even), self.zip(odd));
        let mix =
            |first: u32| (0..lanes).map(|at| first + at / 2 + lanes * (at % 2)).collect::<Vec<_>>();
        let mut mixed = Vec::new();
        for (e, o) in even.into_iter().zip(odd) {
            mixed.push(self.code.shuffle(e, o, &mix(0)));
            mixed.push(self.code.shuffle(e, o, &mix(lanes / 2)));
        }
        mixed
    }
}

/// Pieces of two and one bytes after the whole words: (offset, size).
fn tail_pieces(bytes: u32) -> impl Iterator<Item = (u32, u32)> {
    let first = bytes / 4 * 4;
    let pair = (bytes & 2 != 0).then_some((first, 2));
    let single = (bytes & 1 != 0).then_some((first + (bytes & 2), 1));
    pair.into_iter().chain(single)
}

/// An integer of one or two bytes.
fn narrow_prim(bytes: u32) -> Prim {
    if bytes == 1 { Prim::I8 } else { Prim::I16 }
}
