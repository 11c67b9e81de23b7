//! Loads and stores: addresses, guards, and bytes to and from registers.

use super::elements::Held;
use super::error::{Done, Trap};
use super::group::Group;
use super::local::Site;
use super::wide;
use crate::diagnose::Location;
use crate::lane::{Address, Pattern, Space, Ty, Value};

/// Bytes that a lane moves at most: those of the largest value.
type Bytes = Vec<u8>;

impl Group<'_, '_> {
    /// A load; what a false guard leaves out is 0.
    pub(super) fn load(
        &mut self,
        address: &Address,
        guard: Option<Value>,
        ty: Ty,
        out: &mut [u32],
        location: Location,
    ) -> Done {
        let width = bytes(ty);
        self.locate(address, guard, ty)?;
        let addresses = std::mem::take(&mut self.addresses);
        let mut moved: Bytes = vec![0; width];
        out.fill(0);
        let positions = addresses.len();
        for (at, start) in addresses.iter().enumerate() {
            let Some(start) = *start else { continue };
            let site = self.site(ty, at, location);
            self.read(address.space, start, &mut moved, site)
                .map_err(|what| self.trap(ty, at, what))?;
            for (register, part) in moved.chunks(4).enumerate() {
                let mut word = [0; 4];
                word[..part.len()].copy_from_slice(part);
                out[register * positions + at] = u32::from_le_bytes(word);
            }
        }
        self.addresses = addresses;
        Ok(())
    }

    /// A store.
    pub(super) fn store(
        &mut self,
        address: &Address,
        value: Value,
        guard: Option<Value>,
        location: Location,
    ) -> Done {
        let Held { ty, .. } = self.held(value);
        let width = bytes(ty);
        self.locate(address, guard, ty)?;
        let addresses = std::mem::take(&mut self.addresses);
        let mut moved: Bytes = Vec::with_capacity(width + 4);
        let positions = addresses.len();
        for (at, start) in addresses.iter().enumerate() {
            let Some(start) = *start else { continue };
            moved.clear();
            let words = self.file(value)[at..].iter().step_by(positions);
            words.for_each(|word| moved.extend(word.to_le_bytes()));
            moved.truncate(width);
            let site = self.site(ty, at, location);
            self.write(address.space, start, &moved, site)
                .map_err(|what| self.trap(ty, at, what))?;
        }
        self.addresses = addresses;
        Ok(())
    }

    fn read(&mut self, space: Space, at: i64, into: &mut [u8], site: Site) -> Result<(), String> {
        match space {
            Space::Local(index) => self.local.read(index, at, into, site),
            Space::Global(index) => {
                let image = self.images[index as usize].as_ref();
                image.expect("a verified access should be to a buffer").read(at, into, site)
            }
        }
    }

    fn write(&mut self, space: Space, at: i64, from: &[u8], site: Site) -> Result<(), String> {
        match space {
            Space::Local(index) => self.local.write(index, at, from, site),
            Space::Global(index) => {
                let image = self.images[index as usize].as_mut();
                image.expect("a verified access should be to a buffer").write(at, from, site)
            }
        }
    }

    fn site(&self, ty: Ty, at: usize, location: Location) -> Site {
        let wave = if ty.uniform { at } else { at / self.lanes };
        let unique = self.number * self.waves as u32 + wave as u32;
        Site { wave: wave as u32, unique, access: self.accesses, location }
    }

    /// Finds the address of every position and checks what the access says about them.
    fn locate(&mut self, address: &Address, guard: Option<Value>, ty: Ty) -> Done {
        self.accesses += 1;
        let mut addresses = std::mem::take(&mut self.addresses);
        addresses.clear();
        let found = (0..self.width(ty)).try_for_each(|at| {
            let wave = if ty.uniform { at } else { at / self.lanes };
            let start = match guard {
                Some(guard) if !self.holds(guard, at, wave) => None,
                _ => Some(self.address(address, at, wave).map_err(|w| self.trap(ty, at, w))?),
            };
            addresses.push(start);
            Ok(())
        });
        self.addresses = addresses;
        found?;
        if ty.uniform { Ok(()) } else { self.pattern(address.pattern, bytes(ty) as i64) }
    }

    fn holds(&self, guard: Value, at: usize, wave: usize) -> bool {
        let Held { words, ty } = self.held(guard);
        words[if ty.uniform { wave } else { at }] != 0
    }

    fn address(&self, address: &Address, at: usize, wave: usize) -> Result<i64, String> {
        let base = address.base.map_or(0, |base| match address.space {
            Space::Global(_) => wide::read(self.file(base), wave),
            Space::Local(_) => i64::from(self.file(base)[wave] as i32),
        });
        let lane = address.lane.map_or(0, |lane| i64::from(self.file(lane)[at] as i32));
        if lane < 0 {
            return Err(format!("the lane's offset is {lane}, should not be negative"));
        }
        let start = base + lane + i64::from(address.offset);
        match start % i64::from(address.align) {
            0 => Ok(start),
            _ => Err(format!("byte {start} is not aligned to {}", address.align)),
        }
    }

    /// That addresses vary over the lanes of every wave as the pattern says.
    fn pattern(&self, pattern: Pattern, width: i64) -> Done {
        let after = |lane: usize| match pattern {
            Pattern::Broadcast => 0,
            Pattern::Contiguous => lane as i64 * width,
            Pattern::Periodic { period } => (lane % period as usize) as i64 * width,
            Pattern::Repeated { repeat } => (lane / repeat as usize) as i64 * width,
            Pattern::Scattered => unreachable!("anything should be scattered"),
        };
        if pattern == Pattern::Scattered {
            return Ok(());
        }
        for (wave, addresses) in self.addresses.chunks(self.lanes).enumerate() {
            let starts = addresses.iter().enumerate();
            let mut starts = starts.filter_map(|(lane, at)| Some((lane, (*at)? - after(lane))));
            let Some((_, first)) = starts.next() else { continue };
            if let Some((lane, other)) = starts.find(|(_, start)| *start != first) {
                let by = other - first;
                let what = format!("the address is {by} bytes off the pattern of the access");
                return Err(Trap::lane(wave, lane, what));
            }
        }
        Ok(())
    }
}

/// Bytes that each position moves.
fn bytes(ty: Ty) -> usize {
    (ty.count * ty.elt_bits() / 8) as usize
}
