//! Generalizability studies by name.

use super::{Named, input};
use crate::StatsError;
use crate::variance::g_study::{
    Component, GStudy, persons_by_items, persons_by_items_by_judges, persons_by_raters_in_tasks,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

pub(super) const PERSONS_BY_ITEMS: Named = Named {
    name: "g_study_p_x_i",
    about: "Components of variance of persons, items and residual, and reliability with other numbers of items, from a full table",
    example: r#"{"persons_by_items": [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]}"#,
    run: p_x_i,
};

pub(super) const PERSONS_BY_ITEMS_BY_JUDGES: Named = Named {
    name: "g_study_p_x_i_x_j",
    about: "Components of variance of persons, items, judges and their interactions, raw and truncated at 0, from a full table",
    example: r#"{"persons_by_items_by_judges": [[[0, 1], [2, 1]], [[1, 1], [3, 2]], [[2, 3], [3, 5]]]}"#,
    run: p_x_i_x_j,
};

pub(super) const PERSONS_BY_RATERS_IN_TASKS: Named = Named {
    name: "g_study_p_x_r_in_t",
    about: "Components of variance of persons, tasks and raters within tasks, and reliability of other designs, from a full table",
    example: r#"{"persons_by_tasks_by_raters": [[[5, 6], [5, 3]], [[9, 3], [7, 5]], [[3, 4], [5, 3]]]}"#,
    run: p_x_r_in_t,
};

/// `n_items`: numbers of items to look at; 1, as many as given, and 10 if absent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Items {
    persons_by_items: Vec<Vec<f64>>,
    n_items: Option<Vec<u32>>,
}

fn p_x_i(value: &Value) -> Result<Value, StatsError> {
    let Items { persons_by_items: scores, n_items } = input(value)?;
    let study = persons_by_items(&scores)?;
    let mut report = components(&study);
    for n in n_items.unwrap_or_else(|| vec![1, levels(&study)[0], 10]) {
        report.insert(format!("dstudy_{n}"), d_study(&study, [n, 1])?);
    }
    Ok(report.into())
}

/// `designs`: numbers of items and judges to look at; as many as given if absent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Judged {
    persons_by_items_by_judges: Vec<Vec<Vec<f64>>>,
    designs: Option<Vec<[u32; 2]>>,
}

fn p_x_i_x_j(value: &Value) -> Result<Value, StatsError> {
    let Judged { persons_by_items_by_judges: scores, designs } = input(value)?;
    let study = persons_by_items_by_judges(&scores)?;
    let mut report = components(&study);
    for [i, j] in designs.unwrap_or_else(|| vec![levels(&study)]) {
        report.insert(format!("dstudy_ni{i}_nj{j}"), d_study(&study, [i, j])?);
    }
    Ok(report.into())
}

/// `designs`: numbers of tasks and raters a task to look at. If absent: as many as given, three times the raters, and twice the
/// tasks with half the raters. `layout` is a note and not read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nested {
    persons_by_tasks_by_raters: Vec<Vec<Vec<f64>>>,
    designs: Option<Vec<[u32; 2]>>,
    #[serde(rename = "layout")]
    _layout: Option<String>,
}

fn p_x_r_in_t(value: &Value) -> Result<Value, StatsError> {
    let Nested { persons_by_tasks_by_raters: scores, designs, _layout } = input(value)?;
    let study = persons_by_raters_in_tasks(&scores)?;
    let mut report = components(&study);
    let [t, r] = levels(&study);
    for [t, r] in designs.unwrap_or_else(|| vec![[t, r], [t, 3 * r], [2 * t, (r / 2).max(1)]]) {
        report.insert(format!("dstudy_nt{t}_nr{r}"), d_study(&study, [t, r])?);
    }
    Ok(report.into())
}

/// Levels of the facets in the data: vectors are never longer than fits.
fn levels(study: &GStudy) -> [u32; 2] {
    study.levels.map(|levels| u32::try_from(levels).unwrap_or(u32::MAX))
}

fn components(study: &GStudy) -> Map<String, Value> {
    let of = |figure: fn(&Component) -> f64| -> Value {
        study.components.iter().map(|component| (component.name.to_owned(), json!(figure(component)))).collect()
    };
    let squares: Map<String, Value> = study
        .components
        .iter()
        .map(|component| (component.name.trim_end_matches("_e").to_owned(), json!(component.mean_square)))
        .collect();
    let mut report = Map::new();
    report.insert("mean_squares".into(), squares.into());
    report.insert("degrees_of_freedom".into(), of(|component| component.freedom));
    report.insert("variance_components".into(), of(|component| component.raw));
    report.insert("variance_components_truncated".into(), of(Component::truncated));
    report
}

fn d_study(study: &GStudy, levels: [u32; 2]) -> Result<Value, StatsError> {
    let found = study.d_study(levels)?;
    Ok(json!({
        "rel_error_var": found.relative_error,
        "abs_error_var": found.absolute_error,
        "sem_abs": found.absolute_error.sqrt(),
        "E_rho2": found.generalizability,
        "Phi": found.dependability,
    }))
}
