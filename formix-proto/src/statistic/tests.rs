//! What holds for every statistic that is listed, whatever it computes: a new one is tested by being in the
//! list.

mod rules;

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::ToString;

use super::*;

/// How many sample answers are added up.
const ANSWERS: u32 = 300;

/// The totals of these elements, which are cut to the ring.
fn totals(shape: Shape, elements: &[u128]) -> Totals {
    let bytes = |element: &u128| element.to_le_bytes()[..shape.ring.width()].to_vec();
    Totals::parse(shape.ring, &elements.iter().flat_map(bytes).collect::<Vec<_>>()).unwrap()
}

/// The totals of these answers.
fn sum<'a>(shape: Shape, answers: impl IntoIterator<Item = &'a Encoded>) -> Totals {
    let mut sums = alloc::vec![0; shape.dimension];
    for answer in answers {
        sums.iter_mut().zip(answer.values()).for_each(|(sum, value)| *sum += value);
    }
    totals(shape, &sums)
}

/// Every kind of question, as its example.
fn examples() -> Vec<(Fields, Schema)> {
    let kinds = Measure::FAMILIES.iter().flat_map(|family| family.kinds);
    let asked = |kind: &Kind| {
        let fields = (kind.example)();
        let (measure, view) = Measure::read(&fields).unwrap();
        (fields, Schema { statistic: measure.into(), view })
    };
    kinds.map(asked).collect()
}

/// The same, over all answers together and in groups, opt-outs shown and hidden.
fn statistics() -> Vec<Statistic> {
    let groups = || Some(Groups { labels: Labels::example(), min_size: 1 });
    let of = |(_, asked): (Fields, Schema)| {
        let plain = asked.statistic;
        let hiding = Statistic { hides_opt_outs: true, ..plain.clone() };
        let grouped = Statistic { groups: groups(), ..plain.clone() };
        [plain, hiding, grouped]
    };
    examples().into_iter().flat_map(of).collect()
}

/// Draws from 0 to a number, always the same ones (xorshift64).
fn coins() -> impl FnMut(u64) -> u64 {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    move |most| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        most.checked_add(1).map_or(state, |count| state % count)
    }
}

/// Sample answers, the smallest and the largest one among them.
fn samples(statistic: &Statistic) -> Vec<Answer> {
    let mut coins = coins();
    let sample = |coins: &mut dyn FnMut(u64) -> u64| statistic.sample(&mut Draw::new(coins));
    let ends = [sample(&mut |_| 0), sample(&mut |max| max)];
    let drawn = (2..ANSWERS).map(|_| sample(&mut coins));
    ends.into_iter().chain(drawn).collect()
}

#[test]
fn names_and_kinds_are_unique() {
    let names: BTreeSet<_> = Measure::FAMILIES.iter().map(|family| family.name).collect();
    assert_eq!(names.len(), Measure::FAMILIES.len());
    let kinds: Vec<_> = Measure::FAMILIES.iter().flat_map(|family| family.kinds).collect();
    let unique: BTreeSet<_> = kinds.iter().map(|kind| kind.name).collect();
    assert_eq!(unique.len(), kinds.len());
    assert!(Measure::FAMILIES.iter().all(|family| !family.kinds.is_empty()));
}

#[test]
fn a_question_is_read_and_written_back() {
    for (fields, asked) in examples() {
        let written = asked.fields();
        assert_eq!(written.kind(), fields.kind());
        let Schema { statistic: Statistic { measure, .. }, view } = asked;
        assert_eq!(Measure::read(&written).unwrap(), (measure.clone(), view));
        let plain = measure.write(&measure.default_view());
        assert_eq!(Measure::read(&plain).unwrap(), (measure.clone(), measure.default_view()));
        let of_another = examples().into_iter().find(|(_, it)| it.statistic.measure != measure);
        assert_eq!(measure.write(&of_another.unwrap().1.view), plain, "its own view stands in");
    }
}

#[test]
fn every_fault_names_a_field() {
    for (fields, _) in examples() {
        let kind = fields.kind().to_string();
        let unknown = Measure::read(&fields.clone().with("bins", 1)).unwrap_err();
        assert!(unknown.to_string().starts_with("bins: kind `"), "{unknown}");
        let family = Measure::FAMILIES.iter().flat_map(|family| family.kinds);
        let takes = family.clone().find(|known| known.name == kind).unwrap().fields;
        for field in takes {
            let wrong = fields.without(field).with(field, Fields::default());
            let error = Measure::read(&wrong).unwrap_err();
            let names_one = |name: &&&str| error.field.split('.').next() == Some(**name);
            assert!(takes.iter().any(|name| names_one(&name)), "{kind} without {field}: {error}");
            if let Err(error) = Measure::read(&fields.without(field)) {
                assert!(takes.iter().any(|name| error.field == *name), "{kind}: {error}");
                assert!(error.to_string().contains("missing: "), "{kind}: {error}");
            }
        }
    }
    let error = Measure::read(&Fields::of_kind("mode")).unwrap_err().to_string();
    assert!(error.starts_with("kind: there is no kind `mode`") && error.contains("median"));
}

#[test]
fn samples_encode_within_their_bounds_and_reach_every_element() {
    for statistic in statistics() {
        statistic.check().unwrap();
        let shape = statistic.shape(ANSWERS).unwrap();
        assert_eq!(shape.dimension, statistic.dimension());
        let largest = statistic.measure.max_element();
        let mut reached = alloc::vec![false; shape.dimension];
        for answer in samples(&statistic) {
            let encoded = statistic.encode(&answer, shape).unwrap();
            for (element, value) in encoded.values().enumerate() {
                assert!(value <= largest, "element {element} of {statistic:?} is {value}");
                reached[element] |= value > 0;
            }
        }
        let silent: Vec<_> = (0..reached.len()).filter(|element| !reached[*element]).collect();
        assert!(silent.is_empty(), "{statistic:?} never uses {silent:?}");
    }
}

/// Whatever an element is, its largest total still is one number of the ring.
#[test]
fn the_ring_holds_as_many_of_the_largest_element_as_may_take_part() {
    for statistic in statistics() {
        for participants in [1, 2, 1000, 1 << 20] {
            let Some(shape) = statistic.shape(participants) else { continue };
            let total = statistic.measure.max_element().max(1) * u128::from(participants);
            let mut encoded = Encoded::zero(shape);
            encoded.set(0, total).unwrap();
            assert_eq!(encoded.values().next(), Some(total), "{statistic:?}");
        }
    }
}

#[test]
fn totals_decode_to_what_each_groups_own_answers_say() {
    for statistic in statistics() {
        let shape = statistic.shape(ANSWERS).unwrap();
        let encoded: Vec<_> = samples(&statistic)
            .iter()
            .map(|answer| statistic.encode(answer, shape).unwrap())
            .collect();
        let decode = |encoded: &[&Encoded]| {
            let participants = u32::try_from(encoded.len()).unwrap();
            statistic.decode(&sum(shape, encoded.iter().copied()), participants).unwrap()
        };
        let all: Vec<_> = encoded.iter().collect();
        let whole = decode(&all);
        assert_eq!(whole.groups.len(), statistic.groups());
        let answers = whole.groups.iter().map(|group| group.found.as_ref().unwrap().answers);
        assert_eq!(answers.sum::<u64>(), ANSWERS.into());
        for (place, group) in whole.groups.iter().enumerate() {
            let is_of_group =
                |it: &&Encoded| statistic.groups.is_none() || it.values().nth(place) == Some(1);
            let own: Vec<_> = encoded.iter().filter(is_of_group).collect();
            assert_eq!(&decode(&own).groups[place], group, "{statistic:?}");
        }
        // Half of the answers say something else, or encoding and decoding would say nothing.
        assert_ne!(decode(&all[..ANSWERS as usize / 2]).groups, whole.groups);
    }
}

/// Every total is read, and as what it is: without one of them the result is another.
#[test]
fn every_total_matters() {
    for statistic in statistics() {
        let shape = statistic.shape(ANSWERS).unwrap();
        let encoded: Vec<_> = samples(&statistic)
            .iter()
            .map(|answer| statistic.encode(answer, shape).unwrap())
            .collect();
        let all = sum(shape, &encoded);
        let whole = statistic.decode(&all, ANSWERS).unwrap();
        for element in 0..shape.dimension {
            let mut without: Vec<_> = all.values().collect();
            without[element] = 0;
            let other = statistic.decode(&totals(shape, &without), ANSWERS).unwrap();
            assert_ne!(other, whole, "element {element} of {statistic:?}");
        }
    }
}

#[test]
fn a_proposal_keeps_the_statistic_and_is_no_longer_than_it_may_be() {
    for (_, asked) in examples() {
        let measure = asked.statistic.measure;
        let bytes = postcard::to_allocvec(&measure).unwrap();
        assert_eq!(postcard::from_bytes::<Measure>(&bytes).unwrap(), measure);
        let family = Measure::FAMILIES.iter().find(|family| family.name == measure.name());
        assert!(bytes.len() <= 1 + family.unwrap().max_bytes, "{measure:?}");
    }
}

#[test]
fn a_result_is_laid_out_and_described() {
    for (fields, asked) in examples() {
        let statistic = &asked.statistic;
        let shape = statistic.shape(ANSWERS).unwrap();
        let encoded = samples(statistic);
        let encoded = encoded.iter().map(|answer| statistic.encode(answer, shape).unwrap());
        let totals = sum(shape, &encoded.collect::<Vec<_>>());
        let summary = statistic.decode(&totals, ANSWERS).unwrap();
        let found = summary.groups[0].found.as_ref().unwrap();
        let kind = fields.kind();
        let table = asked.table(found).unwrap();
        let charted = table.chart.iter().flat_map(|chart| &chart.rows);
        let mut rows = table.numbers.iter().chain(charted).peekable();
        assert!(rows.peek().is_some(), "{kind} has no rows");
        for row in rows {
            assert!(!row.quantity.is_empty() && row.plain().is_some(), "{kind}: {row:?}");
        }
        assert_ne!(table.headline.as_deref(), Some(""), "{kind}");
        assert_eq!(table.headline.is_some(), asked.has_headline(), "{kind}");
        if let Some(chart) = &table.chart {
            assert!(!chart.title.is_empty() && !chart.axis.is_empty(), "{kind}");
        }
        let measure = &statistic.measure;
        let words = [measure.reveals(), measure.precision()];
        let unprotected = measure.unprotected().map(ToString::to_string);
        for words in words.iter().chain(&unprotected) {
            assert!(!words.trim().is_empty() && !words.ends_with('.'), "{kind}: {words:?}");
        }
        let other = examples().into_iter().find(|(_, it)| it.statistic.measure != *measure);
        assert_eq!(other.unwrap().1.table(found), None, "{kind} found it, and no other");
    }
}

/// No answers, and totals that no honest answers have, are laid out all the same.
#[test]
fn any_totals_decode_without_a_panic() {
    for statistic in statistics() {
        let shape = statistic.shape(1 << 10).unwrap();
        let asked = Schema::from(statistic);
        for value in [0, 1, u128::MAX] {
            let totals = totals(shape, &alloc::vec![value; shape.dimension]);
            for participants in [0, 1, 7] {
                let summary = asked.statistic.decode(&totals, participants).unwrap();
                for found in summary.groups.iter().filter_map(|group| group.found.as_ref()) {
                    asked.table(found).unwrap();
                }
            }
        }
    }
}
