//! How much more often two things come together than chance would have it.

/// In how many of `n` documents two things that are in `a` and in `b` of them would be together by chance.
pub fn expected(a: u64, b: u64, n: u64) -> f64 {
    a as f64 * b as f64 / n.max(1) as f64
}

/// The log-likelihood ratio G² of Dunning, "Accurate Methods for the Statistics of Surprise and Coincidence" (1993), over
/// the four cells of `together` documents out of `n`, where the one thing is in `a` and the other in `b`. Below 0 where
/// they avoid each other; it says how sure it is that chance is not all, so that a rare pair does not rank above a
/// frequent one.
pub fn log_likelihood(together: u64, a: u64, b: u64, n: u64) -> f64 {
    // In one order, so that rounding gives one sum whichever of the two is named first.
    let [together, a, b, n] = [together, a.min(b), a.max(b), n].map(|count| count as f64);
    let term = |observed: f64, row: f64, column: f64| {
        if observed > 0.0 {
            observed * (observed * n / (row * column)).ln()
        } else {
            0.0
        }
    };
    let sum = term(together, a, b)
        + term(a - together, a, n - b)
        + term(b - together, n - a, b)
        + term(n - a - b + together, n - a, n - b);
    // Rounding alone could take a sum of 0 below it.
    let ratio = (2.0 * sum).max(0.0);
    if together * n < a * b { -ratio } else { ratio }
}

/// Normalised pointwise mutual information (Bouma, "Normalized (Pointwise) Mutual Information in Collocation Extraction",
/// 2009), in `[-1, 1]`: 1 where each comes only with the other, 0 where chance explains it.
pub fn npmi(together: u64, a: u64, b: u64, n: u64) -> f64 {
    if together == 0 {
        return -1.0;
    }
    // In every document: neither more nor less than chance.
    if together == n {
        return 0.0;
    }
    let [together, a, b, n] = [together, a, b, n].map(|count| count as f64);
    (together * n / (a * b)).ln() / (n / together).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_what_was_published() {
        // "the swiss" in Dunning's table 1.
        assert!((log_likelihood(110, 2552, 221, 31777) - 270.72).abs() < 0.01);
        assert!((npmi(10, 10, 10, 100) - 1.0).abs() < 1e-12);
        assert!((npmi(4, 20, 20, 100)).abs() < 1e-12);
        assert!((log_likelihood(4, 20, 20, 100)).abs() < 1e-9);
        assert!(log_likelihood(1, 50, 50, 100) < -50.0);
        assert_eq!((npmi(0, 5, 5, 10), npmi(9, 9, 9, 9)), (-1.0, 0.0));
        assert_eq!(log_likelihood(9, 9, 9, 9), 0.0);
        assert_eq!(log_likelihood(3, 41, 17, 401), log_likelihood(3, 17, 41, 401));
        assert_eq!(expected(20, 30, 100), 6.0);
    }
}
