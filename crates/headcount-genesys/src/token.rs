//! The access token: fetched once, renewed before it ends and when upstream refuses it.

use std::time::Duration;

use serde::Deserialize;
use tokio::{sync::Mutex, time::Instant};

use crate::{Credentials, Secret, UpstreamError, client::Sender, settings::Settings};

/// A token is renewed when this much of its life is left, so that no request meets its end.
const RENEW_BEFORE: Duration = Duration::from_secs(60);
/// Life of a token whose answer names none (contract 3: 86,400 s quoted as default).
const DEFAULT_LIFE: Duration = Duration::from_secs(86_400);

/// Keeps the one token that all requests share.
pub(crate) struct Tokens {
    current: Mutex<Option<Token>>,
}

#[derive(Clone)]
struct Token {
    secret: Secret,
    /// Counts renewals, so that many refused requests renew once.
    generation: u64,
    renew_at: Option<Instant>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    #[serde(default)]
    expires_in: Option<f64>,
}

impl Tokens {
    pub(crate) fn new(credentials: &Credentials) -> Self {
        let given = match credentials {
            Credentials::Token(secret) => Some(Token {
                secret: secret.clone(),
                generation: 0,
                renew_at: None,
            }),
            Credentials::Client { .. } => None,
        };
        Self {
            current: Mutex::new(given),
        }
    }

    /// The token to send now and its generation. `refused` is the generation that upstream just
    /// refused; if it is still the current one, a new token is fetched.
    pub(crate) async fn get(
        &self,
        sender: &Sender,
        settings: &Settings,
        refused: Option<u64>,
    ) -> Result<(Secret, u64), UpstreamError> {
        let mut current = self.current.lock().await;
        let generation = match &*current {
            Some(token) if refused == Some(token.generation) => token.generation + 1,
            Some(token) if token.renew_at.is_some_and(|at| Instant::now() >= at) => {
                token.generation + 1
            }
            Some(token) => return Ok((token.secret.clone(), token.generation)),
            None => 1,
        };
        let Credentials::Client { id, secret } = &settings.credentials else {
            return Err(UpstreamError::TokenEnded);
        };
        let body = sender.login(id, secret).await?;
        let answer: TokenAnswer =
            serde_json::from_slice(&body).map_err(|_| UpstreamError::Unreadable {
                path: "/oauth/token".to_owned(),
                attempts: 1,
                last: "not the JSON of a token".to_owned(),
            })?;
        let life = answer
            .expires_in
            .filter(|seconds| seconds.is_finite() && *seconds > 0.0)
            .map_or(DEFAULT_LIFE, |seconds| {
                Duration::from_secs_f64(seconds.min(1e9))
            });
        // A short-lived token is used for most of its life rather than renewed at once.
        let renew_after = life.saturating_sub(RENEW_BEFORE).max(life.mul_f64(0.8));
        let secret = Secret::new(answer.access_token);
        *current = Some(Token {
            secret: secret.clone(),
            generation,
            renew_at: Some(Instant::now() + renew_after),
        });
        tracing::info!(
            token.generation = generation,
            token.life_s = life.as_secs(),
            "token fetched"
        );
        Ok((secret, generation))
    }
}
