//! Counting runs of `order` neighbours.

/// How many n-grams a text of `length` tokens has.
pub(super) fn total(length: usize, order: usize) -> usize {
    (length + 1).saturating_sub(order)
}

/// N-grams in common, each counted as often as it stands in *both* texts.
pub(super) fn shared<T: Ord>(left: &[T], right: &[T], order: usize) -> usize {
    in_both(&sorted(left, order), &sorted(right, order))
}

/// [`shared`] for single words, by counting instead of sorting. `vocabulary` is larger than every token.
pub(super) fn shared_words(left: impl Iterator<Item = u32>, right: &[u32], vocabulary: usize) -> usize {
    let mut unused = vec![0_u32; vocabulary];
    for &token in right {
        unused[token as usize] += 1;
    }
    let mut shared = 0;
    for token in left {
        let unused = &mut unused[token as usize];
        if *unused > 0 {
            *unused -= 1;
            shared += 1;
        }
    }
    shared
}

/// Different n-grams: of the left text, of the right text, and of both.
pub(super) fn distinct<T: Ord>(left: &[T], right: &[T], order: usize) -> (usize, usize, usize) {
    let (mut left, mut right) = (sorted(left, order), sorted(right, order));
    left.dedup();
    right.dedup();
    (left.len(), right.len(), in_both(&left, &right))
}

fn sorted<T: Ord>(tokens: &[T], order: usize) -> Vec<&[T]> {
    let mut ngrams: Vec<&[T]> = tokens.windows(order).collect();
    ngrams.sort_unstable();
    ngrams
}

/// Walks two sorted lists once, pairing equal elements.
fn in_both<T: Ord>(left: &[T], right: &[T]) -> usize {
    let (mut at, mut other, mut shared) = (0, 0, 0);
    while at < left.len() && other < right.len() {
        match left[at].cmp(&right[other]) {
            std::cmp::Ordering::Less => at += 1,
            std::cmp::Ordering::Greater => other += 1,
            std::cmp::Ordering::Equal => {
                shared += 1;
                at += 1;
                other += 1;
            }
        }
    }
    shared
}
