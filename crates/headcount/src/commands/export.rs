//! `headcount export`: the roster, its history and facts as files for other tools.

use std::path::PathBuf;

use clap::ValueEnum;
use headcount_core::personal::Veil;
use headcount_export::{Exported, Format, Request, TableDone, export, pbids};
use headcount_store::{Access, facts::FactStore};
use serde::Serialize;

use crate::{
    cli::{Form, Global},
    clock,
    config::Config,
    error::{Exit, Failure},
    output::{self, Cell, Sheet, numbers::grouped},
    report::period::weekday,
};

/// Write users, their history and facts as files for other tools
///
/// A star schema: every version of every user, who was above whom, divisions, departments, days, and
/// facts by day with the keys of the version that they belong to; beside it the SQL of the reports.
/// What did not change is not written again. manifest.json names the files of the export and is
/// written last, so that whoever goes by it never sees half of an export.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  headcount export --format parquet --to lake
  headcount export --format csv --to sheets --personal none
  headcount export --format pbids --to . --url https://headcount.example.com/odata/v4")]
pub(crate) struct Args {
    /// Form of the files; `pbids` is a file that opens Power BI with our OData feed as the source
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(crate) format: FileForm,
    /// Folder: a new one, an empty one, or one that holds an export already
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
    /// How names, e-mails and user names leave: not at all, hashed, or as they are
    #[arg(long, value_name = "HOW", value_enum, default_value_t)]
    pub(crate) personal: Personal,
    /// Write every file again
    #[arg(long)]
    pub(crate) full: bool,
    /// Begin CSV with a byte order mark, without which some versions of Excel misread letters
    #[arg(long)]
    pub(crate) bom: bool,
    /// Address of the OData feed, for `--format pbids`
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
}

/// Form of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FileForm {
    /// Apache Parquet, compressed with zstd
    Parquet,
    /// Comma-separated values, safe to open in a spreadsheet
    Csv,
    /// One JSON object a line
    Ndjson,
    /// A data source file of Power BI
    Pbids,
}

/// How personal values leave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Personal {
    /// Not at all
    None,
    /// As digests under a key of the store: equal values stay equal
    Hashed,
    /// As they are
    #[default]
    Full,
}

/// What was done, as machines read it.
#[derive(Serialize)]
struct Told<'a> {
    snapshot: i64,
    unchanged: bool,
    tables: Vec<Table<'a>>,
    removed: usize,
}

#[derive(Serialize)]
struct Table<'a> {
    table: &'a str,
    rows: u64,
    files: usize,
    bytes: u64,
    written: usize,
}

/// Runs the command.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<()> {
    let format = match args.format {
        FileForm::Parquet => Format::Parquet,
        FileForm::Csv => Format::Csv,
        FileForm::Ndjson => Format::Ndjson,
        FileForm::Pbids => return feed(args),
    };
    if let Some(option) = args.stray(format) {
        return Err(option.into());
    }
    let config = Config::load(global)?;
    let store = config.open_store(Access::Read)?;
    let facts = FactStore::open(&config.store_url()?, &config.org)?;
    let veil = Veil::new(args.personal.into(), &store.access()?.signing_key);
    let done = export(
        &*store,
        Some(&facts),
        &Request {
            org: &config.org,
            folder: &args.to,
            format,
            veil: &veil,
            full: args.full,
            bom: args.bom,
            time_zone: config.file.reports.timezone.as_deref(),
            week_start: weekday(&config.file.reports.week_start)?,
            now_ms: clock::now_ms(),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            version: env!("CARGO_PKG_VERSION"),
        },
    )?;
    print(global.output, &done)
}

impl Args {
    /// An option that says nothing of this form of files.
    fn stray(&self, format: Format) -> Option<Failure> {
        let message = match () {
            () if self.url.is_some() => "--url belongs to --format pbids",
            () if self.bom && format != Format::Csv => "--bom belongs to --format csv",
            () => return None,
        };
        Some(Failure::new(Exit::Usage, message).hint("leave it out, or choose that format"))
    }
}

/// Writes the data source file of Power BI.
fn feed(args: &Args) -> anyhow::Result<()> {
    let Some(url) = &args.url else {
        let message = "--format pbids needs the address of the feed";
        return Err(Failure::new(Exit::Usage, message)
            .hint("give it with --url https://HOST/odata/v4")
            .into());
    };
    if !(url.starts_with("https://") || url.starts_with("http://")) {
        return Err(
            Failure::new(Exit::Usage, format!("--url {url}: it is no http address"))
                .hint("give it as https://HOST/odata/v4")
                .into(),
        );
    }
    let path = pbids(&args.to, url)?;
    output::stdout(|out| Ok(writeln!(out, "{}", path.display())?))
}

fn print(form: Form, done: &Exported) -> anyhow::Result<()> {
    if form == Form::Json {
        let told = Told {
            snapshot: done.snapshot,
            unchanged: done.is_unchanged(),
            tables: done.tables.iter().map(Table::from).collect(),
            removed: done.removed,
        };
        return output::json(form, &told);
    }
    output::stdout(|out| {
        let columns = ["table", "rows", "files", "bytes", "written"];
        let mut sheet = Sheet::begin(form, &columns.map(str::to_owned), out)?;
        for table in &done.tables {
            sheet.row(&[
                Cell::owned(table.table),
                Cell::Number(table.rows),
                Cell::Number(table.files as u64),
                Cell::Number(table.bytes),
                Cell::Number(table.written as u64),
            ])?;
        }
        sheet.finish()?;
        if form == Form::Table {
            let written: usize = done.tables.iter().map(|table| table.written).sum();
            let told = match done.is_unchanged() {
                true => "nothing changed".to_owned(),
                false => format!(
                    "{} files written, {} removed",
                    grouped(written as u64),
                    grouped(done.removed as u64)
                ),
            };
            writeln!(out, "\nsnapshot {}: {told}", done.snapshot)?;
        }
        Ok(())
    })
}

impl From<Personal> for headcount_core::personal::Personal {
    fn from(personal: Personal) -> Self {
        match personal {
            Personal::None => Self::None,
            Personal::Hashed => Self::Hashed,
            Personal::Full => Self::Full,
        }
    }
}

impl<'a> From<&'a TableDone> for Table<'a> {
    fn from(done: &'a TableDone) -> Self {
        Self {
            table: done.table,
            rows: done.rows,
            files: done.files,
            bytes: done.bytes,
            written: done.written,
        }
    }
}
