//! Operations that save EXEC and replace it.

use crate::machine::Wave;
use crate::machine::step::{Exec, Step};
use crate::machine::wave::EXEC;

/// `s_<op>_saveexec` and `s_<op>_wrexec`. In wave32 the upper half of EXEC is zero and stays so; SCC says
/// whether the new EXEC has a lane.
pub(super) fn find(name: &str) -> Option<Exec> {
    let stem = name.strip_suffix("_b32").or_else(|| name.strip_suffix("_b64"))?;
    Some(match stem {
        "s_and_saveexec" => exec!(|w, s| w.save_exec(s, |a, exec| a & exec)),
        "s_or_saveexec" => exec!(|w, s| w.save_exec(s, |a, exec| a | exec)),
        "s_xor_saveexec" => exec!(|w, s| w.save_exec(s, |a, exec| a ^ exec)),
        "s_nand_saveexec" => exec!(|w, s| w.save_exec(s, |a, exec| !(a & exec))),
        "s_nor_saveexec" => exec!(|w, s| w.save_exec(s, |a, exec| !(a | exec))),
        "s_xnor_saveexec" => exec!(|w, s| w.save_exec(s, |a, exec| !(a ^ exec))),
        "s_and_not0_saveexec" => exec!(|w, s| w.save_exec(s, |a, exec| !a & exec)),
        "s_or_not0_saveexec" => exec!(|w, s| w.save_exec(s, |a, exec| !a | exec)),
        "s_and_not1_saveexec" => exec!(|w, s| w.save_exec(s, |a, exec| a & !exec)),
        "s_or_not1_saveexec" => exec!(|w, s| w.save_exec(s, |a, exec| a | !exec)),
        "s_and_not0_wrexec" => exec!(|w, s| w.write_exec(s, |a, exec| !a & exec)),
        "s_and_not1_wrexec" => exec!(|w, s| w.write_exec(s, |a, exec| a & !exec)),
        _ => return None,
    })
}

impl Wave {
    /// The destination gets the old EXEC.
    fn save_exec(&mut self, s: &Step, f: impl Fn(u32, u32) -> u32) {
        let (mask, old) = (self.scalar(s, 0) as u32, self.exec());
        self.put_scalar(s, u64::from(old));
        self.replace_exec(f(mask, old));
    }

    /// The destination gets the new EXEC.
    fn write_exec(&mut self, s: &Step, f: impl Fn(u32, u32) -> u32) {
        let new = f(self.scalar(s, 0) as u32, self.exec());
        self.put_scalar(s, u64::from(new));
        self.replace_exec(new);
    }

    fn replace_exec(&mut self, new: u32) {
        self.sgprs[EXEC] = new;
        self.scc = new != 0;
    }
}
