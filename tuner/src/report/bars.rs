//! Bars: how many candidates were rejected, and why.

use std::collections::BTreeMap;

use super::svg::escape;
use crate::explain::Reasons;

/// A group of bars for each stage; all stages share one scale.
pub(super) fn chart(rejections: &BTreeMap<String, Reasons>) -> String {
    let counts = rejections.values().flat_map(|reasons| reasons.ranked());
    let most = counts.map(|(_, reason)| reason.count).max().unwrap_or(0).max(1);
    rejections.iter().map(|(stage, reasons)| group(stage, reasons, most)).collect()
}

fn group(stage: &str, reasons: &Reasons, most: u64) -> String {
    let bar = |(text, reason): (&str, &crate::explain::Reason)| {
        let width = 100.0 * reason.count as f64 / most as f64;
        format!(
            "<tr><td class=\"reason\" title=\"{}\">{}</td><td class=\"number\">{}</td>\
             <td class=\"bar\"><div style=\"width:{width:.1}%\"></div></td></tr>\n",
            escape(&reason.example),
            escape(text),
            reason.count,
        )
    };
    let bars: String = reasons.ranked().into_iter().map(bar).collect();
    let total = reasons.total();
    format!("<h3>{}: {total}</h3>\n<table class=\"bars\">\n{bars}</table>\n", escape(stage))
}
