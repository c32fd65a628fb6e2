//! Settings, from four places: option, environment, settings file, profile of the gc tool. The
//! first that names a value wins.

mod database;
pub(crate) mod environment;
mod file;
mod gc;
mod position;
pub(crate) mod upstream;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use headcount_store::{Access, Engine, Store, facts::FactStore};

pub(crate) use environment::Environment;
pub(crate) use file::{Breaker, File, Org, Refresh, Sync};
pub(crate) use upstream::{Credentials, Endpoint, Upstream};

use crate::{
    cli::Global,
    error::{Exit, Failure, nearest},
    schedule::{Cron, Schedule, Zone},
};

/// Everything that was set, and for which org.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// What the settings file holds; every default when there is none.
    pub(crate) file: Arc<File>,
    /// Key of the org in the store.
    pub(crate) org: String,
    /// The settings file that was read.
    pub(crate) path: Option<PathBuf>,
    environment: Environment,
    store: Option<String>,
}

/// When to fetch anew, as the command line asks for all orgs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timing {
    /// How often.
    pub(crate) cron: Option<Cron>,
    /// Time zone of it.
    pub(crate) zone: Option<Zone>,
    /// Seconds by which each run may be put off.
    pub(crate) jitter_s: Option<u32>,
}

/// Why the settings can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file can't be read.
    #[error("{} can't be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not TOML, or not our settings.
    #[error("{}:{line}:{column}: {message}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Line, counted from 1.
        line: usize,
        /// Column in characters, counted from 1.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// Two settings that exclude each other, or a value out of range.
    #[error("{0}")]
    Invalid(String),
    /// `--org` names no org of the file, or none was named though there are several.
    #[error("{message}")]
    Org {
        /// What is wrong.
        message: String,
        /// What to do.
        hint: String,
    },
    /// Neither a region nor a URL.
    #[error("no region is set for the org `{0}`")]
    NoRegion(String),
    /// Credentials are missing, or half of them.
    #[error("{0}")]
    NoCredentials(String),
    /// The folder of the default store can't be made.
    #[error("the folder {} can't be made", path.display())]
    NoFolder {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// No place to keep the store.
    #[error("there is no data directory to keep the store in")]
    NoDataDirectory,
}

impl Config {
    /// Reads the settings for the org that was asked for.
    pub(crate) fn load(global: &Global) -> Result<Self, ConfigError> {
        Self::from_parts(global, Environment::of_process())
    }

    /// Reads the settings for each org that they name, in the order of their names; for one where
    /// they name none, or `--org` asks for one.
    pub(crate) fn load_all(global: &Global) -> Result<Vec<Self>, ConfigError> {
        let environment = Environment::of_process();
        let (file, path) = Self::read_file(global, &environment)?;
        let orgs = match global.org.as_deref() {
            None if !file.org.is_empty() => file.org.keys().cloned().collect(),
            asked => vec![choose_org(asked, &file)?],
        };
        let file = Arc::new(file);
        let of = |org| Self {
            file: Arc::clone(&file),
            org,
            path: path.clone(),
            environment: environment.clone(),
            store: global.store.clone(),
        };
        Ok(orgs.into_iter().map(of).collect())
    }

    fn from_parts(global: &Global, environment: Environment) -> Result<Self, ConfigError> {
        let (file, path) = Self::read_file(global, &environment)?;
        let org = choose_org(global.org.as_deref(), &file)?;
        Ok(Self {
            file: Arc::new(file),
            org,
            path,
            environment,
            store: global.store.clone(),
        })
    }

    /// Reads the settings file, for whoever needs nothing of it.
    pub(crate) fn check_file(global: &Global) -> Result<(), ConfigError> {
        Self::read_file(global, &Environment::of_process()).map(|_| ())
    }

    /// The settings file, and where it is.
    fn read_file(
        global: &Global,
        environment: &Environment,
    ) -> Result<(File, Option<PathBuf>), ConfigError> {
        Ok(match &global.config {
            Some(path) => (File::read(path)?, Some(path.clone())),
            None => match environment.default_config().filter(|path| path.is_file()) {
                Some(path) => (File::read(&path)?, Some(path)),
                None => (File::default(), None),
            },
        })
    }

    /// What the settings file says of the org alone.
    fn own(&self) -> Option<&Org> {
        self.file.org.get(&self.org)
    }

    /// How to sync the org.
    pub(crate) fn sync(&self) -> Sync {
        let own = self.own().map(|own| own.sync.or(&self.file.sync));
        own.unwrap_or_else(|| self.file.sync.clone())
    }

    /// When a snapshot of the org is held back.
    pub(crate) fn breaker(&self) -> Breaker {
        let own = self.own().map(|own| own.breaker.or(self.file.breaker));
        own.unwrap_or(self.file.breaker)
    }

    /// When the org is fetched anew; `None` where nothing says so. What the org has of its own
    /// comes first, then what was `asked` for on the command line, then the rest of the file: an
    /// org in another time zone stays there, whatever is asked of all.
    pub(crate) fn schedule(&self, asked: &Timing) -> Option<Schedule> {
        let own = self.own();
        let cron = match own.and_then(|own| own.refresh.as_ref()) {
            Some(Refresh::Off) => return None,
            Some(Refresh::At(cron)) => cron,
            None => match (&asked.cron, &self.file.refresh) {
                (Some(cron), _) | (None, Some(Refresh::At(cron))) => cron,
                (None, Some(Refresh::Off) | None) => return None,
            },
        };
        let zone = own
            .and_then(|own| own.timezone.as_ref())
            .or(asked.zone.as_ref())
            .or(self.file.timezone.as_ref());
        let jitter_s = own
            .and_then(|own| own.jitter_s)
            .or(asked.jitter_s)
            .unwrap_or(self.file.jitter_s);
        Some(Schedule::new(
            cron.clone(),
            zone.cloned().unwrap_or(Zone::UTC),
            jitter_s,
        ))
    }

    /// URL of the store. It may hold a password: it is for opening, never for showing.
    pub(crate) fn store_url(&self) -> Result<String, ConfigError> {
        if let Some(url) = self.store.as_ref().or(self.file.store.as_ref()) {
            return Ok(database::with_password(
                url,
                self.environment.get("PGPASSWORD"),
            ));
        }
        let path = self
            .environment
            .default_store()
            .ok_or(ConfigError::NoDataDirectory)?;
        Ok(format!("sqlite:{}", path.display()))
    }

    /// Who adds facts up: as asked, or as the settings say.
    pub(crate) fn engine(
        &self,
        asked: Option<Engine>,
        facts: &FactStore,
    ) -> Result<Engine, Failure> {
        let engine = asked.unwrap_or(self.file.reports.engine);
        if engine == Engine::Local || facts.has_engine() {
            return Ok(engine);
        }
        let (exit, named) = match asked {
            Some(_) => (Exit::Usage, "--engine store"),
            None => (Exit::Config, "engine = \"store\" in the settings"),
        };
        let message = format!("{named}: the facts of this store are files, which add nothing up");
        Err(Failure::new(exit, message)
            .hint("leave it out, or keep everything in PostgreSQL with --store postgres://..."))
    }

    /// Opens the store. The folder of the default one is made where it is missing; a path that a
    /// person named must be right.
    pub(crate) fn open_store(&self, access: Access) -> anyhow::Result<Arc<dyn Store>> {
        let named = self.store.is_some() || self.file.store.is_some();
        if access == Access::Write
            && !named
            && let Some(folder) = self
                .environment
                .default_store()
                .as_deref()
                .and_then(Path::parent)
        {
            std::fs::create_dir_all(folder).map_err(|source| ConfigError::NoFolder {
                path: folder.to_owned(),
                source,
            })?;
        }
        Ok(headcount_store::open(&self.store_url()?, access)?)
    }

    /// Where the org is and how to speak to it.
    pub(crate) fn upstream(&self) -> Result<Upstream, ConfigError> {
        upstream::resolve(self)
    }

    /// A path of the settings file, which is relative to the file itself.
    fn beside_file(&self, path: &Path) -> PathBuf {
        match self.path.as_deref().and_then(Path::parent) {
            Some(folder) => folder.join(path),
            None => path.to_owned(),
        }
    }
}

/// A URL of a store as it is opened, where it is not the one of the settings: with the password of
/// the environment where it has none.
pub(crate) fn complete(url: &str) -> String {
    database::with_password(url, Environment::of_process().get("PGPASSWORD"))
}

/// Key of an org that nobody named.
pub(crate) const DEFAULT_ORG: &str = "default";

fn choose_org(asked: Option<&str>, file: &File) -> Result<String, ConfigError> {
    let names: Vec<&str> = file.org.keys().map(String::as_str).collect();
    match (asked, names.as_slice()) {
        (Some(asked), []) => Ok(asked.to_owned()),
        (Some(asked), names) if names.contains(&asked) => Ok(asked.to_owned()),
        (Some(asked), names) => Err(ConfigError::Org {
            message: format!("the settings file has no org `{asked}`"),
            hint: nearest::hint(asked, names, "orgs"),
        }),
        (None, []) => Ok(DEFAULT_ORG.to_owned()),
        (None, [only]) => Ok((*only).to_owned()),
        (None, names) => Err(ConfigError::Org {
            message: "the settings file names several orgs".to_owned(),
            hint: format!("choose one with --org: {}", few(names)),
        }),
    }
}

/// The first names of a list that may be long.
fn few(names: &[&str]) -> String {
    const SHOWN: usize = 10;
    match names.get(SHOWN..) {
        Some(rest) if !rest.is_empty() => {
            format!("{} and {} more", names[..SHOWN].join(", "), rest.len())
        }
        _ => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> File {
        File::parse(text, Path::new("headcount.toml")).unwrap()
    }

    #[test]
    fn the_folder_of_the_default_store_is_made_that_of_a_named_one_is_not() {
        let home = tempfile::tempdir().unwrap();
        let config = |store: Option<String>| Config {
            file: Arc::default(),
            org: DEFAULT_ORG.to_owned(),
            path: None,
            environment: Environment::new(
                ["HOME", "USERPROFILE", "LOCALAPPDATA", "XDG_DATA_HOME"]
                    .map(|name| (name.to_owned(), home.path().display().to_string())),
            ),
            store,
        };
        assert!(config(None).open_store(Access::Read).is_err());
        config(None).open_store(Access::Write).unwrap();
        config(None).open_store(Access::Read).unwrap();
        let typo = home.path().join("no-such-folder/roster.db");
        let typo = Some(format!("sqlite:{}", typo.display()));
        assert!(config(typo).open_store(Access::Write).is_err());
    }

    #[test]
    fn one_org_needs_no_naming_several_do() {
        assert_eq!(choose_org(None, &File::default()).unwrap(), "default");
        let one = file("[org.acme]\n");
        assert_eq!(choose_org(None, &one).unwrap(), "acme");
        let two = file("[org.acme]\n[org.globex]\n");
        assert!(matches!(
            choose_org(None, &two),
            Err(ConfigError::Org { .. })
        ));
        assert_eq!(choose_org(Some("globex"), &two).unwrap(), "globex");
        let Err(ConfigError::Org { hint, .. }) = choose_org(Some("globx"), &two) else {
            panic!("an unknown org was taken");
        };
        assert_eq!(hint, "did you mean `globex`?");
    }

    #[test]
    fn an_org_has_what_is_its_own_and_the_rest_from_the_file() {
        let text = "
            refresh = '0 3 * * *'
            jitter_s = 60
            [sync]
            page_size = 200
            [org.acme]
            [org.globex]
            timezone = 'Asia/Riyadh'
            sync.requests_per_minute = 150
            breaker.users = 3
            [org.hooli]
            refresh = '30 1 * * *'
            jitter_s = 0
            [org.initech]
            refresh = 'off'
        ";
        let shared = Arc::new(file(text));
        let of = |org: &str| Config {
            file: Arc::clone(&shared),
            org: org.to_owned(),
            path: None,
            environment: Environment::default(),
            store: None,
        };
        assert_eq!(of("acme").sync(), shared.sync);
        let globex = of("globex");
        let (sync, breaker) = (globex.sync(), globex.breaker());
        assert_eq!((sync.page_size, sync.requests_per_minute), (200, 150));
        assert_eq!((breaker.users, breaker.percent), (3, 5.0));

        let told = |org: &str, asked: &Timing| {
            let schedule = of(org).schedule(asked)?;
            Some(format!("{} {}", schedule.cron(), schedule.zone()))
        };
        let nothing = Timing::default();
        assert_eq!(told("acme", &nothing).unwrap(), "0 3 * * * UTC");
        assert_eq!(told("globex", &nothing).unwrap(), "0 3 * * * Asia/Riyadh");
        assert_eq!(told("hooli", &nothing).unwrap(), "30 1 * * * UTC");
        assert_eq!(told("initech", &nothing), None);
        let asked = Timing {
            cron: Some("15 4 * * *".parse().unwrap()),
            zone: Some("Europe/Berlin".parse().unwrap()),
            jitter_s: Some(5),
        };
        assert_eq!(told("acme", &asked).unwrap(), "15 4 * * * Europe/Berlin");
        assert_eq!(told("globex", &asked).unwrap(), "15 4 * * * Asia/Riyadh");
        assert_eq!(told("hooli", &asked).unwrap(), "30 1 * * * Europe/Berlin");
        assert_eq!(told("initech", &asked), None);
        // Up to a minute later than due, and exactly then.
        let put_off = |org: &str| {
            let schedule = of(org).schedule(&nothing).unwrap();
            (0..50).map(|seed| schedule.put_off(0, seed)).max().unwrap()
        };
        assert!((30_000..=60_000).contains(&put_off("acme")));
        assert_eq!(put_off("hooli"), 0);
    }

    #[test]
    fn many_names_are_not_all_told() {
        let names: Vec<String> = (0..50).map(|number| format!("o{number:02}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(few(&names[..2]), "o00, o01");
        assert!(few(&names).ends_with("o09 and 40 more"));
    }
}
