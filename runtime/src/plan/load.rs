//! A model on a device: weights, memory, and programs that are ready to run.

use std::collections::BTreeMap;

use super::Serving;
use super::batch::{Batch, Ropes};
use super::drafting;
use super::limits::{Limits, Usage};
use super::memory::Needs;
use super::node::{Bind, Held, Input, Pass};
use super::nodes::{Forms, nodes};
use super::pairs;
use super::route::{Array, Program, Route};
use super::sizes::{Arriving, Sizes};
use super::stand_ins::StandIns;
use super::template::Template;
use super::traffic::Traffic;
use super::verified::{self, Accepted};
use crate::bundle::LaunchTable;
use crate::device::{BufferId, Device, Launch, Pointer};
use crate::model::config::ModelConfig;
use crate::weights::{Checkpoint, DeviceWeights, Group, Progress, Tally, Way};
use crate::{Error, Result};
use kiln_cache::bundle::Bundle;

/// The programs of a pass, by number of rows.
#[derive(Debug)]
struct Bound {
    first: u64,
    by_rows: Vec<usize>,
    programs: Vec<Vec<Template>>,
    /// Time of each program, as far as the bundle says.
    seconds: Vec<Option<f64>>,
}

/// A model on a device.
#[derive(Debug)]
pub struct LoadedModel {
    pub(super) config: ModelConfig,
    pub(super) serving: Serving,
    pub(super) sizes: Sizes,
    pub(super) table: LaunchTable,
    usage: Usage,
    traffic: Traffic,
    loaded: BTreeMap<Group, Tally>,
    way: Way,
    programs: BTreeMap<Pass, Bound>,
    pub(super) held: BTreeMap<Held, (BufferId, u64)>,
    pub(super) inputs: BTreeMap<Input, BufferId>,
}

/// Where weights come from.
enum Origin<'c> {
    Checkpoint(&'c Checkpoint),
    StandIns(&'c StandIns),
}

impl Origin<'_> {
    fn config(&self) -> &ModelConfig {
        match self {
            Self::Checkpoint(checkpoint) => checkpoint.config(),
            Self::StandIns(stand_ins) => &stand_ins.config,
        }
    }

    fn forms(&self) -> &dyn Forms {
        match self {
            Self::Checkpoint(checkpoint) => *checkpoint,
            Self::StandIns(stand_ins) => *stand_ins,
        }
    }
}

impl LoadedModel {
    /// Finds the kernels, takes the memory and loads the weights.
    ///
    /// # Errors
    /// If the bundle does not cover the model, the limits make no sense or need more memory than
    /// there is (the message has the numbers), or the checkpoint does not fit the kernels.
    pub fn load(
        device: &mut dyn Device,
        bundle: Bundle,
        checkpoint: &Checkpoint,
        serving: Serving,
        limits: &Limits,
        report: &mut dyn FnMut(Progress),
    ) -> Result<Self> {
        Self::make(device, bundle, &Origin::Checkpoint(checkpoint), serving, limits, report)
    }

    /// [`LoadedModel::load`] without a checkpoint: numbers of no meaning stand in for the weights.
    /// Where the device only models times, layers of a kind share memory, because their contents do
    /// not matter to it.
    ///
    /// # Errors
    /// As [`LoadedModel::load`].
    pub fn stand_in(
        device: &mut dyn Device,
        bundle: Bundle,
        stand_ins: &StandIns,
        serving: Serving,
        limits: &Limits,
    ) -> Result<Self> {
        let origin = Origin::StandIns(stand_ins);
        Self::make(device, bundle, &origin, serving, limits, &mut |_| {})
    }

    fn make(
        device: &mut dyn Device,
        bundle: Bundle,
        origin: &Origin<'_>,
        serving: Serving,
        limits: &Limits,
        report: &mut dyn FnMut(Progress),
    ) -> Result<Self> {
        let config = origin.config();
        let sizes = limits.sizes(config, &serving)?;
        let table = LaunchTable::load(bundle, device)?;
        let mut routes = BTreeMap::new();
        for pass in Pass::ALL {
            let rows = pass.least_rows()..=pass.most_rows(sizes.chunk);
            let nodes = nodes(config, origin.forms(), &serving, pass)?;
            let wanted = verified::wanted(pass, &nodes, &table, &routes);
            if rows.is_empty() || nodes.is_empty() || !wanted {
                continue;
            }
            routes.insert(pass, Route::new(&table, &nodes, serving.act, rows)?);
        }
        let (mut needs, offsets) = Needs::of(&routes, &sizes)?;
        if config.predicts {
            // No kernel reads it: its rows are copied.
            let bytes = sizes.slots * pairs::row_bytes(config, &serving);
            needs.held.insert(Held::Carried, (serving.act.name().to_owned(), bytes));
        }
        let weights = match origin {
            Origin::Checkpoint(checkpoint) => DeviceWeights::plan(checkpoint, &needs.weights)?,
            Origin::StandIns(_) => DeviceWeights::stand_ins(&needs.weights, config.tied_head),
        };
        let usage = usage(&needs, &weights);
        let loaded = weights.loaded().clone();
        let mut traffic = Traffic::default();
        for pass in [Pass::Decode, Pass::Head] {
            routes.get(&pass).map_or(Ok(()), |route| traffic.add(pass, route, &sizes))?;
        }
        enough(device, &usage)?;

        let alike = matches!(origin, Origin::StandIns(_)) && device.describe().modelled;
        let mut memory = Memory::take(device, &needs, alike)?;
        memory.weights = match origin {
            Origin::Checkpoint(checkpoint) => weights.load(checkpoint, device, report)?,
            Origin::StandIns(_) => weights.draw(device, alike)?,
        };
        let way = memory.weights.way();
        let mut programs = BTreeMap::new();
        for (pass, route) in routes {
            let bound = route.programs.iter().zip(&offsets[&pass]).map(|(program, offsets)| {
                let place = |array: &Array| memory.place(array, offsets);
                let steps = program.steps.iter();
                steps.map(|step| Template::new(pass, step, &sizes, &place)).collect()
            });
            let bound = bound.collect::<Result<Vec<Vec<Template>>>>()?;
            let (first, by_rows) = (route.first, route.by_rows.clone());
            let seconds = route.programs.iter().map(Program::seconds).collect();
            programs.insert(pass, Bound { first, by_rows, programs: bound, seconds });
        }
        let (config, held, inputs) = (config.clone(), memory.held, memory.inputs);
        Ok(Self {
            config,
            serving,
            sizes,
            table,
            usage,
            traffic,
            loaded,
            way,
            programs,
            held,
            inputs,
        })
    }

    /// The configuration.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// Number types and page size.
    pub fn serving(&self) -> Serving {
        self.serving
    }

    /// Pages of the cache.
    pub fn pages(&self) -> u64 {
        self.sizes.pages
    }

    /// Slots of states.
    pub fn slots(&self) -> u64 {
        self.sizes.slots
    }

    /// Memory taken.
    pub fn usage(&self) -> Usage {
        self.usage
    }

    /// What a step of one row moves through memory.
    pub fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// Tensors of the checkpoint that were loaded, and their bytes there; those of other groups were
    /// left in the file.
    pub fn loaded(&self, group: Group) -> Tally {
        self.loaded.get(&group).copied().unwrap_or_default()
    }

    /// How the weights came into the device's memory.
    pub fn way(&self) -> Way {
        self.way
    }

    /// Runs the layers over a batch's rows, whose residual stream stays for
    /// [`LoadedModel::logits`].
    ///
    /// # Errors
    /// If the batch is not one of the pass, or the device fails.
    pub fn run(&self, device: &mut dyn Device, pass: Pass, batch: &Batch) -> Result<()> {
        self.run_after(device, pass, batch, None)
    }

    /// The same after rows that were accepted.
    pub(super) fn run_after(
        &self,
        device: &mut dyn Device,
        pass: Pass,
        batch: &Batch,
        before: Option<&Accepted>,
    ) -> Result<()> {
        let arriving = self.stage(device, pass, batch)?;
        let table = before.zip(self.inputs.get(&Input::Accepted));
        table.map_or(Ok(()), |(of, buffer)| device.write(*buffer, 0, &of.table()))?;
        device.run(&self.launches(pass, &arriving, 0)?)?;
        match self.config.predicts {
            true => self.pair(device, pass, batch),
            false => self.remember(device, &arriving),
        }
    }

    /// Puts the tokens of a batch into the drafter's context, by what [`LoadedModel::tap`] holds of
    /// them: what [`LoadedModel::run`] does at its end.
    ///
    /// # Errors
    /// If the batch is not one of the pass, or the device fails.
    pub fn context(&self, device: &mut dyn Device, pass: Pass, batch: &Batch) -> Result<()> {
        let arriving = self.stage(device, pass, batch)?;
        self.remember(device, &arriving)
    }

    fn remember(&self, device: &mut dyn Device, arriving: &Arriving) -> Result<()> {
        match self.has(Pass::Context) {
            true => device.run(&self.launches(Pass::Context, arriving, 0)?),
            false => Ok(()),
        }
    }

    /// Whether there is anything to do in a pass.
    pub(super) fn has(&self, pass: Pass) -> bool {
        self.programs.contains_key(&pass)
    }

    /// Modelled or measured seconds of a pass with so many rows, as far as the bundle says.
    pub fn seconds(&self, pass: Pass, rows: u64) -> Option<f64> {
        let bound = self.programs.get(&pass)?;
        let at = usize::try_from(rows.checked_sub(bound.first)?).ok()?;
        bound.seconds[*bound.by_rows.get(at)?]
    }

    /// Where the residual stream after a layer is kept for the drafter, row after row.
    pub fn tap(&self, layer: usize) -> Option<Pointer> {
        self.held.get(&drafting::tap(&self.config, layer)).map(|(buffer, _)| (*buffer).into())
    }

    /// Hands over what a batch is, without computing anything.
    ///
    /// # Errors
    /// As [`LoadedModel::run`].
    pub(super) fn stage(
        &self,
        device: &mut dyn Device,
        pass: Pass,
        batch: &Batch,
    ) -> Result<Arriving> {
        let arriving = batch.check(pass, &self.sizes)?;
        let tokens = batch.segments.iter().flat_map(|of| &of.tokens);
        if let Some(token) = tokens.copied().find(|id| *id as usize >= self.config.vocabulary) {
            let size = self.config.vocabulary;
            return Err(Error::request(format!("token {token}; the vocabulary has {size}")));
        }
        let ropes = self.ropes();
        let follows = matches!(pass, Pass::Follow(_));
        let wanted = |input: &Input| follows || *input != Input::Accepted;
        for (input, buffer) in self.inputs.iter().filter(|(input, _)| wanted(input)) {
            let bytes = batch.input(*input, &self.sizes, arriving.t, &ropes);
            device.write(*buffer, 0, &bytes)?;
        }
        Ok(arriving)
    }

    /// How positions turn queries and keys.
    pub(super) fn ropes(&self) -> Ropes<'_> {
        let drafter = self.config.drafter.as_ref().map(|drafter| &drafter.rope);
        Ropes { model: &self.config.rope, drafter }
    }

    /// The pieces of memory in which a slot's states lie: where, and how many bytes.
    pub fn slot(&self, slot: u64) -> Vec<(Pointer, u64)> {
        let state = |of: &Held| matches!(of, Held::Conv(_) | Held::Delta(_) | Held::Carried);
        let states = self.held.iter().filter(|(of, _)| state(of));
        states
            .map(|(_, (buffer, bytes))| {
                let each = bytes / self.sizes.slots;
                (Pointer { buffer: *buffer, plus: slot * each }, each)
            })
            .collect()
    }

    /// The pieces of memory in which a page's keys and values lie.
    pub fn page(&self, page: u32) -> Vec<(Pointer, u64)> {
        let cache = |of: &Held| {
            let own = matches!(of, Held::Keys(_) | Held::Values(_));
            own || matches!(of, Held::DraftKeys(_) | Held::DraftValues(_))
        };
        let caches = self.held.iter().filter(|(of, _)| cache(of));
        caches
            .map(|(_, (buffer, bytes))| {
                let each = bytes / self.sizes.pages;
                (Pointer { buffer: *buffer, plus: u64::from(page) * each }, each)
            })
            .collect()
    }

    pub(super) fn launches(
        &self,
        pass: Pass,
        arriving: &Arriving,
        row: u64,
    ) -> Result<Vec<Launch>> {
        let bound = self.programs.get(&pass).and_then(|bound| {
            let at = arriving.m.checked_sub(bound.first)?;
            Some(&bound.programs[*bound.by_rows.get(usize::try_from(at).ok()?)?])
        });
        let no = || Error::request(format!("{} rows are no {pass:?} pass", arriving.m));
        bound.ok_or_else(no)?.iter().map(|of| of.launch(arriving, row)).collect()
    }
}

/// Buffers of everything.
struct Memory {
    arena: BufferId,
    held: BTreeMap<Held, (BufferId, u64)>,
    inputs: BTreeMap<Input, BufferId>,
    weights: DeviceWeights,
}

impl Memory {
    /// Takes everything but the weights' memory; layers that are `alike` share theirs.
    fn take(device: &mut dyn Device, needs: &Needs, alike: bool) -> Result<Self> {
        let mut memory = Self {
            arena: device.alloc(needs.arena, 0)?,
            held: BTreeMap::new(),
            inputs: BTreeMap::new(),
            weights: DeviceWeights::default(),
        };
        let mut shared: BTreeMap<(Held, u64), BufferId> = BTreeMap::new();
        for (held, (_, bytes)) in &needs.held {
            let own = (if alike { held.of_first_layer() } else { *held }, *bytes);
            let buffer = match shared.get(&own) {
                Some(buffer) => *buffer,
                None => device.alloc(*bytes, 0)?,
            };
            shared.insert(own, buffer);
            memory.held.insert(*held, (buffer, *bytes));
        }
        for (input, bytes) in &needs.inputs {
            memory.inputs.insert(*input, device.alloc(*bytes, 0)?);
        }
        Ok(memory)
    }

    fn place(&self, array: &Array, offsets: &BTreeMap<Array, u64>) -> Option<Pointer> {
        match array.bind {
            Bind::Value(_) => {
                offsets.get(array).map(|plus| Pointer { buffer: self.arena, plus: *plus })
            }
            Bind::Held(held) => self.held.get(&held).map(|(buffer, _)| (*buffer).into()),
            Bind::Input(input) => self.inputs.get(&input).map(|buffer| (*buffer).into()),
            Bind::Weight(tensor) => self.weights.buffer(tensor, &array.part).map(Into::into),
        }
    }
}

fn usage(needs: &Needs, weights: &DeviceWeights) -> Usage {
    let [cache, states, activations] = needs.kinds();
    Usage { weights: weights.bytes(), cache, states, activations }
}

/// Refuses what cannot fit before anything is taken.
fn enough(device: &dyn Device, usage: &Usage) -> Result<()> {
    match device.available() {
        Some(available) if usage.total() > available => Err(Error::request(format!(
            "not enough memory: the model needs {usage}, {:.1} MiB are available; serve fewer or \
             shorter sequences",
            available as f64 / f64::from(1 << 20)
        ))),
        _ => Ok(()),
    }
}
