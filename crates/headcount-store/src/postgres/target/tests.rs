use super::*;

fn refused(url: &str) -> String {
    match Target::parse(url) {
        Ok(_) => panic!("{url} was taken"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn what_is_ours_is_read_and_the_rest_goes_to_the_client() {
    let target = Target::parse(
        "postgresql://me:a%3Fb@db.example:6000/people?schema=hr_2&pool=3&pool_timeout=7\
         &statement_timeout=9&sslmode=require&application_name=x&connect_timeout=4",
    )
    .unwrap();
    assert_eq!(target.place, "postgres://db.example:6000/people");
    assert_eq!((&*target.schema, target.pool), ("hr_2", 3));
    assert_eq!(target.pool_timeout, Duration::from_secs(7));
    assert_eq!(target.statement_timeout, Duration::from_secs(9));
    let config = &target.config;
    assert_eq!(config.get_ssl_mode(), SslMode::Require);
    assert_eq!(config.get_application_name(), Some("x"));
    assert_eq!(config.get_connect_timeout(), Some(&Duration::from_secs(4)));
    assert_eq!(config.get_password(), Some(&b"a?b"[..]));
}

#[test]
fn defaults_bound_everything() {
    let target = Target::parse("postgres://localhost/people").unwrap();
    assert_eq!((&*target.schema, target.pool), ("headcount", 8));
    let config = &target.config;
    assert_eq!(config.get_ssl_mode(), SslMode::Prefer);
    assert_eq!(config.get_application_name(), Some("headcount"));
    assert!(config.get_connect_timeout().is_some());
    assert!(config.get_tcp_user_timeout().is_some());
}

#[test]
fn a_bad_url_is_told_without_its_password() {
    let at = refused("postgres://me:secret@word@db.example/people");
    assert_eq!(
        at,
        "the URL of the store cannot be used: the host is none; signs such as @ in a password are \
         written as %40"
    );
    for (url, said) in [
        ("postgres:///people", "it names no host"),
        ("postgres://me:secret@h/p?pool=1", "pool takes a number"),
        ("postgres://me:secret@h/p?sslmode=on", "sslmode is"),
        ("postgres://me:secret@h/p?schema=A%22b", "schema takes"),
        ("postgres://me:secret@h/p?schema=pg_x", "schema takes"),
        (
            "postgres://me:secret@h/p?statement_timeout=0",
            "takes seconds",
        ),
        (
            "postgres://me:secret@h/p?colour=secret",
            "unknown option `colour`",
        ),
        ("postgres://me:secret@h:port/p", "port"),
        ("postgres://me:secret@h/p?pool", "has no value"),
        (
            "postgres://h/p?sslmode=verify-full&sslrootcert=no/such/file",
            "sslrootcert",
        ),
    ] {
        let told = refused(url);
        assert!(told.contains(said), "{url}: {told}");
        assert!(!told.contains("secret"), "{told}");
    }
}
