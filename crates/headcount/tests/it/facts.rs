//! `headcount facts`: import, list and pull.

use std::{fs, path::Path, thread, time::Duration};

use serde_json::Value;

use crate::{run::Home, sandboxed::Sandboxed};

const WEEK: &str = "2026-11-15T21:00:00.000Z/2026-11-22T21:00:00.000Z";

/// The sample answers, shaped as those that the KPI site shows.
const AHT: &str = r#"{"results":[
  {"group":{"mediaType":"message"},"data":[{"metrics":[{"metric":"tHandle","stats":{"max":9041277,"min":1204,"count":412,"sum":502338190}}]}]},
  {"group":{"mediaType":"voice"},"data":[{"metrics":[{"metric":"tHandle","stats":{"max":4825184,"min":7489,"count":1113,"sum":963943429}}]}]}]}"#;
const EVALUATIONS: &str =
    r#"{"results":[{"data":[{"metrics":[{"metric":"nEvaluations","stats":{"count":610}}]}]}]}"#;

fn json(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap()
}

fn is_empty(home: &Home) -> bool {
    json(&home.ok(&["facts", "list", "--output", "json"])).is_empty()
}

#[test]
fn the_sample_answers_are_imported() {
    let home = Home::new();
    home.file("aht.json", AHT);
    home.file("evaluations.json", &format!("\u{feff}{EVALUATIONS}"));
    let import = [
        "facts",
        "import",
        "aht.json",
        "evaluations.json",
        "--interval",
        WEEK,
        "--timezone",
        "Asia/Riyadh",
    ];
    insta::assert_snapshot!(home.ok(&import), @"
    KIND         DAY         OUTCOME  FACTS  COUNT  SUM_MS      AHT_S  SCORE_SUM  SCORE
    handle_time  2026-11-16  new          2   1525  1466281619  961.5
    evaluation   2026-11-16  new          1    610
    ");
    let again = home.ok(&import);
    assert_eq!(again.matches("unchanged").count(), 2, "{again}");
    insta::assert_snapshot!(home.ok(&["facts", "list"]), @"
    KIND         DAY         TIME_ZONE    GRANULARITY  SOURCE  FACTS  COUNT  SUM_MS      AHT_S  SCORE_SUM  SCORE
    handle_time  2026-11-16  Asia/Riyadh               import      2   1525  1466281619  961.5
    evaluation   2026-11-16  Asia/Riyadh               import      1    610
    ");
    // Voice alone: 963,943,429 / 1,113 ms.
    let voice = Home::new();
    let rows: Vec<&str> = AHT.lines().collect();
    voice.file("voice.json", &format!("{}\n{}", rows[0], rows[2]));
    let told = voice.ok(&["facts", "import", "voice.json", "--interval", WEEK]);
    assert!(told.contains("1113  963943429  866.1"), "{told}");
    // Without the interval the answer tells no day.
    let told = home.fails(&["facts", "import", "aht.json"], 2);
    assert!(
        told.contains("aht.json is no answer with facts: results[0].data[0] has no interval"),
        "{told}"
    );
    assert!(told.contains("--interval START/END"), "{told}");
}

const HEADER: &str =
    "Interval Start;interval_end;User ID;media_type;handle_count;handle_sum_ms;Queue";

/// Facts of two days, with a semicolon and a quote in names that are left out.
fn table() -> String {
    format!(
        "{HEADER}\r\n\
         2026-11-23;2026-11-24;b;voice;3;1500;\"a;\"\"b\"\r\n\
         2026-11-24T00:00;2026-11-25T00:00;a;voice;2;;\r\n\
         2026-11-23T21:00:00Z;2026-11-24T21:00:00Z;a;;;7;\r\n\
         2026-11-24T00:00;2026-11-25T00:00;c;voice;;;\r\n"
    )
}

#[test]
fn tables_of_any_encoding_are_the_same() {
    let utf16: Vec<u8> = std::iter::once(0xfeff)
        .chain(table().encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let mut kept = Vec::new();
    for bytes in [
        table().into_bytes(),
        format!("\u{feff}{}", table()).into_bytes(),
        utf16,
    ] {
        let home = Home::new();
        fs::write(home.path().join("facts.csv"), bytes).unwrap();
        let ran = home.run(&[
            "facts",
            "import",
            "facts.csv",
            "--timezone",
            "Asia/Riyadh",
            "--output",
            "json",
        ]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_eq!(
            ran.stderr,
            "note: facts.csv: columns that are no facts were left out: Queue\n"
        );
        let days = json(&ran.stdout);
        let told: Vec<_> = days
            .iter()
            .map(|day| {
                (
                    day["day"].as_str().unwrap(),
                    day["facts"].as_u64(),
                    day["count"].as_u64(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("2026-11-23", Some(1), Some(3)),
                ("2026-11-24", Some(2), Some(2))
            ]
        );
        kept.push(ran.stdout);
    }
    assert!(kept.iter().all(|told| *told == kept[0]));
}

#[test]
fn a_broken_set_imports_nothing() {
    let home = Home::new();
    let row = |cells: &str| {
        format!(
            "interval_start,interval_end,user_id,media_type,handle_count,handle_sum_ms\n\
             2026-11-24T00:00Z,2026-11-25T00:00Z,a,voice,1,1\n{cells}\n"
        )
    };
    let good = "interval_start,interval_end,user_id,handle_count\n2026-11-23,2026-11-24,a,1\n";
    home.file("good.csv", good);
    let cases = [
        (
            "2026-11-24T00:00Z,2026-11-25T00:00Z,b,voice,-1,1",
            "bad:3:5: a number of a fact is never negative",
        ),
        (
            "2026-11-24T00:00Z,2026-11-25T00:00Z,b,voice,1.5,1",
            "bad:3:5: not a whole number",
        ),
        (
            "2026-11-24T00:00Z,2026-11-25T00:00Z,b,voice,1,99999999999999999999",
            "bad:3:6: the number is too large",
        ),
        (
            "2026-11-24T00:00Z,2026-11-24T00:00Z,b,voice,1,1",
            "bad:3:2: the interval ends before it starts",
        ),
        (
            "24.11.2026,2026-11-25,b,voice,1,1",
            "bad:3:1: not an ISO-8601 time",
        ),
        (
            "2026-11-24T00:00Z,2026-11-25T00:00Z,b",
            "bad:3: the row has 3 cells where the header has 6",
        ),
        (
            "2026-11-24T00:00Z,2026-11-25T00:00Z,a,voice,9223372036854775807,1",
            "adds up to more than fits",
        ),
        (
            "2026-11-24T00:30Z,2026-11-24T01:00Z,a,voice,1,1",
            "intervals of one user and media type overlap on 2026-11-24",
        ),
    ];
    for (cells, wanted) in cases {
        home.file("bad", &row(cells));
        let told = home.fails(&["facts", "import", "good.csv", "bad"], 2);
        assert!(told.contains(wanted), "{told}");
    }
    let whole = [
        (
            "user_id,handle_count\na,1\n",
            "the header has no column interval_start",
        ),
        (
            "interval_start,interval_end,user_id,x\n",
            "the header has no column with a measure",
        ),
        (
            "interval_start,interval_end,user_id,handle_count,score_count\n",
            "measures of both kinds",
        ),
        ("", "the file is empty"),
        (
            "{\"results\":[{\"data\"",
            "bad is no answer with facts: the answer is cut off",
        ),
        (
            "{\"message\":\"no\",\"status\":403}",
            "an error of upstream (status 403)",
        ),
        (
            "PAR1 and no more",
            "it is no Parquet file, or a part of one",
        ),
    ];
    for (text, wanted) in whole {
        home.file("bad", text);
        let ran = home.run(&["facts", "import", "good.csv", "bad"]);
        assert!(ran.code == 1 || ran.code == 2, "{}", ran.code);
        assert!(ran.stderr.contains(wanted), "{}", ran.stderr);
    }
    let told = home.fails(&["facts", "import", "good.csv", "nowhere.csv"], 2);
    assert!(told.contains("nowhere.csv can't be read"), "{told}");
    home.file("twice.csv", &format!("{good}2026-11-23,2026-11-24,b,1\n"));
    let told = home.fails(&["facts", "import", "good.csv", "twice.csv"], 2);
    assert!(
        told.contains(
            "good.csv and twice.csv tell of the same user, interval and media type on 2026-11-23"
        ),
        "{told}"
    );
    assert_eq!(
        json(&home.ok(&["facts", "list", "--output", "json"])).len(),
        0
    );
}

#[test]
fn other_facts_are_replaced_only_when_asked() {
    let home = Home::new();
    let table = |count: u32| {
        format!(
            "interval_start,interval_end,user_id,handle_count\n\
             2026-11-23,2026-11-24,a,1\n2026-11-26,2026-11-27,a,{count}\n"
        )
    };
    home.file("one.csv", &table(1));
    home.file("two.csv", &table(2));
    home.ok(&["facts", "import", "one.csv", "--dry-run"]);
    assert!(is_empty(&home));
    home.ok(&["facts", "import", "one.csv"]);
    let told = home.fails(&["facts", "import", "two.csv"], 2);
    insta::assert_snapshot!(told, @"
    error: there are other facts already: handle_time of 2026-11-26
    hint: nothing was imported; replace these days with --replace
    ");
    let replaced = home.ok(&["facts", "import", "two.csv", "--replace"]);
    assert!(
        replaced.contains("unchanged") && replaced.contains("replaced"),
        "{replaced}"
    );
    insta::assert_snapshot!(home.ok(&["facts", "list", "--kind", "handle_time"]), @"
    KIND         DAY                     TIME_ZONE  GRANULARITY  SOURCE   FACTS  COUNT  SUM_MS  AHT_S  SCORE_SUM  SCORE
    handle_time  2026-11-23              UTC        P1D          import       1      1
    handle_time  2026-11-24..2026-11-25                          missing
    handle_time  2026-11-26              UTC        P1D          import       1      2
    ");
    // Another time zone does not fit to what is kept.
    let told = home.fails(
        &["facts", "import", "one.csv", "--timezone", "Asia/Riyadh"],
        2,
    );
    assert!(told.contains("are kept in UTC, those of"), "{told}");
    // Files that are kept can be imported elsewhere.
    let kept = home
        .path()
        .join(".local/share/headcount/headcount.facts/default/handle_time");
    let kept = kept.join("2026-11-26.parquet");
    let other = Home::new();
    other.ok(&["facts", "import", kept.to_str().unwrap()]);
    let list = ["facts", "list", "--output", "csv"];
    assert_eq!(
        other.ok(&list).lines().last(),
        home.ok(&list).lines().last()
    );
}

/// The facts that are kept for a sandbox, file by file.
fn kept(sandbox: &Sandboxed) -> Vec<(String, Vec<u8>)> {
    files(&sandbox.folder.path().join("headcount.facts"))
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            let inside = self::files(&path).into_iter();
            files.extend(inside.map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)));
        } else if name.ends_with(".parquet") {
            files.push((name, fs::read(&path).unwrap()));
        }
    }
    files.sort();
    files
}

const PULL: [&str; 8] = [
    "facts",
    "pull",
    "--from",
    "2026-03-02",
    "--to",
    "2026-03-04",
    "--timezone",
    "Europe/Berlin",
];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&PULL[..], more].concat()
}

#[test]
fn pulled_days_are_the_truth_and_stay() {
    let sandbox = Sandboxed::start(&["--users", "200", "--seed", "3"]);
    let days = sandbox.json(&with(&["--output", "json"]));
    let days = days.as_array().unwrap();
    assert_eq!(days.len(), 6);
    assert!(days.iter().all(|day| day["outcome"] == "new"), "{days:?}");
    for kind in ["handle_time", "evaluation"] {
        let listed = sandbox.json(&["facts", "list", "--kind", kind, "--output", "json"]);
        for day in listed.as_array().unwrap() {
            assert_eq!(day["granularity"], "P1D");
            assert_eq!(day["time_zone"], "Europe/Berlin");
            let date = day["day"].as_str().unwrap();
            let next = format!("2026-03-{:02}", date[8..].parse::<u32>().unwrap() + 1);
            let interval = format!("{date}T00:00:00%2B01:00/{next}T00:00:00%2B01:00");
            let truth = sandbox.ask(
                "GET",
                &format!("/sandbox/facts?kind={kind}&interval={interval}&timeZone=Europe/Berlin"),
                "",
            );
            let truth = String::from_utf8(truth).unwrap();
            let rows: Vec<Value> = truth
                .lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect();
            assert!(rows.len() > 5, "{truth}");
            assert_eq!(day["facts"].as_u64(), Some(rows.len() as u64));
            let sum = |column: &str| rows.iter().filter_map(|row| row[column].as_i64()).sum();
            let (count, micro): (i64, i64) = match kind {
                "handle_time" => {
                    assert_eq!(day["sum_ms"].as_i64(), Some(sum("handle_sum_ms")));
                    (sum("handle_count"), 0)
                }
                _ => (sum("evaluation_count"), sum("score_sum")),
            };
            assert_eq!(day["count"].as_i64(), Some(count));
            let points = day["score_sum"].as_f64().unwrap_or_default();
            assert!(
                (points - micro as f64 / 1e6).abs() < 0.006,
                "{points} {micro}"
            );
        }
    }
    let before = kept(&sandbox);
    let counted = sandbox.get("/sandbox/stats")["requests"].clone();
    assert!(counted.is_u64(), "{counted}");
    let again = sandbox.json(&with(&["--output", "json"]));
    assert!(
        again
            .as_array()
            .unwrap()
            .iter()
            .all(|day| day["outcome"] == "kept")
    );
    assert_eq!(
        sandbox.get("/sandbox/stats")["requests"],
        counted,
        "nothing was asked for"
    );
    let again = sandbox.json(&with(&["--again", "--output", "json"]));
    assert!(
        again
            .as_array()
            .unwrap()
            .iter()
            .all(|day| day["outcome"] == "unchanged")
    );
    assert_eq!(kept(&sandbox), before);
}

#[test]
fn days_that_can_not_be_kept_are_refused() {
    let sandbox = Sandboxed::start(&["--users", "20"]);
    let fails = |arguments: &[&str], code| {
        let output = sandbox.run(arguments);
        assert_eq!(output.status.code(), Some(code));
        String::from_utf8(output.stderr).unwrap()
    };
    let pull = |from, to| ["facts", "pull", "--from", from, "--to", to];
    let told = fails(&pull("2026-03-02", "2999-01-01"), 2);
    assert!(
        told.starts_with("error: 2999-01-01 is not over yet in UTC\nhint: facts are kept as whole days; the last one is --to 20"),
        "{told}"
    );
    assert!(fails(&pull("2026-03-03", "2026-03-02"), 2).contains("ends on 2026-03-02, before"));
    assert!(fails(&pull("3.3.2026", "2026-03-02"), 2).contains("3.3.2026"));
    let told = fails(
        &[
            &pull("2026-03-02", "2026-03-02")[..],
            &["--timezone", "Riyadh"],
        ]
        .concat(),
        2,
    );
    assert!(told.contains("the time zone `Riyadh` is unknown"), "{told}");
}

#[test]
fn a_pull_killed_at_any_moment_leaves_whole_days() {
    let sandbox = Sandboxed::start(&["--users", "60", "--seed", "5"]);
    sandbox.json(&with(&["--output", "json"]));
    let whole = kept(&sandbox);
    assert_eq!(whole.len(), 6);
    let folder = sandbox.folder.path().join("headcount.facts");
    let mut random = fastrand::Rng::with_seed(1);
    let (mut some, mut kills) = (0, 0);
    while kills < 100 {
        fs::remove_dir_all(&folder).unwrap();
        // A few kills at the same days, so that later ones meet what earlier ones left.
        for _ in 0..4 {
            let mut child = sandbox
                .command(&with(&[]))
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null())
                .spawn()
                .unwrap();
            thread::sleep(Duration::from_millis(random.u64(0..120)));
            child.kill().unwrap();
            child.wait().unwrap();
            kills += 1;
            let left = kept(&sandbox);
            assert!(left.iter().all(|file| whole.contains(file)), "half a day");
            some += usize::from(!left.is_empty() && left.len() < 6);
        }
        fs::create_dir_all(&folder).unwrap();
    }
    assert!(some > 0, "no kill came in the middle");
    let days = sandbox.json(&with(&["--output", "json"]));
    assert_eq!(days.as_array().unwrap().len(), 6);
    assert_eq!(kept(&sandbox), whole);
}
