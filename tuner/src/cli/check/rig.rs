//! What executes kernels for `kiln check`: this machine's device, or the simulator of a GPU.

use std::path::{Path, PathBuf};

use kiln_cache::device::{Info, Request};
use kiln_cache::vocabulary::Kernarg;
use kiln_compiler::oracle::Trial;
use kiln_targets::{Backend, Target};

use super::execute;
use crate::check::{DeviceExecutor, Enlarged, Repeated, Sampled, SimulatedCode};
use crate::cli::Failure;
use crate::pipeline::Point;
use crate::workers::Device;

/// The verdict of what the simulator executed.
pub(super) const SIMULATED: &str = "simulated";

/// Loaded objects, ready to run.
pub(super) enum Rig {
    /// The processor of this machine, in a process of its own.
    Host {
        /// The process.
        device: Box<Device>,
        /// Where files travel.
        room: PathBuf,
    },
    /// gfx machine code, executed strictly.
    Simulated {
        /// The chip.
        target: Box<Target>,
        /// The objects.
        objects: Vec<SimulatedCode>,
    },
}

/// What a launch must know of a kernel.
pub(super) struct Shape {
    /// Number of the object that holds it.
    pub(super) object: u32,
    /// Its argument block.
    pub(super) kernarg: Kernarg,
    /// Work-items of a workgroup.
    pub(super) threads: u32,
    /// LDS of a workgroup in bytes.
    pub(super) lds_bytes: u32,
}

impl Rig {
    /// What executes kernels of a target here. `room` is an existing directory.
    pub(super) fn start(target: &Target, room: &Path) -> Result<Rig, Failure> {
        Ok(match target.backend {
            Backend::Host => {
                Rig::Host { device: Box::new(Device::host()?), room: room.to_path_buf() }
            }
            Backend::AmdGpu => {
                Rig::Simulated { target: Box::new(target.clone()), objects: Vec::new() }
            }
        })
    }

    /// What its verdicts are called.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Rig::Host { .. } => "device",
            Rig::Simulated { .. } => SIMULATED,
        }
    }

    /// The program that owns the device, and who the device is; `None` where there is none.
    pub(super) fn device(&self) -> Result<Option<(PathBuf, &Info)>, Failure> {
        match self {
            Rig::Host { device, .. } => Ok(Some((Device::program()?, device.info()))),
            Rig::Simulated { .. } => Ok(None),
        }
    }

    /// This rig and others like it, `jobs` for `tasks` of which each works on one at a time, with
    /// linked objects loaded. Processors that have no task of their own are shared.
    pub(super) fn team(
        mut self,
        jobs: usize,
        tasks: usize,
        linked: &[Vec<u8>],
    ) -> Result<Vec<Rig>, Failure> {
        self.load(linked)?;
        let count = jobs.min(tasks).max(1);
        let mut team = Vec::new();
        match self {
            Rig::Simulated { target, objects } => {
                let threads = (jobs / count).max(1);
                let objects: Vec<SimulatedCode> =
                    objects.into_iter().map(|code| code.on_threads(threads)).collect();
                let rig = || Rig::Simulated { target: target.clone(), objects: objects.clone() };
                team.extend((0..count).map(|_| rig()));
            }
            Rig::Host { device, room } => {
                for number in 1..count {
                    let room = room.join(number.to_string());
                    std::fs::create_dir(&room).map_err(Failure::work)?;
                    let mut rig = Rig::Host { device: Box::new(Device::host()?), room };
                    rig.load(linked)?;
                    team.push(rig);
                }
                team.push(Rig::Host { device, room });
            }
        }
        Ok(team)
    }

    /// Loads linked objects; they are known by their places in the list.
    pub(super) fn load(&mut self, linked: &[Vec<u8>]) -> Result<(), Failure> {
        match self {
            Rig::Host { device, room } => {
                for (id, object) in linked.iter().enumerate() {
                    let (id, path) = (id as u32, room.join(format!("{id}.so")));
                    std::fs::write(&path, object).map_err(Failure::work)?;
                    device.ask(&Request::LoadObject { id, path }).map_err(Failure::work)?;
                }
            }
            Rig::Simulated { target, objects } => {
                let read = linked.iter().map(|object| SimulatedCode::new(object, target));
                *objects = read.collect::<Result<_, _>>().map_err(Failure::work)?;
            }
        }
        Ok(())
    }

    /// Unloads `count` objects.
    pub(super) fn unload(&mut self, count: usize) -> Result<(), Failure> {
        match self {
            Rig::Host { device, .. } => {
                for id in 0..count as u32 {
                    device.ask(&Request::UnloadObject { id }).map_err(Failure::work)?;
                }
            }
            Rig::Simulated { objects, .. } => objects.clear(),
        }
        Ok(())
    }

    /// Runs trials of a loaded kernel at their own sizes; the worst error, or what disagrees.
    pub(super) fn run(
        &mut self,
        shape: Shape,
        point: &Point,
        trials: &[Trial],
    ) -> Result<f64, String> {
        match self {
            Rig::Host { device, room } => execute(&mut on(device, room, shape), point, trials),
            Rig::Simulated { objects, .. } => {
                execute(&mut objects[shape.object as usize], point, trials)
            }
        }
    }

    /// Runs a trial of a loaded kernel as it is enlarged: all of it on a device, three windows of the
    /// output on the simulator.
    pub(super) fn run_at(
        &mut self,
        shape: Shape,
        point: &Point,
        trial: &Trial,
        enlarged: Enlarged,
    ) -> Result<f64, String> {
        match self {
            Rig::Host { device, room } => {
                let mut repeated = Repeated::new(on(device, room, shape), enlarged);
                execute(&mut repeated, point, [trial])
            }
            Rig::Simulated { objects, .. } => {
                let mut sampled = Sampled::new(&objects[shape.object as usize], enlarged);
                execute(&mut sampled, point, std::iter::repeat_n(trial, Sampled::WINDOWS))
            }
        }
    }
}

fn on<'d>(device: &'d mut Device, room: &Path, shape: Shape) -> DeviceExecutor<'d> {
    DeviceExecutor::new(device, room, shape.object, (shape.kernarg, shape.threads, shape.lds_bytes))
}
