//! What people and programs read of each statistic.

use formix_proto::Decimal;
use formix_proto::answer::{Answer, Cell};
use formix_proto::statistic::{
    Buckets, Choice, ChoiceView, Count, CountView, Domain, Draw, Groups, Histogram, HistogramView,
    Labels, Measure, Moments, MomentsView, Number, Regression, RegressionView, Schema, Statistic,
    Sum, SumView, Summary, Vector, VectorView,
};
use formix_testkit::vectors::added_up;

use super::{csv, lines, svg};

fn number(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn domain(decimals: u8) -> Domain {
    Domain::new(Decimal::ZERO, Decimal::ONE_HUNDRED, decimals).unwrap()
}

fn words(words: &[&str]) -> Labels {
    Labels::try_from(words.iter().map(|word| word.to_string()).collect::<Vec<_>>()).unwrap()
}

fn every(width: &str, decimals: u8) -> Histogram {
    Histogram(Buckets::every(domain(decimals), number(width)).unwrap())
}

fn in_groups(schema: impl Into<Schema>, labels: &[&str], min_size: u32) -> Schema {
    let mut schema = schema.into();
    schema.set_groups(Groups { labels: words(labels), min_size });
    schema
}

/// What these answers come to; each is a list of cells with commas between them.
fn summary(schema: &Schema, answers: &[&str]) -> Summary {
    let statistic = schema.statistic();
    let shape = statistic.shape(1000).unwrap();
    let cells = |answer: &str| Answer::new(answer.split(',').map(Cell::parse).collect());
    let lanes: Vec<_> =
        answers.iter().map(|answer| statistic.encode(&cells(answer), shape).unwrap()).collect();
    let participants = u32::try_from(answers.len()).unwrap();
    statistic.decode(&added_up(shape, &lanes), participants).unwrap()
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
exact to      answers are rounded to the nearest 0.01; the
              mean is within 0.005 of the exact one, the sum
              of n answers within n times 0.005";
    assert_eq!(shown((Sum(domain(2)), SumView::Mean), &["10", "20", "61"]), mean);
    let firsts = [
        (Schema::from(Sum(domain(2))), "sum           91\nmean"),
        (Moments(domain(2)).into(), "mean          30.333333\nvariance"),
        ((Moments(domain(2)), MomentsView::Variance).into(), "variance      730.333333\nmean"),
        ((Moments(domain(2)), MomentsView::Deviation).into(), "deviation     27.0246801\nmean"),
    ];
    for (schema, first) in firsts {
        let shown = shown(schema, &["10", "20", "61"]);
        assert!(shown.starts_with(first), "{shown}");
    }
    let yes = "\
yes           2
no            1
share of yes  0.6667
participants  3
exact to      counts are exact";
    assert_eq!(shown((Count, CountView::YesNo), &["1", "no", "true"]), yes);
}

#[test]
fn a_histogram_is_bars_and_its_quantiles() {
    let edges = ["0", "18.5", "25", "100"].map(number);
    let histogram = Histogram(Buckets::between(&edges, 1).unwrap());
    let bars = format!(
        "histogram\n  0 to 18.5   1  {}\n  18.5 to 25  2  {}\n  25 to 100   0\nparticipants  3",
        "#".repeat(22),
        "#".repeat(43)
    );
    let shown_bars = shown(histogram, &["3", "18.5", "24"]);
    assert!(shown_bars.starts_with(&bars), "{shown_bars}");
    let shown = shown((every("0.5", 1), HistogramView::Median), &["3", "18.5", "24"]);
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
    let at = ["0.9", "0", "0.5"].map(|at| Number(number(at))).to_vec();
    let shown =
        shown((every("10", 0), HistogramView::Quantiles(at)), &["1", "11", "21", "31", "100"]);
    let first = "quantile 0.9  90 to 100\nquantile 0    0 to 10\nquantile 0.5  20 to 30\ncounts\n";
    assert!(shown.starts_with(first), "{shown}");
}

#[test]
fn frequencies_are_bars_and_the_best_are_in_their_order() {
    let options = words(&["tea", "coffee", "juice"]);
    let choice = Choice(options);
    let answers = ["coffee", "juice", "coffee"];
    let shown_choice = shown(choice.clone(), &answers);
    assert!(shown_choice.contains("\n  tea     0\n  coffee  2  ####"), "{shown_choice}");
    let top = (choice, ChoiceView::Top(2));
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
fn groups_are_beside_one_another_and_small_ones_are_suppressed() {
    let schema = in_groups((Sum(domain(0)), SumView::Mean), &["f", "m", "x"], 5);
    let answers = ["f,10", "f,20", "m,60"];
    let text = "\
group f       2 answers
mean          15
sum           30
group m       1 answer
mean          60
sum           60
group x       suppressed: fewer than 5 answers
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
x,,suppressed,,,,,
";
    assert_eq!(table(schema, &answers), rows);
    let choice = in_groups(Choice(words(&["a", "b"])), &["f", "m", "x"], 5);
    let shown = shown(choice, &["f,a", "m,b", "m,b"]);
    let bar = "#".repeat(52);
    let text = format!(
        "group f       1 answer\nchoice\n  a  1  {bar}\n  b  0\n\
         group m       2 answers\nchoice\n  a  0\n  b  2  {bar}\n\
         group x       suppressed: fewer than 5 answers\nparticipants  3"
    );
    assert!(shown.starts_with(&text), "{shown}");
}

#[test]
fn hidden_opt_outs_are_not_among_the_answers() {
    let statistic = Statistic { hides_opt_outs: true, ..Sum(domain(0)).into() };
    let schema = Schema::from(statistic);
    let mut summary = summary(&schema, &["10", "20"]);
    summary.participants = 5;
    let shown = lines(&schema, &summary, 60);
    assert_eq!(shown[0], "answers       2");
    assert_eq!(shown[3], "participants  5");
}

fn regression() -> (Regression, RegressionView) {
    let columns = (domain(0), words(&["age", "weight in kg"]), vec![domain(0); 2]);
    (Regression::try_from(columns).unwrap(), RegressionView { response: "y".into() })
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
    assert!(collinear.starts_with("coefficients  not determined by these answers"), "{collinear}");
}

#[test]
fn a_long_vector_is_short_in_a_terminal_and_whole_in_csv() {
    let vector = (Vector(domain(0), 1000), VectorView::Mean);
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
    let schema = Schema::from(Choice(words(&["\u{1b}[2J<b>&\"", "\u{202e}x"])));
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
    let choice = Choice(words(&["a", "b"]));
    let by_group = |schema: Schema| in_groups(schema, &["f", "m"], 3);
    for (schema, answers, marks) in [
        (Schema::from(choice.clone()), &["a", "b"][..], "<rect"),
        (every("0.5", 1).into(), &["1", "2"], "<rect"),
        (Vector(domain(0), 3).into(), &["1,2,3"], "<polyline"),
        (regression().into(), &["6,1,1", "9,1,4", "11,2,3", "15,4,1"], "<circle"),
        (by_group((Sum(domain(0)), SumView::Mean).into()), &["f,1", "m,2"], "<rect"),
        (by_group(choice.into()), &["f,a", "m,b"], "<rect"),
    ] {
        let drawn = svg("Why?", &schema, &summary(&schema, answers)).unwrap().unwrap();
        assert_well_formed(&drawn);
        assert!(drawn.contains(marks) && drawn.contains("Why?"), "{schema:?}: {drawn}");
    }
    let single = Schema::from(Sum(domain(0)));
    assert_eq!(svg("Why?", &single, &summary(&single, &["1"])).unwrap(), None);
}

/// Whatever statistics there are, each has its lines, its table, and its drawing if it has a chart.
#[test]
fn every_kind_is_shown() {
    for kind in Measure::FAMILIES.iter().flat_map(|family| family.kinds) {
        let plain = Schema::read(&(kind.example)()).unwrap();
        for schema in [plain.clone(), in_groups(plain, &["f", "m"], 1)] {
            let shape = schema.statistic().shape(40).unwrap();
            // Anything that goes up and down will do.
            let mut state = 1_u64;
            let mut coins = |max: u64| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 33) % (max + 1)
            };
            let mut sample = || schema.statistic().sample(&mut Draw::new(&mut coins));
            let encode = |answer| schema.statistic().encode(&answer, shape).unwrap();
            let encoded: Vec<_> = (0..40).map(|_| encode(sample())).collect();
            let summary = schema.statistic().decode(&added_up(shape, &encoded), 40).unwrap();
            let text = lines(&schema, &summary, 60);
            assert!(text.len() > 3 && text.iter().all(|line| !line.is_empty()), "{text:?}");
            let rows = String::from_utf8(csv(&schema, &summary).unwrap()).unwrap();
            assert!(rows.lines().count() > 1, "{rows}");
            let drawn = svg("How?", &schema, &summary).unwrap();
            let charted = schema.overall(&summary).map(|table| table.chart.is_some());
            assert_eq!(drawn.is_some(), charted.unwrap_or(true), "{}", kind.name);
            drawn.iter().for_each(|drawn| assert_well_formed(drawn));
        }
    }
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
