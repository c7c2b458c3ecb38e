//! Whatever stands in a run file, the page is a page of text, the terminal stays as it was, and the spreadsheet computes nothing.

use bedside_report::{ItemsShown, PageOptions, analyze, page};
use bedside_stats::Level;

mod common;
#[path = "common/markup.rs"]
mod markup;

/// One of each kind: elements, handlers, breaking out of attributes and raw text, schemes, SVG, style, templates, entities,
/// terminal sequences, reordering, formulas.
const PAYLOADS: [&str; 18] = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\" onmouseover=\"alert(1)",
    "' autofocus onfocus='alert(1)",
    "</style><script>alert(1)</script>",
    "</title></head><body onload=alert(1)>",
    "</pre></details><iframe src=javascript:alert(1)>",
    "--><svg/onload=alert(1)>",
    "]]><svg><animate onbegin=alert(1) attributeName=x>",
    "javascript:alert(1)",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<style>@import url(//evil.example)</style>",
    "{{ 7 * 7 }}{% raw %}{{ self }}{% include 'top.html' %}",
    "&lt;script&gt;alert(1)&lt;/script&gt;&#60;script&#62;",
    "\u{1b}]52;c;ZXZpbA==\u{7}\u{1b}[2J\u{9b}31m\r\u{8}",
    "\u{202e}gnp.exe\u{2066}\u{200b}\u{feff}\u{e0041}",
    "=HYPERLINK(\"http://evil.example\")",
    "<base href=//evil.example><meta http-equiv=refresh content=0;url=//evil.example>",
];

#[test]
fn no_payload_becomes_markup_a_control_character_or_a_formula() {
    for payload in PAYLOADS {
        let mut run = common::run();
        common::poison(&mut run, payload);
        let file = common::write(&run);
        let reader = file.reader();
        let analysis = analyze(&reader, Level::NINETY_FIVE).expect("analysed");
        let mut html = Vec::new();
        let options = PageOptions { items_per_task: ItemsShown::AtMost(3) };
        page(&reader, &analysis, &options, &mut html).expect("written");
        let html = String::from_utf8(html).expect("UTF-8");
        markup::assert_only_ours(&html);
        assert_no_control(&html);
        assert_no_control(&analysis.terminal(100));
        for row in csv::Reader::from_reader(analysis.to_csv().expect("written").as_bytes()).into_records() {
            for field in &row.expect("a record") {
                let number = field.parse::<f64>().is_ok();
                assert!(number || !field.starts_with(['=', '+', '-', '@', '\t', '\r']), "{field:?}");
            }
        }
    }
}

fn assert_no_control(text: &str) {
    let acts = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t')) || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!text.contains(acts), "a control character came through");
}

#[test]
fn a_huge_output_is_cut_with_a_note() {
    let mut run = common::run();
    let cell = run.cells.iter_mut().find(|cell| cell.at.benchmark == 1 && cell.at.system == 0).expect("a note");
    let huge = "word ".repeat(100_000);
    cell.finished.output = Some(bedside_core::Digest::of(huge.as_bytes()));
    cell.output = Some(huge.clone());
    run.blobs.push(huge.into_bytes());
    let file = common::write(&run);
    let reader = file.reader();
    let analysis = analyze(&reader, Level::NINETY_FIVE).expect("analysed");
    let mut html = Vec::new();
    page(&reader, &analysis, &PageOptions::default(), &mut html).expect("written");
    let html = String::from_utf8(html).expect("UTF-8");
    assert!(html.contains("Cut for display after 20000 characters: 500000 characters in the run file."));
    assert!(html.len() < 600_000, "{}", html.len());
}
