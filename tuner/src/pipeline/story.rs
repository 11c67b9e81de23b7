//! What a run has to tell, for people.

use std::collections::{BTreeMap, BTreeSet};

use kiln_cache::bundle::Bundle;
use serde_json::Value;

use super::decision::Prepared;
use super::{Contender, Noise, Request, Summary};
use crate::Result;
use crate::explain::Reasons;
use crate::report::{Heat, MARGIN, Report, changes};
use crate::stats::NOISE_LIMIT;

/// One line on the session's noise floor, and what it means for the winners of `earlier`.
pub(super) fn noise(noise: Noise, earlier: Option<&str>) -> String {
    let share = |of: f64| format!("{:.1} %", 100.0 * of);
    let line = format!(
        "noise floor {} at the start, {} at the end of the session",
        share(noise.start.0),
        share(noise.end.0)
    );
    let too_noisy = format!("{line}: above {}, ", share(NOISE_LIMIT));
    match (noise.floor().permits_replacing(), earlier) {
        (true, _) => line,
        (false, Some(place)) => too_noisy + &format!("so the winners of {place} are not replaced"),
        (false, None) => {
            too_noisy + "too noisy to replace winners; there are none, so the best found is packed"
        }
    }
}

/// The report of a run: what the bundle says, and what only the run knows.
pub(super) fn report(
    bundle: &Bundle,
    summary: &Summary,
    heats: Vec<Heat>,
    earlier: Option<(&Bundle, &str)>,
) -> Result<Report> {
    let mut report = Report::of_bundle(bundle)?;
    report.heats = heats;
    report.noise = summary.noise;
    for family in &summary.families {
        let operation = family.name.split('[').next().unwrap_or_default().to_owned();
        report.rejections.entry(operation).or_insert_with(Reasons::default).merge(&family.rejected);
    }
    if let Some((earlier, place)) = earlier {
        report.compared_with = Some(place.to_owned());
        report.changes = changes(&earlier.inspect(), &bundle.inspect(), MARGIN);
    }
    Ok(report)
}

/// Heat maps of a family: for each recipe that does best somewhere, its longest such request over
/// the two parameters that took most values.
pub(super) fn heats(of: &Prepared<'_>, measured: bool) -> Vec<Heat> {
    let recipes: BTreeSet<&str> =
        of.contenders.iter().map(|of| of.point.spec.recipe.as_str()).collect();
    let mut longest: BTreeMap<&str, (f64, usize)> = BTreeMap::new();
    for request in 0..of.family.requests.len() {
        let timed = |of: &&Contender<'_>| of.time(request, measured).is_some();
        let best = of.contenders.iter().filter(timed).min_by(|a, b| {
            let time = |of: &Contender<'_>| of.time(request, measured).unwrap_or(f64::INFINITY);
            time(a).total_cmp(&time(b))
        });
        let Some((best, time)) = best.and_then(|of| Some((of, of.time(request, measured)?))) else {
            continue;
        };
        let entry = longest.entry(&best.point.spec.recipe).or_insert((time, request));
        if time > entry.0 {
            *entry = (time, request);
        }
    }
    let heat = |recipe: &str| {
        let (_, request) = longest.get(recipe)?;
        let trials: Vec<(&BTreeMap<String, Value>, f64)> = of
            .contenders
            .iter()
            .filter(|of| of.point.spec.recipe == recipe)
            .filter_map(|of| Some((&of.point.spec.params, of.time(*request, measured)?)))
            .collect();
        heat(&title(recipe, &of.family.requests[*request]), &trials)
    };
    recipes.into_iter().filter_map(heat).collect()
}

fn title(recipe: &str, request: &Request) -> String {
    format!("{recipe} for {} at m={}", request.operation, request.m)
}

/// Best times over the two parameters with most values; nothing where fewer than two parameters
/// took several.
fn heat(title: &str, trials: &[(&BTreeMap<String, Value>, f64)]) -> Option<Heat> {
    let names: BTreeSet<&String> = trials.iter().flat_map(|(params, _)| params.keys()).collect();
    let values = |name: &str| {
        let mut values: Vec<&Value> =
            trials.iter().filter_map(|(params, _)| params.get(name)).collect();
        values.sort_by(|a, b| order(a).total_cmp(&order(b)).then_with(|| text(a).cmp(&text(b))));
        values.dedup();
        values
    };
    let mut axes: Vec<(&String, Vec<&Value>)> =
        names.into_iter().map(|name| (name, values(name))).collect();
    axes.retain(|(_, values)| values.len() > 1);
    axes.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then(a.0.cmp(b.0)));
    let [(across, columns), (down, rows), ..] = &axes[..] else { return None };
    let cell = |row: &Value, column: &Value| {
        let there = |params: &BTreeMap<String, Value>| {
            params.get(*across) == Some(column) && params.get(*down) == Some(row)
        };
        let times = trials.iter().filter(|(params, _)| there(params)).map(|(_, time)| *time);
        times.min_by(f64::total_cmp)
    };
    let texts = |values: &[&Value]| values.iter().map(|value| text(value)).collect();
    Some(Heat {
        title: title.to_owned(),
        columns: ((*across).clone(), texts(columns)),
        rows: ((*down).clone(), texts(rows)),
        cells: rows.iter().map(|row| columns.iter().map(|of| cell(row, of)).collect()).collect(),
    })
}

/// Numbers by size, before everything else.
fn order(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::INFINITY)
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::NoiseFloor;

    #[test]
    fn a_noisy_session_says_whether_there_are_winners_to_keep() {
        let loud = Noise { start: NoiseFloor(0.01), end: NoiseFloor(0.041) };
        let kept = noise(loud, Some("old.kiln"));
        assert!(kept.contains("4.1 % at the end") && kept.contains("old.kiln are not replaced"));
        assert!(noise(loud, None).contains("the best found is packed"));
        let quiet = Noise { start: NoiseFloor(0.01), end: NoiseFloor(0.03) };
        assert!(!noise(quiet, Some("old.kiln")).contains("replaced"));
    }

    #[test]
    fn a_heat_map_has_the_axes_with_most_values_and_the_best_time_in_each_cell() {
        let params = |depth: u64, tile: u64, stages: u64| -> BTreeMap<String, Value> {
            [("depth", depth), ("tile", tile), ("stages", stages), ("alone", 1)]
                .map(|(name, value)| (name.to_owned(), value.into()))
                .into()
        };
        let all = [
            (params(32, 8, 1), 9.0),
            (params(32, 8, 2), 7.0),
            (params(128, 16, 1), 5.0),
            (params(64, 128, 1), 6.0),
        ];
        let trials: Vec<_> = all.iter().map(|(params, time)| (params, *time)).collect();
        let heat = heat("t", &trials).unwrap();
        assert_eq!(heat.columns, ("depth".into(), vec!["32".into(), "64".into(), "128".into()]));
        assert_eq!(heat.rows, ("tile".into(), vec!["8".into(), "16".into(), "128".into()]));
        assert_eq!(heat.cells[0], [Some(7.0), None, None]);
        assert_eq!(heat.cells[2], [None, Some(6.0), None]);
        assert!(super::heat("t", &trials[..1]).is_none());
    }
}
