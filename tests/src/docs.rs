//! The documents: links resolve, laws and promises name tests that exist, dependencies have a reason.

use std::collections::BTreeSet;

use crate::Violation;
use crate::workspace::SourceFile;

/// Every relative link of a Markdown file that leads nowhere; `exists` says whether a path
/// relative to the repository's root is there.
pub fn links_resolve(files: &[SourceFile], exists: impl Fn(&str) -> bool) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in files.iter().filter(|f| f.path.ends_with(".md")) {
        for (line, link) in links(&file.text) {
            if let Some(what) = broken(files, file, link, &exists) {
                violations.push(Violation::new(format!("{}:{line}", file.path), what));
            }
        }
    }
    violations
}

fn broken(
    files: &[SourceFile],
    file: &SourceFile,
    link: &str,
    exists: impl Fn(&str) -> bool,
) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = link.split_once('#').map_or((link, None), |(p, a)| (p, Some(a)));
    let target = if path.is_empty() { file.path.clone() } else { resolve(&file.path, path) };
    if !exists(&target) {
        return Some(format!("links to {link}, and there is no {target}"));
    }
    let text = &files.iter().find(|f| f.path == target)?.text;
    let anchor = anchor.filter(|a| target.ends_with(".md") && !headings(text).contains(*a))?;
    Some(format!("links to {link}, and {target} has no heading for #{anchor}"))
}

/// `link` taken from the folder of `from`, both relative to the repository's root.
fn resolve(from: &str, link: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in link.split('/').filter(|p| !p.is_empty() && *p != ".") {
        if part == ".." && parts.last().is_some_and(|p| *p != "..") {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

/// Line and target of each inline link outside code blocks and code spans.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (line, prose) in prose_lines(text) {
        let mut rest = prose;
        while let Some(at) = rest.find("](") {
            let in_code = prose[..prose.len() - rest.len() + at].matches('`').count() % 2 == 1;
            rest = &rest[at + 2..];
            let target = rest.split(')').next().unwrap_or_default().trim();
            if !in_code {
                found.push((line, target.split(' ').next().unwrap_or_default()));
            }
        }
    }
    found
}

/// Number and text of each line outside fenced code.
fn prose_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        (!fenced && !fence).then_some((index + 1, line))
    })
}

/// The anchors that a Markdown file's headings make.
fn headings(text: &str) -> BTreeSet<String> {
    let titles = prose_lines(text).filter(|(_, line)| line.starts_with('#'));
    titles.map(|(_, line)| anchor(line.trim_start_matches('#').trim())).collect()
}

fn anchor(title: &str) -> String {
    let kept = title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

/// Every test that is named as `` `file::function` `` after `Test:` in a law of `architecture` and that
/// is not in that file; and every law that names none.
pub fn laws_name_their_tests(architecture: &str, files: &[SourceFile]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for law in architecture.split("\n**Law ").skip(1) {
        let title = law.split('.').next().unwrap_or_default();
        let place = format!("law {title}");
        let tests = law.split("\nTest:").nth(1).unwrap_or_default();
        let tests = tests.split("\n\n").next().unwrap_or_default();
        let named: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        if named.is_empty() {
            violations.push(Violation::new(&place, "names no test"));
        }
        let missing = named.into_iter().filter(|test| !has_test(files, test));
        violations.extend(missing.map(|t| Violation::new(&place, format!("there is no test {t}"))));
    }
    violations
}

/// Every row of the tables of `page` that names no test as `` `file::function` ``, and every test that
/// a row names and that is not there.
pub fn rows_name_their_tests(page: &str, files: &[SourceFile]) -> Vec<Violation> {
    let mut violations = Vec::new();
    let rows = prose_lines(page).filter(|(_, line)| line.starts_with("| "));
    for (line, row) in rows {
        let place = format!("line {line}");
        let spans = row.split('`').skip(1).step_by(2);
        let named: Vec<&str> = spans.filter(|span| span.contains(".rs::")).collect();
        // The first row of a table is its head.
        let head = page.lines().nth(line).is_some_and(|next| next.starts_with("|--"));
        if named.is_empty() && !head {
            violations.push(Violation::new(&place, "names no test"));
        }
        let missing = named.into_iter().filter(|test| !has_test(files, test));
        violations.extend(missing.map(|t| Violation::new(&place, format!("there is no test {t}"))));
    }
    violations
}

fn has_test(files: &[SourceFile], test: &str) -> bool {
    let Some((path, function)) = test.split_once("::") else { return false };
    let declaration = format!("fn {function}(");
    files.iter().any(|f| f.path == path && f.text.contains(&declaration))
}

/// Every dependency of the workspace without a row in `record`, and every row without a dependency.
///
/// # Panics
/// When `manifest` is not a workspace manifest.
pub fn dependencies_have_reasons(manifest: &str, record: &str) -> Vec<Violation> {
    let manifest: toml::Table = manifest.parse().expect("the root manifest should be TOML");
    let table = manifest["workspace"]["dependencies"].as_table();
    let declared: BTreeSet<&str> = table
        .expect("the workspace should list dependencies")
        .keys()
        .map(String::as_str)
        .filter(|name| !name.starts_with("kiln-"))
        .collect();
    let recorded: BTreeSet<&str> =
        record.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let missing = declared.difference(&recorded).map(|n| (n, "is used and has no reason"));
    let stale = recorded.difference(&declared).map(|n| (n, "has a reason and is not used"));
    missing.chain(stale).map(|(name, what)| Violation::new(*name, what)).collect()
}
