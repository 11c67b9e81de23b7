//! The page that Prometheus reads.

use std::fmt::Write;
use std::sync::PoisonError;

use super::{Counter, Gauge, Histogram, Labelled, Metrics};

/// What changes without being counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    /// Jobs that run.
    pub(crate) running: usize,
    /// Jobs that wait.
    pub(crate) waiting: usize,
    /// Steps of the engine.
    pub(crate) steps: u64,
    /// Whether the engine does not answer.
    pub(crate) stuck: bool,
}

struct Page<'m> {
    text: String,
    model: &'m str,
}

impl Page<'_> {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn line(&mut self, name: &str, labels: &str, value: impl std::fmt::Display) {
        let model = self.model;
        let _ =
            writeln!(self.text, "{name}{{engine=\"0\",model_name=\"{model}\"{labels}}} {value}");
    }

    fn counter(&mut self, name: &str, help: &str, counter: &Counter) {
        self.head(name, "counter", help);
        self.line(name, "", counter.get());
    }

    fn number(&mut self, name: &str, help: &str, kind: &str, value: impl std::fmt::Display) {
        self.head(name, kind, help);
        self.line(name, "", value);
    }

    fn gauge(&mut self, name: &str, help: &str, gauge: &Gauge) {
        self.number(name, help, "gauge", gauge.get());
    }

    fn labelled(&mut self, name: &str, help: &str, label: &str, counts: &Labelled) {
        self.head(name, "counter", help);
        for (value, count) in counts.counts() {
            self.line(name, &format!(",{label}=\"{value}\""), count);
        }
    }

    fn histogram(&mut self, name: &str, help: &str, histogram: &Histogram) {
        self.head(name, "histogram", help);
        let (below, count, sum) = histogram.read();
        let bucket = format!("{name}_bucket");
        for (bound, below) in below {
            self.line(&bucket, &format!(",le=\"{bound:?}\""), below);
        }
        self.line(&bucket, ",le=\"+Inf\"", count);
        self.line(&format!("{name}_sum"), "", sum);
        self.line(&format!("{name}_count"), "", count);
    }
}

impl Metrics {
    /// The page.
    pub(crate) fn page(&self, now: &Now) -> String {
        let mut page = Page { text: String::with_capacity(16 << 10), model: &self.model };
        self.state(&mut page, now);
        self.counts(&mut page);
        self.speculation(&mut page);
        self.times(&mut page);
        page.text
    }

    fn state(&self, page: &mut Page<'_>, now: &Now) {
        let Now { running, waiting, steps, stuck } = *now;
        page.number("vllm:num_requests_running", "Requests that run.", "gauge", running);
        page.number("vllm:num_requests_waiting", "Requests that wait.", "gauge", waiting);
        let help = "Share of the cache that is taken, 0 to 1.";
        page.gauge("vllm:kv_cache_usage_perc", help, &self.cache_usage);
        page.gauge("kiln:slots_used", "Slots that requests hold.", &self.slots_used);
        page.gauge("kiln:connections", "Open connections.", &self.connections);
        let help = "Whether the engine does not answer: its step takes too long, or it has failed.";
        page.number("kiln:engine_stuck", help, "gauge", u8::from(stuck));
        page.number("kiln:engine_steps_total", "Steps of the engine.", "counter", steps);
        page.counter("kiln:engine_faults_total", "Steps that failed.", &self.faults);
        let help = "Engines that were made in place of one that failed.";
        page.counter("kiln:engine_rebuilds_total", help, &self.rebuilds);
        let bytes = resident().unwrap_or(0);
        let help = "Memory of the process, in bytes.";
        page.number("process_resident_memory_bytes", help, "gauge", bytes);
    }

    fn counts(&self, page: &mut Page<'_>) {
        page.counter("kiln:requests_admitted_total", "Requests admitted.", &self.admitted);
        let help = "Requests by how they ended.";
        page.labelled("vllm:request_success_total", help, "finished_reason", &self.success);
        let help = "Requests that were not admitted.";
        page.labelled("vllm:admission_rejections_total", help, "reason", &self.refused);
        let help = "Answers to HTTP requests by status.";
        page.labelled("kiln:http_responses_total", help, "status", &self.responses);
        page.counter("vllm:prompt_tokens_total", "Tokens of prompts.", &self.prompt_tokens);
        let help = "Tokens of prompts that were looked for among remembered ones.";
        page.counter("vllm:prefix_cache_queries_total", help, &self.prefix_queries);
        let help = "Tokens of prompts that were remembered.";
        page.counter("vllm:prefix_cache_hits_total", help, &self.prefix_hits);
        page.counter("vllm:prompt_tokens_cached_total", help, &self.prefix_hits);
        let help = "Tokens that were written.";
        page.counter("vllm:generation_tokens_total", help, &self.generation_tokens);
        let help = "Calls of tools that were written.";
        page.counter("vllm:tool_call_parser_invocations_total", help, &self.tool_calls);
    }

    fn speculation(&self, page: &mut Page<'_>) {
        page.counter("vllm:spec_decode_num_drafts_total", "Drafts.", &self.drafts);
        let help = "Tokens drafted.";
        page.counter("vllm:spec_decode_num_draft_tokens_total", help, &self.draft_tokens);
        let help = "Drafted tokens accepted.";
        page.counter("vllm:spec_decode_num_accepted_tokens_total", help, &self.accepted_tokens);
        let name = "vllm:spec_decode_num_accepted_tokens_per_pos_total";
        page.head(name, "counter", "Drafted tokens accepted by their place in the draft.");
        let places = self.accepted_at.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (place, count) in places.iter().enumerate() {
            page.line(name, &format!(",position=\"{place}\""), count);
        }
    }

    fn times(&self, page: &mut Page<'_>) {
        for (name, help, histogram) in [
            ("time_to_first_token_seconds", "From arrival to the first token.", &self.first_token),
            ("inter_token_latency_seconds", "Between two tokens.", &self.between_tokens),
            ("request_time_per_output_token_seconds", "Mean of a request.", &self.per_token),
            ("e2e_request_latency_seconds", "From arrival to the end.", &self.all),
            ("request_queue_time_seconds", "From arrival to a slot.", &self.queue),
            ("request_inference_time_seconds", "From a slot to the end.", &self.inference),
            ("request_prefill_time_seconds", "From a slot to the first token.", &self.prefill),
            ("request_decode_time_seconds", "From the first to the last token.", &self.decode),
            ("request_prompt_tokens", "Tokens of a prompt.", &self.prompt),
            ("request_generation_tokens", "Tokens of an answer.", &self.generation),
            ("request_params_n", "Answers asked for.", &self.choices),
            ("request_params_max_tokens", "Most tokens asked for.", &self.most),
            ("iteration_tokens_total", "Tokens of a step.", &self.step_tokens),
        ] {
            page.histogram(&format!("vllm:{name}"), help, histogram);
        }
        let help = "Steps until a slot was free whose reader had gone.";
        page.histogram("kiln:steps_until_freed", help, &self.steps_until_freed);
    }
}

/// Memory of this process in bytes, as the kernel of the system says.
pub(crate) fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_name_with_labels_and_one_value_without_blanks_inside() {
        let metrics = Metrics::new("a model, \"quoted\"");
        metrics.drafted(8, 3);
        metrics.responded(200);
        let page = metrics.page(&Now { running: 1, waiting: 2, steps: 3, stuck: false });
        for line in page.lines().filter(|line| !line.starts_with('#')) {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert!(name.contains("{engine=\"0\"") && name.ends_with('}'), "{line}");
            assert!(!name.contains(' ') && value.parse::<f64>().is_ok(), "{line}");
        }
        let at = "vllm:spec_decode_num_accepted_tokens_per_pos_total{";
        assert_eq!(page.lines().filter(|line| line.starts_with(at)).count(), 8);
        assert!(page.contains("position=\"0\"} 1\n") && page.contains("position=\"7\"} 0\n"));
    }

    #[test]
    fn names_that_scripts_read_stand_on_the_page_once() {
        let page = Metrics::new("m").page(&Now { running: 0, waiting: 0, steps: 0, stuck: false });
        for name in [
            "vllm:generation_tokens_total",
            "vllm:request_decode_time_seconds_sum",
            "vllm:request_prefill_time_seconds_sum",
            "vllm:spec_decode_num_drafts_total",
            "vllm:spec_decode_num_draft_tokens_total",
            "vllm:spec_decode_num_accepted_tokens_total",
        ] {
            let start = format!("{name}{{");
            let lines = page.lines().filter(|line| line.starts_with(&start));
            assert_eq!(lines.count(), 1, "{name}");
        }
    }
}
