//! The analyst's own words come back with the computation, always.

use super::*;

/// Words for the mean, and for something else that is not what is computed.
fn words(max: i64) -> Schema {
    let domain = Domain::new(Decimal::from(-5), max.into(), 1).unwrap();
    (Sum(domain), SumView::Mean).into()
}

#[test]
fn words_are_recorded_with_the_proposal_and_outlive_a_restart() {
    let home = Home::new();
    let (log, history, mut opened) = open(&home.file());
    history.words().expect(id(1), words(5));
    log.write(&mut opened, 1, vec![proposed(1), proposed(2)]);
    log.write(&mut opened, 2, vec![completed(1), completed(2)]);
    assert!(history.words().take(&id(1)).is_none(), "they are recorded now");
    log.shut();
    let (_log, history, _opened) = open(&home.file());
    let row = |number| wait(history.computation(id(number))).unwrap().unwrap();
    assert_eq!((row(1).schema, row(1).result), (words(5), row(1).mean), "the mean was wanted");
    assert_eq!(
        row(2).schema,
        Schema::from(proposal().spec.statistic.clone()),
        "the statistic's own"
    );
    assert_eq!(row(2).result.as_deref(), Some("-0.4"));
}

#[test]
fn words_count_for_what_is_computed_and_for_nothing_else() {
    let row = |words| ComputationRow::proposed(id(1), &proposal(), words, 0);
    assert_eq!(row(Some(words(5))).schema, words(5));
    let own = Schema::from(proposal().spec.statistic.clone());
    assert_eq!(row(Some(words(6))).schema, own);
    assert_eq!(row(None).schema, own);
}
