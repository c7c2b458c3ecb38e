//! A forest plot: one row a system, its score with the interval, and the mark of the best null policy.
//!
//! The SVG holds no script, style or link; colours are attributes, because the page's policy forbids inline styles. The same
//! numbers stand in the table next to it, so the picture is an addition and never the only source.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use bedside_core::shown::Shown;

use crate::error::ReportError;

/// One row of the plot, on the scale of the axis.
#[derive(Clone, Debug)]
pub struct ForestRow {
    /// The system, in words.
    pub label: String,
    /// Score, lower and upper end of its interval.
    pub score: (f64, f64, f64),
    /// Score of the best null policy.
    pub floor: Option<f64>,
}

const WIDTH: u32 = 1_060;
const ROW: u32 = 34;
const ABOVE: u32 = 14;
const BELOW: u32 = 46;
const LABELS: u32 = 340;
const RIGHT: u32 = 30;
/// Characters of a label that fit beside the plot.
const LABEL_SHOWN: usize = 40;

const INK: RGBColor = RGBColor(26, 31, 36);
const SCORE: RGBColor = RGBColor(11, 79, 108);
const FLOOR: RGBColor = RGBColor(156, 66, 33);
const GRID: RGBColor = RGBColor(214, 220, 226);

/// The plot as SVG. `most` is the upper end of the axis: 1, or 100 for overlap metrics.
pub fn forest(rows: &[ForestRow], most: f64) -> Result<String, ReportError> {
    let mut svg = String::new();
    draw(rows, most, &mut svg).map_err(|error| ReportError::Chart(error.to_string()))?;
    Ok(svg)
}

fn draw(rows: &[ForestRow], most: f64, svg: &mut String) -> Result<(), Box<dyn std::error::Error>> {
    let count = u32::try_from(rows.len())?;
    let height = ABOVE + ROW * count + BELOW;
    let area = SVGBackend::with_string(svg, (WIDTH, height)).into_drawing_area();
    let (left, right) = (f64::from(LABELS), f64::from(WIDTH - RIGHT));
    let across = |value: f64| pixel(left + (value / most).clamp(0.0, 1.0) * (right - left));
    let bottom = pixel(f64::from(ABOVE + ROW * count));
    let text = |size: u32, horizontal, vertical| {
        ("sans-serif", size).into_font().color(&INK).pos(Pos::new(horizontal, vertical))
    };
    for step in 0..=5_u8 {
        let value = most * f64::from(step) / 5.0;
        let x = across(value);
        area.draw(&PathElement::new([(x, pixel(f64::from(ABOVE))), (x, bottom)], GRID))?;
        let label = if most > 1.0 { format!("{value:.0}") } else { format!("{value:.1}") };
        area.draw(&Text::new(label, (x, bottom + 8), text(15, HPos::Center, VPos::Top)))?;
    }
    for (position, row) in rows.iter().enumerate() {
        let position = u32::try_from(position)?;
        let y = pixel(f64::from(ABOVE + ROW * position + ROW / 2));
        let label = Shown::cut(&row.label, LABEL_SHOWN).to_string();
        area.draw(&Text::new(label, (pixel(left) - 14, y), text(16, HPos::Right, VPos::Center)))?;
        let (score, lower, upper) = row.score;
        if let Some(floor) = row.floor {
            let x = across(floor);
            area.draw(&PathElement::new([(x, y - 12), (x, y + 12)], FLOOR.stroke_width(3)))?;
        }
        let (from, to) = (across(lower), across(upper));
        area.draw(&PathElement::new([(from, y), (to, y)], SCORE.stroke_width(2)))?;
        for end in [from, to] {
            area.draw(&PathElement::new([(end, y - 6), (end, y + 6)], SCORE.stroke_width(2)))?;
        }
        area.draw(&Circle::new((across(score), y), 6, SCORE.filled()))?;
    }
    area.present()?;
    Ok(())
}

#[expect(clippy::cast_possible_truncation, reason = "a place on a picture a few thousand pixels wide")]
fn pixel(place: f64) -> i32 {
    place.round() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_label_stays_text() {
        let label = "</text><script>alert(1)</script>\u{1b}]0;x\u{7}".to_owned();
        let svg = forest(&[ForestRow { label, score: (0.5, 0.4, 0.6), floor: Some(0.5) }], 1.0).expect("drawn");
        assert!(!svg.contains("<script") && !svg.contains('\u{1b}') && svg.contains("&lt;"), "{svg}");
        assert!(!svg.contains("style="), "the page's policy forbids inline styles: {svg}");
    }
}
