//! Codes that differ only in the side of the body.

/// Where ICD-10-CM states the side: categories from, to (three characters), length of the code without its dot (0: any),
/// and position counted from 0. 1 is right and 2 is left there.
///
/// Not complete: only blocks in which the position regularly states the side. Elsewhere the same digits mean other things
/// (I50.21 and I50.22 are acute and chronic heart failure), and nothing is said.
const SIDED: &[(&str, &str, usize, usize)] = &[
    ("C34", "C34", 5, 4),
    ("C50", "C50", 6, 5),
    ("G56", "G57", 5, 4),
    ("H00", "H39", 5, 4),
    ("H00", "H39", 6, 5),
    ("H43", "H59", 5, 4),
    ("H43", "H59", 6, 5),
    ("H60", "H95", 5, 4),
    ("H60", "H95", 6, 5),
    ("I60", "I60", 5, 4),
    ("I63", "I63", 6, 5),
    ("I82", "I82", 6, 5),
    ("M01", "M15", 6, 5),
    ("M16", "M17", 5, 4),
    ("M18", "M25", 6, 5),
    ("M70", "M77", 5, 4),
    ("M70", "M79", 6, 5),
    ("S40", "S99", 7, 5),
];

/// Whether `given` is `wanted` on the other side of the body. Both are normalised: upper case, no dot.
pub(super) fn wrong_side(wanted: &str, given: &str) -> bool {
    if wanted.len() != given.len() || !wanted.is_ascii() || !given.is_ascii() {
        return false;
    }
    let different: Vec<usize> = (0..wanted.len()).filter(|&at| wanted.as_bytes()[at] != given.as_bytes()[at]).collect();
    let [position] = different.as_slice() else { return false };
    let sides = (wanted.as_bytes()[*position], given.as_bytes()[*position]);
    matches!(sides, (b'1', b'2') | (b'2', b'1'))
        && SIDED.iter().any(|&(from, to, length, at)| {
            let category = &wanted[..3];
            (from..=to).contains(&category) && length == wanted.len() && at == *position
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides() {
        assert!(wrong_side("S52501A", "S52502A"));
        assert!(wrong_side("H2511", "H2512"));
        assert!(wrong_side("M1711", "M1712"));
        assert!(!wrong_side("I5021", "I5022"), "acute and chronic");
        assert!(!wrong_side("S52501A", "S52509A"), "unspecified");
        assert!(!wrong_side("S52501A", "S52502D"), "also another encounter");
    }
}
