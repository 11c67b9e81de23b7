//! Small tile programs and what becomes of them, one file each in `tests/tiles`.
//!
//! Comments at the head of a file say what to do with the program below them:
//! * `; run: verify` reads and verifies it.
//! * `; run: lower target=T` lowers it; the lane program stands in `<file>.lane` beside it if that
//!   file exists.
//! * `; run: isa target=T` compiles it; each `; fact: name op number` must hold.
//! * `; run: interpret dim=n ...` executes it on counted inputs; the outputs stand in `<file>.out`.
//! * `; order: a, b, ...` is how the body of the first loop of the lane program begins, where
//!   neighbouring operations of one kind count once.
//! * `; error: text` is part of the message with which the last step fails.
//!
//! `BLESS=1 cargo test -p kiln-tests --test filetests` rewrites the texts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kiln_compiler::compile::compile;
use kiln_compiler::interpret::{Buffer, Buffers, run};
use kiln_compiler::lane::{LaneKernel, print, verify};
use kiln_compiler::lower::{BankReport, lower};
use kiln_compiler::object::isa::{Class, IsaFacts};
use kiln_compiler::tile::{self, Program, Role};
use kiln_targets::{DType, Target};

/// A file with its head.
struct TileFile {
    path: PathBuf,
    text: String,
}

impl TileFile {
    /// The words after `; key:` in the head, one text a line.
    fn lines(&self, key: &str) -> Vec<&str> {
        let head = self.text.lines().take_while(|line| line.starts_with(';'));
        let own = head.filter_map(|line| line[1..].trim_start().strip_prefix(key));
        own.filter_map(|rest| rest.strip_prefix(':')).map(str::trim).collect()
    }

    fn check(&self) -> Result<(), String> {
        let steps = self.lines("run");
        if steps.is_empty() {
            return Err("nothing to run: write `; run: ...` at the head".to_owned());
        }
        let done = steps.iter().try_for_each(|step| self.step(step));
        let wanted = self.lines("error");
        match done {
            Ok(()) if wanted.is_empty() => Ok(()),
            Ok(()) => Err(format!("nothing failed, but `{}` was expected", wanted[0])),
            Err(why) if wanted.is_empty() => Err(why),
            Err(why) => match wanted.iter().find(|text| !why.contains(**text)) {
                Some(text) => Err(format!("`{text}` was expected in:\n{why}")),
                None => Ok(()),
            },
        }
    }

    fn step(&self, step: &str) -> Result<(), String> {
        let (verb, rest) = step.split_once(' ').unwrap_or((step, ""));
        let options: BTreeMap<&str, &str> =
            rest.split_whitespace().filter_map(|option| option.split_once('=')).collect();
        let program = self.program()?;
        match verb {
            "verify" => Ok(()),
            "lower" => self.lower(&program, &target(&options)?),
            "isa" => self.isa(&program, &target(&options)?),
            "interpret" => self.interpret(&program, &options),
            _ => Err(format!("`{verb}` is neither verify, lower, isa nor interpret")),
        }
    }

    fn program(&self) -> Result<Program, String> {
        let program = tile::parse(&self.text).map_err(|wrong| wrong.to_string())?;
        match tile::verify(&program) {
            Ok(()) => Ok(program),
            Err(wrong) => Err(format!("{wrong:?}")),
        }
    }

    fn lower(&self, program: &Program, target: &Target) -> Result<(), String> {
        let kernel = lower(program, target).map_err(|wrong| wrong.to_string())?;
        verify(&kernel, target).map_err(|wrong| wrong.join("\n"))?;
        let text = print(&kernel);
        for order in self.lines("order") {
            let found = order_of_loop(&text);
            if !found.starts_with(order) {
                return Err(format!("the loop should begin `{order}`, not `{found}`\n{text}"));
            }
        }
        self.golden("lane", &text)
    }

    fn isa(&self, program: &Program, target: &Target) -> Result<(), String> {
        let compiled = compile(program, target, &[]).map_err(|wrong| wrong.to_string())?;
        let facts = IsaFacts::of(&compiled.assembly, &compiled.lane.name);
        let facts = facts.ok_or("the assembly should define the kernel")?;
        let count = |class| facts.code.get(&class).copied().unwrap_or(0).into();
        let mut known: BTreeMap<&str, f64> = BTreeMap::from([
            ("wmmas", count(Class::Wmma)),
            ("dots", count(Class::Dot)),
            ("vgprs", compiled.statics.vgprs.into()),
            ("spills", (compiled.statics.spills + compiled.statics.scratch_bytes).into()),
            ("lds_bytes", compiled.statics.lds_bytes.into()),
            ("conflicts", conflicts(&compiled.lane, target)),
        ]);
        if let Some(steady) = &facts.steady {
            known.extend(steady.valu_per_wmma().map(|ratio| ("valu_per_wmma", ratio)));
            known.insert("barriers", steady.count(Class::Barrier).into());
            known.insert("prefetches", steady.prefetches().into());
        }
        self.lines("fact").into_iter().try_for_each(|fact| holds(fact, &known))
    }

    fn interpret(&self, program: &Program, options: &BTreeMap<&str, &str>) -> Result<(), String> {
        let mut dims = BTreeMap::new();
        for (name, value) in options {
            let value = value.parse().map_err(|_| format!("`{value}` is not a number"))?;
            dims.insert((*name).to_owned(), value);
        }
        let mut buffers = Buffers::new();
        for part in &program.parts {
            buffers.insert(&part.name, Buffer::plain(counted(part.dtype, part.role)?));
        }
        run(program, &dims, &mut buffers).map_err(|wrong| wrong.to_string())?;
        let mut text = String::new();
        for part in program.parts.iter().filter(|part| part.role != Role::Input) {
            let image = buffers.get(&part.name).expect("every part should have an image");
            let numbers = image.bytes().chunks_exact(4).map(|word| {
                f32::from_le_bytes(word.try_into().expect("a word should have four bytes"))
            });
            let written = numbers.take_while(|number| !number.is_nan());
            let words: Vec<String> = written.map(|number| number.to_string()).collect();
            text.push_str(&format!("{}: {}\n", part.name, words.join(" ")));
        }
        self.golden("out", &text)
    }

    /// Compares with the text beside the file; `BLESS=1` rewrites it where there is one.
    fn golden(&self, ending: &str, text: &str) -> Result<(), String> {
        let path = self.path.with_extension(ending);
        if !path.exists() {
            return Ok(());
        }
        if std::env::var_os("BLESS").is_some() {
            return std::fs::write(&path, text).map_err(|error| error.to_string());
        }
        let wanted = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
        if wanted == text {
            return Ok(());
        }
        let differs =
            wanted.lines().zip(text.lines()).position(|(a, b)| a != b).map_or(0, |n| n + 1);
        Err(format!("{} differs from line {differs} of what came out:\n{text}", path.display()))
    }
}

fn target(options: &BTreeMap<&str, &str>) -> Result<Target, String> {
    let name = options.get("target").ok_or("a target should be named: `target=gfx1151`")?;
    Target::builtin(name).map_err(|wrong| wrong.to_string())
}

fn conflicts(kernel: &LaneKernel, target: &Target) -> f64 {
    BankReport::of(kernel, target).conflicts().into()
}

/// Whether `name op number` holds.
fn holds(fact: &str, known: &BTreeMap<&str, f64>) -> Result<(), String> {
    let [name, op, number] = fact.split_whitespace().collect::<Vec<_>>()[..] else {
        return Err(format!("`{fact}` is not a fact such as `vgprs <= 96`"));
    };
    let number: f64 = number.parse().map_err(|_| format!("`{number}` is not a number"))?;
    let value = *known.get(name).ok_or_else(|| format!("`{name}` is not known: {known:?}"))?;
    let upheld = match op {
        "<=" => value <= number,
        ">=" => value >= number,
        "=" => value == number,
        _ => return Err(format!("`{op}` is none of <=, >= and =")),
    };
    if upheld { Ok(()) } else { Err(format!("{name} is {value}, not {op} {number}")) }
}

/// Kinds of operations in the first loop, in order.
fn order_of_loop(text: &str) -> String {
    let lines = text.lines().skip_while(|line| !line.contains("loop %")).skip(1);
    let mut kinds: Vec<&str> = lines.filter_map(kind).collect();
    kinds.dedup();
    kinds.join(", ")
}

fn kind(line: &str) -> Option<&'static str> {
    let kinds = [
        ("load global", "global load"),
        ("load local", "local load"),
        (" to local", "local store"),
        (" to global", "global store"),
        ("= mma ", "mma"),
    ];
    match line.trim() {
        "barrier" => return Some("barrier"),
        "schedule_fence" => return Some("fence"),
        _ => {}
    }
    kinds.iter().find(|(text, _)| line.contains(text)).map(|(_, kind)| *kind)
}

/// Room for 4096 elements: inputs count -3, -2 .. 3 over and over, outputs are not numbers.
fn counted(dtype: DType, role: Role) -> Result<Vec<u8>, String> {
    if role != Role::Input {
        return Ok(vec![0xff; 4 * 4096]);
    }
    let numbers = (0..4096).map(|i| i % 7 - 3);
    match dtype {
        DType::F32 => Ok(numbers.flat_map(|number| (number as f32).to_le_bytes()).collect()),
        DType::I32 => Ok(numbers.flat_map(i32::to_le_bytes).collect()),
        DType::I8 => Ok(numbers.map(|number| number as u8).collect()),
        other => Err(format!("inputs of {other} cannot be counted")),
    }
}

fn files(folder: &Path) -> Vec<TileFile> {
    let entries = std::fs::read_dir(folder).expect("the folder of tile programs should exist");
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.expect("an entry should be readable").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "tile"));
    paths.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a tile program should be text");
        TileFile { path, text }
    };
    paths.into_iter().map(read).collect()
}

#[test]
fn tile_programs_become_what_their_files_say() {
    let files = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tiles"));
    assert!(files.len() >= 15, "only {} files were found", files.len());
    let fails =
        |file: &TileFile| file.check().err().map(|why| format!("{}: {why}", file.path.display()));
    let wrong: Vec<String> = files.iter().filter_map(fails).collect();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
