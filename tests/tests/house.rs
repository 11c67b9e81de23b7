//! The habits of the house: file sizes, finished work, lints, `unsafe`, and documents that hold.
//! Each habit stands beside a doctored input that breaks it.

use kiln_tests::workspace::{Metadata, SourceFile, files, root};
use kiln_tests::{Violation, assert_upheld, boundary, docs, ledger};

const ARCHITECTURE: &str = "docs/architecture.md";
const PROMISES: &str = "docs/serving-promises.md";
const DEPENDENCIES: &str = "docs/decisions/002-dependencies.md";

fn text_of<'f>(files: &'f [SourceFile], path: &str) -> &'f str {
    &files.iter().find(|f| f.path == path).expect("the file should be checked in").text
}

fn rust(text: &str) -> [SourceFile; 1] {
    [SourceFile::new("cache/src/a.rs", text)]
}

#[test]
fn no_source_file_is_longer_than_the_budget() {
    let files = files();
    println!("{}", ledger::sizes(&files, 10));
    assert_upheld("one noun a file", &ledger::no_file_too_long(&files));
}

#[test]
fn a_file_over_the_budget_is_found() {
    assert_eq!(ledger::no_file_too_long(&rust(&"\n".repeat(ledger::MOST_LINES))), []);
    assert_eq!(ledger::no_file_too_long(&rust(&"\n".repeat(ledger::MOST_LINES + 1))).len(), 1);
}

#[test]
fn nothing_is_put_off() {
    assert_upheld("what is here is finished", &ledger::nothing_put_off(&files()));
}

#[test]
fn work_put_off_is_found() {
    let note = concat!("// FIX", "ME: later");
    assert_eq!(ledger::nothing_put_off(&rust(note)).len(), 1);
    let note = concat!("# TO", "DO(someone)");
    assert_eq!(ledger::nothing_put_off(&[SourceFile::new("docs/a.md", note)]).len(), 1);
    assert_eq!(ledger::nothing_put_off(&rust("fn todos() {}")), []);
}

#[test]
fn no_debug_prints_are_left() {
    assert_upheld("libraries return values", &ledger::no_debug_prints(&files()));
}

#[test]
fn a_debug_print_is_found() {
    assert_eq!(ledger::no_debug_prints(&rust("let a = dbg!(b);")).len(), 1);
    assert_eq!(ledger::no_debug_prints(&rust("// dbg!(b)\nf(\"dbg!\");")), []);
}

#[test]
fn no_file_names_a_folder_of_some_machine() {
    assert_upheld("paths are relative or given", &ledger::no_machine_paths(&files()));
}

#[test]
fn a_folder_of_some_machine_is_found() {
    let bad = concat!("let path = \"/ho", "me/someone/kiln\";");
    assert_eq!(ledger::no_machine_paths(&rust(bad)).len(), 1);
    let good = concat!("https://example.org/ho", "me/page and ~/wo", "rk/ and a/ro", "ot/b");
    assert_eq!(ledger::no_machine_paths(&rust(good)), []);
}

#[test]
fn unsafe_stands_only_in_the_named_modules() {
    let violations = boundary::kept_within(&files(), &boundary::UNSAFE);
    assert_upheld("unsafe has a place", &violations);
}

#[test]
fn every_module_that_may_be_unsafe_exists() {
    let gone = boundary::UNSAFE.allowed.iter().filter(|path| !root().join(path).exists());
    assert_eq!(gone.collect::<Vec<_>>(), Vec::<&&str>::new());
}

#[test]
fn unsafe_elsewhere_is_found() {
    let found = boundary::kept_within(&rust("fn f() { unsafe { g() } }"), &boundary::UNSAFE);
    assert_eq!(found.len(), 1);
    let lint = "#![forbid(unsafe_code)]\n// unsafe\n";
    assert_eq!(boundary::kept_within(&rust(lint), &boundary::UNSAFE), []);
}

/// The crates whose manifest, as `read` gives it, does not take the workspace's lints.
fn without_workspace_lints(
    metadata: &Metadata,
    read: impl Fn(&std::path::Path) -> String,
) -> Vec<Violation> {
    let inherits = |manifest: &str| {
        let table: toml::Table = manifest.parse().expect("a manifest should be TOML");
        table.get("lints").and_then(|l| l.get("workspace")).and_then(toml::Value::as_bool)
            == Some(true)
    };
    let missing = metadata.members().filter(|p| !inherits(&read(&p.manifest_path)));
    missing.map(|p| Violation::new(&p.name, "must set `lints.workspace = true`")).collect()
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    let read = |path: &std::path::Path| std::fs::read_to_string(path).unwrap();
    assert_upheld("lints once", &without_workspace_lints(&Metadata::read(), read));
}

#[test]
fn a_crate_with_its_own_lints_is_found() {
    let metadata = Metadata::read();
    for manifest in ["[lints.rust]\nunsafe_code = 'allow'", "[lints]\nworkspace = false", ""] {
        let found = without_workspace_lints(&metadata, |_| manifest.to_owned());
        assert_eq!(found.len(), metadata.workspace_members.len());
    }
}

#[test]
fn every_link_in_the_documents_resolves() {
    let violations = docs::links_resolve(&files(), |path| root().join(path).exists());
    assert_upheld("links lead somewhere", &violations);
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let page = "# A page\n[a](b.md) [c](../d.md#the-end) [e](#a-page) [f](#gone) [g](https://h.i)\n\
                `[j](k.md)`\n```\n[l](m.md)\n```\n";
    let files =
        [SourceFile::new("docs/a.md", page), SourceFile::new("d.md", "# Other\n## The end\n")];
    let found = docs::links_resolve(&files, |path| files.iter().any(|f| f.path == path));
    let whats: Vec<&str> = found.iter().map(|v| v.what.as_str()).collect();
    assert_eq!(whats.len(), 2, "{whats:?}");
    assert!(whats[0].contains("docs/b.md") && whats[1].contains("#gone"), "{whats:?}");
}

#[test]
fn every_law_names_a_test_that_exists() {
    let files = files();
    let laws = text_of(&files, ARCHITECTURE);
    assert_eq!(laws.matches("\n**Law ").count(), 8, "the architecture should state eight laws");
    assert_upheld("laws have tests", &docs::laws_name_their_tests(laws, &files));
}

#[test]
fn a_law_without_a_test_is_found() {
    let laws =
        "\n**Law 1. a.** b\nTest: `t.rs::here`\n\n**Law 2. c.**\nTest: `t.rs::gone`\n\n**Law 3.";
    let files = [SourceFile::new("t.rs", "fn here() {}")];
    let found = docs::laws_name_their_tests(laws, &files);
    assert_eq!(found.iter().map(|v| v.place.as_str()).collect::<Vec<_>>(), ["law 2", "law 3"]);
}

#[test]
fn every_promise_of_the_server_names_a_test_that_exists() {
    let files = files();
    let promises = text_of(&files, PROMISES);
    assert!(promises.matches("\n| ").count() > 60, "the page should list what is promised");
    assert_upheld("promises have tests", &docs::rows_name_their_tests(promises, &files));
}

#[test]
fn a_promise_without_a_test_is_found() {
    let page =
        "| what | test |\n|---|---|\n| a | `t.rs::here` |\n| b | `t.rs::gone` |\n| `c` | |\n";
    let files = [SourceFile::new("t.rs", "fn here() {}")];
    let found = docs::rows_name_their_tests(page, &files);
    assert_eq!(found.iter().map(|v| v.place.as_str()).collect::<Vec<_>>(), ["line 4", "line 5"]);
}

#[test]
fn every_dependency_has_a_recorded_reason() {
    let files = files();
    let (manifest, record) = (text_of(&files, "Cargo.toml"), text_of(&files, DEPENDENCIES));
    assert_upheld(DEPENDENCIES, &docs::dependencies_have_reasons(manifest, record));
}

#[test]
fn a_dependency_without_a_reason_and_a_reason_without_a_dependency_are_found() {
    let manifest =
        "[workspace.dependencies]\nkiln-cache = { path = 'cache' }\nhex = '1'\nhalf = '2'\n";
    let record = "| crate | room | why |\n| `hex` | cache | hashes |\n| `old` | cache | gone |\n";
    let found = docs::dependencies_have_reasons(manifest, record);
    assert_eq!(found.iter().map(|v| v.place.as_str()).collect::<Vec<_>>(), ["half", "old"]);
}

#[test]
fn the_model_fixture_holds_the_published_sizes() {
    let path = "tests/fixtures/qwen3.6-27b/config.json";
    let config: serde_json::Value =
        serde_json::from_str(text_of(&files(), path)).expect("the fixture should be JSON");
    let (text, groups) = (&config["text_config"], &config["quantization_config"]["config_groups"]);
    let full = text["layer_types"].as_array().unwrap().iter().filter(|l| *l == "full_attention");
    assert_eq!((text["hidden_size"].as_u64(), full.count()), (Some(5120), 16));
    assert_eq!(text["intermediate_size"], 17408);
    assert_eq!(text["vocab_size"], 248_320);
    assert_eq!(groups["group_0"]["weights"]["group_size"], 32);
    assert_eq!(groups["group_0"]["weights"]["symmetric"], false);
}
