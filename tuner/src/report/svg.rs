//! The few shapes that charts are made of.

use std::fmt::Write as _;

/// An SVG under construction. Coordinates are in pixels from the top left.
pub(super) struct Svg {
    body: String,
    size: (f64, f64),
}

impl Svg {
    pub(super) fn new(width: f64, height: f64) -> Self {
        Self { body: String::new(), size: (width, height) }
    }

    pub(super) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let ((x1, y1), (x2, y2)) = (from, to);
        self.push(&format!(
            "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>"
        ));
    }

    /// Text; `anchor` is `start`, `middle` or `end`.
    pub(super) fn text(&mut self, class: &str, at: (f64, f64), anchor: &str, text: &str) {
        let (x, y) = at;
        self.push(&format!(
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>",
            escape(text)
        ));
    }

    pub(super) fn circle(&mut self, class: &str, at: (f64, f64), radius: f64, tip: &str) {
        let (x, y) = at;
        self.push(&format!(
            "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\">{}</circle>",
            title(tip)
        ));
    }

    /// A rectangle from its top left corner; `style` may be empty.
    pub(super) fn rect(
        &mut self,
        class: &str,
        style: &str,
        at: (f64, f64),
        size: (f64, f64),
        tip: &str,
    ) {
        let ((x, y), (width, height)) = (at, size);
        self.push(&format!(
            "<rect class=\"{class}\" style=\"{style}\" x=\"{x:.1}\" y=\"{y:.1}\" \
             width=\"{width:.1}\" height=\"{height:.1}\" rx=\"3\">{}</rect>",
            title(tip)
        ));
    }

    /// The finished element; `label` is what a screen reader says.
    pub(super) fn finish(self, label: &str) -> String {
        let (width, height) = self.size;
        format!(
            "<svg role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\">\n{}</svg>\n",
            escape(label),
            self.body
        )
    }

    fn push(&mut self, element: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.body, "{element}");
    }
}

fn title(tip: &str) -> String {
    if tip.is_empty() { String::new() } else { format!("<title>{}</title>", escape(tip)) }
}

/// Text as it may stand in HTML, between tags and in attributes.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other if other.is_control() && other != '\n' => safe.push(' '),
            other => safe.push(other),
        }
    }
    safe
}
