//! Trying a candidate's machine code before it is timed.

use kiln_cache::store::{Measurement, Outcome};
use kiln_compiler::dsl::AnyRecipe;
use kiln_compiler::oracle;

use super::Timer;
use super::records::{JournalNote, key, record};
use crate::check::{self, DeviceExecutor};
use crate::pipeline::{Contender, find, kernarg, threads};
use crate::progress::Line;
use crate::{Error, Result};

impl Timer<'_> {
    /// Runs a loaded contender's code on small and adversarial problems.
    ///
    /// # Errors
    /// If the cache or the journal cannot be used.
    pub fn check(&mut self, contender: &Contender<'_>, line: &Line) -> Result<Option<Outcome>> {
        let isa = contender.code.statics.isa_hash;
        let trials = check::ragged(contender.point);
        let key = key("device check", self.device.info(), &isa)
            .field("program", &contender.point.digest)
            .content("trials", format!("{trials:?}").as_bytes())
            .finish();
        let known: Option<Measurement> = self.store.get(&key)?;
        if let Some(known) = known {
            return Ok((known.outcome != Outcome::Measured).then_some(known.outcome));
        }
        if self.suspects.contains(&key.digest) {
            return Ok(Some(Outcome::Suspect));
        }
        let spec = &contender.point.spec;
        self.journal.started(key.digest, &format!("check {}", spec.symbol))?;
        let recipe = find(&spec.operation, &spec.attributes, &spec.recipe)
            .map_err(|why| Error::invalid(&spec.recipe, why))?;
        let mut outcome = Outcome::Measured;
        for trial in &trials {
            if let Err(why) = self.try_one(contender, recipe.as_ref(), trial) {
                outcome = why;
                break;
            }
        }
        self.store.put(&key, &record(isa, outcome.clone(), Vec::new()))?;
        self.journal.finished(key.digest, JournalNote::Checked { outcome: outcome.clone() })?;
        line.advance(1);
        Ok((outcome != Outcome::Measured).then_some(outcome))
    }

    fn try_one(
        &mut self,
        contender: &Contender<'_>,
        recipe: &dyn AnyRecipe,
        trial: &crate::workers::Trial,
    ) -> std::result::Result<(), Outcome> {
        let point = contender.point;
        let built = point.spec.build().map_err(|reason| Outcome::Rejected { reason })?;
        let wrong =
            |failure: oracle::Failure| Outcome::Wrong { max_error: None, at: failure.to_string() };
        let trial = oracle::Trial::new(recipe, &built.signature, trial.problem());
        let block =
            kernarg(point).map_err(|error| Outcome::Rejected { reason: error.to_string() })?;
        let kernel =
            (block, threads(&point.program, self.target), contender.code.statics.lds_bytes);
        let mut executor = DeviceExecutor::new(&mut self.device, self.room.path(), 0, kernel);
        trial.map_err(wrong)?.check(&point.program, &mut executor, 0.0).map_err(wrong)?;
        Ok(())
    }
}
