//! One page of an answer.

use std::ops::Range;

/// Page size when none is asked for (contract 7: 25 in all official samples).
pub const DEFAULT_PAGE_SIZE: u64 = 25;

/// What may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageLimits {
    /// Largest page, in users.
    pub max_size: u64,
    /// Users reachable by page number; pages beyond are refused. `None`: all of them.
    pub window: Option<u64>,
}

impl Default for PageLimits {
    /// Pages of at most 500, all of them reachable.
    fn default() -> Self {
        Self {
            max_size: 500,
            window: None,
        }
    }
}

/// A page that may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Counted from 1.
    pub number: u64,
    /// Users per page, at least 1.
    pub size: u64,
}

/// Why a page may not be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// Below 1.
    #[error("pageNumber {0} is out of range, pages are counted from 1")]
    Number(i64),
    /// Below 1 or above the limit.
    #[error("pageSize {size} is out of range, use 1 to {max}")]
    Size {
        /// Size asked for.
        size: i64,
        /// Largest size.
        max: u64,
    },
    /// Past the last user that page numbers reach.
    #[error("page {number} of {size} reaches beyond the first {window} results")]
    Window {
        /// Page asked for.
        number: u64,
        /// Its size.
        size: u64,
        /// Users reachable.
        window: u64,
    },
}

impl Page {
    /// Checks what a request asks for; absent means page 1 of 25.
    ///
    /// # Errors
    /// [`PageError`], by what is out of range.
    pub fn check(
        number: Option<i64>,
        size: Option<i64>,
        limits: &PageLimits,
    ) -> Result<Self, PageError> {
        let asked_size = size.unwrap_or(DEFAULT_PAGE_SIZE.min(limits.max_size).cast_signed());
        let size = u64::try_from(asked_size)
            .ok()
            .filter(|size| (1..=limits.max_size).contains(size))
            .ok_or(PageError::Size {
                size: asked_size,
                max: limits.max_size,
            })?;
        let number = number.unwrap_or(1);
        let number = u64::try_from(number)
            .ok()
            .filter(|number| *number >= 1)
            .ok_or(PageError::Number(number))?;
        match limits.window {
            Some(window) if number.saturating_mul(size) > window => Err(PageError::Window {
                number,
                size,
                window,
            }),
            _ => Ok(Self { number, size }),
        }
    }

    /// Pages that `total` results fill; 0 for none.
    #[must_use]
    pub fn count(self, total: u64) -> u64 {
        total.div_ceil(self.size)
    }

    /// Which of `total` results are on this page; empty past the end.
    #[must_use]
    pub fn slice(self, total: usize) -> Range<usize> {
        let at = |page: u64| {
            usize::try_from(page.saturating_mul(self.size)).map_or(total, |at| at.min(total))
        };
        at(self.number - 1)..at(self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_tile_the_results() {
        let page = |number| Page { number, size: 25 };
        assert_eq!(page(1).slice(60), 0..25);
        assert_eq!(page(3).slice(60), 50..60);
        assert_eq!(page(4).slice(60), 60..60);
        assert_eq!(page(u64::MAX).slice(60), 60..60);
        assert_eq!(
            (page(1).count(60), page(1).count(50), page(1).count(0)),
            (3, 2, 0)
        );
    }

    #[test]
    fn what_is_out_of_range_is_said() {
        let limits = PageLimits {
            max_size: 100,
            window: Some(10_000),
        };
        let check = |number, size| Page::check(number, size, &limits);
        assert_eq!(
            check(None, None),
            Ok(Page {
                number: 1,
                size: 25
            })
        );
        assert_eq!(check(Some(0), None), Err(PageError::Number(0)));
        assert_eq!(
            check(None, Some(0)),
            Err(PageError::Size { size: 0, max: 100 })
        );
        assert_eq!(
            check(None, Some(101)),
            Err(PageError::Size {
                size: 101,
                max: 100
            })
        );
        assert!(check(Some(100), Some(100)).is_ok());
        assert!(matches!(
            check(Some(101), Some(100)),
            Err(PageError::Window { .. })
        ));
        assert!(matches!(
            check(Some(i64::MAX), Some(100)),
            Err(PageError::Window { .. })
        ));
    }
}
