//! What the sanitizer says: one finding for one cause, with its place and the number of times it was seen.

use std::fmt;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::kind::Kind;

/// Where something happened, as far down as it is known.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Place {
    /// Name of the kernel.
    pub kernel: String,
    /// Address of the instruction, where the loader put it.
    pub pc: u64,
    /// The same, counted from the kernel's first instruction.
    pub offset: i64,
    /// The instruction in LLVM's syntax; empty where the launch itself is at fault.
    pub instruction: String,
    /// Workgroup, in units of workgroups.
    pub workgroup: [u32; 3],
    /// Wave within the workgroup.
    pub wave: u32,
    /// Lanes concerned, one bit each; zero where the whole wave is meant.
    pub lanes: u32,
}

/// One cause, folded over everything it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which law was broken.
    pub kind: Kind,
    /// The first place where it was seen.
    pub place: Place,
    /// What is wrong there.
    pub what: String,
    /// What would repair it.
    pub fix: String,
    /// How often the same instruction broke the same law for the same cause.
    pub count: u64,
}

impl Finding {
    /// Why the law exists: what the hardware may do where it is broken.
    pub fn why(&self) -> &'static str {
        self.kind.why()
    }
}

impl Serialize for Finding {
    /// The fields and the reason, as reports in other formats show them.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut data = serializer.serialize_struct("Finding", 6)?;
        data.serialize_field("kind", &self.kind)?;
        data.serialize_field("place", &self.place)?;
        data.serialize_field("what", &self.what)?;
        data.serialize_field("why", self.why())?;
        data.serialize_field("fix", &self.fix)?;
        data.serialize_field("count", &self.count)?;
        data.end()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [x, y, z] = self.workgroup;
        let sign = if self.offset < 0 { '-' } else { '+' };
        write!(f, "{} {sign}{:#x}", self.kernel, self.offset.unsigned_abs())?;
        if !self.instruction.is_empty() {
            write!(f, " `{}`", self.instruction)?;
        }
        write!(f, ", workgroup ({x}, {y}, {z}), wave {}", self.wave)?;
        if self.lanes != 0 {
            write!(f, ", {}", Lanes(self.lanes))?;
        }
        Ok(())
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.kind.name(), self.what)?;
        writeln!(f, "  at   {}", self.place)?;
        writeln!(f, "  why  {}", self.why())?;
        write!(f, "  fix  {}", self.fix)?;
        if self.count > 1 {
            write!(f, "\n  seen {} times", self.count)?;
        }
        Ok(())
    }
}

/// A set of lanes as people write it: `lane 3`, `lanes 0-15, 17`.
pub(super) struct Lanes(pub(super) u32);

impl fmt::Display for Lanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.count_ones() == 1 { "lane " } else { "lanes " })?;
        let (mut lane, mut first) = (0, true);
        while lane < 32 {
            if self.0 >> lane & 1 == 0 {
                lane += 1;
                continue;
            }
            let run = (self.0 >> lane).trailing_ones();
            let comma = if first { "" } else { ", " };
            match run {
                1 => write!(f, "{comma}{lane}")?,
                _ => write!(f, "{comma}{lane}-{}", lane + run - 1)?,
            }
            (lane, first) = (lane + run, false);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place {
            kernel: "gemm".to_owned(),
            pc: 0x7128,
            offset: 0x128,
            instruction: "v_add_f32_e32 v0, v1, v2".to_owned(),
            workgroup: [3, 0, 1],
            wave: 2,
            lanes: 0b1011,
        }
    }

    #[test]
    fn lanes_print_as_runs() {
        let cases =
            [(1 << 5, "lane 5"), (u32::MAX, "lanes 0-31"), (0x8000_00f1, "lanes 0, 4-7, 31")];
        for (mask, text) in cases {
            assert_eq!(Lanes(mask).to_string(), text);
        }
    }

    #[test]
    fn a_finding_says_what_where_why_and_what_would_repair_it() {
        let finding = Finding {
            kind: Kind::MissingWait,
            place: place(),
            what: "v1 is read before its load has returned".to_owned(),
            fix: "wait for vmcnt(0)".to_owned(),
            count: 7,
        };
        let text = finding.to_string();
        for part in [
            "missing wait: v1 is read before its load has returned",
            "gemm +0x128 `v_add_f32_e32 v0, v1, v2`, workgroup (3, 0, 1), wave 2, lanes 0-1, 3",
            Kind::MissingWait.why(),
            "fix  wait for vmcnt(0)",
            "seen 7 times",
        ] {
            assert!(text.contains(part), "{part} is missing from {text}");
        }
    }
}
