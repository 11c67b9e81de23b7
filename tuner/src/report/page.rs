//! The page as a whole.

use kiln_cache::vocabulary::Provenance;

use super::data::{Heat, Report};
use super::svg::escape;
use super::{bars, heat, scatter, tables};

/// The page. Everything in it is escaped, so that names from anywhere are only text.
pub fn html(report: &Report) -> String {
    let title = format!("{} on {}", report.model, report.target);
    let heats: String = report.heats.iter().map(|of: &Heat| heat::chart(of)).collect();
    let sections = [
        section("Winners", tables::winners(&report.winners)),
        section("Roofline", scatter::chart(&report.roofline)),
        section("Search space: time over the best", heats),
        section("Rejected candidates", bars::chart(&report.rejections)),
        changes(report),
    ];
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>Kiln: {title}</title>\n\
         <style>\n{style}</style>\n</head>\n<body>\n<h1>{title}</h1>\n{facts}{warning}{body}\
         </body>\n</html>\n",
        title = escape(&title),
        style = include_str!("style.css"),
        facts = facts(report),
        warning = warning(report),
        body = sections.concat(),
    )
}

/// A headed section; nothing where there is nothing to show.
fn section(title: &str, body: String) -> String {
    if body.is_empty() { body } else { format!("<h2>{title}</h2>\n{body}") }
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
    if let Some(share) = report.noise_floor {
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
