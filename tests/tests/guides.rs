//! The guides name what there is: every flag, every key of a target file, every field of a bundle.

use kiln_tests::workspace::root;

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).expect("the file should be there")
}

/// Names of the fields that a source file declares with a visibility.
fn fields(source: &str) -> Vec<String> {
    let declared = source
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("pub") && !line.contains("fn "));
    let named = declared.filter_map(|line| line.split_once(": "));
    let words = named.filter_map(|(head, _)| head.split_whitespace().last());
    words
        .filter(|word| word.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        .map(str::to_owned)
        .collect()
}

/// What of `names` a guide does not mention in code.
fn missing(guide: &str, names: impl IntoIterator<Item = String>) -> Vec<String> {
    let text = read(guide);
    let code: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
    let word = |c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let said = |name: &String| code.iter().any(|code| code.split(word).any(|part| part == name));
    names.into_iter().filter(|name| !said(name)).collect()
}

#[test]
fn the_guide_to_tuning_names_every_flag() {
    let source = read("tuner/src/cli/args.rs");
    let (_, tune) = source.split_once("struct Tune {").expect("the flags should be there");
    let (tune, _) = tune.split_once("\n}").expect("the flags should end");
    let flags = fields(tune).into_iter().map(|name| format!("--{}", name.replace('_', "-")));
    assert_eq!(missing("docs/tuning.md", flags), Vec::<String>::new());
}

#[test]
fn the_guide_to_targets_names_every_key() {
    let mut keys = Vec::new();
    for path in ["targets/gfx1151.toml", "targets/x86-64-v4.toml"] {
        let table: toml::Table = read(path).parse().expect("a target should be TOML");
        let timing = table["timing"].as_table().expect("a target should have timing");
        keys.extend(table.keys().chain(timing.keys()).cloned());
    }
    assert_eq!(missing("docs/add-a-target.md", keys), Vec::<String>::new());
}

#[test]
fn the_description_of_bundles_names_every_field() {
    let sources = [
        "bundle/catalogue.rs",
        "bundle/manifest.rs",
        "vocabulary/kernel.rs",
        "vocabulary/table.rs",
    ];
    let names = sources.iter().flat_map(|path| fields(&read(&format!("cache/src/{path}"))));
    assert_eq!(missing("docs/bundle-format.md", names), Vec::<String>::new());
}

#[test]
fn a_name_that_is_not_mentioned_is_found() {
    let absent = ["no_such_key".to_owned()];
    assert_eq!(missing("docs/tuning.md", absent.clone()), absent);
    assert_eq!(fields("    pub(super) out: PathBuf,\n    hidden: u8,\n"), ["out"]);
}
