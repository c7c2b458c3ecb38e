//! Published scores, from the published predictions.
//!
//! The data stay where they are: set `BEDSIDE_MIRROR` to the folder that holds `aci-bench/` and `medec/`. Without it
//! these tests say that they were skipped, and pass.
#![expect(clippy::print_stderr, reason = "a test that was skipped has to say so")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use bedside_score::text::rouge::RougeScores;
use bedside_score::text::rouge_legacy::RougeLegacyScores;

fn mirror(test: &str) -> Option<PathBuf> {
    let mirror = std::env::var_os("BEDSIDE_MIRROR").map(PathBuf::from);
    if mirror.is_none() {
        eprintln!("skipped: {test} needs BEDSIDE_MIRROR, the folder with the published predictions");
    }
    mirror
}

/// The rows of a table, by column name.
fn rows(path: &Path) -> Vec<HashMap<String, String>> {
    let mut table = csv::Reader::from_path(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    table.deserialize().map(|row| row.unwrap_or_else(|error| panic!("{}: {error}", path.display()))).collect()
}

#[track_caller]
fn assert_means<const N: usize>(what: &str, sums: [f64; N], count: usize, published: [f64; N]) {
    for (sum, published) in sums.into_iter().zip(published) {
        let mean = sum / count as f64;
        assert!((mean - published).abs() < 1e-9, "{what}: {mean} is not {published}");
    }
}

/// ACI-Bench (Yim et al. 2023), test set 1: mean F over 40 notes of ROUGE-1, -2, -L and -Lsum, by Python's rouge-score
/// 0.1.2. The paper prints the first, the second and the last, in percent to two decimals.
#[test]
fn aci_bench_test1() {
    let systems = [
        (
            "test1_GPT-4",
            [0.517_580_380_734_322_4, 0.225_849_685_149_958_07, 0.302_946_911_406_655_1, 0.459_721_412_523_512_5],
        ),
        (
            "test1_ChatGPT",
            [0.474_380_884_503_786_5, 0.190_110_756_766_852_9, 0.271_076_298_461_053_86, 0.424_730_978_853_038_1],
        ),
        (
            "test1_Text-Davinci-003",
            [0.470_720_975_582_534_2, 0.220_768_676_516_404_14, 0.307_464_057_775_752_5, 0.431_131_569_638_304_8],
        ),
        (
            "test1_Text-Davinci-002",
            [0.410_826_403_196_812_85, 0.172_670_460_079_033_03, 0.250_656_740_854_869_8, 0.374_567_807_458_157_6],
        ),
        (
            "bart-large-xsum-samsum_clinicalnlp_taskB_test1_division_combined",
            [0.534_575_425_464_268_7, 0.250_775_384_914_644_63, 0.296_314_390_289_583_34, 0.486_181_687_391_470_44],
        ),
        (
            "UMLS_similarity_clinicalnlp_taskB_test1",
            [0.438_672_929_568_102_1, 0.175_460_518_487_059_43, 0.257_598_894_048_286_45, 0.404_685_210_392_559_45],
        ),
        (
            "transcript_clinicalnlp_taskB_test1",
            [0.328_443_753_246_547_6, 0.125_270_494_066_625_02, 0.188_627_527_761_643_63, 0.306_051_747_994_406_4],
        ),
    ];
    let Some(mirror) = mirror("aci_bench_test1") else { return };
    let folder = mirror.join("aci-bench");
    let references = rows(&folder.join("data/challenge_data/clinicalnlp_taskB_test1.csv"));
    for (system, published) in systems {
        let candidates = rows(&folder.join(format!("predictions/{system}.csv")));
        assert_eq!((references.len(), candidates.len()), (40, 40), "{system}");
        let mut sums = [0.0; 4];
        for (reference, candidate) in references.iter().zip(&candidates) {
            assert_eq!(reference["encounter_id"], candidate["encounter_id"], "{system}");
            let scores = RougeScores::new(&reference["note"], &candidate["note"]).expect(system);
            for (sum, score) in sums.iter_mut().zip([scores.rouge1, scores.rouge2, scores.rouge_l, scores.rouge_lsum]) {
                *sum += score.f1;
            }
        }
        assert_means(system, sums, 40, published);
    }
}

/// MEDIQA-CORR 2024 (MEDEC), the organisers' baseline on the validation set, by Python's rouge 1.0.1.
///
/// Texts where the reference, the system or both say "NA" (no error) are left out of the mean; of the composite score
/// they are part, as 1 where both say it. The quotation marks around a system's sentence are taken off; the reference
/// stays as it is, so a line end after its full stop is an empty word more.
#[test]
fn medec_baseline() {
    let Some(mirror) = mirror("medec_baseline") else { return };
    let folder = mirror.join("medec");
    let references = rows(&folder.join("MEDEC-MS/MEDEC-MS-ValidationSet-with-GroundTruth-and-ErrorType.csv"));
    let run = std::fs::read_to_string(folder.join("mediqa-corr-2024/baseline-run-1.txt")).expect("the baseline's run");
    // "ms-val-0 1 3 One week ago, …": text, error flag, sentence, correction
    let candidates: HashMap<&str, &str> = run
        .split_terminator('\n')
        .map(|line| {
            let mut parts = line.splitn(4, ' ');
            let id = parts.next().expect("an id");
            (id, parts.nth(2).expect("a sentence").trim_matches('"'))
        })
        .collect();

    let (mut sums, mut pairs, mut both_na) = ([0.0; 3], 0, 0);
    for row in &references {
        match (row["Corrected Sentence"].as_str(), candidates[row["Text ID"].as_str()]) {
            ("NA", "NA") => both_na += 1,
            ("NA", _) | (_, "NA") => {}
            (reference, candidate) => {
                let scores = RougeLegacyScores::new(reference, candidate).expect("neither is empty");
                for (sum, score) in sums.iter_mut().zip([scores.rouge1, scores.rouge2, scores.rouge_l]) {
                    *sum += score.f;
                }
                pairs += 1;
            }
        }
    }
    assert_eq!((references.len(), pairs, both_na), (574, 264, 17));
    assert_means("mean", sums, pairs, [0.418_345_372_589_904_34, 0.321_188_183_273_320_9, 0.415_449_052_076_309]);
    assert_means(
        "composite",
        sums.map(|sum| sum + f64::from(both_na)),
        references.len(),
        [0.222_026_443_142_395_03, 0.177_340_906_593_067_48, 0.220_694_337_540_323_3],
    );
}
