//! What a new client or token is known by. Made here from the system's randomness, shown once, and
//! kept as a digest alone.

use std::fmt;

use anyhow::anyhow;
use headcount_store::CredentialKind;
use ring::{digest, rand::SecureRandom};

/// Letters of ids and secrets: whole words to a double click, and safe in URLs, shells and headers.
const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Letters of a secret: 62^43 is just over 2^256.
const SECRET: usize = 43;

/// Letters of a token's id: 62^22 is more than a UUID has.
const TOKEN_ID: usize = 22;

/// A new client or token, with its secret.
pub(crate) struct Issued {
    kind: CredentialKind,
    id: String,
    secret: String,
}

impl Issued {
    /// Makes one.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub(crate) fn new(kind: CredentialKind, random: &dyn SecureRandom) -> anyhow::Result<Self> {
        Ok(Self {
            kind,
            id: match kind {
                CredentialKind::Client => uuid(random)?,
                CredentialKind::Token => letters(random, TOKEN_ID)?,
            },
            secret: letters(random, SECRET)?,
        })
    }

    /// The id, by which it is listed and revoked.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// What its holder sends: the secret of a client; of a token all of it, `hc_ID_SECRET`, so that
    /// whoever finds one knows what it opens, and which one to revoke.
    pub(crate) fn shown(&self) -> String {
        match self.kind {
            CredentialKind::Client => self.secret.clone(),
            CredentialKind::Token => format!("hc_{}_{}", self.id, self.secret),
        }
    }

    /// SHA-256 of the secret alone. A slow hash is for what people think up; nobody tries out
    /// 2^256 secrets.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let digest = digest::digest(&digest::SHA256, self.secret.as_bytes());
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest.as_ref());
        bytes
    }
}

impl fmt::Debug for Issued {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issued")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

fn fill(random: &dyn SecureRandom, bytes: &mut [u8]) -> anyhow::Result<()> {
    random
        .fill(bytes)
        .map_err(|_| anyhow!("the system has no randomness to give"))
}

/// Each letter as likely as any other: bytes that would favour the first ones are thrown away.
fn letters(random: &dyn SecureRandom, count: usize) -> anyhow::Result<String> {
    const FAIR: usize = 256 / LETTERS.len() * LETTERS.len();
    let mut text = String::with_capacity(count);
    let mut bytes = [0; 64];
    while text.len() < count {
        fill(random, &mut bytes)?;
        let fair = bytes.iter().map(|byte| usize::from(*byte));
        let fair = fair.filter(|byte| *byte < FAIR);
        let left = count - text.len();
        text.extend(
            fair.take(left)
                .map(|byte| char::from(LETTERS[byte % LETTERS.len()])),
        );
    }
    Ok(text)
}

/// A random UUID (RFC 9562, version 4), as Genesys Cloud names its clients.
fn uuid(random: &dyn SecureRandom) -> anyhow::Result<String> {
    let mut bytes = [0; 16];
    fill(random, &mut bytes)?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let number = u128::from_be_bytes(bytes);
    Ok(format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        number >> 96,
        number >> 80 & 0xffff,
        number >> 64 & 0xffff,
        number >> 48 & 0xffff,
        number & 0xffff_ffff_ffff
    ))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use ring::rand::SystemRandom;

    use super::*;

    #[test]
    fn every_letter_comes_up_and_no_other() {
        let text = letters(&SystemRandom::new(), 62 * 200).unwrap();
        assert_eq!(text.len(), 62 * 200);
        let met: BTreeSet<u8> = text.bytes().collect();
        assert_eq!(met, LETTERS.iter().copied().collect());
    }

    #[test]
    fn a_client_is_named_by_a_random_uuid() {
        let random = SystemRandom::new();
        for _ in 0..50 {
            let issued = Issued::new(CredentialKind::Client, &random).unwrap();
            let parts: Vec<&str> = issued.id().split('-').collect();
            let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12], "{}", issued.id());
            assert!(parts[2].starts_with('4'), "{}", issued.id());
            assert!(
                parts[3].starts_with(['8', '9', 'a', 'b']),
                "{}",
                issued.id()
            );
        }
    }

    #[test]
    fn a_token_holds_its_id_and_its_secret() {
        let issued = Issued::new(CredentialKind::Token, &SystemRandom::new()).unwrap();
        let token = issued.shown();
        let parts: Vec<&str> = token.split('_').collect();
        assert_eq!(parts, ["hc", issued.id(), issued.secret.as_str()]);
        assert_eq!((parts[1].len(), parts[2].len()), (22, 43));
        assert!(!format!("{issued:?}").contains(&issued.secret));
    }
}
