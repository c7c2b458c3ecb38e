//! Facts as text: the policy, the request and the chart excerpt. Regular on purpose, so that an independent reader can check it.

use std::fmt::Write as _;

use super::case::Chart;
use super::policy::{Criterion, Policy};

/// The policy, with its rule.
pub fn policy(policy: &Policy) -> String {
    let template = policy.template;
    let mut text = format!("COVERAGE POLICY (invented): {}\nCriteria:\n", template.request);
    for (position, criterion) in policy.criteria.iter().enumerate() {
        let criterion = match criterion {
            Criterion::DiagnosisAndAge => {
                format!(
                    "{} is on the problem list, and the patient is at least {} years old.",
                    capital(template.diagnosis),
                    policy.age
                )
            }
            Criterion::Measure => format!(
                "{} is at {} {} {}, by the newest result of the {} days before the request.",
                capital(template.measure.name),
                if template.measure.at_least { "least" } else { "most" },
                tenths(policy.limit),
                template.measure.unit,
                policy.window
            ),
            Criterion::Therapy => format!(
                "{} was tried in one unbroken course of at least {} weeks, with first and last day recorded. Weeks {} do not count. One such course is enough.",
                capital(template.therapy),
                policy.weeks,
                template.uncounted
            ),
            Criterion::Document => format!("A {} is attached.", template.document),
            Criterion::Exclusion => format!("{} is not on the problem list.", capital(template.exclusion)),
        };
        writeln!(text, "{}. {criterion}", position + 1).expect("writing to a string");
    }
    text.push_str(
        "Rule:\n\
         - A value exactly at a limit meets it. Relatives' conditions and conditions that were ruled out are not on the problem list.\n\
         - Deny if the chart shows that a criterion is not met.\n\
         - Otherwise ask for more information if a criterion cannot be decided from the chart: the result is missing or too old, a first or last day is missing, a document is not attached.\n\
         - Otherwise approve.",
    );
    text
}

/// The request.
pub fn request(policy: &Policy, chart: &Chart) -> String {
    format!("REQUEST of {}: {} for {}.", chart.today, policy.template.request, policy.template.diagnosis)
}

/// The chart excerpt.
pub fn chart(policy: &Policy, chart: &Chart) -> String {
    let template = policy.template;
    let mut problems = vec![template.diagnosis];
    problems.extend(&chart.other_problems);
    if chart.excluded {
        problems.push(template.exclusion);
    }
    let mut documents = chart.other_documents.clone();
    if chart.document {
        documents.push(template.document);
    }
    let mut lines = vec![
        format!("CHART EXCERPT\nPatient: {}, {} years", if chart.woman { "woman" } else { "man" }, chart.age),
        format!("Problem list: {}", problems.join("; ")),
    ];
    lines.extend(chart.exclusion_elsewhere.clone());
    lines.push("Results:".to_owned());
    if chart.results.is_empty() {
        lines.push(format!("- no {} on file", template.measure.name));
    }
    for result in &chart.results {
        lines.push(format!(
            "- {} {}: {} {}",
            result.on,
            template.measure.name,
            tenths(result.tenths),
            template.measure.unit
        ));
    }
    lines.push("Treatments:".to_owned());
    for course in &chart.courses {
        let to = course.to.map_or("last day not recorded".to_owned(), |to| to.to_string());
        let form = if course.uncounted { format!(", {}", template.uncounted) } else { String::new() };
        lines.push(format!("- {}: {} to {to}{form}", template.therapy, course.from));
    }
    lines.push(format!("Attached: {}", documents.join("; ")));
    lines.join("\n")
}

fn tenths(value: u32) -> String {
    match value % 10 {
        0 => (value / 10).to_string(),
        rest => format!("{}.{rest}", value / 10),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
