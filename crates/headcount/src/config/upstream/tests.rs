use std::path::Path;

use super::*;
use crate::config::{File, choose_org};

/// Settings of a file and an environment; the home directory is `folder`.
fn config(file: &str, environment: &[(&str, &str)], folder: &Path, org: Option<&str>) -> Config {
    let path = folder.join("headcount.toml");
    let file = File::parse(file, &path).unwrap();
    let home = [("HOME", folder.to_str().unwrap())];
    let all = environment.iter().chain(&home);
    let environment = Environment::new(all.map(|(name, value)| ((*name).into(), (*value).into())));
    let org = choose_org(org, &file).unwrap();
    Config {
        file: file.into(),
        org,
        path: Some(path),
        environment,
        store: None,
    }
}

fn resolved(file: &str, environment: &[(&str, &str)]) -> Result<Upstream, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    config(file, environment, folder.path(), None).upstream()
}

fn client(id: &str, secret: &str) -> Credentials {
    Credentials::Client {
        id: id.into(),
        secret: Secret::new(secret),
    }
}

const OWN: [(&str, &str); 3] = [
    ("GENESYSCLOUD_REGION", "mypurecloud.de"),
    ("GENESYSCLOUD_OAUTHCLIENT_ID", "id"),
    ("GENESYSCLOUD_OAUTHCLIENT_SECRET", "hush"),
];

#[test]
fn the_environment_alone_is_enough() {
    let upstream = resolved("", &OWN).unwrap();
    assert_eq!(upstream.endpoint, Endpoint::Region("mypurecloud.de".into()));
    assert_eq!(upstream.credentials, client("id", "hush"));
    assert!(!format!("{upstream:?}").contains("hush"));
}

#[test]
fn the_environment_comes_before_the_file_value_by_value() {
    let file =
        "[org.acme]\nregion = \"eu-west-1\"\nclient_id = \"file\"\nclient_secret = \"file\"\n";
    let upstream = resolved(file, &[("GENESYSCLOUD_OAUTHCLIENT_SECRET", "env")]).unwrap();
    assert_eq!(upstream.endpoint, Endpoint::Region("eu-west-1".into()));
    assert_eq!(upstream.credentials, client("file", "env"));
}

#[test]
fn with_several_orgs_the_environment_can_not_mix_them_up() {
    let file = "[org.a]\nregion = \"eu-west-1\"\nclient_id = \"a\"\nclient_secret = \"a\"\n\
                [org.b]\nclient_id = \"b\"\n";
    let folder = tempfile::tempdir().unwrap();
    let upstream = config(file, &OWN, folder.path(), Some("a"))
        .upstream()
        .unwrap();
    assert_eq!(upstream.credentials, client("a", "a"));
    let missing = config(file, &OWN, folder.path(), Some("b"))
        .upstream()
        .unwrap_err();
    assert!(matches!(missing, ConfigError::NoRegion(org) if org == "b"));
}

#[test]
fn a_token_of_the_same_or_an_earlier_place_comes_before_a_client() {
    let token = [("GENESYSCLOUD_ACCESS_TOKEN", "token")];
    let both: Vec<_> = OWN.iter().chain(&token).copied().collect();
    assert_eq!(
        resolved("", &both).unwrap().credentials,
        Credentials::Token(Secret::new("token"))
    );
    let file = "[org.a]\naccess_token = \"old\"\n";
    assert_eq!(
        resolved(file, &OWN).unwrap().credentials,
        client("id", "hush")
    );
}

#[test]
fn half_of_the_credentials_is_told_apart_from_none() {
    let told = |environment: &[(&str, &str)]| resolved("", environment).unwrap_err().to_string();
    assert_eq!(told(&OWN[..1]), "no credentials are set");
    assert_eq!(told(&OWN[..2]), "the OAuth client secret is missing");
    assert_eq!(told(&[OWN[0], OWN[2]]), "the OAuth client id is missing");
    assert_eq!(told(&OWN[1..]), "no region is set for the org `default`");
}

#[test]
fn a_secret_may_stand_in_a_file_beside_the_settings() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("acme.secret"), "hush\n").unwrap();
    let file =
        "[org.acme]\nregion = \"x\"\nclient_id = \"id\"\nclient_secret_file = \"acme.secret\"\n";
    let config = config(file, &[], folder.path(), None);
    assert_eq!(config.upstream().unwrap().credentials, client("id", "hush"));
    std::fs::write(folder.path().join("acme.secret"), " \n").unwrap();
    assert!(
        config
            .upstream()
            .unwrap_err()
            .to_string()
            .ends_with("acme.secret is empty")
    );
}

#[test]
fn a_profile_of_the_gc_tool_fills_in_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".gc")).unwrap();
    std::fs::write(
        folder.path().join(".gc/config.toml"),
        "[DEFAULT]\nenvironment = \"mypurecloud.ie\"\nclient_credentials = \"gc\"\nclient_secret = \"gc\"\n\
         [local]\nenvironment = \"localhost:8090\"\nclient_credentials = \"l\"\nclient_secret = \"l\"\n",
    )
    .unwrap();
    let default = config("", &[], folder.path(), None).upstream().unwrap();
    assert_eq!(default.endpoint, Endpoint::Region("mypurecloud.ie".into()));
    assert_eq!(default.credentials, client("gc", "gc"));
    let own = config("", &OWN, folder.path(), None).upstream().unwrap();
    assert_eq!(own.credentials, client("id", "hush"));
    let named = config(
        "[org.a]\ngc_profile = \"local\"\n",
        &[],
        folder.path(),
        None,
    );
    let url = "http://localhost:8090".to_owned();
    assert_eq!(
        named.upstream().unwrap().endpoint,
        Endpoint::Urls {
            api: url.clone(),
            login: url
        }
    );
    let unknown = config(
        "[org.a]\ngc_profile = \"nobody\"\n",
        &[],
        folder.path(),
        None,
    );
    assert_eq!(
        unknown.upstream().unwrap_err().to_string(),
        "the gc tool has no profile `nobody`"
    );
}

#[test]
fn a_url_takes_the_place_of_the_region_and_a_gateway_stands_before_it() {
    let gateway = [
        ("GENESYSCLOUD_GATEWAY_HOST", "gateway.example.com"),
        ("GENESYSCLOUD_GATEWAY_PROTOCOL", "http"),
        ("GENESYSCLOUD_GATEWAY_PORT", "8443"),
        ("GENESYSCLOUD_GATEWAY_PATH_NAME", "login"),
        ("GENESYSCLOUD_GATEWAY_PATH_VALUE", "/auth/"),
    ];
    let through: Vec<_> = OWN.iter().chain(&gateway).copied().collect();
    assert_eq!(
        resolved("", &through).unwrap().endpoint,
        Endpoint::Urls {
            api: "http://gateway.example.com:8443".into(),
            login: "http://gateway.example.com:8443/auth".into(),
        }
    );
    let url = [("HEADCOUNT_API_URL", "http://127.0.0.1:8090/")];
    let direct: Vec<_> = through.iter().chain(&url).copied().collect();
    let own = "http://127.0.0.1:8090".to_owned();
    assert_eq!(
        resolved("", &direct).unwrap().endpoint,
        Endpoint::Urls {
            api: own.clone(),
            login: own
        }
    );
    let wrong: Vec<_> = OWN
        .iter()
        .copied()
        .chain([("HEADCOUNT_API_URL", "localhost")])
        .collect();
    assert!(
        resolved("", &wrong)
            .unwrap_err()
            .to_string()
            .contains("http://")
    );
}

#[test]
fn a_proxy_comes_from_the_environment_or_the_file() {
    let file = "[network]\nca_file = \"ca.pem\"\n[network.proxy]\nprotocol = \"http\"\nhost = \"file\"\nport = 3128\n";
    let upstream = resolved(file, &OWN).unwrap();
    assert_eq!(upstream.proxy.unwrap().url, "http://file:3128");
    assert!(upstream.ca_file.unwrap().ends_with("ca.pem"));
    let proxy = [
        ("GENESYSCLOUD_PROXY_HOST", "env"),
        ("GENESYSCLOUD_PROXY_AUTH_USERNAME", "me"),
        ("GENESYSCLOUD_PROXY_AUTH_PASSWORD", "hush"),
    ];
    let all: Vec<_> = OWN.iter().chain(&proxy).copied().collect();
    let proxy = resolved(file, &all).unwrap().proxy.unwrap();
    assert_eq!(proxy.url, "https://env");
    assert_eq!(proxy.auth, Some(("me".into(), Secret::new("hush"))));
    let port: Vec<_> = all
        .iter()
        .copied()
        .chain([("GENESYSCLOUD_PROXY_PORT", "x")])
        .collect();
    assert!(
        resolved("", &port)
            .unwrap_err()
            .to_string()
            .contains("GENESYSCLOUD_PROXY_PORT")
    );
}
