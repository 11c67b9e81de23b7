//! What others measured with Qwen3.6-27B and its DFlash drafter on a gfx1151, for cycles to stand beside.

use kiln_runtime::model::config::ModelConfig;
use serde::Serialize;

use super::point::Point;
use super::report::Step;

/// What was published of a model with its drafter.
///
/// Source: hec-ovi/vllm-awq4-qwen, vLLM 0.20 on a Strix Halo with 4-bit layers in groups of 32 and the
/// drafter in BF16, no tokens before.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Published {
    /// Tokens that are guessed at a time.
    guesses: u64,
    /// Least and most tokens that came of a cycle.
    tokens_per_cycle: [f64; 2],
    /// Mean and peak of tokens a second.
    tokens_per_second: [f64; 2],
    /// What the cycles of this report come to with so many tokens each.
    cycles: Vec<Pace>,
}

/// What a cycle comes to.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Pace {
    step: Point,
    /// With the least and the most tokens that were published.
    tokens_per_second: [f64; 2],
}

impl Published {
    /// Of a model; `None` where nothing was published.
    pub(super) fn of(config: &ModelConfig) -> Option<Self> {
        let sizes = [config.hidden, config.layers.len(), config.vocabulary];
        (sizes == [5120, 64, 248_320]).then_some(Self {
            guesses: 8,
            tokens_per_cycle: [5.64, 6.35],
            tokens_per_second: [18.5, 24.8],
            cycles: Vec::new(),
        })
    }

    /// Takes a step, if it is a cycle of which as many tokens can come.
    pub(super) fn add(&mut self, of: &Step) {
        if let Point::Cycle { guesses, .. } = of.step
            && guesses >= self.guesses
        {
            let tokens_per_second = self.tokens_per_cycle.map(|tokens| tokens / of.seconds);
            self.cycles.push(Pace { step: of.step, tokens_per_second });
        }
    }

    /// Title and rows of a table for people; `how` says where the cycles' times come from.
    pub(super) fn table(&self, how: &str) -> (String, Vec<Vec<String>>) {
        let [[least, most], [mean, peak]] = [self.tokens_per_cycle, self.tokens_per_second];
        let title = format!(
            "t/s of one text if {least} to {most} tokens come of a cycle: times {how}, tokens as \
             published for {} guesses;\npublished t/s of that stack: {mean:.1} mean, {peak:.1} peak",
            self.guesses
        );
        let heading = ["cycle".to_owned(), "t/s".to_owned(), format!("x {peak:.1}")];
        let row = |of: &Pace| {
            let span = |[low, high]: [f64; 2], digits| format!("{low:.digits$} to {high:.digits$}");
            let ratio = of.tokens_per_second.map(|rate| rate / peak);
            vec![of.step.to_string(), span(of.tokens_per_second, 1), span(ratio, 2)]
        };
        let rows = [heading.to_vec()].into_iter().chain(self.cycles.iter().map(row));
        (title, rows.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cycles_are_shown_with_the_tokens_that_were_published() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let config = ModelConfig::open(&path.join("../tests/fixtures/qwen3.6-27b")).unwrap();
        let mut published = Published::of(&config).unwrap();
        let step = |guesses| Step {
            step: Point::Cycle { guesses, past: 0 },
            seconds: 0.1,
            tokens_per_second: 0.0,
        };
        [4, 8, 15].into_iter().for_each(|guesses| published.add(&step(guesses)));
        published.add(&Step { step: Point::Decode { texts: 1, past: 0 }, ..step(8) });
        let (title, rows) = published.table("modelled");
        assert!(title.contains("modelled") && title.contains("published"), "{title}");
        assert_eq!(
            rows[1..],
            [
                ["cycle8@0", "56.4 to 63.5", "2.27 to 2.56"],
                ["cycle15@0", "56.4 to 63.5", "2.27 to 2.56"]
            ]
            .map(|row| row.map(str::to_owned).to_vec())
        );
        let other = ModelConfig { hidden: 4096, ..config };
        assert_eq!(Published::of(&other), None);
    }
}
