//! Questions in files, and results as files: as an analyst has them on the command line.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::fs;
use std::path::PathBuf;

use serde_json::json;
use tempfile::TempDir;

use support::command::{Ran, formix};
use support::{Answer, Up};

const ANSWERS: [Answer<'_>; 4] =
    [Answer::Fixed("11"), Answer::Fixed("20"), Answer::Fixed("72"), Answer::Fixed("20.5")];

const MEDIAN: &str = "\
version = 1
prompt = \"How many minutes?\"
[statistic]
kind = \"median\"
min = 0
max = 100
resolution = 5
";

/// A directory with one question in it.
struct Desk {
    directory: TempDir,
    question: PathBuf,
}

impl Desk {
    fn with(question: &str) -> Self {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("question.toml");
        fs::write(&path, question).unwrap();
        Self { directory, question: path }
    }

    fn question(&self) -> &str {
        self.question.to_str().unwrap()
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).to_str().unwrap().to_owned()
    }

    /// Runs the command where there is no network.
    #[track_caller]
    fn alone(&self, args: &[&str]) -> Ran {
        formix(&self.directory.path().join("home"), args)
    }
}

#[test]
fn a_question_is_explained_before_there_is_a_network() {
    let desk = Desk::with(MEDIAN);
    let check = ["question", "check", desk.question(), "--participants", "1000"];
    let explained = desk.alone(&[&check[..], &["--json"]].concat()).succeeded().json();
    assert_eq!(explained["statistic"], "median");
    assert_eq!(
        (&explained["elements"], &explained["ring"], &explained["max_participants"]),
        (&json!(20), &json!("2^32"), &json!(1000))
    );
    let words = desk.alone(&check).succeeded().stdout;
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let bytes = explained["bytes"].to_string();
    for said in
        ["20 buckets", &bytes, "2^32", "at most 5 wide", "three heavy nodes", "not protected"]
    {
        assert!(words.contains(said), "no `{said}` in {words}");
    }
}

#[test]
fn what_is_wrong_with_a_file_is_told_with_its_line_and_nobody_is_asked() {
    let desk = Desk::with(&MEDIAN.replace("max = 100", "max = -100"));
    let why = format!("{}:6: statistic.max: min must be less than", desk.question());
    desk.alone(&["question", "check", desk.question()]).exits(2).says(&why);
    let network = Up::start(&ANSWERS);
    network.formix(&["propose", desk.question(), "--wait"]).exits(2).says(&why);
    let strict = Desk::with(&format!("min_participants = 2\n{MEDIAN}"));
    let why = format!("{}:1: min_participants: ", strict.question());
    network.formix(&["propose", strict.question()]).exits(2).says(&why);
    let asked = ["propose", strict.question(), "--max", "7"];
    network.formix(&asked).exits(2).says("its terms are in the file");
    network.formix(&["propose", &desk.path("none.toml")]).exits(2).says("none.toml");
    let list = network.formix(&["list", "--json"]).succeeded().json();
    assert_eq!(list, json!({ "computations": [] }));
}

#[test]
fn a_result_leads_with_what_was_wanted_and_goes_where_it_is_asked_for() {
    let desk = Desk::with(MEDIAN);
    let network = Up::start(&ANSWERS);
    let report = network.formix(&["propose", desk.question(), "--wait", "--json"]);
    let report = report.succeeded().json();
    let id = report["comp_id"].as_str().unwrap();
    assert_eq!((&report["result"], &report["mean"]), (&json!("20 to 25"), &json!(null)));
    let found = &report["summary"]["groups"][0];
    assert_eq!((&found["label"], &found["found"]["answers"]), (&json!(null), &json!(4)));
    let buckets = found["found"]["histogram"].as_array().unwrap();
    assert_eq!((buckets.len(), &buckets[4]["count"]), (20, &json!(2)));

    let check = || {
        let shown = network.formix(&["show", id]).succeeded().stdout;
        assert!(shown.contains("\nmedian        20 to 25\ncounts\n"), "{shown}");
        assert!(shown.contains("\n  20 to 25   2  ####"), "{shown}");
        let csv = network.formix(&["show", id, "--csv"]).succeeded().stdout;
        let lines: Vec<_> = csv.lines().collect();
        assert_eq!(lines[0], "group,answers,quantity,item,from,to,value,error");
        assert_eq!((lines[1], lines[6]), (",4,median,,20,25,,", ",4,count,,20,25,2,"));
        assert_eq!(lines.len(), 22);
        csv
    };
    let csv = check();
    let (table, drawing) = (desk.path("r.csv"), desk.path("r.svg"));
    let wait = ["wait", id, "--csv", &table, "--svg", &drawing, "--json"];
    assert_eq!(network.formix(&wait).succeeded().json(), report, "and the files beside it");
    assert_eq!(fs::read_to_string(table).unwrap(), csv);
    assert!(fs::read_to_string(drawing).unwrap().starts_with("<svg "));
    network.formix(&["show", id, "--csv", "--json"]).exits(2).says("give --csv a file");
    network.kill_everything();
    assert_eq!(check(), csv, "the result outlives the processes");
}

#[test]
fn a_list_names_what_is_more_than_one_number() {
    let histogram = MEDIAN.replace("median", "histogram").replace("resolution", "width");
    let desk = Desk::with(&histogram);
    let network = Up::start(&ANSWERS);
    network.formix(&["propose", desk.question(), "--wait"]).succeeded();
    let list = network.formix(&["list"]).succeeded().stdout;
    assert!(list.contains("  completed   (histogram)       How many minutes?"), "{list}");
}

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/questions");

#[test]
fn a_new_network_answers_the_example_without_sql_and_says_why_it_does_not_answer_another() {
    let network = Up::prepare(&[]);
    network.try_up(&["--light", "3"]).succeeded().says("decline questions with SQL");
    let ask = |example: &str| {
        network.formix(&["propose", &format!("{EXAMPLES}/{example}.toml"), "--wait"])
    };
    let answered = ask("transport").succeeded().stdout;
    assert!(answered.contains("completed"), "{answered}");
    let failed = ask("waiting-quantiles").exits(1).stdout;
    assert!(failed.contains("why           0 answers reached every heavy node"), "{failed}");
    assert!(failed.contains("\noften because light nodes that make their answers up"), "{failed}");
}

/// Most of it is of characters that take two or six in JSON.
#[test]
fn the_longest_question_can_be_asked() {
    let label = |number: i32| format!("{number:031}");
    let labels: Vec<_> = (0..256).map(label).collect();
    let question = json!({
        "version": 1,
        "prompt": "\u{1}".repeat(4096),
        "data": {
            "sql": format!("SELECT x,{}x FROM t", "\t".repeat(16_000)),
            "tables": { "t": ["x"] },
        },
        "statistic": { "kind": "choice", "options": labels },
        "groups": { "labels": labels, "min_size": 3 },
    });
    let desk = Desk::with("");
    let path = desk.path("long.json");
    fs::write(&path, question.to_string()).unwrap();
    let network = Up::start(&ANSWERS);
    let asked = network.formix(&["propose", &path, "--json"]).succeeded().json();
    assert_eq!(asked["computation_prompt"], question["prompt"]);
}

#[test]
fn a_single_number_is_no_drawing() {
    let desk = Desk::with("");
    let network = Up::start(&ANSWERS);
    let report = network.formix(&["propose", "How many?", "--wait", "--json"]).succeeded().json();
    let (id, drawing) = (report["comp_id"].as_str().unwrap(), desk.path("r.svg"));
    network.formix(&["show", id, "--svg", &drawing]).exits(2).says("a single number is not drawn");
    assert!(!fs::exists(drawing).unwrap());
}
