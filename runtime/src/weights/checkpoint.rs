//! A model's weights on disk.

use std::collections::BTreeMap;
use std::path::Path;

use super::assemble::{Assembly, Held, find};
use super::index;
use super::role::{Group, Role};
use super::shard::Shard;
use super::weight::{Packed, Weight};
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
        Ok(Self { config, shards, held, tally })
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
        if self.config.drafter.is_some() {
            return Err(Error::request("the model has a drafter already"));
        }
        let assembly = Assembly::of_drafter(&self.config, &drafter, listing, &shards)?;
        let (held, tally) = (assembly.held, assembly.tally);
        let before = self.shards.len();
        self.held.extend(held.into_iter().map(|(role, held)| (role, held.after(before))));
        self.tally.extend(tally);
        self.shards.extend(shards);
        self.config.drafter = Some(drafter);
        Ok(())
    }

    /// The configuration.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// The weight of a role; `None` if the checkpoint does not have it. A tied head is the
    /// embedding.
    pub fn weight(&self, role: Role) -> Option<Weight<'_>> {
        let role = if role == Role::Head && self.config.tied_head { Role::Embedding } else { role };
        self.held.get(&role).map(|held| self.view(held))
    }

    /// Every weight, in the order of roles; a tied head is not repeated.
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
        }
    }
}
