//! The page as a whole.

use std::collections::BTreeSet;

use kiln_cache::vocabulary::Provenance;

use super::data::Report;
use super::svg::escape;
use super::{bars, heat, scatter, tables};
use crate::explain::Reasons;

/// The page. Everything in it is escaped, so that names from anywhere are only text.
pub fn html(report: &Report) -> String {
    let title = format!("{} on {}", report.model, report.target);
    let sections = [
        changes(report),
        section("Roofline", scatter::chart(&report.roofline)),
        section("Winners", tables::winners(&report.winners)),
        section("Search space: time over the best", heats(report)),
        section("Rejected candidates", bars::chart(&report.rejections)),
    ];
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>Kiln: {title}</title>\n\
         <style>\n{style}</style>\n</head>\n<body>\n<h1>{title}</h1>\n{facts}{warning}{tiles}{body}\
         </body>\n</html>\n",
        title = escape(&title),
        style = include_str!("style.css"),
        facts = facts(report),
        warning = warning(report),
        tiles = tiles(report),
        body = sections.concat(),
    )
}

/// A headed section; nothing where there is nothing to show.
fn section(title: &str, body: String) -> String {
    if body.is_empty() { body } else { format!("<h2>{title}</h2>\n{body}") }
}

fn heats(report: &Report) -> String {
    let maps: String = report.heats.iter().map(heat::chart).collect();
    if maps.is_empty() { maps } else { format!("<div class=\"maps\">\n{maps}</div>\n") }
}

/// The figures to look at first.
fn tiles(report: &Report) -> String {
    let shares = report.winners.iter().filter_map(|of| of.roofline).filter(|share| *share > 0.0);
    let logs: Vec<f64> = shares.map(f64::ln).filter(|log| log.is_finite()).collect();
    let mean = (logs.iter().sum::<f64>() / logs.len().max(1) as f64).exp();
    let kernels: BTreeSet<_> = report.winners.iter().map(|of| (&of.recipe, &of.params)).collect();
    let rejected: u64 = report.rejections.values().map(Reasons::total).sum();
    let mut tiles = vec![
        ("decisions", report.winners.len().to_string()),
        ("different kernels", kernels.len().to_string()),
    ];
    if !logs.is_empty() {
        tiles.push(("of the roofline, mean", format!("{:.0} %", 100.0 * mean)));
    }
    if let Some([start, end]) = report.noise {
        tiles.push((
            "noise floor, start and end",
            format!("{:.1} · {:.1} %", 100.0 * start, 100.0 * end),
        ));
    }
    if rejected > 0 {
        tiles.push(("candidates rejected", rejected.to_string()));
    }
    let tile =
        |(name, figure): (&str, String)| format!("<div><dt>{name}</dt><dd>{figure}</dd></div>");
    let tiles: String = tiles.into_iter().map(tile).collect();
    format!("<dl class=\"tiles\">{tiles}</dl>\n")
}

fn changes(report: &Report) -> String {
    let Some(bundle) = &report.compared_with else { return String::new() };
    let body = match report.changes.is_empty() {
        true => "<p>Nothing.</p>\n".to_owned(),
        false => tables::changes(&report.changes),
    };
    section(&format!("Changed since {}", escape(bundle)), body)
}

fn facts(report: &Report) -> String {
    let fact = |(name, value): (&String, &String)| format!("{} {}", escape(name), escape(value));
    let mut facts: Vec<String> = report.facts.iter().map(fact).collect();
    if let Some(share) = report.noise_floor.filter(|_| report.noise.is_none()) {
        facts.push(format!("noise floor {:.1} %", share * 100.0));
    }
    format!("<p class=\"facts\">{}</p>\n", facts.join(" · "))
}

/// Loud where any time was not measured on the target.
fn warning(report: &Report) -> String {
    let count = |of| report.winners.iter().filter(|winner| winner.provenance == of).count();
    let all = report.winners.len();
    let (modelled, transferred) = (count(Provenance::Modelled), count(Provenance::Transferred));
    let mut lines = Vec::new();
    if modelled > 0 {
        lines.push(format!(
            "<strong>MODELLED</strong> {modelled} of {all} times come from a model; \
             nothing was timed on {}.",
            escape(&report.target)
        ));
    }
    if transferred > 0 {
        lines.push(format!(
            "<strong>TRANSFERRED</strong> {transferred} of {all} times were taken on a sibling chip."
        ));
    }
    let line = |line: &String| format!("<p class=\"warning\">{line}</p>\n");
    lines.iter().map(line).collect()
}
