//! The waves of one SIMD over time, as SVG.

use std::fmt::Write as _;

use super::cause::Cause;
use super::demand::Unit;
use super::scoreboard::Event;

/// Width of the drawing, in pixels; clocks are scaled to fit.
const WIDTH: f64 = 1200.0;

/// Height of one wave's row.
const ROW: f64 = 26.0;

/// Room for the names of rows, and above and below them.
const MARGIN: (f64, f64) = (64.0, 40.0);

/// Events of one wave on the time line, with the text of each instruction.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Timeline {
    /// The instructions of all waves in the order of issue.
    pub events: Vec<Event>,
    /// The text of each instruction that an event names, and the unit that executes it.
    pub(super) names: Vec<(u32, String, Unit)>,
    /// Whether the events end before the waves do.
    pub cut: bool,
}

impl Timeline {
    /// The text of an event's instruction.
    pub fn instruction(&self, event: &Event) -> &str {
        self.named(event.at).map_or("", |(_, text, _)| text.as_str())
    }

    fn named(&self, at: u32) -> Option<&(u32, String, Unit)> {
        let place = self.names.binary_search_by_key(&at, |(known, ..)| *known).ok()?;
        self.names.get(place)
    }

    /// A drawing: a row for each wave, a bar for each instruction from issue until its unit is free
    /// again, and pale bars for waits, coloured by their cause.
    pub fn svg(&self) -> String {
        let waves = self.events.iter().map(|event| event.wave + 1).max().unwrap_or(0);
        let end = self.events.iter().map(|e| e.issued + u64::from(e.clocks)).max().unwrap_or(1);
        let scale = (WIDTH - MARGIN.0 - 8.0) / end.max(1) as f64;
        let height = waves as f64 * ROW + 2.0 * MARGIN.1;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" \
             aria-label=\"Waves of one SIMD over time\" viewBox=\"0 0 {WIDTH} {height}\" \
             width=\"{WIDTH}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"11\">\n"
        );
        for wave in 0..waves {
            let y = MARGIN.1 + wave as f64 * ROW + 16.0;
            // Writing to a string cannot fail.
            let _ = writeln!(svg, "<text x=\"4\" y=\"{y:.1}\">wave {wave}</text>");
        }
        for event in &self.events {
            self.draw(&mut svg, event, scale);
        }
        axis(&mut svg, end, scale, height);
        legend(&mut svg, height);
        svg.push_str("</svg>\n");
        svg
    }

    fn draw(&self, svg: &mut String, event: &Event, scale: f64) {
        let y = MARGIN.1 + event.wave as f64 * ROW;
        let x = |clock: u64| MARGIN.0 + clock as f64 * scale;
        if event.waited > 0 && event.cause != Cause::Issue {
            let (from, width) = (x(event.issued - event.waited), event.waited as f64 * scale);
            let (colour, name) = (waiting(event.cause), event.cause.name());
            let _ = writeln!(
                svg,
                "<rect x=\"{from:.2}\" y=\"{:.1}\" width=\"{width:.2}\" height=\"8\" \
                 fill=\"{colour}\" opacity=\"0.45\"><title>{} clocks: {name}</title></rect>",
                y + 12.0,
                event.waited
            );
        }
        let unit = self.named(event.at).map_or(Unit::Wait, |(.., unit)| *unit);
        let width = (f64::from(event.clocks) * scale).max(0.6);
        let _ = writeln!(
            svg,
            "<rect x=\"{:.2}\" y=\"{:.1}\" width=\"{width:.2}\" height=\"12\" fill=\"{}\">\
             <title>{} at {}</title></rect>",
            x(event.issued),
            y,
            working(unit),
            escape(self.instruction(event)),
            event.issued
        );
    }
}

/// Marks at whole hundreds, thousands or more clocks.
fn axis(svg: &mut String, end: u64, scale: f64, height: f64) {
    let rough = (end / 8).max(1);
    let step = 10u64.pow(rough.ilog10());
    let step = if rough / step >= 5 { 5 * step } else { step };
    for clock in (0..=end).step_by(step as usize) {
        let x = MARGIN.0 + clock as f64 * scale;
        let (top, bottom) = (MARGIN.1 - 8.0, height - MARGIN.1);
        let _ = writeln!(
            svg,
            "<line x1=\"{x:.1}\" y1=\"{top:.1}\" x2=\"{x:.1}\" y2=\"{bottom:.1}\" \
             stroke=\"#bbb\" stroke-width=\"0.5\"/>\
             <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{clock}</text>",
            top - 4.0
        );
    }
}

fn legend(svg: &mut String, height: f64) {
    let units = [
        ("vector", Unit::Valu),
        ("matrix", Unit::Wmma),
        ("scalar", Unit::Salu),
        ("LDS", Unit::Lds),
        ("load", Unit::Load),
        ("store", Unit::Store),
        ("barrier", Unit::Barrier),
    ];
    let bars = units.map(|(name, unit)| (name, working(unit)));
    let waits = [
        ("waits: memory", waiting(Cause::MemoryData)),
        ("LDS", waiting(Cause::LdsData)),
        ("matrix unit", waiting(Cause::Matrix)),
        ("vector unit", waiting(Cause::Vector)),
        ("barrier", waiting(Cause::Barrier)),
    ];
    let y = height - 16.0;
    let _ = writeln!(svg, "<text x=\"4\" y=\"{:.1}\">clocks</text>", MARGIN.1 - 12.0);
    let mut x = MARGIN.0;
    for (name, colour) in bars.iter().chain(&waits) {
        let _ = writeln!(
            svg,
            "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"10\" height=\"10\" fill=\"{colour}\"/>\
             <text x=\"{:.1}\" y=\"{y:.1}\">{name}</text>",
            y - 9.0,
            x + 14.0
        );
        x += 42.0 + 6.0 * name.len() as f64;
    }
}

fn working(unit: Unit) -> &'static str {
    match unit {
        Unit::Valu | Unit::Trans => "#3b7dd8",
        Unit::Wmma => "#7b3bd8",
        Unit::Salu | Unit::Smem | Unit::Branch => "#8a8a8a",
        Unit::Lds => "#2f9e62",
        Unit::Load => "#d8743b",
        Unit::Store | Unit::Atomic => "#c23b3b",
        Unit::Barrier => "#222222",
        Unit::Wait => "#cccccc",
    }
}

fn waiting(cause: Cause) -> &'static str {
    match cause {
        Cause::Issue | Cause::Dependency => "#9bb8dd",
        Cause::Vector => "#3b7dd8",
        Cause::Matrix => "#7b3bd8",
        Cause::LdsBusy | Cause::LdsData => "#2f9e62",
        Cause::MemoryBusy | Cause::MemoryData => "#d8743b",
        Cause::ScalarData => "#8a8a8a",
        Cause::Barrier => "#222222",
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_and_wait_is_drawn() {
        let event = |issued, waited| Event {
            wave: 0,
            at: 3,
            issued,
            clocks: 16,
            waited,
            cause: Cause::LdsData,
        };
        let timeline = Timeline {
            events: vec![event(0, 0), event(50, 34)],
            names: vec![(3, "v_add_f32 v0, v1, v2 <x>".to_owned(), Unit::Valu)],
            cut: false,
        };
        let svg = timeline.svg();
        assert_eq!(svg.matches("<x>").count(), 0, "text is escaped");
        assert_eq!(svg.matches("v_add_f32").count(), 2);
        assert_eq!(svg.matches("34 clocks").count(), 1);
        assert_eq!(svg.matches("<svg").count(), svg.matches("</svg>").count());
    }

    #[test]
    fn nothing_gives_an_empty_drawing() {
        assert!(Timeline::default().svg().ends_with("</svg>\n"));
    }
}
