//! Rows of the tables: the text of an instruction beside what it means.

use super::wave::{A, B, C, Check, D, Value, Wave};
use crate::values::{Kind, Random};

/// Waves that execute each row.
pub(crate) const WAVES: usize = 24;

type Meaning = Box<dyn Fn(&mut Wave) + Send + Sync>;
type Setup = Box<dyn Fn(&mut Wave, &mut Random) + Send + Sync>;

/// One test: some instructions, what their operands hold, and what they do.
pub(crate) struct Row {
    /// Assembly; instructions are separated by line ends.
    pub(crate) text: String,
    /// What the sources A, B and C and the old destination hold.
    pub(crate) kinds: [Kind; 4],
    /// Anything else that a wave needs before it runs.
    pub(crate) setup: Option<Setup>,
    /// The effect on a wave, from the documentation of the instruction set.
    pub(crate) meaning: Meaning,
    /// How the destination is compared.
    pub(crate) check: Check,
    /// Whether some lanes are switched off in some of the waves.
    pub(crate) partial: bool,
}

impl Row {
    /// Compares singles or halves with an allowance in units in the last place.
    pub(crate) fn ulp(&mut self, ulp: u64) -> &mut Row {
        self.check = match self.check {
            Check::F32(_) => Check::F32(ulp),
            Check::F64(_) => Check::F64(ulp),
            Check::F16(_) => Check::F16(ulp),
            Check::F16x2(_) => Check::F16x2(ulp),
            other => other,
        };
        self
    }

    pub(crate) fn check(&mut self, check: Check) -> &mut Row {
        self.check = check;
        self
    }

    /// Replaces what the sources and the old destination hold.
    pub(crate) fn kinds(&mut self, kinds: &[Kind]) -> &mut Row {
        self.kinds[..kinds.len()].copy_from_slice(kinds);
        self
    }

    /// Prepares waves further, after their registers are filled.
    pub(crate) fn setup(
        &mut self,
        setup: impl Fn(&mut Wave, &mut Random) + Send + Sync + 'static,
    ) -> &mut Row {
        self.setup = Some(Box::new(setup));
        self
    }

    /// Runs with all lanes in every wave.
    pub(crate) fn all_lanes(&mut self) -> &mut Row {
        self.partial = false;
        self
    }
}

/// A table under construction.
#[derive(Default)]
pub(crate) struct Rows(pub(crate) Vec<Row>);

impl Rows {
    // A text without operands gets the usual ones: D, then A, B and C as far as they are used.

    /// A row with any effect on the wave.
    pub(crate) fn wave(
        &mut self,
        text: &str,
        meaning: impl Fn(&mut Wave) + Send + Sync + 'static,
    ) -> &mut Row {
        self.0.push(Row {
            text: text.to_owned(),
            kinds: [Kind::I32; 4],
            setup: None,
            meaning: Box::new(meaning),
            check: Check::Bits,
            partial: true,
        });
        self.0.last_mut().expect("a row was pushed")
    }

    /// D = f(A) in every active lane.
    pub(crate) fn one<T: Value, R: Value>(
        &mut self,
        text: &str,
        f: impl Fn(T) -> R + Send + Sync + 'static,
    ) -> &mut Row {
        let text = with_operands(text, [R::operand(D), T::operand(A)]);
        let row = self.wave(&text, move |w| {
            for lane in w.lanes() {
                w.put(D, lane, f(w.get(A, lane)));
            }
        });
        row.kinds(&[T::KIND]).check(R::CHECK)
    }

    /// D = f(A, B) in every active lane.
    pub(crate) fn two<T: Value, U: Value, R: Value>(
        &mut self,
        text: &str,
        f: impl Fn(T, U) -> R + Send + Sync + 'static,
    ) -> &mut Row {
        let text = with_operands(text, [R::operand(D), T::operand(A), U::operand(B)]);
        let row = self.wave(&text, move |w| {
            for lane in w.lanes() {
                w.put(D, lane, f(w.get(A, lane), w.get(B, lane)));
            }
        });
        row.kinds(&[T::KIND, U::KIND]).check(R::CHECK)
    }

    /// D = f(A, B, C) in every active lane.
    pub(crate) fn three<T: Value, U: Value, V: Value, R: Value>(
        &mut self,
        text: &str,
        f: impl Fn(T, U, V) -> R + Send + Sync + 'static,
    ) -> &mut Row {
        let text =
            with_operands(text, [R::operand(D), T::operand(A), U::operand(B), V::operand(C)]);
        let row = self.wave(&text, move |w| {
            for lane in w.lanes() {
                w.put(D, lane, f(w.get(A, lane), w.get(B, lane), w.get(C, lane)));
            }
        });
        row.kinds(&[T::KIND, U::KIND, V::KIND]).check(R::CHECK)
    }

    /// D = f(A, B, D) in every active lane.
    pub(crate) fn onto<T: Value, U: Value, R: Value>(
        &mut self,
        text: &str,
        f: impl Fn(T, U, R) -> R + Send + Sync + 'static,
    ) -> &mut Row {
        let text = with_operands(text, [R::operand(D), T::operand(A), U::operand(B)]);
        let row = self.wave(&text, move |w| {
            for lane in w.lanes() {
                w.put(D, lane, f(w.get(A, lane), w.get(B, lane), w.get(D, lane)));
            }
        });
        row.kinds(&[T::KIND, U::KIND, Kind::I32, R::KIND]).check(R::CHECK)
    }

    /// VCC = the active lanes in which f(A, B) holds.
    pub(crate) fn compare<T: Value, U: Value>(
        &mut self,
        text: &str,
        f: impl Fn(T, U) -> bool + Send + Sync + 'static,
    ) -> &mut Row {
        let operands = ["vcc_lo".to_owned(), T::operand(A), U::operand(B)];
        let row = self.wave(&with_operands(text, operands), move |w| {
            let holds = |&lane: &usize| f(w.get(A, lane), w.get(B, lane));
            let mask = w.lanes().filter(holds).fold(0, |mask, lane| mask | 1 << lane);
            w.set_vcc(mask);
        });
        row.kinds(&[T::KIND, U::KIND])
    }

    /// EXEC = the active lanes in which f(A, B) holds.
    pub(crate) fn compare_exec<T: Value, U: Value>(
        &mut self,
        text: &str,
        f: impl Fn(T, U) -> bool + Send + Sync + 'static,
    ) -> &mut Row {
        let operands = [T::operand(A), U::operand(B)];
        let row = self.wave(&with_operands(text, operands), move |w| {
            let holds = |&lane: &usize| f(w.get(A, lane), w.get(B, lane));
            let mask = w.lanes().filter(holds).fold(0, |mask, lane| mask | 1 << lane);
            w.set_exec(mask);
        });
        row.kinds(&[T::KIND, U::KIND])
    }

    /// s28 = f(s16) and what SCC becomes, if it changes.
    pub(crate) fn scalar(
        &mut self,
        text: &str,
        f: impl Fn(u32, u32) -> (u32, Option<bool>) + Send + Sync + 'static,
    ) -> &mut Row {
        let operands = ["s28", "s16", "s20"].map(str::to_owned);
        self.wave(&with_operands(text, operands), move |w| {
            let (value, scc) = f(w.s(16), w.s(20));
            w.set_s(28, value);
            w.set_scc(scc.unwrap_or(w.scc()));
        })
    }

    /// s[28:29] = f(s[16:17], s[20:21]) and what SCC becomes, if it changes.
    pub(crate) fn scalar64(
        &mut self,
        text: &str,
        f: impl Fn(u64, u64) -> (u64, Option<bool>) + Send + Sync + 'static,
    ) -> &mut Row {
        let operands = ["s[28:29]", "s[16:17]", "s[20:21]"].map(str::to_owned);
        self.wave(&with_operands(text, operands), move |w| {
            let (value, scc) = f(w.s64(16), w.s64(20));
            w.set_s64(28, value);
            w.set_scc(scc.unwrap_or(w.scc()));
        })
    }
}

fn with_operands<const N: usize>(text: &str, operands: [String; N]) -> String {
    if text.contains(' ') { text.to_owned() } else { format!("{text} {}", operands.join(", ")) }
}
