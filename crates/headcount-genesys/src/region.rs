//! The 18 regions of Genesys Cloud (contract 4.3), by domain or AWS name.

/// AWS region name and domain of each region. The API is at `api.<domain>`, the login at
/// `login.<domain>`.
pub const REGIONS: [(&str, &str); 18] = [
    ("us-east-1", "mypurecloud.com"),
    ("us-east-2", "use2.us-gov-pure.cloud"),
    ("us-west-2", "usw2.pure.cloud"),
    ("ca-central-1", "cac1.pure.cloud"),
    ("mx-central-1", "mxc1.pure.cloud"),
    ("sa-east-1", "sae1.pure.cloud"),
    ("eu-west-1", "mypurecloud.ie"),
    ("eu-west-2", "euw2.pure.cloud"),
    ("eu-central-1", "mypurecloud.de"),
    ("eu-central-2", "euc2.pure.cloud"),
    ("eusc-de-east-1", "edee1.eusc-pure.cloud"),
    ("me-central-1", "mec1.pure.cloud"),
    ("ap-south-1", "aps1.pure.cloud"),
    ("ap-southeast-1", "apse1.pure.cloud"),
    ("ap-southeast-2", "mypurecloud.com.au"),
    ("ap-northeast-1", "mypurecloud.jp"),
    ("ap-northeast-2", "apne2.pure.cloud"),
    ("ap-northeast-3", "apne3.pure.cloud"),
];

/// A name that is no region.
#[derive(Debug, thiserror::Error)]
#[error("`{name}` is not a region of Genesys Cloud")]
pub struct UnknownRegion {
    /// What was asked for.
    pub name: String,
}

/// Domain of a region named by its domain (`mypurecloud.de`, with or without `api.`, `login.` or
/// `apps.` before it) or its AWS name (`eu-central-1`, also with underscores).
///
/// # Errors
/// [`UnknownRegion`] for any other name.
pub fn domain(name: &str) -> Result<&'static str, UnknownRegion> {
    let wanted = name.trim().to_ascii_lowercase();
    let wanted = wanted.trim_start_matches("https://").trim_end_matches('/');
    let bare = ["api.", "login.", "apps."]
        .iter()
        .find_map(|prefix| wanted.strip_prefix(prefix))
        .unwrap_or(wanted);
    let aws = bare.replace('_', "-");
    REGIONS
        .iter()
        .find(|(region, domain)| *region == aws || *domain == bare)
        .map(|(_, domain)| *domain)
        .ok_or_else(|| UnknownRegion {
            name: name.to_owned(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_both_spellings_of_all_regions() {
        for (region, wanted) in REGIONS {
            assert_eq!(domain(region).unwrap(), wanted);
            assert_eq!(
                domain(&region.replace('-', "_").to_uppercase()).unwrap(),
                wanted
            );
            assert_eq!(domain(wanted).unwrap(), wanted);
            assert_eq!(domain(&format!("https://api.{wanted}/")).unwrap(), wanted);
        }
        assert!(domain("eu-central-9").is_err());
        assert!(domain("").is_err());
    }
}
