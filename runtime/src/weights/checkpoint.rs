//! A model's weights on disk.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kiln_cache::operations::Precision;
use kiln_targets::Format;

use super::assemble::{Assembly, Held, Place, find};
use super::expected;
use super::index;
use super::quantise::{held, made, quantised, shape};
use super::role::{Group, MtpPart, Role};
use super::shard::Shard;
use super::weight::{Packed, Rows, Weight};
use crate::model::config::{DrafterConfig, ModelConfig};
use crate::{Error, Result};

/// A number of tensors and their size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub tensors: usize,
    /// Bytes in the checkpoint.
    pub bytes: u64,
}

/// A checkpoint whose files are mapped and whose every tensor has a role.
#[derive(Debug)]
pub struct Checkpoint {
    config: ModelConfig,
    shards: Vec<Shard>,
    held: BTreeMap<Role, Held>,
    tally: BTreeMap<Group, Tally>,
    /// The head as it is stored.
    head: Option<Held>,
    /// What is quantised when it is loaded.
    copies: Vec<Copies>,
    /// The file in which what kernels read is kept.
    prepared: Option<PathBuf>,
}

/// Quantised copies of matrices.
#[derive(Debug)]
struct Copies {
    /// Number of their shard.
    shard: usize,
    matrices: Vec<Place>,
    to: Precision,
}

impl Checkpoint {
    /// Opens a model's directory: `config.json` and safetensors files. The files must not be
    /// changed while the checkpoint lives.
    ///
    /// # Errors
    /// One line that names the file, and the field or tensor where there is one: what
    /// [`ModelConfig::open`] and [`Shard::open`] refuse, a missing file, a tensor that is missing,
    /// stored twice, unknown, or of another type or shape than the configuration implies.
    pub fn open(directory: &Path) -> Result<Self> {
        let config = ModelConfig::open(&directory.join("config.json"))?;
        let (listing, shards) = index::open(directory)?;
        Self::assemble(config, &listing, shards)
    }

    /// [`Checkpoint::open`] for files that are open; `listing` stands in messages about tensors
    /// that are in none of them.
    ///
    /// # Errors
    /// As [`Checkpoint::open`].
    pub fn assemble(config: ModelConfig, listing: &Path, shards: Vec<Shard>) -> Result<Self> {
        let assembly = Assembly::of(&config, listing, &shards)?;
        let (held, tally) = (assembly.held, assembly.tally);
        let head = held.get(if config.tied_head { &Role::Embedding } else { &Role::Head }).cloned();
        let (copies, prepared) = (Vec::new(), None);
        Ok(Self { config, shards, held, tally, head, copies, prepared })
    }

    /// Joins a drafter's directory with the model that it drafts for.
    ///
    /// # Errors
    /// As [`Checkpoint::open`], with what [`DrafterConfig::open`] refuses; also if there is a
    /// drafter already.
    pub fn join(&mut self, directory: &Path) -> Result<()> {
        let drafter = DrafterConfig::open(&directory.join("config.json"), &self.config)?;
        let (listing, shards) = index::open(directory)?;
        self.assemble_drafter(drafter, &listing, shards)
    }

    /// [`Checkpoint::join`] for files that are open.
    ///
    /// # Errors
    /// As [`Checkpoint::join`].
    pub fn assemble_drafter(
        &mut self,
        drafter: DrafterConfig,
        listing: &Path,
        shards: Vec<Shard>,
    ) -> Result<()> {
        self.guesses_alone()?;
        let assembly = Assembly::of_drafter(&self.config, &drafter, listing, &shards)?;
        let (held, tally) = (assembly.held, assembly.tally);
        let before = self.shards.len();
        self.held.extend(held.into_iter().map(|(role, held)| (role, held.after(before))));
        self.tally.extend(tally);
        self.shards.extend(shards);
        self.config.drafter = Some(drafter);
        Ok(())
    }

    /// Lets the checkpoint's multi-token prediction head guess, in place of a drafter.
    ///
    /// # Errors
    /// If the checkpoint has no such head or one of several layers, or there is a drafter already.
    pub fn predict(&mut self) -> Result<()> {
        self.guesses_alone()?;
        if !self.held.contains_key(&Role::Mtp(MtpPart::Projection)) {
            let why = "the checkpoint has no multi-token prediction head: no tensors named mtp.*";
            return Err(Error::request(why));
        }
        if self.config.mtp_layers != 1 {
            let why = format!("a prediction head of {} layers", self.config.mtp_layers);
            return Err(Error::request(format!("{why} is not supported; one has a single layer")));
        }
        self.config.predicts = true;
        Ok(())
    }

    fn guesses_alone(&self) -> Result<()> {
        match (&self.config.drafter, self.config.predicts) {
            (Some(_), _) => Err(Error::request("the model has a drafter already")),
            (None, true) => Err(Error::request("the model's own prediction head guesses already")),
            (None, false) => Ok(()),
        }
    }

    /// Quantises the drafter's linear layers when they are loaded. The copy is then in the process's
    /// memory as long as the checkpoint lives.
    ///
    /// # Errors
    /// If there is no drafter, or the rows of a weight are no whole number of groups.
    pub fn quantise_drafter(&mut self, to: Precision) -> Result<()> {
        let Some(drafter) = &self.config.drafter else {
            return Err(Error::request("there is no drafter to quantise"));
        };
        let linear = expected::drafter(self.config.hidden, drafter).into_iter();
        let plain = linear.filter(|weight| weight.linear).filter_map(|weight| {
            let Some(Held::Plain(place)) = self.held.get(&weight.role) else { return None };
            Some((weight.role, place.clone()))
        });
        let plain = plain.collect();
        self.quantise(plain, to)
    }

    /// Quantises the output head when it is loaded; a tied one becomes a matrix of its own, beside the
    /// embedding, which stays as it is. The copy is then in the process's memory as long as the
    /// checkpoint lives.
    ///
    /// # Errors
    /// If the head is packed in the checkpoint, or its rows are no whole number of groups.
    pub fn quantise_head(&mut self, to: Precision) -> Result<()> {
        self.head_as(Role::Head, to)
    }

    /// Lets guesses read the output head as something else than the model does; the copy is in the
    /// process's memory as long as the checkpoint lives. There is none where the model's own is such
    /// a head already, which [`Checkpoint::quantise_head`] decides before.
    ///
    /// # Errors
    /// As [`Checkpoint::quantise_head`].
    pub fn quantise_draft_head(&mut self, to: Precision) -> Result<()> {
        let own = self.weight(Role::Head).map(|weight| match weight {
            Weight::Plain(_) => Precision::Bf16,
            Weight::Rows(_) => Precision::Int8,
            Weight::Packed(_) => Precision::Int4,
        });
        match self.head.clone() {
            _ if own == Some(to) => Ok(()),
            Some(plain @ Held::Plain(_)) if to == Precision::Bf16 => {
                self.held.insert(Role::DraftHead, plain);
                Ok(())
            }
            _ => self.head_as(Role::DraftHead, to),
        }
    }

    fn head_as(&mut self, role: Role, to: Precision) -> Result<()> {
        match &self.head {
            Some(Held::Plain(place)) => self.quantise(vec![(role, place.clone())], to),
            Some(other) if to != Precision::Bf16 => {
                let why = format!("it is quantised already and cannot become {to}");
                Err(self.view(other).fail(why))
            }
            _ => Ok(()),
        }
    }

    /// Gives roles quantised copies of plain matrices.
    fn quantise(&mut self, plain: Vec<(Role, Place)>, to: Precision) -> Result<()> {
        let tensors: Vec<_> = plain.iter().map(|(_, place)| find(&self.shards, place)).collect();
        let Some(first) = tensors.first().filter(|_| to != Precision::Bf16) else { return Ok(()) };
        let shard = quantised(first.shard(), &tensors, to)?;
        let named = plain.iter().zip(&tensors);
        let copies: Vec<(Role, Held)> = named
            .map(|((role, (_, name)), of)| (*role, held(self.shards.len(), name, shape(of), to)))
            .collect();
        self.held.extend(copies);
        let matrices = plain.into_iter().map(|(_, place)| place).collect();
        self.copies.push(Copies { shard: self.shards.len(), matrices, to });
        self.shards.push(shard);
        Ok(())
    }

    /// Makes the quantised copies, unless they are there already. Their tensors have no elements
    /// before.
    ///
    /// # Errors
    /// If a weight is no number.
    pub fn make_copies(&self) -> Result<()> {
        for Copies { shard, matrices, to } in &self.copies {
            let matrices: Vec<_> = matrices.iter().map(|at| find(&self.shards, at)).collect();
            self.shards[*shard].make(|| made(&matrices, *to))?;
        }
        Ok(())
    }

    /// Keeps what kernels read in a file, which is written when the weights are first loaded, and
    /// afterwards mapped in place of loading them.
    pub fn keep_prepared(&mut self, file: PathBuf) {
        self.prepared = Some(file);
    }

    /// The file in which what kernels read is kept.
    pub fn prepared(&self) -> Option<&Path> {
        self.prepared.as_deref()
    }

    /// The configuration.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// The weight of a role; `None` if the checkpoint does not have it. A tied head is the
    /// embedding, unless it was quantised, and guesses read the head unless they have their own.
    pub fn weight(&self, role: Role) -> Option<Weight<'_>> {
        let held = match (self.held.get(&role), role) {
            (Some(held), _) => held,
            (None, Role::DraftHead) => return self.weight(Role::Head),
            (None, Role::Head) if self.config.tied_head => self.held.get(&Role::Embedding)?,
            (None, _) => return None,
        };
        Some(self.view(held))
    }

    /// Every weight, in the order of roles; a tied head is not repeated,
    /// unless it was quantised.
    pub fn weights(&self) -> impl Iterator<Item = (Role, Weight<'_>)> {
        self.held.iter().map(|(role, held)| (*role, self.view(held)))
    }

    /// Tensors and bytes of a group. The groups together are the whole checkpoint.
    pub fn tally(&self, group: Group) -> Tally {
        self.tally.get(&group).copied().unwrap_or_default()
    }

    /// The files.
    pub fn shards(&self) -> &[Shard] {
        &self.shards
    }

    fn view<'c>(&'c self, held: &Held) -> Weight<'c> {
        match held {
            Held::Plain(place) => Weight::Plain(find(&self.shards, place)),
            Held::Packed { format, shape, quants, scales, zeros } => {
                let quants = find(&self.shards, quants);
                let scales = find(&self.shards, scales);
                let zeros = zeros.as_ref().map(|zeros| find(&self.shards, zeros));
                Weight::Packed(Packed { format, shape: *shape, quants, scales, zeros })
            }
            Held::Rows { quants, scales } => {
                let format = Format::builtin("i8_rows").expect("the format should be built in");
                let (quants, scales) = (find(&self.shards, quants), find(&self.shards, scales));
                Weight::Rows(Rows { format, quants, scales })
            }
        }
    }
}
