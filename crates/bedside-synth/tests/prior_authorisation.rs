//! The generated prior-authorisation task, checked by a reader that knows nothing but the rendered text.

use std::collections::{BTreeMap, BTreeSet};

use bedside_core::item::ItemLine;
use bedside_synth::prior_authorisation::generate;
use jiff::civil::Date;

/// Reads policy and chart as text and applies the rule. Shares no code with the generator.
fn decision(item: &ItemLine) -> &'static str {
    let field = |name: &str| item.input[name].as_str().unwrap().to_lowercase();
    let (policy, request, chart) = (field("policy"), field("request"), field("chart"));
    let today: Date = between(&request, "request of ", ":").parse().unwrap();
    let age: u32 = between(&chart, ", ", " years").parse().unwrap();
    let problems: Vec<&str> = between(&chart, "problem list: ", "\n").split("; ").collect();
    let attached: Vec<&str> = chart.rsplit("attached: ").next().unwrap().split("; ").collect();
    let (mut denied, mut unknown) = (false, false);
    for line in policy.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit())) {
        let criterion = line.split_once(". ").unwrap().1;
        let met = if let Some((diagnosis, rest)) = criterion.split_once(" is on the problem list, ") {
            Some(problems.contains(&diagnosis) && age >= between(rest, "at least ", " years").parse().unwrap())
        } else if let Some((name, rest)) = criterion.split_once(" is at ") {
            measured(&chart, name, rest, today)
        } else if let Some((therapy, rest)) = criterion.split_once(" was tried in one unbroken course of at least ") {
            course(&chart, therapy, rest)
        } else if let Some(document) = criterion.strip_prefix("a ").and_then(|rest| rest.strip_suffix(" is attached."))
        {
            attached.contains(&document).then_some(true)
        } else {
            Some(!problems.contains(&criterion.strip_suffix(" is not on the problem list.").unwrap()))
        };
        denied |= met == Some(false);
        unknown |= met.is_none();
    }
    if denied {
        "deny"
    } else if unknown {
        "more-info"
    } else {
        "approve"
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let rest = &text[text.find(before).unwrap_or_else(|| panic!("no {before:?} in {text}")) + before.len()..];
    &rest[..rest.find(after).unwrap_or(rest.len())]
}

/// Some(met), or None when no result of the window is on file. `rest`: `least 8.5 mg/l, by the newest result of the 60 days …`.
fn measured(chart: &str, name: &str, rest: &str, today: Date) -> Option<bool> {
    let limit: f64 = rest.split(' ').nth(1).unwrap().parse().unwrap();
    let window: i32 = between(rest, "newest result of the ", " days").parse().unwrap();
    let newest = chart
        .lines()
        .filter_map(|line| line.strip_prefix("- ")?.split_once(&format!(" {name}: ")))
        .map(|(day, value)| (day.parse::<Date>().unwrap(), value.split(' ').next().unwrap().parse::<f64>().unwrap()))
        .filter(|(day, _)| (today - *day).get_days() <= window)
        .max_by_key(|(day, _)| *day)?;
    Some(if rest.starts_with("least") { newest.1 >= limit } else { newest.1 <= limit })
}

/// Some(met), or None when a course's last day is missing. `rest`: `12 weeks, with …. weeks supplied as samples do not count.`
fn course(chart: &str, therapy: &str, rest: &str) -> Option<bool> {
    let weeks: i32 = rest.split(' ').next().unwrap().parse().unwrap();
    let uncounted = between(rest, ". weeks ", " do not count");
    let mut undated = false;
    for course in chart.lines().filter_map(|line| line.strip_prefix("- ")?.strip_prefix(therapy)?.strip_prefix(": ")) {
        let (dates, form) = course.split_once(", ").unwrap_or((course, ""));
        let (from, to) = dates.split_once(" to ").unwrap();
        match to.parse::<Date>() {
            Ok(to) if form != uncounted && (to - from.parse::<Date>().unwrap()).get_days() >= 7 * weeks => {
                return Some(true);
            }
            Ok(_) => {}
            Err(_) => undated = true,
        }
    }
    (!undated).then_some(false)
}

#[test]
fn the_key_follows_from_the_text() {
    for seed in 0..20 {
        for item in generate(seed, 180) {
            assert_eq!(
                item.reference,
                decision(&item),
                "{}\n{}\n{}",
                item.id,
                item.input["policy"],
                item.input["chart"]
            );
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_items() {
    let lines = |seed, n| generate(seed, n).iter().map(|item| serde_json::to_string(item).unwrap()).collect::<Vec<_>>();
    assert_eq!(lines(3, 60), lines(3, 60));
    assert_eq!(lines(3, 20), lines(3, 60)[..20]);
    assert_ne!(lines(3, 60), lines(4, 60));
}

#[test]
fn no_constant_policy_beats_chance() {
    for n in [60, 300] {
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        for item in generate(1, n) {
            *counts.entry(item.reference.as_str().unwrap().to_owned()).or_default() += 1;
        }
        assert_eq!(counts.values().copied().collect::<Vec<_>>(), [n / 3; 3], "{counts:?}");
    }
}

#[test]
fn triples_are_matched() {
    let mut triples: BTreeMap<String, Vec<ItemLine>> = BTreeMap::new();
    for item in generate(1, 60) {
        triples.entry(item.cluster.clone().unwrap()).or_default().push(item);
    }
    assert_eq!(triples.len(), 20);
    for items in triples.values() {
        let keys: BTreeSet<&str> = items.iter().map(|item| item.reference.as_str().unwrap()).collect();
        assert_eq!(keys.len(), 3);
        for item in items {
            assert_eq!(
                (&item.input["policy"], &item.input["request"], &item.template),
                (&items[0].input["policy"], &items[0].input["request"], &items[0].template)
            );
            // Charts differ in one line each from the chart that is approved.
            let approved = items.iter().find(|item| item.reference == "approve").unwrap();
            let lines = |item: &ItemLine| {
                item.input["chart"].as_str().unwrap().lines().map(str::to_owned).collect::<BTreeSet<_>>()
            };
            assert!(lines(item).difference(&lines(approved)).count() <= 1, "{}", item.input["chart"]);
        }
    }
    let templates: BTreeSet<_> = triples.values().map(|items| items[0].template.clone()).collect();
    assert_eq!(templates.len(), 12);
}

#[test]
fn surface_says_nothing() {
    let items = generate(9, 3000);
    let of = |decision: &'static str| items.iter().filter(move |item| item.reference == decision);
    let share = |decision: &'static str, seen: &dyn Fn(&str) -> bool| {
        of(decision).filter(|item| seen(item.input["chart"].as_str().unwrap())).count() as f64
            / of(decision).count() as f64
    };
    // Distractors stand in charts of every decision equally often.
    for word in ["Family history", "was considered and ruled out"] {
        let shares = ["approve", "deny", "more-info"].map(|decision| share(decision, &|chart| chart.contains(word)));
        assert!(
            (0.25..0.42).contains(&shares[0])
                && (shares[0] - shares[1]).abs() < 1e-9
                && (shares[0] - shares[2]).abs() < 1e-9,
            "{word} {shares:?}"
        );
    }
    // A chart's length does not give its decision away.
    let length = |decision: &'static str| {
        of(decision).map(|item| item.input["chart"].as_str().unwrap().len()).sum::<usize>() as f64
            / of(decision).count() as f64
    };
    let lengths = ["approve", "deny", "more-info"].map(length);
    assert!(lengths.iter().all(|length| (length / lengths[0] - 1.0).abs() < 0.05), "{lengths:?}");
    // Nor does its place in the file.
    for position in 0..3 {
        let first = items.iter().skip(position).step_by(3).filter(|item| item.reference == "approve").count();
        assert!((270..400).contains(&first), "{first} of 1000 at place {position}");
    }
    // Every reason to deny or to ask is drawn.
    let facts: BTreeSet<&str> = items.iter().map(|item| item.strata["fact"].as_str()).collect();
    assert_eq!(facts.len(), 10);
}

#[test]
fn keys_and_reasons_are_not_in_reach_of_a_prompt() {
    for item in generate(1, 60) {
        let shown = serde_json::to_string(&item.input).unwrap();
        assert!(!shown.contains(&item.strata["fact"]) && !shown.contains(&item.id), "{shown}");
    }
}
