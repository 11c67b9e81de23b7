//! Whether the engine makes progress.

use std::sync::Arc;
use std::time::Duration;

use crate::api::app::App;
use crate::engine::Health;
use crate::output::note;

/// Times between two looks.
const EVERY: Duration = Duration::from_millis(500);

/// Looks after the engine: who waits for one that is stuck is told so, and where a supervisor
/// starts the process anew, it ends.
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
                    app.engine.fail_all("the engine does not answer");
                    if exit {
                        // Streams say that they end before everything does.
                        tokio::time::sleep(EVERY).await;
                        std::process::exit(1);
                    }
                }
                (false, true) => note("the engine answers again"),
                _ => {}
            }
            well = now;
        }
    });
}
