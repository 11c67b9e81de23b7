//! Laws of memory accesses: spaces, addresses, alignment, bounds and guards.

use kiln_targets::DType;

use super::{INDEX, Law, Verifier, require};
use crate::lane::{Address, ArgKind, Elt, Pattern, Space, Ty, Value};

impl Verifier<'_> {
    pub(super) fn load(&self, address: &Address, guard: Option<Value>, ty: Ty) -> Law {
        let uniform_address = address.lane.is_none();
        require(!ty.uniform || uniform_address, || {
            "a uniform value is loaded from addresses that differ by lane".into()
        })?;
        if let Some(guard) = guard {
            require(!ty.uniform || self.ty(guard).uniform, || {
                "a uniform value is loaded under a guard that differs by lane".into()
            })?;
        }
        self.access(address, guard, ty, &[ArgKind::Input, ArgKind::InOut])
    }

    pub(super) fn store(&self, address: &Address, value: Value, guard: Option<Value>) -> Law {
        self.is_lane(value)?;
        self.access(address, guard, self.ty(value), &[ArgKind::Output, ArgKind::InOut])
    }

    fn access(&self, at: &Address, guard: Option<Value>, ty: Ty, allowed: &[ArgKind]) -> Law {
        let bits = u64::from(ty.count) * u64::from(ty.elt_bits());
        let whole = matches!(ty.elt, Elt::Num(_)) && bits.is_multiple_of(8);
        require(whole, || format!("{ty} is not a whole number of bytes in memory"))?;
        self.space(at.space, allowed)?;
        self.offsets(at)?;
        self.guard(guard)?;
        self.pattern(at)?;
        self.alignment(at, ty, bits / 8)?;
        self.bounds(at, guard, bits / 8)
    }

    fn space(&self, space: Space, allowed: &[ArgKind]) -> Law {
        match space {
            Space::Global(index) => match self.kernel.args.get(index as usize) {
                Some(arg) if allowed.contains(&arg.kind) => Ok(()),
                Some(arg) => Err(format!("argument `{}` does not allow this access", arg.name)),
                None => Err(format!("there is no argument {index}")),
            },
            Space::Local(index) => {
                let known = (index as usize) < self.kernel.locals.len();
                require(known, || format!("there is no local buffer {index}"))
            }
        }
    }

    fn offsets(&self, at: &Address) -> Law {
        let wanted = match at.space {
            Space::Global(_) => Ty::uniform(Elt::I64),
            Space::Local(_) => INDEX,
        };
        if let Some(base) = at.base {
            let ty = self.ty(base);
            require(ty == wanted, || {
                format!("the uniform offset {base} is {ty}, should be a uniform {wanted}")
            })?;
        }
        if let Some(lane) = at.lane {
            let (ty, wanted) = (self.ty(lane), Ty::lane(DType::I32, 1));
            require(ty == wanted, || {
                format!("the lane offset {lane} is {ty}, should be {wanted}")
            })?;
        }
        Ok(())
    }

    fn guard(&self, guard: Option<Value>) -> Law {
        let Some(guard) = guard else { return Ok(()) };
        let ty = self.ty(guard);
        require(ty.elt == Elt::Pred && ty.count == 1, || {
            format!("the guard {guard} is {ty}, should be one truth value")
        })
    }

    fn pattern(&self, at: &Address) -> Law {
        match (at.pattern, at.lane) {
            (Pattern::Broadcast, Some(lane)) => {
                Err(format!("a broadcast address has no lane offset, but {lane} is given"))
            }
            (Pattern::Broadcast, None) => Ok(()),
            (_, None) => Err("an address without lane offset is a broadcast".into()),
            (Pattern::Periodic { period }, _) => {
                let lanes = self.kernel.lanes;
                require(period.is_power_of_two() && period <= lanes, || {
                    format!("period {period} is not a power of two up to {lanes}")
                })
            }
            (Pattern::Repeated { repeat }, _) => {
                let lanes = self.kernel.lanes;
                require(repeat.is_power_of_two() && repeat < lanes, || {
                    format!(
                        "{repeat} lanes sharing an address are not a power of two below {lanes}"
                    )
                })
            }
            _ => Ok(()),
        }
    }

    fn alignment(&self, at: &Address, ty: Ty, width: u64) -> Law {
        let align = at.align;
        require(align.is_power_of_two(), || format!("alignment {align} is no power of two"))?;
        require(8 * align >= ty.elt_bits(), || {
            format!("alignment {align} is below that of one element of {ty}")
        })?;
        let spaced = match at.pattern {
            Pattern::Contiguous => self.kernel.lanes > 1,
            Pattern::Periodic { period } => period > 1,
            Pattern::Repeated { .. } => true,
            Pattern::Broadcast | Pattern::Scattered => false,
        };
        require(!spaced || width.is_multiple_of(align.into()), || {
            format!("lanes are {width} bytes apart, so not all are aligned to {align}")
        })?;
        match self.constant_offset(at) {
            Some(offset) if at.lane.is_none() => require(offset % i64::from(align) == 0, || {
                format!("offset {offset} is not aligned to {align}")
            }),
            _ => Ok(()),
        }
    }

    /// Bounds of a local buffer, as far as constants tell. Lane offsets are never negative, so
    /// the end of lane 0 is known to be no lower than its constant part; without a guard the
    /// pattern says how much further the other lanes reach.
    fn bounds(&self, at: &Address, guard: Option<Value>, width: u64) -> Law {
        let (Space::Local(index), Some(offset)) = (at.space, self.constant_offset(at)) else {
            return Ok(());
        };
        let lanes = match at.pattern {
            _ if guard.is_some() => 1,
            Pattern::Contiguous => self.kernel.lanes,
            Pattern::Periodic { period } => period,
            Pattern::Repeated { repeat } => self.kernel.lanes / repeat,
            Pattern::Broadcast | Pattern::Scattered => 1,
        };
        let local = &self.kernel.locals[index as usize];
        let end = i128::from(offset) + i128::from(width) * i128::from(lanes);
        let inside = end <= i128::from(local.bytes) && (offset >= 0 || at.lane.is_some());
        require(inside, || {
            format!("bytes {offset}..{end} of `{}`, which has {}", local.name, local.bytes)
        })
    }

    /// The part of an offset that is known: base and constant, where the base is constant.
    fn constant_offset(&self, at: &Address) -> Option<i64> {
        let base = at.base.map_or(Some(0), |base| self.known(base))?;
        base.checked_add(at.offset.into())
    }
}
