//! Progress, for a person: pages, rate and time left on stderr; of a daily job, on the page.

use std::{
    io::IsTerminal,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use headcount_server::job::Job;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A progress line on stderr. It shows itself only on a terminal, and not when quiet.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    pages: AtomicU64,
    message: std::sync::Mutex<String>,
    /// Told everything too.
    job: Option<Arc<Job>>,
}

impl Progress {
    /// A line that has nothing to say yet.
    pub(crate) fn new(quiet: bool) -> Self {
        let is_seen = !quiet && std::io::stderr().is_terminal();
        let target = if is_seen {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(None, target).with_style(style(SPINNER));
        if is_seen {
            // A thread: none for a line that nobody sees.
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        Self {
            bar,
            pages: AtomicU64::new(0),
            message: std::sync::Mutex::default(),
            job: None,
        }
    }

    /// That of a run of a daily job, which nobody watches on stderr.
    pub(crate) fn of_job(job: Arc<Job>) -> Self {
        let mut progress = Self::new(true);
        progress.job = Some(job);
        progress
    }

    /// Says what is being done.
    pub(crate) fn message(&self, text: &str) {
        if let Ok(mut message) = self.message.lock() {
            text.clone_into(&mut message);
        }
        if let Some(job) = &self.job {
            job.advanced(|progress| text.clone_into(&mut progress.step));
        }
        self.show();
    }

    /// Says how many users are expected; may be called again with a better number.
    pub(crate) fn total(&self, users: u64) {
        self.bar.set_style(style(BAR));
        self.bar.set_length(users);
        if let Some(job) = &self.job {
            job.advanced(|progress| progress.expected = Some(users));
        }
    }

    /// Counts pages that came and users in them.
    pub(crate) fn advance(&self, pages: u64, users: u64) {
        self.pages.fetch_add(pages, Ordering::Relaxed);
        self.bar.inc(users);
        if let Some(job) = &self.job {
            job.advanced(|progress| {
                progress.pages += pages;
                progress.users += users;
            });
        }
        self.show();
    }

    /// A part of the org was read whole.
    pub(crate) fn part_done(&self) {
        if let Some(job) = &self.job {
            job.advanced(|progress| progress.parts += 1);
        }
    }

    /// Takes the line away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn show(&self) {
        let pages = self.pages.load(Ordering::Relaxed);
        let text = self
            .message
            .lock()
            .map(|message| message.clone())
            .unwrap_or_default();
        self.bar.set_message(match pages {
            0 => text,
            1 => format!("{text}, 1 page"),
            _ => format!("{text}, {pages} pages"),
        });
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}

const SPINNER: &str = "{spinner} {msg} {elapsed}";
const BAR: &str = "{bar:24} {human_pos}/{human_len} users, {per_sec}, {eta} left; {msg}";

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_lines_are_valid_and_count() {
        for template in [SPINNER, BAR] {
            assert!(ProgressStyle::with_template(template).is_ok());
        }
        let progress = Progress::new(true);
        progress.message("fetching");
        progress.total(300);
        progress.advance(1, 100);
        progress.advance(1, 100);
        assert_eq!(progress.bar.position(), 200);
        assert_eq!(progress.bar.message(), "fetching, 2 pages");
    }

    #[test]
    fn a_job_is_told_how_far_it_has_come() {
        let job = Arc::new(Job::default());
        job.started(1);
        let progress = Progress::of_job(Arc::clone(&job));
        progress.message("fetching users");
        progress.total(300);
        progress.advance(2, 150);
        progress.part_done();
        let told = job.status().progress;
        assert_eq!((told.pages, told.users, told.parts), (2, 150, 1));
        assert_eq!(told.expected, Some(300));
        assert_eq!(told.step, "fetching users");
    }
}
