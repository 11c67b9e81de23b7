//! The workspace as data: its package graph and its checked-in text files.
//!
//! * The graph comes from `cargo metadata`, for the machine that runs the tests.
//! * Files are what a clean clone holds: build outputs and hidden folders other than `.ci` and
//!   `.cargo` are not looked at.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde::Deserialize;

/// What `cargo metadata` says, as far as the laws need it.
#[derive(Debug, Clone, Deserialize)]
pub struct Metadata {
    /// Every package of the resolved graph, the workspace's own included.
    pub packages: Vec<Package>,
    /// Ids of the workspace's own packages.
    pub workspace_members: Vec<String>,
    /// The resolved graph.
    pub resolve: Resolve,
}

/// One package and what its manifest declares.
#[derive(Debug, Clone, Deserialize)]
pub struct Package {
    /// Opaque id, the key into [`Resolve`].
    pub id: String,
    /// Name in the manifest.
    pub name: String,
    /// Version in the manifest.
    pub version: String,
    /// SPDX licence expression, if the manifest gives one.
    pub license: Option<String>,
    /// Absolute path of the manifest.
    pub manifest_path: PathBuf,
    /// Declared dependencies, optional ones included.
    pub dependencies: Vec<Dependency>,
}

/// One declared dependency.
#[derive(Debug, Clone, Deserialize)]
pub struct Dependency {
    /// Name of the package depended on.
    pub name: String,
    /// `None` for a normal dependency, else `dev` or `build`.
    pub kind: Option<String>,
}

/// The resolved graph.
#[derive(Debug, Clone, Deserialize)]
pub struct Resolve {
    /// One node a package.
    pub nodes: Vec<Node>,
}

/// A package's edges in the resolved graph.
#[derive(Debug, Clone, Deserialize)]
pub struct Node {
    /// Id of the package.
    pub id: String,
    /// What it depends on.
    pub deps: Vec<Edge>,
}

/// One edge of the resolved graph.
#[derive(Debug, Clone, Deserialize)]
pub struct Edge {
    /// Id of the package depended on.
    pub pkg: String,
    /// Why: one entry for each kind of dependency.
    pub dep_kinds: Vec<EdgeKind>,
}

/// The kind of an edge.
#[derive(Debug, Clone, Deserialize)]
pub struct EdgeKind {
    /// `None` for a normal dependency, else `dev` or `build`.
    pub kind: Option<String>,
}

impl Metadata {
    /// The graph of this workspace, read without the network where the lock file's packages are
    /// already here.
    ///
    /// # Panics
    /// When cargo cannot resolve the workspace.
    pub fn read() -> Self {
        let mut output = run_metadata(&["--offline"]);
        if !output.status.success() {
            output = run_metadata(&[]);
        }
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "cargo metadata should succeed: {stderr}");
        serde_json::from_slice(&output.stdout).expect("cargo metadata should print its own format")
    }

    /// The workspace's own packages.
    pub fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|p| self.workspace_members.contains(&p.id))
    }
}

fn run_metadata(extra: &[&str]) -> Output {
    let platform = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", &platform])
        .args(extra)
        .current_dir(root())
        .output()
        .expect("cargo should start")
}

/// The repository's root folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ should lie in the repository")
}

/// A checked-in text file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Path relative to the repository's root, with `/`.
    pub path: String,
    /// The whole text.
    pub text: String,
}

impl SourceFile {
    /// A file that exists only in a test.
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// Whether the name ends in `.rs`.
    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }
}

/// Every checked-in text file, sorted by path.
///
/// # Panics
/// When a folder of the repository cannot be read.
pub fn files() -> Vec<SourceFile> {
    let mut found = Vec::new();
    visit(root(), &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn visit(folder: &Path, found: &mut Vec<SourceFile>) {
    for entry in fs::read_dir(folder).expect("a folder of the repository should be readable") {
        let path = entry.expect("a folder entry should be readable").path();
        let relative = path.strip_prefix(root()).expect("a visited path should lie in the root");
        if is_foreign(relative) {
            continue;
        }
        if path.is_dir() {
            visit(&path, found);
        } else if let Ok(text) = fs::read_to_string(&path) {
            found.push(SourceFile { path: relative.to_string_lossy().into_owned(), text });
        }
    }
}

/// Whether a path is a build output, a bundle or a hidden folder that is not ours.
fn is_foreign(relative: &Path) -> bool {
    let name = relative.file_name().unwrap_or_default().to_string_lossy();
    let hidden = name.starts_with('.') && ![".ci", ".cargo", ".gitignore"].contains(&&*name);
    let built = name == "target" || name.starts_with("target-") || name.ends_with(".kiln");
    hidden || built
}
