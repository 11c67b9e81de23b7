//! What is said at the start.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use kiln_cache::bundle::Bundle;

use crate::api::app::App;
use crate::cli::DeviceName;

/// What is known of the kernels.
pub(super) struct Said {
    /// Where they come from and how their times were found.
    pub(super) kernels: String,
    /// What runs them.
    pub(super) device: String,
    /// Who guesses tokens ahead.
    pub(super) drafter: String,
}

impl Said {
    /// Of a bundle.
    pub(super) fn of(bundle: &Bundle, device: DeviceName, drafter: &str) -> Self {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for row in bundle.inspect().kernels {
            *counts.entry(row.provenance.to_string()).or_default() += 1;
        }
        let counts: Vec<String> =
            counts.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let (path, target) = (bundle.path().display(), &bundle.manifest().target);
        let kernels = format!("{path}, tuned for {target}; times: {}", counts.join(", "));
        let device = format!("{device:?}").to_lowercase();
        Self { kernels, device, drafter: drafter.to_owned() }
    }
}

/// A few lines for whoever started the server.
pub(super) fn banner(said: &Said, address: SocketAddr, app: &App) -> String {
    let capacity = app.engine.capacity();
    let keys = match app.settings.keys.len() {
        0 => "none; whoever reaches the port may ask".to_owned(),
        count => format!("{count}"),
    };
    let lines = [
        ("kernels", said.kernels.clone()),
        ("device", said.device.clone()),
        ("drafter", said.drafter.clone()),
        (
            "limits",
            format!(
                "{} requests at a time, {} tokens each, {} together",
                capacity.slots, capacity.context, capacity.cached
            ),
        ),
        ("keys", keys),
        ("OpenAI", format!("http://{address}/v1")),
        ("Anthropic", format!("http://{address}")),
        ("page", format!("http://{address}/")),
        ("document", format!("http://{address}/docs")),
        ("metrics", format!("http://{address}/metrics")),
    ];
    let names = app.settings.names.join(", ");
    let mut text = format!("kiln {} serves {names}\n", env!("CARGO_PKG_VERSION"));
    for (name, value) in lines {
        text += &format!("  {name:<10}{value}\n");
    }
    text
}
