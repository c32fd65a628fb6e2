//! Moving everything from one store to another, whatever either is, and proving that it arrived.

use ring::digest::{Context, SHA256};
use serde::Serialize;

use crate::{
    Credential, Forgotten, Snapshot, Store, StoreError,
    access::{json, kind_text, limit_number},
    rows::signed,
};

/// One thing that a store keeps. [`Store::export`] hands them over in an order that is the same
/// for all stores: who may ask; then each org by name, with who is forgotten, what doctor found out, its snapshots
/// by time, and its versions by user and time.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Record<'a> {
    /// The key that signs tokens, and how often credentials have changed.
    Access {
        /// [`crate::AccessList::signing_key`].
        signing_key: &'a [u8; 32],
        /// [`crate::AccessList::revision`].
        revision: i64,
        /// [`crate::Heads::erased`].
        erased: i64,
    },
    /// An org; what follows is its own, until the next one.
    Org {
        /// Its name.
        name: &'a str,
    },
    /// A client or token.
    Credential(&'a Credential),
    /// Somebody of the org who is forgotten.
    Forgotten(&'a Forgotten),
    /// What doctor found out about the org.
    Capabilities {
        /// As JSON.
        json: &'a str,
        /// When, ms UTC.
        told_ms: i64,
    },
    /// A snapshot of the org.
    Snapshot {
        /// All its numbers.
        snapshot: &'a Snapshot,
        /// Its certificate.
        certificate: &'a str,
    },
    /// A version of a user of the org.
    Version {
        /// The document, byte for byte.
        document: &'a str,
        /// First moment at which it was published, ms UTC.
        valid_from: i64,
        /// First moment at which it no longer held, ms UTC; `None` while it holds.
        valid_to: Option<i64>,
    },
}

/// Takes records, one after the other.
pub type Sink<'a> = dyn FnMut(Record<'_>) -> Result<(), StoreError> + 'a;

/// What was copied. Two stores that hold the same give the same, digest included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Copied {
    /// Orgs.
    pub orgs: u64,
    /// Snapshots of all orgs.
    pub snapshots: u64,
    /// Versions of all users.
    pub versions: u64,
    /// Clients and tokens, revoked ones too.
    pub credentials: u64,
    /// Users who are forgotten.
    pub forgotten: u64,
    /// Bytes of all documents.
    pub document_bytes: u64,
    /// SHA-256 of everything, in hexadecimal.
    pub digest: String,
}

/// Copies all of `from` into `to`, which must be empty, in one transaction there; then reads `to`
/// back and compares. Runs in progress, and those that are held back, are not copied.
///
/// # Errors
/// [`StoreError::NotEmpty`] when something is in `to`; [`StoreError::CopyDiffers`] when what is
/// read back is something else; [`StoreError`] when either cannot be read or written, and then
/// nothing was copied.
pub fn copy(from: &dyn Store, to: &dyn Store) -> Result<Copied, StoreError> {
    let mut sent = Tally::new();
    to.import(&mut |sink| {
        from.export(&mut |record| {
            sent.add(&record);
            sink(record)
        })
    })?;
    let has_key = sent.has_key;
    let sent = sent.finish();
    let mut kept = Tally::new();
    to.export(&mut |record| {
        // A store of the first schema has no key to give; the copy has its own then.
        if has_key || !matches!(record, Record::Access { .. }) {
            kept.add(&record);
        }
        Ok(())
    })?;
    if kept.finish() != sent {
        return Err(StoreError::CopyDiffers);
    }
    Ok(sent)
}

/// Counts records and digests them.
struct Tally {
    copied: Copied,
    digest: Context,
    has_key: bool,
}

impl Tally {
    fn new() -> Self {
        Self {
            copied: Copied::default(),
            digest: Context::new(&SHA256),
            has_key: false,
        }
    }

    fn add(&mut self, record: &Record<'_>) {
        match record {
            Record::Access {
                signing_key,
                revision,
                erased,
            } => {
                self.has_key = true;
                self.text("access");
                self.bytes(*signing_key);
                self.number(*revision);
                self.number(*erased);
            }
            Record::Org { name } => {
                self.copied.orgs += 1;
                self.text("org");
                self.text(name);
            }
            Record::Credential(credential) => {
                self.copied.credentials += 1;
                self.credential(credential);
            }
            Record::Forgotten(forgotten) => {
                self.copied.forgotten += 1;
                self.text("forgotten");
                self.text(&forgotten.user_id);
                self.number(forgotten.forgotten_ms);
                self.number(signed(forgotten.versions));
            }
            Record::Capabilities { json, told_ms } => {
                self.text("capabilities");
                self.text(json);
                self.number(*told_ms);
            }
            Record::Snapshot {
                snapshot,
                certificate,
            } => {
                self.copied.snapshots += 1;
                self.text("snapshot");
                // All its numbers, by name; a number always has a text.
                self.text(&serde_json::to_string(snapshot).unwrap_or_default());
                self.text(certificate);
            }
            Record::Version {
                document,
                valid_from,
                valid_to,
            } => {
                self.copied.versions += 1;
                self.copied.document_bytes += document.len() as u64;
                self.text("version");
                self.text(document);
                self.number(*valid_from);
                self.or_none(*valid_to);
            }
        }
    }

    fn credential(&mut self, credential: &Credential) {
        let grant = &credential.grant;
        self.text("credential");
        self.text(&credential.org);
        self.text(&credential.id);
        self.text(kind_text(credential.kind));
        self.text(&serde_json::Value::from(credential.name.as_deref()).to_string());
        self.bytes(&credential.digest);
        self.text(&json(&grant.permissions));
        self.text(&grant.divisions.as_deref().map_or_else(String::new, json));
        self.or_none(limit_number(grant.rate_limit).map(i64::from));
        self.number(credential.created_ms);
        self.or_none(credential.expires_ms);
        self.or_none(credential.revoked_ms);
    }

    /// With its length before it, so that no two sequences of values look alike.
    fn bytes(&mut self, bytes: &[u8]) {
        self.digest.update(&(bytes.len() as u64).to_be_bytes());
        self.digest.update(bytes);
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn number(&mut self, number: i64) {
        self.bytes(&number.to_be_bytes());
    }

    fn or_none(&mut self, number: Option<i64>) {
        match number {
            Some(number) => self.number(number),
            None => self.bytes(&[]),
        }
    }

    fn finish(mut self) -> Copied {
        for byte in self.digest.finish().as_ref() {
            self.copied.digest.push_str(&format!("{byte:02x}"));
        }
        self.copied
    }
}
