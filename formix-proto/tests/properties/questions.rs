//! Arbitrary questions: every measure, in groups or not, and queries.

use formix_proto::query::{Query, Table};
use formix_proto::statistic::{
    Buckets, Choice, Choices, Count, Domain, Groups, Histogram, Labels, Measure, Moments,
    Regression, Rule, Statistic, Sum, Vector,
};
use proptest::collection::vec;
use proptest::prelude::*;

pub(crate) fn domain() -> impl Strategy<Value = Domain> + Clone {
    (any::<i64>(), any::<i64>(), 0u8..=9).prop_filter_map("an empty domain", |(a, b, decimals)| {
        Domain::try_from((a.min(b), a.max(b), decimals)).ok()
    })
}

/// Domains of any width, and so questions over every ring.
pub(crate) fn domain_of_any_width() -> impl Strategy<Value = Domain> + Clone {
    let width = (0u32..62).prop_flat_map(|bits| 1i64..=1 << bits);
    (any::<i32>(), width, 0u8..=9).prop_map(|(min, width, decimals)| {
        let min = i64::from(min);
        Domain::try_from((min, min + width, decimals)).expect("min is less than max")
    })
}

/// Up to so many words.
pub(crate) fn labels(most: usize) -> impl Strategy<Value = Labels> + Clone {
    (1..=most).prop_map(|count| {
        Labels::try_from((0..count).map(|n| format!("w{n}")).collect::<Vec<_>>()).expect("words")
    })
}

pub(crate) fn buckets() -> impl Strategy<Value = Buckets> + Clone {
    let edges = prop::collection::btree_set(-999i64..999, 2..9).prop_map(|edges| {
        let edges: Vec<_> = edges.into_iter().map(|edge| edge.into()).collect();
        Buckets::between(&edges, 1).expect("edges in order")
    });
    let even = (-999i64..999, 1i64..500, 1u64..90).prop_map(|(min, width, step)| {
        let domain = Domain::try_from((min, min + width, 1)).expect("min is less than max");
        let step = formix_proto::Decimal::new(step.cast_signed(), 1);
        Buckets::every(domain, step).expect("a width")
    });
    prop_oneof![edges, even]
}

fn regression() -> impl Strategy<Value = Regression> + Clone {
    (domain(), vec(domain(), 1..5)).prop_map(|(response, columns)| {
        let names = (0..columns.len()).map(|n| format!("x{n}")).collect::<Vec<_>>();
        let names = Labels::try_from(names).expect("words");
        Regression::try_from((response, names, columns)).expect("as many names as columns")
    })
}

pub(crate) fn measure() -> impl Strategy<Value = Measure> + Clone {
    prop_oneof![
        Just(Count.into()),
        domain().prop_map(|it| Sum(it).into()),
        domain().prop_map(|it| Moments(it).into()),
        buckets().prop_map(|it| Histogram(it).into()),
        labels(5).prop_map(|it| Choice(it).into()),
        labels(5).prop_map(|it| Choices(it).into()),
        (domain(), any::<u32>()).prop_map(|(domain, length)| Vector(domain, length).into()),
        regression().prop_map(Into::into),
    ]
}

pub(crate) fn statistic() -> impl Strategy<Value = Statistic> + Clone {
    let rule = || prop_oneof![Just(Rule::Decline), ".{0,8}".prop_map(Rule::Use)];
    let groups =
        (labels(4), any::<u32>()).prop_map(|(labels, min_size)| Groups { labels, min_size });
    let groups = proptest::option::of(groups);
    (measure(), groups, rule(), rule(), any::<bool>()).prop_map(
        |(measure, groups, missing, outside, hides_opt_outs)| Statistic {
            measure,
            groups,
            missing,
            outside,
            hides_opt_outs,
        },
    )
}

pub(crate) fn query() -> impl Strategy<Value = Query> + Clone {
    let table = (any::<String>(), vec(any::<String>(), 0..3));
    let table = table.prop_map(|(name, columns)| Table { name, columns });
    (any::<String>(), vec(table, 0..3)).prop_map(|(sql, tables)| Query { sql, tables })
}
