//! What a question computes and reveals, in words: for the analyst before it is asked, and for the owners of
//! the data before they answer. What a statistic says of itself is in its own file in `formix-proto`.
//!
//! These words hold the question's own, which are untrusted: escape them before they are printed.

use formix_proto::seat::MIN_SEATS;
use formix_proto::statistic::{Rule, Statistic};

/// What is revealed, if the computation completes, beside the number of participants.
pub fn revealed(statistic: &Statistic) -> String {
    let reveals = statistic.measure.reveals();
    match (&statistic.groups, statistic.hides_opt_outs) {
        (Some(groups), _) => format!(
            "for each of {}, if it has at least {} answers: how many answers it has, and {reveals}",
            groups.labels.describe("group"),
            groups.min_size
        ),
        (None, true) => format!("how many participants have an answer, and {reveals}"),
        (None, false) => reveals,
    }
}

/// What constants do to the threshold.
pub(crate) const STAND_INS: &str = "a constant that stands in for a value counts as an answer, so fewer people than participants may have a value of their own";

/// What becomes of answers that are not as declared.
pub fn rules(statistic: &Statistic) -> String {
    let missing = rule("missing value", &statistic.missing);
    let outside = rule("out-of-range value", &statistic.outside);
    match statistic.hides_opt_outs {
        false => format!("{missing}; {outside}"),
        true => format!(
            "{missing}; {outside}; hidden: a light node that declines sends an empty answer"
        ),
    }
}

/// How many heavy nodes a committee has, or an answer shares.
pub fn count(seats: usize) -> String {
    let words = ["three", "four", "five", "six", "seven"];
    let word = seats.checked_sub(MIN_SEATS).and_then(|place| words.get(place));
    word.map_or_else(|| seats.to_string(), |word| (*word).to_owned())
}

fn rule(what: &str, rule: &Rule) -> String {
    match rule {
        Rule::Decline => format!("{what}: decline"),
        Rule::Use(constant) => format!("{what}: count as {constant}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use formix_proto::Decimal;
    use formix_proto::statistic::{
        Buckets, Choice, Choices, Count, Domain, Groups, Histogram, Labels, Moments, Regression,
        Sum, Vector,
    };

    fn labels(words: &[&str]) -> Labels {
        words.iter().map(|word| word.to_string()).collect::<Vec<_>>().try_into().unwrap()
    }

    fn domain() -> Domain {
        Domain::try_from((0, 200, 1)).unwrap()
    }

    fn statistics() -> [Statistic; 8] {
        let buckets = Buckets::every(domain(), Decimal::from(5)).unwrap();
        let regression = (domain(), labels(&["age", "bmi"]), vec![domain(); 2]);
        [
            Count.into(),
            Sum(domain()).into(),
            Moments(domain()).into(),
            Histogram(buckets).into(),
            Choice(labels(&["yes", "no"])).into(),
            Choices(labels(&["tea"])).into(),
            Vector(domain(), 24).into(),
            Regression::try_from(regression).unwrap().into(),
        ]
    }

    #[test]
    fn every_statistic_says_what_it_reveals() {
        let number = "a number from 0 to 20 in steps of 0.1";
        let words = [
            "how many answers are yes".to_owned(),
            format!("the sum, and so the mean, of {number}"),
            format!(
                "the sum and the sum of squares, and so the mean, variance and standard deviation, of {number}"
            ),
            format!(
                "how many answers fall into each of 4 buckets of {number}, and so the median and other quantiles to the width of a bucket"
            ),
            "how many answers choose each of 2 options (yes, no)".to_owned(),
            "how many answers choose each of 1 option (tea), of which an answer may choose several"
                .to_owned(),
            format!("the sum, and so the mean, at each of 24 positions, of {number}"),
            format!(
                "the sums of {number} and of 2 columns (age, bmi), and of all their products in pairs, and so the least-squares fit"
            ),
        ];
        for (statistic, words) in statistics().iter().zip(words) {
            assert_eq!(revealed(statistic), words);
        }
    }

    #[test]
    fn every_statistic_says_how_exact_it_is() {
        let rounded = "answers are rounded to the nearest 0.1";
        let words = [
            "counts are exact".to_owned(),
            format!(
                "{rounded}; the mean is within 0.05 of the exact one, the sum of n answers within n times 0.05"
            ),
            format!(
                "{rounded}; the mean is within 0.05 of the exact one, the standard deviation within 0.05 times sqrt(n / (n - 1))"
            ),
            format!(
                "{rounded}; counts of rounded answers are exact, and a quantile is known to a bucket, which is at most 5 wide"
            ),
            "counts are exact".to_owned(),
            "counts are exact".to_owned(),
            format!(
                "{rounded}; a mean is within 0.05 of the exact one, a sum of n answers within n times 0.05"
            ),
            format!(
                "{rounded}, each column to its own resolution; the coefficients are those of the rounded answers"
            ),
        ];
        for (statistic, words) in statistics().iter().zip(words) {
            assert_eq!(statistic.measure.precision(), words);
        }
    }

    #[test]
    fn groups_and_hidden_opt_outs_are_described() {
        let words: Vec<_> = (1..=14).map(|number| number.to_string()).collect();
        let labels = words.try_into().unwrap();
        let mut statistic = Statistic { hides_opt_outs: true, ..Count.into() };
        let words = "how many participants have an answer, and how many answers are yes";
        assert_eq!(revealed(&statistic), words);
        statistic.groups = Some(Groups { labels, min_size: 5 });
        assert_eq!(
            revealed(&statistic),
            "for each of 14 groups (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 2 more), if it has at \
             least 5 answers: how many answers it has, and how many answers are yes"
        );
    }

    #[test]
    fn the_rules_are_described() {
        let mut statistic = Statistic { missing: Rule::Use("0".into()), ..Count.into() };
        let words = "missing value: count as 0; out-of-range value: decline";
        assert_eq!(rules(&statistic), words);
        statistic.hides_opt_outs = true;
        let hidden = "; hidden: a light node that declines sends an empty answer";
        assert_eq!(rules(&statistic), format!("{words}{hidden}"));
    }
}
