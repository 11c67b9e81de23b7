//! Search spaces, and recipes behind the erased interface.

use super::mmq::{Arithmetic, GOOD, Mmq, MmqQ4};
use crate::dsl::{AnyRecipe, ParamError, Params, Values};
use crate::prelude::Target;

#[test]
fn all_points_come_in_lexicographic_order_the_first_field_slowest() {
    let mut points = Mmq::all();
    let first = points.next().unwrap();
    assert_eq!(
        first.to_string(),
        "{ mmq_x: 16, mmq_y: 32, nwarps: 2, depth: 32, stages: 1, arithmetic: iu8 }"
    );
    assert_eq!(points.next().unwrap(), Mmq { arithmetic: Arithmetic::F16, ..first });
    assert_eq!(points.next().unwrap(), Mmq { stages: 2, ..first });
    assert_eq!(Mmq::all().last().unwrap().mmq_x, 64);
    let mut texts: Vec<String> = Mmq::all().map(|point| point.to_string()).collect();
    texts.sort();
    texts.dedup();
    assert_eq!((texts.len(), Mmq::count()), (432, 432));
}

#[test]
fn axes_carry_their_documentation_and_values_as_text() {
    let [x, .., arithmetic] = Mmq::AXES else { panic!("the space should have several axes") };
    assert_eq!((x.name, x.doc), ("mmq_x", "Tokens per workgroup."));
    assert_eq!((x.values)(), ["16", "32", "48", "64"]);
    assert_eq!((arithmetic.name, arithmetic.doc), ("arithmetic", ""));
    assert_eq!((arithmetic.values)(), ["iu8", "f16"]);
}

#[test]
fn points_survive_json() {
    for point in Mmq::all() {
        let text = serde_json::to_string(&point).unwrap();
        assert_eq!(serde_json::from_str::<Mmq>(&text).unwrap(), point);
        assert_eq!(Mmq::from_values(&point.values()), Ok(point));
    }
    let expect = r#"{"arithmetic":"iu8","depth":64,"mmq_x":48,"mmq_y":64,"nwarps":4,"stages":2}"#;
    assert_eq!(serde_json::to_string(&GOOD).unwrap(), expect);
}

#[test]
fn a_stored_point_outside_the_space_is_refused_by_name() {
    let spoil = |change: fn(&mut Values)| {
        let mut values = GOOD.values();
        change(&mut values);
        Mmq::from_values(&values).unwrap_err()
    };
    assert_eq!(
        spoil(|values| drop(values.insert("depth".into(), 48.into()))).to_string(),
        "the parameter `depth` cannot be 48; it is one of 32, 64, 128"
    );
    assert_eq!(
        spoil(|values| drop(values.insert("arithmetic".into(), "F16".into()))).to_string(),
        "the parameter `arithmetic` cannot be \"F16\"; it is one of iu8, f16"
    );
    let missing = spoil(|values| drop(values.remove("stages")));
    assert_eq!(missing, ParamError::Missing("stages".into()));
    let unknown = spoil(|values| drop(values.insert("stage".into(), 1.into()))).to_string();
    assert!(unknown.starts_with("there is no parameter `stage`; there are: mmq_x, "), "{unknown}");
}

#[test]
fn a_choice_that_does_not_exist_is_refused_with_those_that_do() {
    assert_eq!("f16".parse(), Ok(Arithmetic::F16));
    let error = "f15".parse::<Arithmetic>().unwrap_err();
    assert_eq!(error, "`f15` is not one of iu8, f16");
}

#[test]
fn a_catalogue_can_enumerate_admit_and_build_without_knowing_the_parameters() {
    let catalogue: [Box<dyn AnyRecipe>; 1] = [Box::new(MmqQ4)];
    let target = Target::builtin("gfx1151").unwrap();
    let recipe = &catalogue[0];
    assert_eq!((recipe.name(), recipe.count(), recipe.axes().len()), ("mmq_q4", 432, 6));
    let admitted = recipe.candidates().filter(|point| point.admits(&target).is_ok()).count();
    assert_eq!(admitted, Mmq::all().filter(|p| p.mmq_y / 16 % p.nwarps == 0).count());
    let point = recipe.candidate(&GOOD.values()).unwrap();
    assert_eq!(point.to_string(), GOOD.to_string());
    assert_eq!(point.values(), recipe.default_candidate(&target).values());
    assert_eq!(point.signature(&target).dims(), ["m", "n", "k"]);
    assert_eq!(point.build(&target).unwrap().parts.len(), 7);
    assert!(recipe.candidate(&Values::new()).is_err());
}
