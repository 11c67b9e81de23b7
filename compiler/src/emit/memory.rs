//! Loads and stores: guards, and the accesses of a GPU, where every lane has its own address.
//!
//! A lane's bytes move in pieces of at most 16, each one instruction where its alignment allows.
//! A guard is a branch (a lane guard masks lanes off on a GPU); accesses under one guard that
//! follow one another share the branch. On a host a lane guard becomes a masked access.

use super::EmitError;
use super::address::Place;
use super::emitter::{Emitter, Held, Reg};
use super::types::{Form, Prim, Val};
use crate::lane::{Address, Inst, Op, Ty, Value};

impl<'c> Emitter<'c, '_> {
    /// A load.
    pub(super) fn load(&mut self, address: &Address, guard: Option<Value>, ty: Ty) -> Held<'c> {
        let pieces = match guard {
            None => self.load_pieces(address, ty),
            Some(guard) if self.branches(guard) => {
                let condition = self.condition(guard);
                self.where_true(condition, |this| this.load_pieces(address, ty))
            }
            Some(guard) => {
                let mask = self.single(guard);
                self.host_load(address, ty, Some(mask))
            }
        };
        self.loaded(&pieces, ty)
    }

    /// A store.
    pub(super) fn store(&mut self, address: &Address, value: Value, guard: Option<Value>) {
        match guard {
            None => self.store_pieces(address, value),
            Some(guard) if self.branches(guard) => {
                let condition = self.condition(guard);
                self.where_true(condition, |this| {
                    this.store_pieces(address, value);
                    Vec::new()
                });
            }
            Some(guard) => {
                let mask = self.single(guard);
                self.host_store(address, value, Some(mask));
            }
        }
    }

    /// Whether a guard becomes a branch.
    fn branches(&self, guard: Value) -> bool {
        !self.host() || self.ty(guard).uniform
    }

    fn condition(&mut self, guard: Value) -> Val<'c> {
        if self.ty(guard).uniform { self.uniform(guard) } else { self.single(guard) }
    }

    /// The value made of loaded pieces.
    fn loaded(&self, pieces: &[Val<'c>], ty: Ty) -> Held<'c> {
        match (ty.uniform, self.host()) {
            (true, _) => Held::Uniform(pieces[0]),
            (false, true) => Held::lanes(pieces.to_vec()),
            (false, false) => Held::Lane(pieces.iter().flat_map(|p| Reg::all_of(*p)).collect()),
        }
    }

    fn load_pieces(&mut self, address: &Address, ty: Ty) -> Vec<Val<'c>> {
        if ty.uniform {
            let place = self.place(address);
            return vec![self.load_at(place, 0, Form::scalar(Prim::uniform(ty.elt)))];
        }
        if self.host() {
            return self.host_load(address, ty, None);
        }
        let place = self.place(address);
        let (prim, bytes) = (Prim::register(ty), ty.count * ty.elt_bits() / 8);
        let mut pieces = Vec::new();
        for (at, words) in word_pieces(bytes / 4) {
            let form = Form::vector(prim, if words == 1 { 0 } else { words });
            pieces.push(self.load_at(place, 4 * at, form));
        }
        if bytes % 4 != 0 {
            pieces.push(self.load_tail(place, bytes / 4 * 4, bytes % 4));
        }
        pieces
    }

    /// One to three bytes, zero-extended to a register.
    fn load_tail(&mut self, place: Place<'c>, at: u32, bytes: u32) -> Val<'c> {
        let prim = if bytes == 1 { Prim::I8 } else { Prim::I16 };
        let low = self.load_at(place, at, Form::scalar(prim));
        let low = self.code.convert("arith.extui", low, Prim::I32);
        if bytes < 3 {
            return low;
        }
        let high = self.load_tail(place, at + 2, 1);
        let high = self.code.shift("arith.shli", high, 16);
        self.code.or(low, high)
    }

    fn store_pieces(&mut self, address: &Address, value: Value) {
        if self.host() {
            return self.host_store(address, value, None);
        }
        let (ty, regs) = (self.ty(value), self.regs(value));
        let place = self.place(address);
        let (prim, bytes) = (Prim::register(ty), ty.count * ty.elt_bits() / 8);
        for (at, words) in word_pieces(bytes / 4) {
            let chunk = &regs[at as usize..(at + words) as usize];
            let piece = match chunk {
                [only] => self.reg_as(*only, prim),
                _ => self.group(chunk, prim),
            };
            self.store_at(place, 4 * at, piece);
        }
        if bytes % 4 != 0 {
            let last = self.reg_as(regs[(bytes / 4) as usize], Prim::I32);
            self.store_tail(place, bytes / 4 * 4, bytes % 4, last);
        }
    }

    /// The low one to three bytes of a register.
    fn store_tail(&mut self, place: Place<'c>, at: u32, bytes: u32, word: Val<'c>) {
        let prim = if bytes == 1 { Prim::I8 } else { Prim::I16 };
        let low = self.code.convert("arith.trunci", word, prim);
        self.store_at(place, at, low);
        if bytes == 3 {
            let high = self.code.shift("arith.shrui", word, 16);
            self.store_tail(place, at + 2, 1, high);
        }
    }

    /// Emits the loads, or the stores, at the head of `insts` that share one branching guard, with
    /// the pure instructions between them moved ahead. Returns how many instructions that were; 0
    /// if there are none such.
    pub(super) fn guarded_run(&mut self, insts: &[Inst]) -> Result<usize, EmitError> {
        let Some(guard) = insts.first().and_then(|inst| self.branching_guard(&inst.op)) else {
            return Ok(0);
        };
        let loads = matches!(insts[0].op, Op::Load { .. });
        let (members, taken) = self.run_members(insts, guard, loads);
        if members.len() < 2 {
            return Ok(0);
        }
        for (at, inst) in insts[..taken].iter().enumerate() {
            if !members.contains(&at) {
                self.inst(inst)?;
            }
        }
        let members: Vec<&Inst> = members.into_iter().map(|at| &insts[at]).collect();
        self.emit_run(&members, guard);
        Ok(taken)
    }

    fn emit_run(&mut self, members: &[&Inst], guard: Value) {
        let condition = self.condition(guard);
        let mut counts = Vec::new();
        let pieces = self.where_true(condition, |this| {
            let mut pieces = Vec::new();
            for inst in members {
                this.locate(inst);
                match &inst.op {
                    Op::Load { address, .. } => {
                        let loaded = this.load_pieces(address, this.ty(inst.results[0]));
                        counts.push(loaded.len());
                        pieces.extend(loaded);
                    }
                    Op::Store { address, value, .. } => this.store_pieces(address, *value),
                    _ => unreachable!("a run should hold only accesses"),
                }
            }
            pieces
        });
        let mut rest = &pieces[..];
        for (inst, count) in members.iter().zip(counts) {
            let held = self.loaded(&rest[..count], self.ty(inst.results[0]));
            self.define(inst.results[0], held);
            rest = &rest[count..];
        }
    }

    /// Positions of the accesses of a run, and the position after the last one.
    fn run_members(&self, insts: &[Inst], guard: Value, loads: bool) -> (Vec<usize>, usize) {
        let (mut members, mut defined) = (Vec::new(), Vec::new());
        for (at, inst) in insts.iter().enumerate() {
            if uses(&inst.op).iter().any(|value| defined.contains(value)) {
                break;
            }
            let same_kind = matches!(inst.op, Op::Load { .. }) == loads;
            if same_kind && self.branching_guard(&inst.op) == Some(guard) {
                members.push(at);
                defined.extend(&inst.results);
            } else if !is_pure(&inst.op) {
                break;
            }
        }
        let taken = members.last().map_or(0, |last| last + 1);
        (members, taken)
    }

    fn branching_guard(&self, op: &Op) -> Option<Value> {
        match op {
            Op::Load { guard, .. } | Op::Store { guard, .. } => {
                guard.filter(|guard| self.branches(*guard))
            }
            _ => None,
        }
    }
}

/// Splits words into pieces of at most four: (first word, words).
fn word_pieces(words: u32) -> impl Iterator<Item = (u32, u32)> {
    (0..words).step_by(4).map(move |at| (at, (words - at).min(4)))
}

/// Whether an operation only computes, so that it may move ahead of accesses.
fn is_pure(op: &Op) -> bool {
    !matches!(
        op,
        Op::Load { .. }
            | Op::Store { .. }
            | Op::Barrier
            | Op::ScheduleFence
            | Op::Prefetch(_)
            | Op::Loop { .. }
            | Op::If { .. }
            | Op::Mma { .. }
            | Op::LaneXor { .. }
            | Op::FirstLane(_)
    )
}

/// Values used by an access or a pure operation.
fn uses(op: &Op) -> Vec<Value> {
    match op {
        Op::Unary(_, a) | Op::Cast(a) | Op::Splat(a) | Op::Bitcast(a) => vec![*a],
        Op::Extract { of, .. } => vec![*of],
        Op::Binary(_, a, b) | Op::Compare(_, a, b) => vec![*a, *b],
        Op::Fma(a, b, c) | Op::Select(a, b, c) => vec![*a, *b, *c],
        Op::Concat(parts) => parts.clone(),
        Op::Load { address, guard } => {
            address.base.iter().chain(&address.lane).chain(guard).copied().collect()
        }
        Op::Store { address, value, guard } => {
            let offsets = address.base.iter().chain(&address.lane);
            offsets.chain(guard).chain([value]).copied().collect()
        }
        _ => Vec::new(),
    }
}
