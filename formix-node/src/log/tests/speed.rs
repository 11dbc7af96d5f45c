//! How fast it is. Run on an idle machine, optimized:
//! `cargo test --release -p formix-node --lib log::tests::speed -- --ignored --nocapture`

use std::time::Instant;

use super::*;

#[test]
#[ignore = "prints figures, checks nothing"]
fn figures() {
    for (group, rows) in [(1, 4_000), (100, 200_000), (1_000, 500_000), (4_096, 500_000)] {
        let home = Home::new();
        let mut writer = open_writer(&home.file());
        let groups: Vec<_> = (0..rows / group)
            .map(|n| {
                let records = (0..group).map(|m| contributed(m % 8, n * group + m)).collect();
                [Batch { seq: BatchSeq(u64::from(n)), records }]
            })
            .collect();
        let start = Instant::now();
        for group in &groups {
            writer.write(group).unwrap();
        }
        let speed = f64::from(rows) / start.elapsed().as_secs_f64();
        println!("{group:>5} records a transaction: {speed:>9.0} rows/s");
        let start = Instant::now();
        let ends = (0..8).map(sealed).collect();
        writer.write(&[Batch { seq: BatchSeq(0), records: ends }]).unwrap();
        println!("{:>36} to erase them", format!("{:.1?}", start.elapsed()));
    }
    let home = Home::new();
    let mut writer = open_writer(&home.file());
    let start = Instant::now();
    for n in 0..500 {
        writer.write(&[Batch { seq: BatchSeq(n), records: vec![contributed(1, 1)] }]).unwrap();
        writer.write(&[Batch { seq: BatchSeq(n), records: vec![sealed(1)] }]).unwrap();
    }
    println!("share and seal, each on its own: {:.2?} each pair", start.elapsed() / 500);
}
