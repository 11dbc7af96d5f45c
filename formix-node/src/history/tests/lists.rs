//! Lists are read a page at a time, without what they do not show.

use super::*;

#[test]
fn a_list_of_many_pages_is_whole_and_newest_first() {
    let many = u32::try_from(PAGE_OF_IDS + PAGE + 1).unwrap();
    let home = Home::new();
    let (log, history, mut opened) = open(&home.file());
    log.write(&mut opened, 1, (0..many).map(proposed).collect());
    let ids: Vec<_> = (0..many).rev().map(id).collect();
    assert_eq!(wait(history.ids()).unwrap(), ids);
    for most in [PAGE - 1, PAGE, PAGE + 1, 2 * PAGE] {
        let rows = wait(history.newest(most)).unwrap();
        let found: Vec<_> = rows.iter().map(|row| row.comp_id).collect();
        assert_eq!(found, ids[..most], "{most}");
    }
    assert_eq!(wait(history.newest(usize::MAX)).unwrap().len(), ids.len());
    log.shut();
    open(&home.file()).0.shut();
    let oldest = "DELETE FROM history WHERE position = 1";
    Connection::open(&home.file()).unwrap().execute(oldest).unwrap();
    assert!(super::super::open(&home.file(), ME).is_err(), "every page is compared with the log");
}

/// A median with more buckets than are read with a list, and a statistic without a headline.
#[test]
fn a_list_shows_single_numbers_and_carries_no_summary() {
    let home = Home::new();
    let (log, history, mut opened) = open(&home.file());
    let buckets = Buckets::every(domain(0, 5_000, 0), Decimal::ONE).unwrap();
    let histogram = Histogram(buckets);
    let (median, of_median) = asking(1, histogram.clone());
    let (vector, of_vector) = asking(2, Vector(domain(0, 9, 0), 5_000));
    let words = (histogram, HistogramView::Median);
    history.words.expect(id(1), words.into());
    log.write(&mut opened, 1, vec![median, vector]);
    let ends = vec![ended(1, &of_median, 5_000, 1), ended(2, &of_vector, 9, 4)];
    log.write(&mut opened, 2, ends);
    let list = wait(history.newest(2)).unwrap();
    assert_eq!(list[1].result.as_deref(), Some("2499 to 2500"));
    assert!(list.iter().all(|row| row.summary.is_none()), "{list:?}");
    let page =
        wait(log.reader().read(|file| table::page(file, i64::MAX, 2, Detail::Short))).unwrap();
    assert!(page.iter().all(|stored| stored.totals.is_none()), "they are too long for a list");
    for row in &list {
        let whole = wait(history.computation(row.comp_id)).unwrap().unwrap();
        assert!(whole.summary.is_some());
        assert_eq!(ComputationRow { summary: None, ..whole }, *row);
    }
    log.shut();
    assert_eq!(Archive::open(&home.file()).unwrap().unwrap().newest(2).unwrap(), list);
}

#[test]
fn totals_that_a_list_does_not_show_are_not_read_for_it() {
    let home = Home::new();
    let (log, _, mut opened) = open(&home.file());
    let (vector, of_vector) = asking(1, Vector(domain(0, 9, 0), 2));
    let (sum, of_sum) = asking(2, Sum(domain(0, 9, 0)));
    log.write(&mut opened, 1, vec![vector, sum]);
    log.write(&mut opened, 2, vec![ended(1, &of_vector, 9, 4), ended(2, &of_sum, 9, 4)]);
    log.shut();
    let damage = "UPDATE totals SET body = zeroblob(length(body)) WHERE rowid = ";
    for (row, is_shown) in [(1, false), (2, true)] {
        let copy = Home::new();
        fs::copy(home.file(), copy.file()).unwrap();
        Connection::open(&copy.file()).unwrap().execute(&format!("{damage}{row}")).unwrap();
        let (_log, history, _opened) = open(&copy.file());
        assert_eq!(wait(history.newest(2)).is_err(), is_shown, "{row}");
        assert!(wait(history.computation(id(row))).is_err(), "{row}");
        assert!(wait(history.row(id(row))).unwrap().is_some(), "{row}");
    }
}

#[test]
fn the_cache_holds_the_newest_small_results() {
    let mut cache = reading::Cache::default();
    let summary = Summary { participants: 3, groups: Vec::new() };
    let of = |number| ComputationRow {
        summary: Some(summary.clone()),
        ..ComputationRow::proposed(id(number), &proposal(), None, 0)
    };
    cache.add(&of(0), reading::MAX_CACHED_LENGTH + 1);
    assert_eq!(cache.find(&id(0)), None, "too long");
    (1..=17).for_each(|number| cache.add(&of(number), reading::MAX_CACHED_LENGTH));
    assert_eq!(cache.find(&id(1)), None, "the oldest goes");
    assert!((2..=17).all(|number| cache.find(&id(number)) == Some(summary.clone())));
}
