//! The laws of `docs/architecture.md` that can be read off the package graph and the sources.
//! Each law stands beside a doctored input that breaks it.

use std::collections::BTreeMap;

use kiln_tests::workspace::{Dependency, Edge, EdgeKind, Metadata, SourceFile, files, root};
use kiln_tests::{arrows, assert_upheld, boundary, licence};

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).expect("a file of the repository should be readable")
}

fn policy() -> licence::Policy {
    licence::Policy::parse(&read("deny.toml")).expect("deny.toml should list licences")
}

/// Adds a dependency of `from` on `to`, both by name, to the declared and the resolved graph.
fn depend(metadata: &mut Metadata, from: &str, to: &str, kind: Option<&str>) {
    let ids: BTreeMap<String, String> =
        metadata.packages.iter().map(|p| (p.name.clone(), p.id.clone())).collect();
    let kind = kind.map(str::to_owned);
    let package = metadata.packages.iter_mut().find(|p| p.name == from);
    let package = package.expect("the package should be in the graph");
    package.dependencies.push(Dependency { name: to.to_owned(), kind: kind.clone() });
    let node = metadata.resolve.nodes.iter_mut().find(|n| n.id == ids[from]);
    let node = node.expect("the package should be resolved");
    node.deps.push(Edge { pkg: ids[to].clone(), dep_kinds: vec![EdgeKind { kind }] });
}

#[test]
fn serving_crates_never_reach_the_compiler() {
    let violations = arrows::serving_without_compiler(&Metadata::read());
    assert_upheld("law 1: runtime and server carry no compiler", &violations);
}

#[test]
fn a_compiler_behind_another_dependency_of_the_runtime_is_found() {
    let mut metadata = Metadata::read();
    depend(&mut metadata, "kiln-targets", "inkwell", None);
    let found = arrows::serving_without_compiler(&metadata);
    for name in ["kiln-runtime", "kiln-server"] {
        assert!(found.iter().any(|v| v.place == name && v.what.ends_with(" inkwell")), "{found:?}");
    }
    assert!(found.iter().any(|v| v.what.ends_with(" llvm-sys")), "{found:?}");
}

#[test]
fn a_build_dependency_counts_as_reaching_and_a_test_dependency_does_not() {
    let mut metadata = Metadata::read();
    depend(&mut metadata, "kiln-runtime", "kiln-recipes", Some("dev"));
    assert_eq!(arrows::serving_without_compiler(&metadata), []);
    depend(&mut metadata, "kiln-runtime", "kiln-tuner", Some("build"));
    assert!(!arrows::serving_without_compiler(&metadata).is_empty());
}

#[test]
fn rooms_depend_only_along_the_allowed_arrows() {
    let violations = arrows::only_allowed_arrows(&Metadata::read());
    assert_upheld("law 2: no arrow outside the table in tests/src/arrows.rs", &violations);
}

#[test]
fn every_forbidden_arrow_is_found() {
    let clean = Metadata::read();
    let rooms: Vec<String> = clean.members().map(|p| p.name.clone()).collect();
    for (from, allowed) in arrows::ALLOWED {
        for to in rooms.iter().filter(|to| to != from && !allowed.contains(&to.as_str())) {
            let mut metadata = clean.clone();
            depend(&mut metadata, from, to, None);
            let found = arrows::only_allowed_arrows(&metadata);
            assert_eq!(found.len(), 1, "{from} -> {to}: {found:?}");
        }
    }
}

#[test]
fn a_room_that_the_table_does_not_list_is_found() {
    let mut metadata = Metadata::read();
    let package = metadata.packages.iter_mut().find(|p| p.name == "kiln-cache").unwrap();
    package.name = "kiln-attic".to_owned();
    assert!(arrows::only_allowed_arrows(&metadata).iter().any(|v| v.place == "kiln-attic"));
}

const DATA_ROOMS: &[&str] = &["kiln-cache", "kiln-targets", "kiln-sim"];

#[test]
fn tuning_and_serving_share_only_data_rooms() {
    let violations = arrows::shared_rooms(&Metadata::read(), DATA_ROOMS);
    assert_upheld("law 3: only the bundle passes from tuning to serving", &violations);
}

#[test]
fn a_room_on_both_sides_of_the_bundle_is_found() {
    let mut metadata = Metadata::read();
    let rooms = arrows::shared_rooms(&metadata, &["kiln-targets"]);
    assert_eq!(
        rooms.iter().map(|v| v.place.as_str()).collect::<Vec<_>>(),
        ["kiln-cache", "kiln-sim"]
    );
    depend(&mut metadata, "kiln-tuner", "kiln-runtime", None);
    let found = arrows::shared_rooms(&metadata, DATA_ROOMS);
    assert_eq!(found.iter().map(|v| v.place.as_str()).collect::<Vec<_>>(), ["kiln-runtime"]);
}

#[test]
fn no_code_decides_by_the_name_of_a_chip() {
    let violations = boundary::no_chip_names_in_decisions(&files());
    assert_upheld("law 5: a chip is data", &violations);
}

#[test]
fn a_decision_by_the_name_of_a_chip_is_found() {
    for bad in [
        "if target.name == \"gfx1151\" {",
        "if \"gfx1100\" != name {",
        "\"gfx1151\" => 24,",
        "\"gfx1100\" | \"gfx1101\" => 24,",
        "name.starts_with(\"gfx11\")",
        "x.contains( \"x86-64-v4\" )",
    ] {
        let file = SourceFile::new("recipes/src/a.rs", bad);
        assert_eq!(boundary::no_chip_names_in_decisions(&[file]).len(), 1, "{bad}");
    }
}

#[test]
fn naming_a_chip_without_deciding_is_allowed() {
    for good in [
        "// if name == \"gfx1151\" {",
        "let target = Target::load(\"gfx1151\")?;",
        "[\"gfx1100\", \"gfx1151\"]",
        "#[cfg(test)]\nmod tests { fn f() { assert!(name == \"gfx1151\") } }",
    ] {
        let file = SourceFile::new("recipes/src/a.rs", good);
        assert_eq!(boundary::no_chip_names_in_decisions(&[file]), [], "{good}");
    }
}

#[test]
fn back_ends_are_named_only_behind_their_boundary() {
    let files = files();
    for rule in boundary::BACK_ENDS {
        assert_upheld("law 7", &boundary::kept_within(&files, rule));
    }
}

#[test]
fn a_back_end_outside_its_boundary_is_found() {
    let [llvm, hip] = boundary::BACK_ENDS else { panic!("two boundaries should be drawn") };
    let leak = |path: &str, text: &str, rule| {
        boundary::kept_within(&[SourceFile::new(path, text)], rule).len()
    };
    assert_eq!(leak("compiler/src/lane/lower.rs", "use melior::Context;", llvm), 1);
    assert_eq!(leak("compiler/src/lib.rs", "fn f() { inkwell::f(mlir_sys::g()) }", llvm), 2);
    assert_eq!(leak("runtime/src/device/host.rs", "use hip_sys as hip;", hip), 1);
}

#[test]
fn a_back_end_behind_its_boundary_or_in_a_comment_is_allowed() {
    let [llvm, hip] = boundary::BACK_ENDS else { panic!("two boundaries should be drawn") };
    let leak = |path: &str, text: &str, rule| {
        boundary::kept_within(&[SourceFile::new(path, text)], rule).len()
    };
    assert_eq!(leak("compiler/src/emit/ops.rs", "use melior::Context;", llvm), 0);
    assert_eq!(leak("compiler/src/object/mod.rs", "use inkwell::module::Module;", llvm), 0);
    assert_eq!(leak("compiler/src/lib.rs", "//! Emits through melior.\nf(\"inkwell\");", llvm), 0);
    assert_eq!(leak("runtime/src/device/hip/mod.rs", "use hip_sys as hip;", hip), 0);
}

#[test]
fn every_package_has_an_allowed_licence() {
    let violations = licence::only_allowed_licences(&Metadata::read(), &policy());
    assert_upheld("licences: the list is in deny.toml", &violations);
}

#[test]
fn a_foreign_or_missing_licence_is_found() {
    let mut metadata = Metadata::read();
    let mut relicense = |name: &str, licence: Option<&str>| {
        let package = metadata.packages.iter_mut().find(|p| p.name == name).unwrap();
        package.license = licence.map(str::to_owned);
    };
    relicense("serde", Some("AGPL-3.0-only"));
    relicense("toml", None);
    relicense("kiln-cache", Some("MIT"));
    let found = licence::only_allowed_licences(&metadata, &policy());
    assert_eq!(found.len(), 3, "{found:?}");
}
