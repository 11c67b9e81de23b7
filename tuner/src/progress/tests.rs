//! What is printed where there is no terminal, and what is written to the event file.

use serde_json::Value;

use super::*;

#[derive(Clone, Default)]
struct Screen(Arc<Mutex<Vec<u8>>>);

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn shown(work: impl FnOnce(&Progress)) -> String {
    let screen = Screen::default();
    work(&Progress::with(false, Box::new(screen.clone()), None));
    String::from_utf8(screen.0.lock().unwrap().clone()).unwrap()
}

#[test]
fn without_a_terminal_a_stage_is_one_plain_line() {
    let text = shown(|progress| {
        progress.heading("mmq_q4  n=5120 k=5120 m=16");
        let line = progress.stage(Stage::Compile, 231);
        for _ in 0..181 {
            line.advance(1);
        }
        line.count("spilled");
        line.count("aborted");
        line.count("spilled");
    });
    assert_eq!(text, "mmq_q4  n=5120 k=5120 m=16\n  compile   181/231   1 aborted  2 spilled\n");
    let text = shown(|progress| progress.stage(Stage::Time, 0).note("round 3/5 · 38 live"));
    assert_eq!(text, "  time      round 3/5 · 38 live\n");
}

#[test]
fn every_event_is_one_line_with_version_time_and_kind() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.jsonl");
    let log = EventLog::create(&path).unwrap();
    let progress = Progress::with(false, Box::new(io::sink()), Some(log));
    progress.stage(Stage::RunOff, 8).advance(8);
    progress.event(&Event::NoiseFloor { share: 0.008 });
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().all(|line| line["v"] == 1 && line["ms"].is_u64()), "{text}");
    let kinds: Vec<&str> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["stage_started", "stage_finished", "noise_floor"]);
    assert_eq!((&lines[0]["stage"], &lines[1]["done"]), (&"run_off".into(), &8.into()));
}

#[test]
fn an_event_file_that_cannot_be_made_is_a_clear_error() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("gone").join("events.jsonl");
    let error = Progress::new(Some(&path)).err().unwrap().to_string();
    assert!(error.starts_with("cannot create ") && error.contains("events.jsonl"), "{error}");
}

#[test]
fn numbers_are_aligned_to_the_right_and_words_to_the_left() {
    let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
    let text = aligned(&[row(["op", "us", "note"]), row(["a", "10.5", "b"]), row(["bc", "-", ""])]);
    assert_eq!(text, "op    us  note\na   10.5  b\nbc     -\n");
    assert_eq!(aligned(&[]), "");
    assert_eq!(aligned(&[vec!["a".into()], vec!["b".into(), "c".into()]]), "a\nb  c\n");
}
