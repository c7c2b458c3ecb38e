//! How often the intervals of the default rule hold the truth: prints `docs/reference/coverage.md`.
//!
//! `cargo run --release -p bedside-stats --example coverage [worlds]`

#![expect(clippy::print_stdout, reason = "an example that prints a page")]

mod continuous;
mod proportions;
#[path = "../../tests/simulation/mod.rs"]
mod simulation;

use bedside_stats::{Interval, Level, Observation, Scale01, mean_estimate};
use simulation::{DEMANDED, Tally, least_held};

const LEVEL: Level = Level::NINETY_FIVE;
/// Cells below this in the first pass are simulated again, with ten times as many new worlds.
const LOOK_AGAIN: f64 = 0.94;

fn by_rule(observations: &[Observation], scale: Scale01) -> Option<Interval> {
    mean_estimate(observations, scale, LEVEL).ok().map(|estimate| estimate.ci())
}

/// Everything simulated so far, and what fell short.
struct Page {
    worlds: u64,
    cells: usize,
    again: usize,
    zero_width: u64,
    /// Name, tally and whether it was simulated again.
    low: Vec<(String, Tally)>,
}

impl Page {
    /// Why the cells that fall short do so.
    fn reasons() {
        println!("\n## Known dips by name\n");
        println!(
            "Yes/no scores: none in this grid. (Wilson's interval alone has some, see the first table: which is why the rule takes the"
        );
        println!("exact one below 15 events or non-events.) Scores between 0 and 1 that are not only 0 and 1:\n");
        println!(
            "- **Unseen high scores**: one score in ten at 1, the others near 0, under 30 clusters. A third of the samples of ten show no"
        );
        println!(
            "  1, and then the upper limit is too low. It is as low with more when about one in that many scores so high (0.66 for 100 items)."
        );
        println!(
            "  The lower limit allows for one unseen failure, because an empty or refused answer scores 0 on any scale. The upper limit"
        );
        println!(
            "  allows for no unseen success: on overlap metrics, which never come near 1, that would double the width. (Losses, where a"
        );
        println!("  failure costs 1, have their room above: `Scale01::Loss`.)");
        println!(
            "- **Large clusters that fail as a whole**: one answer in ten 0, the others near 1, 20 items a cluster, icc 0.5, about 20"
        );
        println!(
            "  clusters. The unseen failure is taken to be of one item when the failures that were seen do not hang together."
        );
        println!("- **Strong skew in 5 to 10 clusters** (the fourth power of a uniform number).");
    }

    /// Tallies a cell; if it looks low, with new worlds. A cell that stays below what is demanded is remembered by name.
    fn tally(&mut self, name: &str, simulate: impl Fn(std::ops::Range<u64>) -> Tally) -> Tally {
        self.cells += 1;
        let mut tally = simulate(0..self.worlds);
        self.zero_width += tally.zero_width;
        if tally.coverage() < LOOK_AGAIN {
            self.again += 1;
            tally = simulate(self.worlds..11 * self.worlds);
            self.zero_width += tally.zero_width;
            if tally.coverage() < DEMANDED {
                self.low.push((name.to_owned(), tally));
            }
        }
        tally
    }

    fn verdict(&self) {
        let again = 10 * self.worlds;
        let least = least_held(again, self.cells);
        println!("\n## What was found\n");
        println!(
            "{} cells; {} of them fell below {LOOK_AGAIN} and were simulated again with {again} new worlds. Intervals without width: {}.",
            self.cells, self.again, self.zero_width
        );
        println!(
            "In a cell with a true coverage of {DEMANDED}, fewer than {least} of {again} intervals ({:.4}) hold the truth so seldom that it \
             would happen to any of the {} cells in one page out of twenty (binomial law, Bonferroni). Every cell whose second \
             pass is below {DEMANDED} is named here, whether chance could explain it or not.\n",
            least as f64 / again as f64,
            self.cells
        );
        if self.low.is_empty() {
            println!("No cell is below {DEMANDED}.");
            return;
        }
        println!("| cell | coverage | within chance of {DEMANDED} |\n| --- | ---: | --- |");
        for (name, tally) in &self.low {
            let within = if tally.held >= least { "yes" } else { "**no**" };
            println!("| {name} | {:.3} | {within} |", tally.coverage());
        }
    }
}

fn main() {
    let worlds = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1_000);
    let mut page = Page { worlds, cells: 0, again: 0, zero_width: 0, low: Vec::new() };
    println!("# Coverage: how often the intervals hold the truth\n");
    println!(
        "Made by `cargo run --release -p bedside-stats --example coverage {worlds}`; not edited by hand. Seed: the streams of ChaCha8 with"
    );
    println!(
        "the key 17, 17, …, one for each world; {worlds} worlds a cell. The interval is the one that the default rule takes at 95 %"
    );
    println!(
        "(`bedside_stats::rule`). Demanded is a coverage of at least {DEMANDED} everywhere, and no interval without width. More than 0.95 is"
    );
    println!("allowed for exact methods and rare events. A cell shows the coverage and, in brackets, the mean width.");
    proportions::independent(&mut page);
    proportions::clustered(&mut page);
    continuous::by_law(&mut page);
    page.verdict();
    Page::reasons();
    continuous::methods(worlds / 5);
}
