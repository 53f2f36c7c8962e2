//! How sure a link is.
//!
//! Each piece of evidence has a strength in `[0, 1]`: the share of cases that it alone decides. Pieces are taken
//! as independent (noisy-or), doubts multiply what comes out:
//!
//! `confidence = (1 − Π (1 − strength)) · Π doubt`

/// Below it the answer is NIL.
pub const THRESHOLD: f32 = 0.5;

/// Evidence gathered for one candidate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    against_all: f32,
    doubt: f32,
}

impl Default for Evidence {
    fn default() -> Self {
        Evidence {
            against_all: 1.0,
            doubt: 1.0,
        }
    }
}

impl Evidence {
    /// Evidence of one piece.
    pub fn of(strength: f32) -> Self {
        Evidence::default().and(strength)
    }

    /// Adds a piece.
    pub fn and(mut self, strength: f32) -> Self {
        self.against_all *= 1.0 - strength.clamp(0.0, 1.0);
        self
    }

    /// Adds a piece where it applies.
    pub fn and_if(self, applies: bool, strength: f32) -> Self {
        if applies { self.and(strength) } else { self }
    }

    /// Multiplies with a doubt in `[0, 1]`.
    pub fn but(mut self, doubt: f32) -> Self {
        self.doubt *= doubt.clamp(0.0, 1.0);
        self
    }

    /// Multiplies with a doubt where it applies.
    pub fn but_if(self, applies: bool, doubt: f32) -> Self {
        if applies { self.but(doubt) } else { self }
    }

    /// The confidence, in `[0, 1]`.
    pub fn confidence(self) -> f32 {
        (1.0 - self.against_all) * self.doubt
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_adds_up_and_doubt_takes_away() {
        assert_eq!(Evidence::default().confidence(), 0.0);
        let two = Evidence::of(0.5).and(0.5);
        assert!((two.confidence() - 0.75).abs() < 1e-6);
        assert!((two.but(0.5).confidence() - 0.375).abs() < 1e-6);
        assert_eq!(Evidence::of(7.0).confidence(), 1.0);
    }
}
