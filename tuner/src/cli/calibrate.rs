//! `kiln-tune calibrate`: the timing model against measured kernels.

use std::path::Path;

use kiln_sim::time::Estimate;
use kiln_targets::{Fitted, Target};
use serde::Serialize;

use super::args::Calibrate;
use super::{Ended, Failure};
use crate::calibrate::{
    Agreement, Pair, Point, Sample, Timed, Verdict, coefficients, fit, leave_one_family_out,
    markdown, measure, read, scatter,
};
use crate::progress::{Progress, aligned};

/// Fits and judges the corrections of the timing model, or predicts without fitting.
pub(super) fn run(arguments: &Calibrate) -> Result<Ended, Failure> {
    let target = Target::builtin(&arguments.target).map_err(Failure::request)?;
    let text = std::fs::read_to_string(&arguments.data).map_err(|error| {
        Failure::request(format!("cannot read {}: {error}", arguments.data.display()))
    })?;
    let rows = read(&text)?;
    let timed = measure(&rows, &arguments.asm, &target)?;
    let text = match arguments.predict {
        true => predictions(&timed, &target, arguments.json)?,
        false => {
            let verdict = verdict(&timed, &target, &arguments.data)?;
            if let Some(out) = &arguments.out {
                write(out, &verdict)?;
            }
            if arguments.json { json(&verdict)? } else { summary(&verdict, &timed) }
        }
    };
    Progress::silent().result(&text).map_err(Failure::work)?;
    Ok(Ended::Well)
}

/// One row with its modelled time.
#[derive(Serialize)]
struct Prediction<'a> {
    kernel_id: &'a str,
    sweep: &'a str,
    m: u64,
    n: u64,
    k: u64,
    predicted_ms: f64,
    measured_ms: Option<f64>,
    binding: &'static str,
}

fn predictions(timed: &[Timed], target: &Target, as_json: bool) -> Result<String, Failure> {
    let of = |timed: &'_ Timed| {
        let estimate = Estimate::new(timed.sampled.clone(), target);
        (estimate.microseconds / 1e3 + timed.besides_ms, estimate.binding.name())
    };
    if as_json {
        let row = |timed: &'_ Timed| {
            let (predicted_ms, binding) = of(timed);
            let [m, n, k] = timed.row.shape;
            let measured_ms = timed.row.runtime_ms;
            let (kernel_id, sweep) = (timed.row.id.clone(), timed.row.sweep.clone());
            serde_json::to_value(Prediction {
                kernel_id: &kernel_id,
                sweep: &sweep,
                m,
                n,
                k,
                predicted_ms,
                measured_ms,
                binding,
            })
        };
        let rows: Result<Vec<_>, _> = timed.iter().map(row).collect();
        return json(&rows.map_err(Failure::work)?);
    }
    let mut rows = vec![["predicted ms", "measured ms", "bound by", "kernel"].map(str::to_owned)];
    rows.extend(timed.iter().map(|timed| {
        let (predicted, binding) = of(timed);
        let measured = timed.row.runtime_ms.map_or("-".to_owned(), |time| format!("{time:.4}"));
        [format!("{predicted:.4}"), measured, binding.to_owned(), timed.row.id.clone()]
    }));
    Ok(aligned(&rows.into_iter().map(|row| row.to_vec()).collect::<Vec<_>>()))
}

fn verdict(timed: &[Timed], target: &Target, data: &Path) -> Result<Verdict, Failure> {
    let measured: Vec<(&Timed, Sample)> =
        timed.iter().filter_map(|timed| Some((timed, timed.sample()?))).collect();
    if measured.is_empty() {
        return Err(Failure::request("--data: no row has a measured time; try --predict"));
    }
    let samples: Vec<Sample> = measured.iter().map(|(_, sample)| sample.clone()).collect();
    let name =
        data.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let fitted = fit(&samples, &name);
    let held_out = leave_one_family_out(&samples);
    let agreement = |times: &[f64]| {
        let pairs: Vec<Pair<'_>> = measured
            .iter()
            .zip(times)
            .map(|((timed, sample), time)| Pair {
                sweep: &timed.row.sweep,
                measured: sample.measured_ms,
                modelled: *time,
            })
            .collect();
        Agreement::of(&pairs)
    };
    let by = |fitted: &Fitted| -> Vec<f64> {
        samples.iter().map(|sample| sample.modelled_ms(fitted)).collect()
    };
    let point = |((timed, sample), time): (&(&Timed, Sample), &f64)| Point {
        id: timed.row.id.clone(),
        family: timed.row.family.clone(),
        sweep: timed.row.sweep.clone(),
        measured_ms: sample.measured_ms,
        held_out_ms: *time,
        binding: sample.parts.binding(&fitted).name().to_owned(),
    };
    let mut seconds: Vec<f64> = timed.iter().map(|timed| timed.seconds).collect();
    seconds.sort_by(f64::total_cmp);
    Ok(Verdict {
        target: target.name.clone(),
        data: name,
        held_out: agreement(&held_out),
        fitted_to_all: agreement(&by(&fitted)),
        as_listed: target.timing.fitted.as_ref().map(|fitted| agreement(&by(fitted))),
        coefficients: coefficients(&fitted),
        seconds: [seconds[seconds.len() / 2], seconds[seconds.len() - 1]],
        rows: measured.iter().zip(&held_out).map(point).collect(),
    })
}

fn write(out: &Path, verdict: &Verdict) -> Result<(), Failure> {
    let refuse = |path: &Path, error: std::io::Error| {
        Failure::work(format!("cannot write {}: {error}", path.display()))
    };
    let drawing = out.with_extension("svg");
    if out.extension().is_none_or(|extension| extension != "svg") {
        let beside = drawing.file_name().map(|name| name.to_string_lossy().into_owned());
        let page = markdown(verdict, &beside.unwrap_or_default());
        std::fs::write(out, page).map_err(|error| refuse(out, error))?;
    }
    std::fs::write(&drawing, scatter(verdict)).map_err(|error| refuse(&drawing, error))
}

fn summary(verdict: &Verdict, timed: &[Timed]) -> String {
    let mut text = markdown(verdict, "use --out to draw it");
    if let Some(listed) = &verdict.as_listed {
        text += &format!(
            "\nWith the corrections that the target file lists: Spearman {:.4}, mean error {:.1} %, \
             mean regret {:.4}\n",
            listed.spearman,
            100.0 * listed.mean_error,
            listed.mean_regret
        );
    }
    text += &format!(
        "Sampling took {:.0} ms a kernel in the middle, {:.0} ms at most; {} kernels\n",
        1e3 * verdict.seconds[0],
        1e3 * verdict.seconds[1],
        timed.len()
    );
    text
}

fn json(value: &impl Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(value).map_err(Failure::work)?;
    Ok(text + "\n")
}
