//! What people and programs read of each statistic.

use formix_node::question::{Column, GroupBy, Kind, Number, Schema, Wanted};
use formix_proto::Decimal;
use formix_proto::answer::{Answer, Cell};
use formix_proto::share::sum;
use formix_proto::statistic::Summary;

use super::{csv, lines, svg};

fn number(text: &str) -> Number {
    Number(text.parse().unwrap())
}

fn of_number(kind: Kind, decimals: u8) -> Wanted {
    Wanted::of_number(kind, Decimal::ZERO, Decimal::ONE_HUNDRED, decimals)
}

fn words(words: &[&str]) -> Option<Vec<String>> {
    Some(words.iter().map(|word| word.to_string()).collect())
}

/// What these answers come to; each is a list of cells with commas between them.
fn summary(schema: &Schema, answers: &[&str]) -> Summary {
    let statistic = schema.statistic().unwrap();
    let shape = statistic.shape(1000).unwrap();
    let cells = |answer: &str| Answer::new(answer.split(',').map(Cell::parse).collect());
    let lanes: Vec<_> =
        answers.iter().map(|answer| statistic.encode(&cells(answer), shape).unwrap()).collect();
    let participants = u32::try_from(answers.len()).unwrap();
    statistic.decode(&sum(shape, &lanes), participants).unwrap()
}

fn shown(schema: impl Into<Schema>, answers: &[&str]) -> String {
    let schema = schema.into();
    lines(&schema, &summary(&schema, answers), 60).join("\n")
}

fn table(schema: impl Into<Schema>, answers: &[&str]) -> String {
    let schema = schema.into();
    String::from_utf8(csv(&schema, &summary(&schema, answers)).unwrap()).unwrap()
}

#[test]
fn what_was_wanted_comes_first() {
    let mean = "\
mean          30.333333
sum           91
participants  3
exact to      every answer is rounded to the nearest 0.01; a
              mean is within 0.005 of the exact one, a sum
              of n answers within n times 0.005";
    assert_eq!(shown(of_number(Kind::Mean, 2), &["10", "20", "61"]), mean);
    let firsts = [
        (Kind::Sum, "sum           91"),
        (Kind::Moments, "mean          30.333333"),
        (Kind::Variance, "variance      730.333333"),
        (Kind::Deviation, "deviation     27.0246801"),
    ];
    for (kind, first) in firsts {
        let shown = shown(of_number(kind, 2), &["10", "20", "61"]);
        assert!(shown.starts_with(first), "{shown}");
    }
    let yes = "\
yes           2
no            1
share of yes  0.6667
participants  3
exact to      counts are exact";
    assert_eq!(shown(Wanted::new(Kind::YesNo), &["1", "no", "true"]), yes);
}

#[test]
fn a_histogram_is_bars_and_its_quantiles() {
    let edges = ["0", "18.5", "25", "100"].map(number).to_vec();
    let histogram = Wanted { edges: Some(edges), ..Wanted::new(Kind::Histogram) };
    let bars = format!(
        "histogram\n  0 to 18.5   1  {}\n  18.5 to 25  2  {}\n  25 to 100   0\nparticipants  3",
        "#".repeat(22),
        "#".repeat(43)
    );
    let shown_bars = shown(histogram, &["3", "18.5", "24"]);
    assert!(shown_bars.starts_with(&bars), "{shown_bars}");
    let resolution = Some(number("0.5"));
    let median = Wanted { resolution, ..of_number(Kind::Median, 1) };
    let shown = shown(median, &["3", "18.5", "24"]);
    assert!(shown.starts_with("median        18.5 to 19\ncounts\n"), "{shown}");
    let bars: Vec<_> = shown.lines().skip(2).take_while(|line| line.starts_with(' ')).collect();
    assert_eq!(bars.len(), 23, "200 buckets, nine in a bar: {shown}");
    assert!(
        bars[2].starts_with("  9 to 13.5   0") && bars[4].starts_with("  18 to 22.5  1  ###"),
        "{shown}"
    );
}

#[test]
fn quantiles_are_in_the_order_that_was_asked() {
    let at = Some(["0.9", "0", "0.5"].map(number).to_vec());
    let wanted = Wanted { at, resolution: Some(number("10")), ..of_number(Kind::Quantiles, 0) };
    let shown = shown(wanted, &["1", "11", "21", "31", "100"]);
    let first = "quantile 0.9  90 to 100\nquantile 0    0 to 10\nquantile 0.5  20 to 30\ncounts\n";
    assert!(shown.starts_with(first), "{shown}");
}

#[test]
fn frequencies_are_bars_and_the_best_are_in_their_order() {
    let options = words(&["tea", "coffee", "juice"]);
    let choice = Wanted { options: options.clone(), ..Wanted::new(Kind::Choice) };
    let answers = ["coffee", "juice", "coffee"];
    let shown_choice = shown(choice, &answers);
    assert!(shown_choice.contains("\n  tea     0\n  coffee  2  ####"), "{shown_choice}");
    let top = Wanted { options, k: Some(2), ..Wanted::new(Kind::Top) };
    let shown = shown(top.clone(), &answers);
    assert!(shown.starts_with("top\n  coffee  2  ####"), "{shown}");
    assert!(!shown.contains("tea"), "{shown}");
    let rows = "\
group,answers,quantity,item,from,to,value,error
,3,count,coffee,,,2,
,3,count,juice,,,1,
";
    assert_eq!(table(top, &answers), rows);
}

#[test]
fn groups_are_beside_one_another_and_small_ones_are_not_told() {
    let groups = Some(GroupBy { labels: vec!["f".into(), "m".into(), "x".into()], least: 5 });
    let schema = Schema { groups, ..of_number(Kind::Mean, 0).into() };
    let answers = ["f,10", "f,20", "m,60"];
    let text = "\
group f       2 answers
mean          15
sum           30
group m       1 answers
mean          60
sum           60
group x       fewer than 5 answers: not told
mean by group
  f  15  #############
  m  60  ###################################################
participants  3";
    let shown_groups = shown(schema.clone(), &answers);
    assert!(shown_groups.starts_with(text), "{shown_groups}");
    let rows = "\
group,answers,quantity,item,from,to,value,error
f,2,mean,,,,15,
f,2,sum,,,,30,
m,1,mean,,,,60,
m,1,sum,,,,60,
x,,not told,,,,,
";
    assert_eq!(table(schema.clone(), &answers), rows);
    let options = words(&["a", "b"]);
    let choice = Wanted { options, ..Wanted::new(Kind::Choice) };
    let shown = shown(Schema { statistic: choice, ..schema }, &["f,a", "m,b", "m,b"]);
    let bar = "#".repeat(52);
    let text = format!(
        "group f       1 answers\nchoice\n  a  1  {bar}\n  b  0\n\
         group m       2 answers\nchoice\n  a  0\n  b  2  {bar}\n\
         group x       fewer than 5 answers: not told\nparticipants  3"
    );
    assert!(shown.starts_with(&text), "{shown}");
}

#[test]
fn who_declines_in_hiding_is_not_among_the_answers() {
    let schema = Schema { hide_declining: true, ..of_number(Kind::Sum, 0).into() };
    let mut summary = summary(&schema, &["10", "20"]);
    summary.participants = 5;
    let shown = lines(&schema, &summary, 60);
    assert_eq!(shown[0], "answers       2");
    assert_eq!(shown[3], "participants  5");
}

fn regression() -> Wanted {
    let column = |name: &str| Column {
        name: name.to_owned(),
        min: number("0"),
        max: number("100"),
        decimals: Some(0),
    };
    Wanted {
        response: Some(column("y")),
        columns: Some(vec![column("age"), column("weight in kg")]),
        ..Wanted::new(Kind::Regression)
    }
}

#[test]
fn a_regression_is_a_table() {
    // Worked out openly, in fractions.
    let answers = ["6,1,1", "9,1,4", "11,2,3", "15,4,1", "18,5,0"];
    let text = "\
r squared     0.996145374
residual      0.418330013
regression of y
                estimate  standard error
  (intercept)        1.9     0.712390342
  age               3.15     0.162018517
  weight in kg      0.95     0.179118211
participants  5";
    let shown_table = shown(regression(), &answers);
    assert!(shown_table.starts_with(text), "{shown_table}");
    let collinear = shown(regression(), &["1,1,1", "2,2,2"]);
    assert!(collinear.starts_with("coefficients  not to be had of these answers"), "{collinear}");
}

#[test]
fn a_long_vector_is_short_in_a_terminal_and_whole_in_csv() {
    let vector = Wanted { length: Some(1000), ..of_number(Kind::VectorMean, 0) };
    let answer = (0..1000).map(|place| (place % 100).to_string()).collect::<Vec<_>>().join(",");
    let shown = shown(vector.clone(), &[&answer, &answer]);
    assert!(shown.starts_with("vector-mean\n  1      0\n  2      1\n  3      2  #\n"), "{shown}");
    assert!(shown.contains("\n  ... 968 more: --csv has them\n"), "{shown}");
    assert!(shown.contains("\n  1000  99  ###"), "{shown}");
    let rows = table(vector, &[&answer, &answer]);
    assert_eq!(rows.lines().count(), 1001);
    assert!(rows.ends_with("\n,2,mean,1000,,,99,\n"));
}

#[test]
fn what_a_stranger_wrote_reaches_neither_terminal_nor_drawing() {
    let options = words(&["\u{1b}[2J<b>&\"", "\u{202e}x"]);
    let schema: Schema = Wanted { options, ..Wanted::new(Kind::Choice) }.into();
    let summary = summary(&schema, &["\u{202e}x"]);
    let shown = lines(&schema, &summary, 60).join("\n");
    let title = format!("<a>\u{1b}&{}", "x".repeat(4000));
    let drawn = svg(&title, &schema, &summary).unwrap().unwrap();
    for text in [&shown, &drawn] {
        let steers = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!text.contains(steers), "{text:?}");
    }
    assert_well_formed(&drawn);
    assert!(drawn.contains("&lt;a&gt;") && !drawn.contains(&"x".repeat(90)), "{drawn}");
}

#[test]
fn everything_but_a_single_number_is_drawn() {
    let options = words(&["a", "b"]);
    let choice = Wanted { options, ..Wanted::new(Kind::Choice) };
    let buckets = Wanted { width: Some(number("0.5")), ..of_number(Kind::Histogram, 1) };
    let vector = Wanted { length: Some(3), ..of_number(Kind::VectorSum, 0) };
    let groups = Some(GroupBy { labels: vec!["f".into(), "m".into()], least: 3 });
    let by_group = |wanted: Wanted| Schema { groups: groups.clone(), ..wanted.into() };
    for (schema, answers, marks) in [
        (choice.clone().into(), &["a", "b"][..], "<rect"),
        (buckets.into(), &["1", "2"], "<rect"),
        (vector.into(), &["1,2,3"], "<polyline"),
        (regression().into(), &["6,1,1", "9,1,4", "11,2,3", "15,4,1"], "<circle"),
        (by_group(of_number(Kind::Mean, 0)), &["f,1", "m,2"], "<rect"),
        (by_group(choice), &["f,a", "m,b"], "<rect"),
    ] {
        let drawn = svg("Why?", &schema, &summary(&schema, answers)).unwrap().unwrap();
        assert_well_formed(&drawn);
        assert!(drawn.contains(marks) && drawn.contains("Why?"), "{schema:?}: {drawn}");
    }
    let single: Schema = of_number(Kind::Sum, 0).into();
    assert_eq!(svg("Why?", &single, &summary(&single, &["1"])).unwrap(), None);
}

/// Every element that is opened is closed in turn, and no text has a mark of its own.
#[track_caller]
fn assert_well_formed(svg: &str) {
    let mut open = Vec::new();
    for part in svg.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap();
        assert!(!text.contains('>'), "{part}");
        let entities = ["amp;", "lt;", "gt;", "quot;", "apos;", "#"];
        let known = |rest: &str| entities.iter().any(|entity| rest.starts_with(entity));
        assert!(part.split('&').skip(1).all(known), "{part}");
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "{part}"),
            None if tag.ends_with('/') || tag.starts_with(['?', '!']) => {}
            None => open.push(tag.split_whitespace().next().unwrap()),
        }
    }
    assert_eq!(open, Vec::<&str>::new());
}
