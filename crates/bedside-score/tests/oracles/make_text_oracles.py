#!/usr/bin/env python3
"""Writes text_oracles.json: texts of our own with the scores of the Python packages that bedside-score repeats.

    python3 -m venv /tmp/oracle-venv
    /tmp/oracle-venv/bin/pip install rouge-score==0.1.2 rouge==1.0.1 sacrebleu==2.6.0
    /tmp/oracle-venv/bin/python make_text_oracles.py

No text is taken from a data set or a patient. The seed is fixed: running it again gives the same file.
"""

import json
import logging
import random
from importlib.metadata import version
from pathlib import Path

from rouge import Rouge
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics import BLEU, CHRF

PACKAGES = {"rouge-score": "0.1.2", "rouge": "1.0.1", "sacrebleu": "2.6.0"}
for package, wanted in PACKAGES.items():
    assert version(package) == wanted, f"{package} is {version(package)}, not {wanted}"

logging.getLogger("sacrebleu").setLevel(logging.ERROR)  # it warns where a sentence is scored without effective order
dice = random.Random(20261123)

NOTE = """CHIEF COMPLAINT
Shortness of breath on exertion.

HISTORY OF PRESENT ILLNESS
Mr. Example is a 71-year-old male with heart failure (EF 35%) who reports 3 days of worsening dyspnea.
He denies chest pain, palpitations, or syncope. He ran out of furosemide 40 mg p.o. daily last week.

ASSESSMENT AND PLAN
1. Acute on chronic systolic heart failure. Restart furosemide 40 mg; check BMP in 1 week.
2. Hypertension: 152/94 mmHg today, continue lisinopril 20 mg.
"""

WRITTEN = [
    ("equal", "The patient denies chest pain.", "The patient denies chest pain."),
    ("negation", "The patient denies chest pain.", "The patient has chest pain."),
    ("dose", "Give furosemide 1.5 mg/kg i.v. twice daily.", "Give furosemide 15 mg/kg i.v. twice daily."),
    ("laterality", "Left knee effusion, right hip normal.", "Right knee effusion, left hip normal."),
    ("both empty", "", ""),
    ("no candidate", "Follow up in two weeks.", ""),
    ("no reference", "", "Follow up in two weeks."),
    ("one word", "Pneumonia", "pneumonia"),
    ("one word wrong", "Pneumonia", "bronchitis"),
    ("two words", "No fever", "no fever."),
    ("three words", "no acute distress", "acute distress"),
    ("symbols only", "!!! ??? --- ///", "... ,,, ;;; ???"),
    ("symbols against words", "!!!", "Stable for discharge."),
    ("full stops only", "...", "No edema. No rash."),
    ("white space only", " \t \n ", "No edema."),
    ("newlines only", "\n\n\n", "\n"),
    ("repeats in candidate", "pain in the left arm", "pain pain pain pain in in the the left"),
    ("repeats in reference", "no no no fever no no cough", "no fever no cough"),
    ("repeats in both", "the pain the pain the pain", "the pain pain the the pain"),
    ("word loop", "Take one tablet daily.", "daily " * 60),
    ("sentence loop", "Take one tablet daily.\nReturn if worse.", "Take one tablet daily.\n" * 25),
    ("order reversed", "alpha beta gamma delta epsilon", "epsilon delta gamma beta alpha"),
    ("lines exchanged", "Lungs clear.\nHeart regular.\nNo edema.", "No edema.\nHeart regular.\nLungs clear."),
    ("lines joined", "Lungs clear.\nHeart regular.\nNo edema.", "Lungs clear. Heart regular. No edema."),
    ("empty lines", "Lungs clear.\n\n\nHeart regular.", "\n\nLungs clear.\nHeart regular.\n\n"),
    ("carriage returns", "Lungs clear.\r\nHeart regular.\r\n", "Lungs clear.\nHeart regular."),
    ("union over lines", "w1 w2 w3 w4 w5", "w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5"),
    ("union runs out", "a b a b\na b", "a b\nb a"),
    ("hidden equal word", "x a b", "b x a y b"),
    ("accents", "Naïve patient, café-au-lait spots; Sjögren's.", "naive patient, cafe au lait spots, Sjogren's"),
    ("greek and micro", "levothyroxine 75 µg, β-blocker, Δ weight −2 kg", "levothyroxine 75 ug, beta-blocker, weight -2 kg"),
    ("kelvin and dotted i", "\u212a 4.1 mmol, \u0130stanbul protocol", "k 4.1 mmol, istanbul protocol"),
    ("sharp s and ligature", "Straße, ﬁbrillation, ½ tablet", "STRASSE, fibrillation, 1/2 tablet"),
    ("chinese", "患者否认胸痛。血压 120/80 mmHg", "患者有胸痛。血压 120/80 mmHg"),
    ("arabic", "المريض لا يعاني من ألم", "المريض يعاني من ألم"),
    ("emoji", "feels better 🙂👍🏽 today", "feels better 🙂👍 today"),
    ("combining marks", "Cafe\u0301 au lait", "Café au lait"),
    ("odd white space", "no\u00a0fever\u2003no\u200bcough\u3000none", "no fever no cough none"),
    ("ascii separators", "no\x1cfever\x1dno\x1ecough\x1f", "no fever no cough"),
    ("line separators", "no fever\u2028no cough\x0bno rash\x85end", "no fever\nno cough\nno rash\nend"),
    ("html entities", "BP &lt; 120 &amp; HR &gt; 60 &quot;stable&quot; &amp;lt;", 'BP < 120 & HR > 60 "stable" <'),
    ("skipped mark", "<skipped>no fever", "no <skipped> fever"),
    ("hyphen at line end", "hyper-\ntension controlled", "hypertension controlled"),
    ("decimal commas", "HbA1c 7,4 %, was 8.1%.", "HbA1c 7.4 %, was 8,1%."),
    ("points everywhere", ".5 mg b.i.d. p.r.n., q.6.h.,,.. 3.", ".5 mg bid prn, q6h. 3"),
    ("digits and dashes", "2-3 days, 10-12-2020, a-b, -5", "2 - 3 days, 10/12/2020, a - b, 5-"),
    ("brackets", "(hi) [x] {y} <z> `q` ~ ^ _a_ |b| \\", "hi x y z q a b"),
    ("quotes", "\"severe\" pain, 'mild' today; patient's own", "severe pain, mild today; patients own"),
    ("case", "PATIENT DENIES PAIN", "patient denies pain"),
    ("trailing space", "No fever. No cough. ", "No fever. No cough."),
    ("double spaces", "No  fever .  No   cough .", "No fever. No cough."),
    ("abbreviations", "Dr. A. Smith saw Mr. B. at 9 a.m.", "Dr A Smith saw Mr B at 9 am"),
    ("numbers only", "120 80 98.6 72 16", "80 120 98.6 16 72"),
    ("long word", "x" * 300 + " fever", "x" * 299 + " fever"),
    ("note against itself", NOTE, NOTE),
    ("note with lines joined", NOTE, NOTE.replace("\n", " ")),
    ("note with one negation lost", NOTE, NOTE.replace("denies", "reports")),
    ("note in upper case", NOTE, NOTE.upper()),
    ("note without plan", NOTE, NOTE.split("ASSESSMENT")[0]),
    ("note against one line", NOTE, "Heart failure, restart furosemide 40 mg, follow up in 1 week."),
    ("one line against note", "Heart failure, restart furosemide 40 mg, follow up in 1 week.", NOTE),
    ("nul and control", "no\x00fever\x07now", "no fever now"),
]


def random_text(words: int, vocabulary: int, line: float, stop: float) -> str:
    """Words w0, w1, …; few different ones make many subsequences of equal length, where the order of choices shows."""
    out = []
    for _ in range(words):
        out.append(f"w{dice.randrange(vocabulary)}")
        out.append("\n" if dice.random() < line else ". " if dice.random() < stop else " ")
    return "".join(out)


# name, reference words, candidate words, vocabulary, chance of a line end, chance of a full stop
RANDOM = [
    ("two words, short", 9, 8, 2, 0.0, 0.0),
    ("two words, lines", 30, 28, 2, 0.2, 0.0),
    ("two words, sentences", 30, 28, 2, 0.0, 0.2),
    ("three words, one line", 60, 70, 3, 0.0, 0.0),
    ("three words, lines", 80, 60, 3, 0.15, 0.1),
    ("five words, at 64", 64, 64, 5, 0.0, 0.0),
    ("five words, over 64", 65, 66, 5, 0.0, 0.0),
    ("five words, at 128", 130, 128, 5, 0.0, 0.0),
    ("five words, lines", 200, 150, 5, 0.1, 0.1),
    ("five words, long lines", 300, 300, 5, 0.01, 0.01),
    ("ten words, lines", 150, 200, 10, 0.1, 0.05),
    ("ten words, sentences", 150, 200, 10, 0.0, 0.1),
    ("ten words, one long line", 250, 300, 10, 0.0, 0.02),
    ("thirty words, lines", 300, 250, 30, 0.08, 0.05),
    ("thirty words, long lines", 300, 400, 30, 0.01, 0.02),
    ("hundred words, lines", 400, 300, 100, 0.07, 0.05),
    ("hundred words, one line", 300, 400, 100, 0.0, 0.02),
    ("note sized", 900, 500, 250, 0.06, 0.05),
    ("short against long", 12, 400, 12, 0.05, 0.05),
    ("long against short", 400, 12, 12, 0.05, 0.05),
]


def prf(score) -> list:
    return [score.precision, score.recall, score.fmeasure]


def bleu_numbers(metric: BLEU, score) -> dict:
    return {
        "score": score.score,
        "precisions": score.precisions,
        "matches": score.counts,
        "totals": score.totals,
        "brevity_penalty": score.bp,
        "candidate_tokens": score.sys_len,
        "reference_tokens": score.ref_len,
        "signature": str(metric.get_signature()),
    }


def sentence_scores(candidate: str, references: list) -> dict:
    bleu, chrf, chrfpp = BLEU(effective_order=True), CHRF(), CHRF(word_order=2)
    out = {"bleu": bleu_numbers(bleu, bleu.sentence_score(candidate, references))}
    for name, metric in (("chrf", chrf), ("chrf++", chrfpp)):
        score = metric.sentence_score(candidate, references)
        out[name] = {"name": score.name, "score": score.score, "signature": str(metric.get_signature())}
    return out


def corpus_scores(segments: list) -> dict:
    """Segments of a candidate and its references; sacrebleu wants streams of equal length, filled with None."""
    candidates = [candidate for candidate, _ in segments]
    most = max(len(references) for _, references in segments)
    streams = [[refs[k] if k < len(refs) else None for _, refs in segments] for k in range(most)]
    bleu, chrf, chrfpp = BLEU(), CHRF(), CHRF(word_order=2)
    out = {"bleu": bleu_numbers(bleu, bleu.corpus_score(candidates, streams))}
    for name, metric in (("chrf", chrf), ("chrf++", chrfpp)):
        score = metric.corpus_score(candidates, streams)
        out[name] = {"name": score.name, "score": score.score, "signature": str(metric.get_signature())}
    return out


def legacy_scores(reference: str, candidate: str):
    try:
        scores = Rouge().get_scores(candidate, reference)[0]
    except ValueError as refused:
        return {"error": str(refused)}
    return {name: [score["p"], score["r"], score["f"]] for name, score in scores.items()}


def main() -> None:
    texts = list(WRITTEN)
    for name, first, second, vocabulary, line, stop in RANDOM:
        first, second = random_text(first, vocabulary, line, stop), random_text(second, vocabulary, line, stop)
        texts.append((f"random: {name}", first, second))

    scorer = RougeScorer(["rouge1", "rouge2", "rouge3", "rougeL", "rougeLsum"], use_stemmer=False)
    pairs = []
    for name, reference, candidate in texts:
        rouge = {kind: prf(score) for kind, score in scorer.score(reference, candidate).items()}
        pairs.append({
            "name": name,
            "reference": reference,
            "candidate": candidate,
            "rouge": rouge,
            "legacy": legacy_scores(reference, candidate),
            **sentence_scores(candidate, [reference]),
        })

    written = [(candidate, [reference]) for _, reference, candidate in WRITTEN]
    by_name = {name: (reference, candidate) for name, reference, candidate in WRITTEN}
    three = ["No acute distress.", "In no distress.", "Patient appears comfortable, not in distress."]
    corpora = {
        "all written": written,
        "sentences": [written[k] for k in (1, 2, 3, 8, 9, 10)],
        "no match at all": [("fever", ["cough"]), ("rash, itch", ["edema."])],
        "empty candidates": [("", ["cough"]), ("", ["edema"])],
        "short candidates": [("no fever", ["no fever"]), ("cough", ["no cough"])],
        "no four-word run": [("mild pain in knee today now", ["mild pain in the knee since today"])],
        "three references": [
            ("Not in acute distress.", three),
            ("Patient comfortable.", list(reversed(three))),
            ("distress distress distress", three),
        ],
        "references of equal distance": [
            ("a b c d", ["a b c d e", "a b c", "b c d e f"]),
            ("a b", ["a", "a b c", ""]),
        ],
        "number of references varies": [
            ("Not in acute distress.", three[:1]),
            ("Patient comfortable.", three),
            (by_name["dose"][1], [by_name["dose"][0], ""]),
        ],
    }
    out = {
        "made_by": "make_text_oracles.py",
        "packages": PACKAGES,
        "pairs": pairs,
        "corpora": [
            {
                "name": name,
                "segments": [{"candidate": c, "references": refs} for c, refs in segments],
                **corpus_scores(segments),
            }
            for name, segments in corpora.items()
        ],
    }
    path = Path(__file__).with_name("text_oracles.json")
    path.write_text(json.dumps(out, indent=1, ensure_ascii=True) + "\n", encoding="ascii")
    print(f"{len(pairs)} pairs, {len(corpora)} corpora: {path}")


if __name__ == "__main__":
    main()
