//! Problems of real size on the simulator, where a whole grid would take hours: the workgroups of
//! one window of the output run, and that window is compared.

use std::collections::BTreeMap;
use std::sync::Arc;

use kiln_compiler::interpret::Buffers;
use kiln_compiler::oracle::{ExecutionError, Executor, Launch};
use kiln_compiler::tile::{Program, Role};
use kiln_sim::machine::Groups;
use kiln_sim::memory::Access;
use rand::Rng;

use super::SimulatedCode;
use super::pages::Pages;
use super::pair::Pair;
use super::repeated::Enlarged;

/// Runs kernels at larger dims than they are asked for, as [`Repeated`](super::Repeated) does, but
/// only the workgroups that write one repetition of the small problem: the first, the last whole
/// one or one between, in turn. Of the operands only the pages exist that these workgroups touch.
#[derive(Debug)]
pub struct Sampled<'c> {
    code: &'c SimulatedCode,
    enlarged: Enlarged,
    turn: u32,
}

impl<'c> Sampled<'c> {
    /// Repetitions that are looked at.
    pub const WINDOWS: usize = 3;

    /// An executor that runs parts of launches as they are enlarged.
    pub fn new(code: &'c SimulatedCode, enlarged: Enlarged) -> Self {
        Self { code, enlarged, turn: 0 }
    }

    /// Which repetition of each dim is looked at.
    fn window(&mut self, launch: &Launch<'_>) -> BTreeMap<String, u64> {
        let turn = self.turn;
        self.turn += 1;
        let dims = launch.program.dims.iter().map(|name| {
            let small = launch.dims.get(name).copied().unwrap_or(1).max(1);
            let last = (self.enlarged.dims.get(name).copied().unwrap_or(small) / small).max(1) - 1;
            let number = match turn {
                0 => 0,
                1 => last,
                _ => self.enlarged.picks.random_range(0..=last),
            };
            (name.clone(), number)
        });
        dims.collect()
    }

    /// The large image of an operand, of which nothing has been made yet.
    fn image(
        &mut self,
        launch: &Launch<'_>,
        pair: &Pair<'_>,
        part: (&str, Role),
        small: &[u8],
    ) -> Pages {
        let (name, role) = part;
        match role {
            Role::Output => Pages::filled(pair.bytes(), 0xff),
            _ if self.enlarged.is_numbers(name) => {
                let mut image = pair.spread(small);
                self.enlarged.renumber(launch, name, &mut image);
                Pages::new(image.len(), move |start, page| {
                    page.copy_from_slice(&image[start..start + page.len()]);
                })
            }
            Role::Input | Role::InOut => pair.pages(small),
        }
    }
}

impl Executor for Sampled<'_> {
    fn name(&self) -> &str {
        self.code.name()
    }

    fn run(&mut self, launch: Launch<'_>, buffers: &mut Buffers) -> Result<(), ExecutionError> {
        let numbers = self.window(&launch);
        let (program, dims) = (launch.program, self.enlarged.dims.clone());
        let large = Launch { program, dims: &dims };
        let (small_sizes, sizes) = (launch.sizes(), large.sizes());
        let memory = self.code.memory();
        let mut addresses = Vec::new();
        for part in &program.parts {
            let small = buffers.get(&part.name).ok_or("an operand has no buffer")?;
            let pair = Pair::new(part, &small_sizes, &sizes);
            let image = self.image(&launch, &pair, (&part.name, part.role), small.bytes());
            let access = if part.role == Role::Input { Access::Read } else { Access::ReadWrite };
            let bytes = pair.bytes() as u64;
            addresses.push(memory.place(&part.name, bytes, access, Arc::new(image))?);
        }
        let groups = Groups::Listed(groups(program, &launch, &large, &numbers));
        self.code.launch(&large, groups, &memory, &addresses)?;
        let view = memory.view();
        for (part, address) in program.parts.iter().zip(addresses) {
            if part.role == Role::Input {
                continue;
            }
            let small = buffers.get_mut(&part.name).ok_or("an operand has no buffer")?;
            let number = |axis: usize| {
                let dim = part.extent[axis].dim.map(|dim| &program.dims[dim as usize]);
                dim.and_then(|dim| numbers.get(dim)).copied().unwrap_or(0) as usize
            };
            let pair = Pair::new(part, &small_sizes, &sizes);
            let read = |at: usize, bytes: &mut [u8]| view.read(address + at as u64, bytes);
            pair.take([number(0), number(1)], small.bytes_mut(), read)?;
        }
        Ok(())
    }
}

/// The workgroups that cover the given repetition along every grid axis.
fn groups(
    program: &Program,
    small: &Launch<'_>,
    large: &Launch<'_>,
    numbers: &BTreeMap<String, u64>,
) -> Vec<[u32; 3]> {
    let grid = large.grid();
    let range = |axis: usize| {
        let all = 0..grid[axis];
        let Some(extent) = program.grid.get(axis) else { return all };
        let Some(name) = extent.dim.map(|dim| &program.dims[dim as usize]) else { return all };
        let size = small.dims.get(name).copied().unwrap_or(1);
        let start = numbers.get(name).copied().unwrap_or(0) * size;
        let (mul, div) = (u64::from(extent.mul), u64::from(extent.div).max(1));
        let end = ((start + size) * mul).div_ceil(div).min(grid[axis]);
        start * mul / div..end
    };
    let mut all = Vec::new();
    for z in range(2) {
        for y in range(1) {
            all.extend(range(0).map(|x| [x as u32, y as u32, z as u32]));
        }
    }
    all
}
