//! The timing model against measured kernels.
//!
//! | file | noun |
//! |---|---|
//! | `rows` | measured kernels as a table |
//! | `launches` | how those kernels are launched |
//! | `objects` | code objects from files of either kind |
//! | `measure` | what the model says of every row before any correction |
//! | `fit` | corrections that agree best with the measurements |
//! | `stats` | how well modelled and measured times agree |
//! | `page` | the page that says so, with its drawing |

mod fit;
mod launches;
mod measure;
mod objects;
mod page;
mod rows;
mod stats;

pub use fit::{NAMES, Sample, fit, leave_one_family_out};
pub use launches::{Prepared, prepare, shared_memory};
pub use measure::{Timed, measure};
pub use objects::{find_object, read_object};
pub use page::{Point, Verdict, coefficients, markdown, scatter};
pub use rows::{Row, read};
pub use stats::{Agreement, Pair};
