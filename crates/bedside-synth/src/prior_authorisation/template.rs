//! What is asked for: a table, long on purpose. All limits and windows are invented; the conditions and treatments exist.

/// One drug, device or procedure with the facts that its invented policy turns on.
#[derive(Debug)]
pub struct Template {
    /// Name of the template.
    pub id: &'static str,
    /// What is requested.
    pub request: &'static str,
    /// The condition that must be documented.
    pub diagnosis: &'static str,
    /// The result that must reach a limit.
    pub measure: Measure,
    /// The treatment that must have been tried.
    pub therapy: &'static str,
    /// Weeks of it that a policy may ask for.
    pub weeks: [u32; 2],
    /// The form of that treatment that does not count.
    pub uncounted: &'static str,
    /// The document that must be attached.
    pub document: &'static str,
    /// The condition that excludes cover.
    pub exclusion: &'static str,
}

/// A result with its limit, in tenths, so that equality is exact.
#[derive(Debug)]
pub struct Measure {
    /// Name.
    pub name: &'static str,
    /// Unit.
    pub unit: &'static str,
    /// Limits that a policy may set, in tenths.
    pub limits: [u32; 2],
    /// Whether the result must be at least the limit, or at most.
    pub at_least: bool,
    /// Largest distance from the limit that is drawn, in tenths.
    pub spread: u32,
}

const fn at_least(name: &'static str, unit: &'static str, limits: [u32; 2], spread: u32) -> Measure {
    Measure { name, unit, limits, at_least: true, spread }
}

const fn at_most(name: &'static str, unit: &'static str, limits: [u32; 2], spread: u32) -> Measure {
    Measure { name, unit, limits, at_least: false, spread }
}

/// All templates. Twelve, because fewer allow no interval for a domain.
pub const TEMPLATES: [Template; 12] = [
    Template {
        id: "tnf-inhibitor-rheumatoid-arthritis",
        request: "adalimumab, 40 mg every two weeks",
        diagnosis: "rheumatoid arthritis",
        measure: at_least("C-reactive protein", "mg/L", [80, 100], 120),
        therapy: "methotrexate",
        weeks: [12, 16],
        uncounted: "supplied as samples",
        document: "tuberculosis screening report",
        exclusion: "chronic hepatitis B",
    },
    Template {
        id: "mri-lumbar-spine",
        request: "magnetic resonance imaging of the lumbar spine",
        diagnosis: "lumbar radiculopathy",
        measure: at_least("estimated glomerular filtration rate", "mL/min", [300, 450], 250),
        therapy: "supervised physiotherapy",
        weeks: [6, 8],
        uncounted: "done at home without a therapist",
        document: "neurological examination report",
        exclusion: "cardiac pacemaker",
    },
    Template {
        id: "glp1-agonist-type-2-diabetes",
        request: "semaglutide, 0.5 mg weekly",
        diagnosis: "type 2 diabetes mellitus",
        measure: at_least("haemoglobin A1c", "%", [70, 75], 18),
        therapy: "metformin",
        weeks: [12, 24],
        uncounted: "taken below the prescribed dose",
        document: "dietitian consultation note",
        exclusion: "medullary thyroid carcinoma",
    },
    Template {
        id: "cpap-sleep-apnoea",
        request: "a positive airway pressure device",
        diagnosis: "obstructive sleep apnoea",
        measure: at_least("apnoea-hypopnoea index", "events/h", [150, 200], 140),
        therapy: "positional therapy",
        weeks: [4, 6],
        uncounted: "self-reported without a log",
        document: "face-to-face evaluation note",
        exclusion: "central sleep apnoea",
    },
    Template {
        id: "pcsk9-inhibitor-hypercholesterolaemia",
        request: "evolocumab, 140 mg every two weeks",
        diagnosis: "atherosclerotic cardiovascular disease",
        measure: at_least("LDL cholesterol", "mmol/L", [18, 26], 15),
        therapy: "high-intensity statin treatment",
        weeks: [8, 12],
        uncounted: "taken every other day",
        document: "cardiology consultation note",
        exclusion: "decompensated liver cirrhosis",
    },
    Template {
        id: "botulinum-toxin-chronic-migraine",
        request: "onabotulinumtoxin A, 155 units",
        diagnosis: "chronic migraine",
        measure: at_least("mean number of headache days a month", "days", [140, 150], 80),
        therapy: "propranolol",
        weeks: [8, 12],
        uncounted: "taken only as needed",
        document: "headache diary",
        exclusion: "myasthenia gravis",
    },
    Template {
        id: "dupilumab-atopic-dermatitis",
        request: "dupilumab, 300 mg every two weeks",
        diagnosis: "atopic dermatitis",
        measure: at_least("eczema area and severity index", "points", [160, 210], 120),
        therapy: "topical tacrolimus",
        weeks: [4, 8],
        uncounted: "applied less than daily",
        document: "dermatology consultation note",
        exclusion: "untreated helminth infection",
    },
    Template {
        id: "knee-arthroplasty",
        request: "total knee arthroplasty",
        diagnosis: "osteoarthritis of the knee",
        measure: at_most("body mass index", "kg/m²", [380, 400], 70),
        therapy: "exercise therapy",
        weeks: [8, 12],
        uncounted: "done at home without a therapist",
        document: "weight-bearing radiograph report",
        exclusion: "active infection of the joint",
    },
    Template {
        id: "epoetin-renal-anaemia",
        request: "epoetin alfa, 4,000 units three times a week",
        diagnosis: "anaemia of chronic kidney disease",
        measure: at_most("haemoglobin", "g/dL", [95, 100], 16),
        therapy: "oral iron",
        weeks: [4, 8],
        uncounted: "taken only as needed",
        document: "iron studies report",
        exclusion: "uncontrolled hypertension",
    },
    Template {
        id: "omalizumab-asthma",
        request: "omalizumab, 300 mg every four weeks",
        diagnosis: "severe allergic asthma",
        measure: at_least("total immunoglobulin E", "IU/mL", [300, 500], 900),
        therapy: "high-dose inhaled corticosteroid",
        weeks: [12, 16],
        uncounted: "supplied as samples",
        document: "spirometry report",
        exclusion: "eosinophilic granulomatosis with polyangiitis",
    },
    Template {
        id: "sleeve-gastrectomy",
        request: "sleeve gastrectomy",
        diagnosis: "severe obesity",
        measure: at_least("body mass index", "kg/m²", [375, 400], 70),
        therapy: "supervised weight management",
        weeks: [16, 24],
        uncounted: "followed online without a supervisor",
        document: "psychological evaluation report",
        exclusion: "alcohol use disorder",
    },
    Template {
        id: "denosumab-osteoporosis",
        request: "denosumab, 60 mg every six months",
        diagnosis: "osteoporosis",
        measure: at_least("ten-year fracture risk", "%", [150, 200], 100),
        therapy: "oral alendronate",
        weeks: [24, 48],
        uncounted: "taken less than weekly",
        document: "bone density report",
        exclusion: "hypocalcaemia",
    },
];
