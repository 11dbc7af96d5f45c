//! What a question computes and tells, in words: for its asker before it is put, and for the owners
//! of the data before they answer.
//!
//! These words hold the question's own, which are untrusted: escape them before they are printed.

use formix_proto::Decimal;
use formix_proto::statistic::{Buckets, Domain, Groups, Measure, Rule, Statistic};

/// So many options or groups are named; the others are counted.
const NAMED: usize = 12;

/// What a measure is called.
pub fn name(measure: &Measure) -> &'static str {
    match measure {
        Measure::Count => "count",
        Measure::Sum(_) => "sum",
        Measure::Moments(_) => "moments",
        Measure::Histogram(_) => "histogram",
        Measure::Choice(_) => "choice",
        Measure::Choices(_) => "choices",
        Measure::Vector(..) => "vector",
        Measure::Regression(_) => "regression",
    }
}

/// What is revealed, if the computation completes, beside how many took part.
pub fn revealed(statistic: &Statistic) -> String {
    let told = measured(&statistic.measure);
    match (&statistic.groups, statistic.hides_declining) {
        (Some(groups), _) => format!("{}: {told}", grouped(groups)),
        (None, true) => format!("how many of them have an answer, and {told}"),
        (None, false) => told,
    }
}

/// What becomes of answers that are not as declared.
pub fn rules(statistic: &Statistic) -> String {
    let missing = rule("has no value", &statistic.missing);
    let outside = rule("has a value outside what is declared", &statistic.outside);
    match statistic.hides_declining {
        false => format!("{missing}; {outside}"),
        true => format!("{missing}; {outside}; declining is hidden: it sends an empty answer"),
    }
}

/// How exact a result is, for the answers as they are given.
pub fn precision(measure: &Measure) -> String {
    match measure {
        Measure::Count | Measure::Choice(_) | Measure::Choices(_) => "counts are exact".to_owned(),
        Measure::Sum(domain) | Measure::Vector(domain, _) => format!(
            "{}; a mean is within {half} of the exact one, a sum of n answers within n times {half}",
            rounding(domain),
            half = half(domain)
        ),
        Measure::Moments(domain) => format!(
            "{}; the mean is within {half} of the exact one, the standard deviation within {half} times sqrt(n / (n - 1))",
            rounding(domain),
            half = half(domain)
        ),
        Measure::Histogram(buckets) => format!(
            "{}; counts are exact for what it is rounded to, and a quantile is known to a bucket, which is at most {} wide",
            rounding(buckets.domain()),
            widest(buckets)
        ),
        Measure::Regression(regression) => format!(
            "{}, each column to its own; the coefficients are those of what it is rounded to",
            rounding(regression.response())
        ),
    }
}

fn rounding(domain: &Domain) -> String {
    format!("every answer is rounded to the nearest {}", domain.resolution())
}

fn half(domain: &Domain) -> Decimal {
    Decimal::new(5, u32::from(domain.decimals()) + 1)
}

fn widest(buckets: &Buckets) -> Decimal {
    let widths =
        (0..buckets.count()).map(|bucket| buckets.edges(bucket)).map(|(from, to)| to - from);
    widths.max().unwrap_or_default().normalize()
}

fn measured(measure: &Measure) -> String {
    match measure {
        Measure::Count => "how many say yes".to_owned(),
        Measure::Sum(domain) => format!("the sum, and so the mean, of {}", number(domain)),
        Measure::Moments(domain) => format!(
            "the sum and the sum of squares, and so mean, variance and standard deviation, of {}",
            number(domain)
        ),
        Measure::Histogram(buckets) => format!(
            "how many are in each of {} buckets of {}, and so its median and quantiles to a bucket",
            buckets.count(),
            number(buckets.domain())
        ),
        Measure::Choice(options) => {
            format!("how many choose each of {}", list("options", options.words()))
        }
        Measure::Choices(options) => {
            format!(
                "how many choose each of {}, of which one may choose several",
                list("options", options.words())
            )
        }
        Measure::Vector(domain, length) => {
            format!("the sum, and so the mean, at each of {length} places, of {}", number(domain))
        }
        Measure::Regression(regression) => format!(
            "the sums of {} and of {}, and of all their products in pairs, and so the line of least squares through them",
            number(regression.response()),
            list("columns", regression.names())
        ),
    }
}

fn number(domain: &Domain) -> String {
    let (min, max) = (domain.min().normalize(), domain.max().normalize());
    format!("a number from {min} to {max} in steps of {}", domain.resolution())
}

fn grouped(groups: &Groups) -> String {
    let least = groups.least;
    format!(
        "for each of {}, if it has at least {least} answers, how many those are and",
        list("groups", groups.labels.words())
    )
}

/// `2 options (yes, no)`.
fn list(what: &str, words: &[String]) -> String {
    let named = words.get(..NAMED).unwrap_or(words).join(", ");
    match words.len().saturating_sub(NAMED) {
        0 => format!("{} {what} ({named})", words.len()),
        more => format!("{} {what} ({named} and {more} more)", words.len()),
    }
}

fn rule(who: &str, rule: &Rule) -> String {
    match rule {
        Rule::Decline => format!("who {who} declines"),
        Rule::Use(constant) => format!("who {who} counts as {constant}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use formix_proto::statistic::{Labels, Regression};

    fn labels(words: &[&str]) -> Labels {
        words.iter().map(|word| word.to_string()).collect::<Vec<_>>().try_into().unwrap()
    }

    fn domain() -> Domain {
        Domain::try_from((0, 200, 1)).unwrap()
    }

    fn measures() -> [Measure; 8] {
        let buckets = Buckets::every(domain(), Decimal::from(5)).unwrap();
        let regression = (domain(), labels(&["age", "bmi"]), vec![domain(); 2]);
        [
            Measure::Count,
            Measure::Sum(domain()),
            Measure::Moments(domain()),
            Measure::Histogram(buckets),
            Measure::Choice(labels(&["yes", "no"])),
            Measure::Choices(labels(&["tea"])),
            Measure::Vector(domain(), 24),
            Measure::Regression(Regression::try_from(regression).unwrap()),
        ]
    }

    #[test]
    fn every_measure_says_what_it_reveals() {
        let number = "a number from 0 to 20 in steps of 0.1";
        let words = [
            "how many say yes".to_owned(),
            format!("the sum, and so the mean, of {number}"),
            format!(
                "the sum and the sum of squares, and so mean, variance and standard deviation, of {number}"
            ),
            format!(
                "how many are in each of 4 buckets of {number}, and so its median and quantiles to a bucket"
            ),
            "how many choose each of 2 options (yes, no)".to_owned(),
            "how many choose each of 1 options (tea), of which one may choose several".to_owned(),
            format!("the sum, and so the mean, at each of 24 places, of {number}"),
            format!(
                "the sums of {number} and of 2 columns (age, bmi), and of all their products in pairs, and so the line of least squares through them"
            ),
        ];
        for (measure, words) in measures().into_iter().zip(words) {
            assert_eq!(revealed(&measure.into()), words);
        }
    }

    #[test]
    fn every_measure_says_how_exact_it_is() {
        let rounded = "every answer is rounded to the nearest 0.1";
        let mean = format!(
            "{rounded}; a mean is within 0.05 of the exact one, a sum of n answers within n times 0.05"
        );
        let words = [
            "counts are exact".to_owned(),
            mean.clone(),
            format!(
                "{rounded}; the mean is within 0.05 of the exact one, the standard deviation within 0.05 times sqrt(n / (n - 1))"
            ),
            format!(
                "{rounded}; counts are exact for what it is rounded to, and a quantile is known to a bucket, which is at most 5 wide"
            ),
            "counts are exact".to_owned(),
            "counts are exact".to_owned(),
            mean,
            format!(
                "{rounded}, each column to its own; the coefficients are those of what it is rounded to"
            ),
        ];
        for (measure, words) in measures().iter().zip(words) {
            assert_eq!(precision(measure), words);
        }
    }

    #[test]
    fn every_measure_has_a_name_of_its_own() {
        let names = measures().each_ref().map(name);
        assert_eq!(
            names,
            ["count", "sum", "moments", "histogram", "choice", "choices", "vector", "regression"]
        );
    }

    #[test]
    fn groups_and_those_who_decline_are_told_of() {
        let words: Vec<_> = (1..=14).map(|number| number.to_string()).collect();
        let labels = words.try_into().unwrap();
        let mut statistic = Statistic { hides_declining: true, ..Measure::Count.into() };
        assert_eq!(revealed(&statistic), "how many of them have an answer, and how many say yes");
        statistic.groups = Some(Groups { labels, least: 5 });
        assert_eq!(
            revealed(&statistic),
            "for each of 14 groups (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 2 more), if it has at \
             least 5 answers, how many those are and: how many say yes"
        );
    }

    #[test]
    fn the_rules_are_told() {
        let mut statistic = Statistic { missing: Rule::Use("0".into()), ..Measure::Count.into() };
        let told =
            "who has no value counts as 0; who has a value outside what is declared declines";
        assert_eq!(rules(&statistic), told);
        statistic.hides_declining = true;
        assert!(rules(&statistic).ends_with("declining is hidden: it sends an empty answer"));
    }
}
