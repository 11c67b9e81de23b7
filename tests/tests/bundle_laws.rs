//! The laws of `docs/architecture.md` that speak of what is inside a bundle, on small tables.

use kiln_cache::hash::Digest;
use kiln_cache::vocabulary::{
    Access, ArgKind, Dtype, Extent, Kernarg, KernelEntry, Operation, Predicate, Provenance, Rule,
    Statics, Table,
};
use kiln_tests::weights::one_copy;

/// A kernel that reads packed weights in memory order `order`.
fn kernel(name: &str, order: &str) -> KernelEntry {
    let weights = ArgKind::Buffer {
        format: "awq_g32_asym".into(),
        part: "values".into(),
        dtype: Dtype::U32,
        bits: 4,
        shape: [Extent::ceil_div("n", 1), Extent::ceil_div("k", 1)],
        order: order.into(),
        access: Access::In,
    };
    KernelEntry {
        name: name.into(),
        recipe: "mmq_q4".into(),
        params: [].into(),
        object: 0,
        symbol: name.into(),
        threads: 1,
        geometry: [Extent::default(), Extent::default(), Extent::default()],
        kernarg: Kernarg::lay_out([("w.quants".into(), weights), ("m".into(), ArgKind::Dim)]),
        lds_bytes: 0,
        statics: Statics {
            vgprs: 32,
            sgprs: 16,
            lds_bytes: 0,
            spills: 0,
            scratch_bytes: 0,
            code_bytes: 4,
            isa_hash: Digest::of(b"code"),
        },
    }
}

fn rule(when: Predicate, kernel: &str) -> Rule {
    Rule {
        when,
        kernel: kernel.into(),
        inputs: [].into(),
        provenance: Provenance::Modelled,
        time_us: None,
        interval: None,
        roofline: None,
        bound: None,
        error: 0.0,
        dims: [].into(),
    }
}

/// `linear_q4` of a size with an epilogue: `few` for up to 32 rows, `many` beyond.
fn table(n: u64, epilogue: &str, few: &str, many: &str) -> Table {
    let operation = Operation {
        name: "linear_q4".into(),
        attributes: [("epilogue".into(), epilogue.into())].into(),
        dims: [("n".into(), n), ("k".into(), 5120)].into(),
    };
    let rules = vec![rule(Predicate::range("m", 1, 32), few), rule(Predicate::always(), many)];
    Table::new(operation, rules).expect("the table should end in a total rule")
}

#[test]
fn kernels_for_few_and_many_rows_share_one_copy_of_the_weights() {
    let kernels = [kernel("few", "row_major"), kernel("many", "row_major")];
    assert_eq!(one_copy(&[table(96, "none", "few", "many")], &kernels), []);
}

#[test]
fn a_second_memory_order_of_the_same_weights_is_found() {
    let kernels = [kernel("few", "row_major"), kernel("many", "fragment")];
    let found = one_copy(&[table(96, "none", "few", "many")], &kernels);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].what, "many needs a second copy of the weights of few");
}

#[test]
fn operations_on_the_same_tensor_share_its_copy_and_others_need_not() {
    let kernels = [kernel("few", "row_major"), kernel("many", "fragment")];
    let (plain, fused) = (table(96, "none", "few", "few"), table(96, "residual", "many", "many"));
    assert_eq!(one_copy(&[plain.clone(), fused], &kernels).len(), 2);
    assert_eq!(one_copy(&[plain, table(128, "none", "many", "many")], &kernels), []);
}

#[test]
fn a_rule_that_hides_its_evidence_does_not_load() {
    let whole = serde_json::to_value(rule(Predicate::always(), "k")).expect("a rule is data");
    assert!(serde_json::from_value::<Rule>(whole.clone()).is_ok());
    for field in ["provenance", "error"] {
        let mut bare = whole.clone();
        bare.as_object_mut().expect("a rule should be an object").remove(field);
        assert!(serde_json::from_value::<Rule>(bare).is_err(), "{field} may be left out");
    }
    let mut guessed = whole;
    guessed["provenance"] = "guessed".into();
    assert!(serde_json::from_value::<Rule>(guessed).is_err());
}

#[test]
fn a_table_without_a_fallback_does_not_exist() {
    let rules = vec![rule(Predicate::range("m", 1, 32), "few")];
    assert!(Table::new(Operation::default(), rules).is_err());
}
