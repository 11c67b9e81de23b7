//! The report of a tuning session: one HTML page with inline SVG and no external resources.
//!
//! [`html`] is a pure function of [`Report`], which is plain data: the page can be made again
//! from what was stored. A page with any time that was not measured on the target says so first.

mod bars;
mod bundle;
mod changes;
mod data;
mod heat;
mod page;
mod scatter;
mod svg;
mod tables;

pub use changes::{MARGIN, changes};
pub use data::{Change, Heat, Point, Report, Roofline, Side, Winner};
pub use page::html;

#[cfg(test)]
mod tests;
