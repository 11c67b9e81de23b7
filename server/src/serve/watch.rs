//! Whether the engine makes progress.

use std::sync::Arc;
use std::time::Duration;

use crate::api::app::App;
use crate::engine::Health;
use crate::output::note;

/// Times between two looks.
const EVERY: Duration = Duration::from_millis(500);

/// Looks after the engine: one that is stuck is replaced where that is possible, and else who waits
/// for it is told so; where a supervisor starts the process anew, it ends.
pub(super) fn watch(app: &Arc<App>, exit: bool) {
    let app = Arc::clone(app);
    tokio::spawn(async move {
        let mut well = true;
        loop {
            tokio::time::sleep(EVERY).await;
            let health = app.engine.health();
            let now = matches!(health, Health::Well | Health::Loading);
            match (well, now) {
                (true, false) => {
                    note(&format!("the engine does not answer ({health:?}); requests are refused"));
                }
                (false, true) => note("the engine answers again"),
                _ => {}
            }
            let stuck = matches!(health, Health::Stuck(_));
            if stuck && app.engine.replace_stuck() {
                note("its step is left alone; another engine is made");
            } else if well && stuck {
                app.engine.fail_all("the engine does not answer");
            }
            if exit && !now {
                // Streams say that they end before everything does.
                tokio::time::sleep(EVERY).await;
                std::process::exit(1);
            }
            well = now;
        }
    });
}
